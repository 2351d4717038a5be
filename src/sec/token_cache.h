/* token_cache.h - tokens that were verified: a fixed table of sets, each with a few places; a full set loses
 * the token that expires first. Any thread. */
#ifndef SEC_TOKEN_CACHE_H
#define SEC_TOKEN_CACHE_H

#include "sec/token.h"

#include <stdbool.h>

enum { TOKEN_HASH_BYTES = 32 };

struct token_cache;

struct token_cache *token_cache_new(void);        /* NULL without memory */
void token_cache_free(struct token_cache *cache); /* takes NULL */

bool token_cache_find(struct token_cache *cache, const uint8_t hash[static TOKEN_HASH_BYTES],
                      struct token_claims *claims);
void token_cache_add(struct token_cache *cache, const uint8_t hash[static TOKEN_HASH_BYTES],
                     const struct token_claims *claims);

#endif
