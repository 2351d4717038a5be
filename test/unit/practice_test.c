/* practice_test.c - a practice's rules and the days on which it is closed. Limits of the rules:
 * booking_test.c. */
#include "domain/practice.h"

#include "base/time.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

static struct interval office = {9 * 60, 17 * 60};
static struct opening_hours hours;
static struct closure closures[] = {{0, "training"}, {0, "moving"}};
static struct practice practice;

static int32_t date_of(const char *text)
{
    int32_t date;
    assert_int_equal(date_parse(text, strlen(text), &date), ERR_OK);
    return date;
}

static int practice_setup(void **state)
{
    (void)state;
    hours = (struct opening_hours){0};
    for (int i = 0; i < 5; i++)
        hours.day[i] = (struct list){&office, 1};
    closures[0].date = date_of("2026-11-25");
    closures[1].date = date_of("2026-12-25");
    practice = (struct practice){.nation = NATION_ENGLAND,
                                 .opening_hours = &hours,
                                 .closures = {closures, 2},
                                 .status = PRACTICE_ACTIVE};
    return 0;
}

static enum closed closed(const char *date)
{
    return practice_closed(&practice, NULL, date_of(date));
}

static void open_by_the_weekday(void **state)
{
    (void)state;
    assert_int_equal(closed("2026-11-23"), CLOSED_NOT);
    assert_int_equal(closed("2026-11-27"), CLOSED_NOT);
    assert_int_equal(closed("2026-11-28"), CLOSED_NO_HOURS);
    assert_int_equal(closed("2026-11-29"), CLOSED_NO_HOURS);
    practice.opening_hours = NULL;
    assert_int_equal(closed("2026-11-23"), CLOSED_NO_HOURS);
}

static void closed_by_a_closure_whatever_else_the_day_is(void **state)
{
    (void)state;
    assert_int_equal(closed("2026-11-25"), CLOSED_CLOSURE);
    assert_int_equal(closed("2026-12-25"), CLOSED_CLOSURE);
    assert_true(practice_closure_on(&practice, date_of("2026-11-25")));
    assert_false(practice_closure_on(&practice, date_of("2026-11-26")));
}

static void closed_on_a_bank_holiday_of_its_nation(void **state)
{
    (void)state;
    assert_int_equal(closed("2026-12-28"), CLOSED_BANK_HOLIDAY);
    assert_int_equal(closed("2026-11-30"), CLOSED_NOT);
    practice.nation = NATION_SCOTLAND;
    assert_int_equal(closed("2026-11-30"), CLOSED_BANK_HOLIDAY);
    practice.nation = NATION_NONE;
    assert_int_equal(closed("2026-12-28"), CLOSED_NOT);
}

static void open_on_bank_holidays_with_hours_for_them(void **state)
{
    (void)state;
    hours.bank_holiday = (struct list){&office, 1};
    assert_int_equal(closed("2026-12-28"), CLOSED_NOT);
    assert_int_equal(closed("2026-12-26"),
                     CLOSED_NO_HOURS); /* the Saturday that is made up for on the 28th */
    assert_true(practice_bank_holiday_on(&practice, NULL, date_of("2026-12-28")));
}

static void a_bank_holiday_on_a_day_without_hours_says_so(void **state)
{
    (void)state;
    hours.day[0] = (struct list){NULL, 0};
    assert_int_equal(closed("2026-12-28"), CLOSED_BANK_HOLIDAY);
    hours.bank_holiday = (struct list){&office, 1};
    assert_int_equal(closed("2026-12-28"), CLOSED_NOT);
}

static void rules_left_open_are_the_defaults(void **state)
{
    struct booking_rules own = {30, INTEGER_NONE, 7, INTEGER_NONE};
    (void)state;

    struct booking_rules rules = practice_rules(&practice);
    assert_int_equal(rules.slot_minutes, 15);
    assert_int_equal(rules.min_notice_minutes, 120);
    assert_int_equal(rules.max_advance_days, 42);
    assert_int_equal(rules.cancel_cutoff_minutes, 0);
    practice.booking_rules = &own;
    rules = practice_rules(&practice);
    assert_int_equal(rules.slot_minutes, 30);
    assert_int_equal(rules.min_notice_minutes, 120);
    assert_int_equal(rules.max_advance_days, 7);
    assert_int_equal(rules.cancel_cutoff_minutes, 0);
}

int main(void)
{
#define WITH_PRACTICE(test) cmocka_unit_test_setup(test, practice_setup)
    const struct CMUnitTest tests[] = {
        WITH_PRACTICE(open_by_the_weekday),
        WITH_PRACTICE(closed_by_a_closure_whatever_else_the_day_is),
        WITH_PRACTICE(closed_on_a_bank_holiday_of_its_nation),
        WITH_PRACTICE(open_on_bank_holidays_with_hours_for_them),
        WITH_PRACTICE(a_bank_holiday_on_a_day_without_hours_says_so),
        WITH_PRACTICE(rules_left_open_are_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
