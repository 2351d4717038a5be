/* user_read.c - GET /users/{user_id}: one user, patients too. */
#include "api/endpoint.h"
#include "api/user_steps.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct user user;

    enum err e = user_load_managed(call, tx, call->path_params[0], &user);
    return e ? e : user_reply(call, 200, "User.", &user);
}

const struct endpoint endpoint_user_read = {
    .name = "user_read",
    .method = METHOD_GET,
    .path = "/users/{user_id}",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_VERSIONED,
    .data = &user_fields,
    .handle = handle,
    .tag = "Users",
    .summary = "Read a user",
    .description = "Admins only.",
};
