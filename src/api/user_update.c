/* user_update.c - PUT /users/{user_id}: address, name, practices, role and status. Another role, or being
 * disabled, ends every session of the user; another address makes a reset link that went to the old one
 * useless. */
#include "api/endpoint.h"
#include "api/user_steps.h"

#include <string.h>

static void consequences(const struct user *before, struct user *user, int64_t now_ms)
{
    if (user->role != before->role || (user->status == USER_DISABLED && before->status != USER_DISABLED))
        user->tokens_after = now_ms + 1;
    if (strcmp(user->email, before->email) != 0)
        user->reset_hash = NULL;
    user->updated_at = now_ms;
    user->version = before->version + 1;
}

static enum err change(struct call *call, struct tx *tx, struct user *before, struct user *user)
{
    enum err e = user_load_managed(call, tx, call->path_params[0], before);
    if (!e)
        e = call_check_version(call, before->version);
    if (e)
        return e;
    *user = *before;
    e = fields_read(&user_fields, call->json, FIELDS_UPDATE, FIELDS_BY_STAFF, call->arena, &call->problems,
                    user);
    return call_also(e, user_complete(call, tx, before, user));
}

static enum err review(struct call *call, struct tx *tx)
{
    struct user before;
    struct user user;

    return change(call, tx, &before, &user);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct user before;
    struct user user;

    enum err e = change(call, tx, &before, &user);
    if (e)
        return e;
    consequences(&before, &user, call->now_ms);
    e = user_save(tx, &before, &user);
    return e ? e : user_reply(call, 200, "User changed.", &user);
}

static const enum err errors[] = {ERR_EMAIL_TAKEN, ERR_LAST_ADMIN, ERR_OK};

const struct endpoint endpoint_user_update = {
    .name = "user_update",
    .method = METHOD_PUT,
    .path = "/users/{user_id}",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .body = &user_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &user_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Users",
    .summary = "Change a user",
    .description = "Admins only. Only the members that are sent change. Another role, or the status "
                   "disabled, ends every session "
                   "of the user. The last active admin stays one.",
    .body_example = "{\"name\": \"Sam Jones\", \"practice_ids\": [\"practice-123\", \"practice-456\"]}",
};
