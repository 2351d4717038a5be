/* token_keys.h - the keys that sign access tokens: made, rotated, published. Plain data and rules; the store
 * keeps them (store/rec_token_keys.h), token.h signs with them.
 *
 * A key lives like this: published a day before it is used, so that everybody who checks tokens has it by
 * then; signs for 30 days; stays published until the last token that it signed is dead. So there are two or
 * three at a time. */
#ifndef SEC_TOKEN_KEYS_H
#define SEC_TOKEN_KEYS_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_KEYS_MAX = 8,
    TOKEN_NUMBER_BYTES = 32, /* a coordinate or the secret number of P-256 */
    TOKEN_KEY_ID_TEXT = 44,  /* the key's SHA-256 thumbprint (RFC 7638) in base64url, and NUL */
    TOKEN_TTL_MAX_MS = 24 * 60 * 60 * 1000, /* of an access token; what is set is usually 15 minutes */
    TOKEN_SKEW_MS = 60 * 1000,              /* how far the clocks of two servers may be apart */
    TOKEN_KEY_AHEAD_MS = 24 * 60 * 60 * 1000,
};
#define TOKEN_KEY_SIGNS_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

struct token_key {
    char id[TOKEN_KEY_ID_TEXT];
    uint8_t secret[TOKEN_NUMBER_BYTES];
    uint8_t x[TOKEN_NUMBER_BYTES];
    uint8_t y[TOKEN_NUMBER_BYTES];
    int64_t active_from; /* ms: signs from here until the next one does */
};

struct token_keys { /* by active_from */
    struct token_key items[TOKEN_KEYS_MAX];
    size_t count;
};

/* A new key pair; active_from is 0 until the rotation sets it. ERR_INTERNAL if OpenSSL cannot make one. */
enum err token_key_make(struct token_key *key);

/* Drops dead keys and adds the fresh one if it is time for it. Did anything change? */
bool token_keys_rotate(struct token_keys *keys, const struct token_key *fresh, int64_t now_ms);

/* The one that signs now, or NULL. */
const struct token_key *token_keys_signing(const struct token_keys *keys, int64_t now_ms);

/* The JWK set (RFC 7517) of their public halves, with name NULL as one value. */
void token_keys_publish(const struct token_keys *keys, struct json_writer *writer);

#endif
