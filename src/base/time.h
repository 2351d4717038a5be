/* time.h - instants, civil dates, minutes of the day, and the Europe/London wall clock.
 *
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
 * A date is int32_t days since 1970-01-01 in the proleptic Gregorian calendar. A minute is 0..1440 from
 * local midnight; 1440 is the end of the day.
 *
 * All of it is arithmetic: no zone database, no locale, no TZ, and no clock but the two reads below, which
 * only the fronts make. Everything that is read from text lies in the years 1800 to 2200; the other functions
 * take the years 0 to 9999 and treat more as our own mistake. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define INSTANT_NONE    INT64_MIN /* "no instant"; never a real one */
#define DATE_NONE       INT32_MIN /* "no date"; never a real one */
#define INSTANT_TEXT    21        /* "2026-11-25T09:00:00Z" and NUL */
#define INSTANT_MS_TEXT 25        /* "2026-11-25T09:00:00.123Z" and NUL */
#define DATE_TEXT       11        /* "2026-11-25" and NUL */
#define MINUTE_TEXT     6         /* "09:00" and NUL */
#define YEAR_MIN        1800      /* of what is read from text */
#define YEAR_MAX        2200
#define MINUTES_A_DAY   1440
#define MINUTE_MS       INT64_C(60000)
#define HOUR_MS         INT64_C(3600000)
#define DAY_MS          INT64_C(86400000)

int64_t clock_now_ms(void);       /* the wall clock */
int64_t clock_monotonic_us(void); /* for durations; its zero means nothing */

/* A date-time of RFC 3339 section 5.6: "2026-11-25T09:00:00.5+01:00", with T, t or a blank between date and
 * time. Fractions of a second are cut to milliseconds. ERR_INSTANT_OFFSET if only the offset is missing;
 * ERR_INSTANT for any other form, an impossible date or time (a leap second and 24:00 too) or an instant
 * outside the years above, counted in UTC. */
enum err instant_parse(const char *text, size_t size, int64_t *ms);
void instant_format(int64_t ms, char out[static INSTANT_TEXT]); /* whole seconds, rounded down */
void instant_format_ms(int64_t ms, char out[static INSTANT_MS_TEXT]);

/* "YYYY-MM-DD"; ERR_DATE if it has another form, does not exist, or lies outside the years above. */
enum err date_parse(const char *text, size_t size, int32_t *days);
void date_format(int32_t days, char out[static DATE_TEXT]);
void civil_from_days(int32_t days, int *year, int *month, int *day);
int32_t days_from_civil(int year, int month,
                        int day); /* month 1..12; day 1..31, past the month's end runs on */
int weekday_of(int32_t days);     /* 0 Monday .. 6 Sunday */

/* "HH:MM" from 00:00 to 24:00, else ERR_TIME_OF_DAY. */
enum err minute_parse(const char *text, size_t size, int32_t *minute);
/* 0..2880. Past the day's end it shows the clock of the next day (1500 is "01:00"), but 1440 is "24:00". */
void minute_format(int32_t minute, char out[static MINUTE_TEXT]);

/* Europe/London: UTC+1 from the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC, else
 * UTC (Summer Time Order 2002, SI 2002/262). The rule has held since 1996; it is applied to every year, so
 * wall times before that can be an hour out. */
int london_offset_minutes(int64_t ms); /* 0 or 60 */
int32_t london_date(int64_t ms);
int32_t london_minute(int64_t ms); /* 0..1439 */

/* The instant of a wall time; minute is 0..2880 and runs on into the next day. A time that the spring change
 * skips gives the instant of the change (01:30 gives 01:00 UTC, which is 02:00 on the clock); one that the
 * autumn change repeats gives its first occurrence. */
int64_t london_instant(int32_t date, int32_t minute);
int64_t london_midnight(int32_t date); /* the start of that day */

#endif
