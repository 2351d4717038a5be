/* http_loop.c - a thread with an epoll set. Sockets are registered once, edge-triggered, so that a request
 * costs a wait, a receive and a send. What other threads have for the loop - a new connection, a call that
 * has ended - they push on its inbox, and write to its eventfd only if the inbox was empty: a batch of
 * bookings that were made durable together wakes the loop once. */
#include "base/time.h"
#include "call/metrics.h"
#include "front/http_conn.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_MAX = 128, SWEEP_MS = 200, SPARE_MAX = 32, RANDOM_MAX = 64 };

static _Thread_local const struct loop *this_loop;

/* ---- small services ---- */

/* A stream of its own key, which every draw replaces: what was drawn cannot be found out from what is kept.
 */
void loop_random(struct loop *loop, void *out, size_t size)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    uint8_t stream[LOOP_KEY_BYTES + RANDOM_MAX];

    (void)crypto_stream_chacha20(stream, sizeof stream, nonce, loop->key);
    memcpy(loop->key, stream, sizeof loop->key);
    memcpy(out, stream + LOOP_KEY_BYTES, size < RANDOM_MAX ? size : RANDOM_MAX);
    sodium_memzero(stream, sizeof stream);
}

static void date_format_http(int64_t seconds, char out[static DATE_TEXT_BYTES])
{
    static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t days = (int32_t)(seconds / 86400);
    int rest = (int)(seconds % 86400);
    int year, month, day;

    civil_from_days(days, &year, &month, &day);
    (void)snprintf(out, DATE_TEXT_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT", weekdays[weekday_of(days)],
                   (unsigned)day % 100, months[month - 1], (unsigned)year % 10000,
                   (unsigned)rest / 3600 % 100, (unsigned)rest / 60 % 60, (unsigned)rest % 60);
}

const char *loop_date(struct loop *loop, int64_t now_ms)
{
    int64_t seconds = now_ms / 1000;

    if (seconds != loop->date_s || loop->date[0] == '\0') {
        loop->date_s = seconds;
        date_format_http(seconds, loop->date);
    }
    return loop->date;
}

struct in_buffer *loop_buffer_take(struct loop *loop)
{
    struct in_buffer *buffer = loop->spare;

    if (!buffer)
        return malloc(sizeof *buffer);
    loop->spare = buffer->next;
    loop->spare_count--;
    return buffer;
}

void loop_buffer_give(struct loop *loop, struct in_buffer *buffer)
{
    if (loop->spare_count == SPARE_MAX) {
        free(buffer);
        return;
    }
    buffer->next = loop->spare;
    loop->spare = buffer;
    loop->spare_count++;
}

/* ---- the inbox ---- */

void loop_wake(struct loop *loop)
{
    const uint64_t one = 1;
    ssize_t written = write(loop->wake_fd, &one, sizeof one);
    (void)written; /* it fails only if the counter is full, and then the loop is awake */
}

void loop_give(struct loop *loop, struct conn *conn)
{
    struct conn *first = atomic_load_explicit(&loop->inbox, memory_order_relaxed);

    do
        conn->in_inbox = first;
    while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &first, conn, memory_order_release,
                                                  memory_order_relaxed));
    if (!first)
        loop_wake(loop);
}

void loop_answered(struct call *call, void *arg)
{
    struct conn *conn = arg;

    (void)call;
    if (this_loop == conn->loop)
        conn_answered(conn); /* within flow_start: step_run sees it */
    else
        loop_give(conn->loop, conn);
}

/* ---- connections of the loop ---- */

static void count_open(const struct loop *loop, int64_t change)
{
    if (loop->http->app->metrics)
        metrics_gauge_add(loop->http->app->metrics, METRICS_CONNECTIONS, change);
}

static void conn_link(struct loop *loop, struct conn *conn)
{
    conn->before = NULL;
    conn->next = loop->conns;
    if (loop->conns)
        loop->conns->before = conn;
    loop->conns = conn;
    count_open(loop, 1);
}

static void conn_close(struct conn *conn)
{
    struct loop *loop = conn->loop;

    if (conn->before)
        conn->before->next = conn->next;
    else
        loop->conns = conn->next;
    if (conn->next)
        conn->next->before = conn->before;
    peers_leave(&loop->http->peers, conn->peer_slot);
    conn_free(conn);
    count_open(loop, -1);
    (void)atomic_fetch_sub_explicit(&loop->count, 1, memory_order_relaxed);
}

