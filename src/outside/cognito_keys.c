/* cognito_keys.c - see cognito_keys.h. The set stands under a read-write lock that is written only to
 * exchange it; a fetch holds another lock, so that nobody who only looks waits for the network. */
#include "outside/cognito_keys.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { FETCH_MS = 5000, ARENA_BYTES = 2 * 1024 * 1024 };

struct cognito_keys {
    struct http_client *http;
    const char *url;
    int64_t (*clock)(void);
    pthread_mutex_t fetching;
    pthread_rwlock_t lock; /* of what follows */
    struct jwks jwks;
    uint64_t generation;
    int64_t fetched_at, tried_at;
    bool tried, failed; /* the last try */
    bool in_flight;     /* one that has not ended */
};

struct cognito_keys *cognito_keys_new(struct http_client *http, const char *url, int64_t (*clock)(void))
{
    struct cognito_keys *keys = calloc(1, sizeof *keys);

    if (!keys)
        return NULL;
    keys->http = http;
    keys->url = url;
    keys->clock = clock;
    (void)pthread_mutex_init(&keys->fetching, NULL);
    (void)pthread_rwlock_init(&keys->lock, NULL);
    return keys;
}

void cognito_keys_free(struct cognito_keys *keys)
{
    if (!keys)
        return;
    jwks_close(&keys->jwks);
    (void)pthread_rwlock_destroy(&keys->lock);
    (void)pthread_mutex_destroy(&keys->fetching);
    free(keys);
}

/* A clock that was put back makes a fetch due, no more. */
static bool is_older(int64_t now, int64_t than, int64_t ms)
{
    return now < than || now - than >= ms;
}

static bool may_fetch(const struct cognito_keys *keys, int64_t now)
{
    return !keys->tried || is_older(now, keys->tried_at, KEYS_AGAIN_MS);
}

static enum err fetch(struct cognito_keys *keys, struct jwks *jwks)
{
    struct http_answer answer = {.status = 0};
    struct http_ask ask = {
        .method = "GET", .url = keys->url, .total_ms = FETCH_MS, .answer_bytes_max = JWKS_BYTES_MAX};
    struct arena *arena = arena_new(ARENA_BYTES);

    enum err e = arena ? http_client_send(keys->http, &ask, &answer) : ERR_MEMORY;
    if (!e)
        e = answer.status == 200 ? jwks_read(arena, answer.body, answer.body_size, jwks) : ERR_OUTSIDE;
    if (e)
        log_line(LOG_WARN, "identity_keys_not_fetched", LOG_TEXT("code", err_info(e)->code),
                 LOG_INTEGER("status", answer.status), LOG_TEXT("reason", answer.status ? "" : answer.why));
    http_answer_done(&answer);
    arena_free(arena);
    return e;
}

/* From here on nobody else thinks that a fetch is due: who has a use for the old set goes on with it. */
static bool begin(struct cognito_keys *keys)
{
    (void)pthread_rwlock_wrlock(&keys->lock);
    int64_t now = keys->clock();
    bool due = may_fetch(keys, now);
    if (due) {
        keys->tried = keys->in_flight = true;
        keys->tried_at = now;
    }
    (void)pthread_rwlock_unlock(&keys->lock);
    return due;
}

static void end(struct cognito_keys *keys, enum err e, struct jwks *fresh)
{
    struct jwks old = {.count = 0};

    (void)pthread_rwlock_wrlock(&keys->lock);
    keys->in_flight = false;
    keys->failed = e != ERR_OK;
    if (!e) {
        old = keys->jwks;
        keys->jwks = *fresh;
        keys->fetched_at = keys->clock();
        keys->generation++;
    }
    (void)pthread_rwlock_unlock(&keys->lock);
    jwks_close(&old);
}

void cognito_keys_fetch(struct cognito_keys *keys)
{
    (void)pthread_mutex_lock(&keys->fetching);
    if (begin(keys)) {
        struct jwks fresh = {.count = 0};
        enum err e = fetch(keys, &fresh);
        end(keys, e, &fresh);
    }
    (void)pthread_mutex_unlock(&keys->fetching);
}

static enum err use(const struct cognito_keys *keys, cognito_keys_fn *fn, void *arg)
{
    int64_t now = keys->clock();
    bool due = may_fetch(keys, now);

    if (keys->jwks.count == 0 || is_older(now, keys->fetched_at, KEYS_LAST_MS))
        return ERR_IDENTITY_DOWN;
    if (due && is_older(now, keys->fetched_at, KEYS_FRESH_MS))
        return ERR_IDENTITY_DOWN;
    enum err e = fn(&keys->jwks, keys->generation, arg);
    if (e == ERR_NOT_FOUND)
        e = due || keys->failed || keys->in_flight ? ERR_IDENTITY_DOWN : ERR_UNAUTHENTICATED;
    return e;
}

enum err cognito_keys_use(struct cognito_keys *keys, cognito_keys_fn *fn, void *arg)
{
    (void)pthread_rwlock_rdlock(&keys->lock);
    enum err e = use(keys, fn, arg);
    (void)pthread_rwlock_unlock(&keys->lock);
    return e;
}

void cognito_keys_write(struct cognito_keys *keys, struct json_writer *writer)
{
    (void)pthread_rwlock_rdlock(&keys->lock);
    jwks_write(&keys->jwks, writer);
    (void)pthread_rwlock_unlock(&keys->lock);
}
