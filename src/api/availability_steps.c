/* availability_steps.c - see availability_steps.h. */
#include "api/availability_steps.h"

static enum err range_check(const struct wish *wish, struct problems *problems)
{
    if (wish->end_date < wish->start_date)
        return problems_add(problems, "?end_date", ERR_FIELD_RANGE,
                            "end_date lies before start_date (today if left out).");
    if (wish->end_date - wish->start_date > AVAILABILITY_DAYS_APART_MAX)
        return problems_add(problems, "?end_date", ERR_FIELD_RANGE,
                            "The days can be at most 42 apart; ask for the rest later.");
    return ERR_OK;
}

enum err wish_check(const struct wish *wish, struct problems *problems)
{
    if (wish->start_date == DATE_NONE || wish->end_date == DATE_NONE)
        return ERR_OK;
    return range_check(wish, problems);
}

enum err wish_settle(struct call *call, struct wish *wish)
{
    size_t before = call->problems.count;

    if (wish->start_date == DATE_NONE)
        wish->start_date = london_date(call->now_ms);
    if (wish->end_date == DATE_NONE)
        wish->end_date = wish->start_date + AVAILABILITY_DAYS - 1;
    if (wish->consecutive == INTEGER_NONE)
        wish->consecutive = 1;
    enum err e = range_check(wish, &call->problems);
    return !e && call->problems.count > before ? ERR_INVALID : e;
}

enum err wish_review(struct call *call, const struct wish *wish)
{
    struct wish copy = *wish;

    /* A first day that was refused says nothing about the last. */
    return problems_about_member(&call->problems, "?", "start_date") ? ERR_OK : wish_settle(call, &copy);
}

struct span_of_time bookable_span(const struct practice *practice, int64_t now_ms, bool by_staff)
{
    const struct booking_rules *rules = practice->booking_rules;
    int64_t notice_ms = by_staff ? 0 : rules->min_notice_minutes * MINUTE_MS;
    int32_t last_date = london_date(now_ms) + (int32_t)rules->max_advance_days;

    return (struct span_of_time){
        .from_ms = now_ms + (notice_ms > 0 ? notice_ms : 1), /* what starts now is past */
        .until_ms = london_midnight(last_date + 1),
        .last_date = last_date,
    };
}

struct want wish_want(const struct wish *wish)
{
    return (struct want){
        .type = wish->appointment_type,
        .channel = wish->delivery_channel,
        .practitioner_id = wish->practitioner_id,
        .duration_minutes = wish->duration_minutes == INTEGER_NONE ? 0 : wish->duration_minutes,
    };
}

enum err day_free(struct call *call, struct tx *tx, struct day_source *source, const struct wish *wish,
                  int32_t date, const struct span_of_time *span, struct day *day, struct slot **slots,
                  size_t *count)
{
    struct want want = wish_want(wish);

    *day = (struct day){.practice_id = NULL};
    *count = 0;
    if (date > span->last_date || london_midnight(date + 1) <= span->from_ms)
        return ERR_OK;
    enum err e = day_load_from(tx, source, date, false, day);
    if (e)
        return e;
    day_expire(day, call->now_ms);
    return day_slots(day, &want, span->from_ms, span->until_ms, wish->consecutive, call->arena, slots, count);
}
