/* jwt.h - tokens that another provider of identity has signed with RS256 (RFC 7519), checked with its key
 * set.
 *
 * One algorithm: a header that says anything but RS256, or that has members which must be understood
 * ("crit"), is refused before a key is looked for, and a key is an RSA key whatever the header says, so there
 * is no "none" and no taking of a public key for a shared secret (RFC 8725 sections 3.1 and 3.2). No key is
 * ever taken from a token. Nothing of the payload is looked at before the signature was right. */
#ifndef SEC_JWT_H
#define SEC_JWT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "sec/jwks.h"

#include <stdint.h>

enum { JWT_TEXT_MAX = 8 * 1024 };

/* The payload of a token that one of the keys has signed, in the arena. ERR_NOT_FOUND: none of the keys has
 * the id that it names. ERR_UNAUTHENTICATED (*why says in what it is wrong); ERR_MEMORY. */
enum err jwt_open(struct arena *arena, const struct jwks *jwks, const char *token,
                  const struct json **payload, const char **why);

/* Claims that every such token has to have right: iss, exp, and, where they are there, nbf and iat.
 * ERR_UNAUTHENTICATED or ERR_TOKEN_EXPIRED, with *why. */
struct jwt_times {
    int64_t issued_at, expires_at; /* ms; issued_at is 0 if it says none */
};
enum err jwt_check(const struct json *payload, const char *issuer, int64_t now_ms, struct jwt_times *times,
                   const char **why);

/* A text of the payload: 1 to max bytes without a NUL; NULL if it is not there or something else. */
const char *jwt_text(const struct json *payload, const char *name, size_t max);

#endif
