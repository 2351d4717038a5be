/* engine_test.c - what every engine has to do. One run tests one engine, named by the argument. */
#include "fixture.h"

#include "store/rec_appointment.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct key plain = {TABLE_PRACTICE, "practice-1", NULL};
static const struct key blind = {TABLE_PATIENT, "patient-1", ""};

/* ---- single records ---- */

static void test_put_get_delete(void **state)
{
    struct place *place = *state;

    assert_absent(place, &plain);
    assert_err(ERR_OK, put_text(place, &plain, NULL, "one"));
    assert_text(place, &plain, "one");
    assert_err(ERR_OK, put_text(place, &plain, NULL, "two"));
    assert_text(place, &plain, "two");
    assert_err(ERR_OK, put_text(place, &plain, NULL, ""));
    assert_text(place, &plain, "");
    assert_err(ERR_OK, delete_key(place, &plain));
    assert_absent(place, &plain);
    assert_err(ERR_OK, delete_key(place, &plain));
}

static void test_person_values(void **state)
{
    struct place *place = *state;
    struct key other = {TABLE_PATIENT, "patient-2", NULL};

    assert_err(ERR_OK, put_text(place, &blind, "patient-1", "about the first"));
    assert_err(ERR_OK, put_text(place, &other, "patient-2", "about the second"));
    assert_err(ERR_OK, put_text(place, &plain, "patient-2", "about the second too"));
    assert_text(place, &blind, "about the first");
    place_reopen(place); /* the keys of both come from their records now */
    assert_text(place, &blind, "about the first");
    assert_text(place, &other, "about the second");
    assert_text(place, &plain, "about the second too");
    assert_err(ERR_OK, put_text(place, &blind, "patient-1", "again"));
    assert_text(place, &blind, "again");
}

static void test_reopen_keeps(void **state)
{
    struct place *place = *state;

    assert_err(ERR_OK, put_text(place, &plain, NULL, "kept"));
    for (int i = 0; i < 3; i++) {
        place_reopen(place);
        assert_text(place, &plain, "kept");
    }
}

/* ---- one transaction ---- */

static enum err see_own_writes(struct tx *tx, void *arg)
{
    struct span value;

    (void)arg;
    assert_err(ERR_NOT_FOUND, tx_get(tx, &plain, &value));
    assert_err(ERR_OK, tx_put(tx, &plain, NULL, span_of("first")));
    assert_err(ERR_OK, tx_put(tx, &blind, "patient-1", span_of("mine")));
    assert_err(ERR_OK, tx_get(tx, &plain, &value));
    assert_memory_equal(value.data, "first", 5);
    assert_err(ERR_OK, tx_delete(tx, &plain));
    assert_err(ERR_NOT_FOUND, tx_get(tx, &plain, &value));
    assert_err(ERR_OK, tx_put(tx, &plain, "patient-1", span_of("last")));
    assert_err(ERR_OK, tx_get(tx, &plain, &value));
    assert_int_equal(value.size, 4);
    assert_memory_equal(value.data, "last", 4);
    return ERR_OK;
}

static void test_own_writes_are_seen(void **state)
{
    struct place *place = *state;

    assert_err(ERR_OK, run_write(place, see_own_writes, NULL));
    assert_text(place, &plain, "last");
    assert_text(place, &blind, "mine");
}

static enum err write_then_refuse(struct tx *tx, void *arg)
{
    const enum err *refusal = arg;

    assert_err(ERR_OK, tx_put(tx, &plain, NULL, span_of("never")));
    assert_err(ERR_OK, tx_put(tx, &blind, "patient-9", span_of("never")));
    return *refusal;
}

static void test_failing_function_leaves_nothing(void **state)
{
    struct place *place = *state;
    enum err refusal = ERR_SLOT_UNAVAILABLE;

    assert_err(ERR_OK, put_text(place, &plain, NULL, "before"));
    assert_err(ERR_SLOT_UNAVAILABLE, run_write(place, write_then_refuse, &refusal));
    assert_text(place, &plain, "before");
    assert_absent(place, &blind);
    /* The key that it made for a person is gone with it, and a new one serves. */
    assert_err(ERR_OK, put_text(place, &blind, "patient-9", "after"));
    place_reopen(place);
    assert_text(place, &blind, "after");
}

static enum err overlook_error(struct tx *tx, void *arg)
{
    char part[KEY_PART_MAX + 2];

