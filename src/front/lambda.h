/* lambda.h - the Lambda door: invocations of an AWS Lambda custom runtime become calls through flow, or runs
 * of jobs, and their answers go back.
 *
 * One invocation at a time, as Lambda sends them. Events of API Gateway's REST APIs (payload 1.0) and HTTP
 * APIs (payload 2.0; function URLs send the same) are requests; events of EventBridge schedules run jobs.
 * Anything else, and what is no event at all, is answered to the runtime as an error, and the next one is
 * asked for.
 *
 * An invocation has a deadline, at which Lambda would stop the whole instance. Shortly before it the client
 * is answered 504, the work is waited for, and the next event is asked for only then.
 *
 * The runtime itself (an HTTP service beside us), the jobs and the keys of tokens come from main as
 * functions. */
#ifndef FRONT_LAMBDA_H
#define FRONT_LAMBDA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/fields.h" /* struct list */
#include "base/span.h"
#include "call/app.h"

#include <stdbool.h>
#include <stdint.h>

enum { LAMBDA_RESPONSE_MAX = 6 * 1024 * 1024, LAMBDA_MARGIN_MS = 200 };

struct lambda_invocation {
    const char *id;       /* of the invocation, for its answer */
    const char *trace_id; /* X-Ray's; NULL if there is none */
    int64_t deadline_ms;  /* the wall clock, ms since 1970; 0 if it was not said */
    struct span event;    /* JSON */
};

/* What answers what. All on the thread of lambda_run(). */
struct lambda_runtime {
    void *arg;
    /* Waits for the next invocation, without end; its pieces are in the arena. ERR_STOPPING: the instance is
     * to end. Another error ends it too. */
    enum err (*next)(void *arg, struct arena *arena, struct lambda_invocation *invocation);
    /* ERR_TOO_LARGE or ERR_BAD_REQUEST: the answer was not taken. Another error ends the instance. */
    enum err (*respond)(void *arg, const char *id, struct span json);
    /* type: "Category.Reason". */
    enum err (*fail)(void *arg, const char *id, const char *type, const char *message);
};

struct lambda_options {
    struct lambda_runtime runtime;
    /* Runs the job of that name, or, without one, every job, until there is no more to do or until_ms has
     * come. ERR_NOT_FOUND: there is no such job. */
    enum err (*jobs_run)(const struct app *app, const char *name, int64_t until_ms);
    /* Brings in what other instances have changed; called before a request, at most every few minutes. */
    enum err (*refresh)(const struct app *app, int64_t now_ms);
    const char *environment; /* for metrics: "prod" */
    const char *public_url;  /* API_GATEWAY_URL; a path in it is cut off the paths of events; NULL: none */
    struct list trusted_proxies; /* of const char *: whose X-Forwarded-For counts */
    int metrics_fd; /* one line of CloudWatch's embedded metric format for each invocation; -1: none */
};

/* Takes invocations until the runtime says to stop (ERR_OK) or is lost. */
enum err lambda_run(const struct app *app, const struct lambda_options *options);

#endif
