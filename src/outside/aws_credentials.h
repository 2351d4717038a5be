/* aws_credentials.h - the keys that requests to AWS are signed with, from the first of these that has them:
 *
 *   environment   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   file          AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, profile AWS_PROFILE or "default"
 *   container     AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with AWS_CONTAINER_AUTHORIZATION_TOKEN
 *                 or _TOKEN_FILE (ECS, EKS); a full URI has to be https or one of the addresses that AWS
 * names instance      the instance metadata service, version 2 (EC2), at AWS_EC2_METADATA_SERVICE_ENDPOINT or
 *                 http://169.254.169.254; not if AWS_EC2_METADATA_DISABLED is true
 *
 * They are kept, and fetched again a while before they expire: by one thread, while the others go on with the
 * old ones. A fetch that fails does no harm while the old ones are valid. Any number of threads may ask. */
#ifndef OUTSIDE_AWS_CREDENTIALS_H
#define OUTSIDE_AWS_CREDENTIALS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { AWS_KEY_MAX = 128, AWS_SECRET_MAX = 256, AWS_TOKEN_MAX = 4096 };

struct aws_credentials {
    char access_key[AWS_KEY_MAX + 1];
    char secret_key[AWS_SECRET_MAX + 1];
    char token[AWS_TOKEN_MAX + 1]; /* "" if there is none */
    int64_t expires_ms;            /* INT64_MAX: never */
};

typedef char *aws_getenv(const char *name); /* getenv, or a test's own */

struct aws_keys;

/* NULL if there is no memory. Nothing is fetched yet. */
struct aws_keys *aws_keys_new(aws_getenv *get, int64_t (*clock)(void));
void aws_keys_free(struct aws_keys *keys); /* takes NULL */

/* ERR_OUTSIDE: none of the places has valid keys (*why says what to do; NULL if not wanted); ERR_MEMORY. */
enum err aws_keys_get(struct aws_keys *keys, struct aws_credentials *out, const char **why);
/* AWS says that the keys which were given out last have expired: the next get fetches new ones. */
void aws_keys_expire(struct aws_keys *keys);

#endif
