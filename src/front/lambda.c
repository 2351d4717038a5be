/* lambda.c - see lambda.h. An invocation has an arena of its own for its event and its answer; the call has
 * another, as behind every door. */
#include "front/lambda.h"

#include "base/log.h"
#include "base/time.h"
#include "base/uuid.h"
#include "call/call.h"
#include "flow/flow.h"
#include "front/lambda_answer.h"
#include "front/lambda_event.h"
#include "front/lambda_metrics.h"
#include "front/proxies.h"
#include "front/request_id.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    EVENT_ARENA_BYTES = 96 * 1024 * 1024,
    REFRESH_EVERY_MS = 5 * 60 * 1000,
    NO_DEADLINE_MS = 15 * 60 * 1000,
    TRACE_BYTES = 600
};

static const char unknown_address[] = "0.0.0.0";

struct door {
    const struct app *app;
    const struct lambda_options *options;
    const char *public_path;
    struct proxies *proxies;
    int64_t refreshed_ms;
    bool warm; /* an invocation was answered before */
};

/* A call at work on other threads. */
struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool over;
};

/* ---- from event to call ---- */

/* The gateway's address of the client; from proxies that are trusted, the one that they have seen. */
static void client_find(const struct door *door, const struct lambda_event *event,
                        char client[static ADDRESS_TEXT])
{
    size_t left = strlen(event->source_ip);

    if (!proxies_hop(event->source_ip, &left, client))
        memcpy(client, unknown_address, sizeof unknown_address);
    bool trusted = proxies_trust(door->proxies, client);
    for (size_t i = event->request.header_count; i-- > 0 && trusted;) {
        const struct header *header = &event->request.headers[i];
        left = strcasecmp(header->name, "X-Forwarded-For") == 0 ? strlen(header->value) : 0;
        while (left > 0 && trusted)
            trusted = proxies_hop(header->value, &left, client) && proxies_trust(door->proxies, client);
    }
}

/* The caller's X-Request-Id if it is sane, else the gateway's, else one of ours. */
static void id_fill(struct call *call, const char *gateways)
{
    const char *candidates[] = {call_header(call, "X-Request-Id"), gateways};
    uint8_t random[UUID_RANDOM];

    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        if (candidates[i] && request_id_is_sane(candidates[i], strlen(candidates[i]))) {
            memcpy(call->request_id, candidates[i], strlen(candidates[i])); /* the rest is zero */
            return;
        }
    }
    randombytes_buf(random, sizeof random);
    uuid7_format(call->now_ms, random, call->request_id);
}

static struct call *call_make(const struct door *door, const struct lambda_event *event)
{
    char client[ADDRESS_TEXT];
    struct call *call = call_new(door->app);

    if (!call)
        return NULL;
    client_find(door, event, client);
    call->request = event->request;
    call->request.address = arena_dup(call->arena, client);
    randombytes_buf(call->seed, sizeof call->seed);
    id_fill(call, event->request_id);
    if (call->request.address)
        return call;
    call_free(call);
    return NULL;
}

/* ---- running ---- */

static void on_ended(struct call *call, void *arg)
{
    struct waiting *waiting = arg;

    (void)call;
    (void)pthread_mutex_lock(&waiting->mutex);
    waiting->over = true;
    (void)pthread_cond_signal(&waiting->ended);
    (void)pthread_mutex_unlock(&waiting->mutex);
}

/* Until the call has ended or the wall clock shows until_ms; INT64_MAX: however long it takes. */
static bool wait_until(struct waiting *waiting, int64_t until_ms)
{
    struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = (until_ms % 1000) * 1000000};
    int late = 0;

    (void)pthread_mutex_lock(&waiting->mutex);
    while (!waiting->over && !late) {
        if (until_ms == INT64_MAX)
            (void)pthread_cond_wait(&waiting->ended, &waiting->mutex);
        else
            late = pthread_cond_timedwait(&waiting->ended, &waiting->mutex, &at);
    }
    bool over = waiting->over;
    (void)pthread_mutex_unlock(&waiting->mutex);
    return over;
}

