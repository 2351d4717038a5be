/* jwks.c - see jwks.h. */
#include "sec/jwks.h"

#include "sec/base64url.h"
#include "sec/jwt.h"

#include <string.h>

static bool text_is(const struct json *member, const char *text)
{
    return member && member->kind == JSON_STRING && member->size == strlen(text) &&
           memcmp(member->text, text, member->size) == 0;
}

static bool absent_or(const struct json *key, const char *name, const char *text)
{
    const struct json *member = json_member(key, name);

    return !member || text_is(member, text);
}

static bool number_read(const struct json *key, const char *name, uint8_t *out, size_t room, size_t *size)
{
    const struct json *member = json_member(key, name);

    return member && member->kind == JSON_STRING &&
           base64url_read(member->text, member->size, out, room, size);
}

static bool id_read(const struct json *key, char id[static JWK_ID_MAX + 1])
{
    const char *text = jwt_text(key, "kid", JWK_ID_MAX);

    if (!text)
        return false;
    memcpy(id, text, strlen(text) + 1);
    return true;
}

/* ERR_NOT_FOUND: none that we have a use for. */
static enum err key_read(const struct json *json, struct jwk *jwk)
{
    struct jwk read = {.rsa = NULL};

    if (!text_is(json_member(json, "kty"), "RSA") || !absent_or(json, "use", "sig") ||
        !absent_or(json, "alg", "RS256") || !id_read(json, read.id) ||
        !number_read(json, "n", read.modulus, sizeof read.modulus, &read.modulus_size) ||
        !number_read(json, "e", read.exponent, sizeof read.exponent, &read.exponent_size))
        return ERR_NOT_FOUND;
    enum err e = rsa_key_open((struct span){read.modulus, read.modulus_size},
                              (struct span){read.exponent, read.exponent_size}, &read.rsa);
    if (e)
        return e == ERR_DAMAGED ? ERR_NOT_FOUND : e;
    *jwk = read;
    return ERR_OK;
}

static enum err key_add(struct jwks *jwks, const struct json *json)
{
    struct jwk jwk;

    enum err e = key_read(json, &jwk);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    bool doubled = jwks_find(jwks, jwk.id);
    if (doubled || jwks->count == JWKS_KEYS_MAX) {
        rsa_key_close(jwk.rsa);
        return doubled ? ERR_OK : ERR_OUTSIDE;
    }
    jwks->items[jwks->count++] = jwk;
    return ERR_OK;
}

enum err jwks_read(struct arena *scratch, const char *json, size_t size, struct jwks *jwks)
{
    const struct json *root = NULL;
    const char *why;

    enum err e = size > JWKS_BYTES_MAX ? ERR_OUTSIDE : json_parse(scratch, json, size, &root, &why);
    if (e)
        return e == ERR_MEMORY ? e : ERR_OUTSIDE;
    const struct json *keys = json_member(root, "keys");
    struct jwks *read = arena_zero(scratch, 1, sizeof *read);
    if (!read)
        return ERR_MEMORY;
    for (const struct json *key = keys && keys->kind == JSON_ARRAY ? keys->first : NULL; !e && key;
         key = key->next)
        e = key_add(read, key);
    if (!e && read->count == 0)
        e = ERR_OUTSIDE;
    if (e)
        jwks_close(read);
    else
        *jwks = *read;
    return e;
}

void jwks_close(struct jwks *jwks)
{
    for (size_t i = 0; i < jwks->count; i++)
        rsa_key_close(jwks->items[i].rsa);
    *jwks = (struct jwks){.count = 0};
}

const struct jwk *jwks_find(const struct jwks *jwks, const char *id)
{
    for (size_t i = 0; i < jwks->count; i++)
        if (strcmp(jwks->items[i].id, id) == 0)
            return &jwks->items[i];
    return NULL;
}

static void number_write(struct json_writer *writer, const char *name, const uint8_t *bytes, size_t size)
{
    char text[BASE64URL_TEXT(RSA_MODULUS_BYTES_MAX)];

    base64url_write(bytes, size, text);
    json_text(writer, name, text);
}

void jwks_write(const struct jwks *jwks, struct json_writer *writer)
{
    json_object_begin(writer, NULL);
    json_array_begin(writer, "keys");
    for (size_t i = 0; i < jwks->count; i++) {
        const struct jwk *jwk = &jwks->items[i];
        json_object_begin(writer, NULL);
        json_text(writer, "kty", "RSA");
        json_text(writer, "use", "sig");
        json_text(writer, "alg", "RS256");
        json_text(writer, "kid", jwk->id);
        number_write(writer, "n", jwk->modulus, jwk->modulus_size);
        number_write(writer, "e", jwk->exponent, jwk->exponent_size);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_object_end(writer);
}
