/* usage_test.c - what appointments count for, and which practice is the primary one. */
#include "domain/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct appointment with_status(enum appointment_status status)
{
    return (struct appointment){.status = (int32_t)status, .expires_at = INSTANT_NONE};
}

static void assert_counts(struct usage_counts counts, int total, int attended, int cancelled, int missed)
{
    assert_int_equal(counts.total_appointments, total);
    assert_int_equal(counts.attended, attended);
    assert_int_equal(counts.cancelled, cancelled);
    assert_int_equal(counts.missed, missed);
}

static void each_status_counts_as_it_should(void **state)
{
    static const struct {
        enum appointment_status status;
        int total, attended, cancelled, missed;
    } rows[] = {
        {STATUS_PENDING, 0, 0, 0, 0},          {STATUS_BOOKED, 1, 0, 0, 0}, {STATUS_ARRIVED, 1, 1, 0, 0},
        {STATUS_FULFILLED, 1, 1, 0, 0},        {STATUS_NOSHOW, 1, 0, 0, 1}, {STATUS_CANCELLED, 1, 0, 1, 0},
        {STATUS_ENTERED_IN_ERROR, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct appointment appointment = with_status(rows[i].status);
        assert_counts(usage_of(&appointment), rows[i].total, rows[i].attended, rows[i].cancelled,
                      rows[i].missed);
    }
    assert_counts(usage_of(NULL), 0, 0, 0, 0);
}

static void a_hold_that_was_never_confirmed_counts_for_nothing(void **state)
{
    struct appointment appointment = with_status(STATUS_CANCELLED);

    (void)state;
    appointment.expires_at = 1000;
    assert_counts(usage_of(&appointment), 0, 0, 0, 0);
}

static void a_change_moves_the_counts(void **state)
{
    struct usage_counts counts = {0};
    struct appointment booked = with_status(STATUS_BOOKED);
    struct appointment missed = with_status(STATUS_NOSHOW);

    (void)state;
    usage_apply(&counts, NULL, &booked);
    assert_counts(counts, 1, 0, 0, 0);
    usage_apply(&counts, &booked, &missed);
    assert_counts(counts, 1, 0, 0, 1);
    usage_apply(&counts, &missed, NULL);
    assert_counts(counts, 0, 0, 0, 0);
}

static void primary_is_where_registered_else_where_seen_most(void **state)
{
    const struct usage usages[] = {
        {.practice_id = "a", .counts = {.total_appointments = 5, .attended = 1}},
        {.practice_id = "b", .counts = {.total_appointments = 3, .attended = 3}},
        {.practice_id = "c", .counts = {.total_appointments = 4, .attended = 3}},
        {.practice_id = "d", .counts = {.total_appointments = 0}},
    };

    (void)state;
    assert_int_equal(usage_primary(usages, 4, "a"), 0);
    assert_int_equal(usage_primary(usages, 4, NULL), 2);
    assert_int_equal(usage_primary(usages, 2, NULL), 1);
    assert_int_equal(usage_primary(usages, 4, "elsewhere"), 4);
    assert_int_equal(usage_primary(&usages[3], 1, NULL), 1);
    assert_int_equal(usage_primary(usages, 0, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_counts_as_it_should),
        cmocka_unit_test(a_hold_that_was_never_confirmed_counts_for_nothing),
        cmocka_unit_test(a_change_moves_the_counts),
        cmocka_unit_test(primary_is_where_registered_else_where_seen_most),
    };
    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
