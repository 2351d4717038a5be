/* auth_logout.c - POST /auth/logout: ends this session, or all of the user's. Its access tokens are dead at
 * once. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"

struct query {
    enum truth everywhere;
};

static const struct field rows[] = {
    {.name = "everywhere",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct query, everywhere),
     .help = "true: on all devices.",
     .example = "false"},
};
static const struct field_set query_fields = {
    .name = "LogoutQuery", .size = sizeof(struct query), FIELDS(rows)};

static enum err end_all(struct call *call, struct tx *tx)
{
    struct user user = *call->caller.user;

    user.tokens_after = call->now_ms + 1; /* what was issued in this very millisecond too */
    return user_save(tx, call->caller.user, &user);
}

/* Of another provider: what is to end there as well. */
struct ending {
    const char *refresh_token;
    const char *subject; /* NULL: this session only */
};

static enum err ending_note(struct call *call, struct tx *tx, bool everywhere)
{
    struct ending *ending = arena_zero(call->arena, 1, sizeof *ending);
    struct token_family family;

    call->prepared = ending;
    enum err e = ending ? token_family_load(tx, call->caller.family_id, &family) : ERR_MEMORY;
    if (!e) {
        ending->refresh_token = family.provider_token;
        ending->subject = everywhere ? call->caller.subject : NULL;
    }
    return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    bool everywhere = query->everywhere == TRUTH_YES;

    enum err e = call->app->identity->remote ? ending_note(call, tx, everywhere) : ERR_OK;
    if (!e)
        e = token_family_delete_id(tx, call->caller.family_id);
    if (!e && everywhere)
        e = end_all(call, tx);
    if (e)
        return e;
    reply_message(call, 200, "Logged out.");
    return ERR_OK;
}

/* The session has ended here, whatever comes of it there: nobody else has its refresh token. */
static enum err after(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct ending *ending = call->prepared;

    if (ending->subject)
        identity->sign_out(identity->arg, call->arena, ending->subject);
    else if (ending->refresh_token)
        identity->revoke(identity->arg, call->arena, ending->refresh_token);
    return ERR_OK;
}

const struct endpoint endpoint_auth_logout = {
    .name = "auth_logout",
    .method = METHOD_POST,
    .path = "/auth/logout",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES,
    .query = &query_fields,
    .handle = handle,
    .after = after,
    .tag = "Identity",
    .summary = "Log out",
    .description =
        "Ends the session of the access token that is sent: neither it nor the refresh token works any more.",
};
