/* job.h - work that no request asks for: the same shape as an endpoint, a row and a function.
 *
 * A job does one bounded slice a run, in transactions of its own, and says whether there is more. It may run
 * on several servers at once and may be cut off anywhere: what it does stands in the transaction that decides
 * it. */
#ifndef JOBS_JOB_H
#define JOBS_JOB_H

#include "base/arena.h"
#include "base/err.h"
#include "call/app.h"

#include <stdbool.h>
#include <stdint.h>

struct job {
    const char *name;
    int64_t every_ms; /* between the beginnings of two runs when there is nothing left to do */
    /* One slice. *more: run again at once. */
    enum err (*run)(const struct app *app, struct arena *arena, int64_t now_ms, bool *more);
    const char *summary;
};

extern const struct job *const jobs[];
extern const size_t job_count;

/* Runs every job until it has no more to do, at most JOB_SLICES_MAX slices each. Errors are logged; the first
 * is returned. */
enum { JOB_SLICES_MAX = 100 };
enum err jobs_run_all(const struct app *app, int64_t now_ms);

/* Runs the job of that name, or, without one, every job, one slice after the other until there is no more to
 * do or the clock shows until_ms: for who has a deadline. ERR_NOT_FOUND: there is no such job. */
enum err jobs_run_until(const struct app *app, const char *name, int64_t until_ms);

/* A thread that runs each job when it is due, until jobs_stop(), which waits for the slice at work. */
struct job_thread;
struct job_thread *jobs_start(const struct app *app); /* NULL if the system gives no thread */
void jobs_stop(struct job_thread *self);              /* takes NULL */

#endif