    (void)arg;
    memset(part, 'x', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    assert_err(ERR_OK, tx_put(tx, &plain, NULL, span_of("half")));
    assert_err(ERR_FIELD_TOO_LONG,
               tx_put(tx, &(struct key){TABLE_PRACTICE, part, NULL}, NULL, span_of("other half")));
    return ERR_OK;
}

static void test_overlooked_error_commits_nothing(void **state)
{
    struct place *place = *state;

    assert_err(ERR_FIELD_TOO_LONG, run_write(place, overlook_error, NULL));
    assert_absent(place, &plain);
}

/* ---- limits ---- */

static void test_key_limits(void **state)
{
    struct place *place = *state;
    char text[KEY_BLIND_PART_MAX + 2];
    const char *got;

    memset(text, 'k', sizeof text);
    text[KEY_PART_MAX] = '\0';
    struct key longest = {TABLE_PRACTICE, text, text};
    assert_err(ERR_OK, put_text(place, &longest, NULL, "fits"));
    assert_text(place, &longest, "fits");
    text[KEY_PART_MAX] = 'k';
    text[KEY_PART_MAX + 1] = '\0';
    struct key part_too_long = {TABLE_PRACTICE, text, NULL};
    struct key sort_too_long = {TABLE_PRACTICE, "p", text};
    assert_err(ERR_FIELD_TOO_LONG, put_text(place, &part_too_long, NULL, "x"));
    assert_err(ERR_FIELD_TOO_LONG, put_text(place, &sort_too_long, NULL, "x"));
    assert_err(ERR_NOT_FOUND, get_text(place, &part_too_long, &got));
    assert_err(ERR_NOT_FOUND, get_text(place, &sort_too_long, &got));
    assert_err(ERR_OK, delete_key(place, &part_too_long));
    assert_err(ERR_NOT_FOUND, get_text(place, &(struct key){TABLE_PRACTICE, "", NULL}, &got));
    struct key blinded = {TABLE_USER_EMAIL, text, NULL};
    assert_err(ERR_OK, put_text(place, &blinded, NULL, "only its hash is kept"));
    assert_text(place, &blinded, "only its hash is kept");
    memset(text, 'k', sizeof text);
    text[KEY_BLIND_PART_MAX + 1] = '\0';
    assert_err(ERR_FIELD_TOO_LONG, put_text(place, &blinded, NULL, "x"));
    assert_err(ERR_FIELD_TOO_LONG, put_text(place, &plain, text, "a person's id has the same limit"));
}

static enum err put_size(struct tx *tx, void *arg)
{
    const size_t *size = arg;
    uint8_t *bytes = arena_zero(tx_arena(tx), 1, *size);

    assert_non_null(bytes);
    bytes[*size - 1] = 7;
    return tx_put(tx, &plain, "patient-1", (struct span){bytes, *size});
}

static enum err get_size(struct tx *tx, void *arg)
{
    const size_t *size = arg;
    struct span value;

    enum err e = tx_get(tx, &plain, &value);
    if (e)
        return e;
    assert_int_equal(value.size, *size);
    assert_int_equal(value.data[*size - 1], 7);
    return ERR_OK;
}

static void test_value_limits(void **state)
{
    struct place *place = *state;
    const size_t sizes[] = {1, 100, 2000, 4096, 100 * 1000, VALUE_BYTES_MAX};
    size_t too_large = VALUE_BYTES_MAX + 1;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];
        assert_err(ERR_OK, run_write(place, put_size, &size));
        assert_err(ERR_OK, run_read(place, get_size, &size));
    }
    assert_err(ERR_FIELD_TOO_LONG, run_write(place, put_size, &too_large));
    size_t largest = VALUE_BYTES_MAX;
    assert_err(ERR_OK, run_read(place, get_size, &largest));
}

struct many {
    size_t from, count;
};

static enum err put_many(struct tx *tx, void *arg)
{
    const struct many *many = arg;

