/* auth_password_reset.c - POST /auth/password/reset: a new password, by the token of a reset link. Ends every
 * session of the user, and lifts a lock-out: who has the mailbox has the account. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "sec/password.h"

#include <sodium.h>
#include <string.h>

struct reset_in {
    const char *token, *password;
};

static const struct field rows[] = {
    {.name = "token",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_WRITE_ONLY,
     .offset = offsetof(struct reset_in, token),
     .max = SECRET_TEXT_MAX,
     .help = "From the link in the message."},
    {.name = "password", PASSWORD_NEW(struct reset_in, password), .example = "\"correct horse battery\""},
};
static const struct field_set body = {.name = "PasswordReset", .size = sizeof(struct reset_in), FIELDS(rows)};

struct reset {
    struct secret secret;
    const char *email;
    const char *hash; /* of the new password */
};

static enum err invalid(struct call *call)
{
    return call_problem(call, "/token", ERR_RESET_INVALID, NULL);
}

/* The user whom the token is for, if it is their newest and still good. */
static enum err owner_load(struct call *call, struct tx *tx, struct user *user)
{
    const struct reset *reset = call->prepared;
    char hex[2 * REFRESH_HASH_BYTES + 1];

    enum err e = user_load(tx, reset->secret.id, user);
    if (e)
        return e == ERR_NOT_FOUND ? invalid(call) : e;
    (void)sodium_bin2hex(hex, sizeof hex, reset->secret.hash, sizeof reset->secret.hash);
    bool good = user->reset_hash && strlen(user->reset_hash) == strlen(hex) &&
                sodium_memcmp(user->reset_hash, hex, strlen(hex)) == 0 &&
                user->reset_expires_at > call->now_ms && user->status == USER_ACTIVE;
    return good ? ERR_OK : invalid(call);
}

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    struct reset *reset = call->prepared;
    struct user user;

    enum err e = owner_load(call, tx, &user);
    if (!e)
        reset->email = user.email;
    return e;
}

static enum err prepare(struct call *call)
{
    const struct reset_in *in = call->body;
    struct reset *reset = arena_zero(call->arena, 1, sizeof *reset);

    if (!reset)
        return ERR_MEMORY;
    call->prepared = reset;
    enum err e = secret_open(call, SECRET_RESET, in->token, &reset->secret);
    if (e)
        return e == ERR_CURSOR ? invalid(call) : e;
    e = prepare_read(call, look);
    if (!e)
        e = password_allow(call, "/password", in->password, reset->email);
    return e ? e : password_hash_for(call, in->password, &reset->hash);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct reset_in *in = call->body;
    struct reset reset = {.email = NULL};
    struct user user;
    void *prepared = call->prepared;
    enum err e = ERR_OK;

    call->prepared = &reset;
    if (in->token)
        e = secret_open(call, SECRET_RESET, in->token, &reset.secret);
    if (e == ERR_CURSOR)
        e = invalid(call);
    else if (in->token && !e)
        e = owner_load(call, tx, &user);
    if (in->token && !e)
        reset.email = user.email;
    call->prepared = prepared;
    return in->password ? call_also(e, password_allow(call, "/password", in->password, reset.email)) : e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct reset *reset = call->prepared;
    struct user before;

    enum err e = owner_load(call, tx, &before);
    if (e)
        return e;
    struct user after = before;
    user_set_password(&after, reset->hash, call->now_ms + 1);
    e = user_save(tx, &before, &after);
    if (!e)
        e = login_succeeded(call, tx, after.email);
    if (!e)
        reply_message(call, 200, "Password set. Log in with it.");
    return e;
}

static const enum err errors[] = {ERR_RESET_INVALID, ERR_OK};

const struct endpoint endpoint_auth_password_reset = {
    .name = "auth_password_reset",
    .method = METHOD_POST,
    .path = "/auth/password/reset",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .prepare = prepare,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Identity",
    .summary = "Set a new password",
    .description = "With the token of the newest link that was asked for. Every session of the user ends.",
};
