/* flow.c - the path of a call: route, who is it, input, transaction, reply.
 *
 * flow_before() runs on the door's thread. A read runs its transaction there too; a write is handed to the
 * store's writer; an endpoint with a prepare step goes through the pool first. A call whose input was refused
 * may go on to a transaction that only looks for what else is wrong with it. Where logins are another
 * provider's, a token may need its newest keys first, and a change may have to be told there after; both go
 * through the pool, because they wait for a network. flow_end() is the only place where an error becomes a
 * reply, and the only place where a request is logged and counted. */
#include "flow/flow.h"

#include "api/endpoint.h"
#include "base/log.h"
#include "base/must.h"
#include "call/limits.h"
#include "call/metrics.h"
#include "call/pool.h"
#include "call/reply.h"
#include "flow/step.h"
#include "sec/identity.h"

#include <pthread.h>

struct flow {
    struct call *call;
    flow_done_fn *done;
    void *arg;
    struct pool_job pool_job;
    struct store_job store_job;
};

enum { STATUS_INVALID = 422 };

#define CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static enum err limits_check(struct call *call)
{
    if (!call->app->limits || (call->endpoint->flags & ENDPOINT_UNLIMITED))
        return ERR_OK;
    bool known = call->counted_as;
    return limits_take(call->app->limits, known ? LIMIT_USER : LIMIT_ADDRESS,
                       known ? call->counted_as : call->request.address, call->now_ms, &call->retry_after_s);
}

static enum err flow_before(struct call *call)
{
    enum err e = route_find(call); /* sets call->endpoint */
    if (!e && call->request.method == METHOD_OPTIONS)
        return ERR_OK; /* answered in flow_preflight */
    if (!e)
        e = auth_token(call); /* sets call->caller   */
    if (!e)
        e = limits_check(call);
    if (!e)
        e = input_check(call); /* sets call->query, call->body */
    return e;
}

/* Was something refused that the endpoint can say more about? */
static bool is_reviewable(const struct call *call, enum err e)
{
    const struct endpoint *endpoint = call->endpoint;

    return e && err_info(e)->status == STATUS_INVALID && call->problems.count > 0 && endpoint->review &&
           (call->query || !endpoint->query) && (call->body || !endpoint->body);
}

/* Adds to the problems what else is wrong. */
static enum err review(struct call *call, struct tx *tx)
{
    const char *detail = call->detail;
    struct buf extra = call->problem_extra;

    enum err e = call->endpoint->review(call, tx);
    call->detail = detail;
    call->problem_extra = extra;
    return e == ERR_MEMORY ? e : ERR_OK;
}

/* The transaction of a call whose input was refused already. */
static enum err flow_review(struct tx *tx, void *arg)
{
    struct call *call = arg;

    enum err e = auth_caller(call, tx);
    if (!e)
        e = review(call, tx);
    return e ? e : ERR_INVALID;
}

static bool remembers(const struct call *call)
{
    return call->idempotency_key && (call->endpoint->flags & ENDPOINT_CREATES);
}

/* One run of the transaction; again after a conflict. The caller's record, the idempotency record and what
 * the endpoint does stand or fall together. */
static enum err flow_transact(struct tx *tx, void *arg)
{
    struct call *call = arg;
    const struct endpoint *endpoint = call->endpoint;
    bool remember = remembers(call);
    bool replayed = false;

    reply_reset(call);
    call->drawn = 0;
    enum err e = auth_caller(call, tx);
    if (!e && remember)
        e = idempotency_begin(call, tx, &replayed);
    if (!e && !replayed)
        e = endpoint->handle(call, tx);
    if (!e && !replayed && remember && !call->verdict)
        e = idempotency_end(call, tx);
    if (is_reviewable(call, e ? e : call->verdict) && review(call, tx))
        e = ERR_MEMORY;
    if (!e && !buf_ok(&call->reply.body))
        e = ERR_MEMORY; /* an answer that cannot be given must not have happened */
    /* The audit record of what was done or read belongs here: same transaction, before anybody is answered.
     */
    return e;
}

