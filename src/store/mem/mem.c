/* mem.c - the engine in memory. One lock over everything; done() is called outside of it, so that it may
 * submit again. A commit keeps the map's journal, a failed or lost one takes it back. */
#include "store/mem/mem.h"

#include "base/must.h"
#include "store/mem/map.h"
#include "store/tx.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_DEFAULT = 4096, BATCH_DEFAULT = 256 };

struct mem_disk {
    struct map *map;
    uint8_t master[SEAL_KEY_BYTES]; /* what the key file is elsewhere */
    bool has_master;
};

struct fault {
    unsigned nth; /* commits until it comes true; 0: never */
    unsigned times;
};

struct engine {
    pthread_mutex_t lock;
    struct mem_disk *disk;
    bool own_disk;
    bool manual;
    size_t queue_max, batch_max;
    struct store_job *first, *last; /* what waits; manual only */
    size_t queued;
    struct fault faults[MEM_FAULTS];
    bool lost; /* power */
    bool full; /* of memory, in a batch */
    enum err health;
    uint64_t seed;
    atomic_uint_fast64_t draws;
    struct store_stats stats;
};

struct mem_view {
    struct view view; /* first */
    struct engine *engine;
};

/* ---- disks, randomness ---- */

struct mem_disk *mem_disk_new(void)
{
    struct mem_disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return NULL;
    disk->map = map_new();
    if (disk->map)
        return disk;
    free(disk);
    return NULL;
}

void mem_disk_free(struct mem_disk *disk)
{
    if (!disk)
        return;
    map_free(disk->map);
    sodium_memzero(disk->master, sizeof disk->master);
    free(disk);
}

/* Every draw has a number of its own; together with the seed it makes the key of a stream. */
static void seeded_fill(void *arg, void *out, size_t size)
{
    struct engine *engine = arg;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    uint64_t draw = atomic_fetch_add(&engine->draws, 1);

    memcpy(seed, &engine->seed, sizeof engine->seed);
    memcpy(seed + sizeof engine->seed, &draw, sizeof draw);
    randombytes_buf_deterministic(out, size, seed);
}

static struct key_source source_of(struct engine *engine)
{
    return engine->seed ? (struct key_source){seeded_fill, engine} : (struct key_source){NULL, NULL};
}

/* ---- the view ---- */

static struct map *map_of(struct view *view)
{
    return ((struct mem_view *)view)->engine->disk->map;
}

static enum err view_get(struct view *view, struct stored_key key, struct arena *arena, struct span *sealed)
{
    const struct entry *entry = map_get(map_of(view), (struct span){key.data, key.size});

    (void)arena;
    if (!entry)
        return ERR_NOT_FOUND;
    *sealed = entry->value;
    return ERR_OK;
}

static struct record record_of(const struct entry *entry)
{
    return (struct record){{entry->key.data, (uint16_t)entry->key.size, 0}, entry->value};
}

static enum err view_scan(struct view *view, const struct range *range, struct arena *arena,
                          struct record **records, size_t *count, bool *more)
{
    struct map *map = map_of(view);
    size_t from = map_seek(map, (struct span){range->from.data, range->from.size});
    size_t until = map_seek(map, (struct span){range->until.data, range->until.size});
    size_t there = until > from ? until - from : 0;
    size_t taken = 0;
    bool beyond = false;

    struct record *found =
        arena_zero(arena, (there < range->limit ? there : range->limit) + 1, sizeof *found);
    if (!found)
        return ERR_MEMORY;
    for (size_t i = 0; i < there && !beyond; i++) {
        const struct entry *entry = map_at(map, range->backwards ? until - 1 - i : from + i);
        if (!stored_key_is_of(range->from, entry->key.data, entry->key.size))
            continue;
        beyond = taken == range->limit;
        if (!beyond)
            found[taken++] = record_of(entry);
    }
    *records = found;
    *count = taken;
    *more = beyond;
    return ERR_OK;
}

static enum err view_walk(struct view *view, struct stored_key behind, size_t limit, struct arena *arena,
                          struct record **records, size_t *count)
{
    struct map *map = map_of(view);
    struct span key = {behind.data, behind.size};
    size_t index = behind.size ? map_seek(map, key) : 0;
    size_t found = 0;

    if (behind.size && map_get(map, key))
        index++;
    *records = arena_zero(arena, limit, sizeof **records);
    if (!*records)
        return ERR_MEMORY;
    for (; found < limit && map_at(map, index); index++, found++)
        (*records)[found] = record_of(map_at(map, index));
    *count = found;
    return ERR_OK;
}

static enum err view_apply(struct view *view, const struct write *writes, size_t count)
{
    struct engine *engine = ((struct mem_view *)view)->engine;

