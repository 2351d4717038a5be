/* cognito_token.c - see cognito_token.h. */
#include "outside/cognito_token.h"

#include <stdio.h>
#include <string.h>

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_UNAUTHENTICATED;
}

static bool says(const struct json *payload, const char *name, const char *text)
{
    const char *value = jwt_text(payload, name, strlen(text));

    return value && strcmp(value, text) == 0;
}

static bool id_copy(const struct json *payload, const char *name, char out[static TOKEN_ID_MAX + 1])
{
    const char *value = jwt_text(payload, name, TOKEN_ID_MAX);

    if (value)
        (void)snprintf(out, TOKEN_ID_MAX + 1, "%s", value);
    return value;
}

static int32_t role_of_name(const struct json *name, const char *const *roles)
{
    for (int32_t i = 0; name->kind == JSON_STRING && roles[i]; i++)
        if (name->size == strlen(roles[i]) && memcmp(name->text, roles[i], name->size) == 0)
            return i + 1;
    return 0;
}

static int32_t role_of_groups(const struct json *payload, const char *const *roles)
{
    const struct json *groups = json_member(payload, "cognito:groups");
    const struct json *group = groups && groups->kind == JSON_ARRAY ? groups->first : NULL;
    int32_t highest = 1;

    for (size_t i = 0; group && i < COGNITO_GROUPS_MAX; i++, group = group->next) {
        int32_t role = role_of_name(group, roles);
        highest = role > highest ? role : highest;
    }
    return highest;
}

/* What every token of the pool has to have right, and what it is for. */
static enum err open_token(struct arena *arena, const struct jwks *jwks, const struct cognito_expect *expect,
                           const char *token, int64_t now_ms, const char *use, const struct json **payload,
                           struct jwt_times *times, const char **why)
{
    enum err e = jwt_open(arena, jwks, token, payload, why);

    if (!e)
        e = jwt_check(*payload, expect->issuer, now_ms, times, why);
    if (!e && !says(*payload, "token_use", use))
        return refuse(why, "This is no access token; send the access_token of POST /auth/login.");
    return e;
}

enum err cognito_access_token(struct arena *arena, const struct jwks *jwks,
                              const struct cognito_expect *expect, const char *token, int64_t now_ms,
                              struct token_claims *claims, const char **why)
{
    const struct json *payload = NULL;
    struct jwt_times times = {.issued_at = 0};
    struct token_claims read = {.role = 0};

    enum err e = open_token(arena, jwks, expect, token, now_ms, "access", &payload, &times, why);
    if (e)
        return e;
    if (!says(payload, "client_id", expect->client_id))
        return refuse(why, "The access token is for another client than this service.");
    if (!id_copy(payload, "sub", read.user_id) ||
        (!id_copy(payload, "origin_jti", read.family_id) && !id_copy(payload, "jti", read.family_id)))
        return refuse(why, "The access token does not say whose it is.");
    read.role = role_of_groups(payload, expect->roles);
    read.issued_at = times.issued_at;
    read.expires_at = times.expires_at;
    *claims = read;
    return ERR_OK;
}

/* Cognito writes a boolean here, and a text in some older pools. */
static bool is_verified(const struct json *payload)
{
    const struct json *verified = json_member(payload, "email_verified");

    return verified && (verified->kind == JSON_TRUE || says(payload, "email_verified", "true"));
}

enum err cognito_id_token(struct arena *arena, const struct jwks *jwks, const struct cognito_expect *expect,
                          const char *token, int64_t now_ms, struct cognito_person *person, const char **why)
{
    const struct json *payload = NULL;
    struct jwt_times times;
    struct cognito_person read = {.email = NULL};

    enum err e = open_token(arena, jwks, expect, token, now_ms, "id", &payload, &times, why);
    if (e)
        return e;
    if (!says(payload, "aud", expect->client_id))
        return refuse(why, "The ID token is for another client than this service.");
    if (!id_copy(payload, "sub", read.subject))
        return refuse(why, "The ID token does not say whose it is.");
    if (is_verified(payload))
        read.email = jwt_text(payload, "email", COGNITO_EMAIL_MAX);
    *person = read;
    return ERR_OK;
}
