/* http.h - the HTTP door: a socket, requests as calls through flow, answers back. HTTP/1.1 and 1.0, with or
 * without TLS.
 *
 * A few threads with epoll, one per core. A connection belongs to one of them for its life; a call that has
 * to wait (a write, a password hash) goes to other threads while its connection sleeps, and comes back to be
 * sent. What is malformed, too large or too slow is answered with its problem and the connection closed; see
 * gate.h for what is malformed. Why this is no library: docs/decisions/030-http-server.md. */
#ifndef FRONT_HTTP_H
#define FRONT_HTTP_H

#include "base/err.h"
#include "base/fields.h"
#include "call/app.h"

#include <stddef.h>
#include <stdint.h>

enum { HTTP_MESSAGE = 256 };

struct http_options {
    const char *bind; /* an address, or a name that has one */
    uint16_t port;    /* 0 takes a free one */
    size_t threads;   /* 0 = one per core */
    size_t connections_max;
    size_t per_address_max; /* connections of one address (IPv6: of one /64), loopback and trusted proxies
                               aside */
    int64_t head_limit_ms;  /* from the first byte of a request to the end of its head, however it drips */
    int64_t body_limit_ms;  /* the same for its body */
    int64_t idle_limit_ms;  /* between requests */
    int64_t send_limit_ms;  /* without the reader taking a byte */
    struct list trusted_proxies; /* of const char *: whose X-Forwarded-For counts */
    const char *tls_cert;        /* PEM files; NULL = no TLS */
    const char *tls_key;
};
#define HTTP_DEFAULTS                                                                                        \
    {                                                                                                        \
        .bind = "127.0.0.1", .port = 5000, .connections_max = 4096, .per_address_max = 256,                  \
        .head_limit_ms = 10000, .body_limit_ms = 30000, .idle_limit_ms = 60000, .send_limit_ms = 30000       \
    }

struct http;

/* Listens and starts the threads. ERR_SETTING with a message for the operator. */
enum err http_start(const struct app *app, const struct http_options *options, struct http **http,
                    char message[static HTTP_MESSAGE]);
const char *http_url(const struct http *http); /* "http://127.0.0.1:5000" */

/* Takes no new connections, ends idle ones, lets the requests that have begun be answered, cuts what is not
 * done after grace_ms, and frees. A call that is with the store or a pool is always waited for. Takes NULL.
 */
void http_stop(struct http *http, int64_t grace_ms);

#endif
