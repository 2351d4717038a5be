/* practice_read.c - GET /practices/{practice_id}: one access point, for everybody. */
#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_practice.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct practice practice;

    enum err e = practice_load(tx, call->path_params[0], &practice);
    if (e)
        return e;
    reply_etag(call, practice.version);
    reply_object(call, 200, "Practice found.", &practice_fields, &practice, false);
    return ERR_OK;
}

const struct endpoint endpoint_practice_read = {
    .name = "practice_read",
    .method = METHOD_GET,
    .path = "/practices/{practice_id}",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_VERSIONED,
    .data = &practice_fields,
    .handle = handle,
    .tag = "Practices",
    .summary = "Read an access point",
};