static int64_t deadline_of(const struct lambda_invocation *invocation)
{
    int64_t deadline_ms = invocation->deadline_ms ? invocation->deadline_ms : clock_now_ms() + NO_DEADLINE_MS;
    return deadline_ms - LAMBDA_MARGIN_MS;
}

static enum err fail(const struct door *door, const struct lambda_invocation *invocation, const char *type,
                     const char *message)
{
    const struct lambda_runtime *runtime = &door->options->runtime;

    log_line(LOG_ERROR, "invocation_failed", LOG_TEXT("reason", type));
    return runtime->fail(runtime->arg, invocation->id, type, message);
}

/* What the runtime does not take is told to it as an error, which it does take. */
static enum err respond(const struct door *door, const struct lambda_invocation *invocation, struct span json)
{
    const struct lambda_runtime *runtime = &door->options->runtime;
    enum err e = json.size > LAMBDA_RESPONSE_MAX ? ERR_TOO_LARGE
                                                 : runtime->respond(runtime->arg, invocation->id, json);

    if (e == ERR_TOO_LARGE)
        return fail(door, invocation, "Response.TooLarge",
                    "The answer is larger than Lambda passes on; ask for less.");
    if (e == ERR_BAD_REQUEST)
        return fail(door, invocation, "Response.Refused", "The runtime did not take the answer.");
    return e;
}

static enum err answer(struct door *door, struct arena *arena, const struct lambda_invocation *invocation,
                       const struct lambda_event *event, const struct call *call)
{
    struct span json;

    if (lambda_answer_write(arena, call, event->payload, &json) != ERR_OK)
        return fail(door, invocation, "Response.Memory", "There is not enough memory for the answer.");
    enum err e = respond(door, invocation, json);
    struct lambda_figures figures = {.environment = door->options->environment,
                                     .endpoint = flow_endpoint_name(call),
                                     .status = call->reply.status,
                                     .request_id = call->request_id,
                                     .took_us = clock_monotonic_us() - call->started_us,
                                     .cold = !door->warm,
                                     .now_ms = call->now_ms};
    if (door->options->metrics_fd >= 0)
        lambda_metrics_write(door->options->metrics_fd, arena, &figures);
    return e;
}

/* The time is up while the call is still at work: the client gets an answer of its own. */
static enum err answer_late(struct door *door, struct arena *arena,
                            const struct lambda_invocation *invocation, const struct lambda_event *event)
{
    struct call *call = call_make(door, event);

    if (!call)
        return fail(door, invocation, "Response.Memory", "There is not enough memory for the answer.");
    call->detail =
        "There was not enough time to finish this. It may have been done: look before you send it again, or "
        "send it with the same Idempotency-Key.";
    flow_refuse(call, ERR_OUTSIDE_TIMEOUT);
    enum err e = answer(door, arena, invocation, event, call);
    call_free(call);
    return e;
}

static enum err call_work(struct door *door, struct arena *arena, const struct lambda_invocation *invocation,
                          const struct lambda_event *event, struct call *call)
{
    struct waiting waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

    flow_start(call, on_ended, &waiting);
    bool over = wait_until(&waiting, deadline_of(invocation));
    enum err e =
        over ? answer(door, arena, invocation, event, call) : answer_late(door, arena, invocation, event);
    (void)wait_until(&waiting, INT64_MAX);
    (void)pthread_mutex_destroy(&waiting.mutex);
    (void)pthread_cond_destroy(&waiting.ended);
    return e;
}

static void refresh(struct door *door)
{
    int64_t now_ms = door->app->clock();

    if (!door->options->refresh || now_ms < door->refreshed_ms + REFRESH_EVERY_MS)
        return;
    enum err e = door->options->refresh(door->app, now_ms);
    if (e)
        log_line(LOG_WARN, "refresh_failed", LOG_TEXT("code", err_info(e)->code));
    else
        door->refreshed_ms = now_ms;
}

