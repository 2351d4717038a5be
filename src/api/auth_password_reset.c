/* auth_password_reset.c - POST /auth/password/reset: a new password, by the token of a reset link, or by the
 * code and the address that it was sent to, where another provider of identity sends codes. Ends every
 * session of the user, and lifts a lock-out: who has the mailbox has the account. A code is short, so a wrong
 * one counts as a failed login; a token of ours cannot be guessed. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "domain/email.h"
#include "sec/password.h"

#include <sodium.h>
#include <string.h>

struct reset_in {
    const char *token, *password, *email;
};

static const struct field rows[] = {
    {.name = "token",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_WRITE_ONLY,
     .offset = offsetof(struct reset_in, token),
     .max = SECRET_TEXT_MAX,
     .help = "From the link in the message, or the code in it."},
    {.name = "password", PASSWORD_NEW(struct reset_in, password), .example = "\"correct horse battery\""},
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct reset_in, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .help = "Where the message went. Needed with a code.",
     .example = "\"john.smith@email.com\""},
};
static const struct field_set body = {.name = "PasswordReset", .size = sizeof(struct reset_in), FIELDS(rows)};

struct reset {
    struct secret secret;
    const char *email;
    struct credential made;
    bool refused; /* the code is wrong */
};

static enum err invalid(struct call *call)
{
    return call_problem(call, "/token", ERR_RESET_INVALID, NULL);
}

static bool is_address_of(struct call *call, const struct user *user)
{
    const struct reset_in *in = call->body;
    const char *said = in->email ? email_login_form(call->arena, in->email) : NULL;
    const char *is = in->email ? email_login_form(call->arena, user->email) : NULL;

    return !in->email || (said && is && strcmp(said, is) == 0);
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
                user->reset_expires_at > call->now_ms && user->status == USER_ACTIVE &&
                is_address_of(call, user);
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

static enum err by_token(struct call *call, struct reset *reset)
{
    const struct reset_in *in = call->body;

    enum err e = secret_open(call, SECRET_RESET, in->token, &reset->secret);
    if (e)
        return e == ERR_CURSOR ? invalid(call) : e;
    return prepare_read(call, look);
}

static enum err look_lockout(struct tx *tx, void *arg)
{
    struct call *call = arg;
    const struct reset_in *in = call->body;

    return login_may_try(call, tx, in->email);
}

static enum err by_code(struct call *call, struct reset *reset)
{
    const struct reset_in *in = call->body;

    reset->email = in->email;
    return in->email
               ? prepare_read(call, look_lockout)
               : call_problem(call, "/email", ERR_FIELD_REQUIRED, "A code needs the address it was sent to.");
}

static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct reset_in *in = call->body;
    struct reset *reset = arena_zero(call->arena, 1, sizeof *reset);

    if (!reset)
        return ERR_MEMORY;
    call->prepared = reset;
    enum err e = identity->remote ? by_code(call, reset) : by_token(call, reset);
    if (!e)
        e = password_allow(call, "/password", in->password, reset->email);
    if (!e)
        e = identity->reset(identity->arg, call->arena, reset->email, in->token, in->password, &reset->made);
    reset->refused = e == ERR_RESET_INVALID;
    return reset->refused ? ERR_OK : password_taken(call, "/password", e);
}

static enum err review_code(struct call *call)
{
    const struct reset_in *in = call->body;

    return in->password ? password_allow(call, "/password", in->password, in->email) : ERR_OK;
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct reset_in *in = call->body;
    struct reset reset = {.email = NULL};
    struct user user = {.email = NULL};
    void *prepared = call->prepared;
    enum err e = ERR_OK;

    if (call->app->identity->remote)
        return review_code(call);
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

static enum err refuse(struct call *call, struct tx *tx)
{
    const struct reset *reset = call->prepared;

    enum err e = login_failed(call, tx, reset->email);
    if (!e)
        e = invalid(call);
    return e == ERR_INVALID ? call_refuse(call, ERR_INVALID) : e;
}

static enum err save(struct call *call, struct tx *tx, const struct user *before)
{
    const struct reset *reset = call->prepared;
    struct user after = *before;

    user_set_password(&after, reset->made.password_hash, call->now_ms + 1);
    return user_save(tx, before, &after);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct reset_in *in = call->body;
    const struct reset *reset = call->prepared;
    bool remote = call->app->identity->remote;
    struct user user;

    if (reset->refused)
        return refuse(call, tx);
    enum err e = remote ? user_find_email(tx, in->email, &user) : owner_load(call, tx, &user);
    if (!e)
        e = save(call, tx, &user);
    else if (e == ERR_NOT_FOUND && remote)
        e = ERR_OK; /* somebody may have an account at the provider who has never logged in here */
    if (!e)
        e = login_succeeded(call, tx, reset->email);
    if (!e)
        reply_message(call, 200, "Password set. Log in with it.");
    return e;
}

static const enum err errors[] = {ERR_RESET_INVALID, ERR_PASSWORD_REFUSED, ERR_LOCKED, ERR_OK};

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
    .description =
        "With the token of the newest link that was asked for, or, with Amazon Cognito, the code and the "
        "address that it was sent to. Every session of the user ends.",
};
