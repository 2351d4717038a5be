/* time_test.c - the calendar against a count of days made by hand, the London rule against the C library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int64_t instant(const char *text)
{
    int64_t ms = 0;
    enum err e = instant_parse(text, strlen(text), &ms);
    if (e)
        fail_msg("%s: %s", text, err_info(e)->code);
    return ms;
}

static int32_t date(const char *text)
{
    int32_t days = 0;
    assert_int_equal(date_parse(text, strlen(text), &days), ERR_OK);
    return days;
}

/* ---- the calendar ---- */

static int days_in(int year, int month)
{
    if (month == 2)
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static void every_day_of_ten_thousand_years(void **state)
{
    int32_t days = days_from_civil(0, 1, 1);
    int weekday = 5; /* 1 January of year 0 is a Saturday */

    (void)state;
    for (int year = 0; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= days_in(year, month); day++, days++, weekday = (weekday + 1) % 7) {
                int y, m, d;
                civil_from_days(days, &y, &m, &d);
                if (y != year || m != month || d != day || days_from_civil(year, month, day) != days ||
                    weekday_of(days) != weekday)
                    fail_msg("%d-%d-%d", year, month, day);
            }
        }
    }
    assert_int_equal(days_from_civil(1970, 1, 1), 0);
    assert_int_equal(weekday_of(0), 3);
    assert_int_equal(days_from_civil(2026, 2, 31), days_from_civil(2026, 3, 3));
}

static void dates_that_exist(void **state)
{
    static const char *const good[] = {"1800-01-01", "1899-12-31", "1900-02-28", "1969-12-31", "1970-01-01",
                                       "2000-02-29", "2024-02-29", "2026-11-25", "2200-12-31"};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[DATE_TEXT];
        date_format(date(good[i]), text);
        assert_string_equal(text, good[i]);
    }
    assert_int_equal(date("1970-01-01"), 0);
    assert_int_equal(date("1969-12-31"), -1);
    assert_int_equal(date("2000-03-01"), 11017);
}

static void dates_that_do_not(void **state)
{
    static const char *const bad[] = {
        "",           "2026",        "2026-11",     "2026-11-2",  "2026-11-251", "2026-11-25 ", " 2026-11-25",
        "2026-02-29", "2026-02-30",  "1900-02-29",  "2100-02-29", "2026-04-31",  "2026-13-01",  "2026-00-10",
        "2026-11-00", "2026-11-32",  "26-11-25",    "2026/11/25", "20261125",    "2026-11-25Z", "-026-11-25",
        "+026-11-25", "1799-12-31",  "2201-01-01",  "0000-00-00", "9999-99-99",  "2026-1-025",  "2026-11-2x",
        "2026-+1-25", "12026-11-25", "2026-11 -25",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        int32_t days = 42;
        if (date_parse(bad[i], strlen(bad[i]), &days) != ERR_DATE)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(days, 42);
    }
    int32_t days = 42;
    assert_int_equal(date_parse("2026-11-25\0", 11, &days), ERR_DATE);
    assert_int_equal(date_parse("2026\0"
                                "11-25",
                                10, &days),
                     ERR_DATE);
    assert_int_equal(date_parse("2026-11-25", 9, &days), ERR_DATE);
}

/* ---- instants ---- */

