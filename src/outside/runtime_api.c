/* runtime_api.c - see runtime_api.h. One kept connection; libcurl's multi interface, because its poll can be
 * woken from another thread. */
#include "outside/runtime_api.h"

#include "base/buf.h"
#include "base/json.h"
#include "outside/curl_library.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BASE_BYTES = 300,
    HOST_MAX = 255,
    URL_BYTES = 600,
    ID_MAX = 200,
    POLL_MS = 60000, /* only so that there is a number: a wake comes at once */
    POST_MS = 30000,
    CONNECT_MS = 5000,
    ERROR_ARENA_BYTES = 64 * 1024,
    TYPE_HEADER_BYTES = 160,
};

struct runtime_api {
    CURL *easy;
    CURLM *multi;
    atomic_bool woken;
    char base[BASE_BYTES];
};

/* What comes back of one exchange. */
struct exchange {
    struct arena *arena;
    struct buf body;
    const char *id, *trace_id;
    int64_t deadline_ms;
    bool no_room;
};

/* ---- making ---- */

static bool is_host(const char *host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";
    size_t size = strspn(host, letters);
    return size > 0 && size <= HOST_MAX && host[size] == '\0';
}

struct runtime_api *runtime_api_new(const char *host)
{
    const char *why;
    struct runtime_api *api =
        is_host(host) && curl_library_start(&why) == ERR_OK ? calloc(1, sizeof *api) : NULL;

    if (!api)
        return NULL;
    (void)snprintf(api->base, sizeof api->base, "http://%s/2018-06-01/runtime", host);
    api->easy = libcurl.easy_init();
    api->multi = libcurl.multi_init();
    if (api->easy && api->multi)
        return api;
    runtime_api_free(api);
    return NULL;
}

void runtime_api_free(struct runtime_api *api)
{
    if (!api)
        return;
    libcurl.easy_cleanup(api->easy);
    (void)libcurl.multi_cleanup(api->multi);
    free(api);
}

void runtime_api_wake(struct runtime_api *api)
{
    atomic_store(&api->woken, true);
    (void)libcurl.multi_wakeup(api->multi);
}

/* ---- one exchange ---- */

static size_t on_body(char *bytes, size_t one, size_t size, void *arg)
{
    struct exchange *exchange = arg;

    (void)one;
    if (exchange->body.size + size > RUNTIME_EVENT_MAX)
        return 0;
    buf_add(&exchange->body, bytes, size);
    return buf_ok(&exchange->body) ? size : 0;
}

/* The value of a header line, if it is that header. */
static const char *value_of(struct exchange *exchange, const char *line, size_t size, const char *name)
{
    size_t name_size = strlen(name);

    if (size <= name_size || strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
        return NULL;
    line += name_size + 1;
    size -= name_size + 1;
    while (size > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        size--;
    }
    while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == '\n' || line[size - 1] == ' '))
        size--;
    const char *text = arena_text(exchange->arena, line, size);
    exchange->no_room = exchange->no_room || !text;
    return text;
}

static size_t on_header(char *line, size_t one, size_t size, void *arg)
{
    struct exchange *exchange = arg;
    const char *value;

    (void)one;
    if ((value = value_of(exchange, line, size, "Lambda-Runtime-Aws-Request-Id")))
        exchange->id = value;
    else if ((value = value_of(exchange, line, size, "Lambda-Runtime-Trace-Id")))
        exchange->trace_id = value;
    else if ((value = value_of(exchange, line, size, "Lambda-Runtime-Deadline-Ms")))
        exchange->deadline_ms = strtoll(value, NULL, 10);
    return size;
}

static bool set_up(struct runtime_api *api, const char *url, const struct span *body,
                   struct curl_slist *headers, struct exchange *exchange)
{
    CURL *easy = api->easy;

    libcurl.easy_reset(easy); /* keeps the connection */
    bool good = libcurl.easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_USERAGENT, "opendoor/" OPENDOOR_VERSION) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
                libcurl.easy_setopt(easy, CURLOPT_HEADERDATA, exchange) == CURLE_OK;
    if (good && body)
        good = libcurl.easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
               libcurl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size) == CURLE_OK &&
               libcurl.easy_setopt(easy, CURLOPT_POSTFIELDS, body->data) == CURLE_OK &&
               libcurl.easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
               libcurl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)POST_MS) == CURLE_OK;
    return good;
}

/* How the transfer ended, once it has. */
static bool ended(CURLM *multi, CURLcode *code)
{
    int left;
    const CURLMsg *message;

    while ((message = libcurl.multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return true;
        }
    }
    return false;
}

static enum err transfer(struct runtime_api *api, bool may_stop)
{
    CURLcode code = CURLE_OK;
    int running;

