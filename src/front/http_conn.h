/* http_conn.h - one connection, for the files of the HTTP door alone.
 *
 *   HANDSHAKE -> HEAD -> BODY -> RUN -> WAIT -> SEND -> HEAD ...
 *                  \______\_______________________^ \-> LINGER -> closed
 *
 * http_conn.c has a function for each state, http_loop.c the threads that call them. */
#ifndef FRONT_HTTP_CONN_H
#define FRONT_HTTP_CONN_H

#include "call/call.h"
#include "front/gate.h"
#include "front/http.h"
#include "front/http_tls.h"
#include "front/peers.h"
#include "front/proxies.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
    IN_BYTES = GATE_HEAD_MAX,
    DATE_TEXT_BYTES = 30, /* "Wed, 25 Nov 2026 09:00:00 GMT" */
    LOOP_KEY_BYTES = 32,
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_HEAD,
    CONN_BODY,
    CONN_RUN,
    CONN_WAIT,
    CONN_SEND,
    CONN_LINGER,
    CONN_STATES
};

/* Received and not taken yet. */
struct in_buffer {
    struct in_buffer *next; /* of the loop's spare ones */
    char bytes[IN_BYTES];
};

struct conn {
    struct conn *next, *before; /* of the loop */
    struct conn *in_inbox;      /* the next one that another thread has given to the loop */
    struct conn *waiting;       /* the next one that could go on without an event */
    struct loop *loop;
    int fd;
    enum conn_state state;
    struct tls_conn *tls;    /* NULL without TLS */
    int64_t deadline_ms;     /* of the state, by loop->now_ms */
    uint32_t peer_slot;      /* of http->peers; PEER_SLOTS = not counted */
    char peer[ADDRESS_TEXT]; /* the address at the other end */
    bool readable;           /* epoll said so, and nothing has said otherwise since */
    bool hung_up;            /* the other side has ended its half, or the whole */
    bool is_waiting;
    bool keep_alive;
    bool is_head; /* HEAD: the answer's body is not sent */
    bool is_http_1_0;

    struct in_buffer *in; /* NULL while nothing is in it */
    size_t in_start, in_end;
    struct gate_scan scan;

    struct call *call;
    uint8_t *body; /* by Content-Length, in the call's arena */
    size_t body_size, body_want;
    bool chunked;
    bool body_was_late; /* it had to be waited for */
    struct gate_chunks chunks;
    struct buf content; /* of a chunked body */

    struct iovec out[2]; /* what is left to be sent */
    size_t out_count;
    size_t discarded; /* bytes, while lingering */
};

struct loop {
    struct http *http;
    int epoll_fd, wake_fd;
    pthread_t thread;
    struct conn *conns;
    struct conn *waiting;
    _Atomic(struct conn *) inbox; /* new ones, and those whose call has ended on another thread */
    atomic_size_t
        count; /* of connections: the acceptor reads it, and counts a new one before handing it over */
    struct in_buffer *spare;
    size_t spare_count;
    int64_t now_ms; /* monotonic */
    int64_t swept_ms;
    uint8_t key[LOOP_KEY_BYTES]; /* of the random stream */
    int64_t date_s;
    char date[DATE_TEXT_BYTES];
    struct gate_head head; /* of the request that is being read */
};

struct http {
    const struct app *app;
    struct http_options options;
    int listen_fd, stop_fd;
    pthread_t acceptor;
    struct loop *loops;
    size_t loop_count, threads_started;
    bool acceptor_started;
    atomic_bool stopping;
    _Atomic int64_t grace_ends_ms;
    struct tls_server *tls;
    struct proxies *proxies;
    struct peers peers;
    char url[100];
};

/* http_conn.c. Goes on with a connection as far as it can; false = it is to be closed. */
bool conn_run(struct conn *conn);
/* Its call has come back, on the loop's thread. */
void conn_answered(struct conn *conn);
/* Its deadline has passed; false = close. */
bool conn_late(struct conn *conn);
/* The state to start in, and its deadline. */
void conn_start(struct conn *conn);
/* Ends and frees it. It must not be in CONN_WAIT: its call belongs to somebody else then. */
void conn_free(struct conn *conn);
/* Is nothing going on, as between two requests? */
bool conn_is_idle(const struct conn *conn);

/* http_answer.c: turns the reply of conn->call into conn->out; false without memory. */
bool answer_render(struct conn *conn);
/* http_request.c: makes the call of a head; ERR_MEMORY, or what is wrong with it. conn->call may be there
 * even so. */
enum err request_begin(struct conn *conn, const struct gate_head *head);
/* A call without a request, to be refused. */
enum err request_none(struct conn *conn);

/* http_loop.c */
bool loop_init(struct loop *loop, struct http *http);
void loop_done(struct loop *loop);
void *loop_main(void *arg);
void loop_wake(struct loop *loop);
/* On any thread. */
void loop_give(struct loop *loop, struct conn *conn);
void loop_answered(struct call *call, void *arg); /* for flow_start; arg is the connection */
/* On the loop's own. */
void loop_random(struct loop *loop, void *out, size_t size);
const char *loop_date(struct loop *loop, int64_t now_ms);
struct in_buffer *loop_buffer_take(struct loop *loop); /* NULL without memory */
void loop_buffer_give(struct loop *loop, struct in_buffer *buffer);

/* http_accept.c */
enum err listen_on(struct http *http, char message[static HTTP_MESSAGE]);
void *accept_main(void *arg);

#endif
