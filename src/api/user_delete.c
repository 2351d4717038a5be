/* user_delete.c - DELETE /users/{user_id}: the user cannot log in any more. The record stays, because others
 * name it: who made a booking, who read a record. PUT with status active brings it back. */
#include "api/endpoint.h"
#include "api/user_steps.h"

static enum err disable(struct call *call, struct tx *tx, const struct user *before, struct user *user)
{
    if (before->status == USER_DISABLED)
        return ERR_OK;
    user->status = USER_DISABLED;
    user->tokens_after = call->now_ms + 1;
    user->reset_hash = NULL;
    user->updated_at = call->now_ms;
    user->version = before->version + 1;
    return user_save(tx, before, user);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct user before;

    enum err e = user_load_managed(call, tx, call->path_params[0], &before);
    if (!e)
        e = call_check_version(call, before.version);
    if (e)
        return e;
    struct user user = before;
    e = disable(call, tx, &before, &user);
    if (!e)
        e = user_news_keep(call, &before, &user);
    return e ? e : user_reply(call, 200, "User disabled.", &user);
}

static const enum err errors[] = {ERR_LAST_ADMIN, ERR_OK};

const struct endpoint endpoint_user_delete = {
    .name = "user_delete",
    .method = METHOD_DELETE,
    .path = "/users/{user_id}",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .data = &user_fields,
    .handle = handle,
    .after = user_news_tell,
    .errors = errors,
    .tag = "Users",
    .summary = "Disable a user",
    .description = "Admins only. Nobody is forgotten by this: the user cannot log in, and every session "
                   "ends. The last active admin "
                   "stays one.",
};
