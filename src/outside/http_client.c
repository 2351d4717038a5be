/* http_client.c - libcurl behind a small pool of handles.
 *
 * A handle is taken for one request and put back, newest first, so that under a light load the same
 * connection serves and the others go stale unused. libcurl sends a request again by itself if a kept
 * connection dies before an answer: it has to ask for the body once more to do so, and that is refused here
 * (body_seek). */
#include "outside/http_client.h"

#include "base/must.h"
#include "base/time.h"
#include "outside/curl_library.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_DEFAULT = 32,
    CONNECTIONS_MAX = 1024,
    CONNECT_MS_DEFAULT = 2000,
    TOTAL_MS_DEFAULT = 10000,
    ANSWER_BYTES_DEFAULT = 1024 * 1024,
    HEADERS_BYTES_MAX = 32 * 1024,
    ROOM_FIRST = 4096,
    HEADER_LINE_MAX = 8192,
    KEEP_SECONDS = 50, /* AWS closes an idle connection after a minute or more */
    SECOND_NS = 1000000000,
    MS_NS = 1000000,
    SECOND_MS = 1000,
};

struct http_client {
    struct http_client_options options;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    size_t idle_count, made;
    CURL *idle[];
};

/* ---- the pool ---- */

enum err http_client_start(const char **why)
{
    return curl_library_start(why);
}

static int64_t either(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

struct http_client *http_client_new(const struct http_client_options *options)
{
    size_t connections = options->connections_max ? options->connections_max : CONNECTIONS_DEFAULT;
    pthread_condattr_t clock;
    const char *why;

    must(connections <= CONNECTIONS_MAX);
    if (curl_library_start(&why))
        return NULL;
    struct http_client *client = calloc(1, sizeof *client + connections * sizeof(CURL *));
    if (!client)
        return NULL;
    client->options = (struct http_client_options){
        .connections_max = connections,
        .connect_ms = either(options->connect_ms, CONNECT_MS_DEFAULT),
        .total_ms = either(options->total_ms, TOTAL_MS_DEFAULT),
        .answer_bytes_max = options->answer_bytes_max ? options->answer_bytes_max : ANSWER_BYTES_DEFAULT,
    };
    must(pthread_mutex_init(&client->lock, NULL) == 0);
    must(pthread_condattr_init(&clock) == 0);
    must(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&client->freed, &clock) == 0);
    must(pthread_condattr_destroy(&clock) == 0);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    must(client->idle_count == client->made);
    for (size_t i = 0; i < client->idle_count; i++)
        libcurl.easy_cleanup(client->idle[i]);
    must(pthread_cond_destroy(&client->freed) == 0);
    must(pthread_mutex_destroy(&client->lock) == 0);
    free(client);
}

/* Waits until there is a handle or the right to make one. */
static bool wait_for_handle(struct http_client *client, int64_t total_ms)
{
    struct timespec until;
    int code = 0;

    must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += total_ms / SECOND_MS;
    until.tv_nsec += total_ms % SECOND_MS * MS_NS;
    if (until.tv_nsec >= SECOND_NS) {
        until.tv_nsec -= SECOND_NS;
        until.tv_sec++;
    }
    while (code == 0 && client->idle_count == 0 && client->made == client->options.connections_max)
        code = pthread_cond_timedwait(&client->freed, &client->lock, &until);
    must(code == 0 || code == ETIMEDOUT);
    return code == 0;
}

static CURL *handle_take(struct http_client *client, int64_t total_ms, enum err *e)
{
    CURL *handle = NULL;

    must(pthread_mutex_lock(&client->lock) == 0);
    bool is_mine = wait_for_handle(client, total_ms);
    if (is_mine && client->idle_count > 0)
        handle = client->idle[--client->idle_count];
    else if (is_mine)
        client->made++;
    must(pthread_mutex_unlock(&client->lock) == 0);
    if (is_mine && !handle) {
        handle = libcurl.easy_init();
        must(pthread_mutex_lock(&client->lock) == 0);
        client->made -= handle ? 0 : 1;
        must(pthread_mutex_unlock(&client->lock) == 0);
    }
    *e = handle ? ERR_OK : is_mine ? ERR_MEMORY : ERR_OUTSIDE_TIMEOUT;
    return handle;
}

