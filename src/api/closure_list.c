/* closure_list.c - GET /practices/{practice_id}/closures: the days on which a practice is closed, by date. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/page.h"
#include "call/reply.h"

#include <string.h>

struct query {
    struct page page;
    int32_t start_date, end_date;
};

/* clang-format off */
static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "start_date", .kind = FIELD_DATE, .offset = offsetof(struct query, start_date),
     .help = "From this day on.", .example = "\"2026-12-01\""},
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(struct query, end_date),
     .help = "Until this day, included.", .example = "\"2026-12-31\""},
};
/* clang-format on */

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    if (query->start_date == DATE_NONE || query->end_date == DATE_NONE ||
        query->start_date <= query->end_date)
        return ERR_OK;
    return problems_add(problems, "?end_date", ERR_FIELD_RANGE, "end_date lies before start_date.");
}

static const struct field_set query_fields = {
    .name = "ClosureListQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

static bool fits(const struct query *query, int32_t date, const char *after)
{
    int32_t last;

    if (after && !date_parse(after, strlen(after), &last) && date <= last)
        return false;
    return (query->start_date == DATE_NONE || date >= query->start_date) &&
           (query->end_date == DATE_NONE || date <= query->end_date);
}

static enum err page_write(struct call *call, const struct query *query, const struct list *list,
                           const char *after)
{
    struct json_writer *writer = reply_begin(call, 200, "Closures found.");
    const struct closure *closures = list->items;
    size_t room = page_limit(&query->page);
    char last[DATE_TEXT] = "";
    enum err e = ERR_OK;

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < list->count; i++) {
        if (!fits(query, closures[i].date, after))
            continue;
        if (room == 0) {
            e = page_next(call, last);
            break;
        }
        fields_write(&closure_fields, &closures[i], false, writer, NULL);
        date_format(closures[i].date, last);
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
    const char *after = NULL;

    enum err e = practice_load(tx, call->path_params[0], &practice);
    if (!e)
        e = page_after(call, &query->page, &after);
    return e ? e : page_write(call, query, &practice.closures, after);
}

const struct endpoint endpoint_closure_list = {
    .name = "closure_list",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}/closures",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &closure_fields,
    .handle = handle,
    .tag = "Closures",
    .summary = "List the days on which a practice is closed",
};
