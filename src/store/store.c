/* store.c - the common layer over an engine: running functions, blind hashes, tokens, closing. */
#include "base/must.h"
#include "sec/base64url.h"
#include "store/tx.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_TEXT = 0xff, /* store_blind(); keys are tagged with their first byte */
    BLIND_DOMAIN_MAX = 100,
    BLIND_TEXT_MAX = 2048,
    TOKEN_PLAIN_MAX = 2048,
    WARM_MAX = 16, /* keys of one job; a booking names twelve */
};

_Static_assert((int)KEY_OF_PERSON < (int)TAG_TEXT, "tags of keys and texts must differ");

/* ---- attempts, for engines ---- */

enum err store_attempt(struct view *view, struct store_job *job)
{
    struct tx tx;

    tx_begin(&tx, job->store, view, job->arena, job->access.write);
    enum err e = job->fn(&tx, job->arg);
    if (!e)
        e = tx.failed;
    if (!e)
        e = tx_seal(&tx);
    if (!e && tx.write_count > 0)
        e = view->ops->apply(view, tx.writes, tx.write_count);
    tx_end(&tx);
    return e;
}

void store_again(struct store_job *job)
{
    arena_reset(job->arena, job->mark);
}

void store_finish(struct store_job *job, enum err err)
{
    job->done(job, err);
}

/* ---- running ---- */

static void job_begin(struct store *store, struct store_job *job)
{
    job->store = store;
    job->next = NULL;
    job->err = ERR_OK;
    job->mark = arena_mark(job->arena);
}

static void warm(struct store *store, const struct access *access)
{
    struct stored_key_room rooms[WARM_MAX];
    struct stored_key keys[WARM_MAX];
    struct key_memo memo = {0};
    size_t count = 0;

    for (size_t i = 0; i < access->count && count < WARM_MAX; i++)
        count += stored_key_make(store->keyring, &memo, &access->keys[i], &rooms[count], &keys[count]);
    if (count > 0)
        store->ops->warm(store->engine, keys, count);
}

enum err store_submit(struct store *store, struct store_job *job)
{
    must((job->access.write || store->ops->remote) && job->arena && job->fn && job->done);
    job_begin(store, job);
    if (job->access.write && store->ops->warm)
        warm(store, &job->access);
    return store->ops->submit(store->engine, job);
}

bool store_is_remote(const struct store *store)
{
    return store->ops->remote;
}

struct read_call {
    struct store *store;
    struct arena *arena;
    tx_fn *fn;
    void *arg;
};

static enum err read_view(struct view *view, void *arg)
{
    const struct read_call *call = arg;
    struct tx tx;

    tx_begin(&tx, call->store, view, call->arena, false);
    enum err e = call->fn(&tx, call->arg);
    if (!e)
        e = tx.failed;
    tx_end(&tx);
    return e;
}

struct waiter {
    struct store_job job;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_done;
    enum err err;
};

static void waiter_done(struct store_job *job, enum err err)
{
    struct waiter *waiter = (struct waiter *)job; /* the job is its first member */

    must(pthread_mutex_lock(&waiter->lock) == 0);
    waiter->is_done = true;
    waiter->err = err;
    must(pthread_cond_signal(&waiter->ended) == 0);
    must(pthread_mutex_unlock(&waiter->lock) == 0);
}

static enum err wait_for(struct store *store, struct waiter *waiter)
{
    enum err e = store->ops->help ? store->ops->help(store->engine) : ERR_OK;
    if (e)
        return e;
    must(pthread_mutex_lock(&waiter->lock) == 0);
    while (!waiter->is_done)
        must(pthread_cond_wait(&waiter->ended, &waiter->lock) == 0);
    must(pthread_mutex_unlock(&waiter->lock) == 0);
    return waiter->err;
}

static enum err run_write(struct store *store, const struct access *access, struct arena *arena, tx_fn *fn,
                          void *arg)
{
    struct waiter waiter = {
        .job = {.access = *access, .arena = arena, .fn = fn, .arg = arg, .done = waiter_done},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .ended = PTHREAD_COND_INITIALIZER,
    };

    job_begin(store, &waiter.job);
    enum err e =
        store->ops->run ? store->ops->run(store->engine, &waiter.job) : store_submit(store, &waiter.job);
    if (!e && !store->ops->run)
        e = wait_for(store, &waiter);
    must(pthread_cond_destroy(&waiter.ended) == 0);
    must(pthread_mutex_destroy(&waiter.lock) == 0);
    return e;
}

