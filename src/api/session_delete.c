/* session_delete.c - DELETE /practices/{practice_id}/sessions/{session_id}: the whole session, or, of a
 * weekly one, the days from start_date to end_date. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/reply.h"

enum { DAYS_MAX = 400, DAYS_A_WEEK = 7 };

struct query {
    enum truth dry_run;
    int32_t start_date, end_date;
};

/* clang-format off */
static const struct field query_rows[] = {
    DRY_RUN_FIELD(struct query),
    {.name = "start_date", .kind = FIELD_DATE, .offset = offsetof(struct query, start_date),
     .help = "Cancel a weekly session from this day on, not altogether.", .example = "\"2026-12-24\""},
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(struct query, end_date),
     .help = "The last day that is cancelled; start_date if left out.", .example = "\"2026-12-31\""},
};
/* clang-format on */

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    if (query->end_date == DATE_NONE)
        return ERR_OK;
    if (query->start_date == DATE_NONE)
        return problems_add(problems, "?start_date", ERR_FIELD_REQUIRED, "end_date needs a start_date.");
    if (query->end_date < query->start_date)
        return problems_add(problems, "?end_date", ERR_FIELD_RANGE, "end_date lies before start_date.");
    if (query->end_date - query->start_date >= DAYS_MAX)
        return problems_add(problems, "?end_date", ERR_FIELD_RANGE,
                            "At most 400 days at once; to end a weekly session for good set its last_date.");
    return ERR_OK;
}

static const struct field_set query_fields = {
    .name = "SessionDeleteQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

/* The session's days in the range join its cancelled dates. */
static enum err days_cancel(struct call *call, const struct query *query, const struct practice *practice,
                            struct session *session)
{
    int32_t last = query->end_date == DATE_NONE ? query->start_date : query->end_date;
    int32_t first = query->start_date;
    size_t count = session->cancelled_dates.count;

    if (session->weekday == 0)
        return call_problem(call, "?start_date", ERR_FIELD_VALUE,
                            "Only a weekly session has days; leave this out.");
    while (weekday_of(first) != session->weekday - 1)
        first++;
    if (first > last)
        return call_problem(call, "?start_date", ERR_FIELD_VALUE,
                            "The session does not run on any of these days.");
    size_t room = count + (size_t)(last - first) / DAYS_A_WEEK + 1;
    struct session_date *dates = arena_zero(call->arena, room, sizeof *dates);
    if (!dates)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        dates[i] = ((const struct session_date *)session->cancelled_dates.items)[i];
    for (int32_t date = first; date <= last; date += DAYS_A_WEEK)
        dates[count++].date = date;
    session->cancelled_dates = (struct list){dates, count};
    return session_complete(call->arena, practice, session);
}

static void session_remove(struct session_plan *plan, const struct session *session)
{
    size_t at = (size_t)(session - plan->after);

    for (plan->after_count--; at < plan->after_count; at++)
        plan->after[at] = plan->after[at + 1];
}

static enum err save(struct call *call, struct tx *tx, struct session_plan *plan, bool whole,
                     struct session *session)
{
    enum err e;

    if (whole) {
        e = session_delete(tx, plan->practice.practice_id, session->session_id);
    } else {
        session->version++;
        session->updated_at = call->now_ms;
        e = session_save(tx, session);
    }
    return e ? e : practice_sessions_changed(tx, &plan->practice);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct practice practice;
    struct session session;

    if (query->start_date == DATE_NONE || problems_about_member(&call->problems, "?", "end_date"))
        return ERR_OK;
    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    if (!e)
        e = session_load(tx, practice.practice_id, call->path_params[1], &session);
    return e ? e : days_cancel(call, query, &practice, &session);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    bool dry_run = query->dry_run == TRUTH_YES;
    bool whole = query->start_date == DATE_NONE;
    struct session_plan plan;
    struct session_change change;

    enum err e = session_plan_load(call, tx, &plan);
    if (e)
        return e;
    struct session *session = session_plan_find(&plan, call->path_params[1]);
    if (!session)
        return ERR_NOT_FOUND;
    e = call_check_version(call, session->version);
    if (!e && !whole)
        e = days_cancel(call, query, &plan.practice, session);
    if (e)
        return e;
    change.session = *session;
    if (whole)
        session_remove(&plan, session);
    e = session_plan_affected(call, tx, &plan, &change.affected);
    if (!e && !dry_run)
        e = save(call, tx, &plan, whole, &change.session);
    if (e)
        return e;
    reply_etag(call, change.session.version);
    reply_object(call, 200,
                 change_message(dry_run, &change.affected, whole ? "Session deleted." : "Days cancelled."),
                 &session_change_fields, &change, false);
    return ERR_OK;
}

const struct endpoint endpoint_session_delete = {
    .name = "session_delete",
    .method = METHOD_DELETE,
    .path = "/practices/{practice_id}/sessions/{session_id}",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .query = &query_fields,
    .data = &session_change_fields,
    .handle = handle,
    .review = review,
    .tag = "Sessions",
    .summary = "Delete a session, or cancel days of it",
    .description =
        "For the practice's staff and admins. With start_date (and end_date) a weekly session is cancelled "
        "on those "
        "days only: they join its cancelled_dates. Appointments stay booked; those that no longer fit are "
        "listed "
        "in `affected`. Send dry_run=true first. A practice whose last session is deleted offers its opening "
        "hours again.",
};
