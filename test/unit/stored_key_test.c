/* stored_key_test.c - keys as bytes: their form on disk, their order, and reading what is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/stored_key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct keyring *keyring;

static int set_up(void **state)
{
    (void)state;
    keyring = keyring_new((struct key_source){NULL, NULL});
    return keyring ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    keyring_free(keyring);
    return 0;
}

static void test_plain_form(void **state)
{
    struct stored_key_room room;
    struct stored_key stored;
    static const uint8_t expected[] = {TABLE_DAY, 'p', '1', 0, '2', '0', '2', '6'};

    (void)state;
    assert_true(stored_key_make(keyring, NULL, &(struct key){TABLE_DAY, "p1", "2026"}, &room, &stored));
    assert_int_equal(stored.size, sizeof expected);
    assert_memory_equal(stored.data, expected, sizeof expected);
    assert_int_equal(stored.part_size, 4);
}

/* What is about a person stands together: the same beginning in every such table, then the table. */
static void test_form_of_people(void **state)
{
    struct stored_key_room rooms[3];
    struct stored_key stored[3];
    struct person_memo memo = {.size = 0};
    uint8_t id[PERSON_ID_BYTES];

    (void)state;
    assert_true(stored_key_make(keyring, &memo, &(struct key){TABLE_PATIENT, "someone", NULL}, &rooms[0],
                                &stored[0]));
    assert_true(
        stored_key_make(keyring, &memo, &(struct key){TABLE_USAGE, "someone", "p1"}, &rooms[1], &stored[1]));
    assert_true(person_id_of(keyring, NULL, "someone", id));
    stored[2] = stored_key_of_person(id, &rooms[2]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stored[i].part_size, 19);
        assert_int_equal(stored[i].data[0], 0x80);
        assert_memory_equal(stored[i].data + 1, id, sizeof id);
        assert_int_equal(stored[i].data[18], 0);
    }
    assert_int_equal(stored[0].data[17], TABLE_PATIENT);
    assert_int_equal(stored[1].data[17], TABLE_USAGE);
    assert_int_equal(stored[2].data[17], TABLE_PERSON_KEY);
    assert_int_equal(stored[0].size, 19);
    assert_int_equal(stored[1].size, 21);
    assert_memory_equal(stored[1].data + 19, "p1", 2);
}

static void test_memo_is_no_mix_up(void **state)
{
    struct person_memo memo = {.size = 0};
    char long_id[200];
    const char *const people[] = {"a", "b", "a", "ab", long_id, "a", long_id};
    uint8_t fresh[PERSON_ID_BYTES];
    uint8_t kept[PERSON_ID_BYTES];

    (void)state;
    memset(long_id, 'a', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        assert_true(person_id_of(keyring, NULL, people[i], fresh));
        assert_true(person_id_of(keyring, &memo, people[i], kept));
        assert_memory_equal(fresh, kept, sizeof fresh);
    }
    assert_false(person_id_of(keyring, &memo, "", kept));
}

/* The same text is another hash in another blinded table. */
static void test_blinded_tables_differ(void **state)
{
    struct stored_key_room rooms[2];
    struct stored_key stored[2];

    (void)state;
    assert_true(
        stored_key_make(keyring, NULL, &(struct key){TABLE_USER_EMAIL, "x", NULL}, &rooms[0], &stored[0]));
    assert_true(
        stored_key_make(keyring, NULL, &(struct key){TABLE_LOCKOUT, "x", NULL}, &rooms[1], &stored[1]));
    assert_int_equal(stored[0].part_size, 18);
    assert_int_equal(stored[0].data[0], TABLE_USER_EMAIL);
    assert_memory_not_equal(stored[0].data + 1, stored[1].data + 1, BLIND_BYTES);
}

static void test_every_table_comes_back(void **state)
{
    struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (int i = 0; i < TABLE_COUNT; i++) {
        struct key key = {(enum table)i, "part", "sort"};
        struct stored_key_room room;
        struct stored_key stored;
        const char *part;
        const char *sort;
        enum table table;
        assert_true(stored_key_make(keyring, NULL, &key, &room, &stored));
        assert_int_equal(stored_key_read(stored, arena, &table, &part, &sort), ERR_OK);
        assert_int_equal(table, i);
        assert_string_equal(sort, "sort");
        if (part)
            assert_string_equal(part, "part");
        assert_int_equal(stored_key_part_size(stored.data, stored.size, &table), stored.part_size);
    }
    arena_free(arena);
}

static void test_keys_that_are_not_ours(void **state)
{
    static const struct {
        uint8_t bytes[24];
        size_t size;
    } cases[] = {
        {{TABLE_DAY}, 0},
        {{TABLE_DAY, 'p'}, 2},
        {{TABLE_DAY, 'p', '1'}, 3}, /* no end of the part */
        {{TABLE_COUNT, 'p', 0}, 3}, /* no such table */
        {{0xff, 'p', 0}, 3},
        {{TABLE_USER_EMAIL, 'p', 0, 'x'}, 4},      /* too short for a hash */
        {{TABLE_USER_EMAIL, [17] = 1}, 18},        /* no end of the hash */
        {{KEY_OF_PERSON, [17] = TABLE_USAGE}, 18}, /* too short */
        {{KEY_OF_PERSON, [17] = TABLE_USAGE, [18] = 1}, 19},
        {{KEY_OF_PERSON, [17] = TABLE_DAY}, 19}, /* a table of no person */
        {{KEY_OF_PERSON, [17] = TABLE_COUNT}, 19},
        {{TABLE_USAGE}, 18}, /* a table of people where others stand */
    };
    struct arena *arena = arena_new(64 * 1024);
    enum table table;
    const char *part;
    const char *sort;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stored_key stored = {cases[i].bytes, (uint16_t)cases[i].size, 0};
        assert_int_equal(stored_key_part_size(cases[i].bytes, cases[i].size, &table), 0);
        assert_int_equal(stored_key_read(stored, arena, &table, &part, &sort), ERR_DAMAGED);
    }
    uint8_t *huge = calloc(1, STORED_KEY_MAX + 1);
    assert_int_equal(stored_key_part_size(huge, STORED_KEY_MAX + 1, &table), 0);
    free(huge);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_form),
        cmocka_unit_test(test_form_of_people),
        cmocka_unit_test(test_memo_is_no_mix_up),
        cmocka_unit_test(test_blinded_tables_differ),
        cmocka_unit_test(test_every_table_comes_back),
        cmocka_unit_test(test_keys_that_are_not_ours),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("stored_key", tests, set_up, tear_down);
}
