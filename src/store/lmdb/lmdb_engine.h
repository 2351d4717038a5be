/* lmdb_engine.h - inside the lmdb engine: one environment, its readers, its one writer. */
#ifndef STORE_LMDB_LMDB_ENGINE_H
#define STORE_LMDB_LMDB_ENGINE_H

#include "store/engine.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    READERS_MAX = 512,     /* snapshots at once, over all processes */
    READERS_IDLE_MAX = 64, /* read transactions that wait to be used again */
};

struct engine {
    char *dir;
    size_t map_bytes;
    int lock_file; /* -1: not exclusive */
    struct crash crash;

    /* The environment is closed and opened again after an error that LMDB does not recover from. Whoever uses
     * it holds this lock for reading; env is NULL if opening again has failed. */
    pthread_rwlock_t env_lock;
    MDB_env *env;
    MDB_dbi dbi;

    pthread_mutex_t idle_lock;
    MDB_txn *idle[READERS_IDLE_MAX];
    size_t idle_count;

    pthread_t writer;
    bool writer_runs;
    pthread_mutex_t queue_lock;
    pthread_cond_t queue_filled;
    struct store_job *first, *last;
    size_t queued, queue_max;
    bool stopping;

    atomic_int health; /* enum err: how the last commit went */
    atomic_uint_fast64_t commits, commit_us_total, writes, failures, batch_max;
};

struct lmdb_view {
    struct view view; /* first */
    struct engine *engine;
    MDB_txn *txn;
    /* Of a writing view: */
    size_t write_count;
    size_t write_bytes;
    int broken; /* LMDB's error in apply: this transaction cannot be committed */
};

/* env.c */
/* 0, or an LMDB or system error number. */
int env_open(struct engine *engine);
void env_close(struct engine *engine);
/* After MDB_PANIC, the lock not held: opens the environment again, if nobody has done so meanwhile. */
int env_recover(struct engine *engine);
enum err env_error(int code);
/* The lock held: what LMDB's error while it was writing means; ENOSPC for a disk that is full. */
int env_commit_error(struct engine *engine, int code);
enum err env_read(struct engine *engine, const struct access *access, view_fn *fn, void *arg);
void env_warm(struct engine *engine, const struct stored_key *keys, size_t count);

/* damage.c */
/* From now on a page of the file that cannot be read ends the program with a message. */
void damage_watch(const char *dir);

/* view.c */
extern const struct view_ops lmdb_view_ops;

/* writer.c */
enum err writer_start(struct engine *engine);
/* Finishes what is queued. */
void writer_stop(struct engine *engine);
enum err writer_submit(struct engine *engine, struct store_job *job);

#endif
