/* rsa_keys.h - what another provider of identity does, for tests: RSA keys, key sets, tokens signed with
 * RS256. */
#ifndef TEST_RSA_KEYS_H
#define TEST_RSA_KEYS_H

#include "base/arena.h"
#include "base/buf.h"
#include "sec/base64url.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string.h>

static inline const char *base64url_of(struct arena *arena, const void *bytes, size_t size)
{
    char *text = arena_alloc(arena, BASE64URL_TEXT(size));

    base64url_write(bytes, size, text);
    return text;
}

static inline const char *number_of(struct arena *arena, const EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1024];

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return NULL;
    int size = BN_bn2bin(number, bytes);
    BN_free(number);
    return base64url_of(arena, bytes, (size_t)size);
}

/* One key of a set: {"kty":"RSA",...}; more: further members, ",\"x\":1". */
static inline const char *jwk_of(struct arena *arena, const EVP_PKEY *key, const char *id, const char *more)
{
    return arena_printf(arena, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"%s}", id,
                        number_of(arena, key, OSSL_PKEY_PARAM_RSA_N),
                        number_of(arena, key, OSSL_PKEY_PARAM_RSA_E), more);
}

static inline const char *signed_text_of(struct arena *arena, const char *header, const char *payload)
{
    return arena_printf(arena, "%s.%s", base64url_of(arena, header, strlen(header)),
                        base64url_of(arena, payload, strlen(payload)));
}

static inline const char *rs256_sign(struct arena *arena, EVP_PKEY *key, const char *header,
                                     const char *payload)
{
    const char *text = signed_text_of(arena, header, payload);
    uint8_t signature[1024];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &size, (const uint8_t *)text, strlen(text)) != 1)
        return NULL;
    EVP_MD_CTX_free(context);
    return arena_printf(arena, "%s.%s", text, base64url_of(arena, signature, size));
}

/* HS256 with any secret. */
static inline const char *hs256_sign(struct arena *arena, const void *secret, size_t secret_size,
                                     const char *header, const char *payload)
{
    const char *text = signed_text_of(arena, header, payload);
    uint8_t signature[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (!HMAC(EVP_sha256(), secret, (int)secret_size, (const uint8_t *)text, strlen(text), signature, &size))
        return NULL;
    return arena_printf(arena, "%s.%s", text, base64url_of(arena, signature, size));
}

#endif