static enum err request_run(struct door *door, struct arena *arena,
                            const struct lambda_invocation *invocation, const struct lambda_event *event)
{
    refresh(door);
    struct call *call = call_make(door, event);
    enum err e;

    if (!call)
        return fail(door, invocation, "Request.Memory", "There is not enough memory for the request.");
    bool no_time = clock_now_ms() >= deadline_of(invocation);
    if (!event->refused && !no_time) {
        e = call_work(door, arena, invocation, event, call);
    } else {
        call->detail = event->detail;
        flow_refuse(call, event->refused ? event->refused : ERR_BUSY);
        e = answer(door, arena, invocation, event, call);
    }
    call_free(call);
    return e;
}

/* ---- schedules ---- */

static enum err schedule_run(struct door *door, struct arena *arena,
                             const struct lambda_invocation *invocation, const struct lambda_event *event)
{
    static const char done[] = "{\"done\":true}";
    const struct lambda_options *options = door->options;
    int64_t started_us = clock_monotonic_us();

    enum err failed = options->jobs_run(door->app, event->job, deadline_of(invocation));
    struct lambda_figures figures = {.environment = options->environment,
                                     .job = event->job ? event->job : "all",
                                     .failed = failed,
                                     .took_us = clock_monotonic_us() - started_us,
                                     .now_ms = clock_now_ms()};
    if (failed == ERR_NOT_FOUND)
        return fail(door, invocation, "Schedule.UnknownJob",
                    "There is no job of the name in the event's detail.");
    if (options->metrics_fd >= 0)
        lambda_metrics_write(options->metrics_fd, arena, &figures);
    if (failed)
        return fail(door, invocation, "Schedule.JobFailed", err_info(failed)->text);
    return respond(door, invocation, (struct span){(const uint8_t *)done, sizeof done - 1});
}

/* ---- the loop ---- */

/* For what reads X-Ray's id from the environment. The variable is put there once and only its text changes,
 * so that whoever looks for another one meanwhile finds the list as it was. */
static void trace_set(const char *trace_id)
{
    static char variable[TRACE_BYTES] = "_X_AMZN_TRACE_ID=";
    static char *const value = variable + sizeof "_X_AMZN_TRACE_ID=" - 1;
    static bool there;

    (void)snprintf(value, sizeof variable - (size_t)(value - variable), "%s", trace_id ? trace_id : "");
    if (!there)
        there = putenv(variable) == 0;
}

static enum err event_run(struct door *door, struct arena *arena, const struct lambda_invocation *invocation)
{
    struct lambda_event event;
    const char *why = NULL;
    char message[300];

    enum err e = lambda_event_read(arena, invocation->event, door->public_path, &event, &why);
    if (e == ERR_INVALID) {
        (void)snprintf(message, sizeof message, "This event cannot be answered: %s.",
                       why ? why : "it is wrong");
        return fail(door, invocation, "Event.Invalid", message);
    }
    if (e)
        return fail(door, invocation, "Event.Memory", "The event is too large for this function's memory.");
    if (event.payload == LAMBDA_SCHEDULE)
        return schedule_run(door, arena, invocation, &event);
    return request_run(door, arena, invocation, &event);
}

static enum err invocation_run(struct door *door, struct arena *arena)
{
    const struct lambda_runtime *runtime = &door->options->runtime;
    struct lambda_invocation invocation = {0};

    enum err e = runtime->next(runtime->arg, arena, &invocation);
    if (!e) {
        trace_set(invocation.trace_id);
        e = event_run(door, arena, &invocation);
        door->warm = true;
    }
    return e;
}

/* The path of "https://example.org/api"; "" if it has none. */
static const char *path_of(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : "";
}

enum err lambda_run(const struct app *app, const struct lambda_options *options)
{
    struct door door = {.app = app,
                        .options = options,
                        .public_path = path_of(options->public_url),
                        .proxies = proxies_new(&options->trusted_proxies),
                        .refreshed_ms = app->clock()};
    enum err e = door.proxies ? ERR_OK : ERR_MEMORY;

    while (!e) {
        struct arena *arena = arena_new(EVENT_ARENA_BYTES);
        e = arena ? invocation_run(&door, arena) : ERR_MEMORY;
        arena_free(arena);
    }
    proxies_free(door.proxies);
    return e == ERR_STOPPING ? ERR_OK : e;
}
