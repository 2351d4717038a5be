/* auth_password_reset_request.c - POST /auth/password/reset-request: somebody has forgotten the password of
 * an address.
 *
 * The answer is the same whether there is an account or not, and so is the work: counters are written either
 * way. What is more for an account, a hash in its record and a message in the outbox, goes into the same
 * commit. Only the newest message's link is good, once, for an hour. An account gets a few messages an hour,
 * then silently none; an address that asks too often is told to wait. Nothing sends the messages yet: they
 * wait in the outbox. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "domain/email.h"
#include "store/rec_lockout.h"
#include "store/rec_outbox.h"

#include <sodium.h>

enum { LINK_TTL_MS = 60 * 60 * 1000, SECOND_MS = 1000 };

struct reset_request_in {
    const char *email;
};

static const struct field rows[] = {
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct reset_request_in, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .example = "\"john.smith@email.com\""},
};
static const struct field_set body = {
    .name = "PasswordResetRequest", .size = sizeof(struct reset_request_in), FIELDS(rows)};

static enum err message_add(struct call *call, struct tx *tx, const struct user *user, const char *token)
{
    struct message message;

    fields_clear(&message_fields, &message);
    message.message_id = call_new_id(call);
    message.kind = MESSAGE_PASSWORD_RESET;
    message.person = user->user_id;
    message.to = user->email;
    message.token = token;
    message.created_at = call->now_ms;
    message.expires_at = call->now_ms + LINK_TTL_MS;
    return message.message_id ? outbox_add(tx, &message) : ERR_MEMORY;
}

static enum err link_make(struct call *call, struct tx *tx, const struct user *user)
{
    struct user after = *user;
    struct secret secret;
    const char *token;
    char hex[2 * sizeof secret.hash + 1];

    enum err e = secret_make(call, SECRET_RESET, user->user_id, &secret, &token);
    if (e)
        return e;
    after.reset_hash = sodium_bin2hex(hex, sizeof hex, secret.hash, sizeof secret.hash);
    after.reset_expires_at = call->now_ms + LINK_TTL_MS;
    e = user_save(tx, user, &after);
    return e ? e : message_add(call, tx, user, token);
}

static enum err link_make_if_known(struct call *call, struct tx *tx, const char *email)
{
    struct user user;

    enum err e = user_find_email(tx, email, &user);
    if (e == ERR_NOT_FOUND || (!e && user.status != USER_ACTIVE))
        return ERR_OK;
    return e ? e : link_make(call, tx, &user);
}

struct waits {
    int64_t address_ms, account_ms; /* 0: may ask */
};

/* How long both have to wait; an address is told. */
static enum err waits_load(struct call *call, struct tx *tx, const char *form, struct waits *waits)
{
    const struct store *store = call->app->store;

    enum err e = form ? lockout_check(tx, store, LOCKOUT_RESET_ADDRESS, call->request.address, call->now_ms,
                                      &waits->address_ms)
                      : ERR_MEMORY;
    if (!e && waits->address_ms > 0) {
        call->retry_after_s = (waits->address_ms + SECOND_MS - 1) / SECOND_MS;
        return ERR_RATE_LIMITED;
    }
    return e ? e : lockout_check(tx, store, LOCKOUT_RESET_ACCOUNT, form, call->now_ms, &waits->account_ms);
}

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    const struct reset_request_in *in = call->body;

    return waits_load(call, tx, email_login_form(call->arena, in->email), call->prepared);
}

/* Another provider sends a code of its own, whether we know the address or not: it may. */
static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct reset_request_in *in = call->body;
    struct waits *waits = arena_zero(call->arena, 1, sizeof *waits);

    if (!waits)
        return ERR_MEMORY;
    call->prepared = waits;
    enum err e = prepare_read(call, look);
    return e || waits->account_ms > 0 ? e : identity->reset_send(identity->arg, call->arena, in->email);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct reset_request_in *in = call->body;
    const struct store *store = call->app->store;
    const char *form = email_login_form(call->arena, in->email);
    struct waits waits = {.account_ms = 0};

    enum err e = waits_load(call, tx, form, &waits);
    if (!e)
        e = lockout_add(tx, store, LOCKOUT_RESET_ADDRESS, call->request.address, call->now_ms);
    if (!e && waits.account_ms == 0)
        e = lockout_add(tx, store, LOCKOUT_RESET_ACCOUNT, form, call->now_ms);
    if (!e && waits.account_ms == 0 && !call->app->identity->remote)
        e = link_make_if_known(call, tx, in->email);
    if (!e)
        reply_message(call, 200,
                      "If there is an account with this address, it gets a message that says how to set a "
                      "new password.");
    return e;
}

const struct endpoint endpoint_auth_password_reset_request = {
    .name = "auth_password_reset_request",
    .method = METHOD_POST,
    .path = "/auth/password/reset-request",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS | ENDPOINT_REMOTE,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .prepare = prepare,
    .handle = handle,
    .tag = "Identity",
    .summary = "Ask for a new password",
    .description = "Answers the same whether there is such an account or not. If there is one, a message "
                   "with a link that is good "
                   "once, for an hour, is put into the outbox. Messages are not sent by this version yet. "
                   "With Amazon Cognito "
                   "the message comes from there, with a code.",
};
