/* cmd_lambda.c - `opendoor lambda`: the program as an AWS Lambda custom runtime.
 *
 * Lambda starts the executable named `bootstrap`, which is this subcommand, and says in
 * AWS_LAMBDA_RUNTIME_API where its runtime listens. There is no thread for jobs, because an instance is
 * frozen between invocations: they run when a schedule says so. Rate limits are the gateway's, since nobody
 * sees all instances.
 *
 * A start that fails is told to the runtime with the same sentence that stands in the log. SIGTERM ends the
 * program after the invocation at work. */
#include "base/log.h"
#include "front/lambda.h"
#include "jobs/job.h"
#include "main/program.h"
#include "main/subcommand.h"
#include "outside/http_client.h"
#include "outside/runtime_api.h"
#include "store/rec_token_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_BYTES = 4 * 1024 * 1024, HASH_THREADS = 1 };

struct instance {
    struct program program;
    struct runtime_api *runtime;
    sigset_t signals;
    pthread_t listener;
    bool listening;
};

/* ---- what the door is handed ---- */

static enum err runtime_next(void *arg, struct arena *arena, struct lambda_invocation *invocation)
{
    struct runtime_invocation next;

    enum err e = runtime_api_next(arg, arena, &next);
    if (!e)
        *invocation = (struct lambda_invocation){next.id, next.trace_id, next.deadline_ms, next.event};
    return e;
}

static enum err runtime_respond(void *arg, const char *id, struct span json)
{
    return runtime_api_respond(arg, id, json);
}

static enum err runtime_fail(void *arg, const char *id, const char *type, const char *message)
{
    return runtime_api_fail(arg, id, type, message);
}

static enum err keys_refresh(const struct app *app, int64_t now_ms)
{
    return token_keys_refresh(app->store, app->tokens, now_ms);
}

static const char *environment_name(const struct settings *settings)
{
    static const char *const names[] = {
        [ENVIRONMENT_DEV] = "dev", [ENVIRONMENT_STAGING] = "staging", [ENVIRONMENT_PROD] = "prod"};
    return names[settings->environment];
}

/* ---- signals ---- */

/* Waits for the signal, then wakes the loop out of its wait for an invocation. */
static void *listen_for_end(void *arg)
{
    struct instance *instance = arg;
    int which = 0;

    (void)sigwait(&instance->signals, &which);
    instance->program.stopping = 1;
    runtime_api_wake(instance->runtime);
    return NULL;
}

static bool listener_start(struct instance *instance)
{
    instance->listening = pthread_create(&instance->listener, NULL, listen_for_end, instance) == 0;
    if (!instance->listening)
        complain("The system gives no more threads.");
    return instance->listening;
}

/* It waits for a signal, so it gets one. */
static void listener_stop(struct instance *instance)
{
    if (!instance->listening)
        return;
    (void)pthread_kill(instance->listener, SIGINT);
    (void)pthread_join(instance->listener, NULL);
}

/* ---- the instance ---- */

static enum err loop(struct instance *instance)
{
    const struct settings *settings = &instance->program.settings;
    const struct lambda_options options = {
        .runtime = {.arg = instance->runtime,
                    .next = runtime_next,
                    .respond = runtime_respond,
                    .fail = runtime_fail},
        .jobs_run = jobs_run_until,
        .refresh = keys_refresh,
        .environment = environment_name(settings),
        .public_url = settings->api_gateway_url,
        .trusted_proxies = settings->trusted_proxies,
        .metrics_fd = STDOUT_FILENO,
    };

    log_line(LOG_INFO, "started", LOG_TEXT("version", OPENDOOR_VERSION));
    enum err e = lambda_run(&instance->program.app, &options);
    if (e)
        complain("Lambda's runtime is lost: %s", err_info(e)->text);
    else
        log_line(LOG_INFO, "stopping");
    return e;
}

static void init_failed(const struct instance *instance)
{
    const char *why = *complaint() ? complaint() : "The program does not start; its log says why.";
    enum err e = runtime_api_fail(instance->runtime, NULL, "Runtime.InitError", why);

    if (e)
        log_line(LOG_ERROR, "init_error_not_told", LOG_TEXT("code", err_info(e)->code));
}

static bool start(struct instance *instance, int argc, char **argv, struct arena *arena)
{
    struct program *program = &instance->program;

    return settings_start(COMMAND_LAMBDA, argc, argv, arena, &program->settings) && program_open(program) &&
           program_parts(program, HASH_THREADS, 0) && listener_start(instance);
}

static int serve(struct instance *instance, int argc, char **argv, struct arena *arena)
{
    int status = EXIT_FAILED;

    signals_block(&instance->signals);
    if (!start(instance, argc, argv, arena))
        init_failed(instance);
    else if (loop(instance) == ERR_OK)
        status = 0;
    listener_stop(instance);
    program_close(&instance->program);
    return status;
}

static int run(int argc, char **argv)
{
    static struct instance instance;
    const char *host = settings_runtime_api(getenv);
    int status = EXIT_FAILED;
    const char *why;

    if (!host) {
        complain("AWS_LAMBDA_RUNTIME_API is not set: this runs inside AWS Lambda. `opendoor serve` runs "
                 "anywhere.");
        return EXIT_USAGE;
    }
    if (http_client_start(&why)) {
        complain("%s", why);
        return EXIT_FAILED;
    }
    struct arena *arena = arena_new(ARENA_BYTES);
    instance.runtime = runtime_api_new(host);
    if (arena && instance.runtime)
        status = serve(&instance, argc, argv, arena);
    else
        complain("AWS_LAMBDA_RUNTIME_API is no host and port like 127.0.0.1:9001, or there is no memory.");
    runtime_api_free(instance.runtime);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_lambda = {
    .name = "lambda",
    .arguments = "[--data DIR] [--key FILE] ...",
    .summary = "answer the events of AWS Lambda",
    .help = "For Lambda's custom runtime: an executable named `bootstrap` is this subcommand. Events of API "
            "Gateway "
            "(payload 1.0 and 2.0) are requests; those of schedules run the job that their detail names "
            "({\"job\": \"hold_expire\"}), or all. Logs go to standard error, metrics to standard output.",
    .settings = COMMAND_LAMBDA,
    .run = run};
