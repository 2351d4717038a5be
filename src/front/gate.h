/* gate.h - HTTP/1.1 messages (RFC 9112), read as strictly as the RFC allows, on the bytes as they came.
 *
 * Where two readers of one request may disagree on where it ends, somebody can hide a second request in it
 * (request smuggling), so whatever has two readings is refused and never repaired: more than one
 * Content-Length, Transfer-Encoding or Host, both framings at once, any transfer coding but chunked, a
 * Content-Length that is not plain digits, a bare CR or LF, NUL and other control characters, a blank in or
 * behind a field's name, a folded line, HTTP/1.1 without Host. After a refusal the connection is of no more
 * use: its bytes have no agreed meaning.
 *
 * Nothing here allocates, keeps state of its own or does I/O; pieces point into the caller's bytes. */
#ifndef FRONT_GATE_H
#define FRONT_GATE_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GATE_HEAD_MAX = 16 * 1024, /* request line, fields and the empty line */
    GATE_TARGET_MAX = 8000,
    GATE_METHOD_MAX = 32,
    GATE_FIELDS_MAX = 64,
    GATE_EMPTY_MAX = 4,          /* lines before a request */
    GATE_CHUNK_EXTRA_MAX = 4096, /* chunk extensions and trailers of one request */
};

struct gate_piece {
    const char *at;
    size_t size;
};

struct gate_field {
    struct gate_piece name;
    struct gate_piece value; /* without the blanks around it */
};

struct gate_head {
    size_t size; /* bytes of the whole head; 0 = it is not all there yet */
    struct gate_piece method;
    struct gate_piece
        path; /* as sent; at is NULL for an absolute target without a path; "*" for OPTIONS alone */
    struct gate_piece query; /* behind the '?'; at is NULL if there is none */
    uint64_t body_bytes;     /* Content-Length; 0 without one */
    bool chunked;
    bool http_1_0;
    bool asks_close, asks_keep; /* Connection */
    bool keep_alive;            /* what follows from these three */
    bool expects_continue;
    size_t field_count;
    struct gate_field fields[GATE_FIELDS_MAX]; /* last, for they are not cleared */
};

/* How far the bytes were looked at, so that a head that comes in pieces is not read again from its start.
 * Zero at first. */
struct gate_scan {
    size_t looked;
    size_t line;  /* start of the line that is looked at */
    size_t lines; /* ended before it */
    size_t empty; /* lines before the request */
};

/* Reads a head at the start of bytes. ERR_OK with head->size 0: more is needed. Else ERR_BAD_REQUEST,
 * ERR_HTTP_VERSION, ERR_URI_TOO_LONG or ERR_HEADERS_TOO_LARGE, with a sentence for the sender in *why. What
 * is already wrong is refused at once, before the rest has come. A few empty lines before the request are let
 * pass (section 2.2). */
enum err gate_read(struct gate_scan *scan, const char *bytes, size_t size, struct gate_head *head,
                   const char **why);

/* The value of the first field of that name (in any case); at is NULL if there is none. */
struct gate_piece gate_field(const struct gate_head *head, const char *name);

/* A chunked body (section 7.1). Zero at first. */
struct gate_chunks {
    int state;
    unsigned digits; /* of the size */
    size_t left;     /* of the chunk */
    unsigned extra;  /* bytes of extensions and trailers so far */
    bool done;       /* the last chunk and its trailers have come */
};

/* Takes some of the bytes: *used of them, of which *data is content. Call it again while something is left
 * and it is not done. ERR_BAD_REQUEST with *why. */
enum err gate_chunks_take(struct gate_chunks *chunks, const char *bytes, size_t size, size_t *used,
                          struct span *data, const char **why);

#endif