    for (size_t i = many->from; i < many->from + many->count; i++) {
        char sort[SORT_INSTANT];
        sort_instant(sort, (int64_t)i);
        enum err e = tx_put(tx, &(struct key){TABLE_HOLD, "all", sort}, NULL, span_of("x"));
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err count_holds(struct tx *tx, void *arg)
{
    size_t *count = arg;
    struct scan scan = {.table = TABLE_HOLD, .part = "all", .limit = SCAN_MAX};
    struct row *rows;
    bool more;

    enum err e = tx_scan(tx, &scan, &rows, count, &more);
    assert_false(more);
    return e;
}

static void test_write_limit(void **state)
{
    struct place *place = *state;
    struct many many = {.count = place->engine->writes_max + 1};
    size_t count = 99;

    assert_err(place->engine->too_many, run_write(place, put_many, &many));
    assert_err(ERR_OK, run_read(place, count_holds, &count));
    assert_int_equal(count, 0);
    many.count = place->engine->writes_max;
    assert_err(ERR_OK, run_write(place, put_many, &many));
    assert_err(ERR_OK, run_read(place, count_holds, &count));
    assert_int_equal(count, place->engine->writes_max);
}

/* ---- scans ---- */

struct scan_case {
    struct scan scan;
    const char *expected; /* the sorts, joined */
    bool more;
};

static enum err scan_check(struct tx *tx, void *arg)
{
    const struct scan_case *one = arg;
    struct row *rows = NULL;
    size_t count = 99;
    bool more = !one->more;
    const char *joined = "";

    enum err e = tx_scan(tx, &one->scan, &rows, &count, &more);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        joined = arena_printf(tx_arena(tx), "%s%s", joined, rows[i].sort);
        assert_err(ERR_OK, rows[i].err);
        assert_int_equal(rows[i].value.size, strlen(rows[i].sort));
        assert_memory_equal(rows[i].value.data, rows[i].sort, rows[i].value.size);
    }
    assert_string_equal(joined, one->expected);
    assert_int_equal(more, one->more);
    return ERR_OK;
}

static void scan_fill(struct place *place, enum table table, const char *const *parts, const char *person)
{
    static const char *const sorts[] = {"a", "b", "bb", "c", "d"};

    for (size_t p = 0; parts[p]; p++)
        for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
            assert_err(ERR_OK, put_text(place, &(struct key){table, parts[p], sorts[i]}, person, sorts[i]));
}

static void scan_all_ways(struct place *place, enum table table, const char *part)
{
    const struct scan_case cases[] = {
        {{.limit = 10}, "abbbcd", false},
        {{.limit = 5}, "abbbcd", false},
        {{.limit = 4}, "abbbc", true},
        {{.limit = 1}, "a", true},
        {{.limit = 10, .backwards = true}, "dcbbba", false},
        {{.limit = 2, .backwards = true}, "dc", true},
        {{.limit = 5, .backwards = true}, "dcbbba", false},
        {{.limit = 10, .from = "b"}, "bbbcd", false},
        {{.limit = 10, .until = "c"}, "abbb", false},
        {{.limit = 10, .from = "b", .until = "c"}, "bbb", false},
        {{.limit = 1, .from = "b", .until = "c"}, "b", true},
        {{.limit = 10, .from = "b", .until = "c", .backwards = true}, "bbb", false},
        {{.limit = 1, .from = "b", .until = "c", .backwards = true}, "bb", true},
        {{.limit = 10, .from = "ba", .until = "bc"}, "bb", false},
        {{.limit = 10, .from = "e"}, "", false},
        {{.limit = 10, .until = "a"}, "", false},
        {{.limit = 10, .until = "a", .backwards = true}, "", false},
        {{.limit = 10, .from = "c", .until = "b"}, "", false},
        {{.limit = 10, .from = "c", .until = "b", .backwards = true}, "", false},
        {{.limit = 10, .from = ""}, "abbbcd", false},
        {{.limit = 10, .until = "~"}, "abbbcd", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scan_case one = cases[i];
        one.scan.table = table;
        one.scan.part = part;
        assert_err(ERR_OK, run_read(place, scan_check, &one));
    }
}

static void test_scan(void **state)
{
    struct place *place = *state;
    const char *const parts[] = {"p", "o", "pp", "p\x01", "q", NULL}; /* neighbours on both sides */

    scan_fill(place, TABLE_SESSION, parts, NULL);
    scan_fill(place, TABLE_PRACTITIONER, parts, "patient-1");
    scan_fill(place, TABLE_RELATION, parts, "patient-1");
    scan_all_ways(place, TABLE_SESSION, "p");
    scan_all_ways(place, TABLE_PRACTITIONER, "q");
    scan_all_ways(place, TABLE_RELATION, "p");
    place_reopen(place);
    scan_all_ways(place, TABLE_RELATION, "q");
}

/* ---- scans of what stands among the rows of other tables ---- */

static const char *const dates[] = {"2026-11-24", "2026-11-25", "2026-11-26"};
/* Two before each day's record and two behind it. */
static const char *const starts[] = {"800001a20c91a000 a", "800001a20c91a000 b", "800001a20e123400 a",
                                     "800001a20e123400 b", "800001a211b7fc00 a", "800001a211b7fc00 b",
                                     "800001a213019300 a", "800001a213019300 b", "800001a216de5800 a",
                                     "800001a21827ef00 a"};

static void days_fill(struct place *place, const char *practice)
{
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        assert_err(ERR_OK, put_text(place, &(struct key){TABLE_DAY, practice, dates[i]}, NULL, dates[i]));
        assert_err(ERR_OK, put_text(place, &(struct key){TABLE_USAGE_BY_PRACTICE, practice, dates[i]}, NULL,
                                    dates[i]));
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        assert_err(ERR_OK, put_text(place, &(struct key){TABLE_APPOINTMENT_BY_PRACTICE, practice, starts[i]},
                                    NULL, starts[i]));
}

/* Rows first to last of the texts, joined. */
static const char *joined(struct place *place, const char *const *texts, int first, int last)
{
    const char *text = "";

    for (int i = first; i != last + (last < first ? -1 : 1); i += last < first ? -1 : 1)
        text = arena_printf(place->arena, "%s%s", text, texts[i]);
    return text;
}

static void days_scan(struct place *place, const char *practice)
{
    const struct scan_case cases[] = {
        {{TABLE_DAY, .limit = 10}, joined(place, dates, 0, 2), false},
        {{TABLE_USAGE_BY_PRACTICE, .limit = 3}, joined(place, dates, 0, 2), false},
        {{TABLE_DAY, .limit = 2}, joined(place, dates, 0, 1), true},
        {{TABLE_DAY, .limit = 2, .backwards = true}, joined(place, dates, 2, 1), true},
        {{TABLE_DAY, .limit = 3, .backwards = true}, joined(place, dates, 2, 0), false},
        {{TABLE_DAY, .limit = 3, .from = "2026-11-25"}, joined(place, dates, 1, 2), false},
        {{TABLE_DAY, .limit = 3, .from = "2026-11-25\x01"}, dates[2], false},
        {{TABLE_USAGE_BY_PRACTICE, .limit = 3, .until = "2026-11-26"}, joined(place, dates, 0, 1), false},
        {{TABLE_DAY, .limit = 3, .from = "2026-11-25", .until = "2026-11-26"}, dates[1], false},
        {{TABLE_DAY, .limit = 3, .from = "2026-11-26", .until = "2026-11-25"}, "", false},
        {{TABLE_DAY, .limit = 3, .from = "2200-12-31", .until = "2201-01-01"}, "", false},
        {{TABLE_DAY, .limit = 3, .from = ""}, joined(place, dates, 0, 2), false},
        {{TABLE_DAY, .limit = 3, .from = "no date"}, "", false},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 10}, joined(place, starts, 0, 9), false},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 9}, joined(place, starts, 0, 8), true},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 10, .backwards = true}, joined(place, starts, 9, 0), false},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 4, .backwards = true}, joined(place, starts, 9, 6), true},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 9, .from = "800001a20e123400", .until = "800001a216de5800"},
         joined(place, starts, 2, 7),
         false},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 3, .from = "800001a20e123400 a\x01"},
         joined(place, starts, 3, 5),
         true},
        {{TABLE_APPOINTMENT_BY_PRACTICE, .limit = 9, .until = "800001a211b7fc00 b", .backwards = true},
         joined(place, starts, 4, 0),
         false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scan_case one = cases[i];
        one.scan.part = practice;
        assert_err(ERR_OK, run_read(place, scan_check, &one));
    }
}

