/* cognito.c - see cognito.h.
 *
 * A pool is asked under the person's subject, which it takes as a user name, or, where we know none yet,
 * under the e-mail address. Nothing is sent twice by itself: an account that was made although its answer was
 * lost is found, and taken over, by the next try (ADOPT_PROVEN, ADOPT_ANY). */
#include "outside/cognito.h"

#include "base/log.h"
#include "outside/cognito_ask.h"
#include "outside/cognito_keys.h"
#include "outside/cognito_token.h"
#include "sec/token_cache.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 32, URL_TEXT = 512 };

struct cognito {
    struct cognito_options options;
    struct http_client *http;
    struct aws_keys *aws_keys;
    struct aws_client client;
    struct cognito_keys *keys;
    struct token_cache *cache;
    struct cognito_expect expect;
    char issuer[URL_TEXT], keys_url[URL_TEXT + 32];
};

/* ---- asking ---- */

struct request {
    struct buf buf;
    struct json_writer writer;
};

static void request_begin(struct request *request, struct arena *arena)
{
    buf_init(&request->buf, arena);
    request->writer = json_writer(&request->buf);
    json_object_begin(&request->writer, NULL);
}

static enum err request_send(struct cognito *cognito, enum cognito_action action, struct request *request,
                             const struct json **answer)
{
    json_object_end(&request->writer);
    return buf_ok(&request->buf)
               ? cognito_ask(&cognito->client, request->buf.arena, action, buf_span(&request->buf), answer)
               : ERR_MEMORY;
}

/* One of the client's own actions. */
static void client_begin(struct cognito *cognito, struct request *request, struct arena *arena)
{
    request_begin(request, arena);
    json_text(&request->writer, "ClientId", cognito->options.client_id);
}

/* An admin's action about somebody. */
static void admin_begin(struct cognito *cognito, struct request *request, struct arena *arena,
                        const char *who)
{
    request_begin(request, arena);
    json_text(&request->writer, "UserPoolId", cognito->options.pool_id);
    json_text(&request->writer, "Username", who);
}

static enum err admin_do(struct cognito *cognito, struct arena *arena, enum cognito_action action,
                         const char *who)
{
    const struct json *answer;
    struct request request;

    admin_begin(cognito, &request, arena, who);
    return request_send(cognito, action, &request, &answer);
}

static void attribute_write(struct json_writer *writer, const char *name, const char *value)
{
    json_object_begin(writer, NULL);
    json_text(writer, "Name", name);
    json_text(writer, "Value", value);
    json_object_end(writer);
}

/* An address counts as verified because whoever made the account says so, as with built-in logins: without
 * that Cognito would send no code for a new password to it. */
static void email_write(struct json_writer *writer, const char *email)
{
    json_array_begin(writer, "UserAttributes");
    attribute_write(writer, "email", email);
    attribute_write(writer, "email_verified", "true");
    json_array_end(writer);
}

/* What only a person's own answer may mean; else it is a matter between us and Cognito. */
static enum err ours(enum err e)
{
    return e == ERR_FIELD_VALUE || e == ERR_NOT_FOUND || e == ERR_BAD_CREDENTIALS ? ERR_OUTSIDE : e;
}

/* ---- tokens ---- */

struct check {
    struct cognito *cognito;
    struct arena *arena;
    const char *token;
    int64_t now_ms;
    struct token_claims *claims;
    struct cognito_person *person; /* NULL: it is an access token */
    const char **why;
};

/* A token that was verified with one set of keys counts for nothing with the next. */
static void hash_of(const struct check *check, uint64_t generation, uint8_t hash[static TOKEN_HASH_BYTES])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, TOKEN_HASH_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)&generation, sizeof generation);
    (void)crypto_generichash_update(&state, (const uint8_t *)check->token, strlen(check->token));
    (void)crypto_generichash_final(&state, hash, TOKEN_HASH_BYTES);
}

