/* bank_holiday_test.c - the rule against every date that GOV.UK has published, the days of the past that no
 * rule gives, and corrections.
 *
 * The dates of 2012 to 2028 are those of https://www.gov.uk/bank-holidays.json (February 2026), Crown
 * copyright, under the Open Government Licence v3.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "domain/bank_holiday.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct published {
    int year;
    const char *days; /* MMDD */
};

static const struct published england_and_wales[] = {
    {2012, "0102 0406 0409 0507 0604 0605 0827 1225 1226"},
    {2013, "0101 0329 0401 0506 0527 0826 1225 1226"},
    {2014, "0101 0418 0421 0505 0526 0825 1225 1226"},
    {2015, "0101 0403 0406 0504 0525 0831 1225 1228"},
    {2016, "0101 0325 0328 0502 0530 0829 1226 1227"},
    {2017, "0102 0414 0417 0501 0529 0828 1225 1226"},
    {2018, "0101 0330 0402 0507 0528 0827 1225 1226"},
    {2019, "0101 0419 0422 0506 0527 0826 1225 1226"},
    {2020, "0101 0410 0413 0508 0525 0831 1225 1228"},
    {2021, "0101 0402 0405 0503 0531 0830 1227 1228"},
    {2022, "0103 0415 0418 0502 0602 0603 0829 0919 1226 1227"},
    {2023, "0102 0407 0410 0501 0508 0529 0828 1225 1226"},
    {2024, "0101 0329 0401 0506 0527 0826 1225 1226"},
    {2025, "0101 0418 0421 0505 0526 0825 1225 1226"},
    {2026, "0101 0403 0406 0504 0525 0831 1225 1228"},
    {2027, "0101 0326 0329 0503 0531 0830 1227 1228"},
    {2028, "0103 0414 0417 0501 0529 0828 1225 1226"},
};

static const struct published scotland[] = {
    {2012, "0102 0103 0406 0507 0604 0605 0806 1130 1225 1226"},
    {2013, "0101 0102 0329 0506 0527 0805 1202 1225 1226"},
    {2014, "0101 0102 0418 0505 0526 0804 1201 1225 1226"},
    {2015, "0101 0102 0403 0504 0525 0803 1130 1225 1228"},
    {2016, "0101 0104 0325 0502 0530 0801 1130 1226 1227"},
    {2017, "0102 0103 0414 0501 0529 0807 1130 1225 1226"},
    {2018, "0101 0102 0330 0507 0528 0806 1130 1225 1226"},
    {2019, "0101 0102 0419 0506 0527 0805 1202 1225 1226"},
    {2020, "0101 0102 0410 0508 0525 0803 1130 1225 1228"},
    {2021, "0101 0104 0402 0503 0531 0802 1130 1227 1228"},
    {2022, "0103 0104 0415 0502 0602 0603 0801 0919 1130 1226 1227"},
    {2023, "0102 0103 0407 0501 0508 0529 0807 1130 1225 1226"},
    {2024, "0101 0102 0329 0506 0527 0805 1202 1225 1226"},
    {2025, "0101 0102 0418 0505 0526 0804 1201 1225 1226"},
    {2026, "0101 0102 0403 0504 0525 0803 1130 1225 1228"},
    {2027, "0101 0104 0326 0503 0531 0802 1130 1227 1228"},
    {2028, "0103 0104 0414 0501 0529 0807 1130 1225 1226"},
};

static const struct published northern_ireland[] = {
    {2012, "0102 0319 0406 0409 0507 0604 0605 0712 0827 1225 1226"},
    {2013, "0101 0318 0329 0401 0506 0527 0712 0826 1225 1226"},
    {2014, "0101 0317 0418 0421 0505 0526 0714 0825 1225 1226"},
    {2015, "0101 0317 0403 0406 0504 0525 0713 0831 1225 1228"},
    {2016, "0101 0317 0325 0328 0502 0530 0712 0829 1226 1227"},
    {2017, "0102 0317 0414 0417 0501 0529 0712 0828 1225 1226"},
    {2018, "0101 0319 0330 0402 0507 0528 0712 0827 1225 1226"},
    {2019, "0101 0318 0419 0422 0506 0527 0712 0826 1225 1226"},
    {2020, "0101 0317 0410 0413 0508 0525 0713 0831 1225 1228"},
    {2021, "0101 0317 0402 0405 0503 0531 0712 0830 1227 1228"},
    {2022, "0103 0317 0415 0418 0502 0602 0603 0712 0829 0919 1226 1227"},
    {2023, "0102 0317 0407 0410 0501 0508 0529 0712 0828 1225 1226"},
    {2024, "0101 0318 0329 0401 0506 0527 0712 0826 1225 1226"},
    {2025, "0101 0317 0418 0421 0505 0526 0714 0825 1225 1226"},
    {2026, "0101 0317 0403 0406 0504 0525 0713 0831 1225 1228"},
    {2027, "0101 0317 0326 0329 0503 0531 0712 0830 1227 1228"},
    {2028, "0103 0317 0414 0417 0501 0529 0712 0828 1225 1226"},
};

