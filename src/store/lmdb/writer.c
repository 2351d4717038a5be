/* writer.c - the one thread that writes: group commit.
 *
 * It takes what waits, up to a bound, and attempts each job on one LMDB write transaction; a job that fails
 * has applied nothing, so the others are not disturbed. Then one commit, which syncs the disk once, and only
 * then is anybody answered: refusals too, for a refusal may rest on a job before it in the batch. While the
 * disk is at work the next batch gathers by itself, so nothing ever waits for company, and the larger the
 * load, the larger the batches. LMDB's lock for writers is held while a batch is at work and at no other
 * time, so that other processes
 * (`user add`) have their turn.
 *
 * A commit that fails (disk full, input/output error) leaves the state as it was; everybody in the batch gets
 * the error and the writer goes on. LMDB refuses all further work (MDB_PANIC) if it could not even write its
 * meta page back: then the environment is opened again. After a failure, and while there is nothing to do,
 * the writer tries once a second whether the disk takes a commit again, so that store_health() tells the
 * truth without traffic.
 *
 * Functions of jobs run on this thread: one that blocks stops every booking. */
#include "base/must.h"
#include "store/lmdb/lmdb_engine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    BATCH_JOBS_MAX = 256,
    BATCH_WRITES_MAX = 16 * 1024, /* LMDB holds at most 131,071 changed pages in one transaction */
    BATCH_BYTES_MAX = 64 * 1024 * 1024,
    PROBE_SECONDS = 1,
};

