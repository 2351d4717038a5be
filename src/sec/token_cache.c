/* token_cache.c - see token_cache.h. A token's hash is uniform and its own bits choose the set, so there is
 * no second hash; an attacker cannot fill a set on purpose without tokens that we signed. */
#include "sec/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 4, SETS = TOKEN_CACHE_SIZE / PLACES, LOCKS = 64 };

struct place {
    uint8_t hash[TOKEN_HASH_BYTES];
    struct token_claims claims; /* expires_at 0: empty */
};

struct token_cache {
    pthread_mutex_t locks[LOCKS]; /* each of every LOCKSth set */
    struct place places[SETS][PLACES];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache); /* pages that are not used cost nothing */

    for (size_t i = 0; cache && i < LOCKS; i++)
        (void)pthread_mutex_init(&cache->locks[i], NULL);
    return cache;
}

void token_cache_free(struct token_cache *cache)
{
    for (size_t i = 0; cache && i < LOCKS; i++)
        (void)pthread_mutex_destroy(&cache->locks[i]);
    free(cache);
}

static size_t set_of(const uint8_t *hash)
{
    return ((size_t)hash[0] | (size_t)hash[1] << 8) % SETS;
}

static struct place *find(struct place *set, const uint8_t *hash)
{
    for (size_t i = 0; i < PLACES; i++)
        if (set[i].claims.expires_at && memcmp(set[i].hash, hash, TOKEN_HASH_BYTES) == 0)
            return &set[i];
    return NULL;
}

bool token_cache_find(struct token_cache *cache, const uint8_t hash[static TOKEN_HASH_BYTES],
                      struct token_claims *claims)
{
    size_t set = set_of(hash);
    pthread_mutex_t *lock = &cache->locks[set % LOCKS];

    (void)pthread_mutex_lock(lock);
    const struct place *place = find(cache->places[set], hash);
    if (place)
        *claims = place->claims;
    (void)pthread_mutex_unlock(lock);
    return place;
}

void token_cache_add(struct token_cache *cache, const uint8_t hash[static TOKEN_HASH_BYTES],
                     const struct token_claims *claims)
{
    size_t set = set_of(hash);
    pthread_mutex_t *lock = &cache->locks[set % LOCKS];

    (void)pthread_mutex_lock(lock);
    struct place *places = cache->places[set];
    struct place *place = find(places, hash);
    if (!place) {
        place = &places[0];
        for (size_t i = 1; i < PLACES; i++)
            if (places[i].claims.expires_at < place->claims.expires_at)
                place = &places[i];
    }
    memcpy(place->hash, hash, TOKEN_HASH_BYTES);
    place->claims = *claims;
    (void)pthread_mutex_unlock(lock);
}