enum err store_run(struct store *store, const struct access *access, struct arena *arena, tx_fn *fn,
                   void *arg)
{
    if (access->write)
        return run_write(store, access, arena, fn, arg);
    struct read_call call = {store, arena, fn, arg};
    return store->ops->read(store->engine, access, read_view, &call);
}

/* ---- hashes and tokens ---- */

void store_blind(const struct store *store, const char *domain, const char *text, char out[static 33])
{
    uint8_t joined[BLIND_DOMAIN_MAX + 1 + BLIND_TEXT_MAX];
    uint8_t hash[BLIND_BYTES];
    size_t domain_size = strlen(domain);
    size_t text_size = strlen(text);

    must(domain_size <= BLIND_DOMAIN_MAX);
    memcpy(joined, domain, domain_size + 1); /* the NUL keeps domain and text apart */
    if (text_size <= BLIND_TEXT_MAX) {
        memcpy(joined + domain_size + 1, text, text_size);
        keyring_blind(store->keyring, TAG_TEXT, (struct span){joined, domain_size + 1 + text_size}, hash);
    } else { /* a long one is hashed by its own hash */
        uint8_t *at = joined + domain_size + 1;
        keyring_blind(store->keyring, TAG_TEXT, (struct span){(const uint8_t *)text, text_size}, at);
        keyring_blind(store->keyring, TAG_TEXT, (struct span){joined, domain_size + 1 + BLIND_BYTES}, hash);
    }
    sodium_bin2hex(out, 33, hash, sizeof hash);
    sodium_memzero(joined, sizeof joined);
}

enum err store_seal_token(const struct store *store, struct arena *arena, const char *use, struct span plain,
                          const char **token)
{
    struct seal_header header;
    uint8_t nonce[SEAL_NONCE_BYTES];
    uint8_t sealed[TOKEN_PLAIN_MAX + 64];
    size_t size = seal_size(SEAL_TOKEN, plain.size);

    must(plain.size <= TOKEN_PLAIN_MAX);
    const uint8_t *key = keyring_newest(store->keyring, SEAL_TOKEN, &header);
    keyring_random(store->keyring, nonce, sizeof nonce);
    seal_close(&header, key, nonce, (struct span){(const uint8_t *)use, strlen(use)}, plain, sealed);
    char *text = arena_alloc(arena, BASE64URL_TEXT(size));
    if (!text)
        return ERR_MEMORY;
    base64url_write(sealed, size, text);
    *token = text;
    return ERR_OK;
}

static enum err token_open(const struct store *store, const char *use, struct span sealed, uint8_t *plain)
{
    struct seal_header header;

    if (seal_header_read(sealed, &header) || header.kind != SEAL_TOKEN || strlen(use) > SEAL_BOUND_MAX)
        return ERR_CURSOR;
    const uint8_t *key = keyring_store_key(store->keyring, &header);
    struct span bound = {(const uint8_t *)use, strlen(use)};
    return key && !seal_open(SEAL_TOKEN, key, bound, sealed, plain) ? ERR_OK : ERR_CURSOR;
}

enum err store_open_token(const struct store *store, struct arena *arena, const char *use, const char *token,
                          struct span *plain)
{
    uint8_t sealed[TOKEN_PLAIN_MAX + 64];
    size_t size = 0;

    if (!base64url_read(token, strlen(token), sealed, sizeof sealed, &size))
        return ERR_CURSOR;
    size_t plain_size = seal_plain_size(SEAL_TOKEN, size);
    uint8_t *bytes = arena_alloc(arena, plain_size);
    if (!bytes)
        return ERR_MEMORY;
    enum err e = token_open(store, use, (struct span){sealed, size}, bytes);
    if (!e)
        *plain = (struct span){bytes, plain_size};
    return e;
}

/* ---- the rest ---- */

void store_stats(struct store *store, struct store_stats *stats)
{
    *stats = (struct store_stats){0};
    store->ops->stats(store->engine, stats);
}

enum err store_health(struct store *store)
{
    return store->ops->health(store->engine);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->ops->close(store->engine);
    keyring_free(store->keyring);
    free(store);
}
