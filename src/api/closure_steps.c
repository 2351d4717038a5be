/* closure_steps.c - see closure_steps.h. */
#include "api/closure_steps.h"

#define AT(member) .offset = offsetof(struct closure_change, member)

/* clang-format off */
static const struct field closure_change_rows[] = {
    {.name = "practice_id", .kind = FIELD_TEXT, AT(practice_id), .example = "\"practice-123\""},
    {.name = "start_date", .kind = FIELD_DATE, AT(start_date), .example = "\"2026-12-24\""},
    {.name = "end_date", .kind = FIELD_DATE, AT(end_date), .example = "\"2026-12-31\""},
    {.name = "reason", .kind = FIELD_TEXT, AT(reason), .example = "\"Staff training\""},
    {.name = "closures", .kind = FIELD_OBJECTS, .flags = FIELD_ALWAYS, AT(closures), .of = &closure_fields,
     .max = CLOSURES_MAX, .help = "All closures of the practice, as they are with this change."},
    AFFECTED_ROWS(struct closure_change, affected),
};
/* clang-format on */
const struct field_set closure_change_fields = {
    .name = "ClosureChange", .size = sizeof(struct closure_change), FIELDS(closure_change_rows)};

enum err closure_range_check(struct problems *problems, const char *pointer, int32_t start_date,
                             int32_t end_date)
{
    if (end_date < start_date)
        return problems_add(problems, pointer, ERR_FIELD_RANGE, "end_date lies before start_date.");
    if (end_date - start_date >= CLOSURE_DAYS_MAX)
        return problems_add(problems, pointer, ERR_FIELD_RANGE, "At most 366 days at once.");
    return ERR_OK;
}

enum err closure_finish(struct call *call, struct tx *tx, bool dry_run, const struct practice *before,
                        struct practice *after, struct closure_change *change)
{
    enum err e = practice_affected(call, tx, before, after, &change->affected);

    if (!e && !dry_run) {
        after->version++;
        after->updated_at = call->now_ms;
        e = practice_save(tx, before, after);
    }
    change->practice_id = after->practice_id;
    change->closures = after->closures;
    return e;
}
