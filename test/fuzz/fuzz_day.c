/* fuzz_day.c - any bytes as a stored day and as a stored agenda: an error, or something that is written back
 * and read again as the same bytes. */
#include <string.h>

#include "base/must.h"
#include "store/rec_day.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 16 * 1024 * 1024 };

static void same_again(struct span first, struct span second)
{
    must(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
}

static struct span day_bytes(const struct day *day, struct arena *arena)
{
    struct buf buf;

    buf_init(&buf, arena);
    day_encode(day, &buf);
    must(buf_ok(&buf));
    return buf_span(&buf);
}

static struct span agenda_bytes(const struct agenda *agenda, struct arena *arena)
{
    struct buf buf;

    buf_init(&buf, arena);
    agenda_encode(agenda, &buf);
    must(buf_ok(&buf));
    return buf_span(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct span bytes = {data, size};
    struct agenda agenda;
    struct day day;

    must(arena);
    if (!day_decode(bytes, arena, &day)) {
        struct span first = day_bytes(&day, arena);
        must(!day_decode(first, arena, &day));
        same_again(first, day_bytes(&day, arena));
    }
    if (!agenda_decode(bytes, arena, &agenda)) {
        struct span first = agenda_bytes(&agenda, arena);
        must(!agenda_decode(first, arena, &agenda));
        same_again(first, agenda_bytes(&agenda, arena));
    }
    arena_free(arena);
    return 0;
}
