/* dynamo.c - the engine: opening, the threads that run jobs, attempts until one is settled.
 *
 * A job that somebody waits for runs on the thread that waits. One that was submitted waits in a queue with a
 * bound for one of a fixed number of threads, because it spends its time waiting for the network. */
#include "store/dynamo/dynamo_engine.h"

#include "base/log.h"
#include "base/must.h"
#include "base/time.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_DEFAULT = 32,
    THREADS_MAX = 1024,
    QUEUE_DEFAULT = 4096,
    CONNECTIONS_BESIDE = 64, /* for those who run their jobs and reads themselves */
    CONNECT_MS = 2000,
    ATTEMPTS_MAX = 40,
    CONFLICT_BASE_MS = 4,
    JOB_LIMIT_US = 15 * 1000 * 1000,
    SCRATCH_BYTES = 128 * 1024 * 1024,
    KEPT_BYTES = 128 * 1024 * 1024,
    HEALTH_GOOD_US = 1000 * 1000,
    MESSAGE_BYTES = 256,
};

/* ---- trips ---- */

static void trip_free(struct trip *trip)
{
    arena_free(trip->scratch);
    arena_free(trip->kept);
    http_answer_done(&trip->answer);
    free(trip);
}

static struct trip *trip_new(void)
{
    struct trip *trip = calloc(1, sizeof *trip);
    if (!trip)
        return NULL;
    trip->scratch = arena_new(SCRATCH_BYTES);
    trip->kept = arena_new(KEPT_BYTES);
    if (!trip->scratch || !trip->kept) {
        trip_free(trip);
        return NULL;
    }
    trip->scratch_mark = arena_mark(trip->scratch);
    trip->kept_mark = arena_mark(trip->kept);
    return trip;
}

struct trip *dynamo_trip_take(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->trips_lock) == 0);
    struct trip *trip = engine->trips;
    if (trip) {
        engine->trips = trip->next;
        engine->trip_count--;
    }
    must(pthread_mutex_unlock(&engine->trips_lock) == 0);
    if (!trip)
        trip = trip_new();
    if (trip)
        trip->deadline_us = clock_monotonic_us() + JOB_LIMIT_US;
    return trip;
}

void dynamo_trip_put(struct engine *engine, struct trip *trip)
{
    arena_reset(trip->scratch, trip->scratch_mark);
    arena_reset(trip->kept, trip->kept_mark);
    must(pthread_mutex_lock(&engine->trips_lock) == 0);
    bool keep = engine->trip_count < TRIPS_IDLE_MAX;
    if (keep) {
        trip->next = engine->trips;
        engine->trips = trip;
        engine->trip_count++;
    }
    must(pthread_mutex_unlock(&engine->trips_lock) == 0);
    if (!keep)
        trip_free(trip);
}

/* ---- attempts ---- */

/* What is fetched before the function asks: what the caller named, and then what the last attempt has got. */
struct wanted {
    struct stored_key keys[ITEMS_MAX];
    struct stored_key_room rooms[ITEMS_MAX];
    size_t count;
};

static void wanted_add(struct wanted *wanted, struct stored_key key)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->keys[i].size == key.size && memcmp(wanted->keys[i].data, key.data, key.size) == 0)
            return;
    if (wanted->count == ITEMS_MAX)
        return;
    struct stored_key_room *room = &wanted->rooms[wanted->count];
    memmove(room->bytes, key.data, key.size);
    wanted->keys[wanted->count++] = (struct stored_key){room->bytes, key.size, key.part_size};
}

/* The key of whom a record is about, in the same request, unless it is open already. */
static void wanted_add_person(struct wanted *wanted, const struct engine *engine, struct stored_key key)
{
    uint8_t open_key[SEAL_KEY_BYTES];
    struct stored_key_room room;
    const uint8_t *id = key.data + 1;

    if (key.data[0] != KEY_OF_PERSON)
        return;
    if (!keyring_person_find(engine->keyring, id, open_key))
        wanted_add(wanted, stored_key_of_person(id, &room));
    sodium_memzero(open_key, sizeof open_key);
}

static void wanted_from_access(struct wanted *wanted, const struct engine *engine,
                               const struct access *access)
{
    struct key_memo memo = {0};
    struct stored_key_room room;
    struct stored_key key;

    for (size_t i = 0; engine->keyring && i < access->count; i++)
        if (stored_key_make(engine->keyring, &memo, &access->keys[i], &room, &key)) {
            wanted_add(wanted, key);
            wanted_add_person(wanted, engine, key);
        }
}

