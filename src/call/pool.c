/* pool.c - see pool.h. One mutex guards a list of waiting jobs; an idle thread sleeps on the condition. */
#include "call/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct pool_job *first;
    struct pool_job **last; /* where the next job goes */
    size_t queued, queue_max;
    bool ending;
    size_t thread_count;
    pthread_t threads[];
};

/* The next job, or NULL once the pool ends and nothing waits. */
static struct pool_job *job_take(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->first && !pool->ending)
        (void)pthread_cond_wait(&pool->wake, &pool->mutex);
    struct pool_job *job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return job;
}

static void *thread_main(void *arg)
{
    struct pool *pool = arg;
    struct pool_job *job;

    while ((job = job_take(pool)))
        job->work(job);
    return NULL;
}

struct pool *pool_new(size_t threads, size_t queue_max)
{
    struct pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->wake, NULL);
    pool->last = &pool->first;
    pool->queue_max = queue_max;
    while (pool->thread_count < threads) {
        if (pthread_create(&pool->threads[pool->thread_count], NULL, thread_main, pool) != 0) {
            pool_free(pool);
            return NULL;
        }
        pool->thread_count++;
    }
    return pool;
}

enum err pool_submit(struct pool *pool, struct pool_job *job)
{
    (void)pthread_mutex_lock(&pool->mutex);
    bool taken = pool->queued < pool->queue_max && !pool->ending;
    if (taken) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        (void)pthread_cond_signal(&pool->wake);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return taken ? ERR_OK : ERR_BUSY;
}

size_t pool_queued(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    size_t queued = pool->queued;
    (void)pthread_mutex_unlock(&pool->mutex);
    return queued;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->wake);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->wake);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
