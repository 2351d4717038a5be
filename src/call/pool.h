/* pool.h - a few threads with a bounded queue, for slow work that must not hold up the rest. */
#ifndef CALL_POOL_H
#define CALL_POOL_H

#include "base/err.h"

#include <stddef.h>

struct pool;
struct pool_job {
    void (*work)(struct pool_job *job);
    struct pool_job *next; /* the pool's own */
};

struct pool *pool_new(size_t threads, size_t queue_max);       /* NULL without memory or threads */
enum err pool_submit(struct pool *pool, struct pool_job *job); /* ERR_BUSY at once if the queue is full */
size_t pool_queued(struct pool *pool);
void pool_free(struct pool *pool); /* finishes what waits; takes NULL */

#endif
