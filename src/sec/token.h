/* token.h - access tokens: JWTs (RFC 7519) signed with ES256 (RFC 7518 section 3.4).
 *
 * Claims: iss, sub (user id), aud, iat, exp, jti, role, fam (id of the refresh token family), and ims, the
 * milliseconds of iat, because a password change voids what was issued before that very moment.
 *
 * A token's header is not read but compared: every key has one header, with its kid, the type and the one
 * algorithm that the key is for, and a token that begins with anything else is none of ours (RFC 8725
 * section 3.1). Nothing else of a token is looked at before its signature was right.
 *
 * What was verified is remembered under the hash of the whole token, a bounded number of tokens, so that a
 * session's next request costs one hash. Any number of threads may use a `tokens`. */
#ifndef SEC_TOKEN_H
#define SEC_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "sec/token_keys.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_TEXT_MAX = 1024, /* longer ones are none of ours */
    TOKEN_ID_MAX = 64,     /* bytes of a user id or of a family id */
    TOKEN_CACHE_SIZE = 8192
};

struct token_claims {
    char user_id[TOKEN_ID_MAX + 1];
    char family_id[TOKEN_ID_MAX + 1];
    int32_t role;
    int64_t issued_at, expires_at; /* ms */
};

struct tokens;

struct tokens_options {
    const char *issuer;
    const char *audience;
    int64_t ttl_ms;           /* 1 second to TOKEN_TTL_MAX_MS */
    const char *const *roles; /* names in the order of their numbers from 1 on, NULL behind the last */
};

/* The options' texts outlive the tokens. NULL without memory. */
struct tokens *tokens_new(const struct tokens_options *options);
void tokens_free(struct tokens *tokens); /* takes NULL; wipes */

/* Replaces the keys. ERR_DAMAGED for numbers that are no key, ERR_MEMORY: then the old ones stay. */
enum err tokens_set_keys(struct tokens *tokens, const struct token_keys *keys);
void tokens_publish(struct tokens *tokens, struct json_writer *writer);

/* claims->issued_at is set by the caller, expires_at by this. token_id: jti. */
enum err token_sign(struct tokens *tokens, struct arena *arena, struct token_claims *claims,
                    const char *token_id, const char **token);

/* ERR_UNAUTHENTICATED: not one of ours, or altered. ERR_TOKEN_EXPIRED: it was one. ERR_MEMORY. */
enum err token_verify(struct tokens *tokens, struct arena *arena, const char *token, int64_t now_ms,
                      struct token_claims *claims);

/* The claims of a payload, after its signature was checked: for token_verify and the fuzzer. */
enum err token_claims_read(struct arena *arena, const char *json, size_t size,
                           const struct tokens_options *options, struct token_claims *claims);

#endif
