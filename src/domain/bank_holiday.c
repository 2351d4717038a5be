/* bank_holiday.c - one row per rule and one per exception of the past.
 *
 * A year is made in three steps: the dates of the rules, moved where an exception says so; the extra days;
 * then what falls on a weekend moves to the next free weekday. Those that are on a weekday already stay, so
 * Boxing Day on a Monday sends a Sunday's Christmas Day to the Tuesday, as GOV.UK does. */
#include "domain/bank_holiday.h"

#include "base/must.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define BIT(nation)      (1U << (nation))
#define ENGLAND_WALES    (BIT(NATION_ENGLAND) | BIT(NATION_WALES))
#define NORTHERN_IRELAND BIT(NATION_NORTHERN_IRELAND)
#define SCOTLAND         BIT(NATION_SCOTLAND)
#define NOT_SCOTLAND     (ENGLAND_WALES | NORTHERN_IRELAND)
#define ALL              (NOT_SCOTLAND | SCOTLAND)
#define SATURDAY         5

const char *const nation_names[] = {"england", "wales", "scotland", "northern-ireland", NULL};

static const char substitute[] = "Substitute day";
static const char extra[] = "Extra bank holiday";

enum rule_kind { ON_DATE, FIRST_MONDAY, LAST_MONDAY, FROM_EASTER };

struct rule {
    unsigned nations;
    int since; /* year */
    enum rule_kind kind;
    int month; /* of the Monday rules, one of 31 days if it is the last */
    int day;   /* of the month, or from Easter Sunday */
    const char *title;
};

/* Since: 1971 Act for most; New Year's Day is proclaimed in England, Wales and Northern Ireland since 1974,
 * Boxing Day in Scotland since 1974, the early May day since 1978 (in Scotland it is older, and the spring
 * one came in 1978); St Andrew's Day Bank Holiday (Scotland) Act 2007. */
static const struct rule rules[] = {
    {NOT_SCOTLAND, 1974, ON_DATE, 1, 1, "New Year’s Day"},
    {SCOTLAND, 1972, ON_DATE, 1, 1, "New Year’s Day"},
    {SCOTLAND, 1973, ON_DATE, 1, 2, "2nd January"},
    {NORTHERN_IRELAND, 1972, ON_DATE, 3, 17, "St Patrick’s Day"},
    {ALL, 1972, FROM_EASTER, 0, -2, "Good Friday"},
    {NOT_SCOTLAND, 1972, FROM_EASTER, 0, 1, "Easter Monday"},
    {NOT_SCOTLAND, 1978, FIRST_MONDAY, 5, 0, "Early May bank holiday"},
    {SCOTLAND, 1972, FIRST_MONDAY, 5, 0, "Early May bank holiday"},
    {NOT_SCOTLAND, 1972, LAST_MONDAY, 5, 0, "Spring bank holiday"},
    {SCOTLAND, 1978, LAST_MONDAY, 5, 0, "Spring bank holiday"},
    {NORTHERN_IRELAND, 1972, ON_DATE, 7, 12, "Battle of the Boyne (Orangemen’s Day)"},
    {SCOTLAND, 1972, FIRST_MONDAY, 8, 0, "Summer bank holiday"},
    {NOT_SCOTLAND, 1972, LAST_MONDAY, 8, 0, "Summer bank holiday"},
    {SCOTLAND, 2007, ON_DATE, 11, 30, "St Andrew’s Day"},
    {ALL, 1972, ON_DATE, 12, 25, "Christmas Day"},
    {NOT_SCOTLAND, 1972, ON_DATE, 12, 26, "Boxing Day"},
    {SCOTLAND, 1974, ON_DATE, 12, 26, "Boxing Day"},
};

struct day_of_year {
    int month, day;
};

struct exception {
    unsigned nations;
    int year;
    struct day_of_year from; /* the day that the rule gives; month 0: an extra day */
    struct day_of_year to;
    const char *title;
    const char *notes;
};