    for (size_t i = 0; i < count; i++) {
        struct span key = {writes[i].key.data, writes[i].key.size};
        if (!map_set(engine->disk->map, key, writes[i].sealed)) {
            engine->full = true;
            return ERR_MEMORY;
        }
    }
    engine->stats.writes += count;
    return ERR_OK;
}

static const struct view_ops view_ops = {view_get, view_scan, view_walk, view_apply, NULL, NULL};

static enum err mem_read(struct engine *engine, const struct access *access, view_fn *fn, void *arg)
{
    struct mem_view view = {{&view_ops, true}, engine};

    (void)access;
    must(pthread_mutex_lock(&engine->lock) == 0);
    enum err e = engine->lost ? ERR_STORE : fn(&view.view, arg);
    must(pthread_mutex_unlock(&engine->lock) == 0);
    return e;
}

/* ---- faults ---- */

static bool strikes(struct engine *engine, enum mem_fault number)
{
    struct fault *fault = &engine->faults[number];

    if (fault->nth == 0)
        return false;
    if (fault->nth > 1) {
        fault->nth--;
        return false;
    }
    if (fault->times > 1)
        fault->times--;
    else
        fault->nth = 0;
    return true;
}

void store_mem_fault(struct store *store, enum mem_fault fault, unsigned nth, unsigned times)
{
    struct engine *engine = store->engine;

    must(fault < MEM_FAULTS && times >= 1);
    must(pthread_mutex_lock(&engine->lock) == 0);
    engine->faults[fault] = (struct fault){nth, times};
    must(pthread_mutex_unlock(&engine->lock) == 0);
}

/* ---- commits ---- */

/* Runs all jobs of a batch on top of each other. */
static void attempt_all(struct engine *engine, struct store_job *batch)
{
    struct mem_view view = {{&view_ops, false}, engine};

    engine->full = false;
    for (struct store_job *job = batch; job; job = job->next)
        job->err = store_attempt(&view.view, job);
}

static void answer_same(struct store_job *batch, enum err err)
{
    for (struct store_job *job = batch; job; job = job->next)
        job->err = err;
}

static enum err attempt_until_settled(struct engine *engine, struct store_job *batch)
{
    for (unsigned tries = 1;; tries++) {
        attempt_all(engine, batch);
        if (engine->full)
            return ERR_MEMORY;
        if (!strikes(engine, MEM_CONFLICT))
            return ERR_OK;
        engine->stats.conflicts++;
        map_take_back(engine->disk->map);
        if (tries == MEM_TRIES_MAX)
            return ERR_BUSY;
        for (struct store_job *job = batch; job; job = job->next)
            store_again(job);
    }
}

static enum err sync_or_not(struct engine *engine)
{
    if (strikes(engine, MEM_FAIL))
        return ERR_STORE;
    if (strikes(engine, MEM_FULL))
        return ERR_STORE_FULL;
    engine->lost = strikes(engine, MEM_POWER_BEFORE_SYNC);
    return engine->lost ? ERR_STORE : ERR_OK;
}

/* One commit. Under the lock. */
static void commit(struct engine *engine, struct store_job *batch)
{
    enum err e = attempt_until_settled(engine, batch);
    if (!e)
        e = sync_or_not(engine);
    engine->health = e == ERR_BUSY ? ERR_OK : e;
    if (e) {
        map_take_back(engine->disk->map);
        answer_same(batch, e); /* refusals too: they may rest on what was taken back */
        engine->stats.failures++;
        return;
    }
    map_keep(engine->disk->map);
    engine->stats.commits++;
    engine->lost = strikes(engine, MEM_POWER_AFTER_SYNC);
    if (strikes(engine, MEM_LOSE_ANSWER))
        answer_same(batch, ERR_STORE);
}

static void answer_all(struct store_job *batch)
{
    while (batch) {
        struct store_job *job = batch;
        batch = job->next; /* the job is gone after done() */
        store_finish(job, job->err);
    }
}

/* Commits and answers. ERR_STORE: the power went, and nobody is answered. */
static enum err run(struct engine *engine, struct store_job *batch)
{
    must(pthread_mutex_lock(&engine->lock) == 0);
    bool lost = engine->lost;
    if (!lost)
        commit(engine, batch);
    lost = engine->lost;
    must(pthread_mutex_unlock(&engine->lock) == 0);
    if (lost)
        return ERR_STORE;
    answer_all(batch);
    return ERR_OK;
}

/* ---- the queue ---- */

static enum err enqueue(struct engine *engine, struct store_job *job)
{
    if (engine->lost)
        return ERR_STORE;
    if (engine->queued >= engine->queue_max)
        return ERR_BUSY;
    if (engine->last)
        engine->last->next = job;
    else
        engine->first = job;
    engine->last = job;
    engine->queued++;
    return ERR_OK;
}

