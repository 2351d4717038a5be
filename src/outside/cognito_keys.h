/* cognito_keys.h - the key set of a user pool, fetched when it is needed and kept.
 *
 * A token that names a key which is not in the set may be signed with a new one, so the set is fetched again,
 * but not before KEYS_AGAIN_MS after the last try: made-up key ids make no stream of fetches. A set that has
 * become old is fetched again as well, so that keys which were withdrawn go; while that fails, the old one
 * stays good, for KEYS_LAST_MS at most. Any thread. */
#ifndef OUTSIDE_COGNITO_KEYS_H
#define OUTSIDE_COGNITO_KEYS_H

#include "outside/http_client.h"
#include "sec/jwks.h"

#include <stdbool.h>

enum { KEYS_AGAIN_MS = 10 * 1000, KEYS_FRESH_MS = 60 * 60 * 1000, KEYS_LAST_MS = 24 * 60 * 60 * 1000 };

struct cognito_keys;

/* url: of the set; it and the client outlive the keys. clock: ms, any zero. NULL without memory. */
struct cognito_keys *cognito_keys_new(struct http_client *http, const char *url, int64_t (*clock)(void));
void cognito_keys_free(struct cognito_keys *keys); /* takes NULL */

/* Fetches, if that is due; else does nothing. Others who call meanwhile wait for it. */
void cognito_keys_fetch(struct cognito_keys *keys);

/* Looks at the set while nobody changes it, by a function that gives ERR_NOT_FOUND for a key that is not
 * there. ERR_IDENTITY_DOWN: a fetch is due first, or the last one failed; ERR_UNAUTHENTICATED: the key is not
 * there, and the set is fresh. Else what the function gives. generation: a number of the set. */
typedef enum err cognito_keys_fn(const struct jwks *jwks, uint64_t generation, void *arg);
enum err cognito_keys_use(struct cognito_keys *keys, cognito_keys_fn *fn, void *arg);
/* As it is, however old; empty before the first fetch. */
void cognito_keys_write(struct cognito_keys *keys, struct json_writer *writer);

#endif
