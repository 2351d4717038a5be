/* token_keys.c - see token_keys.h. */
#include "sec/token_keys.h"

#include "base/must.h"
#include "sec/base64url.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_TEXT = BASE64URL_TEXT(TOKEN_NUMBER_BYTES), THUMBPRINT_INPUT = 256 };

_Static_assert(TOKEN_KEY_ID_TEXT == BASE64URL_TEXT(crypto_hash_sha256_BYTES), "room for a thumbprint");

/* RFC 7638: the hash of the required members in this order, without blanks. */
static void set_id(struct token_key *key)
{
    char x[NUMBER_TEXT], y[NUMBER_TEXT], input[THUMBPRINT_INPUT];
    uint8_t hash[crypto_hash_sha256_BYTES];

    base64url_write(key->x, sizeof key->x, x);
    base64url_write(key->y, sizeof key->y, y);
    int size =
        snprintf(input, sizeof input, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    must(size > 0 && (size_t)size < sizeof input);
    (void)crypto_hash_sha256(hash, (const uint8_t *)input, (unsigned long long)size);
    base64url_write(hash, sizeof hash, key->id);
}

static bool number_of(const EVP_PKEY *pair, const char *name, uint8_t out[static TOKEN_NUMBER_BYTES])
{
    BIGNUM *number = NULL;

    bool good =
        EVP_PKEY_get_bn_param(pair, name, &number) == 1 && BN_bn2binpad(number, out, TOKEN_NUMBER_BYTES) > 0;
    BN_clear_free(number);
    return good;
}

enum err token_key_make(struct token_key *key)
{
    struct token_key made = {.active_from = 0};
    EVP_PKEY *pair = EVP_EC_gen("P-256");

    bool good = pair && number_of(pair, OSSL_PKEY_PARAM_PRIV_KEY, made.secret) &&
                number_of(pair, OSSL_PKEY_PARAM_EC_PUB_X, made.x) &&
                number_of(pair, OSSL_PKEY_PARAM_EC_PUB_Y, made.y);
    EVP_PKEY_free(pair);
    if (good) {
        set_id(&made);
        *key = made;
    }
    sodium_memzero(&made, sizeof made);
    return good ? ERR_OK : ERR_INTERNAL;
}

/* The first key is dead when the second has signed for longer than a token lives. */
static bool drop_dead(struct token_keys *keys, int64_t now_ms)
{
    bool changed = false;

    while (keys->count > 1 && keys->items[1].active_from + TOKEN_TTL_MAX_MS + TOKEN_SKEW_MS <= now_ms) {
        keys->count--;
        memmove(keys->items, keys->items + 1, keys->count * sizeof keys->items[0]);
        sodium_memzero(&keys->items[keys->count], sizeof keys->items[0]);
        changed = true;
    }
    return changed;
}

bool token_keys_rotate(struct token_keys *keys, const struct token_key *fresh, int64_t now_ms)
{
    bool changed = drop_dead(keys, now_ms);
    int64_t active_from = now_ms; /* the first of all */

    if (keys->count > 0) {
        int64_t due = keys->items[keys->count - 1].active_from + TOKEN_KEY_SIGNS_MS;
        if (due - TOKEN_KEY_AHEAD_MS > now_ms)
            return changed;
        active_from = due > now_ms + TOKEN_KEY_AHEAD_MS ? due : now_ms + TOKEN_KEY_AHEAD_MS;
    }
    if (keys->count == TOKEN_KEYS_MAX)
        return changed;
    keys->items[keys->count] = *fresh;
    keys->items[keys->count++].active_from = active_from;
    return true;
}

const struct token_key *token_keys_signing(const struct token_keys *keys, int64_t now_ms)
{
    for (size_t i = keys->count; i > 1; i--)
        if (keys->items[i - 1].active_from <= now_ms)
            return &keys->items[i - 1];
    /* A clock that stands before the first key's start is the wrong one, but people can log in. */
    return keys->count > 0 ? &keys->items[0] : NULL;
}

void token_keys_publish(const struct token_keys *keys, struct json_writer *writer)
{
    char x[NUMBER_TEXT], y[NUMBER_TEXT];

    json_object_begin(writer, NULL);
    json_array_begin(writer, "keys");
    for (size_t i = 0; i < keys->count; i++) {
        base64url_write(keys->items[i].x, TOKEN_NUMBER_BYTES, x);
        base64url_write(keys->items[i].y, TOKEN_NUMBER_BYTES, y);
        json_object_begin(writer, NULL);
        json_text(writer, "kty", "EC");
        json_text(writer, "use", "sig");
        json_text(writer, "alg", "ES256");
        json_text(writer, "kid", keys->items[i].id);
        json_text(writer, "crv", "P-256");
        json_text(writer, "x", x);
        json_text(writer, "y", y);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_object_end(writer);
}
