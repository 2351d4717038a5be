/* fuzz_fields.c - any JSON read into a struct: every mistake has a pointer and a message; what was taken is
 * stored, read back and written as the same JSON. The first byte says who writes and whether it is an update.
 */
#include "../unit/thing.h"

#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span written(struct arena *arena, const struct thing *thing)
{
    struct buf buf;

    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    fields_write(&thing_set, thing, true, &writer, NULL);
    must(buf_ok(&buf));
    return buf_span(&buf);
}

static void check_stored(struct arena *arena, const struct thing *thing)
{
    struct thing back;
    struct buf buf;

    buf_init(&buf, arena);
    fields_encode(&thing_set, thing, &buf);
    must(buf_ok(&buf));
    must(fields_decode(&thing_set, buf_span(&buf), arena, &back) == ERR_OK);
    struct span a = written(arena, thing);
    struct span b = written(arena, &back);
    must(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
}

static void check_problems(const struct problems *problems)
{
    must(problems->count > 0);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        must(problem->pointer[0] == '/' || problem->pointer[0] == '\0');
        must(utf8_valid(problem->pointer, strlen(problem->pointer)));
        must(problem->message[0] != '\0' && err_info(problem->err)->status == 422);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 * 1024 * 1024);
    const struct json *json = NULL;
    const char *why = NULL;
    struct problems problems;
    struct thing thing;

    must(arena);
    if (size > 0 && json_parse(arena, (const char *)data + 1, size - 1, &json, &why) == ERR_OK) {
        problems_init(&problems, arena);
        fields_clear(&thing_set, &thing);
        enum err e = fields_read(&thing_set, json, data[0] & 1 ? FIELDS_UPDATE : FIELDS_CREATE,
                                 data[0] & 2 ? FIELDS_BY_STAFF : FIELDS_BY_PATIENT, arena, &problems, &thing);
        must(e == ERR_OK || e == ERR_INVALID);
        if (e)
            check_problems(&problems);
        else
            check_stored(arena, &thing);
    }
    arena_free(arena);
    return 0;
}
