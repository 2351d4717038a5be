/* user_update.c - PUT /users/{user_id}: address, name, practices, role and status. Another role, or being
 * disabled, ends every session of the user; another address makes a reset link that went to the old one
 * useless. */
#include "api/auth_steps.h"
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

struct renaming {
    const char *subject; /* NULL: the address stays, or no other provider knows them */
    const char *email;
};

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    struct renaming *renaming = call->prepared;
    struct user before, user, other;

    enum err e = change(call, tx, &before, &user);
    if (e || !user.subject || strcmp(user.email, before.email) == 0)
        return e;
    e = user_find_email(tx, user.email, &other);
    if (!e && strcmp(other.user_id, user.user_id) != 0)
        return ERR_EMAIL_TAKEN;
    *renaming = (struct renaming){user.subject, user.email};
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Another provider has to have the address before we do: it may know it as somebody else's. */
static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    struct renaming *renaming = arena_zero(call->arena, 1, sizeof *renaming);

    if (!renaming)
        return ERR_MEMORY;
    call->prepared = renaming;
    enum err e = prepare_read(call, look);
    return e || !renaming->subject
               ? e
               : identity->rename(identity->arg, call->arena, renaming->subject, renaming->email);
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
    if (!e)
        e = user_news_keep(call, &before, &user);
    return e ? e : user_reply(call, 200, "User changed.", &user);
}

static const enum err errors[] = {ERR_EMAIL_TAKEN, ERR_LAST_ADMIN, ERR_OK};

const struct endpoint endpoint_user_update = {
    .name = "user_update",
    .method = METHOD_PUT,
    .path = "/users/{user_id}",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED | ENDPOINT_REMOTE,
    .body = &user_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &user_fields,
    .prepare = prepare,
    .handle = handle,
    .after = user_news_tell,
    .review = review,
    .errors = errors,
    .tag = "Users",
    .summary = "Change a user",
    .description = "Admins only. Only the members that are sent change. Another role, or the status "
                   "disabled, ends every session "
                   "of the user. The last active admin stays one.",
    .body_example = "{\"name\": \"Sam Jones\", \"practice_ids\": [\"practice-123\", \"practice-456\"]}",
};