    for (;;) {
        if (may_stop && atomic_load(&api->woken))
            return ERR_STOPPING;
        if (libcurl.multi_perform(api->multi, &running) != CURLM_OK)
            return ERR_OUTSIDE;
        if (ended(api->multi, &code))
            return code == CURLE_OK ? ERR_OK : ERR_OUTSIDE;
        if (libcurl.multi_poll(api->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            return ERR_OUTSIDE;
    }
}

/* body NULL: a GET, whose wait may be ended. */
static enum err exchange_run(struct runtime_api *api, const char *path, const struct span *body,
                             struct curl_slist *headers, struct exchange *exchange, long *status)
{
    char url[URL_BYTES];

    buf_init(&exchange->body, exchange->arena);
    int size = snprintf(url, sizeof url, "%s%s", api->base, path);
    if (size < 0 || (size_t)size >= sizeof url || !set_up(api, url, body, headers, exchange))
        return ERR_OUTSIDE;
    if (libcurl.multi_add_handle(api->multi, api->easy) != CURLM_OK)
        return ERR_OUTSIDE;
    enum err e = transfer(api, !body);
    (void)libcurl.multi_remove_handle(api->multi, api->easy);
    if (e)
        return e;
    if (!buf_ok(&exchange->body) || exchange->no_room)
        return ERR_MEMORY;
    return libcurl.easy_getinfo(api->easy, CURLINFO_RESPONSE_CODE, status) == CURLE_OK ? ERR_OK : ERR_OUTSIDE;
}

/* ---- the three of them ---- */

static bool is_id(const char *id)
{
    size_t size = id ? strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") : 0;
    return size > 0 && size <= ID_MAX && id[size] == '\0';
}

enum err runtime_api_next(struct runtime_api *api, struct arena *arena, struct runtime_invocation *invocation)
{
    struct exchange exchange = {.arena = arena};
    long status = 0;

    enum err e = exchange_run(api, "/invocation/next", NULL, NULL, &exchange, &status);
    if (e)
        return e;
    if (status != 200 || !is_id(exchange.id))
        return ERR_OUTSIDE;
    *invocation = (struct runtime_invocation){exchange.id, exchange.trace_id,
                                              exchange.deadline_ms > 0 ? exchange.deadline_ms : 0,
                                              buf_span(&exchange.body)};
    return ERR_OK;
}

static enum err meaning_of(long status)
{
    if (status >= 200 && status < 300)
        return ERR_OK;
    if (status == 413)
        return ERR_TOO_LARGE;
    return status == 400 || status == 403 ? ERR_BAD_REQUEST : ERR_OUTSIDE;
}

/* error_type: also a header of its own; NULL: none. */
static enum err post(struct runtime_api *api, const char *path, struct span json, const char *error_type)
{
    struct arena *arena = arena_new(RUNTIME_EVENT_MAX);
    struct exchange exchange = {.arena = arena};
    char type[TYPE_HEADER_BYTES];
    long status = 0;

    if (!arena)
        return ERR_MEMORY;
    (void)snprintf(type, sizeof type, "Lambda-Runtime-Function-Error-Type: %s", error_type ? error_type : "");
    struct curl_slist type_line = {.data = type};
    char json_line[] = "Content-Type: application/json", expect_line[] = "Expect:";
    struct curl_slist expect = {.data = expect_line, .next = error_type ? &type_line : NULL};
    struct curl_slist headers = {.data = json_line, .next = &expect};
    enum err e = exchange_run(api, path, &json, &headers, &exchange, &status);
    arena_free(arena);
    return e ? e : meaning_of(status);
}

enum err runtime_api_respond(struct runtime_api *api, const char *id, struct span json)
{
    char path[ID_MAX + 40];

    (void)snprintf(path, sizeof path, "/invocation/%s/response", id);
    return post(api, path, json, NULL);
}

enum err runtime_api_fail(struct runtime_api *api, const char *id, const char *type, const char *message)
{
    char path[ID_MAX + 40] = "/init/error";
    struct arena *arena = arena_new(ERROR_ARENA_BYTES);
    struct buf out;

    if (!arena)
        return ERR_MEMORY;
    if (id)
        (void)snprintf(path, sizeof path, "/invocation/%s/error", id);
    buf_init(&out, arena);
    struct json_writer writer = json_writer(&out);
    json_object_begin(&writer, NULL);
    json_text(&writer, "errorMessage", message);
    json_text(&writer, "errorType", type);
    json_array_begin(&writer, "stackTrace");
    json_array_end(&writer);
    json_object_end(&writer);
    enum err e = buf_ok(&out) ? post(api, path, buf_span(&out), type) : ERR_MEMORY;
    arena_free(arena);
    return e;
}