static enum err day_written(struct tx *tx, void *arg)
{
    struct scan_case one = {{TABLE_USAGE_BY_PRACTICE, "p", .limit = 1}, "2026-11-24", true};

    (void)arg;
    assert_err(ERR_OK, tx_put(tx, &(struct key){TABLE_DAY, "p", "2026-11-27"}, NULL, span_of("x")));
    return scan_check(tx, &one); /* another table of the same practice may still be scanned */
}

static void test_scan_among_others(void **state)
{
    struct place *place = *state;
    const char *const practices[] = {"p", "o", "pp", "q"};

    for (size_t i = 0; i < sizeof practices / sizeof practices[0]; i++)
        days_fill(place, practices[i]);
    for (size_t i = 0; i < sizeof practices / sizeof practices[0]; i++)
        days_scan(place, practices[i]);
    place_reopen(place);
    days_scan(place, "p");
    assert_err(ERR_OK, run_write(place, day_written, NULL));
    assert_text(place, (&(struct key){TABLE_DAY, "p", "2026-11-27"}), "x");
    assert_text(place, (&(struct key){TABLE_DAY, "p", "2026-11-25"}), "2026-11-25");
    assert_err(ERR_OK, delete_key(place, &(struct key){TABLE_DAY, "p", "2026-11-25"}));
    assert_absent(place, (&(struct key){TABLE_DAY, "p", "2026-11-25"}));
    assert_text(place, (&(struct key){TABLE_USAGE_BY_PRACTICE, "p", "2026-11-25"}), "2026-11-25");
    assert_err(ERR_FIELD_TOO_LONG, put_text(place, &(struct key){TABLE_DAY, "p", "no date"}, NULL, "x"));
}

/* ---- references ---- */

struct drawn {
    int64_t now_ms;
    uint8_t random[2];
    char text[10];
};

static enum err reference_put(struct tx *tx, void *arg)
{
    struct drawn *drawn = arg;

    appointment_reference_make(tx, drawn->now_ms, drawn->random, drawn->text);
    return tx_put(tx, &(struct key){TABLE_APPOINTMENT_REFERENCE, drawn->text, NULL}, NULL,
                  span_of(drawn->text));
}