static enum err access_check(const struct jwks *jwks, uint64_t generation, void *arg)
{
    const struct check *check = arg;
    uint8_t hash[TOKEN_HASH_BYTES];
    struct token_cache *cache = check->cognito->cache;

    hash_of(check, generation, hash);
    if (token_cache_find(cache, hash, check->claims))
        return check->claims->expires_at > check->now_ms ? ERR_OK : ERR_TOKEN_EXPIRED;
    enum err e = cognito_access_token(check->arena, jwks, &check->cognito->expect, check->token,
                                      check->now_ms, check->claims, check->why);
    if (!e)
        token_cache_add(cache, hash, check->claims);
    return e;
}

static enum err id_check(const struct jwks *jwks, uint64_t generation, void *arg)
{
    const struct check *check = arg;

    (void)generation;
    return cognito_id_token(check->arena, jwks, &check->cognito->expect, check->token, check->now_ms,
                            check->person, check->why);
}

static enum err token_check(void *arg, struct arena *arena, const char *token, int64_t now_ms,
                            struct token_claims *claims, const char **why)
{
    struct check check = {arg, arena, token, now_ms, claims, NULL, why};

    if (strnlen(token, JWT_TEXT_MAX + 1) > JWT_TEXT_MAX) {
        *why = "The access token is no JWT.";
        return ERR_UNAUTHENTICATED;
    }
    return cognito_keys_use(check.cognito->keys, access_check, &check);
}

static void keys_fetch(void *arg)
{
    const struct cognito *cognito = arg;

    cognito_keys_fetch(cognito->keys);
}

static void keys_write(void *arg, struct json_writer *writer)
{
    const struct cognito *cognito = arg;

    cognito_keys_write(cognito->keys, writer);
}

/* A token that Cognito has just given us: if the keys do not say so, they are fetched. */
static enum err fresh_check(struct check *check, cognito_keys_fn *fn)
{
    enum err e = cognito_keys_use(check->cognito->keys, fn, check);

    if (e == ERR_IDENTITY_DOWN) {
        cognito_keys_fetch(check->cognito->keys);
        e = cognito_keys_use(check->cognito->keys, fn, check);
    }
    if (e != ERR_UNAUTHENTICATED && e != ERR_TOKEN_EXPIRED)
        return e;
    if (e == ERR_UNAUTHENTICATED && !*check->why)
        return ERR_IDENTITY_DOWN; /* a key that is newer than the set, which was fetched a moment ago */
    log_line(LOG_WARN, "identity_provider_failed", LOG_TEXT("step", "InitiateAuth"),
             LOG_TEXT("reason", *check->why ? *check->why : err_info(e)->code));
    return ERR_OUTSIDE;
}

/* ---- sessions ---- */

/* With a challenge in place of tokens, the password was right, and more is wanted. */
static enum err challenge_of(const struct json *answer)
{
    const char *name = jwt_text(answer, "ChallengeName", AWS_ERROR_MAX);

    if (!name)
        return ERR_OUTSIDE;
    return strcmp(name, "NEW_PASSWORD_REQUIRED") == 0 ? ERR_PASSWORD_RESET_REQUIRED : ERR_LOGIN_STEP;
}

static enum err tokens_check(struct cognito *cognito, struct arena *arena, const char *id_token,
                             struct identity_grant *grant)
{
    const char *why = NULL;
    struct cognito_person person = {.email = NULL};
    struct check check = {cognito, arena, grant->access_token, cognito->options.clock(), &grant->claims,
                          &person, &why};

    enum err e = fresh_check(&check, access_check);
    check.token = id_token;
    if (!e && id_token)
        e = fresh_check(&check, id_check);
    if (!e && id_token && strcmp(person.subject, grant->claims.user_id) != 0)
        e = ERR_OUTSIDE;
    if (!e)
        grant->email = person.email;
    return e;
}