static const struct exception exceptions[] = {
    {ALL, 1973, {0, 0}, {11, 14}, "Wedding of Princess Anne", extra},
    {NOT_SCOTLAND, 1977, {5, 30}, {6, 6}, "Spring bank holiday", substitute},
    {ALL, 1977, {0, 0}, {6, 7}, "Queen’s Silver Jubilee", extra},
    {ALL, 1981, {0, 0}, {7, 29}, "Wedding of Prince Charles and Lady Diana Spencer", extra},
    {ALL, 1995, {5, 1}, {5, 8}, "Early May bank holiday (VE day)", ""},
    {ALL, 1999, {0, 0}, {12, 31}, "Millennium celebrations", extra},
    {ALL, 2002, {0, 0}, {6, 3}, "Queen’s Golden Jubilee", extra},
    {ALL, 2002, {5, 27}, {6, 4}, "Spring bank holiday", substitute},
    {ALL, 2011, {0, 0}, {4, 29}, "Wedding of Prince William and Catherine Middleton", extra},
    {ALL, 2012, {5, 28}, {6, 4}, "Spring bank holiday", substitute},
    {ALL, 2012, {0, 0}, {6, 5}, "Queen’s Diamond Jubilee", extra},
    {ALL, 2020, {5, 4}, {5, 8}, "Early May bank holiday (VE day)", ""},
    {ALL, 2022, {5, 30}, {6, 2}, "Spring bank holiday", ""},
    {ALL, 2022, {0, 0}, {6, 3}, "Platinum Jubilee bank holiday", ""},
    {ALL, 2022, {0, 0}, {9, 19}, "Bank Holiday for the State Funeral of Queen Elizabeth II", ""},
    {ALL, 2023, {0, 0}, {5, 8}, "Bank holiday for the coronation of King Charles III", ""},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the rule ---- */

/* Easter Sunday of the Gregorian calendar. The moon's age goes by the golden number and the corrections of
 * each century; the paschal full moon is never later than 18 April; Easter is the Sunday after it. */
static int32_t easter(int year)
{
    int golden = year % 19;
    int century = year / 100;
    int leap_days_left_out = century - century / 4;
    int moon_correction = (8 * century + 13) / 25;
    int epact = (leap_days_left_out - moon_correction + 19 * golden + 15) % 30;
    if (epact == 29 || (epact == 28 && golden > 10))
        epact--;
    int32_t full_moon = days_from_civil(year, 3, 21) + epact;
    return full_moon + 7 - (weekday_of(full_moon) + 1) % 7;
}

static int32_t monday_from(int32_t date)
{
    return date + (7 - weekday_of(date)) % 7;
}

static int32_t rule_date(const struct rule *rule, int year)
{
    switch (rule->kind) {
    case ON_DATE:
        return days_from_civil(year, rule->month, rule->day);
    case FIRST_MONDAY:
        return monday_from(days_from_civil(year, rule->month, 1));
    case LAST_MONDAY:
        return monday_from(days_from_civil(year, rule->month, 31 - 6));
    case FROM_EASTER:
        break;
    }
    return easter(year) + rule->day;
}

static int32_t exception_date(const struct exception *exception, struct day_of_year day)
{
    return days_from_civil(exception->year, day.month, day.day);
}

static void move_if_excepted(enum nation nation, int year, struct bank_holiday *holiday)
{
    for (size_t i = 0; i < COUNT(exceptions); i++) {
        const struct exception *e = &exceptions[i];
        if (e->year == year && (e->nations & BIT(nation)) && e->from.month != 0 &&
            exception_date(e, e->from) == holiday->date) {
            *holiday = (struct bank_holiday){exception_date(e, e->to), e->title, e->notes};
            return;
        }
    }
}

static size_t add_extra(enum nation nation, int year, struct bank_holiday *out, size_t count)
{
    for (size_t i = 0; i < COUNT(exceptions); i++) {
        const struct exception *e = &exceptions[i];
        if (e->year == year && (e->nations & BIT(nation)) && e->from.month == 0)
            out[count++] = (struct bank_holiday){exception_date(e, e->to), e->title, e->notes};
    }
    return count;
}

static bool is_taken(const struct bank_holiday *holidays, size_t count, int32_t date)
{
    for (size_t i = 0; i < count; i++) {
        if (holidays[i].date == date)
            return true;
    }
    return false;
}

static void move_off_weekends(struct bank_holiday *holidays, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t date = holidays[i].date;
        if (weekday_of(date) < SATURDAY)
            continue;
        while (weekday_of(date) >= SATURDAY || is_taken(holidays, count, date))
            date++;
        holidays[i].date = date;
        holidays[i].notes = substitute;
    }
}

static int by_date(const void *a, const void *b)
{
    const struct bank_holiday *left = a;
    const struct bank_holiday *right = b;
    return (left->date > right->date) - (left->date < right->date);
}

static size_t by_rule(enum nation nation, int year, struct bank_holiday *out)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (!(rules[i].nations & BIT(nation)) || year < rules[i].since)
            continue;
        out[count] = (struct bank_holiday){rule_date(&rules[i], year), rules[i].title, ""};
        move_if_excepted(nation, year, &out[count]);
        count++;
    }
    count = add_extra(nation, year, out, count);
    must(count <= BANK_HOLIDAYS_A_YEAR_MAX);
    move_off_weekends(out, count);
    qsort(out, count, sizeof(*out), by_date);
    return count;
}

/* ---- corrections ---- */

static int year_of(int32_t date)
{
    int year;
    int month;
    int day;
    civil_from_days(date, &year, &month, &day);
    return year;
}

static int by_nation_and_date(const void *a, const void *b)
{
    const struct bank_holiday_row *left = a;
    const struct bank_holiday_row *right = b;
    if (left->nation != right->nation)
        return left->nation < right->nation ? -1 : 1;
    return (left->date > right->date) - (left->date < right->date);
}

static enum err check_row(const struct bank_holiday_row *row)
{
    if (row->nation <= NATION_NONE || row->nation >= NATION_COUNT)
        return ERR_FIELD_VALUE;
    if (row->date < days_from_civil(YEAR_MIN, 1, 1) || row->date > days_from_civil(YEAR_MAX, 12, 31))
        return ERR_DATE;
    return row->title && row->title[0] ? ERR_OK : ERR_FIELD_REQUIRED;
}