/* Of one moment and of others, with the same numbers drawn: no two are alike, each is found by one get. */
static void test_references(void **state)
{
    struct place *place = *state;
    struct drawn drawn[12];
    int64_t now_ms = 1795600000000;

    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++) {
        drawn[i] = (struct drawn){now_ms + (int64_t)(i / 3) * 32, {(uint8_t)(i % 3), 7}, ""};
        assert_err(ERR_OK, run_write(place, reference_put, &drawn[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(drawn[i].text, drawn[j].text);
    }
    place_reopen(place);
    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++)
        assert_text(place, (&(struct key){TABLE_APPOINTMENT_REFERENCE, drawn[i].text, NULL}), drawn[i].text);
    char former[10];
    memcpy(former, drawn[0].text, sizeof former);
    assert_err(ERR_OK, run_write(place, reference_put, &drawn[0])); /* the same after reopening */
    assert_string_equal(former, drawn[0].text);
}

static void test_scan_of_nothing(void **state)
{
    struct place *place = *state;
    char part[KEY_PART_MAX + 2];
    struct scan_case one = {{.table = TABLE_SESSION, .part = "none", .limit = 10}, "", false};

    assert_err(ERR_OK, run_read(place, scan_check, &one));
    one.scan.backwards = true;
    assert_err(ERR_OK, run_read(place, scan_check, &one));
    memset(part, 'x', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    one.scan.part = part;
    assert_err(ERR_OK, run_read(place, scan_check, &one));
    one.scan.part = "";
    assert_err(ERR_OK, run_read(place, scan_check, &one));
}

/* The last table and the first, where a scan backwards meets the end of the data. */
static void test_scan_at_the_edges(void **state)
{
    struct place *place = *state;
    enum table last = (enum table)(TABLE_COUNT - 1);
    struct scan_case one = {{.table = last, .part = "all", .limit = 10, .backwards = true}, "", false};

    assert_err(ERR_OK, run_read(place, scan_check, &one));
    assert_err(ERR_OK, put_text(place, &(struct key){last, "all", "x"}, NULL, "x"));
    one.expected = "x";
    assert_err(ERR_OK, run_read(place, scan_check, &one));
    one.scan.backwards = false;
    assert_err(ERR_OK, run_read(place, scan_check, &one));
}

static enum err scan_then_write(struct tx *tx, void *arg)
{
    struct scan_case one = {{.table = TABLE_SESSION, .part = "p", .limit = 10}, "a", false};

    (void)arg;
    assert_err(ERR_OK, scan_check(tx, &one));
    assert_err(ERR_OK, tx_put(tx, &(struct key){TABLE_SESSION, "p", "b"}, NULL, span_of("b")));
    one.scan.part = "o"; /* another partition may still be scanned */
    one.expected = "";
    return scan_check(tx, &one);
}

static void test_scan_sees_the_state_before(void **state)
{
    struct place *place = *state;
    struct scan_case one = {{.table = TABLE_SESSION, .part = "p", .limit = 10}, "ab", false};

    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_SESSION, "p", "a"}, NULL, "a"));
    assert_err(ERR_OK, run_write(place, scan_then_write, NULL));
    assert_err(ERR_OK, run_read(place, scan_check, &one));
}

static void test_sort_instant_orders(void **state)
{
    const int64_t instants[] = {INT64_MIN, -1000, -1, 0, 1, 1795600000000, INT64_MAX};
    char before[SORT_INSTANT] = "";

    (void)state;
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++) {
        char now[SORT_INSTANT];
        sort_instant(now, instants[i]);
        assert_int_equal(strlen(now), SORT_INSTANT - 1);
        assert_true(strcmp(before, now) < 0);
        memcpy(before, now, sizeof now);
    }
}

/* ---- many at once ---- */

enum { THREADS = 6 };

struct worker {
    struct place *place;
    unsigned number;
    pthread_t thread;
};

/* A counter is kept twice; no reader may ever see the two differ. */
static enum err counter_read(struct tx *tx, long *value)
{
    const struct key keys[2] = {{TABLE_DAY, "counter", "2026-11-25"}, {TABLE_AGENDA, "counter", "2"}};
    long values[2] = {0, 0};

    for (int i = 0; i < 2; i++) {
        struct span text;
        enum err e = tx_get(tx, &keys[i], &text);
        if (e == ERR_OK)
            values[i] = strtol(arena_text(tx_arena(tx), (const char *)text.data, text.size), NULL, 10);
        else if (e != ERR_NOT_FOUND)
            return e;
    }
    *value = values[0];
    return values[0] == values[1] ? ERR_OK : ERR_INTERNAL;
}

static enum err counter_up(struct tx *tx, void *arg)
{
    long value;

    (void)arg;
    enum err e = counter_read(tx, &value);
    if (e)
        return e;
    const char *text = arena_printf(tx_arena(tx), "%ld", value + 1);
    e = tx_put(tx, &(struct key){TABLE_DAY, "counter", "2026-11-25"}, NULL, span_of(text));
    if (!e)
        e = tx_put(tx, &(struct key){TABLE_AGENDA, "counter", "2"}, "patient-1", span_of(text));
    return e;
}

static enum err counter_look(struct tx *tx, void *arg)
{
    return counter_read(tx, arg);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct store *store = worker->place->store;
    struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
    long before = 0;

    for (int i = 0; i < worker->place->engine->rounds; i++) {
        long now;
        struct arena_mark mark = arena_mark(arena);
        assert_err(ERR_OK, store_run(store, &(struct access){.write = true}, arena, counter_up, NULL));
        assert_err(ERR_OK, store_run(store, &(struct access){0}, arena, counter_look, &now));
        assert_true(now > before); /* what was acknowledged is seen at once */
        before = now;
        arena_reset(arena, mark);
    }
    arena_free(arena);
    return NULL;
}

static void test_threads_count_exactly(void **state)
{
    struct place *place = *state;
    struct worker workers[THREADS];
    long value;

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.place = place, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    assert_err(ERR_OK, run_read(place, counter_look, &value));
    assert_int_equal(value, THREADS * place->engine->rounds);
    place_reopen(place);
    assert_err(ERR_OK, run_read(place, counter_look, &value));
    assert_int_equal(value, THREADS * place->engine->rounds);
}

