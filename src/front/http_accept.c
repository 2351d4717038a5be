/* http_accept.c - the listening socket and the thread that accepts. Connections go to the loop that has the
 * fewest; those beyond a limit are told so and closed at once, so that they do not wait in the kernel's queue
 * for nothing. */
#include "base/must.h"
#include "call/metrics.h"
#include "front/http_conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_AWAY_BYTES = 512, BACKLOG = 4096, PORT_TEXT = 6, NO_FILES_PAUSE_MS = 100 };

/* ---- listening ---- */

static int listen_at(const struct addrinfo *info)
{
    const int yes = 1, no = 0;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (info->ai_family == AF_INET6) /* "::" takes IPv4 as well */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static void url_write(struct http *http)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST], port[PORT_TEXT];

    if (getsockname(http->listen_fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    bool v6 = address.ss_family == AF_INET6;
    (void)snprintf(http->url, sizeof http->url, "http%s://%s%.60s%s:%s", http->tls ? "s" : "", v6 ? "[" : "",
                   host, v6 ? "]" : "", port);
}

enum err listen_on(struct http *http, char message[static HTTP_MESSAGE])
{
    const struct http_options *options = &http->options;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    char port[PORT_TEXT];

    (void)snprintf(port, sizeof port, "%u", (unsigned)options->port);
    int failed = getaddrinfo(options->bind, port, &hints, &found);
    if (failed) {
        (void)snprintf(message, HTTP_MESSAGE, "Cannot listen on \"%.100s\": %s.", options->bind,
                       gai_strerror(failed));
        return ERR_SETTING;
    }
    http->listen_fd = listen_at(found);
    if (http->listen_fd < 0)
        (void)snprintf(message, HTTP_MESSAGE, "Cannot listen on %.100s port %s: %s.", options->bind, port,
                       strerror(errno));
    freeaddrinfo(found);
    if (http->listen_fd < 0)
        return ERR_SETTING;
    url_write(http);
    return ERR_OK;
}

/* ---- limits ---- */

static void peer_of(const struct sockaddr_storage *from, struct in6_addr *peer)
{
    static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (from->ss_family == AF_INET6) {
        *peer = ((const struct sockaddr_in6 *)from)->sin6_addr;
        return;
    }
    memcpy(peer->s6_addr, mapped_prefix, sizeof mapped_prefix);
    memcpy(peer->s6_addr + sizeof mapped_prefix, &((const struct sockaddr_in *)from)->sin_addr, 4);
}

static size_t connections_of(struct http *http, struct loop **least)
{
    size_t sum = 0;
    size_t fewest = SIZE_MAX;

    for (size_t i = 0; i < http->loop_count; i++) {
        size_t count = atomic_load_explicit(&http->loops[i].count, memory_order_relaxed);
        sum += count;
        if (count < fewest) {
            fewest = count;
            *least = &http->loops[i];
        }
    }
    return sum;
}

/* Counts one more of that address; false if it has too many. */
static bool peer_admit(struct http *http, const struct in6_addr *peer, uint32_t *slot)
{
    char text[ADDRESS_TEXT];

    *slot = PEER_SLOTS;
    if (address_is_loopback(peer))
        return true;
    address_format(peer, text);
    if (proxies_trust(http->proxies, text))
        return true;
    return peers_enter(&http->peers, peer, http->options.per_address_max, slot);
}

static void count(const struct http *http, enum metrics_counter counter)
{
    if (http->app->metrics)
        metrics_counter_add(http->app->metrics, counter, 1);
}

/* Tells a connection beyond a limit to come back. Over TLS it is just closed: a handshake is what we cannot
 * afford now. */
static void turn_away(const struct http *http, int fd)
{
    static const char body[] = "{\"type\":\"/problems/busy\",\"title\":\"Too many connections are open.\","
                               "\"status\":503,\"detail\":\"Try again in a moment.\",\"code\":\"busy\"}\n";
    char answer[TURN_AWAY_BYTES];
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
                        "Content-Length: %zu\r\nCache-Control: no-store\r\nRetry-After: 1\r\n"
                        "Connection: close\r\n\r\n%s",
                        sizeof body - 1, body);

    must(size > 0 && (size_t)size < sizeof answer);
    if (!http->tls)
        (void)send(fd, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
    count(http, METRICS_TURNED_AWAY);
}

/* ---- accepting ---- */

static struct conn *conn_make(struct http *http, struct loop *loop, int fd, const struct in6_addr *peer)
{
    const int yes = 1;
    struct conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    conn->loop = loop;
    conn->fd = fd;
    address_format(peer, conn->peer);
    conn->peer_slot = PEER_SLOTS;
    conn->state = CONN_HEAD; /* anything but CONN_WAIT: it is new */
    if (http->tls) {
        conn->tls = tls_conn_new(http->tls, fd);
        if (!conn->tls) {
            free(conn);
            return NULL;
        }
    }
    return conn;
}

static void admit(struct http *http, int fd, const struct sockaddr_storage *from)
{
    struct loop *loop = NULL;
    struct in6_addr peer;
    uint32_t slot = PEER_SLOTS;
    bool room = connections_of(http, &loop) < http->options.connections_max;

    peer_of(from, &peer);
    if (!room || !peer_admit(http, &peer, &slot)) {
        turn_away(http, fd);
        return;
    }
    struct conn *conn = conn_make(http, loop, fd, &peer);
    if (!conn) {
        peers_leave(&http->peers, slot);
        turn_away(http, fd);
        return;
    }
    conn->peer_slot = slot;
    count(http, METRICS_ACCEPTED);
    (void)atomic_fetch_add_explicit(&loop->count, 1, memory_order_relaxed);
    loop_give(loop, conn);
}

/* False if there is nobody to accept at the moment. */
static bool accept_one(struct http *http)
{
    struct sockaddr_storage from = {0};
    socklen_t size = sizeof from;
    int fd = accept4(http->listen_fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        admit(http, fd, &from);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        struct pollfd stop = {.fd = http->stop_fd, .events = POLLIN};
        (void)poll(&stop, 1, NO_FILES_PAUSE_MS); /* until some are closed */
    }
    return errno == ECONNABORTED || errno == EINTR;
}

void *accept_main(void *arg)
{
    struct http *http = arg;
    struct pollfd fds[] = {{.fd = http->stop_fd, .events = POLLIN},
                           {.fd = http->listen_fd, .events = POLLIN}};

    for (;;) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents)
            return NULL;
        while (accept_one(http)) {
        }
    }
}