static enum err grant_read(struct cognito *cognito, struct arena *arena, const struct json *answer,
                           struct identity_grant *grant)
{
    const struct json *result = json_member(answer, "AuthenticationResult");
    struct identity_grant read = {.access_token = jwt_text(result, "AccessToken", JWT_TEXT_MAX),
                                  .refresh_token = jwt_text(result, "RefreshToken", IDENTITY_TOKEN_MAX)};

    if (!result || result->kind == JSON_NULL)
        return challenge_of(answer);
    if (!read.access_token)
        return ERR_OUTSIDE;
    enum err e = tokens_check(cognito, arena, jwt_text(result, "IdToken", JWT_TEXT_MAX), &read);
    if (!e)
        *grant = read;
    return e;
}

static enum err log_in(struct cognito *cognito, struct arena *arena, const char *email, const char *password,
                       struct identity_grant *grant)
{
    const struct json *answer;
    struct request request;

    client_begin(cognito, &request, arena);
    json_text(&request.writer, "AuthFlow", "USER_PASSWORD_AUTH");
    json_object_begin(&request.writer, "AuthParameters");
    json_text(&request.writer, "USERNAME", email);
    json_text(&request.writer, "PASSWORD", password);
    json_object_end(&request.writer);
    enum err e = request_send(cognito, COGNITO_INITIATE_AUTH, &request, &answer);
    if (!e)
        e = grant_read(cognito, arena, answer, grant);
    if (!e && !grant->refresh_token)
        e = ERR_OUTSIDE;
    if (e == ERR_PASSWORD_REFUSED || e == ERR_FIELD_VALUE)
        return ERR_BAD_CREDENTIALS; /* one that it would never take is nobody's */
    return e == ERR_NOT_FOUND ? ERR_OUTSIDE : e;
}

static enum err prove(void *arg, struct arena *arena, const char *email, const struct credential *kept,
                      const char *password, struct identity_proof *proof)
{
    struct identity_grant *grant = arena_zero(arena, 1, sizeof *grant);

    (void)kept;
    if (!grant)
        return ERR_MEMORY;
    enum err e = log_in(arg, arena, email, password, grant);
    if (!e)
        *proof = (struct identity_proof){.grant = grant};
    return e;
}

static enum err renew(void *arg, struct arena *arena, const char *refresh_token, struct identity_grant *grant)
{
    struct cognito *cognito = arg;
    const struct json *answer;
    struct request request;

    client_begin(cognito, &request, arena);
    json_text(&request.writer, "AuthFlow", "REFRESH_TOKEN_AUTH");
    json_object_begin(&request.writer, "AuthParameters");
    json_text(&request.writer, "REFRESH_TOKEN", refresh_token);
    json_object_end(&request.writer);
    enum err e = request_send(cognito, COGNITO_INITIATE_AUTH, &request, &answer);
    if (!e)
        e = grant_read(cognito, arena, answer, grant);
    return e == ERR_FIELD_VALUE ? ERR_BAD_CREDENTIALS : e == ERR_NOT_FOUND ? ERR_OUTSIDE : e;
}

static void ended(enum err e, const char *step)
{
    if (e && e != ERR_BAD_CREDENTIALS) /* that session, or that person, is gone already */
        log_line(LOG_WARN, "identity_session_not_ended", LOG_TEXT("step", step),
                 LOG_TEXT("code", err_info(e)->code));
}

static void revoke(void *arg, struct arena *arena, const char *refresh_token)
{
    struct cognito *cognito = arg;
    const struct json *answer;
    struct request request;

    client_begin(cognito, &request, arena);
    json_text(&request.writer, "Token", refresh_token);
    enum err e = request_send(cognito, COGNITO_REVOKE_TOKEN, &request, &answer);
    ended(e, "RevokeToken");
}

static void sign_out(void *arg, struct arena *arena, const char *subject)
{
    ended(admin_do(arg, arena, COGNITO_ADMIN_USER_GLOBAL_SIGN_OUT, subject), "AdminUserGlobalSignOut");
}

/* ---- accounts ---- */

