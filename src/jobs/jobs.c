/* jobs.c - the table of jobs, and the thread that runs them when they are due. */
#include "jobs/job.h"

#include "base/log.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_ARENA_BYTES = 16 * 1024 * 1024, LOOK_EVERY_MS = 1000, JOBS_MAX = 32 };

extern const struct job job_hold_expire, job_record_expire, job_token_keys_rotate;

const struct job *const jobs[] = {&job_hold_expire, &job_record_expire, &job_token_keys_rotate};
const size_t job_count = sizeof jobs / sizeof jobs[0];
_Static_assert(sizeof jobs / sizeof jobs[0] <= JOBS_MAX, "the thread keeps a time for every job");

static enum err slice(const struct app *app, const struct job *job, int64_t now_ms, bool *more)
{
    struct arena *arena = arena_new(JOB_ARENA_BYTES);

    *more = false;
    enum err e = arena ? job->run(app, arena, now_ms, more) : ERR_MEMORY;
    arena_free(arena);
    if (e)
        log_line(LOG_ERROR, "job_failed", LOG_TEXT("job", job->name), LOG_TEXT("code", err_info(e)->code));
    return e;
}

static enum err run_one(const struct app *app, const struct job *job, int64_t now_ms)
{
    bool more = true;
    enum err e = ERR_OK;

    for (int i = 0; !e && more && i < JOB_SLICES_MAX; i++)
        e = slice(app, job, now_ms, &more);
    return e;
}

static enum err run_until(const struct app *app, const struct job *job, int64_t until_ms)
{
    bool more = true;
    enum err e = ERR_OK;

    for (int i = 0; !e && more && i < JOB_SLICES_MAX; i++) {
        int64_t now_ms = app->clock();
        if (now_ms >= until_ms) {
            log_line(LOG_WARN, "job_cut_short", LOG_TEXT("job", job->name));
            return ERR_OK;
        }
        e = slice(app, job, now_ms, &more);
    }
    return e;
}

enum err jobs_run_until(const struct app *app, const char *name, int64_t until_ms)
{
    enum err first = ERR_OK;
    size_t found = 0;

    for (size_t i = 0; i < job_count; i++) {
        if (name && strcmp(jobs[i]->name, name) != 0)
            continue;
        enum err e = run_until(app, jobs[i], until_ms);
        first = first ? first : e;
        found++;
    }
    return found > 0 ? first : ERR_NOT_FOUND;
}

enum err jobs_run_all(const struct app *app, int64_t now_ms)
{
    enum err first = ERR_OK;

    for (size_t i = 0; i < job_count; i++) {
        enum err e = run_one(app, jobs[i], now_ms);
        first = first ? first : e;
    }
    return first;
}

struct job_thread {
    const struct app *app;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool stopping;
};

/* Waits for the next look; false when it is time to stop. */
static bool wait_a_while(struct job_thread *self)
{
    int64_t until = clock_now_ms() + LOOK_EVERY_MS;
    struct timespec at = {.tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000};

    (void)pthread_mutex_lock(&self->mutex);
    if (!self->stopping)
        (void)pthread_cond_timedwait(&self->woken, &self->mutex, &at);
    bool go_on = !self->stopping;
    (void)pthread_mutex_unlock(&self->mutex);
    return go_on;
}

static void *work(void *arg)
{
    struct job_thread *self = arg;
    int64_t due_ms[JOBS_MAX] = {0};

    while (wait_a_while(self)) {
        for (size_t i = 0; i < job_count; i++) {
            int64_t now_ms = self->app->clock();
            if (now_ms < due_ms[i])
                continue;
            (void)run_one(self->app, jobs[i], now_ms);
            due_ms[i] = now_ms + jobs[i]->every_ms;
        }
    }
    return NULL;
}

struct job_thread *jobs_start(const struct app *app)
{
    struct job_thread *self = malloc(sizeof *self);

    if (!self)
        return NULL;
    *self = (struct job_thread){
        .app = app, .mutex = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};
    if (pthread_create(&self->thread, NULL, work, self) == 0)
        return self;
    free(self);
    return NULL;
}

void jobs_stop(struct job_thread *self)
{
    if (!self)
        return;
    (void)pthread_mutex_lock(&self->mutex);
    self->stopping = true;
    (void)pthread_cond_signal(&self->woken);
    (void)pthread_mutex_unlock(&self->mutex);
    (void)pthread_join(self->thread, NULL);
    (void)pthread_mutex_destroy(&self->mutex);
    (void)pthread_cond_destroy(&self->woken);
    free(self);
}
