/* call.h - what a request is. The doors (front) fill `request`; flow fills the rest on the way down; a
 * handler reads it and writes `reply`. Everything lives in the call's arena, and a call is worked on by one
 * thread at a time. */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fields.h"
#include "base/json.h"
#include "base/problems.h"
#include "base/span.h"
#include "call/app.h"
#include "store/rec_user.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CALL_ARENA_BYTES = 16 * 1024 * 1024,
    CALL_BODY_MAX = 256 * 1024,
    CALL_TARGET_MAX = 8000,
    PATH_PARAMS_MAX = 3,
    QUERY_PARAMS_MAX = 50,
    REPLY_HEADERS_MAX = 16,
    REQUEST_ID_MAX = 64,
    SEED_BYTES = 32,
    PAGE_LIMIT_DEFAULT = 50,
    PAGE_LIMIT_MAX = 200,
};

enum method {
    METHOD_OTHER,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_PATCH
};

/* "GET"; "" for METHOD_OTHER. Case counts. */
const char *method_name(enum method method);
enum method method_of(const char *name, size_t size);

struct header {
    const char *name;
    const char *value;
};

struct request {
    enum method method;
    const char *path;  /* still percent-encoded, without the query */
    const char *query; /* still percent-encoded, without the '?'; "" if there is none */
    const struct header *headers;
    size_t header_count;
    struct span body;
    const char *address; /* of the client, after TRUSTED_PROXIES; text form */
};

struct reply {
    int status;
    struct header headers[REPLY_HEADERS_MAX];
    size_t header_count;
    const char *content_type;
    struct buf body;
    struct span fixed; /* instead of body: bytes that outlive the call (assets) */
    struct json_writer writer;
    const char *message;
    const char *next_cursor;
    const char *token; /* a member beside `data`: the access token of a login */
};

struct caller {
    const char *user_id;           /* NULL: nobody is logged in */
    const char *family_id;         /* of the refresh token that the access token came from */
    const char *subject, *session; /* the same two as the token has them: another provider's own ids */
    enum role token_role;          /* as the token says: good for reading input, not for deciding */
    int64_t token_issued_at;       /* ms */
    const struct user *user;       /* loaded in the transaction; its role decides */
};

struct endpoint;

enum { ALLOW_TEXT = 64 };

struct call {
    const struct app *app;
    struct arena *arena;
    struct request request;
    int64_t now_ms;
    int64_t started_us;       /* monotonic */
    uint8_t seed[SEED_BYTES]; /* from the door; all randomness of a call comes from it */
    uint64_t drawn;           /* how much was drawn; reset at every run of the transaction */
    char request_id[REQUEST_ID_MAX + 1];

    const struct endpoint *endpoint;
    char allow[ALLOW_TEXT];                   /* methods that the path takes, for the Allow header */
    const char *path_params[PATH_PARAMS_MAX]; /* percent-decoded, in the order of the path's template */
    struct caller caller;
    const char *counted_as; /* the user of a good token, whose requests are limited; NULL: the address */
    struct param *params;   /* of the query, decoded */
    size_t param_count;
    const struct json *json; /* the body as a tree; PUT handlers merge it onto what they load */
    void *query;             /* struct of endpoint->query */
    void *body;              /* struct of endpoint->body */
    void *prepared;          /* of endpoint->prepare */
    const char *if_match;    /* the If-Match header of a versioned endpoint; NULL: none */
    const char *idempotency_key;

    struct problems problems;
    enum err verdict;         /* of call_refuse; ERR_OK = none */
    const char *detail;       /* says more than the error's own text; NULL = that text */
    struct buf problem_extra; /* further members of the problem: `, "alternatives": [...]` */
    int64_t retry_after_s;
    struct reply reply;
};

/* A call of that program in an arena of its own, or NULL without memory. The door fills request, seed and
 * request_id; now_ms and started_us are taken here. */
struct call *call_new(const struct app *app);
void call_free(
    struct call *call); /* takes NULL; wipes nothing but the seed: secrets are wiped by who makes them */

/* Deterministic in (seed, drawn): a transaction that runs again draws the same. */
void call_random(struct call *call, void *out, size_t size);
/* A new UUIDv7 in the arena; NULL without memory. */
const char *call_new_id(struct call *call);

/* The value of a header of the request (name in any case), or NULL. */
const char *call_header(const struct call *call, const char *name);

/* ERR_PRECONDITION if If-Match was sent and is not this version. */
enum err call_check_version(const struct call *call, int64_t version);

/* Fails with a detail of its own (copied); returns err, so that it ends a handler. */
enum err call_fail(struct call *call, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends a handler whose transaction is kept although the answer is an error: a failed login was counted, a
 * stolen token's family was revoked. Gives ERR_OK. */
enum err call_refuse(struct call *call, enum err err);
/* Adds one problem and gives ERR_INVALID (or ERR_MEMORY): for a rule that needs the store. */
enum err call_problem(struct call *call, const char *pointer, enum err err, const char *message);
/* Of two rules that were both looked at: ERR_INVALID if one is broken, so that every mistake is named;
 * anything else goes before. */
enum err call_also(enum err first, enum err second);

enum fields_by call_by(const struct call *call); /* for fields_read: by the caller's role */
bool call_is_role(const struct call *call, enum role role);

#endif