static void wanted_from_view(struct wanted *wanted, const struct dynamo_view *view)
{
    wanted->count = 0;
    for (const struct seen *seen = view->newest; seen; seen = seen->before)
        if (dynamo_needs_check(seen) && seen->key.size <= STORED_KEY_MAX)
            wanted_add(wanted, seen->key);
}

/* One attempt's end: does it stand? */
static enum err settle(struct dynamo_view *view, enum err e, bool *again)
{
    bool stale = false;

    *again = view->conflict;
    if (view->committing)
        return e;
    enum err checked = e == ERR_STORE || e == ERR_MEMORY ? ERR_OK : dynamo_validate(view, &stale);
    *again = stale;
    return checked ? checked : e;
}

typedef enum err attempt_fn(struct dynamo_view *view, void *arg);

struct run {
    struct engine *engine;
    const struct access *access;
    attempt_fn *attempt;
    void (*again)(void *arg); /* before another attempt */
    void *arg;
};

static enum err attempt_once(const struct run *run, struct dynamo_view *view, const struct wanted *wanted,
                             bool *again)
{
    enum err e = dynamo_prefetch(view, run->access->write, wanted->keys, wanted->count);

    *again = false;
    if (e)
        return e;
    return settle(view, run->attempt(view, run->arg), again);
}

static enum err run_with(const struct run *run, struct trip *trip, struct wanted *wanted)
{
    struct dynamo_view view;
    bool again = true;
    enum err e = ERR_BUSY;

    wanted->count = 0;
    wanted_from_access(wanted, run->engine, run->access);
    for (unsigned turn = 0; turn < ATTEMPTS_MAX; turn++) {
        arena_reset(trip->kept, trip->kept_mark);
        dynamo_view_begin(&view, run->engine, trip, run->access->write);
        view.walked = run->access->loose;
        e = attempt_once(run, &view, wanted, &again);
        if (!again)
            return e;
        atomic_fetch_add(&run->engine->conflicts, 1);
        if (clock_monotonic_us() > trip->deadline_us)
            return ERR_BUSY;
        wanted_from_view(wanted, &view);
        dynamo_back_off(turn < 6 ? turn : 6, CONFLICT_BASE_MS);
        run->again(run->arg);
    }
    return ERR_BUSY;
}

static enum err run_all(const struct run *run)
{
    struct trip *trip = dynamo_trip_take(run->engine);
    struct wanted *wanted = trip ? malloc(sizeof *wanted) : NULL;
    enum err e = wanted ? run_with(run, trip, wanted) : ERR_MEMORY;

    free(wanted);
    if (trip)
        dynamo_trip_put(run->engine, trip);
    if (e == ERR_STORE || e == ERR_TX_TOO_LARGE)
        atomic_fetch_add(&run->engine->failures, 1);
    return e;
}

/* ---- reads ---- */

struct reading {
    view_fn *fn;
    void *arg;
};

static enum err read_attempt(struct dynamo_view *view, void *arg)
{
    const struct reading *reading = arg;
    return reading->fn(&view->view, reading->arg);
}

static void read_again(void *arg)
{
    (void)arg; /* what the function has allocated stays in the caller's arena, which has a cap */
}

static enum err dynamo_read(struct engine *engine, const struct access *access, view_fn *fn, void *arg)
{
    struct reading reading = {fn, arg};
    struct run run = {engine, access, read_attempt, read_again, &reading};
    return run_all(&run);
}

/* ---- jobs ---- */

static enum err job_attempt(struct dynamo_view *view, void *arg)
{
    return store_attempt(&view->view, arg);
}

static void job_again(void *arg)
{
    store_again(arg);
}

static enum err dynamo_run(struct engine *engine, struct store_job *job)
{
    struct run run = {engine, &job->access, job_attempt, job_again, job};
    return run_all(&run);
}

static enum err dynamo_submit(struct engine *engine, struct store_job *job)
{
    enum err e = ERR_OK;

    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    if (engine->stopping)
        e = ERR_STOPPING;
    else if (engine->queued >= engine->queue_max)
        e = ERR_BUSY;
    if (!e) {
        if (engine->last)
            engine->last->next = job;
        else
            engine->first = job;
        engine->last = job;
        engine->queued++;
        must(pthread_cond_signal(&engine->queue_filled) == 0);
    }
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    return e;
}

/* NULL: the store is closing, and nothing waits any more. */
static struct store_job *job_take(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    while (!engine->first && !engine->stopping)
        must(pthread_cond_wait(&engine->queue_filled, &engine->queue_lock) == 0);
    struct store_job *job = engine->first;
    if (job) {
        engine->first = job->next;
        if (!engine->first)
            engine->last = NULL;
        engine->queued--;
        job->next = NULL;
    }
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    return job;
}

