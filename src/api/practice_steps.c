/* practice_steps.c - see practice_steps.h. */
#include "api/practice_steps.h"

#include "call/access.h"

#include <string.h>

/* clang-format off */
static const struct field dry_run_rows[] = {
    DRY_RUN_FIELD(struct dry_run),
};
/* clang-format on */
const struct field_set dry_run_fields = {
    .name = "DryRun", .size = sizeof(struct dry_run), FIELDS(dry_run_rows)};

enum err practice_open(struct call *call, struct tx *tx, enum action action, struct practice *practice)
{
    enum err e = practice_load(tx, call->path_params[0], practice);
    return e ? e : access_practice(call, action, practice->practice_id);
}

enum err practice_affected(struct call *call, struct tx *tx, const struct practice *before,
                           const struct practice *after, struct affected_list *affected)
{
    struct session *sessions;
    size_t count;

    enum err e = session_list_brief(tx, before->practice_id, &sessions, &count);
    if (e)
        return e;
    struct schedule was = {before, sessions, count};
    struct schedule will_be = {after, sessions, count};
    return affected_find(tx, &was, &will_be, call->now_ms, affected);
}

enum err session_plan_load(struct call *call, struct tx *tx, struct session_plan *plan)
{
    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &plan->practice);
    if (!e)
        e = session_list(tx, plan->practice.practice_id, &plan->before, &plan->before_count);
    if (e)
        return e;
    plan->after = arena_zero(call->arena, plan->before_count + 1, sizeof *plan->after);
    if (!plan->after)
        return ERR_MEMORY;
    if (plan->before_count > 0)
        memcpy(plan->after, plan->before, plan->before_count * sizeof *plan->after);
    plan->after_count = plan->before_count;
    return ERR_OK;
}

struct session *session_plan_find(struct session_plan *plan, const char *session_id)
{
    for (size_t i = 0; i < plan->after_count; i++) {
        if (strcmp(plan->after[i].session_id, session_id) == 0)
            return &plan->after[i];
    }
    return NULL;
}

enum err session_plan_affected(struct call *call, struct tx *tx, const struct session_plan *plan,
                               struct affected_list *affected)
{
    struct schedule was = {&plan->practice, plan->before, plan->before_count};
    struct schedule will_be = {&plan->practice, plan->after, plan->after_count};

    return affected_find(tx, &was, &will_be, call->now_ms, affected);
}

/* ---- a session and its practice ---- */

static enum err services_check(struct call *call, const struct practice *practice,
                               const struct session *session)
{
    uint32_t missing = session->services & ~practice->services;
    int32_t type = 1;

    if (missing == 0)
        return ERR_OK;
    while (!(missing & TYPE_BIT(type)))
        type++;
    const char *text =
        arena_printf(call->arena, "The practice itself does not offer %s; add it to its services first.",
                     field_enum_name(appointment_type_names, type));
    return text ? call_problem(call, "/services", ERR_FIELD_VALUE, text) : ERR_MEMORY;
}

/* What the body says of a practitioner goes over what is known. */
static void practitioner_merge(const struct practitioner *given, struct practitioner *known)
{
    if (given->name)
        known->name = given->name;
    if (given->role)
        known->role = given->role;
    if (given->gender)
        known->gender = given->gender;
    if (given->professional_number)
        known->professional_number = given->professional_number;
}

/* Known by the id in the body, else the session's former one, else new. */
static enum err practitioner_settle(struct call *call, struct tx *tx, const struct practice *practice,
                                    const struct practitioner *given, const struct practitioner *former,
                                    struct practitioner *settled)
{
    const char *id = given->practitioner_id;
    enum err e = ERR_NOT_FOUND;

    if (!id && former)
        id = former->practitioner_id;
    if (id)
        e = practitioner_load(tx, practice->practice_id, id, settled);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND) {
        fields_clear(&practitioner_fields, settled);
        settled->practitioner_id = id ? id : call_new_id(call);
        if (!settled->practitioner_id)
            return ERR_MEMORY;
        if (!given->name && !problems_about(&call->problems, "/practitioner/practitioner_id"))
            return call_problem(call, "/practitioner/name", ERR_FIELD_REQUIRED,
                                "There is no practitioner with this id yet: give the name.");
    }
    practitioner_merge(given, settled);
    return ERR_OK;
}

enum err session_settle(struct call *call, struct tx *tx, const struct practice *practice,
                        const struct practitioner *given, const struct practitioner *former,
                        struct session *session)
{
    enum err e = session_complete(call->arena, practice, session);
    if (e)
        return e;
    e = services_check(call, practice, session);
    if (e && e != ERR_INVALID)
        return e;
    if (!given || !session->practitioner)
        return e;
    struct practitioner *settled = arena_zero(call->arena, 1, sizeof *settled);
    if (!settled)
        return ERR_MEMORY;
    enum err second = practitioner_settle(call, tx, practice, given, former, settled);
    session->practitioner = settled;
    return second ? second : e;
}

const char *change_message(bool dry_run, const struct affected_list *affected, const char *done)
{
    if (dry_run)
        return affected->count > 0 ? "Dry run: nothing was changed. The change would leave booked "
                                     "appointments without a place."
                                   : "Dry run: nothing was changed. No booked appointment would be touched.";
    return affected->count > 0
               ? "Done. The appointments in affected are still booked but no longer fit: move or cancel them."
               : done;
}
