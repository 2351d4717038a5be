/* jwt.c - see jwt.h. */
#include "sec/jwt.h"

#include "sec/base64url.h"
#include "sec/jws.h"
#include "sec/token_keys.h" /* TOKEN_SKEW_MS */

#include <string.h>

enum { SECOND_MS = 1000 };

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_UNAUTHENTICATED;
}

/* The bytes behind base64url, in the arena; data NULL: it is none, or there is no memory (*e). */
static struct span part_read(struct arena *arena, struct span part, enum err *e)
{
    uint8_t *bytes = arena_alloc(arena, part.size + 1);
    struct span read = {NULL, 0};
    size_t size = 0;

    *e = bytes ? ERR_OK : ERR_MEMORY;
    if (bytes && !base64url_read((const char *)part.data, part.size, bytes, part.size, &size))
        *e = ERR_UNAUTHENTICATED;
    if (!*e)
        read = (struct span){bytes, size};
    return read;
}

static enum err json_part(struct arena *arena, struct span part, const struct json **json)
{
    const char *why;
    enum err e;
    struct span bytes = part_read(arena, part, &e);

    if (!e)
        e = json_parse(arena, (const char *)bytes.data, bytes.size, json, &why);
    if (!e && (*json)->kind != JSON_OBJECT)
        e = ERR_UNAUTHENTICATED;
    return e && e != ERR_MEMORY ? ERR_UNAUTHENTICATED : e;
}

static enum err key_find(struct arena *arena, const struct jwks *jwks, struct span header,
                         const struct jwk **key, const char **why)
{
    const struct json *json = NULL;

    enum err e = json_part(arena, header, &json);
    if (e)
        return e == ERR_MEMORY ? e : refuse(why, "The access token is no JWT.");
    const struct json *algorithm = json_member(json, "alg");
    if (!algorithm || algorithm->kind != JSON_STRING || strcmp(algorithm->text, "RS256") != 0 ||
        algorithm->size != strlen("RS256") || json_member(json, "crit"))
        return refuse(why, "The access token is not signed with RS256.");
    const char *id = jwt_text(json, "kid", JWK_ID_MAX);
    if (!id)
        return refuse(why, "The access token does not name the key that it is signed with.");
    *key = jwks_find(jwks, id);
    return *key ? ERR_OK : ERR_NOT_FOUND;
}

enum err jwt_open(struct arena *arena, const struct jwks *jwks, const char *token,
                  const struct json **payload, const char **why)
{
    const struct jwk *key = NULL;
    struct jws jws;

    if (strnlen(token, JWT_TEXT_MAX + 1) > JWT_TEXT_MAX || !jws_split(token, &jws))
        return refuse(why, "The access token is no JWT.");
    enum err e = key_find(arena, jwks, jws.header, &key, why);
    if (e)
        return e;
    struct span signature = part_read(arena, jws.signature, &e);
    if (!e)
        e = rsa_verify(key->rsa, jws.signed_text, signature);
    if (e)
        return e == ERR_MEMORY ? e : refuse(why, "The signature of the access token is wrong.");
    e = json_part(arena, jws.payload, payload);
    return e && e != ERR_MEMORY ? refuse(why, "The access token has no claims.") : e;
}

/* Seconds since 1970 as ms; false if it is there and no such number. Providers write whole numbers. */
static bool instant_read(const struct json *payload, const char *name, int64_t *ms)
{
    const struct json *member = json_member(payload, name);

    if (!member)
        return true;
    if (member->kind != JSON_INTEGER || member->integer < 0 || member->integer > INT64_C(1) << 40)
        return false;
    *ms = member->integer * SECOND_MS;
    return true;
}

enum err jwt_check(const struct json *payload, const char *issuer, int64_t now_ms, struct jwt_times *times,
                   const char **why)
{
    const char *says = jwt_text(payload, "iss", strlen(issuer));
    int64_t not_before = 0, issued_at = 0, expires_at = 0;

    if (!says || strcmp(says, issuer) != 0)
        return refuse(why, "The access token is from another issuer than the one that is trusted here.");
    if (!instant_read(payload, "exp", &expires_at) || !instant_read(payload, "nbf", &not_before) ||
        !instant_read(payload, "iat", &issued_at) || expires_at == 0)
        return refuse(why, "The access token does not say when it expires.");
    if (issued_at > now_ms + TOKEN_SKEW_MS || not_before > now_ms + TOKEN_SKEW_MS)
        return refuse(why, "The access token is not valid yet.");
    if (expires_at <= now_ms)
        return ERR_TOKEN_EXPIRED;
    *times = (struct jwt_times){issued_at, expires_at};
    return ERR_OK;
}

const char *jwt_text(const struct json *payload, const char *name, size_t max)
{
    const struct json *member = json_member(payload, name);

    if (!member || member->kind != JSON_STRING || member->size == 0 || member->size > max ||
        strlen(member->text) != member->size)
        return NULL;
    return member->text;
}