static enum err attribute_find(const struct json *attributes, const char *name, const char **value)
{
    const struct json *each = attributes && attributes->kind == JSON_ARRAY ? attributes->first : NULL;

    for (; each; each = each->next) {
        const char *is = jwt_text(each, "Name", IDENTITY_SUBJECT_MAX);
        if (is && strcmp(is, name) == 0) {
            *value = jwt_text(each, "Value", IDENTITY_SUBJECT_MAX);
            return *value ? ERR_OK : ERR_OUTSIDE;
        }
    }
    return ERR_OUTSIDE;
}

static enum err create(struct cognito *cognito, struct arena *arena, const char *email, const char *password,
                       const char **subject)
{
    const struct json *answer;
    struct request request;

    admin_begin(cognito, &request, arena, email);
    json_text(&request.writer, "MessageAction", "SUPPRESS");
    json_text(&request.writer, "TemporaryPassword", password);
    email_write(&request.writer, email);
    enum err e = request_send(cognito, COGNITO_ADMIN_CREATE_USER, &request, &answer);
    if (!e)
        e = attribute_find(json_member(json_member(answer, "User"), "Attributes"), "sub", subject);
    return e == ERR_FIELD_VALUE ? ERR_PASSWORD_REFUSED : ours(e); /* the address was looked at before */
}

static enum err password_set(struct cognito *cognito, struct arena *arena, const char *subject,
                             const char *password)
{
    const struct json *answer;
    struct request request;

    admin_begin(cognito, &request, arena, subject);
    json_text(&request.writer, "Password", password);
    json_boolean(&request.writer, "Permanent", true);
    enum err e = request_send(cognito, COGNITO_ADMIN_SET_USER_PASSWORD, &request, &answer);
    return e == ERR_FIELD_VALUE ? ERR_PASSWORD_REFUSED : ours(e);
}

static enum err group_set(struct cognito *cognito, struct arena *arena, const char *subject,
                          const char *group, bool member)
{
    const struct json *answer;
    struct request request;

    admin_begin(cognito, &request, arena, subject);
    json_text(&request.writer, "GroupName", group);
    enum err e =
        request_send(cognito, member ? COGNITO_ADMIN_ADD_USER_TO_GROUP : COGNITO_ADMIN_REMOVE_USER_FROM_GROUP,
                     &request, &answer);
    return !member && e == ERR_NOT_FOUND ? ERR_OK : ours(e); /* nobody is in a group that is not there */
}

/* The first role needs no group; who gets less loses the old group first. */
static enum err groups_set(struct cognito *cognito, struct arena *arena, const char *subject, int32_t role,
                           bool all)
{
    const char *const *roles = cognito->options.roles;
    enum err e = ERR_OK;

    for (int32_t i = 2; all && !e && roles[i - 1]; i++)
        if (i != role)
            e = group_set(cognito, arena, subject, roles[i - 1], false);
    return !e && role > 1 ? group_set(cognito, arena, subject, roles[role - 1], true) : e;
}

static enum err subject_copy(struct arena *arena, const char *subject, struct credential *made)
{
    *made = (struct credential){.subject = arena_dup(arena, subject)};
    return made->subject ? ERR_OK : ERR_MEMORY;
}

static enum err adopt_proven(struct cognito *cognito, struct arena *arena, const char *email,
                             const char *password, struct credential *made)
{
    struct identity_grant grant = {.email = NULL};

    enum err e = log_in(cognito, arena, email, password, &grant);
    if (e == ERR_BAD_CREDENTIALS || e == ERR_PASSWORD_RESET_REQUIRED || e == ERR_LOGIN_STEP ||
        e == ERR_NOT_CONFIRMED)
        return ERR_EMAIL_TAKEN;
    if (!e && grant.claims.role != 1)
        return ERR_EMAIL_TAKEN; /* somebody's who has been given more */
    return e ? e : subject_copy(arena, grant.claims.user_id, made);
}