static uint64_t now_us(void)
{
    struct timespec now;

    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* ---- the queue ---- */

enum err writer_submit(struct engine *engine, struct store_job *job)
{
    enum err e = ERR_OK;

    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    if (engine->stopping)
        e = ERR_STOPPING;
    else if (engine->queued >= engine->queue_max)
        e = ERR_BUSY;
    bool was_empty = engine->first == NULL;
    if (!e) {
        if (engine->last)
            engine->last->next = job;
        else
            engine->first = job;
        engine->last = job;
        engine->queued++;
    }
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    if (!e && was_empty)
        must(pthread_cond_signal(&engine->queue_filled) == 0);
    return e;
}

/* Waits for jobs. After a failed commit not for ever: false, with nothing taken, says that it is time to
 * probe. */
static bool wait_for_jobs(struct engine *engine)
{
    struct timespec until;

    if (atomic_load(&engine->health) == ERR_OK) {
        must(pthread_cond_wait(&engine->queue_filled, &engine->queue_lock) == 0);
        return true;
    }
    must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += PROBE_SECONDS;
    int code = pthread_cond_timedwait(&engine->queue_filled, &engine->queue_lock, &until);
    must(code == 0 || code == ETIMEDOUT);
    return code == 0;
}

static struct store_job *take(struct engine *engine)
{
    struct store_job *batch = engine->first;
    struct store_job *end = batch;
    size_t taken = 1;

    if (!batch)
        return NULL;
    for (; end->next && taken < BATCH_JOBS_MAX; taken++)
        end = end->next;
    engine->first = end->next;
    if (!engine->first)
        engine->last = NULL;
    engine->queued -= taken;
    end->next = NULL;
    return batch;
}

/* The next batch; NULL with *probe: nothing to do, try the disk; NULL without: the store is closing. */
static struct store_job *next_batch(struct engine *engine, bool *probe)
{
    *probe = false;
    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    while (!engine->first && !engine->stopping && !*probe)
        *probe = !wait_for_jobs(engine);
    struct store_job *batch = take(engine);
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    return batch;
}

/* ---- one batch ---- */

static int begin_once(struct engine *engine, MDB_txn **txn)
{
    must(pthread_rwlock_rdlock(&engine->env_lock) == 0);
    int code = engine->env ? mdb_txn_begin(engine->env, NULL, 0, txn) : MDB_PANIC;
    if (code)
        must(pthread_rwlock_unlock(&engine->env_lock) == 0);
    return code;
}

/* On success the environment's lock is held until settle(). */
static int begin(struct engine *engine, MDB_txn **txn)
{
    int code = begin_once(engine, txn);
    if (code != MDB_PANIC)
        return code;
    code = env_recover(engine);
    return code ? code : begin_once(engine, txn);
}

static bool has_room(const struct lmdb_view *view)
{
    return view->write_count < BATCH_WRITES_MAX && view->write_bytes < BATCH_BYTES_MAX;
}

/* Attempts jobs until the transaction is broken or full; gives the first one that was not attempted. */
static struct store_job *attempt_all(struct lmdb_view *view, struct store_job *batch)
{
    struct store_job *job = batch;

    for (; job && !view->broken && has_room(view); job = job->next) {
        job->err = store_attempt(&view->view, job);
        if (job->next)
            crash_here(&view->engine->crash, CRASH_MID_BATCH);
    }
    return job;
}

static int commit(struct engine *engine, MDB_txn *txn)
{
    crash_here(&engine->crash, CRASH_BEFORE_COMMIT);
    uint64_t start = now_us();
    int code = mdb_txn_commit(txn);
    atomic_fetch_add(&engine->commit_us_total, now_us() - start);
    if (!code)
        atomic_fetch_add(&engine->commits, 1);
    return code;
}

/* Commits what was applied; a transaction that wrote nothing needs no disk. */
static int settle(struct engine *engine, struct lmdb_view *view)
{
    int code = view->broken;

    if (code || view->write_count == 0)
        mdb_txn_abort(view->txn);
    else
        code = commit(engine, view->txn);
    code = env_commit_error(engine, code);
    must(pthread_rwlock_unlock(&engine->env_lock) == 0);
    if (code) {
        atomic_fetch_add(&engine->failures, 1);
        (void)env_recover(engine); /* if it fails, the next one who needs it tries again */
    } else {
        atomic_fetch_add(&engine->writes, view->write_count);
    }
    if (code || view->write_count > 0)
        atomic_store(&engine->health, (int)env_error(code));
    return code;
}

/* Answers the jobs before `end`. If the commit failed, all get that error: what a job found may never have
 * been. */
static void answer(struct engine *engine, struct store_job *batch, const struct store_job *end,
                   enum err failed)
{
    uint64_t count = 0;

    for (const struct store_job *job = batch; job != end; job = job->next)
        count++;
    if (count > atomic_load(&engine->batch_max))
        atomic_store(&engine->batch_max, count);
    if (!failed)
        crash_here(&engine->crash, CRASH_AFTER_COMMIT_BEFORE_ANSWER);
    while (batch != end) {
        struct store_job *job = batch;
        batch = job->next; /* the job is its owner's again once it is answered */
        store_finish(job, failed ? failed : job->err);
        if (!failed)
            crash_here(&engine->crash, CRASH_AFTER_FIRST_ANSWER);
    }
}

/* Gives the jobs that did not fit into this transaction. */
static struct store_job *batch_run(struct engine *engine, struct store_job *batch)
{
    struct lmdb_view view = {.view = {&lmdb_view_ops, false}, .engine = engine};

    int code = begin(engine, &view.txn);
    if (code) {
        atomic_fetch_add(&engine->failures, 1);
        atomic_store(&engine->health, (int)env_error(code));
        answer(engine, batch, NULL, env_error(code));
        return NULL;
    }
    struct store_job *left = attempt_all(&view, batch);
    if (view.broken)
        left = NULL; /* those who were not attempted wait no longer than the others */
    code = settle(engine, &view);
    answer(engine, batch, left, env_error(code));
    return left;
}

/* Writes a record back as it is: a real commit, without a trace. */
static void probe(struct engine *engine)
{
    struct lmdb_view view = {.engine = engine};
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;

    int code = begin(engine, &view.txn);
    if (code)
        return; /* still failing; the next probe comes in a second */
    code = mdb_cursor_open(view.txn, engine->dbi, &cursor);
    if (!code)
        code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    if (!code && value.mv_size <= VALUE_BYTES_MAX) {
        uint8_t copy[VALUE_BYTES_MAX];
        memcpy(copy, value.mv_data, value.mv_size); /* a value to put must not lie in the map */
        value.mv_data = copy;
        code = mdb_cursor_put(cursor, &key, &value, MDB_CURRENT);
    }
    view.broken = code;
    view.write_count = 1;
    (void)settle(engine, &view);
}

static void *writer_main(void *arg)
{
    struct engine *engine = arg;
    struct store_job *batch;
    bool time_to_probe;

    do {
        batch = next_batch(engine, &time_to_probe);
        if (time_to_probe)
            probe(engine);
        while (batch)
            batch = batch_run(engine, batch);
        must(pthread_mutex_lock(&engine->queue_lock) == 0);
        bool finished = engine->stopping && !engine->first;
        must(pthread_mutex_unlock(&engine->queue_lock) == 0);
        if (finished)
            break;
    } while (true);
    return NULL;
}

/* ---- starting and stopping ---- */

/* Signals are for the main thread. Blocking SIGXFSZ makes a write beyond the file size limit an error. */
static int thread_start(struct engine *engine)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    int code = pthread_create(&engine->writer, NULL, writer_main, engine);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    return code;
}

enum err writer_start(struct engine *engine)
{
    pthread_condattr_t clock;

    must(pthread_condattr_init(&clock) == 0);
    must(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&engine->queue_filled, &clock) == 0);
    must(pthread_condattr_destroy(&clock) == 0);
    must(pthread_mutex_init(&engine->queue_lock, NULL) == 0);
    if (thread_start(engine) != 0)
        return ERR_MEMORY;
    engine->writer_runs = true;
    (void)pthread_setname_np(engine->writer, "store-writer");
    return ERR_OK;
}

void writer_stop(struct engine *engine)
{
    if (engine->writer_runs) {
        must(pthread_mutex_lock(&engine->queue_lock) == 0);
        engine->stopping = true;
        must(pthread_mutex_unlock(&engine->queue_lock) == 0);
        must(pthread_cond_signal(&engine->queue_filled) == 0);
        must(pthread_join(engine->writer, NULL) == 0);
    }
    must(pthread_cond_destroy(&engine->queue_filled) == 0);
    must(pthread_mutex_destroy(&engine->queue_lock) == 0);
}
