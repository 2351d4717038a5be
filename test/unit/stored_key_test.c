/* stored_key_test.c - keys as bytes: their form on disk, their order, and reading what is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/appointment.h"
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
    static const uint8_t expected[] = {TABLE_SESSION, 'p', '1', 0, '2', '0', '2', '6'};

    (void)state;
    assert_true(stored_key_make(keyring, NULL, &(struct key){TABLE_SESSION, "p1", "2026"}, &room, &stored));
    assert_int_equal(stored.size, sizeof expected);
    assert_memory_equal(stored.data, expected, sizeof expected);
    assert_int_equal(stored.part_size, 4);
}

/* What is about a person stands together: the same beginning in every such table, then the table. */
static void test_form_of_people(void **state)
{
    struct stored_key_room rooms[3];
    struct stored_key stored[3];
    struct key_memo memo = {0};
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
    struct key_memo memo = {0};
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

/* A key that the table takes. */
static struct key key_for(enum table table)
{
    switch (table) {
    case TABLE_DAY:
    case TABLE_USAGE_BY_PRACTICE:
        return (struct key){table, "part", "2026-11-25"};
    case TABLE_APPOINTMENT_BY_PRACTICE:
        return (struct key){table, "part", "8000019a00000000 sort"};
    case TABLE_APPOINTMENT_REFERENCE:
        return (struct key){table, "K7M2-9X0F", "sort"};
    default:
        return (struct key){table, "part", "sort"};
    }
}

static void test_every_table_comes_back(void **state)
{
    struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (int i = 0; i < TABLE_COUNT; i++) {
        struct key key = key_for((enum table)i);
        struct stored_key_room room;
        struct stored_key stored;
        const char *part;
        const char *sort;
        enum table table;
        assert_true(stored_key_make(keyring, NULL, &key, &room, &stored));
        assert_int_equal(stored_key_read(stored, arena, &table, &part, &sort), ERR_OK);
        assert_int_equal(table, i);
        assert_string_equal(sort, key.sort);
        if (part)
            assert_string_equal(part, key.part);
        assert_int_equal(stored_key_part_size(stored.data, stored.size, &table), stored.part_size);
    }
    arena_free(arena);
}

static void test_keys_that_are_not_ours(void **state)
{
    static const struct {
        uint8_t bytes[30];
        size_t size;
    } cases[] = {
        {{TABLE_SESSION}, 0},
        {{TABLE_SESSION, 'p'}, 2},
        {{TABLE_SESSION, 'p', '1'}, 3}, /* no end of the part */
        {{TABLE_COUNT, 'p', 0}, 3},     /* no such table */
        {{0xff, 'p', 0}, 3},
        {{TABLE_USER_EMAIL, 'p', 0, 'x'}, 4},      /* too short for a hash */
        {{TABLE_USER_EMAIL, [17] = 1}, 18},        /* no end of the hash */
        {{KEY_OF_PERSON, [17] = TABLE_USAGE}, 18}, /* too short */
        {{KEY_OF_PERSON, [17] = TABLE_USAGE, [18] = 1}, 19},
        {{KEY_OF_PERSON, [17] = TABLE_DAY}, 19}, /* a table of no person */
        {{KEY_OF_PERSON, [17] = TABLE_COUNT}, 19},
        {{TABLE_USAGE}, 18},           /* a table of people where others stand */
        {{TABLE_DAY, 'p', 0, 'x'}, 4}, /* a table of practices' days there */
        {{TABLE_DAY}, 18},             /* or as if it were a hash */
        {{KEY_OF_PERSON, [17] = TABLE_DAY}, 19},
        {{KEY_OF_PRACTICE}, 25},                       /* too short */
        {{KEY_OF_PRACTICE, [25] = TABLE_SESSION}, 26}, /* a table of no day */
        {{KEY_OF_PRACTICE, [25] = TABLE_COUNT}, 26},
        {{TABLE_APPOINTMENT_REFERENCE, [6] = 1}, 7}, /* no end of the place */
        {{TABLE_APPOINTMENT_REFERENCE}, 6},          /* too short */
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

/* ---- days of practices ---- */

static struct stored_key made(enum table table, const char *part, const char *sort,
                              struct stored_key_room *room)
{
    struct stored_key stored;

    assert_true(stored_key_make(keyring, NULL, &(struct key){table, part, sort}, room, &stored));
    return stored;
}

static int order(struct stored_key a, struct stored_key b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int bytes = memcmp(a.data, b.data, least);

    return bytes ? bytes : (int)a.size - (int)b.size;
}

static void test_form_of_days(void **state)
{
    /* 2026-11-25T13:00:00Z is 0x1a212caa480 ms, and the highest bit says that it is not before 1970. */
    static const uint8_t instant[] = {0x80, 0x00, 0x01, 0xa2, 0x12, 0xca, 0xa4, 0x80};
    struct stored_key_room rooms[2];

    (void)state;
    struct stored_key day = made(TABLE_DAY, "p1", "2026-11-25", &rooms[0]);
    assert_int_equal(day.size, 26);
    assert_int_equal(day.part_size, 17);
    assert_int_equal(day.data[0], 0x81);
    assert_int_equal(day.data[25], TABLE_DAY);
    struct stored_key row = made(TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001a212caa480 an-id", &rooms[1]);
    assert_int_equal(row.size, 26 + 6);
    assert_memory_equal(row.data, day.data, 17);
    assert_memory_equal(row.data + 17, instant, sizeof instant);
    assert_int_equal(row.data[25], TABLE_APPOINTMENT_BY_PRACTICE);
    assert_memory_equal(row.data + 26, " an-id", 6);
}

/* A day stands in the middle of its own rows, and before all of the next one's. */
static void test_days_stand_among_their_rows(void **state)
{
    struct stored_key_room rooms[6];

    (void)state;
    const struct stored_key keys[] = {
        made(TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001a211b7fc00 08:00", &rooms[0]),
        made(TABLE_DAY, "p1", "2026-11-25", &rooms[1]),
        made(TABLE_USAGE_BY_PRACTICE, "p1", "2026-11-25", &rooms[2]),
        made(TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001a213019300 14:00", &rooms[3]),
        made(TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001a213019300 14:00b", &rooms[4]),
        made(TABLE_DAY, "p1", "2026-11-26", &rooms[5]),
    };
    for (size_t i = 1; i < sizeof keys / sizeof keys[0]; i++)
        assert_true(order(keys[i - 1], keys[i]) < 0);
}

static void test_sorts_order_like_their_texts(void **state)
{
    static const struct {
        enum table table;
        const char *sorts[6];
    } cases[] = {
        {TABLE_DAY, {"0000-01-01", "1899-12-31", "2026-02-28", "2026-02-28\x01", "2026-03-01", "9999-12-31"}},
        {TABLE_APPOINTMENT_BY_PRACTICE,
         {"0000000000000000", "7fffffffffffffff x", "8000000000000000", "8000000000000000 a",
          "8000000000000000 a\x01", "ffffffffffffffff z"}},
    };
    struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stored_key_room rooms[6];
        struct stored_key keys[6];
        for (size_t j = 0; j < 6; j++) {
            const char *sort;
            keys[j] = made(cases[i].table, "p1", cases[i].sorts[j], &rooms[j]);
            assert_int_equal(stored_key_sort(keys[j], arena, &sort), ERR_OK);
            assert_string_equal(sort, cases[i].sorts[j]);
            if (j > 0)
                assert_true(order(keys[j - 1], keys[j]) < 0);
        }
    }
    arena_free(arena);
}

static void test_sorts_that_a_day_cannot_have(void **state)
{
    static const struct key keys[] = {
        {TABLE_DAY, "p1", NULL},
        {TABLE_DAY, "p1", ""},
        {TABLE_DAY, "p1", "2026"},
        {TABLE_DAY, "p1", "2026-02-30"},
        {TABLE_DAY, "p1", "2026-13-01"},
        {TABLE_DAY, "p1", "2026-00-10"},
        {TABLE_DAY, "p1", "2026-01-00"},
        {TABLE_DAY, "p1", "2026/01/01"},
        {TABLE_DAY, "p1", "2o26-01-01"},
        {TABLE_DAY, "", "2026-01-01"},
        {TABLE_USAGE_BY_PRACTICE, "p1", "01-01-2026"},
        {TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001a211b7fc0"},
        {TABLE_APPOINTMENT_BY_PRACTICE, "p1", "800001A211B7FC00"},
        {TABLE_APPOINTMENT_BY_PRACTICE, "p1", "2026-11-25"},
    };
    struct stored_key_room room;
    struct stored_key stored;
    char long_sort[KEY_SORT_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_false(stored_key_make(keyring, NULL, &keys[i], &room, &stored));
    memset(long_sort, 'x', sizeof long_sort - 1);
    memcpy(long_sort, "2026-11-25", 10);
    long_sort[sizeof long_sort - 1] = '\0';
    assert_false(stored_key_make(keyring, NULL, &(struct key){TABLE_DAY, "p1", long_sort}, &room, &stored));
    long_sort[KEY_SORT_MAX] = '\0';
    assert_true(stored_key_make(keyring, NULL, &(struct key){TABLE_DAY, "p1", long_sort}, &room, &stored));
}

/* A day whose instant is not that of a day. */
static void test_instants_that_no_day_has(void **state)
{
    struct arena *arena = arena_new(64 * 1024);
    struct stored_key_room room;
    const char *sort;

    (void)state;
    struct stored_key day = made(TABLE_DAY, "p1", "2026-11-25", &room);
    room.bytes[24]++;
    assert_int_equal(stored_key_sort(day, arena, &sort), ERR_DAMAGED);
    memset(room.bytes + 17, 0xff, 8);
    assert_int_equal(stored_key_sort(day, arena, &sort), ERR_DAMAGED);
    memset(room.bytes + 17, 0, 8);
    assert_int_equal(stored_key_sort(day, arena, &sort), ERR_DAMAGED);
    arena_free(arena);
}

static void test_ranges(void **state)
{
    struct stored_key_room rooms[3];
    struct stored_key from;
    struct stored_key until;
    static const struct scan scans[] = {
        {.table = TABLE_DAY, .part = "p1"},
        {.table = TABLE_APPOINTMENT_BY_PRACTICE, .part = "p1"},
        {.table = TABLE_SESSION, .part = "p1"},
        {.table = TABLE_USAGE, .part = "p1"},
    };
    static const char *const firsts[] = {"0000-01-01", "0000000000000000", "", ""};
    static const char *const lasts[] = {"9999-12-31\xff", "fffffffffffffffe\xff", "\xff", "\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof scans / sizeof scans[0]; i++) {
        assert_true(stored_key_range(keyring, NULL, &scans[i], rooms, &from, &until));
        assert_true(order(from, made(scans[i].table, "p1", firsts[i], &rooms[2])) <= 0);
        assert_true(order(until, made(scans[i].table, "p1", lasts[i], &rooms[2])) > 0);
        struct stored_key other = made(scans[i].table, "p2", lasts[i], &rooms[2]);
        assert_true(order(from, other) > 0 || order(until, other) < 0);
    }
    assert_false(stored_key_range(
        keyring, NULL, &(struct scan){.table = TABLE_DAY, .part = "p1", .from = "x"}, rooms, &from, &until));
}

static void test_rows_of_others_in_a_range(void **state)
{
    struct stored_key_room rooms[3];

    (void)state;
    struct stored_key day = made(TABLE_DAY, "p1", "2026-11-25", &rooms[0]);
    struct stored_key usage = made(TABLE_USAGE_BY_PRACTICE, "p1", "2026-11-25", &rooms[1]);
    struct stored_key session = made(TABLE_SESSION, "p1", "x", &rooms[2]);
    assert_true(stored_key_is_of(day, day.data, day.size));
    assert_false(stored_key_is_of(day, usage.data, usage.size));
    assert_false(stored_key_is_of(day, day.data, 25)); /* no key of ours: it ends before the table */
    assert_true(stored_key_is_of(session, session.data, session.size));
}

/* ---- references ---- */

static void test_references_in_the_order_of_their_making(void **state)
{
    struct stored_key_room rooms[2];
    struct stored_key keys[2];

    (void)state;
    for (uint64_t number = 0; number < 1000; number++) {
        uint64_t shown = keyring_permute(keyring, number << 20 | number);
        uint8_t bytes[5];
        char text[10];
        for (size_t i = sizeof bytes; i-- > 0; shown >>= 8)
            bytes[i] = (uint8_t)shown;
        reference_format(bytes, text);
        keys[number % 2] = made(TABLE_APPOINTMENT_REFERENCE, text, NULL, &rooms[number % 2]);
        assert_int_equal(keys[number % 2].size, 7);
        if (number > 0)
            assert_true(order(keys[(number + 1) % 2], keys[number % 2]) < 0);
    }
}

static void test_what_is_no_reference_has_no_key(void **state)
{
    static const char *const texts[] = {"",           "K7M29X0F",  "k7m2-9x0f", "K7M2-9X0",
                                        "K7M2-9X0FF", "K7M2-9XUF", "K7M29-X0F"};
    struct stored_key_room room;
    struct stored_key stored;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(stored_key_make(
            keyring, NULL, &(struct key){TABLE_APPOINTMENT_REFERENCE, texts[i], NULL}, &room, &stored));
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
        cmocka_unit_test(test_form_of_days),
        cmocka_unit_test(test_days_stand_among_their_rows),
        cmocka_unit_test(test_sorts_order_like_their_texts),
        cmocka_unit_test(test_sorts_that_a_day_cannot_have),
        cmocka_unit_test(test_instants_that_no_day_has),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_rows_of_others_in_a_range),
        cmocka_unit_test(test_references_in_the_order_of_their_making),
        cmocka_unit_test(test_what_is_no_reference_has_no_key),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("stored_key", tests, set_up, tear_down);
}
