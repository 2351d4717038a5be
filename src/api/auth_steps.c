/* auth_steps.c - see auth_steps.h. */
#include "api/auth_steps.h"

#include "base/settings.h"
#include "call/reply.h"
#include "domain/email.h"
#include "sec/jwt.h"
#include "sec/password.h"
#include "sec/token.h"
#include "store/rec_lockout.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_BYTES = 32, SECOND_MS = 1000, ACCESS_TOKEN_TEXT_MAX = JWT_TEXT_MAX };

/* ---- answers ---- */

static const struct field summary_rows[] = {
    {.name = "user_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user, user_id),
     .example = "\"patient-123\""},
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct user, email),
     .example = "\"john.smith@email.com\""},
    {.name = "role",
     .kind = FIELD_ENUM,
     .offset = offsetof(struct user, role),
     .values = role_names,
     .example = "\"patient\""},
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user, patient_id),
     .help = "Of a patient: the same as user_id.",
     .example = "\"patient-123\""},
    {.name = "name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct user, name),
     .help = "Of staff and admins."},
    {.name = "practice_ids",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct user, practice_ids),
     .help = "Where a member of staff works."},
};
const struct field_set user_summary_fields = {
    .name = "UserSummary", .size = sizeof(struct user), FIELDS(summary_rows)};

struct login {
    const char *access_token, *refresh_token, *token_type;
    int64_t expires_in;
    const struct user *user;
};

static const struct field login_rows[] = {
    {.name = "access_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login, access_token),
     .max = ACCESS_TOKEN_TEXT_MAX,
     .help = "Send it as \"Authorization: Bearer ...\"."},
    {.name = "refresh_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login, refresh_token),
     .help = "For POST /auth/refresh, once: the answer has the next one."},
    {.name = "token_type",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login, token_type),
     .example = "\"Bearer\""},
    {.name = "expires_in",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct login, expires_in),
     .help = "Seconds for which the access token is good.",
     .example = "900"},
    {.name = "user",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct login, user),
     .of = &user_summary_fields},
};
const struct field_set login_fields = {.name = "Login", .size = sizeof(struct login), FIELDS(login_rows)};

static enum err access_token_make(struct call *call, const struct user *user, const char *family_id,
                                  const char **token)
{
    struct token_claims claims = {.role = user->role, .issued_at = call->now_ms};
    const char *token_id = call_new_id(call);

    int user_size = snprintf(claims.user_id, sizeof claims.user_id, "%s", user->user_id);
    int family_size = snprintf(claims.family_id, sizeof claims.family_id, "%s", family_id);
    if (user_size > TOKEN_ID_MAX || family_size > TOKEN_ID_MAX)
        return ERR_DAMAGED; /* we give out shorter ids */
    return token_id ? token_sign(call->app->tokens, call->arena, &claims, token_id, token) : ERR_MEMORY;
}

static int64_t refresh_end(const struct call *call, const struct token_family *family)
{
    int64_t unused = call->now_ms + call->app->settings->refresh_token_days * DAY_MS;
    int64_t last = family->created_at + FAMILY_TTL_MS;
    return unused < last ? unused : last;
}

/* Another provider's access token that names a session of its own (Cognito without token revocation) is led
 * to the family by a record that lives as long as the token. */
static enum err other_name_save(struct tx *tx, const struct token_family *family,
                                const struct identity_grant *grant)
{
    const struct token_family other = {.family_id = grant->claims.family_id,
                                       .user_id = family->user_id,
                                       .created_at = family->created_at,
                                       .expires_at = grant->claims.expires_at,
                                       .root = family->family_id};

    return strcmp(other.family_id, family->family_id) == 0 ? ERR_OK : token_family_save(tx, NULL, &other);
}

static enum err session_save(struct call *call, struct tx *tx, const struct token_family *before,
                             struct token_family *family, const struct identity_grant *grant)
{
    family->expires_at = refresh_end(call, family);
    if (grant && grant->refresh_token)
        family->provider_token = grant->refresh_token;
    enum err e = token_family_save(tx, before, family);
    return !e && grant ? other_name_save(tx, family, grant) : e;
}

static enum err session_issue(struct call *call, struct tx *tx, const struct user *user,
                              const struct token_family *before, struct token_family *family,
                              const struct identity_grant *grant, const char *message)
{
    struct login login = {
        .token_type = "Bearer", .expires_in = call->app->settings->access_token_seconds, .user = user};
    struct secret secret;

    enum err e = secret_make(call, SECRET_REFRESH, family->family_id, &secret, &login.refresh_token);
    if (e)
        return e;
    memcpy(family->newest, secret.hash, sizeof family->newest);
    e = session_save(call, tx, before, family, grant);
    if (!e && !grant)
        e = access_token_make(call, user, family->family_id, &login.access_token);
    if (e)
        return e;
    if (grant) {
        login.access_token = grant->access_token;
        login.expires_in = (grant->claims.expires_at - grant->claims.issued_at) / SECOND_MS;
    }
    reply_token(call, login.access_token);
    reply_object(call, 200, message, &login_fields, &login, false);
    return ERR_OK;
}

