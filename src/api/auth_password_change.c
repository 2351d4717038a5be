/* auth_password_change.c - POST /auth/password/change: another password, by the old one. Ends every session
 * of the user but for the one that it begins. Wrong old passwords count like failed logins: who holds
 * somebody's open session must not be able to find out the password by trying. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "sec/password.h"

#include <string.h>

struct change_in {
    const char *current_password, *new_password;
};

static const struct field rows[] = {
    {.name = "current_password",
     PASSWORD_COMPARED(struct change_in, current_password),
     .example = "\"TestPass123!\""},
    {.name = "new_password",
     PASSWORD_NEW(struct change_in, new_password),
     .example = "\"correct horse battery\""},
};
static const struct field_set body = {
    .name = "PasswordChange", .size = sizeof(struct change_in), FIELDS(rows)};

struct change {
    const char *email;
    struct credential kept; /* that the current password was compared with */
    struct credential made;
    struct identity_proof old, proof;
    bool good;
};

static enum err look(struct tx *tx, void *arg)
{
    struct call *call = arg;
    struct change *change = call->prepared;
    struct user user;

    enum err e = user_load(tx, call->caller.user_id, &user);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
    change->email = user.email;
    change->kept = (struct credential){user.subject, user.password_hash};
    return login_may_try(call, tx, user.email);
}

static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct change_in *in = call->body;
    struct change *change = arena_zero(call->arena, 1, sizeof *change);

    if (!change)
        return ERR_MEMORY;
    call->prepared = change;
    enum err e = prepare_read(call, look);
    if (e)
        return e;
    e = identity->prove(identity->arg, call->arena, change->email, &change->kept, in->current_password,
                        &change->old);
    change->good = !e;
    if (e)
        return e == ERR_BAD_CREDENTIALS ? ERR_OK : e; /* counted, and refused, in the transaction */
    e = password_allow(call, "/new_password", in->new_password, change->email);
    if (!e)
        e = identity->change(identity->arg, call->arena, change->email, &change->old, in->current_password,
                             in->new_password, &change->made, &change->proof);
    return password_taken(call, "/new_password", e);
}

/* The current password is compared only if there is nothing else to say: a guess has to cost a try. */
static enum err review(struct call *call, struct tx *tx)
{
    const struct change_in *in = call->body;

    (void)tx;
    return in->new_password
               ? password_allow(call, "/new_password", in->new_password, call->caller.user->email)
               : ERR_OK;
}

static enum err refuse(struct call *call, struct tx *tx, const char *email)
{
    enum err e = login_failed(call, tx, email);
    if (!e)
        e = call_problem(call, "/current_password", ERR_PASSWORD_WRONG, NULL);
    return e == ERR_INVALID ? call_refuse(call, ERR_INVALID) : e;
}

static enum err save(struct call *call, struct tx *tx, const struct change *change, struct user *user)
{
    *user = *call->caller.user;
    bool ours = !call->app->identity->remote;
    if (ours && (!user->password_hash || strcmp(user->password_hash, change->kept.password_hash) != 0))
        return ERR_CONFLICT; /* changed meanwhile */
    user_set_password(user, change->made.password_hash, call->now_ms);
    return user_save(tx, call->caller.user, user);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct change *change = call->prepared;
    struct user user;

    /* What another provider has changed already is not refused any more. */
    bool done = change->good && call->app->identity->remote;
    enum err e = done ? ERR_OK : login_may_try(call, tx, change->email);
    if (e)
        return e;
    if (!change->good)
        return refuse(call, tx, change->email);
    e = save(call, tx, change, &user);
    if (!e)
        e = login_succeeded(call, tx, change->email);
    if (!e)
        e = token_family_delete_id(tx, call->caller.family_id);
    return e ? e
             : session_begin(call, tx, &user, change->proof.grant,
                             "Password changed. Use these tokens from now on.");
}

static const enum err errors[] = {ERR_PASSWORD_WRONG, ERR_PASSWORD_REFUSED, ERR_LOCKED, ERR_CONFLICT, ERR_OK};

const struct endpoint endpoint_auth_password_change = {
    .name = "auth_password_change",
    .method = METHOD_POST,
    .path = "/auth/password/change",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_LOGIN | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &login_fields,
    .prepare = prepare,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Identity",
    .summary = "Change the password",
    .description = "Every session of the user ends; the answer has the tokens of a new one.",
};
