/* terms_test.c - every word has its number, and every move between two states is judged. */
#include "domain/terms.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

static void expect_names(const char *const *names, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_non_null(names[i]);
        assert_string_equal(names[i], expected[i]);
    }
    assert_null(names[count]);
}

/* The numbers are stored and the words are what clients see: both stay as they are for ever. */
static void words_stand_at_their_numbers(void **state)
{
    static const char *const types[] = {"routine",     "urgent",     "follow_up",    "consultation",
                                        "vaccination", "blood_test", "health_check", "medication_review",
                                        "screening"};
    static const char *const channels[] = {"in_person", "telephone", "video", "home_visit"};
    static const char *const statuses[] = {"pending", "booked",    "arrived",         "fulfilled",
                                           "noshow",  "cancelled", "entered-in-error"};
    static const char *const access_points[] = {
        "GP_SURGERY",          "WALK_IN_CENTRE",    "URGENT_CARE_CENTRE",
        "COMMUNITY_CLINIC",    "SPECIALIST_CLINIC", "HOSPITAL_OUTPATIENT",
        "MINOR_INJURIES_UNIT", "PHARMACY",          "DENTAL_PRACTICE"};
    static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                           "friday", "saturday", "sunday"};
    (void)state;

    expect_names(appointment_type_names, types, APPOINTMENT_TYPE_COUNT - 1);
    expect_names(delivery_channel_names, channels, CHANNEL_COUNT - 1);
    expect_names(appointment_status_names, statuses, APPOINTMENT_STATUS_COUNT - 1);
    expect_names(access_point_type_names, access_points, ACCESS_POINT_TYPE_COUNT - 1);
    expect_names(weekday_names, weekdays, WEEKDAY_SUNDAY);
    expect_names(practice_status_names, (const char *const[]){"active", "suspended", "inactive"}, 3);
    expect_names(session_status_names, (const char *const[]){"active", "cancelled"}, 2);
    expect_names(gender_names, (const char *const[]){"male", "female", "other", "unknown"}, 4);
    expect_names(role_names, (const char *const[]){"patient", "staff", "admin"}, ROLE_COUNT - 1);
    assert_string_equal(appointment_type_names[APPOINTMENT_SCREENING - 1], "screening");
    assert_string_equal(appointment_status_names[STATUS_ENTERED_IN_ERROR - 1], "entered-in-error");
}

static void accessibilities_fit_into_a_set(void **state)
{
    size_t count = 0;
    (void)state;

    while (accessibility_names[count])
        count++;
    assert_int_equal(count, ACCESSIBILITY_COUNT - 1);
    assert_true(count <= 32);
    assert_string_equal(accessibility_names[ACCESSIBILITY_STEP_FREE - 1], "step_free");
    assert_string_equal(accessibility_names[ACCESSIBILITY_HEARING_LOOP - 1], "hearing_loop");
    assert_string_equal(accessibility_names[ACCESSIBILITY_PARKING - 1], "parking");
}

static void all_types_are_one_bit_each(void **state)
{
    uint32_t all = 0;
    (void)state;

    for (int type = APPOINTMENT_ROUTINE; type < APPOINTMENT_TYPE_COUNT; type++)
        all += TYPE_BIT(type);
    assert_int_equal(all, TYPES_ALL);
}

/* Rows: from; columns: to; in the order of the enum. */
static const char *const moves[] = {
    "yy...yy", /* pending: booked, cancelled */
    ".yyyyyy", /* booked: arrived, fulfilled, noshow, cancelled */
    ".yyy.yy", /* arrived: fulfilled, cancelled, or booked again */
    "...y..y", /* fulfilled */
    ".yyyy.y", /* noshow: came late, or marked by mistake */
    ".....yy", /* cancelled */
    "......y", /* entered-in-error */
};

static void every_move_is_judged(void **state)
{
    (void)state;
    for (int from = STATUS_PENDING; from < APPOINTMENT_STATUS_COUNT; from++) {
        for (int to = STATUS_PENDING; to < APPOINTMENT_STATUS_COUNT; to++) {
            bool expected = moves[from - 1][to - 1] == 'y';
            if (status_may_become((enum appointment_status)from, (enum appointment_status)to) != expected)
                fail_msg("%s to %s", appointment_status_names[from - 1], appointment_status_names[to - 1]);
        }
    }
}

static void numbers_that_are_no_status_move_nowhere(void **state)
{
    (void)state;
    assert_false(status_may_become(0, 0));
    assert_false(status_may_become(0, STATUS_BOOKED));
    assert_false(status_may_become(STATUS_BOOKED, APPOINTMENT_STATUS_COUNT));
    assert_false(status_may_become(APPOINTMENT_STATUS_COUNT, STATUS_ENTERED_IN_ERROR));
    assert_false(status_is_live(0));
    assert_false(status_is_live(APPOINTMENT_STATUS_COUNT));
}

static void live_ones_take_a_place(void **state)
{
    static const char live[] = "yyyy...";
    (void)state;

    for (int status = STATUS_PENDING; status < APPOINTMENT_STATUS_COUNT; status++)
        assert_int_equal(status_is_live((enum appointment_status)status), live[status - 1] == 'y');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_at_their_numbers),
        cmocka_unit_test(accessibilities_fit_into_a_set),
        cmocka_unit_test(all_types_are_one_bit_each),
        cmocka_unit_test(every_move_is_judged),
        cmocka_unit_test(numbers_that_are_no_status_move_nowhere),
        cmocka_unit_test(live_ones_take_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
