/* mem.h - the engine for unit tests and simulation: an ordered map in memory, and every kind of bad luck on
 * demand.
 *
 * Without `manual`, a job runs on the thread that submits it, is committed, and its done() is called before
 * store_submit() returns; any number of threads may do so. With `manual`, jobs wait until store_mem_pump()
 * (or a store_run() of the same thread) takes them, as one batch with one commit, as the lmdb engine does.
 *
 * A disk outlives its store: power is lost with store_mem_power_loss() or a fault, the store is closed, and
 * the disk is opened again, with exactly what was synced. */
#ifndef STORE_MEM_MEM_H
#define STORE_MEM_MEM_H

#include "store/store.h"

struct mem_disk;

struct mem_disk *mem_disk_new(void);       /* NULL if there is no memory */
void mem_disk_free(struct mem_disk *disk); /* takes NULL; no store may have it open */

struct mem_options {
    struct mem_disk *disk; /* NULL: one of its own, gone at close */
    uint64_t seed;         /* not 0: keys and nonces come from it, so that a run repeats; for tests only */
    bool manual;
    size_t queue_max;      /* 0 = 4096 */
    size_t batch_max;      /* jobs in one commit, manual only; 0 = 256 */
    struct store *copy_of; /* as in struct store_options */
};
/* ERR_MEMORY, or what store_start() gives. */
enum err store_open_mem(const struct mem_options *options, struct store **store);

/* Runs one batch of what waits and answers it. False if nothing waited. Manual only. */
bool store_mem_pump(struct store *store);

enum mem_fault {
    MEM_CONFLICT,          /* the work of a commit is thrown away and every function of it runs again */
    MEM_FAIL,              /* a commit fails: nothing is kept, callers get ERR_STORE */
    MEM_FULL,              /* the same with ERR_STORE_FULL */
    MEM_LOSE_ANSWER,       /* the commit is kept, callers get ERR_STORE */
    MEM_POWER_BEFORE_SYNC, /* power is lost: nothing of the commit is kept */
    MEM_POWER_AFTER_SYNC,  /* power is lost: it is kept, nobody is told */
    MEM_FAULTS
};
/* Comes true at the nth commit from now (1 = the next one), `times` times in a row; nth 0 takes it back.
 * MEM_CONFLICT more than MEM_TRIES_MAX - 1 times in a row ends in ERR_BUSY. */
enum { MEM_TRIES_MAX = 8 };
void store_mem_fault(struct store *store, enum mem_fault fault, unsigned nth, unsigned times);

/* Now: what waits is dropped without an answer, and the store does nothing more but close: every call gives
 * ERR_STORE. Jobs that were dropped are their owners' again. (A store_run(), or a store_submit() without
 * `manual`, that is at work when the power goes gives ERR_STORE too, and done() is not called.) */
void store_mem_power_loss(struct store *store);
bool store_mem_has_power(struct store *store);

/* How many records there are, those of the store itself included. */
size_t store_mem_records(struct store *store);

#endif
