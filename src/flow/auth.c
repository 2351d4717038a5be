/* auth.c - who is it? Before the transaction, from the access token alone, which costs no look into the
 * store: enough to refuse a stranger and to read input by the caller's role. Inside it, from the stored user,
 * which decides: somebody who was disabled, has logged out, or has changed the password since has no say any
 * more, whatever the token says. */
#include "flow/step.h"

#include "api/endpoint.h"
#include "sec/identity.h"
#include "store/rec_token_family.h"

#include <string.h>
#include <strings.h>

static bool is_authorization(const struct header *header)
{
    return strcasecmp(header->name, "Authorization") == 0;
}

/* The token of the one Authorization header (RFC 6750 section 2.1); NULL if there is no such header. */
static enum err bearer_token(const struct call *call, const char **token)
{
    const char *value = NULL;

    for (size_t i = 0; i < call->request.header_count; i++) {
        if (!is_authorization(&call->request.headers[i]))
            continue;
        if (value) /* two identities are none */
            return ERR_UNAUTHENTICATED;
        value = call->request.headers[i].value;
    }
    if (value && strncasecmp(value, "Bearer ", strlen("Bearer ")) != 0)
        return ERR_UNAUTHENTICATED;
    if (value)
        value += strlen("Bearer ") + strspn(value + strlen("Bearer "), " ");
    *token = value;
    return ERR_OK;
}

static enum err caller_set(struct call *call, const struct token_claims *claims)
{
    struct caller *caller = &call->caller;
    const char *user_id = arena_dup(call->arena, claims->user_id);
    const char *family_id = arena_dup(call->arena, claims->family_id);

    if (!user_id || !family_id)
        return ERR_MEMORY;
    caller->user_id = caller->subject = user_id;
    caller->family_id = caller->session = family_id;
    caller->token_role = (enum role)claims->role;
    caller->token_issued_at = claims->issued_at;
    return ERR_OK;
}

/* Whoever asks, the answer is the same. */
static bool is_for_everybody(const struct endpoint *endpoint)
{
    return endpoint->roles == ROLES_PUBLIC && !(endpoint->flags & ENDPOINT_CALLER);
}

static enum err counted_set(struct call *call, const char *user_id)
{
    call->counted_as = arena_dup(call->arena, user_id);
    return call->counted_as ? ERR_OK : ERR_MEMORY;
}

/* A role that changes voids the tokens that say the old one, so refusing by the token's role is right, and
 * early: before the body is read. */
static enum err role_check(const struct endpoint *endpoint, int32_t role)
{
    return !endpoint->roles || (endpoint->roles & ROLE_BIT(role)) ? ERR_OK : ERR_FORBIDDEN;
}

static enum err token_read(struct call *call, struct token_claims *claims, bool *given, const char **why)
{
    const struct identity *identity = call->app->identity;
    const char *token = NULL;

    enum err e = bearer_token(call, &token);
    *given = token != NULL;
    if (e || !token)
        return e;
    return identity->token_check(identity->arg, call->arena, token, call->now_ms, claims, why);
}

enum err auth_token(struct call *call)
{
    const struct endpoint *endpoint = call->endpoint;
    struct token_claims claims;
    const char *why = NULL;
    bool given;

    if (endpoint->flags & ENDPOINT_SECRETS)
        arena_hold_secrets(call->arena);
    if (endpoint->flags & ENDPOINT_ANONYMOUS)
        return ERR_OK;
    enum err e = token_read(call, &claims, &given, &why);
    if (is_for_everybody(endpoint))
        return given && !e ? counted_set(call, claims.user_id) : ERR_OK;
    if (e == ERR_UNAUTHENTICATED)
        call->detail = why;
    if (!e && !given)
        return endpoint->roles ? ERR_UNAUTHENTICATED : ERR_OK;
    if (!e)
        e = role_check(endpoint, claims.role);
    if (!e)
        e = counted_set(call, claims.user_id);
    return e ? e : caller_set(call, &claims);
}

/* The family is the login itself: it is deleted by a logout and by a reused refresh token. */
static enum err still_valid(const struct call *call, struct tx *tx, const struct user *user)
{
    if (user->status != USER_ACTIVE || call->caller.token_issued_at < user->tokens_after)
        return ERR_UNAUTHENTICATED;
    enum err e = token_family_alive(tx, call->caller.family_id);
    return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
}

/* Another provider's token says whom that knows, in which of its sessions; who they are here, the session's
 * own record says. Who changes roles, passwords or the like ends sessions that began before, so the session's
 * age counts and not the token's. */
static enum err session_caller(struct call *call, struct tx *tx, struct user *user)
{
    struct caller *caller = &call->caller;
    struct token_family family;

    enum err e = token_family_load(tx, caller->session, &family);
    if (!e)
        e = user_load(tx, family.user_id, user);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
    bool theirs = user->subject && strcmp(user->subject, caller->subject) == 0;
    if (!theirs || user->status != USER_ACTIVE || family.created_at < user->tokens_after ||
        user->role != (int32_t)caller->token_role)
        return ERR_UNAUTHENTICATED;
    caller->user_id = user->user_id;
    caller->family_id = family.family_id;
    return ERR_OK;
}

static enum err token_caller(const struct call *call, struct tx *tx, struct user *user)
{
    enum err e = user_load(tx, call->caller.user_id, user);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
    return still_valid(call, tx, user);
}

enum err auth_caller(struct call *call, struct tx *tx)
{
    call->caller.user = NULL; /* of an earlier run of the transaction */
    if (!call->caller.user_id)
        return ERR_OK; /* auth_token has refused where somebody is needed */
    struct user *user = arena_alloc(call->arena, sizeof *user);
    if (!user)
        return ERR_MEMORY;
    enum err e = call->app->identity->remote ? session_caller(call, tx, user) : token_caller(call, tx, user);
    if (!e)
        e = role_check(call->endpoint, user->role);
    if (!e)
        call->caller.user = user;
    return e;
}