static enum err adopt_any(struct cognito *cognito, struct arena *arena,
                          const struct identity_account *account, const char *password,
                          struct credential *made)
{
    const struct json *answer;
    struct request request;
    const char *subject = NULL;

    admin_begin(cognito, &request, arena, account->email);
    enum err e = ours(request_send(cognito, COGNITO_ADMIN_GET_USER, &request, &answer));
    if (!e)
        e = attribute_find(json_member(answer, "UserAttributes"), "sub", &subject);
    if (!e)
        e = password_set(cognito, arena, subject, password);
    if (!e)
        e = groups_set(cognito, arena, subject, account->role, true);
    if (!e)
        e = ours(admin_do(cognito, arena, COGNITO_ADMIN_ENABLE_USER, subject));
    return e ? e : subject_copy(arena, subject, made);
}

/* An account that is half made would be in the way of the next try. */
static enum err complete(struct cognito *cognito, struct arena *arena, const struct identity_account *account,
                         const char *subject, const char *password, struct credential *made)
{
    enum err e = password_set(cognito, arena, subject, password);

    if (!e)
        e = groups_set(cognito, arena, subject, account->role, false);
    if (!e)
        e = subject_copy(arena, subject, made);
    if (e)
        ended(admin_do(cognito, arena, COGNITO_ADMIN_DELETE_USER, subject), "AdminDeleteUser");
    return e;
}

static enum err make(void *arg, struct arena *arena, const struct identity_account *account,
                     const char *password, enum identity_adopt adopt, struct credential *made)
{
    const char *subject = NULL;

    enum err e = create(arg, arena, account->email, password, &subject);
    if (!e)
        return complete(arg, arena, account, subject, password, made);
    if (e != ERR_EMAIL_TAKEN)
        return e;
    return adopt == ADOPT_ANY ? adopt_any(arg, arena, account, password, made)
                              : adopt_proven(arg, arena, account->email, password, made);
}

static enum err rename_account(void *arg, struct arena *arena, const char *subject, const char *email)
{
    const struct json *answer;
    struct request request;

    admin_begin(arg, &request, arena, subject);
    email_write(&request.writer, email);
    return ours(request_send(arg, COGNITO_ADMIN_UPDATE_USER_ATTRIBUTES, &request, &answer));
}

static enum err update(void *arg, struct arena *arena, const struct identity_account *account)
{
    enum cognito_action action = account->active ? COGNITO_ADMIN_ENABLE_USER : COGNITO_ADMIN_DISABLE_USER;

    enum err e = groups_set(arg, arena, account->subject, account->role, true);
    return e ? e : ours(admin_do(arg, arena, action, account->subject));
}

/* ---- passwords ---- */

static enum err change(void *arg, struct arena *arena, const char *email, const struct identity_proof *old,
                       const char *old_password, const char *password, struct credential *made,
                       struct identity_proof *proof)
{
    const struct credential none = {.subject = NULL};
    const struct json *answer;
    struct request request;

    request_begin(&request, arena);
    json_text(&request.writer, "PreviousPassword", old_password);
    json_text(&request.writer, "ProposedPassword", password);
    json_text(&request.writer, "AccessToken", old->grant->access_token);
    enum err e = request_send(arg, COGNITO_CHANGE_PASSWORD, &request, &answer);
    if (e)
        return e == ERR_FIELD_VALUE ? ERR_PASSWORD_REFUSED : ours(e);
    sign_out(arg, arena, old->grant->claims.user_id); /* everywhere; a new session begins */
    e = subject_copy(arena, old->grant->claims.user_id, made);
    return e ? e : ours(prove(arg, arena, email, &none, password, proof));
}

static enum err reset_send(void *arg, struct arena *arena, const char *email)
{
    const struct json *answer;
    struct request request;

