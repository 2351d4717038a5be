/* auth_login.c - POST /auth/login: tokens for an address and a password.
 *
 * Nothing tells whether an account exists: an unknown address, a wrong password and a disabled account do the
 * same work, write the same records and get the same answer. Failures are counted in the transaction, and
 * whoever has to wait is refused there once more, so that sixty-four guesses at once are worth no more than
 * three. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "api/grant_steps.h"
#include "call/reply.h"
#include "domain/email.h"

#include <string.h>

struct login_in {
    const char *email, *password;
};

static const struct field rows[] = {
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct login_in, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .example = "\"john.smith@email.com\""},
    {.name = "password", PASSWORD_COMPARED(struct login_in, password), .example = "\"TestPass123!\""},
};
static const struct field_set body = {.name = "LoginRequest", .size = sizeof(struct login_in), FIELDS(rows)};

struct attempt {
    const char *user_id;
    struct credential kept; /* that the password was compared with; none: nobody can log in so */
    struct identity_proof proof;
    bool good;
};

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    const struct login_in *in = call->body;
    struct attempt *attempt = call->prepared;
    struct user user;

    enum err e = login_may_try(call, tx, in->email);
    if (!e)
        e = user_find_email(tx, in->email, &user);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    attempt->user_id = user.user_id;
    if (user.status == USER_ACTIVE)
        attempt->kept = (struct credential){user.subject, user.password_hash};
    return ERR_OK;
}

static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct login_in *in = call->body;
    struct attempt *attempt = arena_zero(call->arena, 1, sizeof *attempt);

    if (!attempt)
        return ERR_MEMORY;
    call->prepared = attempt;
    enum err e = prepare_read(call, look);
    if (e)
        return e;
    e = identity->prove(identity->arg, call->arena, in->email, &attempt->kept, in->password, &attempt->proof);
    attempt->good = !e;
    return e == ERR_BAD_CREDENTIALS ? ERR_OK : e;
}

/* The account as it is now; ERR_BAD_CREDENTIALS if it was disabled or got another password meanwhile. */
static enum err load(struct tx *tx, const struct attempt *attempt, struct user *user)
{
    enum err e = user_load(tx, attempt->user_id, user);

    if (e == ERR_NOT_FOUND)
        return ERR_BAD_CREDENTIALS;
    if (!e && (user->status != USER_ACTIVE || !user->password_hash ||
               strcmp(user->password_hash, attempt->kept.password_hash) != 0))
        return ERR_BAD_CREDENTIALS;
    return e;
}

static enum err rehash(struct tx *tx, const struct attempt *attempt, const struct user *user)
{
    struct user after = *user;

    if (!attempt->proof.rehash)
        return ERR_OK;
    after.password_hash = attempt->proof.rehash;
    return user_save(tx, user, &after);
}

/* Whose login it is, if the password was right. */
static enum err owner(struct call *call, struct tx *tx, const struct attempt *attempt, struct user *user)
{
    if (!attempt->good)
        return ERR_BAD_CREDENTIALS;
    if (attempt->proof.grant)
        return grant_owner(call, tx, attempt->proof.grant, user);
    enum err e = load(tx, attempt, user);
    return e ? e : rehash(tx, attempt, user);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct login_in *in = call->body;
    const struct attempt *attempt = call->prepared;
    struct user user;

    enum err e = login_may_try(call, tx, in->email);
    if (e)
        return e;
    e = owner(call, tx, attempt, &user);
    if (e == ERR_BAD_CREDENTIALS) {
        e = login_failed(call, tx, in->email);
        return e ? e : call_refuse(call, ERR_BAD_CREDENTIALS);
    }
    if (!e)
        e = login_succeeded(call, tx, in->email);
    return e ? e : session_begin(call, tx, &user, attempt->proof.grant, "Logged in.");
}

static const enum err errors[] = {
    ERR_BAD_CREDENTIALS, ERR_LOCKED, ERR_NOT_CONFIRMED, ERR_PASSWORD_RESET_REQUIRED, ERR_LOGIN_STEP,
    ERR_ROLE_MISMATCH,   ERR_OK};

const struct endpoint endpoint_auth_login = {
    .name = "auth_login",
    .method = METHOD_POST,
    .path = "/auth/login",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_LOGIN | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &login_fields,
    .prepare = prepare,
    .handle = handle,
    .errors = errors,
    .tag = "Identity",
    .summary = "Log in",
    .description = "Answers with an access token (also as `token`, beside `data`) and a refresh token. After "
                   "a few wrong passwords "
                   "further tries have to wait, longer each time, and after ten for a quarter of an hour: "
                   "429 with Retry-After.",
};