enum err session_begin(struct call *call, struct tx *tx, const struct user *user,
                       const struct identity_grant *grant, const char *message)
{
    struct token_family family = {.family_id = grant ? grant->claims.family_id : call_new_id(call),
                                  .user_id = user->user_id,
                                  .created_at = call->now_ms};

    return family.family_id ? session_issue(call, tx, user, NULL, &family, grant, message) : ERR_MEMORY;
}

enum err session_continue(struct call *call, struct tx *tx, const struct user *user,
                          const struct token_family *family, const struct identity_grant *grant,
                          const char *message)
{
    struct token_family next = *family;

    return session_issue(call, tx, user, family, &next, grant, message);
}

/* ---- secrets ---- */

enum err secret_make(struct call *call, const char *use, const char *id, struct secret *secret,
                     const char **text)
{
    uint8_t bits[SECRET_BYTES];
    struct buf plain;

    buf_init(&plain, call->arena);
    call_random(call, bits, sizeof bits);
    buf_add(&plain, bits, sizeof bits);
    buf_text(&plain, id);
    secret->id = id;
    (void)crypto_generichash(secret->hash, sizeof secret->hash, bits, sizeof bits, NULL, 0);
    sodium_memzero(bits, sizeof bits);
    return buf_ok(&plain) ? store_seal_token(call->app->store, call->arena, use, buf_span(&plain), text)
                          : ERR_MEMORY;
}

enum err secret_open(struct call *call, const char *use, const char *text, struct secret *secret)
{
    struct span plain;

    enum err e = store_open_token(call->app->store, call->arena, use, text, &plain);
    if (e)
        return e;
    if (plain.size <= SECRET_BYTES)
        return ERR_CURSOR;
    (void)crypto_generichash(secret->hash, sizeof secret->hash, plain.data, SECRET_BYTES, NULL, 0);
    secret->id = arena_text(call->arena, (const char *)plain.data + SECRET_BYTES, plain.size - SECRET_BYTES);
    return secret->id ? ERR_OK : ERR_MEMORY;
}

/* ---- failed logins ---- */

enum err login_may_try(struct call *call, struct tx *tx, const char *email)
{
    const struct store *store = call->app->store;
    const char *form = email_login_form(tx_arena(tx), email);
    int64_t account = 0, address = 0;

    enum err e =
        form ? lockout_check(tx, store, LOCKOUT_LOGIN_ACCOUNT, form, call->now_ms, &account) : ERR_MEMORY;
    if (!e)
        e = lockout_check(tx, store, LOCKOUT_LOGIN_ADDRESS, call->request.address, call->now_ms, &address);
    if (e || (account == 0 && address == 0))
        return e;
    call->retry_after_s = ((account > address ? account : address) + SECOND_MS - 1) / SECOND_MS;
    return ERR_LOCKED;
}

enum err login_failed(struct call *call, struct tx *tx, const char *email)
{
    const struct store *store = call->app->store;
    const char *form = email_login_form(tx_arena(tx), email);

    enum err e = form ? lockout_add(tx, store, LOCKOUT_LOGIN_ACCOUNT, form, call->now_ms) : ERR_MEMORY;
    return e ? e : lockout_add(tx, store, LOCKOUT_LOGIN_ADDRESS, call->request.address, call->now_ms);
}

enum err login_succeeded(struct call *call, struct tx *tx, const char *email)
{
    const char *form = email_login_form(tx_arena(tx), email);

    return form ? lockout_forget(tx, call->app->store, LOCKOUT_LOGIN_ACCOUNT, form) : ERR_MEMORY;
}

/* ---- passwords ---- */

enum err password_allow(struct call *call, const char *pointer, const char *password, const char *email)
{
    enum err e = password_check(password, email);
    return e ? call_problem(call, pointer, e, NULL) : ERR_OK;
}

enum err password_taken(struct call *call, const char *pointer, enum err e)
{
    return e == ERR_PASSWORD_REFUSED ? call_problem(call, pointer, e, NULL) : e;
}

void user_set_password(struct user *user, const char *hash, int64_t now_ms)
{
    user->password_hash = hash;
    user->reset_hash = NULL;
    user->reset_expires_at = INSTANT_NONE;
    user->tokens_after = now_ms;
}

enum err prepare_read(struct call *call, tx_fn *fn)
{
    struct access access = {.write = false};

    return store_run(call->app->store, &access, call->arena, fn, call);
}