struct asked {
    struct store_job job; /* first */
    struct place *place;
    int number;
    int answers;
    enum err err;
};

static pthread_mutex_t answers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static int answers;

static void count_answer(struct store_job *job, enum err err)
{
    struct asked *asked = (struct asked *)job;

    pthread_mutex_lock(&answers_lock);
    asked->answers++;
    asked->err = err;
    answers++;
    pthread_cond_signal(&answered);
    pthread_mutex_unlock(&answers_lock);
}

static enum err put_numbered(struct tx *tx, void *arg)
{
    const struct asked *asked = arg;

    if (asked->number % 5 == 4)
        return ERR_PATIENT_BUSY;
    const char *sort = arena_printf(tx_arena(tx), "%04d", asked->number);
    const char *person = arena_printf(tx_arena(tx), "patient-%d", asked->number % 7);
    return tx_put(tx, &(struct key){TABLE_HOLD, "all", sort}, person, span_of(sort));
}

enum { ASKED = 300 };

/* What they say beforehand is for speed alone: it may be wrong, or not there, or more than is looked at. */
static const struct key named[] = {
    {TABLE_HOLD, "all", "0001"},
    {TABLE_AGENDA, "patient-1", NULL},
    {TABLE_DAY, "p", "no date"},
    {TABLE_PRACTICE, "", NULL},
    {TABLE_APPOINTMENT_REFERENCE, "no", NULL},
    {TABLE_DAY, "p", "2026-11-25"},
    {TABLE_HOLD, "all", "0002"},
    {TABLE_HOLD, "all", "0003"},
    {TABLE_HOLD, "all", "0005"},
    {TABLE_HOLD, "all", "0006"},
    {TABLE_HOLD, "all", "0007"},
    {TABLE_HOLD, "all", "0008"},
    {TABLE_HOLD, "all", "0010"},
    {TABLE_HOLD, "all", "0011"},
    {TABLE_HOLD, "all", "0012"},
    {TABLE_HOLD, "all", "0013"},
    {TABLE_HOLD, "all", "0015"},
    {TABLE_HOLD, "all", "0016"},
    {TABLE_USAGE, "patient-1", "p1"},
    {TABLE_HOLD, "all", "0017"},
    {TABLE_HOLD, "all", "0018"},
};

static struct asked *ask_many(struct place *place)
{
    struct asked *asked = calloc(ASKED, sizeof *asked);

    assert_non_null(asked);
    answers = 0;
    for (int i = 0; i < ASKED; i++) {
        asked[i].number = i;
        asked[i].job = (struct store_job){
            .access = {.write = true, .keys = named, .count = i % 3 ? sizeof named / sizeof named[0] : 0},
            .arena = arena_new(64 * 1024),
            .fn = put_numbered,
            .arg = &asked[i],
            .done = count_answer,
        };
        assert_err(ERR_OK, store_submit(place->store, &asked[i].job));
    }
    return asked;
}

static void check_asked(struct place *place, struct asked *asked)
{
    size_t count = 0;

    for (int i = 0; i < ASKED; i++) {
        assert_int_equal(asked[i].answers, 1);
        assert_err(i % 5 == 4 ? ERR_PATIENT_BUSY : ERR_OK, asked[i].err);
        arena_free(asked[i].job.arena);
    }
    free(asked);
    assert_err(ERR_OK, run_read(place, count_holds, &count));
    assert_int_equal(count, ASKED - ASKED / 5);
}

static void test_submit_answers_everybody_once(void **state)
{
    struct place *place = *state;
    struct asked *asked = ask_many(place);

    pthread_mutex_lock(&answers_lock);
    while (answers < ASKED)
        pthread_cond_wait(&answered, &answers_lock);
    pthread_mutex_unlock(&answers_lock);
    check_asked(place, asked);
}

static void test_close_finishes_what_waits(void **state)
{
    struct place *place = *state;
    struct asked *asked = ask_many(place);

    place_close(place);
    assert_int_equal(answers, ASKED);
    assert_err(ERR_OK, place_open(place));
    check_asked(place, asked);
}

/* ---- memory ---- */

static enum err put_three(struct tx *tx, void *arg)
{
    const unsigned *nth = arg;

    arena_fail_after(*nth); /* counts on through sealing, on the same thread */
    enum err e = tx_put(tx, &plain, NULL, span_of("1"));
    if (!e)
        e = tx_put(tx, &blind, "patient-1", span_of("2"));
    if (!e)
        e = tx_put(tx, &(struct key){TABLE_USAGE, "patient-1", "practice-1"}, "patient-1", span_of("3"));
    return e;
}

static enum err no_more_failures(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    arena_fail_after(0);
    return ERR_OK;
}

