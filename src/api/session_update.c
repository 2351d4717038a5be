/* session_update.c - PUT /practices/{practice_id}/sessions/{session_id}: changes the members that the body
 * names. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/reply.h"

static enum err merge(struct call *call, struct tx *tx, const struct practice *practice,
                      const struct session *before, struct session *after)
{
    const struct session *body = call->body;

    *after = *before;
    enum err e = fields_read(&session_fields, call->json, FIELDS_UPDATE, call_by(call), call->arena,
                             &call->problems, after);
    return call_also(e, session_settle(call, tx, practice, body->practitioner, before->practitioner, after));
}

static enum err review(struct call *call, struct tx *tx)
{
    struct practice practice;
    struct session before;
    struct session after;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    if (!e)
        e = session_load(tx, practice.practice_id, call->path_params[1], &before);
    return e ? e : merge(call, tx, &practice, &before, &after);
}

static enum err handle(struct call *call, struct tx *tx)
{
    bool dry_run = ((const struct dry_run *)call->query)->dry_run == TRUTH_YES;
    struct session_plan plan;
    struct session_change change;

    enum err e = session_plan_load(call, tx, &plan);
    if (e)
        return e;
    struct session *session = session_plan_find(&plan, call->path_params[1]);
    if (!session)
        return ERR_NOT_FOUND;
    e = call_check_version(call, session->version);
    if (!e)
        e = merge(call, tx, &plan.practice, session, &change.session);
    if (e)
        return e;
    *session = change.session;
    e = session_plan_affected(call, tx, &plan, &change.affected);
    if (!e && !dry_run) {
        change.session.version++;
        change.session.updated_at = call->now_ms;
        e = session_save(tx, &change.session);
    }
    if (!e && !dry_run)
        e = practice_sessions_changed(tx, &plan.practice);
    if (e)
        return e;
    reply_etag(call, change.session.version);
    reply_object(call, 200, change_message(dry_run, &change.affected, "Session changed."),
                 &session_change_fields, &change, false);
    return ERR_OK;
}

const struct endpoint endpoint_session_update = {
    .name = "session_update",
    .method = METHOD_PUT,
    .path = "/practices/{practice_id}/sessions/{session_id}",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .query = &dry_run_fields,
    .body = &session_update_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &session_change_fields,
    .handle = handle,
    .review = review,
    .tag = "Sessions",
    .summary = "Change a session",
    .description = "For the practice's staff and admins. A weekly session becomes one on a date with "
                   "{\"weekday\": null, "
                   "\"date\": ...}. Details of a practitioner are shared by all sessions that name them. "
                   "Appointments stay "
                   "booked; those that no longer fit are listed in `affected`. Send dry_run=true first.",
    .body_example = "{\"until\": \"13:00\", \"capacity\": 3}",
};