const char *flow_endpoint_name(const struct call *call)
{
    return call->endpoint ? call->endpoint->name : "none";
}

static void flow_log(const struct call *call, enum err e)
{
    int64_t took_us = clock_monotonic_us() - call->started_us;
    const char *name = flow_endpoint_name(call);

    if (call->app->metrics)
        metrics_count(call->app->metrics, name, call->reply.status, took_us);
    log_line(call->reply.status >= 500 ? LOG_ERROR : LOG_INFO, "request", LOG_TEXT("endpoint", name),
             LOG_INTEGER("status", call->reply.status), LOG_TEXT("code", err_info(e)->code),
             LOG_INTEGER("took_us", took_us), LOG_TEXT("request_id", call->request_id));
}

static void flow_end(struct call *call, enum err e, flow_done_fn *done, void *arg)
{
    if (!e)
        e = call->verdict;
    if (!e && !buf_ok(&call->reply.body))
        e = ERR_MEMORY;
    if (!e)
        must(call->reply.status != 0);
    else
        reply_problem(call, e);
    cors_headers(call);
    flow_log(call, e);
    done(call, arg);
}

static void on_refused(struct call *call, void *arg)
{
    (void)call;
    (void)arg;
}

void flow_refuse(struct call *call, enum err err)
{
    flow_end(call, err, on_refused, NULL);
}

static void on_after(struct pool_job *job)
{
    struct flow *flow = CONTAINER(job, struct flow, pool_job);

    flow_end(flow->call, flow->call->endpoint->after(flow->call), flow->done, flow->arg);
}

/* The change is kept; the provider of logins is to follow. */
static void on_stored(struct store_job *job, enum err e)
{
    struct flow *flow = CONTAINER(job, struct flow, store_job);
    struct call *call = flow->call;

    if (!e && call->endpoint->after && call->app->identity->remote && flow->store_job.access.write) {
        flow->pool_job.work = on_after;
        if (!pool_submit(call->app->hash_pool, &flow->pool_job))
            return; /* on_after ends it */
        e = ERR_IDENTITY_DOWN;
    }
    flow_end(call, e, flow->done, flow->arg);
}

static bool writes(const struct call *call, tx_fn *fn)
{
    return fn == flow_transact && (call->endpoint->flags & ENDPOINT_WRITES);
}

/* What the call will read, for a store that fetches it beforehand. */
static struct access access_of(struct call *call, tx_fn *fn)
{
    struct access access = {.write = writes(call, fn)};
    struct known *known = arena_alloc(call->arena, sizeof *known);

    if (!known)
        return access;
    known->arena = call->arena;
    known->count = 0;
    known_caller(known, call->caller.user_id, call->caller.family_id);
    if (fn == flow_transact && remembers(call))
        idempotency_known(call, known);
    if (fn == flow_transact && call->endpoint->keys)
        call->endpoint->keys(call, known);
    access.keys = known->keys;
    access.count = known->count;
    return access;
}

static void transaction_start(struct flow *flow, tx_fn *fn)
{
    struct call *call = flow->call;
    enum err e;

    if (call->endpoint->flags & ENDPOINT_NO_STORE) {
        e = call->endpoint->handle(call, NULL);
    } else if (!writes(call, fn) && !store_is_remote(call->app->store)) {
        struct access access = {.write = false};
        e = store_run(call->app->store, &access, call->arena, fn, call);
    } else {
        flow->store_job = (struct store_job){
            .access = access_of(call, fn), .arena = call->arena, .fn = fn, .arg = call, .done = on_stored};
        e = store_submit(call->app->store, &flow->store_job);
        if (!e)
            return; /* on_stored ends it */
    }
    flow_end(call, e, flow->done, flow->arg);
}

static enum err flow_caller(struct tx *tx, void *arg)
{
    return auth_caller(arg, tx);
}

