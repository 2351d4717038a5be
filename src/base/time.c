/* time.c - civil time by arithmetic.
 *
 * Dates count from 1 March of year 0 in cycles of 400 years (146,097 days), because then the leap day is the
 * last day of a year and months follow one straight line of 153 days in five months. The London rule needs
 * two such dates a year. Why not the C library's functions: docs/decisions/004-london-by-arithmetic.md. */
#include "base/time.h"

#include "base/must.h"

#include <stdbool.h>
#include <time.h>

#define CYCLE_DAYS     146097 /* 400 years */
#define CYCLE_YEARS    400
#define EPOCH_SHIFT    719468    /* days from 0000-03-01 to 1970-01-01 */
#define DATE_FIRST     (-719528) /* 0000-01-01 */
#define DATE_LAST      2932896   /* 9999-12-31 */
#define FRACTION_SCALE 100       /* the first fraction digit in milliseconds */

int64_t clock_now_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the calendar ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int32_t utc_date(int64_t ms)
{
    int64_t days = floor_div(ms, DAY_MS);
    must(days >= DATE_FIRST && days <= DATE_LAST);
    return (int32_t)days;
}

void civil_from_days(int32_t days, int *year, int *month, int *day)
{
    must(days >= DATE_FIRST && days <= DATE_LAST);
    int32_t shifted = days + EPOCH_SHIFT;
    int32_t cycle = (int32_t)floor_div(shifted, CYCLE_DAYS);
    int32_t day_of_cycle = shifted - cycle * CYCLE_DAYS;
    /* Take the leap days out, so that what is left divides by 365. */
    int32_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / (CYCLE_DAYS - 1)) / 365;
    int32_t day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;

    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = cycle * CYCLE_YEARS + year_of_cycle + (*month <= 2 ? 1 : 0);
}

