/* bare_http.c - the limit of a read over HTTP: a library that many servers are built on, libmicrohttpd,
 * answering every request with one ready-made answer of as many bytes as ours has, from the memory that it
 * already lies in. Nothing is looked up, checked or written. What we answer per second is given as a ratio to
 * this.
 *
 *   bare_http BYTES [THREADS]      prints "listening on http://127.0.0.1:PORT"; ends on SIGTERM */
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, CONNECTION_BYTES = 32 * 1024, TIMEOUT_S = 60, BYTES_MAX = 16 * 1024 * 1024 };

static enum MHD_Result answer(void *response, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static char seen;

    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (!*state) { /* the head has come; the answer may be given once the body has */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/* The headers that ours has as well, so that as many bytes go over the wire. */
static struct MHD_Response *response_make(size_t bytes)
{
    static const char *const headers[][2] = {
        {"Content-Type", "application/json; charset=utf-8"},
        {"X-Request-Id", "01a2109d-ca55-7279-a49f-12e4d92d0d4c"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
    };
    char *body = malloc(bytes + 1);

    if (!body)
        return NULL;
    memset(body, 'x', bytes);
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, body, MHD_RESPMEM_MUST_FREE);
    for (size_t i = 0; response && i < sizeof headers / sizeof headers[0]; i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    return response;
}

static struct MHD_Daemon *daemon_start(struct MHD_Response *response, unsigned threads)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, &answer, response, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_S, MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)CONNECTIONS_MAX, MHD_OPTION_END);
}

static void serve_until_told(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    sigset_t signals;
    int which;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)printf("listening on http://127.0.0.1:%u\n", info ? (unsigned)info->port : 0U);
    (void)fflush(stdout);
    (void)sigwait(&signals, &which);
}

int main(int argc, char **argv)
{
    long bytes = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    sigset_t signals;

    if (bytes < 0 || bytes > BYTES_MAX || threads < 1 || threads > 64) {
        (void)fprintf(stderr, "usage: bare_http BYTES [THREADS]\n");
        return 2;
    }
    (void)sigfillset(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* the threads inherit it; serve_until_told waits */
    struct MHD_Response *response = response_make((size_t)bytes);
    struct MHD_Daemon *daemon = response ? daemon_start(response, (unsigned)threads) : NULL;
    if (!daemon) {
        (void)fprintf(stderr, "bare_http: cannot start\n");
        return 1;
    }
    serve_until_told(daemon);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
