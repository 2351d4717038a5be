/* session_create.c - POST /practices/{practice_id}/sessions: a new session, weekly or on one date. The first
 * session of its own takes the place of the ones from the opening hours, so it too may leave bookings without
 * a place. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/reply.h"

static enum err session_make(struct call *call, struct tx *tx, const struct session_plan *plan,
                             struct session *session)
{
    *session = *(const struct session *)call->body;
    session->session_id = call_new_id(call);
    session->practice_id = plan->practice.practice_id;
    session->created_at = session->updated_at = call->now_ms;
    session->version = 1;
    if (!session->session_id)
        return ERR_MEMORY;
    return session_settle(call, tx, &plan->practice, session->practitioner, NULL, session);
}

static enum err review(struct call *call, struct tx *tx)
{
    struct practice practice;
    struct session session = *(const struct session *)call->body;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    return e ? e : session_settle(call, tx, &practice, session.practitioner, NULL, &session);
}

static enum err handle(struct call *call, struct tx *tx)
{
    bool dry_run = ((const struct dry_run *)call->query)->dry_run == TRUTH_YES;
    struct session_plan plan;
    struct session_change change;

    enum err e = session_plan_load(call, tx, &plan);
    if (!e && plan.before_count >= SESSIONS_PER_PRACTICE_MAX)
        e = ERR_SESSION_LIMIT;
    if (!e)
        e = session_make(call, tx, &plan, &change.session);
    if (e)
        return e;
    plan.after[plan.after_count++] = change.session;
    e = session_plan_affected(call, tx, &plan, &change.affected);
    if (!e && !dry_run)
        e = session_save(tx, &change.session);
    if (!e && !dry_run)
        e = practice_sessions_changed(tx, &plan.practice);
    if (e)
        return e;
    if (!dry_run) {
        reply_location(call, "/practices/%s/sessions/%s", plan.practice.practice_id,
                       change.session.session_id);
        reply_etag(call, change.session.version);
    }
    reply_object(call, dry_run ? 200 : 201, change_message(dry_run, &change.affected, "Session created."),
                 &session_change_fields, &change, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_SESSION_LIMIT, ERR_OK};

const struct endpoint endpoint_session_create = {
    .name = "session_create",
    .method = METHOD_POST,
    .path = "/practices/{practice_id}/sessions",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .query = &dry_run_fields,
    .body = &session_fields,
    .body_mode = FIELDS_CREATE,
    .data = &session_change_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Sessions",
    .summary = "Add a session",
    .description = "For the practice's staff and admins. What can be booked comes from sessions; a practice "
                   "that has none has "
                   "one a day from its opening hours. With dry_run=true nothing is added, and the answer "
                   "(200) says which "
                   "booked appointments would lose their place.",
    .body_example =
        "{\"weekday\": \"monday\", \"from\": \"09:00\", \"until\": \"12:30\", \"services\": [\"routine\", "
        "\"urgent\"], \"slot_minutes\": 15, \"capacity\": 2, \"delivery_channel\": \"in_person\", "
        "\"practitioner\": {\"name\": \"Dr Ngozi Okafor\", \"role\": \"General practitioner\"}}",
};
