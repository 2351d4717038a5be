/* http_client.h - one synchronous HTTP request to another service.
 *
 * A client keeps a bounded number of handles, each with its own kept connection; any number of threads may
 * call, and who finds no free handle waits for one within the time of the request. Every request has
 * time-outs, the answer has a greatest size, redirects are not followed, certificates and names are verified,
 * and only http and https are spoken, without any proxy.
 *
 * A request is sent once and never again by itself: a connection that dies after the body has begun to leave
 * is an error with `sent` set, and whoever calls knows whether sending it again is harmless. */
#ifndef OUTSIDE_HTTP_CLIENT_H
#define OUTSIDE_HTTP_CLIENT_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_CLIENT_HEADERS_MAX = 24, HTTP_CLIENT_WHY = 240 };

struct http_client;

struct http_client_options {
    size_t connections_max;  /* 0 = 32 */
    int64_t connect_ms;      /* 0 = 2,000 */
    int64_t total_ms;        /* for a request that names no time; 0 = 10,000 */
    size_t answer_bytes_max; /* for a request that names no size; 0 = 1 MiB */
};

/* Loads what clients are made of (curl_library.h); the first of them does it too. ERR_OUTSIDE: it is not
 * there; *why is a sentence that says what to do. */
enum err http_client_start(const char **why);

/* NULL if there is no memory, or http_client_start() fails. */
struct http_client *http_client_new(const struct http_client_options *options);
/* Nobody may be calling. Takes NULL. */
void http_client_free(struct http_client *client);

struct http_header {
    const char *name, *value;
};

struct http_ask {
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *url;
    const struct http_header *headers;
    size_t header_count; /* at most HTTP_CLIENT_HEADERS_MAX */
    struct span body;    /* data NULL: none */
    int64_t total_ms;
    size_t answer_bytes_max;
};

/* Zeroed before its first use, then used any number of times, and given to http_answer_done() at the end. */
struct http_answer {
    int status; /* 0: none came */
    char *body; /* body_size bytes and a NUL; NULL if there never was one */
    size_t body_size;
    char *headers; /* "name: value" lines as they came; NULL if none came */
    size_t headers_size;
    bool sent;                                /* some of the request may have reached the other side */
    char why[HTTP_CLIENT_WHY];                /* after an error: what went wrong, for a log */
    size_t body_room, headers_room, body_max; /* its own */
    bool too_large, no_memory;                /* its own */
};

/* ERR_OK: a whole answer came, whatever its status. ERR_OUTSIDE_TIMEOUT, ERR_OUTSIDE: no whole answer came.
 * ERR_MEMORY. status is set whenever a status line came, so that a caller who needs no body can go by it. */
enum err http_client_send(struct http_client *client, const struct http_ask *ask, struct http_answer *answer);
void http_answer_done(struct http_answer *answer);
/* The value of the (first) header of that name, in any case; NULL if it is not there. *size: its length. */
const char *http_answer_header(const struct http_answer *answer, const char *name, size_t *size);

#endif
