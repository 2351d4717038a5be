/* identity_world.h - a whole program in memory for the tests of identity: the mem engine, keys, a clock that
 * stands where the test puts it, and calls that go through the real path. */
#ifndef TEST_IDENTITY_WORLD_H
#define TEST_IDENTITY_WORLD_H

#include "base/log.h"
#include "base/settings.h"
#include "call/call.h"
#include "call/pool.h"
#include "domain/text.h"
#include "flow/flow.h"
#include "sec/identity.h"
#include "store/mem/mem.h"
#include "store/rec_token_keys.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define WORLD_START INT64_C(1790000000123)

enum { WORLD_ARENA_BYTES = 64 * 1024 * 1024 };

static int64_t world_now = WORLD_START;

static inline int64_t world_clock(void)
{
    return world_now;
}

struct world {
    struct app app;
    struct settings settings;
    struct identity identity;
    struct arena *arena; /* of what answers are copied to */
};

static const struct tokens_options world_tokens = {
    .issuer = "opendoor", .audience = "opendoor", .ttl_ms = 15 * 60 * 1000, .roles = role_names};

static inline struct world *world_new(void)
{
    static struct world world;
    struct mem_options options = {.seed = 7};

    world = (struct world){.arena = arena_new(WORLD_ARENA_BYTES)};
    world_now = WORLD_START;
    world.settings = (struct settings){.access_token_seconds = 900, .refresh_token_days = 30};
    world.app = (struct app){.settings = &world.settings,
                             .tokens = tokens_new(&world_tokens),
                             .hash_pool = pool_new(2, 64),
                             .clock = world_clock};
    world.identity = identity_builtin(world.app.tokens);
    world.app.identity = &world.identity;
    fields_text_rule(text_normalise);
    log_start(LOG_ERROR, STDERR_FILENO);
    if (!world.arena || !world.app.tokens || !world.app.hash_pool ||
        store_open_mem(&options, &world.app.store) ||
        token_keys_refresh(world.app.store, world.app.tokens, world_now))
        return NULL;
    return &world;
}

static inline void world_free(struct world *world)
{
    pool_free(world->app.hash_pool);
    store_close(world->app.store);
    tokens_free(world->app.tokens);
    arena_free(world->arena);
}

struct answer {
    int status;
    const struct json *json;
    const char *text;
    const char *location, *etag, *retry_after, *content_type, *challenge;
};

struct ask {
    enum method method;
    const char *path;
    const char *body;  /* JSON, or NULL */
    const char *token; /* or NULL */
    const char *query, *address, *idempotency_key, *if_match;
};

static inline const char *answer_header(struct world *world, const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->reply.header_count; i++)
        if (strcmp(call->reply.headers[i].name, name) == 0)
            return arena_dup(world->arena, call->reply.headers[i].value);
    return NULL;
}

/* Any thread may send, if it has an arena of its own. */
static inline struct answer world_send_from(struct world *world, struct arena *arena, const struct ask *ask)
{
    struct header headers[5];
    size_t count = 0;
    struct call *call = call_new(&world->app);
    struct answer answer = {0};
    const char *why;

    headers[count++] = (struct header){"Content-Type", "application/json"};
    if (ask->token)
        headers[count++] = (struct header){"Authorization", arena_printf(arena, "Bearer %s", ask->token)};
    if (ask->idempotency_key)
        headers[count++] = (struct header){"Idempotency-Key", ask->idempotency_key};
    if (ask->if_match)
        headers[count++] = (struct header){"If-Match", ask->if_match};
    call->request = (struct request){.method = ask->method,
                                     .path = ask->path,
                                     .query = ask->query ? ask->query : "",
                                     .headers = headers,
                                     .header_count = count,
                                     .address = ask->address ? ask->address : "192.0.2.1"};
    if (ask->body)
        call->request.body = (struct span){(const uint8_t *)ask->body, strlen(ask->body)};
    randombytes_buf(call->seed, sizeof call->seed);
    flow_run(call);
    answer.status = call->reply.status;
    answer.text = arena_text(arena, call->reply.body.data, call->reply.body.size);
    answer.location = answer_header(world, call, "Location");
    answer.etag = answer_header(world, call, "ETag");
    answer.retry_after = answer_header(world, call, "Retry-After");
    answer.challenge = answer_header(world, call, "WWW-Authenticate");
    answer.content_type = arena_dup(arena, call->reply.content_type);
    call_free(call);
    if (answer.text && *answer.text)
        (void)json_parse(arena, answer.text, strlen(answer.text), &answer.json, &why);
    return answer;
}

static inline struct answer world_send(struct world *world, const struct ask *ask)
{
    return world_send_from(world, world->arena, ask);
}

#define SEND(world, ...) world_send(world, &(const struct ask){__VA_ARGS__})

/* A text inside data or at the top; NULL if it is not there. */
static inline const char *text_at(const struct json *json, const char *name)
{
    const struct json *member = json_member(json, name);
    return member && member->kind == JSON_STRING ? member->text : NULL;
}

static inline const struct json *data_of(struct answer answer)
{
    return json_member(answer.json, "data");
}

#endif
