/* fuzz_dates.c - any bytes as a date, a date-time or a time of day; and any instant and wall time in London.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/time.h"
#include "domain/bank_holiday.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_date(int32_t date)
{
    char text[DATE_TEXT];
    int32_t back;
    int year, month, day;
    date_format(date, text);
    must(!date_parse(text, strlen(text), &back) && back == date);
    civil_from_days(date, &year, &month, &day);
    must(year >= YEAR_MIN && year <= YEAR_MAX && days_from_civil(year, month, day) == date);
    for (int nation = NATION_NONE; nation < NATION_COUNT; nation++)
        must(!bank_holiday_is((enum nation)nation, date, NULL) || weekday_of(date) < 5);
}

static void check_instant(int64_t ms)
{
    char text[INSTANT_MS_TEXT];
    int64_t back;
    instant_format_ms(ms, text);
    must(!instant_parse(text, strlen(text), &back) && back == ms);
    instant_format(ms, text);
    must(!instant_parse(text, strlen(text), &back) && back <= ms && ms - back < 1000);

    /* The wall clock leads back to the instant, or in the repeated hour to the one an hour before. */
    int32_t date = london_date(ms);
    int32_t minute = london_minute(ms);
    must(minute >= 0 && minute < MINUTES_A_DAY);
    int64_t start = london_instant(date, minute);
    int64_t late = (ms - start) / MINUTE_MS;
    must(ms >= start && (late == 0 || late == 60) && london_midnight(date) <= ms);
}

static void check_wall(int32_t date, int32_t minute)
{
    int64_t ms = london_instant(date, minute);
    int64_t wall = date * DAY_MS + minute * MINUTE_MS;
    int64_t seen = london_date(ms) * DAY_MS + london_minute(ms) * MINUTE_MS;
    must(seen == wall ||
         (seen > wall && seen - wall <= HOUR_MS)); /* later only in the hour that spring skips */
    must(london_instant(date, minute / 2) <= ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    int64_t ms = INSTANT_NONE;
    int32_t date = DATE_NONE;
    int32_t minute = -1;

    enum err e = instant_parse(text, size, &ms);
    must(!e || e == ERR_INSTANT || e == ERR_INSTANT_OFFSET);
    must((e == ERR_OK) == (ms != INSTANT_NONE));
    if (!e)
        check_instant(ms);
    if (!date_parse(text, size, &date))
        check_date(date);
    if (!minute_parse(text, size, &minute)) {
        char back[MINUTE_TEXT];
        minute_format(minute, back);
        must(size == strlen(back) && memcmp(text, back, size) == 0);
    }
    if (size == sizeof(uint64_t)) { /* as numbers: any instant, and any minute of that date */
        uint64_t number;
        memcpy(&number, data, sizeof(number));
        int64_t first = days_from_civil(YEAR_MIN, 1, 1) * DAY_MS;
        int64_t last = days_from_civil(YEAR_MAX, 12, 31) * DAY_MS;
        ms = first + (int64_t)(number % (uint64_t)(last - first));
        check_instant(ms);
        check_date(london_date(ms));
        check_wall(london_date(ms), (int32_t)(number >> 40) % (2 * MINUTES_A_DAY + 1));
    }
    return 0;
}
