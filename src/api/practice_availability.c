/* practice_availability.c - GET /practices/{practice_id}/availability: when can I come? For everybody.
 *
 * The answer that is asked for most. It costs one get for the practice, one for the version of the bank
 * holidays and one for each day; what days are made from is read only if a day has to be made. Slots are
 * written by slot_write.c. */
#include "api/availability_steps.h"
#include "api/endpoint.h"
#include "api/slot_write.h"
#include "call/reply.h"

enum {
    REASON_CLOSED = 1,
    REASON_BANK_HOLIDAY,
    REASON_FULL,
    REASON_TOO_SOON,
    REASON_TOO_FAR,
    REASON_NOT_OFFERED
};
static const char *const reason_names[] = {"closed",  "bank_holiday", "full", "too_soon",
                                           "too_far", "not_offered",  NULL};

struct query {
    struct wish wish;
    enum truth explain;
};

/* clang-format off */
static const struct field query_rows[] = {
    WISH_FIELDS(struct query, wish),
    {.name = "practitioner_id", .kind = FIELD_TEXT, .offset = offsetof(struct query, wish.practitioner_id),
     .max = KEY_PART_MAX, .help = "Only with this practitioner."},
    {.name = "explain", .kind = FIELD_BOOLEAN, .offset = offsetof(struct query, explain),
     .help = "true: say of every day with nothing why.", .example = "true"},
};
/* clang-format on */

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    (void)prefix;
    return wish_check(&((const struct query *)object)->wish, problems);
}

static const struct field_set query_fields = {.name = "PracticeAvailabilityQuery",
                                              .size = sizeof(struct query),
                                              FIELDS(query_rows),
                                              .check = query_check};

/* ---- the answer, for the document ---- */

struct slot_row {
    int64_t start, end, available;
    int32_t delivery_channel;
};
/* clang-format off */
static const struct field slot_rows[] = {
    {.name = "start", .kind = FIELD_INSTANT, .offset = offsetof(struct slot_row, start),
     .example = "\"2026-11-25T09:00:00Z\""},
    {.name = "end", .kind = FIELD_INSTANT, .offset = offsetof(struct slot_row, end),
     .example = "\"2026-11-25T09:15:00Z\""},
    {.name = "available", .kind = FIELD_INTEGER, .offset = offsetof(struct slot_row, available),
     .help = "How many more can start then.", .example = "1"},
    {.name = "delivery_channel", .kind = FIELD_ENUM, .offset = offsetof(struct slot_row, delivery_channel),
     .values = delivery_channel_names, .example = "\"in_person\""},
};
/* clang-format on */
static const struct field_set slot_fields = {
    .name = "Slot", .size = sizeof(struct slot_row), FIELDS(slot_rows)};

struct day_row {
    int32_t date, reason;
};
/* clang-format off */
static const struct field day_rows[] = {
    {.name = "date", .kind = FIELD_DATE, .offset = offsetof(struct day_row, date),
     .example = "\"2026-11-28\""},
    {.name = "reason", .kind = FIELD_ENUM, .offset = offsetof(struct day_row, reason),
     .values = reason_names, .example = "\"closed\""},
};
/* clang-format on */
static const struct field_set day_fields = {
    .name = "DayWithout", .size = sizeof(struct day_row), FIELDS(day_rows)};

struct answer {
    const char *practice_id;
    struct list slots, days;
};
/* clang-format off */
static const struct field answer_rows[] = {
    {.name = "practice_id", .kind = FIELD_TEXT, .offset = offsetof(struct answer, practice_id),
     .example = "\"practice-123\""},
    {.name = "slots", .kind = FIELD_OBJECTS, .flags = FIELD_ALWAYS, .offset = offsetof(struct answer, slots),
     .of = &slot_fields, .max = FIELD_STORED_LIST_MAX, .help = "By start, then length and channel."},
    {.name = "days", .kind = FIELD_OBJECTS, .offset = offsetof(struct answer, days), .of = &day_fields,
     .max = AVAILABILITY_DAYS_APART_MAX + 1,
     .help = "With explain=true: the days on which there is nothing, and why."},
};
/* clang-format on */
static const struct field_set answer_fields = {
    .name = "PracticeAvailability", .size = sizeof(struct answer), FIELDS(answer_rows)};

/* ---- why not ---- */

struct looking {
    struct call *call;
    struct tx *tx;
    struct day_source source;
    struct wish wish;
    struct span_of_time span;
    struct day_row *days; /* NULL: not asked for */
    size_t day_count;
    bool comma;
};

static int32_t reason_of_closed(enum closed closed)
{
    return closed == CLOSED_BANK_HOLIDAY ? REASON_BANK_HOLIDAY : REASON_CLOSED;
}

/* Nothing is free within the span: is there something before its beginning? */
static enum err full_or_soon(struct looking *l, const struct day *day, int32_t *reason)
{
    struct want want = wish_want(&l->wish);
    struct slot *slots;
    size_t count;

