/* known.c - see known.h. */
#include "store/known.h"

#include "base/time.h"

enum { DAYS_MAX = 60 };

void known_add(struct known *known, enum table table, const char *part, const char *sort)
{
    if (part && *part && known->count < EXPECT_MAX)
        known->keys[known->count++] = (struct key){table, part, sort};
}

void known_caller(struct known *known, const char *user_id, const char *family_id)
{
    known_add(known, TABLE_USER, user_id, NULL);
    known_add(known, TABLE_TOKEN_FAMILY, family_id, NULL);
}

static const char *date_text(struct known *known, int32_t date)
{
    char text[DATE_TEXT];

    date_format(date, text);
    return arena_dup(known->arena, text);
}

void known_days(struct known *known, const char *practice_id, int32_t first, int32_t last)
{
    known_add(known, TABLE_PRACTICE, practice_id, NULL);
    known_add(known, TABLE_BANK_HOLIDAY, "version", NULL);
    known_add(known, TABLE_BANK_HOLIDAY, "all", NULL);
    for (int32_t date = first; date <= last && date - first < DAYS_MAX; date++) {
        const char *sort = date_text(known, date);
        if (sort)
            known_add(known, TABLE_DAY, practice_id, sort);
    }
}

void known_booking(struct known *known, const char *practice_id, const char *patient_id, int64_t start_ms)
{
    int32_t date = london_date(start_ms);
    const char *sort = date_text(known, date);

    known_days(known, practice_id, date, date);
    known_add(known, TABLE_PATIENT, patient_id, NULL);
    known_add(known, TABLE_AGENDA, patient_id, NULL);
    known_add(known, TABLE_RELATION, patient_id, practice_id);
    known_add(known, TABLE_USAGE, patient_id, practice_id);
    if (sort)
        known_add(known, TABLE_USAGE_BY_PRACTICE, practice_id, sort);
}
