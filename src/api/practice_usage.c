/* practice_usage.c - GET /practices/{practice_id}/usage: counts alone, nobody is named. */
#include "api/endpoint.h"
#include "api/usage_fields.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_appointment.h"
#include "store/rec_practice.h"

enum { SPAN_DAYS_MAX = 732, BACK_DAYS = 365, AHEAD_DAYS = 366 };

struct query {
    int32_t start_date, end_date;
};

static const struct field query_rows[] = {
    {.name = "start_date",
     .kind = FIELD_DATE,
     .offset = offsetof(struct query, start_date),
     .help = "First Europe/London day; a year ago if left out.",
     .example = "\"2026-10-01\""},
    {.name = "end_date",
     .kind = FIELD_DATE,
     .offset = offsetof(struct query, end_date),
     .help = "Last Europe/London day; 366 days ahead if left out.",
     .example = "\"2026-12-31\""},
};
static const struct field_set query_set = {
    .name = "PracticeUsageQuery", .size = sizeof(struct query), FIELDS(query_rows)};

struct answer {
    const char *practice_id;
    int32_t start_date, end_date;
    struct usage_counts counts;
};

static const struct field answer_rows[] = {
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct answer, practice_id),
     .example = "\"practice-456\""},
    {.name = "start_date", .kind = FIELD_DATE, .offset = offsetof(struct answer, start_date)},
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(struct answer, end_date)},
    USAGE_COUNT_FIELDS(struct answer),
};
static const struct field_set answer_fields = {
    .name = "PracticeUsage", .size = sizeof(struct answer), FIELDS(answer_rows)};

static enum err span_check(struct call *call, const struct answer *answer)
{
    if (answer->end_date < answer->start_date)
        return call_problem(call, "?end_date", ERR_FIELD_RANGE, "end_date lies before start_date.");
    if (answer->end_date - answer->start_date > SPAN_DAYS_MAX)
        return call_problem(call, "?end_date", ERR_FIELD_RANGE, "At most 732 days at a time.");
    return ERR_OK;
}

static struct answer answer_begin(const struct call *call)
{
    const struct query *query = call->query;
    int32_t today = london_date(call->now_ms);

    return (struct answer){
        .practice_id = call->path_params[0],
        .start_date = query->start_date == DATE_NONE ? today - BACK_DAYS : query->start_date,
        .end_date = query->end_date == DATE_NONE ? today + AHEAD_DAYS : query->end_date,
    };
}

/* A day that was refused says nothing about the other. */
static enum err review(struct call *call, struct tx *tx)
{
    struct answer answer = answer_begin(call);

    (void)tx;
    return problems_about_member(&call->problems, "?", "start_date") ? ERR_OK : span_check(call, &answer);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct answer answer = answer_begin(call);
    struct practice practice;

    enum err e = span_check(call, &answer);
    if (!e)
        e = practice_load(tx, answer.practice_id, &practice);
    if (!e)
        e = access_practice(call, ACTION_PRACTICE_USAGE, answer.practice_id);
    if (!e)
        e = usage_of_practice(tx, answer.practice_id, answer.start_date, answer.end_date, &answer.counts);
    if (e)
        return e;
    reply_object(call, 200, "Usage found.", &answer_fields, &answer, false);
    return ERR_OK;
}

const struct endpoint endpoint_practice_usage = {
    .name = "practice_usage",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}/usage",
    .roles = ROLES_STAFF,
    .query = &query_set,
    .data = &answer_fields,
    .handle = handle,
    .review = review,
    .tag = "Practices",
    .summary = "How much a practice was used",
    .description =
        "Counts of the appointments that start in that span of days; for staff of the practice and admins.",
};
