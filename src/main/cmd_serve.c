/* cmd_serve.c - `opendoor serve`: builds the program from its parts, waits for a signal, takes it apart
 * again.
 *
 * Parts are started in the order in which they need each other and stopped in the opposite one: the door
 * first, which waits for every call; then what calls ran on; the store last. */
#include "base/log.h"
#include "front/http.h"
#include "jobs/job.h"
#include "main/program.h"
#include "main/subcommand.h"

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
};

struct server {
    struct program program;
    struct job_thread *jobs;
    struct http *http;
};

static bool jobs_begin(struct server *server)
{
    server->jobs = jobs_start(&server->program.app);
    if (!server->jobs)
        complain("The system gives no more threads.");
    return server->jobs;
}

static bool door_open(struct server *server)
{
    const struct settings *settings = &server->program.settings;
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
    enum err e = http_start(&server->program.app, &options, &server->http, message);
    if (e)
        complain("%s", *message ? message : err_info(e)->text);
    return !e;
}

static bool start(struct server *server)
{
    struct program *program = &server->program;
    size_t limit = (size_t)program->settings.rate_limit_per_minute;

    return program_open(program) && program_parts(program, HASH_THREADS, limit) && jobs_begin(server) &&
           door_open(server);
}

static void stop(struct server *server)
{
    server->program.stopping = 1;
    http_stop(server->http, STOP_GRACE_MS);
    jobs_stop(server->jobs);
    program_close(&server->program);
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

    if (arena && settings_start(COMMAND_SERVE, argc, argv, arena, &server.program.settings))
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