static void handle_put(struct http_client *client, CURL *handle)
{
    libcurl.easy_reset(handle); /* keeps its connection */
    must(pthread_mutex_lock(&client->lock) == 0);
    client->idle[client->idle_count++] = handle;
    must(pthread_cond_signal(&client->freed) == 0);
    must(pthread_mutex_unlock(&client->lock) == 0);
}

/* ---- what libcurl calls ---- */

/* Adds to a text with a NUL behind it. False if it would pass the limit, or there is no memory. */
static bool text_add(char **text, size_t *size, size_t *room, const char *more, size_t more_size)
{
    size_t needed = *size + more_size + 1;

    if (needed > *room) {
        size_t wanted = *room ? 2 * *room : ROOM_FIRST;
        wanted = wanted < needed ? needed : wanted;
        char *grown = realloc(*text, wanted);
        if (!grown)
            return false;
        *text = grown;
        *room = wanted;
    }
    memcpy(*text + *size, more, more_size);
    *size += more_size;
    (*text)[*size] = '\0';
    return true;
}

static size_t on_body(char *data, size_t one, size_t count, void *arg)
{
    struct http_answer *answer = arg;
    size_t size = one * count;

    answer->too_large = size > answer->body_max - answer->body_size;
    if (answer->too_large)
        return CURL_WRITEFUNC_ERROR;
    answer->no_memory = !text_add(&answer->body, &answer->body_size, &answer->body_room, data, size);
    return answer->no_memory ? CURL_WRITEFUNC_ERROR : size;
}

static size_t on_header(char *data, size_t one, size_t count, void *arg)
{
    struct http_answer *answer = arg;
    size_t size = one * count;

    if (size >= 5 && memcmp(data, "HTTP/", 5) == 0)
        answer->headers_size = 0; /* those of a "100 Continue" before it do not count */
    answer->too_large = size > HEADERS_BYTES_MAX - answer->headers_size;
    if (answer->too_large)
        return CURL_WRITEFUNC_ERROR;
    answer->no_memory = !text_add(&answer->headers, &answer->headers_size, &answer->headers_room, data, size);
    return answer->no_memory ? CURL_WRITEFUNC_ERROR : size;
}

struct sending {
    struct span left;
    bool *sent;
};

static size_t on_read(char *room, size_t one, size_t count, void *arg)
{
    struct sending *sending = arg;
    size_t size = one * count < sending->left.size ? one * count : sending->left.size;

    *sending->sent = true;
    if (size > 0)
        memcpy(room, sending->left.data, size);
    sending->left.data += size;
    sending->left.size -= size;
    return size;
}

static int body_seek(void *arg, curl_off_t offset, int origin)
{
    (void)arg;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

/* ---- one request ---- */

static struct curl_slist *headers_make(const struct http_ask *ask)
{
    struct curl_slist *list = libcurl.slist_append(NULL, "Expect:"); /* no waiting for "100 Continue" */
    char line[HEADER_LINE_MAX];

    must(ask->header_count <= HTTP_CLIENT_HEADERS_MAX);
    for (size_t i = 0; list && i < ask->header_count; i++) {
        const struct http_header *header = &ask->headers[i];
        int size = snprintf(line, sizeof line, "%s: %s", header->name, header->value);
        struct curl_slist *longer = size > 0 && (size_t)size < sizeof line && !strpbrk(line, "\r\n")
                                        ? libcurl.slist_append(list, line)
                                        : NULL;
        if (!longer)
            libcurl.slist_free_all(list);
        list = longer;
    }
    explicit_bzero(line, sizeof line); /* keys may stand in a header */
    return list;
}

/* Debian's libcurl knows Debian's place for the certificates of authorities; linked into one program with it,
 * we also run where the place is another (Amazon Linux). */
static CURLcode authorities_set(CURL *handle)
{
    static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt"};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i], R_OK) == 0)
            return libcurl.easy_setopt(handle, CURLOPT_CAINFO, files[i]);
    return CURLE_OK;
}

static CURLcode limits_set(const struct http_client *client, CURL *handle, int64_t total_ms)
{
    long connect_ms = (long)(client->options.connect_ms < total_ms ? client->options.connect_ms : total_ms);
    CURLcode code = libcurl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)total_ms);

    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_PROXY, "");
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!code)
        code = authorities_set(handle);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_MAXCONNECTS, 2L);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_MAXAGE_CONN, (long)KEEP_SECONDS);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    return code;
}

