/* practice_create.c - POST /practices: a new access point, by an admin. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_practice.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct practice practice = *(const struct practice *)call->body;

    enum err e = access_any(call, ACTION_PRACTICE_CREATE);
    if (!e)
        e = practice_complete(call->arena, &practice);
    if (e)
        return e;
    practice.practice_id = call_new_id(call);
    practice.created_at = practice.updated_at = call->now_ms;
    practice.version = practice.sessions_version = 1;
    if (!practice.practice_id)
        return ERR_MEMORY;
    e = practice_save(tx, NULL, &practice);
    if (e)
        return e;
    reply_location(call, "/practices/%s", practice.practice_id);
    reply_etag(call, practice.version);
    reply_object(call, 201, "Practice created.", &practice_fields, &practice, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_ODS_CODE_TAKEN, ERR_OK};

const struct endpoint endpoint_practice_create = {
    .name = "practice_create",
    .method = METHOD_POST,
    .path = "/practices",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .body = &practice_fields,
    .body_mode = FIELDS_CREATE,
    .data = &practice_fields,
    .handle = handle,
    .errors = errors,
    .tag = "Practices",
    .summary = "Add an access point",
    .description = "Admins only. Without sessions of its own a practice offers one a day from its opening "
                   "hours, for one "
                   "person at a time.",
};
