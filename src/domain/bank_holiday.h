/* bank_holiday.h - bank holidays of the four nations, by rule, and corrected by imported dates.
 *
 * The rule: Banking and Financial Dealings Act 1971, schedule 1, and the days that are proclaimed every year;
 * a day on a weekend moves to the next weekday that is free. Royal and moved days of the past are rows of a
 * table. It agrees with every date that GOV.UK publishes for 2012 to 2028 (the test compares). Years before
 * BANK_HOLIDAY_YEAR_MIN have none. A day that will be proclaimed in future comes in as a correction.
 *
 * Corrections hold the content of GOV.UK's bank-holidays.json: plain rows, so that they can be stored and
 * read like any other record. For each nation they replace the rule in every year from that of its first row
 * to that of its last: the file carries whole years, and a year without the day that the rule expects means
 * that the day was moved. Other years, and nations without a row, keep the rule. */
#ifndef DOMAIN_BANK_HOLIDAY_H
#define DOMAIN_BANK_HOLIDAY_H

#include "base/err.h"
#include "base/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Append only: stored. */
enum nation {
    NATION_NONE = 0, /* has no bank holidays */
    NATION_ENGLAND,
    NATION_WALES,
    NATION_SCOTLAND,
    NATION_NORTHERN_IRELAND,
    NATION_COUNT
};
extern const char *const nation_names[]; /* "england"; [value - 1]; ends with NULL */

#define BANK_HOLIDAYS_A_YEAR_MAX 20
#define BANK_HOLIDAY_YEAR_MIN    1972
#define BANK_HOLIDAY_ROWS_MAX    ((size_t)4000) /* of corrections: 80 years of four nations */

struct bank_holiday {
    int32_t date;
    const char *title; /* "Boxing Day", as GOV.UK writes it */
    const char *notes; /* "" or "Substitute day" or "Extra bank holiday" */
};

struct bank_holiday_row {
    int32_t nation; /* enum nation */
    int32_t date;
    const char *title;
    const char *notes; /* may be NULL */
};

struct bank_holiday_corrections {
    struct list rows; /* of struct bank_holiday_row; sorted by nation, then date, by
                         bank_holiday_corrections_prepare */
};

/* The nations that a division of the GOV.UK file means: "england-and-wales" is two. Gives how many; 0 if
 * there is no such division. */
size_t bank_holiday_division(const char *division, enum nation out[static 2]);

/* Sorts the rows in place and checks them. *bad is the index, after sorting, of the row that an error is
 * about: ERR_FIELD_VALUE no such nation; ERR_DATE a date outside YEAR_MIN..YEAR_MAX; ERR_FIELD_REQUIRED no
 * title; ERR_FIELD_DUPLICATE a date twice in a nation; ERR_FIELD_RANGE too many rows, or too many in a year.
 */
enum err bank_holiday_corrections_prepare(struct bank_holiday_corrections *corrections, size_t *bad);

/* In order of date. Titles and notes of corrected years point into the corrections, which may be NULL. */
size_t bank_holidays_of_year_with(const struct bank_holiday_corrections *corrections, enum nation nation,
                                  int year, struct bank_holiday out[static BANK_HOLIDAYS_A_YEAR_MAX]);
/* *title is set if title is not NULL and it is one. */
bool bank_holiday_is_with(const struct bank_holiday_corrections *corrections, enum nation nation,
                          int32_t date, const char **title);

/* The same by the rule alone. */
size_t bank_holidays_of_year(enum nation nation, int year,
                             struct bank_holiday out[static BANK_HOLIDAYS_A_YEAR_MAX]);
bool bank_holiday_is(enum nation nation, int32_t date, const char **title);

#endif
