/* http_conn.c - what a connection does in each of its states. A step goes as far as it can without waiting:
 * STEP_ON means that there is a next one (the state may have changed), STEP_WAIT that epoll or another thread
 * has to say more.
 *
 * Deadlines are absolute: a sender who drips a byte now and then gains nothing. Between two requests a
 * connection holds no buffer and no call, so that open connections cost little. */
#include "front/http_conn.h"

#include "base/must.h"
#include "call/metrics.h"
#include "flow/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STEPS_MAX = 48,   /* in a row, before others have their turn */
    LINGER_MS = 2000, /* for the other side to read a refusal before the connection is cut */
    DISCARDED_MAX = 4 * 1024 * 1024,
};

enum step { STEP_ON, STEP_WAIT, STEP_CLOSE };

enum {
    IO_END = 0,
    IO_WAIT = -1,
    IO_BROKEN = -2
}; /* else a number of bytes; the same as those of http_tls.h */

static void count(const struct conn *conn, enum metrics_counter counter)
{
    struct metrics *metrics = conn->loop->http->app->metrics;
    if (metrics)
        metrics_counter_add(metrics, counter, 1);
}

static void count_in_flight(const struct conn *conn, int64_t change)
{
    struct metrics *metrics = conn->loop->http->app->metrics;
    if (metrics)
        metrics_gauge_add(metrics, METRICS_IN_FLIGHT, change);
}

/* ---- bytes in and out ---- */

static ssize_t io_read(struct conn *conn, void *bytes, size_t size)
{
    if (conn->tls)
        return tls_read(conn->tls, bytes, size);
    if (!conn->readable && !conn->hung_up)
        return IO_WAIT;
    ssize_t got = TEMP_FAILURE_RETRY(recv(conn->fd, bytes, size, 0));
    if (got > 0) {
        conn->readable = (size_t)got == size; /* less: the socket is empty, and more to come is a new event */
        return got;
    }
    if (got == 0)
        return IO_END;
    conn->readable = false;
    return errno == EAGAIN ? IO_WAIT : IO_BROKEN;
}

static ssize_t io_write(struct conn *conn)
{
    if (conn->tls)
        return tls_write(conn->tls, conn->out[0].iov_base, conn->out[0].iov_len);
    struct msghdr message = {.msg_iov = conn->out, .msg_iovlen = conn->out_count};
    ssize_t sent = TEMP_FAILURE_RETRY(sendmsg(conn->fd, &message, MSG_NOSIGNAL));
    if (sent >= 0)
        return sent;
    return errno == EAGAIN ? IO_WAIT : IO_BROKEN;
}

static size_t in_size(const struct conn *conn)
{
    return conn->in_end - conn->in_start;
}

static void in_drop(struct conn *conn)
{
    if (conn->in)
        loop_buffer_give(conn->loop, conn->in);
    conn->in = NULL;
    conn->in_start = conn->in_end = 0;
    conn->scan = (struct gate_scan){0};
}

/* Receives more into the buffer, which has room: a full one is either a whole head or one that is refused. */
static ssize_t in_fill(struct conn *conn)
{
    if (!conn->in)
        conn->in = loop_buffer_take(conn->loop);
    if (!conn->in)
        return IO_BROKEN;
    if (conn->in_start > 0) {
        memmove(conn->in->bytes, conn->in->bytes + conn->in_start, in_size(conn));
        conn->in_end -= conn->in_start;
        conn->in_start = 0;
    }
    must(conn->in_end < IN_BYTES);
    ssize_t got = io_read(conn, conn->in->bytes + conn->in_end, IN_BYTES - conn->in_end);
    if (got > 0)
        conn->in_end += (size_t)got;
    else if (conn->in_end == 0)
        in_drop(conn);
    return got;
}

/* What reading that gave nothing leads to. */
static enum step after_nothing(ssize_t got)
{
    return got == IO_WAIT ? STEP_WAIT : STEP_CLOSE;
}

static void state_set(struct conn *conn, enum conn_state state, int64_t limit_ms)
{
    conn->state = state;
    conn->deadline_ms = limit_ms == INT64_MAX ? INT64_MAX : conn->loop->now_ms + limit_ms;
}

/* ---- refusing ---- */

/* Answers with the problem and closes: where one request ends is not known any more, or it will not be read.
 */
static enum step refuse(struct conn *conn, enum err e, const char *why)
{
    if (!conn->call && request_none(conn) != ERR_OK && !conn->call)
        return STEP_CLOSE;
    conn->keep_alive = false;
    conn->call->detail = why;
    in_drop(conn);
    flow_refuse(conn->call, e);
    conn->out_count = 0;
    state_set(conn, CONN_SEND, conn->loop->http->options.send_limit_ms);
    return STEP_ON;
}

/* ---- the states ---- */

static enum step step_handshake(struct conn *conn)
{
    ssize_t done = tls_handshake(conn->tls);