static void *thread_main(void *arg)
{
    struct engine *engine = arg;
    struct store_job *job;

    while ((job = job_take(engine)) != NULL)
        store_finish(job, dynamo_run(engine, job));
    return NULL;
}

/* Signals are for the main thread. */
static enum err threads_start(struct engine *engine, size_t count)
{
    sigset_t all;
    sigset_t before;
    int code = 0;

    engine->threads = calloc(count, sizeof *engine->threads);
    if (!engine->threads)
        return ERR_MEMORY;
    (void)sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    while (code == 0 && engine->thread_count < count) {
        code = pthread_create(&engine->threads[engine->thread_count], NULL, thread_main, engine);
        if (code == 0)
            (void)pthread_setname_np(engine->threads[engine->thread_count++], "store-remote");
    }
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    return code ? ERR_MEMORY : ERR_OK;
}

static void threads_stop(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    engine->stopping = true;
    must(pthread_cond_broadcast(&engine->queue_filled) == 0);
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    for (size_t i = 0; i < engine->thread_count; i++)
        must(pthread_join(engine->threads[i], NULL) == 0);
    free(engine->threads);
}

/* ---- looking after it ---- */

/* One small read, without a second try. */
static enum err health_ask(struct engine *engine, struct trip *trip)
{
    static const struct key format = {TABLE_META, META_FORMAT_PART, NULL};
    struct stored_key_room room;
    struct stored_key key;
    struct buf body;

    must(stored_key_make(NULL, NULL, &format, &room, &key));
    arena_reset(trip->scratch, trip->scratch_mark);
    buf_init(&body, trip->scratch);
    buf_printf(&body, "{\"TableName\":\"%s\",\"ProjectionExpression\":\"ver\",\"Key\":{",
               engine->names[DYNAMO_SYSTEM]);
    put_key(&body, key);
    buf_text(&body, "}}");
    if (!buf_ok(&body))
        return ERR_MEMORY;
    struct request request = {.operation = "GetItem", .body = buf_span(&body), .once = true};
    return dynamo_send(engine, trip, &request) == OUTCOME_DONE ? ERR_OK : request.err;
}

/* Who asks often gets what was found a moment ago. */
static enum err dynamo_health(struct engine *engine)
{
    int64_t now_us = clock_monotonic_us();

    must(pthread_mutex_lock(&engine->health_lock) == 0);
    if (engine->health_us == 0 || now_us - engine->health_us > HEALTH_GOOD_US) {
        struct trip *trip = dynamo_trip_take(engine);
        engine->health = trip ? health_ask(engine, trip) : ERR_MEMORY;
        engine->health_us = clock_monotonic_us();
        if (trip)
            dynamo_trip_put(engine, trip);
    }
    enum err e = engine->health;
    must(pthread_mutex_unlock(&engine->health_lock) == 0);
    return e;
}

static void dynamo_stats(struct engine *engine, struct store_stats *stats)
{
    stats->commits = atomic_load(&engine->commits);
    stats->commit_us_total = atomic_load(&engine->commit_us_total);
    stats->writes = atomic_load(&engine->writes);
    stats->conflicts = atomic_load(&engine->conflicts);
    stats->failures = atomic_load(&engine->failures);
    stats->round_trips = atomic_load(&engine->round_trips);
    stats->resent = atomic_load(&engine->resent);
    stats->items_read = atomic_load(&engine->items_read);
    stats->bytes_sent = atomic_load(&engine->bytes_sent);
    stats->bytes_received = atomic_load(&engine->bytes_received);
    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    stats->queued = engine->queued;
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
}

static void dynamo_close(struct engine *engine)
{
    threads_stop(engine);
    dynamo_engine_free(engine);
}

static const struct engine_ops ops = {
    .name = "dynamodb",
    .remote = true,
    .read = dynamo_read,
    .submit = dynamo_submit,
    .run = dynamo_run,
    .fill = dynamo_fill,
    .health = dynamo_health,
    .stats = dynamo_stats,
    .close = dynamo_close,
};

/* ---- opening ---- */

void dynamo_engine_free(struct engine *engine)
{
    while (engine->trips) {
        struct trip *trip = engine->trips;
        engine->trips = trip->next;
        trip_free(trip);
    }
    http_client_free(engine->http);
    aws_keys_free(engine->keys);
    must(pthread_mutex_destroy(&engine->trips_lock) == 0);
    must(pthread_mutex_destroy(&engine->queue_lock) == 0);
    must(pthread_mutex_destroy(&engine->health_lock) == 0);
    must(pthread_cond_destroy(&engine->queue_filled) == 0);
    free(engine);
}

static bool name_is_right(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t size = strnlen(name, NAME_BYTES_MAX + 1);

    return size >= 3 && size <= NAME_BYTES_MAX && strspn(name, letters) == size;
}

