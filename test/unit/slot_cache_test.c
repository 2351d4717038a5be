/* slot_cache_test.c - what is kept comes back as it was, for that day and wish only, as long as it holds. */
#include "base/time.h"
#include "call/slot_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = 1764061200000;

static struct slot_key key_of(uint8_t first, int32_t date)
{
    struct slot_key key = {0};

    key.stamp.nonce[0] = first;
    key.date = date;
    key.consecutive = 1;
    key.has_record = 1;
    return key;
}

static struct slot slot_at(int32_t date, int64_t minute, int64_t available)
{
    int64_t start_ms = london_midnight(date) + minute * MINUTE_MS;
    return (struct slot){start_ms, start_ms + 15 * MINUTE_MS, available, 2};
}

static bool find(struct slot_cache *cache, const struct slot_key *key, int64_t now_ms, size_t *count)
{
    struct arena *arena = arena_new(1 << 16);
    struct slot *slots;

    assert_non_null(arena);
    bool found = slot_cache_find(cache, key, now_ms, arena, &slots, count);
    arena_free(arena);
    return found;
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    struct arena *arena = arena_new(1 << 16);
    const int32_t date =
        days_from_civil(2026, 10, 25); /* 25 hours: the last slots need more than 1440 minutes */
    const struct slot_key key = key_of(1, date);
    const struct slot slots[] = {slot_at(date, 0, 1), slot_at(date, 540, 5000), slot_at(date, 1485, 3)};
    struct slot *got;
    size_t count = 0;

    assert_non_null(cache);
    slot_cache_add(cache, &key, NOW, INT64_MAX, slots, 3);
    assert_true(slot_cache_find(cache, &key, NOW, arena, &got, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got[i].start_ms, slots[i].start_ms);
        assert_int_equal(got[i].end_ms, slots[i].end_ms);
        assert_int_equal(got[i].available, slots[i].available);
        assert_int_equal(got[i].channel, slots[i].channel);
    }
    arena_free(arena);
    slot_cache_free(cache);
}

static void a_day_without_slots_is_known_too(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    const struct slot_key key = key_of(1, 20000);
    size_t count = 7;

    slot_cache_add(cache, &key, NOW, INT64_MAX, NULL, 0);
    assert_true(find(cache, &key, NOW, &count));
    assert_int_equal(count, 0);
    slot_cache_free(cache);
}

static void another_record_day_or_wish_is_not_it(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    const struct slot_key key = key_of(1, 20000);
    const struct slot slot = slot_at(20000, 540, 1);
    struct slot_key others[9];
    size_t count;

    slot_cache_add(cache, &key, NOW, INT64_MAX, &slot, 1);
    for (size_t i = 0; i < 9; i++)
        others[i] = key;
    others[0].stamp.nonce[23] = 1;
    others[1].date++;
    others[2].type = 1;
    others[3].channel = 1;
    others[4].consecutive = 2;
    others[5].duration_minutes = 30;
    others[6].sessions_version = 1;
    others[7].holidays_version = 1;
    others[8].has_record = 0;
    for (size_t i = 0; i < 9; i++)
        assert_false(find(cache, &others[i], NOW, &count));
    assert_true(find(cache, &key, NOW, &count));
    slot_cache_free(cache);
}

static void holds_for_its_time_only(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    const struct slot_key key = key_of(1, 20000);
    const struct slot slot = slot_at(20000, 540, 1);
    size_t count;

    slot_cache_add(cache, &key, NOW, NOW + 1000, &slot, 1);
    assert_true(find(cache, &key, NOW + 999, &count));
    assert_false(find(cache, &key, NOW + 1000, &count));
    assert_false(find(cache, &key, NOW - 1, &count)); /* a clock that was put back */
    slot_cache_free(cache);
}

static void what_does_not_fit_is_not_kept(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    static struct slot many[SLOT_CACHE_ROWS_MAX + 1];
    const struct slot_key keys[] = {key_of(1, 20000), key_of(2, 20000), key_of(3, 20000)};
    struct slot odd = slot_at(20000, 540, 1);
    struct slot far = slot_at(20000, UINT16_MAX + 1, 1);
    size_t count;

    for (size_t i = 0; i <= SLOT_CACHE_ROWS_MAX; i++)
        many[i] = slot_at(20000, (int64_t)i, 1);
    odd.start_ms += 1;
    slot_cache_add(cache, &keys[0], NOW, INT64_MAX, many, SLOT_CACHE_ROWS_MAX + 1);
    slot_cache_add(cache, &keys[1], NOW, INT64_MAX, &odd, 1);
    slot_cache_add(cache, &keys[2], NOW, INT64_MAX, &far, 1);
    for (size_t i = 0; i < 3; i++)
        assert_false(find(cache, &keys[i], NOW, &count));
    slot_cache_add(cache, &keys[0], NOW, INT64_MAX, many, SLOT_CACHE_ROWS_MAX);
    assert_true(find(cache, &keys[0], NOW, &count));
    slot_cache_free(cache);
}

/* As many days as there are places, each as large as it may be: far more than the limit. */
static void keeps_to_its_limit(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    static struct slot many[SLOT_CACHE_ROWS_MAX];
    const size_t days = (size_t)SLOT_CACHE_SETS * SLOT_CACHE_PLACES;
    const size_t one = SLOT_CACHE_ROWS_MAX * 8;
    size_t kept = 0;
    size_t count;

    for (size_t i = 0; i < SLOT_CACHE_ROWS_MAX; i++)
        many[i] = slot_at(20000, (int64_t)i, 1);
    for (size_t i = 0; i < 2 * days; i++) {
        struct slot_key key = key_of((uint8_t)i, 20000);
        key.stamp.nonce[1] = (uint8_t)(i >> 8);
        slot_cache_add(cache, &key, NOW, INT64_MAX, many, SLOT_CACHE_ROWS_MAX);
        kept += i < days && find(cache, &key, NOW, &count);
    }
    assert_int_equal(kept, SLOT_CACHE_BYTES_MAX / one);
    slot_cache_free(cache);
}

static void the_oldest_makes_place(void **state)
{
    (void)state;
    struct slot_cache *cache = slot_cache_new();
    const struct slot slot = slot_at(20000, 540, 1);
    struct slot_key keys[SLOT_CACHE_PLACES + 1];
    size_t count;

    for (size_t i = 0; i <= SLOT_CACHE_PLACES;
         i++) { /* of one set: they differ where the set is not chosen */
        keys[i] = key_of(1, 20000);
        keys[i].sessions_version = (int64_t)i;
    }
    for (size_t i = 0; i < SLOT_CACHE_PLACES; i++)
        slot_cache_add(cache, &keys[i], NOW, INT64_MAX, &slot, 1);
    assert_true(find(cache, &keys[0], NOW, &count)); /* which makes keys[1] the oldest */
    slot_cache_add(cache, &keys[SLOT_CACHE_PLACES], NOW, INT64_MAX, &slot, 1);
    for (size_t i = 0; i <= SLOT_CACHE_PLACES; i++)
        assert_int_equal(find(cache, &keys[i], NOW, &count), i != 1);
    slot_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(a_day_without_slots_is_known_too),
        cmocka_unit_test(another_record_day_or_wish_is_not_it),
        cmocka_unit_test(holds_for_its_time_only),
        cmocka_unit_test(what_does_not_fit_is_not_kept),
        cmocka_unit_test(keeps_to_its_limit),
        cmocka_unit_test(the_oldest_makes_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
