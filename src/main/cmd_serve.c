/* cmd_serve.c - `opendoor serve`: builds the program from its parts, waits for a signal, takes it apart
 * again.
 *
 * Parts are started in the order in which they need each other and stopped in the opposite one: the door
 * first, which waits for every call; then what calls ran on; the store last. */
#include "api/endpoint.h"
#include "base/log.h"
#include "base/time.h"
#include "call/limits.h"
#include "call/metrics.h"
#include "call/pool.h"
#include "flow/flow.h"
#include "front/http.h"
#include "jobs/job.h"
#include "main/demo.h"
#include "main/subcommand.h"
#include "sec/token.h"
#include "store/rec_token_keys.h"

#include <signal.h>
#include <stdio.h>

#ifdef OPENDOOR_CLOCK_MOVES /* test builds only */
#include "base/clock_moved.h"
#define WALL_CLOCK clock_moved_ms
#else
#define WALL_CLOCK clock_now_ms
#endif

enum {
    ARENA_BYTES = 4 * 1024 * 1024,
    HASH_THREADS = 2, /* 19 MiB each; the rest wait */
    STOP_GRACE_MS = 30000,
    SECOND_MS = 1000,
    ENDPOINTS_MAX = 120,
};

struct server {
    struct settings settings;
    struct app app;
    struct tokens_options tokens_options;
    struct job_thread *jobs;
    struct http *http;
    volatile int stopping;
};

/* Signals are for the thread that waits for them; those that the parts start inherit the mask. */
static void signals_block(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static struct metrics *metrics_make(void)
{
    struct metrics_endpoint rows[ENDPOINTS_MAX];
    size_t count = endpoint_count < ENDPOINTS_MAX ? endpoint_count : ENDPOINTS_MAX;

    for (size_t i = 0; i < count; i++)
        rows[i] = (struct metrics_endpoint){endpoints[i]->name, method_name(endpoints[i]->method)};
    return metrics_new(rows, count);
}

/* Never where appointments are real: there a wrong clock would be one more way to lose them. */
static bool clock_start(const struct server *server)
{
#ifdef OPENDOOR_CLOCK_MOVES
    if (!clock_move()) {
        complain("%s is not a number of milliseconds, or too far.", CLOCK_OFFSET_VARIABLE);
        return false;
    }
    if (clock_offset_ms() != 0 && server->settings.environment == ENVIRONMENT_PROD) {
        complain("%s is for tests; it is not possible with ENVIRONMENT=prod.", CLOCK_OFFSET_VARIABLE);
        return false;
    }
    if (clock_offset_ms() != 0)
        log_line(LOG_WARN, "clock_moved");
#else
    (void)server;
#endif
    return true;
}

static bool tokens_start(struct server *server)
{
    const struct settings *settings = &server->settings;
    struct app *app = &server->app;

    server->tokens_options = (struct tokens_options){.issuer = settings->token_issuer,
                                                     .audience = settings->token_issuer,
                                                     .ttl_ms = settings->access_token_seconds * SECOND_MS,
                                                     .roles = role_names};
    app->tokens = tokens_new(&server->tokens_options);
    enum err e = app->tokens ? token_keys_refresh(app->store, app->tokens, app->clock()) : ERR_MEMORY;
    if (e)
        complain("The keys of access tokens: %s", err_info(e)->text);
    return !e;
}

static bool demo_start(const struct server *server)
{
    const struct app *app = &server->app;
    enum err e = server->settings.demo ? demo_load(app->store, app->clock()) : ERR_OK;

    if (e)
        complain("The demo data cannot be stored: %s", err_info(e)->text);
    return !e;
}

static bool parts_start(struct server *server)
{
    const struct settings *settings = &server->settings;
    struct app *app = &server->app;
    bool limited = settings->rate_limit_per_minute > 0;

    app->hash_pool = pool_new(HASH_THREADS, (size_t)settings->hash_queue);
    app->metrics = metrics_make();
    app->limits = limited ? limits_new((unsigned)settings->rate_limit_per_minute) : NULL;
    server->jobs = jobs_start(app);
    if (app->hash_pool && app->metrics && (app->limits || !limited) && server->jobs)
        return true;
    complain("There is not enough memory to start, or the system gives no more threads.");
    return false;
}

static bool door_open(struct server *server)
{
    const struct settings *settings = &server->settings;
    struct http_options options = HTTP_DEFAULTS;
    char message[HTTP_MESSAGE];

    options.bind = settings->bind;
    options.port = (uint16_t)settings->port;
    options.threads = (size_t)settings->http_threads;
    options.connections_max = (size_t)settings->max_connections;
    options.per_address_max = (size_t)settings->max_connections_per_address;
    options.head_limit_ms = options.body_limit_ms = settings->request_timeout_seconds * SECOND_MS;
    options.idle_limit_ms = 2 * options.head_limit_ms;
    options.send_limit_ms = options.head_limit_ms;
    options.trusted_proxies = settings->trusted_proxies;
    options.tls_cert = settings->tls_cert;
    options.tls_key = settings->tls_key;
    enum err e = http_start(&server->app, &options, &server->http, message);
    if (e)
        complain("%s", *message ? message : err_info(e)->text);
    return !e;
}

static bool start(struct server *server)
{
    struct app *app = &server->app;

    *app = (struct app){.settings = &server->settings, .clock = WALL_CLOCK, .stopping = &server->stopping};
    if (!clock_start(server))
        return false;
    app->store = store_start_with(&server->settings, STORE_SERVE);
    return app->store && tokens_start(server) && demo_start(server) && parts_start(server) &&
           door_open(server);
}

static void stop(struct server *server)
{
    struct app *app = &server->app;

    server->stopping = 1;
    http_stop(server->http, STOP_GRACE_MS);
    jobs_stop(server->jobs);
    pool_free(app->hash_pool);
    limits_free(app->limits);
    metrics_free(app->metrics);
    tokens_free(app->tokens);
    store_close(app->store);
}

static void ready(const struct server *server)
{
    (void)printf("listening on %s\n", http_url(server->http));
    (void)fflush(stdout);
    log_line(LOG_INFO, "started", LOG_TEXT("version", OPENDOOR_VERSION));
}

static int serve(struct server *server)
{
    sigset_t signals;
    int which = 0;

    signals_block(&signals);
    bool started = start(server);
    if (started) {
        ready(server);
        (void)sigwait(&signals, &which);
        log_line(LOG_INFO, "stopping");
    }
    stop(server);
    return started ? 0 : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    static struct server server;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena && settings_start(COMMAND_SERVE, argc, argv, arena, &server.settings))
        status = serve(&server);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_serve = {
    .name = "serve",
    .arguments = "[--data DIR] [--key FILE] [--bind ADDR] [--port N] [--demo] ...",
    .summary = "open the store and answer HTTP",
    .help = "When it is ready it prints one line, `listening on http://ADDR:PORT`. SIGTERM ends it in order.",
    .settings = COMMAND_SERVE,
    .run = run};
