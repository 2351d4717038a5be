/* fuzz_record.c - any bytes as a stored record: damaged, or it can be written, stored and read again as the
 * same. */
#include "../unit/thing.h"

#include <string.h>

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span encoded(struct arena *arena, const struct thing *thing)
{
    struct buf buf;

    buf_init(&buf, arena);
    fields_encode(&thing_set, thing, &buf);
    must(buf_ok(&buf));
    return buf_span(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 * 1024 * 1024);
    struct thing thing;
    struct thing back;

    must(arena);
    enum err e = fields_decode(&thing_set, (struct span){data, size}, arena, &thing);
    must(e == ERR_OK || e == ERR_DAMAGED);
    if (!e) {
        struct span once = encoded(arena, &thing);
        must(fields_decode(&thing_set, once, arena, &back) == ERR_OK);
        struct span twice = encoded(arena, &back);
        must(once.size == twice.size && (once.size == 0 || memcmp(once.data, twice.data, once.size) == 0));
    }
    arena_free(arena);
    return 0;
}
