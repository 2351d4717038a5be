/* availability_steps.h - what can be booked: what the two endpoints that say so share. */
#ifndef API_AVAILABILITY_STEPS_H
#define API_AVAILABILITY_STEPS_H

#include "call/call.h"
#include "domain/day.h"
#include "store/rec_day.h"

enum {
    AVAILABILITY_DAYS = 7,
    AVAILABILITY_DAYS_APART_MAX = 42,
    CONSECUTIVE_MAX = 10,
    SLOT_DURATION_MIN = 5,
    SLOT_DURATION_MAX = 120
};

/* What somebody is looking for. */
struct wish {
    int32_t start_date, end_date;
    int32_t appointment_type;
    int64_t duration_minutes, consecutive;
    int32_t delivery_channel;
    const char *practitioner_id;
};
/* clang-format off */
#define WISH_FIELDS(type, member)                                                                            \
    {.name = "start_date", .kind = FIELD_DATE, .offset = offsetof(type, member.start_date),                  \
     .help = "First Europe/London day; today if left out.", .example = "\"2026-11-25\""},                    \
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(type, member.end_date),                      \
     .help = "Last day, included, at most 42 days after the first; 7 days in all if left out.",              \
     .example = "\"2026-12-01\""},                                                                           \
    {.name = "appointment_type", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE,                                \
     .offset = offsetof(type, member.appointment_type), .values = appointment_type_names,                    \
     .help = "Any if left out.", .example = "\"routine\""},                                                  \
    {.name = "duration_minutes", .kind = FIELD_INTEGER, .offset = offsetof(type, member.duration_minutes),   \
     .min = SLOT_DURATION_MIN, .max = SLOT_DURATION_MAX,                                                     \
     .help = "A whole number of slots; one slot of the session if left out.", .example = "30"},              \
    {.name = "consecutive", .kind = FIELD_INTEGER, .offset = offsetof(type, member.consecutive), .min = 1,   \
     .max = CONSECUTIVE_MAX, .help = "Only where so many follow one another, for a family.", .example = "2"},\
    {.name = "delivery_channel", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE,                                \
     .offset = offsetof(type, member.delivery_channel), .values = delivery_channel_names,                    \
     .help = "Any if left out.", .example = "\"in_person\""}
/* clang-format on */

/* Rules between those parameters that need no clock, for a set's check. */
enum err wish_check(const struct wish *wish, struct problems *problems);
/* Puts in the days that were left out. ERR_INVALID with a problem at ?end_date if the range is wrong with
 * them. */
enum err wish_settle(struct call *call, struct wish *wish);
/* The same for an endpoint's review, without changing the wish. */
enum err wish_review(struct call *call, const struct wish *wish);

/* The moments between which a practice can be booked now. */
struct span_of_time {
    int64_t from_ms;   /* a start must not be before */
    int64_t until_ms;  /* and must be before this */
    int32_t last_date; /* the last day before until_ms */
};
/* by_staff: the minimum notice does not count. */
struct span_of_time bookable_span(const struct practice *practice, int64_t now_ms, bool by_staff);

/* Free slots of one day within the span. Nothing for a day outside of it, which is then not even loaded. *day
 * is what was loaded, its practice_id NULL if nothing was; day NULL: nobody needs it, so that slots may come
 * from the cache. */
enum err day_free(struct call *call, struct tx *tx, struct day_source *source, const struct wish *wish,
                  int32_t date, const struct span_of_time *span, struct day *day, struct slot **slots,
                  size_t *count);

struct want wish_want(const struct wish *wish);

#endif
