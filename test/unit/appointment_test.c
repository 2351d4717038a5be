/* appointment_test.c - one person's agenda, and references for the phone. */
#include "domain/appointment.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NOW     INT64_C(1795600000000)
#define MINUTES MINUTE_MS

static int arena_setup(void **state)
{
    *state = arena_new(1 << 20);
    return *state ? 0 : -1;
}

static int arena_teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct agenda_entry entry(const char *id, int64_t after_minutes, int32_t duration)
{
    return (struct agenda_entry){id, NOW + after_minutes * MINUTES, duration, INSTANT_NONE};
}

static struct agenda_entry hold(const char *id, int64_t after_minutes, int32_t duration, int64_t expires_at)
{
    return (struct agenda_entry){id, NOW + after_minutes * MINUTES, duration, expires_at};
}

static enum err add(struct agenda *agenda, struct agenda_entry entry, struct arena *arena)
{
    return agenda_add(agenda, &entry, NOW, arena);
}

static void expect_ids(const struct agenda *agenda, const char *ids)
{
    char got[256] = "";

    for (size_t i = 0; i < agenda->count; i++)
        (void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "",
                       agenda->entries[i].appointment_id);
    assert_string_equal(got, ids);
}

static void entries_are_sorted_by_start(void **state)
{
    struct agenda agenda = {.patient_id = "p"};

    assert_int_equal(add(&agenda, entry("b", 60, 15), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("c", 90, 15), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("a", 30, 15), *state), ERR_OK);
    expect_ids(&agenda, "a b c");
}

static void one_may_begin_when_the_other_ends(void **state)
{
    struct agenda agenda = {0};

    assert_int_equal(add(&agenda, entry("a", 60, 30), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("b", 90, 30), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("c", 30, 30), *state), ERR_OK);
    expect_ids(&agenda, "c a b");
}

static void any_overlap_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        int after, duration;
    } clashes[] = {{60, 30}, {59, 2}, {89, 1}, {50, 60}, {70, 5}, {31, 30}};
    struct agenda agenda = {0};
    assert_int_equal(add(&agenda, entry("a", 60, 30), *state), ERR_OK);
    const struct agenda before = agenda;

    for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
        assert_int_equal(add(&agenda, entry("x", clashes[i].after, clashes[i].duration), *state),
                         ERR_PATIENT_BUSY);
        assert_memory_equal(&agenda, &before, sizeof agenda);
    }
}

static void the_same_id_is_moved_not_doubled(void **state)
{
    struct agenda agenda = {0};

    assert_int_equal(add(&agenda, entry("a", 60, 30), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("b", 120, 30), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("a", 75, 30), *state), ERR_OK);
    assert_int_equal(agenda.entries[0].start_ms, NOW + 75 * MINUTES);
    assert_int_equal(add(&agenda, entry("a", 130, 30), *state), ERR_PATIENT_BUSY);
    expect_ids(&agenda, "a b");
}

static void an_expired_hold_does_not_count(void **state)
{
    struct agenda agenda = {0};

    assert_int_equal(add(&agenda, hold("h", 60, 30, NOW + 1), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("a", 60, 30), *state), ERR_PATIENT_BUSY);
    struct agenda_entry later = entry("a", 60, 30);
    assert_int_equal(agenda_add(&agenda, &later, NOW + 1, *state), ERR_OK);
    expect_ids(&agenda, "a");
}

static void the_past_is_dropped_after_a_day(void **state)
{
    struct agenda agenda = {0};
    const int day = 24 * 60;

    assert_int_equal(add(&agenda, entry("old", -day - 31, 30), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("edge", -day - 30, 30), *state), ERR_OK);
    expect_ids(&agenda, "edge");
    assert_int_equal(add(&agenda, entry("new", 60, 30), *state), ERR_OK);
    expect_ids(&agenda, "edge new");
}

static void a_person_can_hold_only_so_many(void **state)
{
    struct agenda agenda = {0};
    char ids[AGENDA_MAX][16];

    for (int i = 0; i < AGENDA_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "a%03d", i);
        assert_int_equal(add(&agenda, entry(ids[i], 60 + 10 * i, 10), *state), ERR_OK);
    }
    assert_int_equal(add(&agenda, entry("x", 10, 10), *state), ERR_AGENDA_FULL);
    assert_int_equal(agenda.count, AGENDA_MAX);
    assert_int_equal(add(&agenda, entry("a000", 10, 10), *state), ERR_OK);
    agenda_remove(&agenda, "a001");
    assert_int_equal(add(&agenda, entry("x", 20, 10), *state), ERR_OK);
}

