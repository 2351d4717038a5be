/* rec_token_family.h - one login's refresh tokens: each use gives the next one, and only the newest is good.
 *
 * The record of a family is what lets its access tokens live: every request looks for it, so deleting it logs
 * out, at once and on every server. Only hashes of tokens are kept. */
#ifndef STORE_REC_TOKEN_FAMILY_H
#define STORE_REC_TOKEN_FAMILY_H

#include "store/store.h"

#include <stdint.h>

enum { REFRESH_HASH_BYTES = 32 };
#define FAMILY_TTL_MS INT64_C(31536000000) /* a year after the login it ends, however much it is used */

struct token_family {
    const char *family_id; /* another provider's session, where that is what an access token says */
    const char *user_id;
    uint8_t newest[REFRESH_HASH_BYTES]; /* hash of the newest refresh token's secret */
    int64_t created_at;                 /* of the login */
    int64_t expires_at;
    const char *provider_token; /* the refresh token of another provider of identity; NULL: none */
    const char *root; /* the family that this is another name of, for access tokens that do not name it; NULL:
                         it is one itself */
};

/* Never a root's other name, but what that leads to. */
enum err token_family_load(struct tx *tx, const char *family_id,
                           struct token_family *family); /* ERR_NOT_FOUND */
/* before: as loaded, NULL for a new one. */
enum err token_family_save(struct tx *tx, const struct token_family *before,
                           const struct token_family *family);
enum err token_family_delete(struct tx *tx, const struct token_family *family);
enum err token_family_delete_id(struct tx *tx, const char *family_id); /* absent is fine */
/* ERR_OK if it is there, ERR_NOT_FOUND if not: all that a request with an access token asks. */
enum err token_family_alive(struct tx *tx, const char *family_id);

#endif
