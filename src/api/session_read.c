/* session_read.c - GET /practices/{practice_id}/sessions/{session_id}. */
#include "api/endpoint.h"
#include "api/practice_steps.h"
#include "call/reply.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct practice practice;
    struct session session;

    enum err e = practice_open(call, tx, ACTION_PRACTICE_UPDATE, &practice);
    if (!e)
        e = session_load(tx, practice.practice_id, call->path_params[1], &session);
    if (e)
        return e;
    reply_etag(call, session.version);
    reply_object(call, 200, "Session found.", &session_fields, &session, false);
    return ERR_OK;
}

const struct endpoint endpoint_session_read = {
    .name = "session_read",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}/sessions/{session_id}",
    .roles = ROLES_STAFF,
    .flags = ENDPOINT_VERSIONED,
    .data = &session_fields,
    .handle = handle,
    .tag = "Sessions",
    .summary = "Read a session",
};