static void instants_that_exist(void **state)
{
    static const struct {
        const char *in;
        int64_t ms;
        const char *out;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
        {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
        {"2026-11-25T09:00:00Z", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25t09:00:00z", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25 09:00:00Z", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25T10:00:00+01:00", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25T03:30:00-05:30", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25T09:00:00-00:00", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-26T08:59:00+23:59", INT64_C(1795597200000), "2026-11-25T09:00:00.000Z"},
        {"2026-11-25T09:00:00.5Z", INT64_C(1795597200500), "2026-11-25T09:00:00.500Z"},
        {"2026-11-25T09:00:00.12Z", INT64_C(1795597200120), "2026-11-25T09:00:00.120Z"},
        {"2026-11-25T09:00:00.0019Z", INT64_C(1795597200001), "2026-11-25T09:00:00.001Z"},
        {"2026-11-25T09:00:00.123999999999999999999999Z", INT64_C(1795597200123), "2026-11-25T09:00:00.123Z"},
        {"1800-01-01T00:00:00Z", INT64_C(-5364662400000), "1800-01-01T00:00:00.000Z"},
        {"1799-12-31T23:00:00-01:00", INT64_C(-5364662400000), "1800-01-01T00:00:00.000Z"},
        {"2200-12-31T23:59:59.999Z", INT64_C(7289654399999), "2200-12-31T23:59:59.999Z"},
        {"2201-01-01T00:59:59+01:00", INT64_C(7289654399000), "2200-12-31T23:59:59.000Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[INSTANT_MS_TEXT];
        char seconds[INSTANT_TEXT];
        int64_t ms = instant(rows[i].in);
        if (ms != rows[i].ms)
            fail_msg("%s is %lld", rows[i].in, (long long)ms);
        instant_format_ms(ms, text);
        assert_string_equal(text, rows[i].out);
        instant_format(ms, seconds);
        assert_memory_equal(seconds, rows[i].out, 19);
        assert_string_equal(seconds + 19, "Z");
    }
}

static void instants_that_do_not(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-25",
        "2026-11-25T",
        "2026-11-25T09:00",
        "2026-11-25T09:00Z",
        "2026-11-25T9:00:00Z",
        "2026-11-25X09:00:00Z",
        "2026-11-25  09:00:00Z",
        "2026-11-25T24:00:00Z",
        "2026-11-25T25:00:00Z",
        "2026-11-25T09:60:00Z",
        "2026-11-25T09:00:60Z",
        "2026-12-31T23:59:60Z", /* a leap second */
        "2026-11-25T09:00:61Z",
        "2026-02-30T09:00:00Z",
        "2026-02-30T09:00:00", /* impossible comes before the offset */
        "2026-11-25T09:00:00.",
        "2026-11-25T09:00:00.Z",
        "2026-11-25T09:00:00,5Z",
        "2026-11-25T09:00:00ZZ",
        "2026-11-25T09:00:00Z ",
        "2026-11-25T09:00:00 Z",
        "2026-11-25T09:00:00 01:00",
        "2026-11-25T09:00:00+01",
        "2026-11-25T09:00:00+0100",
        "2026-11-25T09:00:00+1:00",
        "2026-11-25T09:00:00+24:00",
        "2026-11-25T09:00:00+01:60",
        "2026-11-25T09:00:00+01:000",
        "2026-11-25T09:00:00[Europe/London]",
        "1799-12-31T23:59:59Z",
        "1800-01-01T00:00:00+00:01",
        "2201-01-01T00:00:00Z",
        "2200-12-31T23:59:59-00:01",
        "1798-06-01T00:00:00Z",
        "20261125T090000Z",
        "1795597200000",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = 42;
        enum err e = instant_parse(bad[i], strlen(bad[i]), &ms);
        if (e != ERR_INSTANT)
            fail_msg("%s: %s", bad[i], err_info(e)->code);
        assert_int_equal(ms, 42);
    }
    int64_t ms = 42;
    assert_int_equal(instant_parse("2026-11-25T09:00:00Z\0", 21, &ms), ERR_INSTANT);
}

static void an_offset_is_asked_for(void **state)
{
    static const char *const bare[] = {"2026-11-25T09:00:00", "2026-11-25 09:00:00",
                                       "2026-11-25T09:00:00.123"};
    int64_t ms = 42;

    (void)state;
    for (size_t i = 0; i < COUNT(bare); i++)
        assert_int_equal(instant_parse(bare[i], strlen(bare[i]), &ms), ERR_INSTANT_OFFSET);
    assert_int_equal(ms, 42);
}

static void the_clocks_run(void **state)
{
    int64_t before = clock_monotonic_us();
    int64_t now = clock_now_ms();

    (void)state;
    assert_true(now > instant("2020-01-01T00:00:00Z") && now < instant("2200-01-01T00:00:00Z"));
    assert_true(clock_monotonic_us() >= before);
    assert_true(llabs(now / 1000 - (int64_t)time(NULL)) <= 5);
}

/* ---- minutes ---- */

static void minutes_of_the_day(void **state)
{
    char text[MINUTE_TEXT];

    (void)state;
    for (int32_t minute = 0; minute <= MINUTES_A_DAY; minute++) {
        int32_t back = -1;
        minute_format(minute, text);
        assert_int_equal(minute_parse(text, strlen(text), &back), ERR_OK);
        assert_int_equal(back, minute);
    }
    assert_string_equal(text, "24:00");
    minute_format(1441, text);
    assert_string_equal(text, "00:01");
    minute_format(2880, text);
    assert_string_equal(text, "24:00");
}

static void no_minutes_of_the_day(void **state)
{
    static const char *const bad[] = {"",      "9:00",  "09",    "0900",     "09:0",   "09:000",
                                      "24:01", "25:00", "09:60", "09-00",    " 09:00", "09:00 ",
                                      "-9:00", "+9:00", "aa:bb", "09:00:00", "9:000",  "09 :00"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        int32_t minute = 42;
        if (minute_parse(bad[i], strlen(bad[i]), &minute) != ERR_TIME_OF_DAY)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(minute, 42);
    }
}

/* ---- London ---- */

/* The C library with the UK's rule as a POSIX zone: an implementation that shares nothing with ours. */
static int use_uk_rule(void **state)
{
    (void)state;
    setenv("TZ", "GMT0BST,M3.5.0/1,M10.5.0", 1);
    tzset();
    return 0;
}

static void assert_wall(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm wall;
    assert_non_null(localtime_r(&seconds, &wall));
    if (london_offset_minutes(ms) != wall.tm_gmtoff / 60 ||
        london_date(ms) != days_from_civil(wall.tm_year + 1900, wall.tm_mon + 1, wall.tm_mday) ||
        london_minute(ms) != wall.tm_hour * 60 + wall.tm_min)
        fail_msg("at %lld", (long long)ms);
}

static void every_hour_agrees_with_the_c_library(void **state)
{
    int64_t end = instant("2060-01-01T00:00:00Z");

    (void)state;
    for (int64_t ms = instant("1996-01-01T00:00:00Z"); ms < end; ms += HOUR_MS)
        assert_wall(ms);
}

static void both_changes_agree_to_the_millisecond(void **state)
{
    (void)state;
    for (int year = 1996; year < 2200; year++) {
        int64_t from = days_from_civil(year, 3, 25) * DAY_MS;
        int64_t autumn = days_from_civil(year, 10, 25) * DAY_MS;
        for (int day = 0; day < 7; day++, from += DAY_MS, autumn += DAY_MS) {
            assert_wall(from + HOUR_MS - 1000);
            assert_wall(from + HOUR_MS);
            assert_wall(autumn + HOUR_MS - 1000);
            assert_wall(autumn + HOUR_MS);
        }
    }
    assert_int_equal(london_offset_minutes(instant("2026-03-29T00:59:59.999Z")), 0);
    assert_int_equal(london_offset_minutes(instant("2026-03-29T01:00:00.000Z")), 60);
    assert_int_equal(london_offset_minutes(instant("2026-10-25T00:59:59.999Z")), 60);
    assert_int_equal(london_offset_minutes(instant("2026-10-25T01:00:00.000Z")), 0);
}

static void before_1970_too(void **state)
{
    (void)state;
    assert_int_equal(london_date(instant("1969-12-31T23:59:59.999Z")), -1);
    assert_int_equal(london_minute(instant("1969-12-31T23:59:59.999Z")), 1439);
    assert_int_equal(london_date(instant("1950-06-30T23:00:00Z")), date("1950-07-01"));
}

/* Every minute of every day of four years: there and back, but for the hour that spring skips. */
static void wall_times_come_back(void **state)
{
    int32_t end = date("2030-01-01");

    (void)state;
    for (int32_t day = date("2026-01-01"); day < end; day++) {
        for (int32_t minute = 0; minute < MINUTES_A_DAY; minute += 5) {
            int64_t ms = london_instant(day, minute);
            if (london_date(ms) == day && london_minute(ms) == minute)
                continue;
            assert_int_equal(weekday_of(day), 6);
            assert_true(minute >= 60 && minute < 120);
            assert_int_equal(ms, day * DAY_MS + HOUR_MS);
            assert_int_equal(london_minute(ms), 120);
        }
    }
}

static void wall_times_at_the_changes(void **state)
{
    static const struct {
        const char *date;
        int32_t minute;
        const char *instant;
    } rows[] = {
        {"2026-03-29", 0, "2026-03-29T00:00:00Z"},    {"2026-03-29", 59, "2026-03-29T00:59:00Z"},
        {"2026-03-29", 60, "2026-03-29T01:00:00Z"},   {"2026-03-29", 90, "2026-03-29T01:00:00Z"},
        {"2026-03-29", 119, "2026-03-29T01:00:00Z"},  {"2026-03-29", 120, "2026-03-29T01:00:00Z"},
        {"2026-03-29", 121, "2026-03-29T01:01:00Z"},  {"2026-03-29", 1440, "2026-03-29T23:00:00Z"},
        {"2026-03-28", 1440, "2026-03-29T00:00:00Z"}, {"2026-03-28", 1530, "2026-03-29T01:00:00Z"},
        {"2026-10-25", 59, "2026-10-24T23:59:00Z"},   {"2026-10-25", 60, "2026-10-25T00:00:00Z"},
        {"2026-10-25", 90, "2026-10-25T00:30:00Z"},   {"2026-10-25", 119, "2026-10-25T00:59:00Z"},
        {"2026-10-25", 120, "2026-10-25T02:00:00Z"},  {"2026-10-25", 1440, "2026-10-26T00:00:00Z"},
        {"2026-10-24", 2880, "2026-10-26T00:00:00Z"}, {"2026-06-30", 1500, "2026-07-01T00:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = london_instant(date(rows[i].date), rows[i].minute);
        if (ms != instant(rows[i].instant))
            fail_msg("%s minute %d", rows[i].date, rows[i].minute);
    }
    assert_int_equal(london_midnight(date("2026-07-01")), instant("2026-06-30T23:00:00Z"));
    assert_int_equal(london_midnight(date("2026-12-01")), instant("2026-12-01T00:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years),
        cmocka_unit_test(dates_that_exist),
        cmocka_unit_test(dates_that_do_not),
        cmocka_unit_test(instants_that_exist),
        cmocka_unit_test(instants_that_do_not),
        cmocka_unit_test(an_offset_is_asked_for),
        cmocka_unit_test(the_clocks_run),
        cmocka_unit_test(minutes_of_the_day),
        cmocka_unit_test(no_minutes_of_the_day),
        cmocka_unit_test(every_hour_agrees_with_the_c_library),
        cmocka_unit_test(both_changes_agree_to_the_millisecond),
        cmocka_unit_test(before_1970_too),
        cmocka_unit_test(wall_times_come_back),
        cmocka_unit_test(wall_times_at_the_changes),
    };
    return cmocka_run_group_tests(tests, use_uk_rule, NULL);
}
