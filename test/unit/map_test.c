/* map_test.c - the ordered map of the engine in memory, against a plain table that is copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/mem/map.h"

#include <stdio.h>
#include <string.h>

enum { KEYS = 300, STEPS = 20000 };

/* One entry a key; 0: not there. */
static uint32_t now[KEYS];
static uint32_t kept[KEYS];

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static struct span key_of(unsigned number, char room[static 16])
{
    (void)snprintf(room, 16, "%03u%.*s", number, (int)(number % 4), "xyz"); /* of several lengths */
    return (struct span){(const uint8_t *)room, strlen(room)};
}

static void change(struct map *map, unsigned number, uint32_t value)
{
    char room[16];

    now[number] = value;
    struct span bytes = {value ? (const uint8_t *)&value : NULL, value ? sizeof value : 0};
    assert_true(map_set(map, key_of(number, room), bytes));
}

static void compare(const struct map *map)
{
    size_t index = 0;
    size_t bytes = 0;
    char room[16];

    for (unsigned i = 0; i < KEYS; i++) {
        struct span key = key_of(i, room);
        const struct entry *entry = map_get(map, key);
        assert_int_equal(map_seek(map, key), index);
        assert_int_equal(entry != NULL, now[i] != 0);
        if (!entry)
            continue;
        assert_memory_equal(entry->value.data, &now[i], sizeof now[i]);
        assert_ptr_equal(map_at(map, index), entry); /* in order */
        bytes += key.size + sizeof now[i];
        index++;
    }
    assert_int_equal(map_count(map), index);
    assert_int_equal(map_bytes(map), bytes);
    assert_null(map_at(map, index));
}

static void test_against_a_plain_table(void **state)
{
    struct map *map = map_new();
    uint32_t random = 12345;

    (void)state;
    assert_non_null(map);
    for (int step = 0; step < STEPS; step++) {
        uint32_t draw = next_random(&random);
        unsigned number = (draw >> 8) % KEYS;
        if (draw % 100 < 60) {
            change(map, number, draw | 1);
        } else if (draw % 100 < 96) {
            change(map, number, 0);
        } else if (draw % 100 < 98) {
            map_keep(map);
            memcpy(kept, now, sizeof now);
        } else {
            map_take_back(map);
            memcpy(now, kept, sizeof now);
        }
        if (step % 50 == 0)
            compare(map);
    }
    compare(map);
    map_free(map);
    map_free(NULL);
}

static void test_empty(void **state)
{
    struct map *map = map_new();
    struct span key = {(const uint8_t *)"k", 1};

    (void)state;
    assert_null(map_get(map, key));
    assert_null(map_at(map, 0));
    assert_int_equal(map_seek(map, key), 0);
    assert_true(map_set(map, key, (struct span){NULL, 0})); /* nothing to delete */
    map_take_back(map);
    assert_true(map_set(map, key, (struct span){(const uint8_t *)"", 0}));
    assert_int_equal(map_get(map, key)->value.size, 0);
    map_take_back(map);
    assert_int_equal(map_count(map), 0);
    map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_plain_table),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
