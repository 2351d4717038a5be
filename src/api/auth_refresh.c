/* auth_refresh.c - POST /auth/refresh: the next access token and the next refresh token for the newest one.
 *
 * A refresh token that was used before ends the session at once, for whoever has its tokens: it was stolen,
 * or its owner lost an answer and logs in again. There is no grace, not even for two requests at the same
 * moment. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"

#include <sodium.h>

struct refresh_in {
    const char *refresh_token;
};

static const struct field rows[] = {
    {.name = "refresh_token",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_WRITE_ONLY,
     .offset = offsetof(struct refresh_in, refresh_token),
     .max = SECRET_TEXT_MAX,
     .help = "The newest one, from the login or the last refresh."},
};
static const struct field_set body = {
    .name = "RefreshRequest", .size = sizeof(struct refresh_in), FIELDS(rows)};

/* Whose session it is, if it still is one. */
static enum err owner_load(struct tx *tx, const struct token_family *family, struct user *user)
{
    enum err e = user_load(tx, family->user_id, user);

    if (e == ERR_NOT_FOUND)
        return ERR_REFRESH_INVALID;
    if (!e && (user->status != USER_ACTIVE || family->created_at < user->tokens_after))
        return ERR_REFRESH_INVALID;
    return e;
}

static enum err end_session(struct call *call, struct tx *tx, const struct token_family *family)
{
    enum err e = token_family_delete(tx, family);
    return e ? e : call_refuse(call, ERR_REFRESH_INVALID);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct refresh_in *in = call->body;
    struct secret secret;
    struct token_family family;
    struct user user;

    enum err e = secret_open(call, SECRET_REFRESH, in->refresh_token, &secret);
    if (e)
        return e == ERR_CURSOR ? ERR_REFRESH_INVALID : e;
    e = token_family_load(tx, secret.id, &family);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
    if (sodium_memcmp(family.newest, secret.hash, sizeof secret.hash) != 0 ||
        family.expires_at <= call->now_ms)
        return end_session(call, tx, &family);
    e = owner_load(tx, &family, &user);
    if (e == ERR_REFRESH_INVALID)
        return end_session(call, tx, &family);
    return e ? e : session_continue(call, tx, &user, &family, "Tokens renewed.");
}

static const enum err errors[] = {ERR_REFRESH_INVALID, ERR_OK};

const struct endpoint endpoint_auth_refresh = {
    .name = "auth_refresh",
    .method = METHOD_POST,
    .path = "/auth/refresh",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_LOGIN | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &login_fields,
    .handle = handle,
    .errors = errors,
    .tag = "Identity",
    .summary = "Renew the tokens",
    .description = "Each refresh token is good once, for 30 days. Using one a second time ends the session: "
                   "log in again. So "
                   "send one refresh at a time, and keep the new token before anything else.",
};
