/* engine.h - what an engine (lmdb, mem, dynamo) gives to the common layer, and what that gives back.
 *
 * The common layer knows transactions, keys, sealing; an engine knows bytes: sealed values under stored keys.
 * A job is attempted on a view: fn reads through the view, its writes are gathered beside it, and only when
 * fn has succeeded are they sealed and handed to the view's apply, all at once. So a function that fails has
 * touched nothing, and no engine needs nested transactions. (docs/decisions/010)
 *
 * An engine must: show a view that does not change while a job is attempted, but for what apply does; make
 * all writes of a job durable together or not at all; call store_finish() once for each job, after that. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/crash.h"
#include "store/stored_key.h"

struct record {
    struct stored_key key; /* data and size are set */
    struct span sealed;
};

struct write {
    struct stored_key key;
    struct span sealed; /* data NULL: delete the record, if it is there */
    /* Of the common layer alone: */
    struct span plain;
    uint64_t hash;                  /* of the key */
    const struct tx_person *person; /* whose key seals it; NULL: the store's */
    bool deleted, ready;            /* ready: `sealed` is final */
};

/* Rows of one partition with from <= key < until, whole keys in bytes. Where other tables' rows stand between
 * them, stored_key_is_of(from, key) says which ones are meant. */
struct range {
    struct stored_key from;
    struct stored_key until;
    bool backwards;
    size_t limit;
};

/* One consistent state. What get, scan and walk give is valid until apply or the end of the view; what an
 * engine has to allocate comes from the arena. Errors: ERR_NOT_FOUND (get), ERR_STORE, ERR_STORE_FULL,
 * ERR_MEMORY. */
struct view {
    const struct view_ops *ops;
    bool committed; /* everything it shows is durable */
};

struct view_ops {
    enum err (*get)(struct view *view, struct stored_key key, struct arena *arena, struct span *sealed);
    /* *records has *count of at most limit rows in the order asked for; *more: there is at least one beyond.
     */
    enum err (*scan)(struct view *view, const struct range *range, struct arena *arena,
                     struct record **records, size_t *count, bool *more);
    /* The records behind a key (size 0: from the first), in the engine's own order, at most limit. */
    enum err (*walk)(struct view *view, struct stored_key behind, size_t limit, struct arena *arena,
                     struct record **records, size_t *count);
    /* After an error here nothing of this view may be committed: the engine remembers that by itself. */
    enum err (*apply)(struct view *view, const struct write *writes, size_t count);
    /* These keys will be asked for: a remote engine fetches them in one request. NULL: a get costs nothing.
     */
    enum err (*expect)(struct view *view, const struct stored_key *keys, size_t count);
    /* ERR_NOT_FOUND for a record of which nothing is known: it is taken to be absent, and if it is not, the
     * job is attempted again, knowing better. ERR_OK: it is there. NULL: a get costs nothing. */
    enum err (*suppose)(struct view *view, struct stored_key key);
};

struct engine;
typedef enum err view_fn(struct view *view, void *arg);

struct engine_ops {
    const char *name;
    bool remote; /* reads wait for a network too: read jobs may be submitted (access.write false) */
    /* Runs fn on the newest committed state, on the caller's thread. */
    enum err (*read)(struct engine *engine, const struct access *access, view_fn *fn, void *arg);
    /* Queues a job; ERR_BUSY if the queue is full, ERR_STOPPING after close has begun. */
    enum err (*submit)(struct engine *engine, struct store_job *job);
    /* A write that is about to be queued will ask for these: an engine whose writer would wait for a disk, or
     * for memory, reads them now, on the caller's thread. Only for speed. NULL: there is nothing to gain. */
    void (*warm)(struct engine *engine, const struct stored_key *keys, size_t count);
    /* Runs a job to its end on the thread of somebody who would only wait for it; job->done is not called.
     * NULL: such jobs are submitted. */
    enum err (*run)(struct engine *engine, struct store_job *job);
    /* Called by somebody who waits for a job: an engine without a thread does its work here. An error: the
     * job will not be answered. NULL: not needed. */
    enum err (*help)(struct engine *engine);
    /* Puts these records whatever is there, for who fills a store that nobody else uses: they are durable
     * when it returns, but not all at once, and after an error some may be. No key twice. NULL: a job will
     * do. */
    enum err (*fill)(struct engine *engine, const struct record *records, size_t count);
    enum err (*health)(struct engine *engine);
    void (*stats)(struct engine *engine, struct store_stats *stats);
    /* Finishes what is queued, then frees. */
    void (*close)(struct engine *engine);
};

/* ---- what the common layer gives to engines ---- */

/* Where the key file of such a store is, or would be; false if that is too long. */
bool store_key_path(const struct store_options *options, char *path, size_t room);

/* For store_open_*: takes the engine over, makes or opens the key ladder, and gives the store. On an error
 * the engine has been closed, and message says what to do. */
struct store_setup {
    struct engine *engine;
    const struct engine_ops *ops;
    const struct store_options *options;
    struct key_source source;
    const uint8_t *master; /* mem: the key itself; NULL: as the options say */
};
enum err store_start(const struct store_setup *setup, struct store **store, char message[static 256]);
/* One attempt: runs fn on the view, seals, applies. What fn allocated stays until the job is done. */
enum err store_attempt(struct view *view, struct store_job *job);
/* Before another attempt of a job that was attempted: frees what the first one allocated. */
void store_again(struct store_job *job);
/* Tells the job's owner how it ended; the job is theirs again. */
void store_finish(struct store_job *job, enum err err);

#endif