static const struct {
    enum nation nation;
    const struct published *years;
    size_t count;
} nations[] = {
    {NATION_ENGLAND, england_and_wales, COUNT(england_and_wales)},
    {NATION_WALES, england_and_wales, COUNT(england_and_wales)},
    {NATION_SCOTLAND, scotland, COUNT(scotland)},
    {NATION_NORTHERN_IRELAND, northern_ireland, COUNT(northern_ireland)},
};

/* "0101 0418" for the holidays of a year, in the order in which they come. */
static const char *days_of(const struct bank_holiday_corrections *corrections, enum nation nation, int year)
{
    static char text[BANK_HOLIDAYS_A_YEAR_MAX * 6];
    struct bank_holiday holidays[BANK_HOLIDAYS_A_YEAR_MAX];
    size_t count = bank_holidays_of_year_with(corrections, nation, year, holidays);
    char *at = text;
    *at = '\0';
    for (size_t i = 0; i < count; i++) {
        int y, month, day;
        civil_from_days(holidays[i].date, &y, &month, &day);
        assert_int_equal(y, year);
        assert_true(weekday_of(holidays[i].date) < 5);
        assert_true(holidays[i].title[0] != '\0');
        assert_non_null(holidays[i].notes);
        at += snprintf(at, 8, "%s%02d%02d", i ? " " : "", month, day);
    }
    return text;
}

static void every_published_date(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(nations); n++) {
        assert_int_equal(nations[n].count, 2028 - 2012 + 1);
        for (size_t i = 0; i < nations[n].count; i++) {
            const struct published *row = &nations[n].years[i];
            assert_string_equal(days_of(NULL, nations[n].nation, row->year), row->days);
        }
    }
}

/* Day by day, so that a holiday is never claimed too many. */
static void each_day_is_one_or_is_not(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(nations); n++) {
        for (size_t i = 0; i < nations[n].count; i++) {
            const struct published *row = &nations[n].years[i];
            int32_t end = days_from_civil(row->year + 1, 1, 1);
            for (int32_t date = days_from_civil(row->year, 1, 1); date < end; date++) {
                char text[DATE_TEXT];
                char wanted[5];
                date_format(date, text);
                (void)snprintf(wanted, sizeof(wanted), "%.2s%.2s", text + 5, text + 8);
                bool published = strstr(row->days, wanted) != NULL;
                if (bank_holiday_is(nations[n].nation, date, NULL) != published)
                    fail_msg("%s %s", nation_names[nations[n].nation - 1], text);
            }
        }
    }
}

