/* auth_refresh.c - POST /auth/refresh: the next access token and the next refresh token for the newest one.
 *
 * A refresh token that was used before ends the session at once, for whoever has its tokens: it was stolen,
 * or its owner lost an answer and logs in again. There is no grace, not even for two requests at the same
 * moment. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"

#include <sodium.h>
#include <string.h>

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

struct renewal {
    struct secret secret;
    const struct identity_grant *grant; /* of another provider; NULL: none, or not asked */
    struct identity_grant given;
    const char *revoke; /* a refresh token of another provider whose session has ended here */
    const char *provider_token;
};

/* Whose session it is, if it still is one. */
static enum err owner_load(struct tx *tx, const struct token_family *family,
                           const struct identity_grant *grant, struct user *user)
{
    enum err e = user_load(tx, family->user_id, user);

    if (e == ERR_NOT_FOUND)
        return ERR_REFRESH_INVALID;
    if (!e && (user->status != USER_ACTIVE || family->created_at < user->tokens_after))
        return ERR_REFRESH_INVALID;
    bool theirs = !grant || (user->subject && strcmp(user->subject, grant->claims.user_id) == 0 &&
                             user->role == grant->claims.role);
    return !e && !theirs ? ERR_REFRESH_INVALID : e;
}

static enum err end_session(struct call *call, struct tx *tx, const struct token_family *family,
                            struct renewal *renewal)
{
    renewal->revoke = family->provider_token;
    enum err e = token_family_delete(tx, family);
    return e ? e : call_refuse(call, ERR_REFRESH_INVALID);
}

/* Is it the newest one of a session of the provider that there is now? */
static bool is_good(const struct call *call, const struct token_family *family, const struct secret *secret)
{
    return sodium_memcmp(family->newest, secret->hash, sizeof secret->hash) == 0 &&
           family->expires_at > call->now_ms && !family->provider_token == !call->app->identity->remote;
}

static enum err family_load(struct call *call, struct tx *tx, struct secret *secret,
                            struct token_family *family)
{
    const struct refresh_in *in = call->body;

    enum err e = secret_open(call, SECRET_REFRESH, in->refresh_token, secret);
    if (!e)
        e = token_family_load(tx, secret->id, family);
    return e == ERR_CURSOR || e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    struct renewal *renewal = call->prepared;
    struct token_family family;

    enum err e = family_load(call, tx, &renewal->secret, &family);
    if (!e && is_good(call, &family, &renewal->secret))
        renewal->provider_token = family.provider_token;
    return e;
}

/* With another provider of identity: its next access token. */
static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    struct renewal *renewal = arena_zero(call->arena, 1, sizeof *renewal);

    if (!renewal)
        return ERR_MEMORY;
    call->prepared = renewal;
    enum err e = prepare_read(call, look);
    if (e || !renewal->provider_token)
        return e; /* the transaction ends the session */
    e = identity->renew(identity->arg, call->arena, renewal->provider_token, &renewal->given);
    if (!e)
        renewal->grant = &renewal->given;
    return e == ERR_BAD_CREDENTIALS ? ERR_OK : e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct renewal none = {.grant = NULL};
    struct renewal *renewal = call->prepared ? call->prepared : &none;
    bool needs_grant = call->app->identity->remote;
    struct token_family family;
    struct user user;

    renewal->revoke = NULL; /* what an earlier attempt said does not count */
    enum err e = family_load(call, tx, &renewal->secret, &family);
    if (e)
        return e;
    if (!is_good(call, &family, &renewal->secret) || (needs_grant && !renewal->grant))
        return end_session(call, tx, &family, renewal);
    e = owner_load(tx, &family, renewal->grant, &user);
    if (e == ERR_REFRESH_INVALID)
        return end_session(call, tx, &family, renewal);
    return e ? e : session_continue(call, tx, &user, &family, renewal->grant, "Tokens renewed.");
}

static enum err after(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct renewal *renewal = call->prepared;

    if (renewal->revoke)
        identity->revoke(identity->arg, call->arena, renewal->revoke);
    return ERR_OK;
}

static const enum err errors[] = {ERR_REFRESH_INVALID, ERR_OK};

const struct endpoint endpoint_auth_refresh = {
    .name = "auth_refresh",
    .method = METHOD_POST,
    .path = "/auth/refresh",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_LOGIN | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS | ENDPOINT_REMOTE,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &login_fields,
    .prepare = prepare,
    .handle = handle,
    .after = after,
    .errors = errors,
    .tag = "Identity",
    .summary = "Renew the tokens",
    .description = "Each refresh token is good once, for 30 days. Using one a second time ends the session: "
                   "log in again. So "
                   "send one refresh at a time, and keep the new token before anything else.",
};
