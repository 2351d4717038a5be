/* cognito.h - Amazon Cognito as the provider of identity (sec/identity.h): a user pool keeps the passwords
 * and signs the access tokens.
 *
 * Accounts are made with AdminCreateUser, registrations too: the public SignUp is not used, and the pool
 * should not allow it, because it would let anybody make accounts beside our rules and limits. Sessions are
 * begun and renewed with InitiateAuth, which needs ALLOW_USER_PASSWORD_AUTH and ALLOW_REFRESH_TOKEN_AUTH of
 * the client, and no client secret. docs/decisions/060-cognito.md says why it is so. */
#ifndef OUTSIDE_COGNITO_H
#define OUTSIDE_COGNITO_H

#include "outside/aws_credentials.h"
#include "sec/identity.h"

struct cognito;

struct cognito_options { /* its texts outlive the provider */
    const char *region;  /* "eu-west-2" */
    const char *pool_id; /* "eu-west-2_AbCdEfGhI" */
    const char *client_id;
    const char *endpoint;     /* without a slash at the end; NULL: the region's */
    const char *const *roles; /* names in the order of their numbers from 1 on, NULL behind the last: also
                                 those of the pool's groups. Who is in none has the first */
    aws_getenv *get;
    int64_t (*clock)(void); /* ms since 1970 */
};

/* NULL: *why is a sentence for the operator. Nothing is asked yet. */
struct cognito *cognito_new(const struct cognito_options *options, const char **why);
void cognito_free(struct cognito *cognito); /* nobody may be calling; takes NULL */

struct identity identity_cognito(struct cognito *cognito);

#endif
