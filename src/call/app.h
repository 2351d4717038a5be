/* app.h - what one running program consists of, made by main and only read afterwards. */
#ifndef CALL_APP_H
#define CALL_APP_H

#include <stdint.h>

struct store;
struct settings;
struct tokens;
struct identity;
struct pool;
struct metrics;
struct limits;
struct password_list;
struct slot_cache;

struct app {
    struct store *store;
    const struct settings *settings;
    struct tokens *tokens;           /* sec/token.h: signing keys and the cache of verified tokens */
    const struct identity *identity; /* sec/identity.h: who checks passwords and access tokens */
    struct pool *hash_pool;   /* call/pool.h: password hashing and what waits for a provider of identity,
                                 bounded, so that logins do not hold up bookings */
    struct metrics *metrics;  /* call/metrics.h */
    struct limits *limits;    /* call/limits.h: rate limits of this process; NULL = none */
    struct slot_cache *slots; /* call/slot_cache.h: what is free in days; NULL = none is kept */
    int64_t (*clock)(void);   /* ms since 1970 UTC */
    const volatile int *stopping;
};

#endif