/* Is there anything to do before the transaction? With built-in logins a remote provider has no part. */
static bool prepares(const struct call *call)
{
    const struct endpoint *endpoint = call->endpoint;

    return endpoint->prepare && (!(endpoint->flags & ENDPOINT_REMOTE) || call->app->identity->remote);
}

/* What is done at another provider is done, whatever the transaction says later: whoever is no longer who
 * they were, in our store, may not begin it. */
static enum err prepare(struct call *call)
{
    struct access access = {.write = false};
    bool ask = call->app->identity->remote && call->caller.user_id;

    enum err e = ask ? store_run(call->app->store, &access, call->arena, flow_caller, call) : ERR_OK;
    return e ? e : call->endpoint->prepare(call);
}

static void on_pool(struct pool_job *job)
{
    struct flow *flow = CONTAINER(job, struct flow, pool_job);
    enum err e = prepare(flow->call);

    if (e && !is_reviewable(flow->call, e))
        flow_end(flow->call, e, flow->done, flow->arg);
    else
        transaction_start(flow, e ? flow_review : flow_transact);
}

static void flow_preflight(struct call *call)
{
    reply_empty(call, 204);
    reply_header(call, "Allow", call->allow);
}

/* On from flow_before(), which has said e. */
static void flow_on(struct flow *flow, enum err e)
{
    struct call *call = flow->call;

    if (!e && prepares(call)) {
        flow->pool_job.work = on_pool;
        e = pool_submit(call->app->hash_pool, &flow->pool_job);
        if (!e)
            return; /* on_pool goes on */
    } else if (!e || is_reviewable(call, e)) {
        transaction_start(flow, e ? flow_review : flow_transact);
        return;
    }
    flow_end(call, e, flow->done, flow->arg);
}

/* The token cannot be checked without the newest keys of who has signed it. */
static void on_keys(struct pool_job *job)
{
    struct flow *flow = CONTAINER(job, struct flow, pool_job);
    const struct identity *identity = flow->call->app->identity;

    identity->keys_fetch(identity->arg);
    flow_on(flow, flow_before(flow->call));
}

void flow_start(struct call *call, flow_done_fn *done, void *arg)
{
    enum err e = flow_before(call);
    if (!e && call->request.method == METHOD_OPTIONS) {
        flow_preflight(call);
        flow_end(call, ERR_OK, done, arg);
        return;
    }
    bool wants_keys = e == ERR_IDENTITY_DOWN;
    bool goes_on = !e || wants_keys || is_reviewable(call, e);
    struct flow *flow = goes_on ? arena_alloc(call->arena, sizeof *flow) : NULL;
    if (!flow) {
        flow_end(call, goes_on ? ERR_MEMORY : e, done, arg);
        return;
    }
    *flow = (struct flow){.call = call, .done = done, .arg = arg, .pool_job = {.work = on_keys}};
    if (!wants_keys) {
        flow_on(flow, e);
        return;
    }
    e = pool_submit(call->app->hash_pool, &flow->pool_job);
    if (e)
        flow_end(call, e, done, arg);
}

struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool over;
};

static void on_waited(struct call *call, void *arg)
{
    struct waiting *waiting = arg;

    (void)call;
    (void)pthread_mutex_lock(&waiting->mutex);
    waiting->over = true;
    (void)pthread_cond_signal(&waiting->ended);
    (void)pthread_mutex_unlock(&waiting->mutex);
}

void flow_run(struct call *call)
{
    struct waiting waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

    flow_start(call, on_waited, &waiting);
    (void)pthread_mutex_lock(&waiting.mutex);
    while (!waiting.over)
        (void)pthread_cond_wait(&waiting.ended, &waiting.mutex);
    (void)pthread_mutex_unlock(&waiting.mutex);
    (void)pthread_mutex_destroy(&waiting.mutex);
    (void)pthread_cond_destroy(&waiting.ended);
}
