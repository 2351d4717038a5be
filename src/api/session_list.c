/* session_list.c - GET /practices/{practice_id}/sessions: for the practice's staff and admins, because
 * sessions name the people who hold them. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/page.h"
#include "call/reply.h"

#include <string.h>

struct query {
    struct page page;
    int32_t date, weekday, status;
};

#define AT(member) .offset = offsetof(struct query, member)

/* clang-format off */
static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "date", .kind = FIELD_DATE, AT(date),
     .help = "Only those that run on this day, closures and bank holidays aside.",
     .example = "\"2026-12-23\""},
    {.name = "weekday", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, AT(weekday), .values = weekday_names,
     .help = "Only the weekly ones of this day."},
    {.name = "status", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, AT(status),
     .values = session_status_names},
};
/* clang-format on */
static const struct field_set query_fields = {
    .name = "SessionListQuery", .size = sizeof(struct query), FIELDS(query_rows)};

static bool is_cancelled_on(const struct session *session, int32_t date)
{
    const struct session_date *dates = session->cancelled_dates.items;

    for (size_t i = 0; i < session->cancelled_dates.count; i++) {
        if (dates[i].date == date)
            return true;
    }
    return session->status == SESSION_CANCELLED;
}

static bool runs_on(const struct session *session, int32_t date)
{
    if (session->date != DATE_NONE)
        return session->date == date && !is_cancelled_on(session, date);
    return session->weekday == weekday_of(date) + 1 && !is_cancelled_on(session, date) &&
           (session->first_date == DATE_NONE || session->first_date <= date) &&
           (session->last_date == DATE_NONE || session->last_date >= date);
}

static bool fits(const struct query *query, const struct session *session)
{
    return (query->date == DATE_NONE || runs_on(session, query->date)) &&
           (query->weekday == 0 || query->weekday == session->weekday) &&
           (query->status == 0 || query->status == session->status);
}

static enum err page_write(struct call *call, const struct query *query, const struct session *sessions,
                           size_t count, const char *after)
{
    struct json_writer *writer = reply_begin(call, 200, "Sessions found.");
    size_t room = page_limit(&query->page);
    const char *last = NULL;
    enum err e = ERR_OK;

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++) {
        if ((after && strcmp(sessions[i].session_id, after) <= 0) || !fits(query, &sessions[i]))
            continue;
        if (room == 0) {
            e = page_next(call, last);
            break;
        }
        fields_write(&session_fields, &sessions[i], false, writer, NULL);
        last = sessions[i].session_id;
        room--;
    }
    json_array_end(writer);
    reply_end(call);
    return e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct practice practice;
    struct session *sessions;
    const char *after = NULL;
    size_t count;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    if (!e)
        e = page_after(call, &query->page, &after);
    if (!e)
        e = session_list(tx, practice.practice_id, &sessions, &count);
    return e ? e : page_write(call, query, sessions, count, after);
}

const struct endpoint endpoint_session_list = {
    .name = "session_list",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}/sessions",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &session_fields,
    .handle = handle,
    .tag = "Sessions",
    .summary = "List a practice's sessions",
    .description = "For the practice's staff and admins. An empty list means that the opening hours are "
                   "offered as they are.",
};
