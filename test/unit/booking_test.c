/* booking_test.c - the rules about the moment, at their limits and at both clock changes. */
#include "domain/booking.h"

#include "base/time.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

enum { PATIENT = false, STAFF = true };

static int64_t at(const char *text)
{
    int64_t ms;
    assert_int_equal(instant_parse(text, strlen(text), &ms), ERR_OK);
    return ms;
}

static struct booking_rules rules;
static struct practice practice;

static int practice_setup(void **state)
{
    (void)state;
    rules = BOOKING_RULES_DEFAULT;
    practice = (struct practice){.status = PRACTICE_ACTIVE, .booking_rules = &rules};
    return 0;
}

static enum err check(const char *start, const char *now, bool by_staff)
{
    return booking_check_time(&practice, at(start), at(now), by_staff);
}

static void it_must_be_in_the_future(void **state)
{
    (void)state;
    rules.min_notice_minutes = 0;
    for (int by_staff = PATIENT; by_staff <= STAFF; by_staff++) {
        assert_int_equal(check("2026-11-25T09:00:00Z", "2026-11-25T09:00:00.001Z", by_staff), ERR_IN_PAST);
        assert_int_equal(check("2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", by_staff), ERR_IN_PAST);
        assert_int_equal(check("2026-11-25T09:00:00Z", "2026-11-25T08:59:59.999Z", by_staff), ERR_OK);
        assert_int_equal(check("2020-01-01T09:00:00Z", "2026-11-25T09:00:00Z", by_staff), ERR_IN_PAST);
    }
}

static void exactly_the_notice_is_enough(void **state)
{
    (void)state;
    assert_int_equal(check("2026-11-25T11:00:00Z", "2026-11-25T09:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2026-11-25T11:00:00Z", "2026-11-25T09:00:00.001Z", PATIENT), ERR_TOO_SOON);
    assert_int_equal(check("2026-11-25T09:15:00Z", "2026-11-25T09:00:00Z", PATIENT), ERR_TOO_SOON);
}

static void staff_need_no_notice(void **state)
{
    (void)state;
    assert_int_equal(check("2026-11-25T09:15:00Z", "2026-11-25T09:00:00Z", STAFF), ERR_OK);
}

/* Two hours are two hours of real time, whatever the clock on the wall does. */
static void notice_is_real_time_when_the_clocks_change(void **state)
{
    (void)state;
    /* 28 March 2027: 00:30 GMT; two hours on, the wall says 03:30. */
    assert_int_equal(check("2027-03-28T03:30:00+01:00", "2027-03-28T00:30:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-03-28T03:29:00+01:00", "2027-03-28T00:30:00Z", PATIENT), ERR_TOO_SOON);
    /* 31 October 2027: 00:30 BST; two hours on, the wall says 01:30. */
    assert_int_equal(check("2027-10-31T01:30:00Z", "2027-10-31T00:30:00+01:00", PATIENT), ERR_OK);
    assert_int_equal(check("2027-10-31T01:29:00Z", "2027-10-31T00:30:00+01:00", PATIENT), ERR_TOO_SOON);
}

static void the_last_day_of_the_advance_counts_whole(void **state)
{
    (void)state;
    /* 42 days after 25 November 2026 is 6 January 2027. */
    assert_int_equal(check("2027-01-06T23:59:00Z", "2026-11-25T00:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-01-06T00:00:00Z", "2026-11-25T23:59:59Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-01-07T00:00:00Z", "2026-11-25T23:59:59Z", PATIENT), ERR_TOO_FAR);
    assert_int_equal(check("2027-01-07T00:00:00Z", "2026-11-25T23:59:59Z", STAFF), ERR_TOO_FAR);
}

static void the_advance_counts_local_days(void **state)
{
    (void)state;
    rules.max_advance_days = 1;
    /* Spring: 28 March 2027 ends at 23:00 UTC. */
    assert_int_equal(check("2027-03-28T22:59:00Z", "2027-03-27T12:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-03-28T23:00:00Z", "2027-03-27T12:00:00Z", PATIENT), ERR_TOO_FAR);
    /* Just after local midnight it is already the next day, though not in UTC. */
    assert_int_equal(check("2027-06-12T12:00:00Z", "2027-06-10T22:59:00Z", PATIENT), ERR_TOO_FAR);
    assert_int_equal(check("2027-06-12T12:00:00Z", "2027-06-10T23:00:00Z", PATIENT), ERR_OK);
    /* Autumn: 31 October 2027 has 25 hours and ends at 24:00 UTC. */
    assert_int_equal(check("2027-10-31T23:59:00Z", "2027-10-29T23:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-10-31T23:59:00Z", "2027-10-29T22:59:00Z", PATIENT), ERR_TOO_FAR);
}