static void removing_leaves_the_others(void **state)
{
    struct agenda agenda = {0};

    agenda_remove(&agenda, "nobody");
    assert_int_equal(add(&agenda, entry("a", 60, 10), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("b", 70, 10), *state), ERR_OK);
    assert_int_equal(add(&agenda, entry("c", 80, 10), *state), ERR_OK);
    agenda_remove(&agenda, "b");
    expect_ids(&agenda, "a c");
    agenda_remove(&agenda, "nobody");
    expect_ids(&agenda, "a c");
}

static void without_memory_nothing_changes(void **state)
{
    struct agenda agenda = {0};

    assert_int_equal(add(&agenda, entry("a", 60, 10), *state), ERR_OK);
    arena_fail_after(1);
    assert_int_equal(add(&agenda, entry("b", 90, 10), *state), ERR_MEMORY);
    arena_fail_after(0);
    expect_ids(&agenda, "a");
}

/* ---- references ---- */

static void references_are_eight_symbols_in_two_groups(void **state)
{
    char out[10];
    (void)state;

    reference_format((const uint8_t[]){0, 0, 0, 0, 0}, out);
    assert_string_equal(out, "0000-0000");
    reference_format((const uint8_t[]){255, 255, 255, 255, 255}, out);
    assert_string_equal(out, "ZZZZ-ZZZZ");
    reference_format((const uint8_t[]){0, 0, 0, 0, 1}, out);
    assert_string_equal(out, "0000-0001");
    /* 00001 00010 00011 00100 - 00101 00110 00111 01000 */
    reference_format((const uint8_t[]){0x08, 0x86, 0x42, 0x98, 0xe8}, out);
    assert_string_equal(out, "1234-5678");
}

static void a_reference_is_a_number(void **state)
{
    static const char *const none[] = {"",          "1234",      "12345678",  "1234-567", "1234-56789",
                                       "1234-567U", "1234-567a", "12345-678", "-1234567"};
    uint64_t number = 7;
    (void)state;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(reference_number(none[i], &number));
    assert_int_equal(number, 7);
    assert_true(reference_number("0000-0001", &number));
    assert_int_equal(number, 1);
    assert_true(reference_number("1234-5678", &number));
    assert_true(number == UINT64_C(0x08864298e8));
    assert_true(reference_number("ZZZZ-ZZZZ", &number));
    assert_true(number == (UINT64_C(1) << 40) - 1);
}

static void what_is_typed_is_understood(void **state)
{
    static const char *const typed[] = {"K7M2-9X0F", "k7m2-9x0f", "K7M29X0F", " k7m2 9xof ",
                                        "K-7-M-2-9-X-O-F"};
    char out[10];
    (void)state;

    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        assert_true(reference_parse(typed[i], strlen(typed[i]), out));
        assert_string_equal(out, "K7M2-9X0F");
    }
    assert_true(reference_parse("iIlLoO01", 8, out));
    assert_string_equal(out, "1111-0001");
}

static void what_cannot_be_one_is_refused(void **state)
{
    static const char *const typed[] = {"",          "K7M2-9X0",        "K7M2-9X0FF", "K7M2-9XUF",
                                        "K7M2_9X0F", "K7M2-9X\xc3\xa9", "--------"};
    char out[10] = "untouched";
    (void)state;

    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        assert_false(reference_parse(typed[i], strlen(typed[i]), out));
    assert_false(reference_parse("K7M2\0009XF", 8, out));
    assert_string_equal(out, "untouched");
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t random[5];
        char out[10];
        char back[10];
        for (unsigned j = 0; j < 5; j++)
            random[j] = (uint8_t)((i * 2654435761U) >> (j * 5));
        reference_format(random, out);
        assert_true(reference_parse(out, strlen(out), back));
        assert_string_equal(out, back);
    }
}

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_setup, arena_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ARENA(entries_are_sorted_by_start),
        WITH_ARENA(one_may_begin_when_the_other_ends),
        WITH_ARENA(any_overlap_is_refused_and_changes_nothing),
        WITH_ARENA(the_same_id_is_moved_not_doubled),
        WITH_ARENA(an_expired_hold_does_not_count),
        WITH_ARENA(the_past_is_dropped_after_a_day),
        WITH_ARENA(a_person_can_hold_only_so_many),
        WITH_ARENA(removing_leaves_the_others),
        WITH_ARENA(without_memory_nothing_changes),
        cmocka_unit_test(references_are_eight_symbols_in_two_groups),
        cmocka_unit_test(a_reference_is_a_number),
        cmocka_unit_test(what_is_typed_is_understood),
        cmocka_unit_test(what_cannot_be_one_is_refused),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
