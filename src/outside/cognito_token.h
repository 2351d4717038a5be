/* cognito_token.h - the tokens of an Amazon Cognito user pool: JWTs signed with RS256.
 *
 * An access token says token_use "access", who (sub), for which client (client_id; it has no aud), of which
 * login (origin_jti, where the client has token revocation on; else each token is one of its own, jti), and
 * the groups of the pool that the user is in (cognito:groups), whose names are those of roles: the highest
 * counts, and who is in none of them has the first role. An ID token says token_use "id", for which client
 * (aud), and the e-mail address. [Amazon Cognito developer guide, "Using the access token", "Using the ID
 * token"] */
#ifndef OUTSIDE_COGNITO_TOKEN_H
#define OUTSIDE_COGNITO_TOKEN_H

#include "sec/jwt.h"
#include "sec/token.h"

enum { COGNITO_GROUPS_MAX = 100, COGNITO_EMAIL_MAX = 320 };

struct cognito_expect {
    const char *issuer, *client_id;
    const char *const *roles; /* names in the order of their numbers from 1 on, NULL behind the last */
};

/* Both: ERR_NOT_FOUND (signed with a key that is not in the set), ERR_UNAUTHENTICATED with *why,
 * ERR_TOKEN_EXPIRED, ERR_MEMORY. */
enum err cognito_access_token(struct arena *arena, const struct jwks *jwks,
                              const struct cognito_expect *expect, const char *token, int64_t now_ms,
                              struct token_claims *claims, const char **why);

struct cognito_person {
    char subject[TOKEN_ID_MAX + 1];
    const char *email; /* in the arena; NULL: none that the pool has verified */
};
enum err cognito_id_token(struct arena *arena, const struct jwks *jwks, const struct cognito_expect *expect,
                          const char *token, int64_t now_ms, struct cognito_person *person, const char **why);

#endif
