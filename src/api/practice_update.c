/* practice_update.c - PUT /practices/{practice_id}: changes the members that the body names. What is booked
 * stays; the answer lists what no longer fits. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/reply.h"

#include <string.h>

/* What makes an access point what it is to the register: staff may run it, but not change this. */
static enum err admin_members_check(struct call *call, const struct practice *before,
                                    const struct practice *after)
{
    const struct {
        bool changed;
        const char *pointer;
    } members[] = {
        {(before->ods_code && after->ods_code) ? strcmp(before->ods_code, after->ods_code) != 0
                                               : before->ods_code != after->ods_code,
         "/ods_code"},
        {before->access_point_type != after->access_point_type, "/access_point_type"},
        {before->requires_registration != after->requires_registration, "/requires_registration"},
        {before->nation != after->nation, "/nation"},
        {before->status != after->status, "/status"},
    };
    enum err e = ERR_OK;

    if (call_is_role(call, ROLE_ADMIN))
        return ERR_OK;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (members[i].changed)
            e = call_problem(call, members[i].pointer, ERR_FIELD_READ_ONLY, "Only an admin may change this.");
        if (e && e != ERR_INVALID)
            return e;
    }
    return e;
}

static enum err merge(struct call *call, const struct practice *before, struct practice *after)
{
    *after = *before;
    enum err e = fields_read(&practice_fields, call->json, FIELDS_UPDATE, call_by(call), call->arena,
                             &call->problems, after);
    if (!e)
        e = practice_complete(call->arena, after);
    return call_also(e, admin_members_check(call, before, after));
}

static enum err review(struct call *call, struct tx *tx)
{
    struct practice before;
    struct practice after;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &before);
    return e ? e : merge(call, &before, &after);
}

static enum err handle(struct call *call, struct tx *tx)
{
    bool dry_run = ((const struct dry_run *)call->query)->dry_run == TRUTH_YES;
    struct practice before;
    struct practice_change change;
    struct practice *after = &change.practice;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &before);
    if (!e)
        e = call_check_version(call, before.version);
    if (!e)
        e = merge(call, &before, after);
    if (!e)
        e = practice_affected(call, tx, &before, after, &change.affected);
    if (!e && !dry_run) {
        after->version++;
        after->updated_at = call->now_ms;
        e = practice_save(tx, &before, after);
    }
    if (e)
        return e;
    reply_etag(call, after->version);
    reply_object(call, 200, change_message(dry_run, &change.affected, "Practice changed."),
                 &practice_change_fields, &change, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_ODS_CODE_TAKEN, ERR_OK};

const struct endpoint endpoint_practice_update = {
    .name = "practice_update",
    .method = METHOD_PUT,
    .path = "/practices/{practice_id}",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .query = &dry_run_fields,
    .body = &practice_update_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &practice_change_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Practices",
    .summary = "Change an access point",
    .description =
        "Admins, and the practice's own staff (but for ods_code, access_point_type, requires_registration, "
        "nation "
        "and status). Only the members that the body names are changed; objects are merged, lists replaced. "
        "Appointments stay booked; those that no longer fit are listed in `affected`. Send dry_run=true "
        "first "
        "to see them without changing anything.",
};