static void conn_go_on(struct conn *conn)
{
    if (!conn_run(conn))
        conn_close(conn);
}

static void conn_new(struct loop *loop, struct conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = conn};

    conn_link(loop, conn);
    conn_start(conn);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        conn_close(conn);
    /* else the first event comes at once: the socket can be written to */
}

static void inbox_empty(struct loop *loop)
{
    struct conn *conn = atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    struct conn *in_order = NULL;

    while (conn) { /* the inbox is a stack: who came first goes first */
        struct conn *next = conn->in_inbox;
        conn->in_inbox = in_order;
        in_order = conn;
        conn = next;
    }
    while (in_order) {
        conn = in_order;
        in_order = conn->in_inbox;
        if (conn->state != CONN_WAIT) {
            conn_new(loop, conn);
            continue;
        }
        conn_answered(conn);
        conn_go_on(conn);
    }
}

/* Those that had used up their turn. */
static void waiting_go_on(struct loop *loop)
{
    struct conn *conn = loop->waiting;

    loop->waiting = NULL;
    while (conn) {
        struct conn *next = conn->waiting;
        conn->is_waiting = false;
        conn_go_on(conn);
        conn = next;
    }
}

static bool must_end(const struct loop *loop, const struct conn *conn, bool stopping)
{
    return stopping &&
           (conn_is_idle(conn) || conn->state == CONN_HANDSHAKE || conn->state == CONN_LINGER ||
            loop->now_ms >= atomic_load_explicit(&loop->http->grace_ends_ms, memory_order_relaxed));
}

static void sweep(struct loop *loop, bool stopping)
{
    struct conn *next;

    for (struct conn *conn = loop->conns; conn; conn = next) {
        next = conn->next;
        if (conn->state == CONN_WAIT)
            continue;
        if (must_end(loop, conn, stopping) || (loop->now_ms >= conn->deadline_ms && !conn_late(conn)))
            conn_close(conn);
    }
    loop->swept_ms = loop->now_ms;
}

static void on_event(struct loop *loop, const struct epoll_event *event)
{
    if (event->data.ptr == loop) {
        uint64_t count;
        ssize_t got = read(loop->wake_fd, &count, sizeof count);
        (void)got;
        return;
    }
    struct conn *conn = event->data.ptr;
    if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        conn->hung_up = true;
    if (event->events & EPOLLIN)
        conn->readable = true;
    conn_go_on(conn);
}

static int wait_ms(const struct loop *loop)
{
    if (loop->waiting)
        return 0;
    return loop->conns ? SWEEP_MS : -1;
}

static bool is_over(struct loop *loop, bool stopping)
{
    return stopping && !loop->conns && !atomic_load_explicit(&loop->inbox, memory_order_acquire);
}

void *loop_main(void *arg)
{
    struct loop *loop = arg;
    struct epoll_event events[EVENTS_MAX];
    bool stopping = false;

    this_loop = loop;
    while (!is_over(loop, stopping)) {
        int count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, wait_ms(loop));
        loop->now_ms = clock_monotonic_us() / 1000;
        for (int i = 0; i < count; i++)
            on_event(loop, &events[i]);
        inbox_empty(loop);
        waiting_go_on(loop);
        stopping = atomic_load_explicit(&loop->http->stopping, memory_order_acquire);
        if (stopping || loop->now_ms - loop->swept_ms >= SWEEP_MS)
            sweep(loop, stopping);
    }
    return NULL;
}

bool loop_init(struct loop *loop, struct http *http)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = loop};

    *loop = (struct loop){.http = http, .now_ms = clock_monotonic_us() / 1000};
    randombytes_buf(loop->key, sizeof loop->key);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return loop->epoll_fd >= 0 && loop->wake_fd >= 0 &&
           epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) == 0;
}

void loop_done(struct loop *loop)
{
    while (loop->spare) {
        struct in_buffer *next = loop->spare->next;
        free(loop->spare);
        loop->spare = next;
    }
    if (loop->epoll_fd >= 0)
        (void)close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        (void)close(loop->wake_fd);
    sodium_memzero(loop->key, sizeof loop->key);
}
