/* closure_create.c - POST /practices/{practice_id}/closures: closes a practice on one day or on each day of a
 * range. */
#include "api/closure_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"

#include <string.h>

struct body {
    int32_t start_date, end_date;
    const char *reason;
};

/* clang-format off */
static const struct field body_rows[] = {
    {.name = "start_date", .kind = FIELD_DATE, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct body, start_date), .example = "\"2026-12-24\""},
    {.name = "end_date", .kind = FIELD_DATE, .offset = offsetof(struct body, end_date),
     .help = "The last day, included; start_date if left out.", .example = "\"2026-12-31\""},
    {.name = "reason", .kind = FIELD_TEXT, .offset = offsetof(struct body, reason),
     .max = CLOSURE_REASON_MAX, .help = "Shown to everybody.", .example = "\"Staff training\""},
};
/* clang-format on */

static enum err body_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct body *body = object;

    (void)prefix;
    return body->start_date == DATE_NONE || body->end_date == DATE_NONE
               ? ERR_OK
               : closure_range_check(problems, "/end_date", body->start_date, body->end_date);
}

static const struct field_set body_fields = {
    .name = "ClosureCreate", .size = sizeof(struct body), FIELDS(body_rows), .check = body_check};

/* The practice's other closures, then one for each day of the range. */
static enum err closures_add(struct call *call, const struct closure_change *change,
                             struct practice *practice)
{
    const struct closure *former = practice->closures.items;
    size_t days = (size_t)(change->end_date - change->start_date) + 1;
    struct closure *closures = arena_zero(call->arena, practice->closures.count + days, sizeof *closures);
    size_t count = 0;

    if (!closures)
        return ERR_MEMORY;
    for (size_t i = 0; i < practice->closures.count; i++) {
        if (former[i].date < change->start_date || former[i].date > change->end_date)
            closures[count++] = former[i];
    }
    for (int32_t date = change->start_date; date <= change->end_date; date++)
        closures[count++] = (struct closure){date, change->reason};
    if (count > CLOSURES_MAX)
        return call_problem(call, "/end_date", ERR_FIELD_TOO_LONG,
                            "A practice can have 400 closed days; delete those that are over.");
    practice->closures = (struct list){closures, count};
    return practice_complete(call->arena, practice);
}

static struct closure_change change_of(const struct body *body)
{
    return (struct closure_change){
        .start_date = body->start_date,
        .end_date = body->end_date == DATE_NONE ? body->start_date : body->end_date,
        .reason = body->reason,
    };
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct body *body = call->body;
    struct closure_change change = change_of(body);
    struct practice practice;

    if (body->start_date == DATE_NONE || problems_about(&call->problems, "/end_date"))
        return ERR_OK;
    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    return e ? e : closures_add(call, &change, &practice);
}

static enum err handle(struct call *call, struct tx *tx)
{
    bool dry_run = ((const struct dry_run *)call->query)->dry_run == TRUTH_YES;
    struct closure_change change = change_of(call->body);
    struct practice before;
    char date[DATE_TEXT];

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &before);
    if (e)
        return e;
    struct practice after = before;
    e = closures_add(call, &change, &after);
    if (!e)
        e = closure_finish(call, tx, dry_run, &before, &after, &change);
    if (e)
        return e;
    date_format(change.start_date, date);
    if (!dry_run)
        reply_location(call, "/practices/%s/closures?start_date=%s", after.practice_id, date);
    reply_object(call, dry_run ? 200 : 201, change_message(dry_run, &change.affected, "Closed."),
                 &closure_change_fields, &change, false);
    return ERR_OK;
}

const struct endpoint endpoint_closure_create = {
    .name = "closure_create",
    .method = METHOD_POST,
    .path = "/practices/{practice_id}/closures",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .query = &dry_run_fields,
    .body = &body_fields,
    .body_mode = FIELDS_CREATE,
    .data = &closure_change_fields,
    .handle = handle,
    .review = review,
    .tag = "Closures",
    .summary = "Close a practice on one day or several",
    .description =
        "For the practice's staff and admins. A day that is closed already gets the new reason. Appointments "
        "stay "
        "booked; those that no longer fit are listed in `affected`. With dry_run=true nothing is changed.",
};