static bool is_same_year(const struct bank_holiday_row *a, const struct bank_holiday_row *b)
{
    return a->nation == b->nation && year_of(a->date) == year_of(b->date);
}

enum err bank_holiday_corrections_prepare(struct bank_holiday_corrections *corrections, size_t *bad)
{
    struct bank_holiday_row *rows = corrections->rows.items;
    size_t count = corrections->rows.count;
    *bad = 0;
    if (count > BANK_HOLIDAY_ROWS_MAX)
        return ERR_FIELD_RANGE;
    if (count > 0)
        qsort(rows, count, sizeof(*rows), by_nation_and_date);
    for (size_t i = 0; i < count; i++) {
        *bad = i;
        enum err e = check_row(&rows[i]);
        if (e)
            return e;
        if (i > 0 && by_nation_and_date(&rows[i - 1], &rows[i]) == 0)
            return ERR_FIELD_DUPLICATE;
        if (i >= BANK_HOLIDAYS_A_YEAR_MAX && is_same_year(&rows[i - BANK_HOLIDAYS_A_YEAR_MAX], &rows[i]))
            return ERR_FIELD_RANGE;
    }
    return ERR_OK;
}

/* The first row that is not before this nation and date. */
static const struct bank_holiday_row *lower_bound(const struct bank_holiday_corrections *corrections,
                                                  int32_t nation, int32_t date)
{
    const struct bank_holiday_row *rows = corrections->rows.items;
    const struct bank_holiday_row key = {.nation = nation, .date = date};
    size_t low = 0;
    size_t high = corrections->rows.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_nation_and_date(&rows[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return rows + low;
}

/* Is the year one for which the corrections speak? */
static bool is_covered(const struct bank_holiday_corrections *corrections, enum nation nation, int year)
{
    if (!corrections || corrections->rows.count == 0)
        return false;
    const struct bank_holiday_row *first = lower_bound(corrections, (int32_t)nation, DATE_NONE);
    const struct bank_holiday_row *end = lower_bound(corrections, (int32_t)nation + 1, DATE_NONE);
    return first < end && year >= year_of(first->date) && year <= year_of(end[-1].date);
}

static size_t by_correction(const struct bank_holiday_corrections *corrections, enum nation nation, int year,
                            struct bank_holiday *out)
{
    const struct bank_holiday_row *row =
        lower_bound(corrections, (int32_t)nation, days_from_civil(year, 1, 1));
    const struct bank_holiday_row *end =
        lower_bound(corrections, (int32_t)nation, days_from_civil(year, 12, 31) + 1);
    size_t count = 0;
    for (; row < end; row++) {
        must(count < BANK_HOLIDAYS_A_YEAR_MAX); /* _prepare has counted them */
        out[count++] = (struct bank_holiday){row->date, row->title, row->notes ? row->notes : ""};
    }
    return count;
}

size_t bank_holiday_division(const char *division, enum nation out[static 2])
{
    static const struct {
        const char *name;
        size_t count;
        enum nation nations[2];
    } divisions[] = {
        {"england-and-wales", 2, {NATION_ENGLAND, NATION_WALES}},
        {"scotland", 1, {NATION_SCOTLAND}},
        {"northern-ireland", 1, {NATION_NORTHERN_IRELAND}},
    };
    for (size_t i = 0; i < COUNT(divisions); i++) {
        if (strcmp(division, divisions[i].name) == 0) {
            memcpy(out, divisions[i].nations, divisions[i].count * sizeof(*out));
            return divisions[i].count;
        }
    }
    return 0;
}

/* ---- questions ---- */

size_t bank_holidays_of_year_with(const struct bank_holiday_corrections *corrections, enum nation nation,
                                  int year, struct bank_holiday out[static BANK_HOLIDAYS_A_YEAR_MAX])
{
    must(nation >= NATION_NONE && nation < NATION_COUNT);
    if (is_covered(corrections, nation, year))
        return by_correction(corrections, nation, year, out);
    return by_rule(nation, year, out);
}

bool bank_holiday_is_with(const struct bank_holiday_corrections *corrections, enum nation nation,
                          int32_t date, const char **title)
{
    struct bank_holiday holidays[BANK_HOLIDAYS_A_YEAR_MAX];
    size_t count = bank_holidays_of_year_with(corrections, nation, year_of(date), holidays);
    for (size_t i = 0; i < count; i++) {
        if (holidays[i].date == date) {
            if (title)
                *title = holidays[i].title;
            return true;
        }
    }
    return false;
}

size_t bank_holidays_of_year(enum nation nation, int year,
                             struct bank_holiday out[static BANK_HOLIDAYS_A_YEAR_MAX])
{
    return bank_holidays_of_year_with(NULL, nation, year, out);
}

bool bank_holiday_is(enum nation nation, int32_t date, const char **title)
{
    return bank_holiday_is_with(NULL, nation, date, title);
}
