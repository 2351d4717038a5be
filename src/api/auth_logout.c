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

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;

    enum err e = token_family_delete_id(tx, call->caller.family_id);
    if (!e && query->everywhere == TRUTH_YES)
        e = end_all(call, tx);
    if (e)
        return e;
    reply_message(call, 200, "Logged out.");
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
    .tag = "Identity",
    .summary = "Log out",
    .description =
        "Ends the session of the access token that is sent: neither it nor the refresh token works any more.",
};