/* No two may be the same: keys of two tables of ours could be the same then. */
static bool names_take(struct engine *engine, const struct dynamo_options *options)
{
    for (size_t i = 0; i < DYNAMO_TABLES; i++) {
        if (!options->names[i] || !name_is_right(options->names[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(options->names[i], options->names[k]) == 0)
                return false;
        (void)snprintf(engine->names[i], sizeof engine->names[i], "%s", options->names[i]);
    }
    return true;
}

static struct engine *engine_alloc(const struct dynamo_options *options)
{
    size_t threads = options->threads ? options->threads : THREADS_DEFAULT;
    struct http_client_options http = {.connections_max = threads + CONNECTIONS_BESIDE,
                                       .connect_ms = CONNECT_MS};

    must(threads <= THREADS_MAX - CONNECTIONS_BESIDE);
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    must(pthread_mutex_init(&engine->trips_lock, NULL) == 0);
    must(pthread_mutex_init(&engine->queue_lock, NULL) == 0);
    must(pthread_mutex_init(&engine->health_lock, NULL) == 0);
    must(pthread_cond_init(&engine->queue_filled, NULL) == 0);
    engine->queue_max = options->store.queue_max ? options->store.queue_max : QUEUE_DEFAULT;
    engine->http = http_client_new(&http);
    engine->keys = aws_keys_new(options->get, clock_now_ms);
    if (engine->http && engine->keys)
        return engine;
    dynamo_engine_free(engine);
    return NULL;
}

struct engine *dynamo_engine_new(const struct dynamo_options *options, char message[static 256], enum err *e)
{
    const char *wrong = NULL;

    *e = http_client_start(&wrong);
    if (*e) {
        (void)snprintf(message, MESSAGE_BYTES, "%s", wrong);
        return NULL;
    }
    struct engine *engine = engine_alloc(options);
    if (!engine) {
        (void)snprintf(message, MESSAGE_BYTES, "There is not enough memory to open the store.");
        *e = ERR_MEMORY;
        return NULL;
    }
    engine->client = (struct aws_client){.http = engine->http,
                                         .keys = engine->keys,
                                         .clock = clock_now_ms,
                                         .service = "dynamodb",
                                         .region = options->region};
    if (!options->region || !*options->region)
        wrong = "The region is not set. Set AWS_REGION, like eu-west-2.";
    else if (!names_take(engine, options))
        wrong = "The tables of DynamoDB need names of 3 to 255 letters, digits and _.-, all different. See "
                "APPOINTMENTS_TABLE, PATIENTS_TABLE, PRACTICES_TABLE and SYSTEM_TABLE.";
    else if (!aws_client_init(&engine->client, "dynamodb", options->endpoint))
        wrong = "DYNAMODB_ENDPOINT has to be an address like http://127.0.0.1:8000, without a path.";
    if (!wrong)
        return engine;
    (void)snprintf(message, MESSAGE_BYTES, "%s", wrong);
    dynamo_engine_free(engine);
    *e = ERR_SETTING;
    return NULL;
}

static enum err tables_missing(const struct dynamo_options *options, enum err err, char *message)
{
    (void)snprintf(message, MESSAGE_BYTES,
                   "A table is not there, %.110s or another of the four. Check their names and the region; "
                   "`opendoor tables create` makes them.",
                   options->names[DYNAMO_SYSTEM]);
    return err;
}

enum err store_open_dynamo(const struct dynamo_options *options, struct store **store,
                           char message[static 256])
{
    struct store_options common = options->store;
    enum err e;

    if (!common.key_file && !common.key_hex) {
        (void)snprintf(message, MESSAGE_BYTES,
                       "On DynamoDB the master key has to be given: --key FILE, or MASTER_KEY, the same for "
                       "every server.");
        return ERR_SETTING;
    }
    struct engine *engine = dynamo_engine_new(options, message, &e);
    if (!engine)
        return e;
    common.dir = engine->names[DYNAMO_SYSTEM]; /* what messages call it */
    e = threads_start(engine, options->threads ? options->threads : THREADS_DEFAULT);
    if (e) {
        dynamo_close(engine);
        (void)snprintf(message, MESSAGE_BYTES,
                       "The store's threads cannot be started: the limit of threads is reached.");
        return e;
    }
    struct store_setup setup = {.engine = engine, .ops = &ops, .options = &common};
    bool table_missing = false;
    engine->table_missing = &table_missing;
    e = store_start(&setup, store, message);
    if (e) /* the engine is gone */
        return table_missing ? tables_missing(options, e, message) : e;
    engine->table_missing = NULL;
    engine->keyring = (*store)->keyring;
    return ERR_OK;
}