    if (done <= 0)
        return done == IO_WAIT ? STEP_WAIT : STEP_CLOSE;
    state_set(conn, CONN_HEAD, conn->loop->http->options.head_limit_ms);
    return STEP_ON;
}

static void go_on_sign(struct conn *conn)
{
    static const char sign[] = "HTTP/1.1 100 Continue\r\n\r\n";

    /* A fresh socket buffer takes these few bytes; a client that gets none of them sends its body after a
     * while. */
    conn->out[0] = (struct iovec){(void *)(uintptr_t)sign, sizeof sign - 1};
    conn->out_count = 1;
    ssize_t sent = io_write(conn);
    conn->hung_up = conn->hung_up || (sent != IO_WAIT && sent != (ssize_t)sizeof sign - 1);
    conn->out_count = 0;
}

static enum step head_take(struct conn *conn)
{
    const struct gate_head *head = &conn->loop->head;
    enum err e = request_begin(conn, head);

    conn->in_start += head->size;
    conn->scan = (struct gate_scan){0};
    if (e)
        return refuse(conn, e, NULL);
    if (!conn->chunked && conn->body_want == 0) {
        state_set(conn, CONN_RUN, INT64_MAX);
        return STEP_ON;
    }
    if (head->expects_continue && !head->http_1_0 && in_size(conn) == 0)
        go_on_sign(conn);
    state_set(conn, CONN_BODY, conn->loop->http->options.body_limit_ms);
    return STEP_ON;
}

static enum step step_head(struct conn *conn)
{
    struct loop *loop = conn->loop;

    for (;;) {
        if (in_size(conn) > 0) {
            const char *why;
            enum err e =
                gate_read(&conn->scan, conn->in->bytes + conn->in_start, in_size(conn), &loop->head, &why);
            if (e)
                return refuse(conn, e, why);
            if (loop->head.size > 0)
                return head_take(conn);
        }
        bool first = in_size(conn) == 0;
        ssize_t got = in_fill(conn);
        if (got <= 0)
            return after_nothing(got);
        if (first)
            conn->deadline_ms = loop->now_ms + loop->http->options.head_limit_ms;
    }
}

/* From the buffer to the body; false if it is malformed or too large. */
static enum err body_take(struct conn *conn, const char **why)
{
    const char *bytes = conn->in->bytes + conn->in_start;
    size_t used = in_size(conn);

    if (!conn->chunked) {
        size_t left = conn->body_want - conn->body_size;
        used = used < left ? used : left;
        memcpy(conn->body + conn->body_size, bytes, used);
        conn->body_size += used;
    } else {
        struct span data;
        enum err e = gate_chunks_take(&conn->chunks, bytes, used, &used, &data, why);
        if (e)
            return e;
        if (data.size > CALL_BODY_MAX - conn->content.size)
            return ERR_TOO_LARGE;
        buf_add(&conn->content, data.data, data.size);
        if (!buf_ok(&conn->content))
            return ERR_MEMORY;
    }
    conn->in_start += used;
    return ERR_OK;
}

static bool body_is_whole(const struct conn *conn)
{
    return conn->chunked ? conn->chunks.done : conn->body_size == conn->body_want;
}

/* A body by Content-Length is received where it will be read, past the buffer. */
static ssize_t body_receive(struct conn *conn)
{
    conn->body_was_late = true;
    if (conn->chunked)
        return in_fill(conn);
    ssize_t got = io_read(conn, conn->body + conn->body_size, conn->body_want - conn->body_size);
    if (got > 0)
        conn->body_size += (size_t)got;
    return got;
}

static enum step step_body(struct conn *conn)
{
    for (;;) {
        while (in_size(conn) > 0 && !body_is_whole(conn)) {
            const char *why = NULL;
            enum err e = body_take(conn, &why);
            if (e)
                return refuse(conn, e, why);
        }
        if (body_is_whole(conn)) {
            state_set(conn, CONN_RUN, INT64_MAX);
            return STEP_ON;
        }
        ssize_t got = body_receive(conn);
        if (got <= 0)
            return after_nothing(got);
    }
}

static enum step step_run(struct conn *conn)
{
    struct call *call = conn->call;

    call->request.body =
        conn->chunked ? buf_span(&conn->content) : (struct span){conn->body, conn->body_size};
    if (conn->body_was_late) { /* the call begins now, not when its head came */
        call->now_ms = call->app->clock();
        call->started_us = clock_monotonic_us();
    }
    if (in_size(conn) == 0)
        in_drop(conn);
    conn->out_count = 0;
    state_set(conn, CONN_WAIT, INT64_MAX);
    count_in_flight(conn, 1);
    flow_start(call, loop_answered, conn);
    return conn->state == CONN_WAIT ? STEP_WAIT : STEP_ON;
}

void conn_answered(struct conn *conn)
{
    count_in_flight(conn, -1);
    conn->state = CONN_SEND;
}