    client_begin(arg, &request, arena);
    json_text(&request.writer, "Username", email);
    enum err e = request_send(arg, COGNITO_FORGOT_PASSWORD, &request, &answer);
    /* Nobody, somebody who is disabled, or without a verified address: the answer is the same for all. So it
     * is for who has asked too often: they have their messages. */
    bool silent = e == ERR_BAD_CREDENTIALS || e == ERR_FIELD_VALUE || e == ERR_NOT_CONFIRMED ||
                  e == ERR_RATE_LIMITED || e == ERR_PASSWORD_RESET_REQUIRED;
    return silent ? ERR_OK : ours(e);
}

static enum err reset(void *arg, struct arena *arena, const char *email, const char *code,
                      const char *password, struct credential *made)
{
    const struct json *answer;
    struct request request;

    client_begin(arg, &request, arena);
    json_text(&request.writer, "Username", email);
    json_text(&request.writer, "ConfirmationCode", code);
    json_text(&request.writer, "Password", password);
    enum err e = request_send(arg, COGNITO_CONFIRM_FORGOT_PASSWORD, &request, &answer);
    *made = (struct credential){.subject = NULL};
    if (e == ERR_BAD_CREDENTIALS || e == ERR_FIELD_VALUE || e == ERR_NOT_CONFIRMED)
        return ERR_RESET_INVALID;
    return ours(e);
}

/* ---- life ---- */

static bool places_set(struct cognito *cognito)
{
    const struct cognito_options *options = &cognito->options;

    cognito->client = (struct aws_client){.http = cognito->http,
                                          .keys = cognito->aws_keys,
                                          .clock = options->clock,
                                          .service = "cognito-idp",
                                          .region = options->region};
    if (!aws_client_init(&cognito->client, "cognito-idp", options->endpoint))
        return false;
    int size = snprintf(cognito->issuer, sizeof cognito->issuer, "%s/%s", cognito->client.endpoint,
                        options->pool_id);
    if (size < 0 || (size_t)size >= sizeof cognito->issuer)
        return false;
    (void)snprintf(cognito->keys_url, sizeof cognito->keys_url, "%s/.well-known/jwks.json", cognito->issuer);
    cognito->expect = (struct cognito_expect){cognito->issuer, options->client_id, options->roles};
    return true;
}

struct cognito *cognito_new(const struct cognito_options *options, const char **why)
{
    struct http_client_options http = {.connections_max = CONNECTIONS_MAX};
    struct cognito *cognito = NULL;

    if (http_client_start(why))
        return NULL;
    *why = "There is not enough memory for the identity provider.";
    cognito = calloc(1, sizeof *cognito);
    if (!cognito)
        return NULL;
    cognito->options = *options;
    cognito->http = http_client_new(&http);
    cognito->aws_keys = aws_keys_new(options->get, options->clock);
    cognito->cache = token_cache_new();
    bool placed = cognito->http && cognito->aws_keys && places_set(cognito);
    if (cognito->http && cognito->aws_keys && !placed)
        *why = "COGNITO_ENDPOINT has a path, or it is too long with the pool's id.";
    if (placed)
        cognito->keys = cognito_keys_new(cognito->http, cognito->keys_url, options->clock);
    if (cognito->keys && cognito->cache)
        return cognito;
    cognito_free(cognito);
    return NULL;
}

void cognito_free(struct cognito *cognito)
{
    if (!cognito)
        return;
    cognito_keys_free(cognito->keys);
    token_cache_free(cognito->cache);
    aws_keys_free(cognito->aws_keys);
    http_client_free(cognito->http);
    free(cognito);
}

struct identity identity_cognito(struct cognito *cognito)
{
    return (struct identity){.arg = cognito,
                             .remote = true,
                             .token_check = token_check,
                             .keys_fetch = keys_fetch,
                             .keys_write = keys_write,
                             .make = make,
                             .prove = prove,
                             .change = change,
                             .reset = reset,
                             .renew = renew,
                             .reset_send = reset_send,
                             .rename = rename_account,
                             .update = update,
                             .revoke = revoke,
                             .sign_out = sign_out};
}
