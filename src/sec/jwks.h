/* jwks.h - a key set that somebody else publishes (RFC 7517): the RSA keys in it that check RS256 signatures.
 *
 * What a set holds besides is passed over: keys of other kinds, for other uses or algorithms, too short, too
 * long, without an id, or with the id of one before. The bytes come from outside and are bounded. */
#ifndef SEC_JWKS_H
#define SEC_JWKS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/span.h"
#include "sec/rsa.h"

#include <stddef.h>
#include <stdint.h>

enum { JWKS_BYTES_MAX = 64 * 1024, JWKS_KEYS_MAX = 16, JWK_ID_MAX = 128 };

struct jwk {
    char id[JWK_ID_MAX + 1];
    struct rsa_key *rsa;
    uint8_t modulus[RSA_MODULUS_BYTES_MAX], exponent[RSA_EXPONENT_BYTES_MAX];
    size_t modulus_size, exponent_size;
};

struct jwks {
    struct jwk items[JWKS_KEYS_MAX];
    size_t count;
};

/* ERR_OUTSIDE: no key set, larger than JWKS_BYTES_MAX, with more usable keys than JWKS_KEYS_MAX, or with
 * none. ERR_MEMORY. *jwks is untouched then. */
enum err jwks_read(struct arena *scratch, const char *json, size_t size, struct jwks *jwks);
void jwks_close(struct jwks *jwks); /* takes one that is all zero; leaves it so */

const struct jwk *jwks_find(const struct jwks *jwks, const char *id); /* or NULL */
/* As a key set again, with nothing but what checks signatures. */
void jwks_write(const struct jwks *jwks, struct json_writer *writer);

#endif