static void test_allocation_failures_leave_no_half(void **state)
{
    struct place *place = *state;
    unsigned nth = 1;

    for (; nth < 100; nth++) {
        enum err e = run_write(place, put_three, &nth);
        assert_err(ERR_OK, run_write(place, no_more_failures, NULL));
        arena_fail_after(0);
        if (e == ERR_OK)
            break;
        assert_err(ERR_MEMORY, e);
        assert_absent(place, &plain);
        assert_absent(place, &blind);
        assert_absent(place, (&(struct key){TABLE_USAGE, "patient-1", "practice-1"}));
    }
    assert_in_range(nth, 5, 99);
    assert_text(place, &blind, "2");
}

static enum err read_failing(struct tx *tx, void *arg)
{
    const unsigned *nth = arg;
    struct scan scan = {.table = TABLE_RELATION, .part = "p", .limit = 10};
    struct row *rows;
    struct span value;
    size_t count;
    bool more;

    arena_fail_after(*nth);
    enum err e = tx_get(tx, &blind, &value);
    if (!e)
        e = tx_scan(tx, &scan, &rows, &count, &more);
    arena_fail_after(0);
    return e;
}

static void test_allocation_failures_of_reads(void **state)
{
    struct place *place = *state;
    const char *const parts[] = {"p", NULL};
    unsigned nth = 1;

    scan_fill(place, TABLE_RELATION, parts, "patient-1");
    assert_err(ERR_OK, put_text(place, &blind, "patient-1", "x"));
    while (run_read(place, read_failing, &nth) == ERR_MEMORY)
        nth++;
    assert_in_range(nth, 5, 199); /* a remote engine asks and reads in more steps */
    assert_err(ERR_OK, run_read(place, read_failing, &nth));
}

/* ---- hashes, tokens ---- */

static void test_blind(void **state)
{
    struct place *place = *state;
    char first[33];
    char other[33];
    char long_text[5000];

    store_blind(place->store, "email", "someone@example.org", first);
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    store_blind(place->store, "phone", "someone@example.org", other);
    assert_string_not_equal(first, other);
    store_blind(place->store, "email", "someone@example.com", other);
    assert_string_not_equal(first, other);
    place_reopen(place);
    store_blind(place->store, "email", "someone@example.org", other);
    assert_string_equal(first, other);
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    store_blind(place->store, "email", long_text, first);
    long_text[sizeof long_text - 2] = 'b';
    store_blind(place->store, "email", long_text, other);
    assert_string_not_equal(first, other);
}

static void test_tokens(void **state)
{
    struct place *place = *state;
    const char *token;
    struct span open = {0};

    assert_err(ERR_OK, store_seal_token(place->store, place->arena, "list", span_of("where I was"), &token));
    assert_null(strstr(token, "where"));
    assert_int_equal(strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
                     strlen(token));
    assert_err(ERR_OK, store_open_token(place->store, place->arena, "list", token, &open));
    assert_int_equal(open.size, 11);
    assert_memory_equal(open.data, "where I was", 11);
    assert_err(ERR_CURSOR, store_open_token(place->store, place->arena, "another list", token, &open));
    place_reopen(place);
    assert_err(ERR_OK, store_open_token(place->store, place->arena, "list", token, &open));
    assert_err(ERR_OK, store_seal_token(place->store, place->arena, "list", (struct span){0}, &token));
    assert_err(ERR_OK, store_open_token(place->store, place->arena, "list", token, &open));
    assert_int_equal(open.size, 0);
}

static void test_tokens_that_are_none(void **state)
{
    struct place *place = *state;
    char huge[20000];
    const char *token;
    struct span open;
    const char *const wrong[] = {
        "", "x", "abc=", "AQMBAAAA", "not a token!", "AQEBAAAAYkBNj5HkB1CgiyqARYwOC_qXsRylwa8u", huge};

    memset(huge, 'A', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_err(ERR_CURSOR, store_open_token(place->store, place->arena, "list", wrong[i], &open));
    assert_err(ERR_OK, store_seal_token(place->store, place->arena, "list", span_of("x"), &token));
    for (size_t i = 0; token[i]; i++) { /* every character counts; the last one has bits that do not */
        char *changed = arena_dup(place->arena, token);
        changed[i] = changed[i] == 'Q' ? 'g' : 'Q';
        assert_err(ERR_CURSOR, store_open_token(place->store, place->arena, "list", changed, &open));
    }
}

/* ---- looking after it ---- */

struct walked {
    size_t counts[TABLE_COUNT];
    size_t bad;
    size_t stop_after;
    char last[64];
};

static enum err walked_one(void *arg, enum table table, const char *part, const char *sort, enum err err,
                           struct span value)
{
    struct walked *walked = arg;

    assert_in_range(table, 0, TABLE_COUNT - 1);
    walked->counts[table]++;
    walked->bad += err != ERR_OK;
    if (table == TABLE_HOLD) {
        assert_string_equal(part, "all");
        assert_true(strcmp(walked->last, sort) < 0);
        (void)snprintf(walked->last, sizeof walked->last, "%s", sort);
        assert_int_equal(value.size, 1);
    }
    if (table == TABLE_PERSON_KEY)
        assert_int_equal(value.size, 0); /* keys are not handed out */
    if (table == TABLE_PATIENT || table == TABLE_DAY)
        assert_null(part);
    if (table == TABLE_DAY)
        assert_string_equal(sort, "2026-11-25");
    return --walked->stop_after == 0 ? ERR_STOPPING : ERR_OK;
}

static void test_walk(void **state)
{
    struct place *place = *state;
    struct walked walked = {.stop_after = SIZE_MAX};
    struct many many = {.count = 100};

    for (; many.from < 1000; many.from += many.count)
        assert_err(ERR_OK, run_write(place, put_many, &many));
    assert_err(ERR_OK, put_text(place, &blind, "patient-1", "x"));
    assert_err(ERR_OK, put_text(place, &plain, "patient-2", "x"));
    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_DAY, "practice-1", "2026-11-25"}, NULL, "x"));
    place_reopen(place);
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.counts[TABLE_HOLD], 1000);
    assert_int_equal(walked.counts[TABLE_PERSON_KEY], 2);
    assert_int_equal(walked.counts[TABLE_META], 2);
    assert_int_equal(walked.counts[TABLE_PATIENT], 1);
    assert_int_equal(walked.counts[TABLE_DAY], 1);
    assert_int_equal(walked.counts[TABLE_PRACTICE], 1);
    assert_int_equal(walked.bad, 0);
    struct walked short_one = {.stop_after = 300};
    assert_err(ERR_STOPPING, store_walk(place->store, walked_one, &short_one));
}

