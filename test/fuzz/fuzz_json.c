/* fuzz_json.c - any bytes: the verdict of our reader is jansson's, and what we write of the tree has equal
 * values. */
#include <stdlib.h>

#include "base/json.h"
#include "base/must.h"
#include "jansson_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct arena *arena = arena_new((size_t)64 * 1024 * 1024);
    const struct json *json = NULL;
    const char *why = NULL;
    struct buf buf;

    must(arena);
    enum err e = json_parse(arena, text, size, &json, &why);
    must(e == ERR_OK || e == ERR_NOT_JSON || e == ERR_INVALID);
    must(!e || why);
    enum oracle verdict = oracle_parse(text, size);
    must(verdict == ORACLE_UNABLE || e == ERR_INVALID || (e == ERR_NOT_JSON) == (verdict == ORACLE_REFUSED));
    if (!e && verdict == ORACLE_TAKEN) {
        buf_init(&buf, arena);
        struct json_writer writer = json_writer(&buf);
        json_tree(&writer, NULL, json);
        must(buf_ok(&buf) && oracle_equal(text, size, buf.data, buf.size));
    }
    arena_free(arena);
    return 0;
}
