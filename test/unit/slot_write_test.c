/* slot_write_test.c - the fast writer of slots writes what the general writer would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/slot_write.h"
#include "base/json.h"
#include "base/time.h"

enum { ARENA_BYTES = 16 * 1024 * 1024, SLOTS = 500 };

static void plainly(struct buf *buf, const struct slot *slots, size_t count, bool comma)
{
    struct json_writer writer = json_writer(buf);

    writer.comma = comma;
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&writer, NULL);
        json_instant(&writer, "start", slots[i].start_ms);
        json_instant(&writer, "end", slots[i].end_ms);
        json_integer(&writer, "available", slots[i].available);
        json_text(&writer, "delivery_channel", delivery_channel_names[slots[i].channel - 1]);
        json_object_end(&writer);
    }
}

static void same(const struct slot *slots, size_t count, bool comma)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct buf fast;
    struct buf plain;

    assert_non_null(arena);
    buf_init(&fast, arena);
    buf_init(&plain, arena);
    buf_text(&fast, "[");
    buf_text(&plain, "[");
    slots_write(&fast, slots, count, comma);
    plainly(&plain, slots, count, comma);
    assert_true(buf_ok(&fast) && buf_ok(&plain));
    assert_int_equal(fast.size, plain.size);
    assert_memory_equal(fast.data, plain.data, plain.size);
    arena_free(arena);
}

static void test_same(void **state)
{
    static struct slot slots[SLOTS];
    int64_t start_ms = 0;

    (void)state;
    for (size_t i = 0; i < SLOTS; i++) {
        start_ms += (int64_t)(i * i % 977) * 7 * MINUTE_MS;
        slots[i] = (struct slot){start_ms, start_ms + (int64_t)(5 + i % 116) * MINUTE_MS,
                                 (int64_t)(1 + i * 37 % 5000), (int32_t)(1 + i % (CHANNEL_COUNT - 1))};
    }
    same(slots, SLOTS, false);
    same(slots, SLOTS, true);
    same(slots, 1, false);
    same(slots, 0, true);
}

/* Year's ends, leap days, midnight, the last minute of a day. */
static void test_edges(void **state)
{
    static const char *const starts[] = {"1970-01-01T00:00:00Z", "1999-12-31T23:59:00Z",
                                         "2000-02-29T23:45:00Z", "2026-11-25T09:00:00Z",
                                         "2028-02-28T23:55:00Z", "2199-12-31T23:00:00Z"};

    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct slot slot = {.available = 10, .channel = CHANNEL_VIDEO};
        assert_int_equal(instant_parse(starts[i], strlen(starts[i]), &slot.start_ms), ERR_OK);
        slot.end_ms = slot.start_ms + 15 * MINUTE_MS;
        same(&slot, 1, false);
    }
}

static void test_no_memory(void **state)
{
    struct arena *arena = arena_new(100);
    struct slot slots[50] = {0};
    struct buf buf;

    (void)state;
    for (size_t i = 0; i < 50; i++)
        slots[i] = (struct slot){0, MINUTE_MS, 1, CHANNEL_IN_PERSON};
    buf_init(&buf, arena);
    slots_write(&buf, slots, 50, false);
    assert_false(buf_ok(&buf));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
