/* endpoint.h - a row says what an endpoint is; its function says how. The router, the check of who may call,
 * the check of input and the OpenAPI document all come from the rows of table.c. */
#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include "call/call.h"
#include "domain/terms.h"
#include "store/known.h"

#define ROLE_BIT(role) (1U << (role))
#define ROLES_ALL      (ROLE_BIT(ROLE_PATIENT) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define ROLES_STAFF    (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
/* No token needed. A good one counts requests by the user and not by the address; one that is not good does
 * no harm, unless ENDPOINT_CALLER says that it would. */
#define ROLES_PUBLIC 0U

enum endpoint_flag {
    ENDPOINT_WRITES = 1,     /* runs as a write transaction */
    ENDPOINT_CREATES = 2,    /* POST that creates: honours Idempotency-Key; answers 201 with Location */
    ENDPOINT_NO_STORE = 4,   /* handle gets tx == NULL */
    ENDPOINT_VERSIONED = 8,  /* one resource: ETag in the answer; If-Match honoured on PUT and DELETE */
    ENDPOINT_LIST = 16,      /* data is an array with next_cursor */
    ENDPOINT_UNLIMITED = 32, /* no rate limit: health, metrics */
    ENDPOINT_LOGIN = 64,     /* answers may carry members beside the envelope's: token */
    ENDPOINT_ANONYMOUS =
        128, /* public, and a token is not even looked at: an expired one must not stop a login */
    ENDPOINT_SECRETS = 256,  /* passwords or tokens in the body or in the answer: memory is wiped */
    ENDPOINT_UNLISTED = 512, /* a part of a page: not in the OpenAPI document */
    ENDPOINT_REMOTE = 1024,  /* its prepare step asks another provider of identity; there is none with the
                                built-in  one */
    ENDPOINT_CALLER = 2048,  /* public, but who asks changes the answer: a token that is not good is refused,
                              * lest somebody take the answer for theirs */
    ENDPOINT_PAGE = 4096,    /* answers with a page for people, too, if they would rather have that */
};

struct endpoint {
    const char *name; /* "appointment_create": also the file and the operationId */
    enum method method;
    const char *path; /* "/appointments/{appointment_id}" */
    unsigned
        roles; /* ROLE_BIT()s that may call it at all; relations are checked by policy_check in the handler */
    unsigned flags;
    const struct field_set *query; /* NULL: takes no query parameters */
    const struct field_set *body;  /* NULL: takes no body */
    enum fields_mode body_mode;
    const struct field_set
        *data; /* what `data` holds, or its elements; NULL = null or described by description */
    const char *content_type; /* of the answer, if it is not the JSON envelope */
    /* Slow work outside the transaction, on a pool's thread; may call store_run to read. NULL = none. */
    enum err (*prepare)(struct call *call);
    enum err (*handle)(struct call *call, struct tx *tx);
    /* Tells another provider of identity what has been stored, on a pool's thread, after the commit of a
     * write, even if call_refuse() ended it; not called with the built-in one. What it returns is the
     * answer's error, though the change is kept. NULL = there is nothing to tell. */
    enum err (*after)(struct call *call);
    /* Rules about the input that need the clock, the caller or the store: adds a problem for every one that
     * is broken, and writes nothing. flow asks for them when something else was refused, so that everything
     * that is wrong is named in one answer; then any member may be absent. What it returns does not count. A
     * handler checks the same rules itself. NULL = there are none beyond the tables. */
    enum err (*review)(struct call *call, struct tx *tx);
    /* Which records it will read, from the input alone; asked only if the store is on other machines. NULL =
     * not said. */
    void (*keys)(const struct call *call, struct known *known);
    const enum err
        *errors; /* its own, beside the general ones; ends with ERR_OK; NULL = none. For the document. */
    const char *tag, *summary, *description; /* OpenAPI */
    const char *body_example;                /* JSON text; NULL = made from the fields' examples */
};

extern const struct endpoint *const endpoints[];
extern const size_t endpoint_count;

#endif