/* The loop goes on with it once the call is answered. */
static enum step step_wait(struct conn *conn)
{
    (void)conn;
    return STEP_WAIT;
}

static void out_advance(struct conn *conn, size_t sent)
{
    while (conn->out_count > 0 && sent >= conn->out[0].iov_len) {
        sent -= conn->out[0].iov_len;
        conn->out[0] = conn->out[1];
        conn->out_count--;
    }
    if (conn->out_count > 0) {
        conn->out[0].iov_base = (char *)conn->out[0].iov_base + sent;
        conn->out[0].iov_len -= sent;
    }
}

static enum step after_answer(struct conn *conn)
{
    const struct http_options *options = &conn->loop->http->options;

    call_free(conn->call);
    conn->call = NULL;
    if (conn->keep_alive) {
        state_set(conn, CONN_HEAD, in_size(conn) > 0 ? options->head_limit_ms : options->idle_limit_ms);
        return STEP_ON;
    }
    if (conn->tls)
        tls_end(conn->tls);
    (void)shutdown(conn->fd, SHUT_WR);
    in_drop(conn);
    conn->discarded = 0;
    state_set(conn, CONN_LINGER, LINGER_MS);
    return STEP_ON;
}

static enum step step_send(struct conn *conn)
{
    struct loop *loop = conn->loop;

    if (conn->out_count == 0) {
        if (atomic_load_explicit(&loop->http->stopping, memory_order_relaxed))
            conn->keep_alive = false;
        if (!answer_render(conn))
            return STEP_CLOSE;
        conn->deadline_ms = loop->now_ms + loop->http->options.send_limit_ms;
    }
    while (conn->out_count > 0) {
        ssize_t sent = io_write(conn);
        if (sent == IO_WAIT)
            return STEP_WAIT;
        if (sent < 0) {
            count(conn, METRICS_LOST);
            return STEP_CLOSE;
        }
        out_advance(conn, (size_t)sent);
        conn->deadline_ms = loop->now_ms + loop->http->options.send_limit_ms;
    }
    return after_answer(conn);
}

/* Closing a socket with unread bytes in it sends a reset, which can destroy the answer before it is read. So
 * what still comes is thrown away until the other side closes too. */
static enum step step_linger(struct conn *conn)
{
    char bytes[4096];
    ssize_t got;

    while ((got = TEMP_FAILURE_RETRY(recv(conn->fd, bytes, sizeof bytes, 0))) > 0) {
        conn->discarded += (size_t)got;
        if (conn->discarded > DISCARDED_MAX)
            return STEP_CLOSE;
    }
    return got < 0 && errno == EAGAIN ? STEP_WAIT : STEP_CLOSE;
}

static enum step (*const steps[CONN_STATES])(struct conn *conn) = {
    [CONN_HANDSHAKE] = step_handshake, [CONN_HEAD] = step_head,
    [CONN_BODY] = step_body,           [CONN_RUN] = step_run,
    [CONN_WAIT] = step_wait,           [CONN_SEND] = step_send,
    [CONN_LINGER] = step_linger,
};

static void waiting_add(struct conn *conn)
{
    if (conn->is_waiting)
        return;
    conn->is_waiting = true;
    conn->waiting = conn->loop->waiting;
    conn->loop->waiting = conn;
}

static void waiting_remove(struct conn *conn)
{
    struct conn **at = &conn->loop->waiting;

    if (!conn->is_waiting)
        return;
    while (*at != conn)
        at = &(*at)->waiting;
    *at = conn->waiting;
    conn->is_waiting = false;
}

bool conn_run(struct conn *conn)
{
    enum step step = STEP_ON;

    for (int i = 0; i < STEPS_MAX && step == STEP_ON; i++)
        step = steps[conn->state](conn);
    if (step == STEP_ON)
        waiting_add(conn);
    return step != STEP_CLOSE;
}

bool conn_late(struct conn *conn)
{
    bool may_answer = (conn->state == CONN_HEAD && in_size(conn) > 0) || conn->state == CONN_BODY;

    if (!conn_is_idle(conn) && conn->state != CONN_LINGER)
        count(conn, METRICS_TIMED_OUT);
    return may_answer && refuse(conn, ERR_TIMEOUT, NULL) == STEP_ON && conn_run(conn);
}

bool conn_is_idle(const struct conn *conn)
{
    return conn->state == CONN_HEAD && in_size(conn) == 0;
}

void conn_start(struct conn *conn)
{
    state_set(conn, conn->tls ? CONN_HANDSHAKE : CONN_HEAD, conn->loop->http->options.head_limit_ms);
}

void conn_free(struct conn *conn)
{
    must(conn->state != CONN_WAIT);
    waiting_remove(conn);
    if (conn->call)
        call_free(conn->call);
    in_drop(conn);
    tls_conn_free(conn->tls);
    (void)close(conn->fd);
    free(conn);
}
