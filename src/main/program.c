/* program.c - see program.h. */
#include "main/program.h"

#include "api/endpoint.h"
#include "base/time.h"
#include "call/limits.h"
#include "call/metrics.h"
#include "call/pool.h"
#include "call/slot_cache.h"
#include "main/demo.h"
#include "main/subcommand.h"
#include "store/rec_token_keys.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef OPENDOOR_CLOCK_MOVES /* test builds only */
#include "base/clock_moved.h"
#include "base/log.h"
#define WALL_CLOCK clock_moved_ms
#else
#define WALL_CLOCK clock_now_ms
#endif

enum { SECOND_MS = 1000, ENDPOINTS_MAX = 120, REMOTE_TIMES = 8 };

void signals_block(sigset_t *signals)
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

static bool tokens_start(struct program *program)
{
    const struct settings *settings = &program->settings;
    struct app *app = &program->app;

    program->tokens_options = (struct tokens_options){.issuer = settings->token_issuer,
                                                      .audience = settings->token_issuer,
                                                      .ttl_ms = settings->access_token_seconds * SECOND_MS,
                                                      .roles = role_names};
    app->tokens = tokens_new(&program->tokens_options);
    enum err e = app->tokens ? token_keys_refresh(app->store, app->tokens, app->clock()) : ERR_MEMORY;
    if (e)
        complain("The keys of access tokens: %s", err_info(e)->text);
    return !e;
}

bool identity_start(struct program *program)
{
    const struct settings *settings = &program->settings;
    const char *why = NULL;

    program->app.identity = &program->identity;
    program->identity = identity_builtin(program->app.tokens);
    if (!settings->user_pool_id)
        return true;
    struct cognito_options options = {.region = settings->aws_region,
                                      .pool_id = settings->user_pool_id,
                                      .client_id = settings->user_pool_client_id,
                                      .endpoint = settings->cognito_endpoint,
                                      .roles = role_names,
                                      .get =
                                          getenv, /* nothing changes the environment once the program runs */
                                      .clock = WALL_CLOCK};
    program->cognito = cognito_new(&options, &why);
    if (program->cognito)
        program->identity = identity_cognito(program->cognito);
    else
        complain("%s", why);
    return program->cognito;
}

static bool demo_start(const struct program *program)
{
    const struct app *app = &program->app;
    enum err e = program->settings.demo ? demo_load(app->store, app->clock()) : ERR_OK;

    if (e)
        complain("The demo data cannot be stored: %s", err_info(e)->text);
    return !e;
}

/* Never where appointments are real: there a wrong clock would be one more way to lose them. */
static bool clock_start(const struct program *program)
{
#ifdef OPENDOOR_CLOCK_MOVES
    if (!clock_move()) {
        complain("%s is not a number of milliseconds, or too far.", CLOCK_OFFSET_VARIABLE);
        return false;
    }
    if (clock_offset_ms() != 0 && program->settings.environment == ENVIRONMENT_PROD) {
        complain("%s is for tests; it is not possible with ENVIRONMENT=prod.", CLOCK_OFFSET_VARIABLE);
        return false;
    }
    if (clock_offset_ms() != 0)
        log_line(LOG_WARN, "clock_moved");
#else
    (void)program;
#endif
    return true;
}

bool program_open(struct program *program)
{
    struct app *app = &program->app;

    *app = (struct app){.settings = &program->settings, .clock = WALL_CLOCK, .stopping = &program->stopping};
    if (!clock_start(program))
        return false;
    app->store = store_start_with(&program->settings, STORE_SERVE);
    return app->store && tokens_start(program) && identity_start(program) && demo_start(program);
}

bool program_parts(struct program *program, size_t hash_threads, size_t rate_limit)
{
    struct app *app = &program->app;

    /* Whoever waits for a network needs no processor meanwhile. */
    size_t threads = hash_threads * (program->identity.remote ? REMOTE_TIMES : 1);

    app->hash_pool = pool_new(threads, (size_t)program->settings.hash_queue);
    app->metrics = metrics_make();
    app->limits = rate_limit > 0 ? limits_new((unsigned)rate_limit) : NULL;
    app->slots = slot_cache_new();
    if (app->hash_pool && app->metrics && app->slots && (app->limits || rate_limit == 0))
        return true;
    complain("There is not enough memory to start, or the system gives no more threads.");
    return false;
}

void program_close(struct program *program)
{
    struct app *app = &program->app;

    pool_free(app->hash_pool);
    slot_cache_free(app->slots);
    limits_free(app->limits);
    metrics_free(app->metrics);
    cognito_free(program->cognito);
    tokens_free(app->tokens);
    store_close(app->store);
}
