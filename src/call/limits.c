/* limits.c - the bucket as one number (GCRA, ITU-T I.371): the time at which it will be full again. A taken
 * token moves that time on by the interval between two tokens; it may lie at most one minute ahead.
 *
 * The table is set-associative: a hash picks a set of WAYS slots, and the set belongs to one of SHARDS locks.
 * A slot whose time has passed is a full bucket, which is the same as none, so it needs no clearing. */
#include "call/limits.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS = 64, SETS_A_SHARD = 128, WAYS = 8, MINUTE_US = 60 * 1000 * 1000, SECOND_US = 1000 * 1000 };

struct slot {
    uint64_t hash;
    int64_t full_at_us;
};

struct shard {
    pthread_mutex_t mutex;
    struct slot sets[SETS_A_SHARD][WAYS];
};

struct limits {
    int64_t interval_us; /* between two tokens */
    uint8_t secret[crypto_shorthash_KEYBYTES];
    struct shard shards[SHARDS];
};

struct limits *limits_new(unsigned per_minute)
{
    struct limits *limits = calloc(1, sizeof *limits);
    if (!limits)
        return NULL;
    limits->interval_us = MINUTE_US / (int64_t)per_minute;
    crypto_shorthash_keygen(limits->secret);
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&limits->shards[i].mutex, NULL);
    return limits;
}

void limits_free(struct limits *limits)
{
    if (!limits)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_destroy(&limits->shards[i].mutex);
    free(limits);
}

static uint64_t hash_bytes(const struct limits *limits, const void *bytes, size_t size)
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t number;

    (void)crypto_shorthash(hash, bytes, size, limits->secret);
    memcpy(&number, hash, sizeof number);
    return number;
}

static uint64_t hash_key(const struct limits *limits, enum limit_kind kind, const char *key)
{
    enum { PREFIX_64 = 8 };
    struct in6_addr address;

    uint64_t hash = kind == LIMIT_ADDRESS && inet_pton(AF_INET6, key, &address) == 1
                        ? hash_bytes(limits, &address, PREFIX_64)
                        : hash_bytes(limits, key, strlen(key));
    return hash ^ (uint64_t)kind;
}

/* The slot of that hash, else the one whose bucket is nearest to full. */
static struct slot *slot_find(struct slot *set, uint64_t hash)
{
    struct slot *best = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash)
            return &set[i];
        if (set[i].full_at_us < best->full_at_us)
            best = &set[i];
    }
    *best = (struct slot){.hash = hash};
    return best;
}

/* How long until there is a token; 0 if one was taken. */
static int64_t token_take(struct slot *slot, int64_t interval_us, int64_t now_us)
{
    int64_t full_at = slot->full_at_us > now_us ? slot->full_at_us : now_us;

    if (full_at > now_us + MINUTE_US)
        full_at = now_us + MINUTE_US; /* the clock was set back */
    slot->full_at_us = full_at;
    int64_t wait_us = full_at + interval_us - MINUTE_US - now_us;
    if (wait_us > 0)
        return wait_us;
    slot->full_at_us = full_at + interval_us;
    return 0;
}

enum err limits_take(struct limits *limits, enum limit_kind kind, const char *key, int64_t now_ms,
                     int64_t *retry_after_s)
{
    uint64_t hash = hash_key(limits, kind, key);
    struct shard *shard = &limits->shards[hash % SHARDS];
    struct slot *set = shard->sets[hash / SHARDS % SETS_A_SHARD];

    (void)pthread_mutex_lock(&shard->mutex);
    int64_t wait_us = token_take(slot_find(set, hash), limits->interval_us, now_ms * 1000);
    (void)pthread_mutex_unlock(&shard->mutex);
    if (wait_us == 0)
        return ERR_OK;
    *retry_after_s = (wait_us + SECOND_US - 1) / SECOND_US;
    return ERR_RATE_LIMITED;
}