static void only_an_active_practice_takes_bookings(void **state)
{
    (void)state;
    practice.status = PRACTICE_SUSPENDED;
    assert_int_equal(check("2026-11-26T09:00:00Z", "2026-11-25T09:00:00Z", STAFF), ERR_PRACTICE_INACTIVE);
    practice.status = PRACTICE_INACTIVE;
    assert_int_equal(check("2020-11-26T09:00:00Z", "2026-11-25T09:00:00Z", PATIENT), ERR_PRACTICE_INACTIVE);
}

static void without_rules_the_defaults_hold(void **state)
{
    (void)state;
    practice.booking_rules = NULL;
    assert_int_equal(check("2026-11-25T11:00:00Z", "2026-11-25T09:00:00.001Z", PATIENT), ERR_TOO_SOON);
    assert_int_equal(check("2027-01-07T00:00:00Z", "2026-11-25T23:59:59Z", PATIENT), ERR_TOO_FAR);
    rules = (struct booking_rules){INTEGER_NONE, 0, INTEGER_NONE, INTEGER_NONE};
    practice.booking_rules = &rules;
    assert_int_equal(check("2026-11-25T09:01:00Z", "2026-11-25T09:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(check("2027-01-07T00:00:00Z", "2026-11-25T23:59:59Z", PATIENT), ERR_TOO_FAR);
    assert_int_equal(practice_rules(&practice).slot_minutes, 15);
}

static enum err cutoff(const char *start, const char *now, bool by_staff)
{
    return booking_check_cutoff(&practice, at(start), at(now), by_staff);
}

static void patients_cancel_until_the_cutoff(void **state)
{
    (void)state;
    assert_int_equal(cutoff("2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(cutoff("2026-11-25T09:00:00Z", "2026-11-25T09:00:00.001Z", PATIENT), ERR_CANCEL_CUTOFF);
    rules.cancel_cutoff_minutes = 1440;
    assert_int_equal(cutoff("2026-11-25T09:00:00Z", "2026-11-24T09:00:00Z", PATIENT), ERR_OK);
    assert_int_equal(cutoff("2026-11-25T09:00:00Z", "2026-11-24T09:00:00.001Z", PATIENT), ERR_CANCEL_CUTOFF);
}

static void staff_cancel_at_any_time(void **state)
{
    (void)state;
    rules.cancel_cutoff_minutes = 1440;
    assert_int_equal(cutoff("2026-11-25T09:00:00Z", "2026-11-26T09:00:00Z", STAFF), ERR_OK);
}

/* Half an hour over midnight, in summer, when London is an hour ahead. */
static void who_came_is_said_when_it_can_be(void **state)
{
    static const struct {
        enum appointment_status status;
        const char *now;
        enum err expected;
    } rows[] = {
        {STATUS_ARRIVED, "2026-06-30T22:59:59Z", ERR_NOT_THE_DAY},
        {STATUS_ARRIVED, "2026-06-30T23:00:00Z", ERR_OK},
        {STATUS_ARRIVED, "2026-07-01T22:44:00Z", ERR_OK},
        {STATUS_ARRIVED, "2026-07-01T23:14:59Z", ERR_OK}, /* the next day, before its end */
        {STATUS_ARRIVED, "2026-07-01T23:15:00Z", ERR_NOT_THE_DAY},
        {STATUS_FULFILLED, "2026-07-01T22:44:59Z", ERR_BEFORE_START},
        {STATUS_FULFILLED, "2026-07-01T22:45:00Z", ERR_OK},
        {STATUS_FULFILLED, "2026-07-09T12:00:00Z", ERR_OK},
        {STATUS_NOSHOW, "2026-07-01T22:44:59Z", ERR_BEFORE_START},
        {STATUS_NOSHOW, "2026-07-01T22:45:00Z", ERR_OK},
        {STATUS_BOOKED, "2026-06-01T00:00:00Z", ERR_OK},
        {STATUS_CANCELLED, "2026-06-01T00:00:00Z", ERR_OK},
        {STATUS_ENTERED_IN_ERROR, "2026-06-01T00:00:00Z", ERR_OK},
    };
    const struct appointment appointment = {.appointment_datetime = at("2026-07-01T22:45:00Z"),
                                            .duration_minutes = 30};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(booking_check_attendance(&appointment, rows[i].status, at(rows[i].now)),
                         rows[i].expected);
}

int main(void)
{
#define WITH_PRACTICE(test) cmocka_unit_test_setup(test, practice_setup)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_is_said_when_it_can_be),
        WITH_PRACTICE(it_must_be_in_the_future),
        WITH_PRACTICE(exactly_the_notice_is_enough),
        WITH_PRACTICE(staff_need_no_notice),
        WITH_PRACTICE(notice_is_real_time_when_the_clocks_change),
        WITH_PRACTICE(the_last_day_of_the_advance_counts_whole),
        WITH_PRACTICE(the_advance_counts_local_days),
        WITH_PRACTICE(only_an_active_practice_takes_bookings),
        WITH_PRACTICE(without_rules_the_defaults_hold),
        WITH_PRACTICE(patients_cancel_until_the_cutoff),
        WITH_PRACTICE(staff_cancel_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
