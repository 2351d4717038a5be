/* call.c - what handlers ask of their call. */
#include "call/call.h"

#include "base/uuid.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_BYTES = 64, DETAIL_BYTES = 500, TAG_BYTES = 24 };

static const char *const method_names[] = {
    [METHOD_OTHER] = "",  [METHOD_GET] = "GET",       [METHOD_HEAD] = "HEAD",       [METHOD_POST] = "POST",
    [METHOD_PUT] = "PUT", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS", [METHOD_PATCH] = "PATCH",
};

const char *method_name(enum method method)
{
    return method_names[method];
}

enum method method_of(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof method_names / sizeof method_names[0]; i++)
        if (strlen(method_names[i]) == size && memcmp(method_names[i], name, size) == 0)
            return (enum method)i;
    return METHOD_OTHER;
}

struct call *call_new(const struct app *app)
{
    struct arena *arena = arena_new(CALL_ARENA_BYTES);
    struct call *call = arena ? arena_zero(arena, 1, sizeof *call) : NULL;

    if (!call) {
        arena_free(arena);
        return NULL;
    }
    call->app = app;
    call->arena = arena;
    call->now_ms = app->clock();
    call->started_us = clock_monotonic_us();
    problems_init(&call->problems, arena);
    buf_init(&call->problem_extra, arena);
    buf_init(&call->reply.body, arena);
    return call;
}

void call_free(struct call *call)
{
    if (!call)
        return;
    sodium_memzero(call->seed, sizeof call->seed);
    arena_free(call->arena);
}

/* Block n of the stream is BLAKE2b(n, key = seed); a draw takes whole blocks, so that draws never overlap. */
void call_random(struct call *call, void *out, size_t size)
{
    uint8_t *at = out;

    while (size > 0) {
        uint8_t block[BLOCK_BYTES];
        size_t taken = size < sizeof block ? size : sizeof block;
        uint64_t number = call->drawn++;
        (void)crypto_generichash(block, sizeof block, (const uint8_t *)&number, sizeof number, call->seed,
                                 SEED_BYTES);
        memcpy(at, block, taken);
        sodium_memzero(block, sizeof block);
        at += taken;
        size -= taken;
    }
}

const char *call_new_id(struct call *call)
{
    uint8_t random[UUID_RANDOM];
    char text[UUID_TEXT];

    call_random(call, random, sizeof random);
    uuid7_format(call->now_ms, random, text);
    return arena_dup(call->arena, text);
}

const char *call_header(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->request.header_count; i++)
        if (strcasecmp(call->request.headers[i].name, name) == 0)
            return call->request.headers[i].value;
    return NULL;
}

static size_t tag_size(const char *tag)
{
    size_t weak = strncmp(tag, "W/", 2) == 0 ? 2 : 0;
    const char *end = tag[weak] == '"' ? strchr(tag + weak + 1, '"') : NULL;
    return end ? (size_t)(end - tag) + 1 : strcspn(tag, ",");
}

/* Weak and foreign tags never match: RFC 9110 section 13.1.1. */
static bool tags_name(const char *tags, int64_t version)
{
    char ours[TAG_BYTES];
    size_t size = (size_t)snprintf(ours, sizeof ours, "\"%lld\"", (long long)version);

    for (tags += strspn(tags, " \t,"); *tags; tags += strspn(tags, " \t,")) {
        size_t length = tag_size(tags);
        if (length == size && memcmp(tags, ours, size) == 0)
            return true;
        tags += length;
    }
    return false;
}

enum err call_check_version(const struct call *call, int64_t version)
{
    const char *tags = call->if_match;

    return !tags || strcmp(tags, "*") == 0 || tags_name(tags, version) ? ERR_OK : ERR_PRECONDITION;
}

enum err call_fail(struct call *call, enum err err, const char *format, ...)
{
    char text[DETAIL_BYTES];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    call->detail = arena_dup(call->arena, text); /* without memory, the error's own text serves */
    return err;
}

enum err call_refuse(struct call *call, enum err err)
{
    call->verdict = err;
    return ERR_OK;
}

enum err call_problem(struct call *call, const char *pointer, enum err err, const char *message)
{
    enum err e = problems_add(&call->problems, pointer, err, message);
    return e ? e : ERR_INVALID;
}

enum err call_also(enum err first, enum err second)
{
    return !first || (second && second != ERR_INVALID && first == ERR_INVALID) ? second : first;
}

bool call_is_role(const struct call *call, enum role role)
{
    return call->caller.user && call->caller.user->role == (int32_t)role;
}

enum fields_by call_by(const struct call *call)
{
    enum role role = call->caller.user ? (enum role)call->caller.user->role : call->caller.token_role;
    return role == ROLE_STAFF || role == ROLE_ADMIN ? FIELDS_BY_STAFF : FIELDS_BY_PATIENT;
}
