/* http.c - starting and stopping the HTTP door. */
#include "front/http.h"

#include "base/time.h"
#include "front/http_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static size_t core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (size_t)count;
}

static enum err tls_load(struct http *http, char message[static HTTP_MESSAGE])
{
    const struct http_options *options = &http->options;

    if (!options->tls_cert && !options->tls_key)
        return ERR_OK;
    if (!options->tls_cert || !options->tls_key) {
        (void)snprintf(message, HTTP_MESSAGE, "TLS needs both TLS_CERT and TLS_KEY.");
        return ERR_SETTING;
    }
    http->tls = tls_server_new(options->tls_cert, options->tls_key, message, HTTP_MESSAGE);
    return http->tls ? ERR_OK : ERR_SETTING;
}

static enum err loops_make(struct http *http)
{
    size_t wanted = http->options.threads > 0 ? http->options.threads : core_count();

    wanted = wanted < THREADS_MAX ? wanted : THREADS_MAX;
    http->loops = calloc(wanted, sizeof *http->loops);
    if (!http->loops)
        return ERR_MEMORY;
    while (http->loop_count < wanted)
        if (!loop_init(&http->loops[http->loop_count++], http))
            return ERR_MEMORY;
    return ERR_OK;
}

static enum err threads_start(struct http *http)
{
    while (http->threads_started < http->loop_count) {
        struct loop *loop = &http->loops[http->threads_started];
        if (pthread_create(&loop->thread, NULL, loop_main, loop) != 0)
            return ERR_MEMORY;
        http->threads_started++;
    }
    if (pthread_create(&http->acceptor, NULL, accept_main, http) != 0)
        return ERR_MEMORY;
    http->acceptor_started = true;
    return ERR_OK;
}

static enum err start(struct http *http, char message[static HTTP_MESSAGE])
{
    http->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    http->proxies = proxies_new(&http->options.trusted_proxies);
    enum err e = http->proxies && http->stop_fd >= 0 ? ERR_OK : ERR_MEMORY;
    if (!e)
        e = tls_load(http, message);
    if (!e)
        e = listen_on(http, message);
    if (!e)
        e = loops_make(http);
    if (!e)
        e = threads_start(http);
    if (e == ERR_MEMORY)
        (void)snprintf(message, HTTP_MESSAGE,
                       "There is not enough memory, or too many files are open, to start.");
    return e;
}

enum err http_start(const struct app *app, const struct http_options *options, struct http **http,
                    char message[static HTTP_MESSAGE])
{
    struct http *made = calloc(1, sizeof *made);

    message[0] = '\0';
    if (!made)
        return ERR_MEMORY;
    made->app = app;
    made->options = *options;
    made->listen_fd = -1;
    peers_init(&made->peers);
    enum err e = start(made, message);
    if (e) {
        http_stop(made, 0);
        return e;
    }
    *http = made;
    return ERR_OK;
}

const char *http_url(const struct http *http)
{
    return http->url;
}

static void threads_join(struct http *http)
{
    if (http->acceptor_started) {
        const uint64_t one = 1;
        ssize_t written = write(http->stop_fd, &one, sizeof one);
        (void)written;
        (void)pthread_join(http->acceptor, NULL);
    }
    if (http->listen_fd >= 0)
        (void)close(http->listen_fd); /* who connects now is told at once that there is nobody */
    atomic_store_explicit(&http->stopping, true, memory_order_release);
    for (size_t i = 0; i < http->threads_started; i++)
        loop_wake(&http->loops[i]);
    for (size_t i = 0; i < http->threads_started; i++)
        (void)pthread_join(http->loops[i].thread, NULL);
}

void http_stop(struct http *http, int64_t grace_ms)
{
    if (!http)
        return;
    atomic_store(&http->grace_ends_ms, clock_monotonic_us() / 1000 + grace_ms);
    threads_join(http);
    for (size_t i = 0; i < http->loop_count; i++)
        loop_done(&http->loops[i]);
    free(http->loops);
    tls_server_free(http->tls);
    proxies_free(http->proxies);
    if (http->stop_fd >= 0)
        (void)close(http->stop_fd);
    free(http);
}