static enum err mem_submit(struct engine *engine, struct store_job *job)
{
    must(pthread_mutex_lock(&engine->lock) == 0);
    enum err e = engine->manual ? enqueue(engine, job) : engine->lost ? ERR_STORE : ERR_OK;
    must(pthread_mutex_unlock(&engine->lock) == 0);
    return e || engine->manual ? e : run(engine, job);
}

static struct store_job *batch_take(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->lock) == 0);
    struct store_job *batch = engine->first;
    struct store_job *end = batch;
    for (size_t i = 1; end && end->next && i < engine->batch_max; i++, engine->queued--)
        end = end->next;
    if (end) {
        engine->first = end->next;
        engine->queued--;
        end->next = NULL;
    }
    if (!engine->first)
        engine->last = NULL;
    must(pthread_mutex_unlock(&engine->lock) == 0);
    return batch;
}

bool store_mem_pump(struct store *store)
{
    must(store->engine->manual);
    struct store_job *batch = batch_take(store->engine);
    if (batch)
        (void)run(store->engine, batch);
    return batch != NULL;
}

static enum err mem_help(struct engine *engine)
{
    struct store_job *batch;
    enum err e = ERR_OK;

    while (!e && (batch = batch_take(engine)) != NULL)
        e = run(engine, batch);
    return e;
}

/* ---- the rest ---- */

void store_mem_power_loss(struct store *store)
{
    struct engine *engine = store->engine;

    must(pthread_mutex_lock(&engine->lock) == 0);
    engine->lost = true;
    engine->first = engine->last = NULL;
    engine->queued = 0;
    must(pthread_mutex_unlock(&engine->lock) == 0);
}

bool store_mem_has_power(struct store *store)
{
    must(pthread_mutex_lock(&store->engine->lock) == 0);
    bool lost = store->engine->lost;
    must(pthread_mutex_unlock(&store->engine->lock) == 0);
    return !lost;
}

size_t store_mem_records(struct store *store)
{
    must(pthread_mutex_lock(&store->engine->lock) == 0);
    size_t count = map_count(store->engine->disk->map);
    must(pthread_mutex_unlock(&store->engine->lock) == 0);
    return count;
}

static enum err mem_health(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->lock) == 0);
    enum err e = engine->lost ? ERR_STORE : engine->health;
    must(pthread_mutex_unlock(&engine->lock) == 0);
    return e;
}

static void mem_stats(struct engine *engine, struct store_stats *stats)
{
    must(pthread_mutex_lock(&engine->lock) == 0);
    *stats = engine->stats;
    stats->queued = engine->queued;
    stats->bytes_used = map_bytes(engine->disk->map);
    must(pthread_mutex_unlock(&engine->lock) == 0);
}

static void mem_close(struct engine *engine)
{
    if (!engine->lost)
        (void)mem_help(engine);
    if (engine->own_disk)
        mem_disk_free(engine->disk);
    must(pthread_mutex_destroy(&engine->lock) == 0);
    free(engine);
}

static const struct engine_ops ops = {
    .name = "mem",
    .read = mem_read,
    .submit = mem_submit,
    .help = mem_help,
    .health = mem_health,
    .stats = mem_stats,
    .close = mem_close,
};

static struct engine *engine_new(const struct mem_options *options)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    *engine = (struct engine){
        .disk = options->disk ? options->disk : mem_disk_new(),
        .own_disk = !options->disk,
        .manual = options->manual,
        .queue_max = options->queue_max ? options->queue_max : QUEUE_DEFAULT,
        .batch_max = options->batch_max ? options->batch_max : BATCH_DEFAULT,
        .seed = options->seed,
    };
    must(pthread_mutex_init(&engine->lock, NULL) == 0);
    if (engine->disk)
        return engine;
    mem_close(engine);
    return NULL;
}

enum err store_open_mem(const struct mem_options *options, struct store **store)
{
    char message[256];

    if (sodium_init() < 0)
        return ERR_INTERNAL;
    struct engine *engine = engine_new(options);
    if (!engine)
        return ERR_MEMORY;
    /* A disk that is opened again with the same seed must not see the nonces of its first life again. */
    atomic_init(&engine->draws, (uint_fast64_t)map_bytes(engine->disk->map) << 32);
    struct key_source source = source_of(engine);
    if (!engine->disk->has_master) {
        if (source.fill)
            source.fill(source.arg, engine->disk->master, SEAL_KEY_BYTES);
        else
            randombytes_buf(engine->disk->master, SEAL_KEY_BYTES);
        engine->disk->has_master = true;
    }
    struct store_options common = {.copy_of = options->copy_of};
    struct store_setup setup = {
        .engine = engine, .ops = &ops, .options = &common, .source = source, .master = engine->disk->master};
    return store_start(&setup, store, message);
}