/* Independent of our computation: the anonymous algorithm of 1876 (Butcher), as printed in every almanac. */
static int32_t butcher(int year)
{
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
    int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    return days_from_civil(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

static void easter_of_every_year(void **state)
{
    (void)state;
    for (int year = BANK_HOLIDAY_YEAR_MIN; year <= 4099; year++) {
        const char *title = NULL;
        int32_t easter = butcher(year);
        if (!bank_holiday_is(NATION_ENGLAND, easter - 2, &title) || strcmp(title, "Good Friday") != 0 ||
            !bank_holiday_is(NATION_ENGLAND, easter + 1, &title) || strcmp(title, "Easter Monday") != 0)
            fail_msg("%d", year);
    }
}

static const struct bank_holiday *find(enum nation nation, int year, int month, int day)
{
    static struct bank_holiday holidays[BANK_HOLIDAYS_A_YEAR_MAX];
    size_t count = bank_holidays_of_year(nation, year, holidays);
    for (size_t i = 0; i < count; i++) {
        if (holidays[i].date == days_from_civil(year, month, day))
            return &holidays[i];
    }
    return NULL;
}

static void titles_and_notes(void **state)
{
    static const struct {
        enum nation nation;
        int year, month, day;
        const char *title;
        const char *notes;
    } rows[] = {
        {NATION_ENGLAND, 2021, 12, 27, "Christmas Day", "Substitute day"},
        {NATION_ENGLAND, 2021, 12, 28, "Boxing Day", "Substitute day"},
        {NATION_WALES, 2022, 12, 26, "Boxing Day", ""},
        {NATION_WALES, 2022, 12, 27, "Christmas Day", "Substitute day"},
        {NATION_SCOTLAND, 2022, 1, 3, "New Year’s Day", "Substitute day"},
        {NATION_SCOTLAND, 2022, 1, 4, "2nd January", "Substitute day"},
        {NATION_SCOTLAND, 2017, 1, 2, "2nd January", ""},
        {NATION_SCOTLAND, 2017, 1, 3, "New Year’s Day", "Substitute day"},
        {NATION_SCOTLAND, 2026, 8, 3, "Summer bank holiday", ""},
        {NATION_SCOTLAND, 2024, 12, 2, "St Andrew’s Day", "Substitute day"},
        {NATION_NORTHERN_IRELAND, 2024, 3, 18, "St Patrick’s Day", "Substitute day"},
        {NATION_NORTHERN_IRELAND, 2024, 7, 12, "Battle of the Boyne (Orangemen’s Day)", ""},
        {NATION_ENGLAND, 2020, 5, 8, "Early May bank holiday (VE day)", ""},
        {NATION_ENGLAND, 2012, 6, 5, "Queen’s Diamond Jubilee", "Extra bank holiday"},
        {NATION_SCOTLAND, 2022, 9, 19, "Bank Holiday for the State Funeral of Queen Elizabeth II", ""},
        {NATION_NORTHERN_IRELAND, 2023, 5, 8, "Bank holiday for the coronation of King Charles III", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct bank_holiday *holiday = find(rows[i].nation, rows[i].year, rows[i].month, rows[i].day);
        if (!holiday) {
            fail_msg("row %zu: no such bank holiday", i);
            continue;
        }
        assert_string_equal(holiday->title, rows[i].title);
        assert_string_equal(holiday->notes, rows[i].notes);
    }
}

static void days_of_the_past(void **state)
{
    static const struct {
        enum nation nation;
        int year, month, day;
        bool is;
    } rows[] = {
        {NATION_ENGLAND, 1973, 11, 14, true},   {NATION_SCOTLAND, 1973, 11, 14, true},
        {NATION_ENGLAND, 1973, 1, 1, false},    {NATION_ENGLAND, 1974, 1, 1, true},
        {NATION_SCOTLAND, 1973, 1, 1, true},    {NATION_SCOTLAND, 1973, 1, 2, true},
        {NATION_SCOTLAND, 1973, 12, 26, false}, {NATION_SCOTLAND, 1974, 12, 26, true},
        {NATION_ENGLAND, 1977, 5, 2, false},    {NATION_ENGLAND, 1978, 5, 1, true},
        {NATION_SCOTLAND, 1977, 5, 2, true},    {NATION_SCOTLAND, 1977, 5, 30, false},
        {NATION_SCOTLAND, 1978, 5, 29, true},   {NATION_WALES, 1977, 5, 30, false},
        {NATION_WALES, 1977, 6, 6, true},       {NATION_SCOTLAND, 1977, 6, 6, false},
        {NATION_SCOTLAND, 1977, 6, 7, true},    {NATION_ENGLAND, 1981, 7, 29, true},
        {NATION_ENGLAND, 1995, 5, 1, false},    {NATION_ENGLAND, 1995, 5, 8, true},
        {NATION_ENGLAND, 1999, 12, 31, true},   {NATION_ENGLAND, 2002, 5, 27, false},
        {NATION_ENGLAND, 2002, 6, 3, true},     {NATION_ENGLAND, 2002, 6, 4, true},
        {NATION_SCOTLAND, 2006, 11, 30, false}, {NATION_SCOTLAND, 2007, 11, 30, true},
        {NATION_ENGLAND, 2011, 4, 29, true},    {NATION_NORTHERN_IRELAND, 2011, 4, 29, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int32_t date = days_from_civil(rows[i].year, rows[i].month, rows[i].day);
        if (bank_holiday_is(rows[i].nation, date, NULL) != rows[i].is)
            fail_msg("row %zu", i);
    }
}

static void none_at_all(void **state)
{
    struct bank_holiday holidays[BANK_HOLIDAYS_A_YEAR_MAX];
    const char *title = "untouched";

    (void)state;
    assert_int_equal(bank_holidays_of_year(NATION_NONE, 2026, holidays), 0);
    assert_int_equal(bank_holidays_of_year(NATION_ENGLAND, BANK_HOLIDAY_YEAR_MIN - 1, holidays), 0);
    assert_false(bank_holiday_is(NATION_ENGLAND, days_from_civil(2026, 12, 24), &title));
    assert_string_equal(title, "untouched");
}

/* ---- corrections ---- */

static struct bank_holiday_row row(enum nation nation, int year, int month, int day, const char *title)
{
    return (struct bank_holiday_row){(int32_t)nation, days_from_civil(year, month, day), title, NULL};
}

static enum err prepare(struct bank_holiday_row *rows, size_t count, struct bank_holiday_corrections *out,
                        size_t *bad)
{
    *out = (struct bank_holiday_corrections){{rows, count}};
    return bank_holiday_corrections_prepare(out, bad);
}

static void corrected_years_replace_the_rule(void **state)
{
    struct bank_holiday_row rows[] = {
        row(NATION_SCOTLAND, 2026, 6, 15, "World Cup"),
        row(NATION_ENGLAND, 2028, 1, 3, "New Year’s Day"),
        row(NATION_ENGLAND, 2026, 12, 25, "Christmas Day"),
        row(NATION_ENGLAND, 2026, 1, 1, "New Year’s Day"),
    };
    struct bank_holiday_corrections corrections;
    size_t bad = 0;
    const char *title = NULL;

    (void)state;
    rows[1].notes = "Substitute day";
    assert_int_equal(prepare(rows, COUNT(rows), &corrections, &bad), ERR_OK);
    assert_string_equal(days_of(&corrections, NATION_ENGLAND, 2026), "0101 1225");
    assert_string_equal(days_of(&corrections, NATION_ENGLAND, 2027),
                        ""); /* inside the span: a year without any */
    assert_string_equal(days_of(&corrections, NATION_ENGLAND, 2028), "0103");
    assert_string_equal(days_of(&corrections, NATION_SCOTLAND, 2026), "0615");
    assert_true(bank_holiday_is_with(&corrections, NATION_SCOTLAND, days_from_civil(2026, 6, 15), &title));
    assert_string_equal(title, "World Cup");
    assert_false(bank_holiday_is_with(&corrections, NATION_SCOTLAND, days_from_civil(2026, 1, 1), NULL));
}

static void other_years_and_nations_keep_the_rule(void **state)
{
    struct bank_holiday_row rows[] = {
        row(NATION_WALES, 2026, 3, 2, "St David’s Day"),
        row(NATION_SCOTLAND, 2026, 6, 15, "World Cup"),
    };
    struct bank_holiday_corrections corrections;
    size_t bad = 0;

    (void)state;
    assert_int_equal(prepare(rows, COUNT(rows), &corrections, &bad), ERR_OK);
    assert_string_equal(days_of(&corrections, NATION_WALES, 2026), "0302");
    for (size_t n = 0; n < COUNT(nations); n++) {
        for (int year = 2025; year <= 2027; year++) {
            enum nation nation = nations[n].nation;
            if (year == 2026 && (nation == NATION_WALES || nation == NATION_SCOTLAND))
                continue;
            assert_string_equal(days_of(&corrections, nation, year), nations[n].years[year - 2012].days);
        }
    }
}

static void no_rows_change_nothing(void **state)
{
    struct bank_holiday_corrections corrections;
    size_t bad = 1;

    (void)state;
    assert_int_equal(prepare(NULL, 0, &corrections, &bad), ERR_OK);
    assert_string_equal(days_of(&corrections, NATION_ENGLAND, 2026), england_and_wales[14].days);
}

static void wrong_rows_are_refused(void **state)
{
    static struct bank_holiday_row many[BANK_HOLIDAY_ROWS_MAX + 1];
    struct bank_holiday_corrections corrections;
    struct bank_holiday_row rows[BANK_HOLIDAYS_A_YEAR_MAX + 2];
    size_t bad = 0;

    (void)state;
    rows[0] = row(NATION_ENGLAND, 2026, 1, 1, "New Year’s Day");
    rows[1] = row(NATION_COUNT, 2026, 1, 1, "New Year’s Day");
    assert_int_equal(prepare(rows, 2, &corrections, &bad), ERR_FIELD_VALUE);
    assert_int_equal(bad, 1);
    rows[1] = row(NATION_NONE, 2026, 1, 1, "New Year’s Day");
    assert_int_equal(prepare(rows, 2, &corrections, &bad), ERR_FIELD_VALUE);
    assert_int_equal(bad, 0);

    rows[0] = row(NATION_ENGLAND, 2026, 1, 1, "New Year’s Day");
    rows[1] = rows[0];
    assert_int_equal(prepare(rows, 2, &corrections, &bad), ERR_FIELD_DUPLICATE);
    assert_int_equal(bad, 1);
    rows[1] = row(NATION_ENGLAND, 1799, 12, 31, "Too early");
    assert_int_equal(prepare(rows, 2, &corrections, &bad), ERR_DATE);
    rows[0] = row(NATION_ENGLAND, 2201, 1, 1, "Too late");
    assert_int_equal(prepare(rows, 1, &corrections, &bad), ERR_DATE);
    rows[0] = row(NATION_ENGLAND, 2026, 1, 1, "");
    assert_int_equal(prepare(rows, 1, &corrections, &bad), ERR_FIELD_REQUIRED);
    rows[0] = row(NATION_ENGLAND, 2026, 1, 1, NULL);
    assert_int_equal(prepare(rows, 1, &corrections, &bad), ERR_FIELD_REQUIRED);

    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = row(NATION_ENGLAND, 2026, 1, 1, "Many");
    assert_int_equal(prepare(many, COUNT(many), &corrections, &bad), ERR_FIELD_RANGE);
}

static void a_year_has_room_for_so_many(void **state)
{
    struct bank_holiday_row rows[BANK_HOLIDAYS_A_YEAR_MAX + 1];
    struct bank_holiday holidays[BANK_HOLIDAYS_A_YEAR_MAX];
    struct bank_holiday_corrections corrections;
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        rows[i] = row(NATION_ENGLAND, 2026, 1, 1 + (int)i, "A long holiday");
    assert_int_equal(prepare(rows, BANK_HOLIDAYS_A_YEAR_MAX, &corrections, &bad), ERR_OK);
    assert_int_equal(bank_holidays_of_year_with(&corrections, NATION_ENGLAND, 2026, holidays),
                     BANK_HOLIDAYS_A_YEAR_MAX);
    assert_int_equal(prepare(rows, COUNT(rows), &corrections, &bad), ERR_FIELD_RANGE);
    assert_int_equal(bad, BANK_HOLIDAYS_A_YEAR_MAX);
    rows[BANK_HOLIDAYS_A_YEAR_MAX] = row(NATION_ENGLAND, 2027, 1, 1, "Next year");
    assert_int_equal(prepare(rows, COUNT(rows), &corrections, &bad), ERR_OK);
}

static void divisions_of_the_file(void **state)
{
    enum nation out[2] = {NATION_NONE, NATION_NONE};

    (void)state;
    assert_int_equal(bank_holiday_division("england-and-wales", out), 2);
    assert_int_equal(out[0], NATION_ENGLAND);
    assert_int_equal(out[1], NATION_WALES);
    assert_int_equal(bank_holiday_division("scotland", out), 1);
    assert_int_equal(out[0], NATION_SCOTLAND);
    assert_int_equal(bank_holiday_division("northern-ireland", out), 1);
    assert_int_equal(out[0], NATION_NORTHERN_IRELAND);
    assert_int_equal(bank_holiday_division("england", out), 0);
    assert_int_equal(bank_holiday_division("", out), 0);
}

static void names_stand_in_the_order_of_the_enum(void **state)
{
    (void)state;
    assert_string_equal(nation_names[NATION_ENGLAND - 1], "england");
    assert_string_equal(nation_names[NATION_WALES - 1], "wales");
    assert_string_equal(nation_names[NATION_SCOTLAND - 1], "scotland");
    assert_string_equal(nation_names[NATION_NORTHERN_IRELAND - 1], "northern-ireland");
    assert_null(nation_names[NATION_COUNT - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_date),
        cmocka_unit_test(each_day_is_one_or_is_not),
        cmocka_unit_test(easter_of_every_year),
        cmocka_unit_test(titles_and_notes),
        cmocka_unit_test(days_of_the_past),
        cmocka_unit_test(none_at_all),
        cmocka_unit_test(corrected_years_replace_the_rule),
        cmocka_unit_test(other_years_and_nations_keep_the_rule),
        cmocka_unit_test(no_rows_change_nothing),
        cmocka_unit_test(wrong_rows_are_refused),
        cmocka_unit_test(a_year_has_room_for_so_many),
        cmocka_unit_test(divisions_of_the_file),
        cmocka_unit_test(names_stand_in_the_order_of_the_enum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