static void test_stats_and_health(void **state)
{
    struct place *place = *state;
    struct store_stats before;
    struct store_stats after;

    store_stats(place->store, &before);
    assert_err(ERR_OK, put_text(place, &blind, "patient-1", "x"));
    store_stats(place->store, &after);
    assert_int_equal(after.commits, before.commits + 1);
    assert_int_equal(after.writes, before.writes + 2); /* the value, and the key of the person */
    assert_int_equal(after.failures, before.failures);
    assert_int_equal(after.queued, 0);
    assert_true(after.bytes_used > 0 || after.bytes_sent > before.bytes_sent);
    assert_err(ERR_OK, store_health(place->store));
}

static void test_table_names(void **state)
{
    (void)state;
    assert_string_equal(store_table_name(TABLE_META), "meta");
    assert_string_equal(store_table_name(TABLE_APPOINTMENT_BY_PATIENT), "appointment_by_patient");
    assert_string_equal(store_table_name(TABLE_COUNT), "unknown");
}

#define TEST(function)                                                                                       \
    {                                                                                                        \
#function, function, place_set_up, place_tear_down, NULL                                             \
    }

/* ---- what is taken to be absent ---- */

struct claim {
    const struct key *key;
    const char *text;
    enum err found;
};

static enum err claim(struct tx *tx, void *arg)
{
    struct claim *claim = arg;

    claim->found = tx_suppose(tx, claim->key);
    return claim->found == ERR_NOT_FOUND ? tx_put(tx, claim->key, NULL, span_of(claim->text)) : claim->found;
}

static void test_suppose(void **state)
{
    struct place *place = *state;
    struct key key = {TABLE_APPOINTMENT_REFERENCE, "ABCD-EFGH", NULL};
    struct claim first = {.key = &key, .text = "first"};
    struct claim second = {.key = &key, .text = "second"};

    assert_err(ERR_OK, run_write(place, claim, &first));
    assert_err(ERR_OK, run_write(place, claim, &second)); /* perhaps not at once, but in the end it knows */
    assert_err(ERR_OK, second.found);
    assert_text(place, &key, "first");
    assert_err(ERR_OK, delete_key(place, &key));
    assert_err(ERR_OK, run_write(place, claim, &second));
    assert_text(place, &key, "second");
}

int main(int count, char **arguments)
{
    struct CMUnitTest tests[] = {
        TEST(test_put_get_delete),
        TEST(test_person_values),
        TEST(test_reopen_keeps),
        TEST(test_own_writes_are_seen),
        TEST(test_failing_function_leaves_nothing),
        TEST(test_overlooked_error_commits_nothing),
        TEST(test_key_limits),
        TEST(test_value_limits),
        TEST(test_write_limit),
        TEST(test_scan),
        TEST(test_scan_among_others),
        TEST(test_references),
        TEST(test_scan_of_nothing),
        TEST(test_scan_at_the_edges),
        TEST(test_scan_sees_the_state_before),
        TEST(test_sort_instant_orders),
        TEST(test_threads_count_exactly),
        TEST(test_submit_answers_everybody_once),
        TEST(test_close_finishes_what_waits),
        TEST(test_allocation_failures_leave_no_half),
        TEST(test_allocation_failures_of_reads),
        TEST(test_blind),
        TEST(test_tokens),
        TEST(test_tokens_that_are_none),
        TEST(test_walk),
        TEST(test_stats_and_health),
        TEST(test_table_names),
        TEST(test_suppose),
    };
    struct engine_row *engine = count == 2 ? engine_named(arguments[1]) : NULL;

    if (!engine) {
        (void)fprintf(stderr, "usage: engine_test lmdb|mem|dynamodb\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = engine;
    return cmocka_run_group_tests_name(engine->name, tests, NULL, NULL);
}