    enum err e = day_slots(day, &want, london_midnight(day->date), l->span.from_ms, l->wish.consecutive,
                           l->call->arena, &slots, &count);
    bool offered = true;
    if (!e && count == 0 && l->wish.consecutive > 1)
        e = day_offers_consecutive(day, &want, l->wish.consecutive, l->call->arena, &offered);
    if (!e)
        *reason = count > 0 ? REASON_TOO_SOON : offered ? REASON_FULL : REASON_NOT_OFFERED;
    return e;
}

static enum err explain(struct looking *l, const struct day *day, int32_t date)
{
    struct want want = wish_want(&l->wish);
    int32_t reason;
    enum err e = ERR_OK;

    if (date > l->span.last_date)
        reason = REASON_TOO_FAR;
    else if (!day->practice_id)
        reason = REASON_TOO_SOON;
    else if (day->closed != CLOSED_NOT)
        reason = reason_of_closed(day->closed);
    else if (day->session_count == 0)
        reason = REASON_CLOSED;
    else if (!day_offers(day, &want))
        reason = REASON_NOT_OFFERED;
    else
        e = full_or_soon(l, day, &reason);
    if (!e)
        l->days[l->day_count++] = (struct day_row){date, reason};
    return e;
}

/* ---- the answer ---- */

static enum err day_answer(struct looking *l, int32_t date)
{
    struct day day;
    struct slot *slots;
    size_t count;

    enum err e =
        day_free(l->call, l->tx, &l->source, &l->wish, date, &l->span, l->days ? &day : NULL, &slots, &count);
    if (e)
        return e;
    if (count == 0)
        return l->days ? explain(l, &day, date) : ERR_OK;
    slots_write(&l->call->reply.body, slots, count, l->comma);
    l->comma = true;
    return ERR_OK;
}

/* A practice that takes no bookings is closed, whatever its hours. */
static void inactive_answer(struct looking *l)
{
    for (int32_t date = l->wish.start_date; l->days && date <= l->wish.end_date; date++)
        l->days[l->day_count++] = (struct day_row){date, REASON_CLOSED};
}

static enum err days_answer(struct looking *l, const struct practice *practice)
{
    enum err e = ERR_OK;

    if (practice->status != PRACTICE_ACTIVE) {
        inactive_answer(l);
        return ERR_OK;
    }
    for (int32_t date = l->wish.start_date; !e && date <= l->wish.end_date; date++)
        e = day_answer(l, date);
    return e;
}

static void days_write(struct json_writer *writer, const struct looking *l)
{
    json_array_begin(writer, "days");
    for (size_t i = 0; i < l->day_count; i++)
        fields_write(&day_fields, &l->days[i], false, writer, NULL);
    json_array_end(writer);
}

static bool is_staff_of(const struct call *call, const char *practice_id)
{
    return call_is_role(call, ROLE_ADMIN) ||
           (call_is_role(call, ROLE_STAFF) && user_works_at(call->caller.user, practice_id));
}

static enum err answer(struct looking *l, const struct practice *practice)
{
    struct json_writer *writer = reply_begin(l->call, 200, "Availability found.");

    json_object_begin(writer, NULL);
    json_text(writer, "practice_id", practice->practice_id);
    json_array_begin(writer, "slots");
    enum err e = days_answer(l, practice);
    json_array_end(writer);
    if (l->days)
        days_write(writer, l);
    json_object_end(writer);
    reply_end(l->call);
    return e;
}

static void keys(const struct call *call, struct known *known)
{
    struct wish wish = ((const struct query *)call->query)->wish;

    if (wish.start_date == DATE_NONE)
        wish.start_date = london_date(call->now_ms);
    if (wish.end_date == DATE_NONE)
        wish.end_date = wish.start_date + AVAILABILITY_DAYS - 1;
    known_days(known, call->path_params[0], wish.start_date, wish.end_date);
}

static enum err review(struct call *call, struct tx *tx)
{
    (void)tx;
    return wish_review(call, &((const struct query *)call->query)->wish);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct looking l = {.call = call, .tx = tx, .wish = query->wish};
    struct practice practice;

    enum err e = wish_settle(call, &l.wish);
    if (!e)
        e = practice_load(tx, call->path_params[0], &practice);
    if (e)
        return e;
    l.source = day_source(&practice);
    l.span = bookable_span(&practice, call->now_ms, is_staff_of(call, practice.practice_id));
    if (query->explain == TRUTH_YES) {
        l.days = arena_zero(call->arena, AVAILABILITY_DAYS_APART_MAX + 1, sizeof *l.days);
        if (!l.days)
            return ERR_MEMORY;
    }
    return answer(&l, &practice);
}

const struct endpoint endpoint_practice_availability = {
    .name = "practice_availability",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}/availability",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_CALLER,
    .query = &query_fields,
    .data = &answer_fields,
    .handle = handle,
    .review = review,
    .keys = keys,
    .tag = "Availability",
    .summary = "What can be booked at one access point",
    .description =
        "Every free slot, one row for each start, length and channel. Slots that patients can no longer book "
        "because of the minimum notice are left out, but for the practice's own staff and admins, who are "
        "told "
        "by their token.",
};
