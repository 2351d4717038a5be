/* availability_steps.c - see availability_steps.h. */
#include "api/availability_steps.h"

#include "call/slot_cache.h"

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

/* The moment from which a day with these entries has other free slots, unless it is written anew. */
static int64_t holds_until(const struct day *day)
{
    int64_t until_ms = INT64_MAX;

    for (size_t i = 0; i < day->entry_count; i++) {
        int64_t expires_at = day->entries[i].expires_at;
        if (expires_at != INSTANT_NONE && expires_at < until_ms)
            until_ms = expires_at;
    }
    return until_ms;
}

/* Those that start within the span; they are sorted by start. */
static void cut_to_span(const struct span_of_time *span, struct slot **slots, size_t *count)
{
    while (*count > 0 && (*slots)[0].start_ms < span->from_ms) {
        ++*slots;
        --*count;
    }
    while (*count > 0 && (*slots)[*count - 1].start_ms >= span->until_ms)
        --*count;
}

/* False if what is free in that day is not kept: a wish for somebody by name is rare. */
static bool slot_key_make(const struct call *call, struct tx *tx, struct day_source *source,
                          const struct wish *wish, int32_t date, struct slot_key *key)
{
    bool has_record;

    *key = (struct slot_key){0};
    if (!call->app->slots || !tx_reads(tx) || wish->practitioner_id ||
        day_stamp(tx, source, date, &key->stamp, &has_record))
        return false;
    key->sessions_version = source->practice->sessions_version;
    key->holidays_version = source->holidays_version;
    key->duration_minutes = wish->duration_minutes;
    key->consecutive = wish->consecutive;
    key->date = date;
    key->type = wish->appointment_type;
    key->channel = wish->delivery_channel;
    key->has_record = has_record;
    return true;
}

enum err day_free(struct call *call, struct tx *tx, struct day_source *source, const struct wish *wish,
                  int32_t date, const struct span_of_time *span, struct day *day, struct slot **slots,
                  size_t *count)
{
    struct want want = wish_want(wish);
    struct day own;
    struct slot_key key;

    bool only_slots = !day;
    if (only_slots)
        day = &own;
    *day = (struct day){.practice_id = NULL};
    *count = 0;
    if (date > span->last_date || london_midnight(date + 1) <= span->from_ms)
        return ERR_OK;
    bool kept = slot_key_make(call, tx, source, wish, date, &key);
    if (kept && only_slots &&
        slot_cache_find(call->app->slots, &key, call->now_ms, call->arena, slots, count)) {
        cut_to_span(span, slots, count);
        return ERR_OK;
    }
    enum err e = day_load_from(tx, source, date, false, day);
    if (e)
        return e;
    day_expire(day, call->now_ms);
    e = day_slots(day, &want, london_midnight(date), london_midnight(date + 1), wish->consecutive,
                  call->arena, slots, count);
    if (!e && kept)
        slot_cache_add(call->app->slots, &key, call->now_ms, holds_until(day), *slots, *count);
    if (!e)
        cut_to_span(span, slots, count);
    return e;
}