int32_t days_from_civil(int year, int month, int day)
{
    must(year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
    int32_t march_year = month <= 2 ? year - 1 : year;
    int32_t cycle = (int32_t)floor_div(march_year, CYCLE_YEARS);
    int32_t year_of_cycle = march_year - cycle * CYCLE_YEARS;
    int32_t month_from_march = month > 2 ? month - 3 : month + 9;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

    return cycle * CYCLE_DAYS + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year -
           EPOCH_SHIFT;
}

int weekday_of(int32_t days)
{
    int32_t from_monday = (days % 7 + 3) % 7; /* 1970-01-01 was a Thursday */
    return from_monday < 0 ? from_monday + 7 : from_monday;
}

/* ---- reading ---- */

struct scan {
    const char *at;
    const char *end;
};

/* Exactly `count` digits, with a value of low..high. */
static bool scan_digits(struct scan *scan, int count, int low, int high, int *value)
{
    int sum = 0;
    if (scan->end - scan->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        char c = scan->at[i];
        if (c < '0' || c > '9')
            return false;
        sum = sum * 10 + (c - '0');
    }
    scan->at += count;
    *value = sum;
    return sum >= low && sum <= high;
}

static bool scan_one_of(struct scan *scan, char a, char b, char c)
{
    if (scan->at == scan->end || (*scan->at != a && *scan->at != b && *scan->at != c))
        return false;
    scan->at++;
    return true;
}

static bool scan_char(struct scan *scan, char c)
{
    return scan_one_of(scan, c, c, c);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool scan_date(struct scan *scan, int *year, int32_t *days)
{
    int month;
    int day;
    if (!scan_digits(scan, 4, YEAR_MIN - 1, YEAR_MAX + 1, year) || !scan_char(scan, '-') ||
        !scan_digits(scan, 2, 1, 12, &month) || !scan_char(scan, '-') || !scan_digits(scan, 2, 1, 31, &day))
        return false;
    if (day > days_in_month(*year, month))
        return false;
    *days = days_from_civil(*year, month, day);
    return true;
}

/* The time of day of RFC 3339, in milliseconds. */
static bool scan_time(struct scan *scan, int64_t *ms)
{
    int hour;
    int minute;
    int second;
    int64_t fraction = 0;
    if (!scan_digits(scan, 2, 0, 23, &hour) || !scan_char(scan, ':') ||
        !scan_digits(scan, 2, 0, 59, &minute) || !scan_char(scan, ':') ||
        !scan_digits(scan, 2, 0, 59, &second))
        return false;
    if (scan_char(scan, '.')) {
        int digit;
        if (!scan_digits(scan, 1, 0, 9, &digit))
            return false;
        int scale = FRACTION_SCALE;
        do {
            fraction += (int64_t)digit * scale;
            scale /= 10; /* digits past the third weigh nothing */
        } while (scan_digits(scan, 1, 0, 9, &digit));
    }
    *ms = hour * HOUR_MS + minute * MINUTE_MS + second * INT64_C(1000) + fraction;
    return true;
}

static bool scan_offset(struct scan *scan, int64_t *ms)
{
    int hour;
    int minute;
    if (scan_one_of(scan, 'Z', 'z', 'Z')) {
        *ms = 0;
        return true;
    }
    bool west = scan_char(scan, '-');
    if (!west && !scan_char(scan, '+'))
        return false;
    if (!scan_digits(scan, 2, 0, 23, &hour) || !scan_char(scan, ':') || !scan_digits(scan, 2, 0, 59, &minute))
        return false;
    *ms = (west ? -1 : 1) * (hour * HOUR_MS + minute * MINUTE_MS);
    return true;
}

enum err instant_parse(const char *text, size_t size, int64_t *ms)
{
    struct scan scan = {text, text + size};
    int year;
    int32_t days;
    int64_t time_ms;
    int64_t offset_ms;
    if (!scan_date(&scan, &year, &days) || !scan_one_of(&scan, 'T', 't', ' ') || !scan_time(&scan, &time_ms))
        return ERR_INSTANT;
    if (scan.at == scan.end)
        return ERR_INSTANT_OFFSET;
    if (!scan_offset(&scan, &offset_ms) || scan.at != scan.end)
        return ERR_INSTANT;
    int64_t instant = days * DAY_MS + time_ms - offset_ms;
    if (instant < days_from_civil(YEAR_MIN, 1, 1) * DAY_MS ||
        instant >= days_from_civil(YEAR_MAX + 1, 1, 1) * DAY_MS)
        return ERR_INSTANT;
    *ms = instant;
    return ERR_OK;
}

enum err date_parse(const char *text, size_t size, int32_t *days)
{
    struct scan scan = {text, text + size};
    int year;
    int32_t date;
    if (!scan_date(&scan, &year, &date) || scan.at != scan.end || year < YEAR_MIN || year > YEAR_MAX)
        return ERR_DATE;
    *days = date;
    return ERR_OK;
}

enum err minute_parse(const char *text, size_t size, int32_t *minute)
{
    struct scan scan = {text, text + size};
    int hour;
    int past;
    if (!scan_digits(&scan, 2, 0, 24, &hour) || !scan_char(&scan, ':') ||
        !scan_digits(&scan, 2, 0, 59, &past) || scan.at != scan.end || (hour == 24 && past != 0))
        return ERR_TIME_OF_DAY;
    *minute = hour * 60 + past;
    return ERR_OK;
}

/* ---- writing ---- */

static char *put_digits(char *out, int count, int64_t value)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

static char *put_char(char *out, char c)
{
    *out = c;
    return out + 1;
}

static char *put_date(char *out, int32_t days)
{
    int year;
    int month;
    int day;
    civil_from_days(days, &year, &month, &day);
    out = put_char(put_digits(out, 4, year), '-');
    out = put_char(put_digits(out, 2, month), '-');
    return put_digits(out, 2, day);
}

static char *put_date_time(char *out, int64_t ms)
{
    int32_t days = utc_date(ms);
    int64_t second = (ms - days * DAY_MS) / 1000;
    out = put_char(put_date(out, days), 'T');
    out = put_char(put_digits(out, 2, second / 3600), ':');
    out = put_char(put_digits(out, 2, second / 60 % 60), ':');
    return put_digits(out, 2, second % 60);
}

void instant_format(int64_t ms, char out[static INSTANT_TEXT])
{
    put_char(put_char(put_date_time(out, ms), 'Z'), '\0');
}

void instant_format_ms(int64_t ms, char out[static INSTANT_MS_TEXT])
{
    char *end = put_char(put_date_time(out, ms), '.');
    end = put_digits(end, 3, ms - floor_div(ms, 1000) * 1000);
    put_char(put_char(end, 'Z'), '\0');
}

void date_format(int32_t days, char out[static DATE_TEXT])
{
    put_char(put_date(out, days), '\0');
}

void minute_format(int32_t minute, char out[static MINUTE_TEXT])
{
    must(minute >= 0 && minute <= 2 * MINUTES_A_DAY);
    if (minute > MINUTES_A_DAY)
        minute -= MINUTES_A_DAY;
    put_char(put_digits(put_char(put_digits(out, 2, minute / 60), ':'), 2, minute % 60), '\0');
}

/* ---- London ---- */

/* The instant at which the clocks change in a month of 31 days: its last Sunday, 01:00 UTC. */
static int64_t change_of(int year, int month)
{
    int32_t last = days_from_civil(year, month, 31);
    return (last - (weekday_of(last) + 1) % 7) * DAY_MS + HOUR_MS;
}

int london_offset_minutes(int64_t ms)
{
    int year;
    int month;
    int day;
    civil_from_days(utc_date(ms), &year, &month, &day);
    if (month < 3 || month > 10)
        return 0;
    if (month > 3 && month < 10)
        return 60;
    bool after = ms >= change_of(year, month);
    return (month == 3) == after ? 60 : 0;
}

static int64_t london_wall_ms(int64_t ms)
{
    return ms + london_offset_minutes(ms) * MINUTE_MS;
}

int32_t london_date(int64_t ms)
{
    return utc_date(london_wall_ms(ms));
}

int32_t london_minute(int64_t ms)
{
    int64_t wall = london_wall_ms(ms);
    return (int32_t)((wall - utc_date(wall) * DAY_MS) / MINUTE_MS);
}

int64_t london_instant(int32_t date, int32_t minute)
{
    must(minute >= 0 && minute <= 2 * MINUTES_A_DAY);
    int64_t winter = date * DAY_MS + minute * MINUTE_MS;
    int64_t summer = winter - HOUR_MS;
    if (london_offset_minutes(summer) == 60) /* asked first: of a repeated hour, the summer one comes first */
        return summer;
    if (london_offset_minutes(winter) == 0)
        return winter;
    int year;
    int month;
    int day;
    civil_from_days(utc_date(winter), &year, &month, &day);
    return change_of(year, month); /* neither: the hour that spring skips */
}

int64_t london_midnight(int32_t date)
{
    return london_instant(date, 0);
}