static CURLcode ask_set(CURL *handle, const struct http_ask *ask, struct sending *sending,
                        struct http_answer *answer)
{
    CURLcode code = libcurl.easy_setopt(handle, CURLOPT_URL, ask->url);

    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_HEADERDATA, answer);
    if (!code && ask->body.data) {
        code = libcurl.easy_setopt(handle, CURLOPT_POST, 1L);
        if (!code)
            code = libcurl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.size);
        if (!code)
            code = libcurl.easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
        if (!code)
            code = libcurl.easy_setopt(handle, CURLOPT_READDATA, sending);
        if (!code)
            code = libcurl.easy_setopt(handle, CURLOPT_SEEKFUNCTION, body_seek);
    }
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, ask->method);
    return code;
}

static enum err error_of(CURLcode code, const struct http_answer *answer)
{
    switch (code) {
    case CURLE_OK:
        return ERR_OK;
    case CURLE_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_OUTSIDE_TIMEOUT;
    default:
        return answer->no_memory ? ERR_MEMORY : ERR_OUTSIDE;
    }
}

static void why_set(struct http_answer *answer, CURLcode code)
{
    if (code)
        (void)snprintf(answer->why, sizeof answer->why, "%s",
                       answer->too_large ? "The answer is larger than is taken."
                                         : libcurl.easy_strerror(code));
}

static void answer_reset(struct http_answer *answer, size_t body_max)
{
    answer->status = 0;
    answer->body_size = answer->headers_size = 0;
    if (answer->body)
        answer->body[0] = '\0';
    if (answer->headers)
        answer->headers[0] = '\0';
    answer->sent = answer->too_large = answer->no_memory = false;
    answer->why[0] = '\0';
    answer->body_max = body_max;
}

static CURLcode perform(const struct http_client *client, CURL *handle, const struct http_ask *ask,
                        int64_t total_ms, struct http_answer *answer)
{
    struct sending sending = {ask->body, &answer->sent};
    struct curl_slist *headers = headers_make(ask);
    long status = 0;

    if (!headers)
        return CURLE_OUT_OF_MEMORY;
    answer->sent = !ask->body.data; /* without a body there is no telling */
    CURLcode code = limits_set(client, handle, total_ms);
    if (!code)
        code = ask_set(handle, ask, &sending, answer);
    if (!code)
        code = libcurl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    if (!code)
        code = libcurl.easy_perform(handle);
    if (libcurl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        answer->status = (int)status;
    libcurl.slist_free_all(headers);
    return code;
}

enum err http_client_send(struct http_client *client, const struct http_ask *ask, struct http_answer *answer)
{
    int64_t total_ms = either(ask->total_ms, client->options.total_ms);
    enum err e;

    answer_reset(answer, ask->answer_bytes_max ? ask->answer_bytes_max : client->options.answer_bytes_max);
    CURL *handle = handle_take(client, total_ms, &e);
    if (!handle) {
        (void)snprintf(answer->why, sizeof answer->why, "No connection was free in time.");
        return e;
    }
    CURLcode code = perform(client, handle, ask, total_ms, answer);
    why_set(answer, code);
    e = error_of(code, answer);
    handle_put(client, handle);
    return e;
}

void http_answer_done(struct http_answer *answer)
{
    if (answer->body)
        explicit_bzero(answer->body, answer->body_room);
    free(answer->body);
    free(answer->headers);
    *answer = (struct http_answer){0};
}

const char *http_answer_header(const struct http_answer *answer, const char *name, size_t *size)
{
    size_t name_size = strlen(name);
    const char *line = answer->headers_size > 0 ? answer->headers : NULL;

    for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
            continue;
        const char *value = line + name_size + 1;
        value += strspn(value, " \t");
        *size = strcspn(value, "\r\n");
        while (*size > 0 && (value[*size - 1] == ' ' || value[*size - 1] == '\t'))
            --*size;
        return value;
    }
    return NULL;
}
