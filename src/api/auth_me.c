/* auth_me.c - GET /auth/me: who the access token says one is. */
#include "api/endpoint.h"
#include "call/reply.h"

static enum err handle(struct call *call, struct tx *tx)
{
    (void)tx;
    reply_object(call, 200, "This is you.", &user_fields, call->caller.user, false);
    return ERR_OK;
}

const struct endpoint endpoint_auth_me = {
    .name = "auth_me",
    .method = METHOD_GET,
    .path = "/auth/me",
    .roles = ROLES_ALL,
    .data = &user_fields,
    .handle = handle,
    .tag = "Identity",
    .summary = "Who am I?",
    .description = "The user whose access token is sent. A patient's record is at /patients/{patient_id}.",
};
