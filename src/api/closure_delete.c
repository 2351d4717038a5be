/* closure_delete.c - DELETE /practices/{practice_id}/closures/{date}: opens a closed day, or a range of them,
 * again. */
#include "api/closure_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"

#include <string.h>

struct query {
    enum truth dry_run;
    int32_t end_date;
};

/* clang-format off */
static const struct field query_rows[] = {
    DRY_RUN_FIELD(struct query),
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(struct query, end_date),
     .help = "The last day of a range; only the day of the path if left out.", .example = "\"2026-12-31\""},
};
/* clang-format on */
static const struct field_set query_fields = {
    .name = "ClosureDeleteQuery", .size = sizeof(struct query), FIELDS(query_rows)};

static enum err range_read(struct call *call, const struct query *query, struct closure_change *change)
{
    const char *text = call->path_params[1];

    if (date_parse(text, strlen(text), &change->start_date))
        return ERR_NOT_FOUND;
    change->end_date = query->end_date == DATE_NONE ? change->start_date : query->end_date;
    size_t before = call->problems.count;
    enum err e = closure_range_check(&call->problems, "?end_date", change->start_date, change->end_date);
    return !e && call->problems.count > before ? ERR_INVALID : e;
}

static enum err review(struct call *call, struct tx *tx)
{
    struct closure_change change = {.reason = NULL};

    (void)tx;
    return range_read(call, call->query, &change);
}

/* ERR_NOT_FOUND if there is none in the range. */
static enum err closures_remove(struct call *call, struct closure_change *change, struct practice *practice)
{
    const struct closure *former = practice->closures.items;
    struct closure *closures = arena_zero(call->arena, practice->closures.count + 1, sizeof *closures);
    size_t count = 0;

    if (!closures)
        return ERR_MEMORY;
    for (size_t i = 0; i < practice->closures.count; i++) {
        if (former[i].date < change->start_date || former[i].date > change->end_date)
            closures[count++] = former[i];
        else
            change->reason = former[i].reason;
    }
    if (count == practice->closures.count)
        return ERR_NOT_FOUND;
    practice->closures = (struct list){closures, count};
    return ERR_OK;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    bool dry_run = query->dry_run == TRUTH_YES;
    struct closure_change change = {.reason = NULL};
    struct practice before;

    enum err e = range_read(call, query, &change);
    if (!e)
        e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &before);
    if (e)
        return e;
    struct practice after = before;
    e = closures_remove(call, &change, &after);
    if (!e)
        e = closure_finish(call, tx, dry_run, &before, &after, &change);
    if (e)
        return e;
    reply_object(call, 200, change_message(dry_run, &change.affected, "Open again."), &closure_change_fields,
                 &change, false);
    return ERR_OK;
}

const struct endpoint endpoint_closure_delete = {
    .name = "closure_delete",
    .method = METHOD_DELETE,
    .path = "/practices/{practice_id}/closures/{date}",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES,
    .query = &query_fields,
    .data = &closure_change_fields,
    .handle = handle,
    .review = review,
    .tag = "Closures",
    .summary = "Open a closed day, or a range of them, again",
    .description = "For the practice's staff and admins.",
};
