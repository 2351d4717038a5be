/* dynamo_engine.h - inside the dynamo engine: requests, what an attempt has read, the commit. */
#ifndef STORE_DYNAMO_DYNAMO_ENGINE_H
#define STORE_DYNAMO_DYNAMO_ENGINE_H

#include "base/buf.h"
#include "base/json.h"
#include "outside/aws_client.h"
#include "store/dynamo/dynamo.h"
#include "store/tx.h"

#include <pthread.h>

enum {
    ITEMS_MAX = 100,                         /* of a transaction, and of one BatchGetItem */
    TRANSACTION_BYTES_MAX = 4 * 1000 * 1000, /* AWS says 4 MB; keys, names and values count */
    ITEM_BYTES_MAX = 400 * 1024,
    TRIPS_IDLE_MAX = 64,
    NAME_BYTES_MAX = 255,
};

/* What one request needs; kept and used again. */
struct trip {
    struct trip *next;
    struct arena *scratch; /* of one request */
    struct arena *kept;    /* of one attempt */
    struct arena_mark scratch_mark, kept_mark;
    struct http_answer answer;
    int64_t deadline_us; /* of the job: no new request after it */
};

struct engine {
    char names[DYNAMO_TABLES][NAME_BYTES_MAX + 1];
    struct http_client *http;
    struct aws_keys *keys;
    struct aws_client client;
    struct keyring *keyring; /* the store's, once it is open: for keys that are named beforehand */
    bool *table_missing;     /* set if DynamoDB says so, while the store is being opened; NULL afterwards */

    pthread_mutex_t trips_lock;
    struct trip *trips;
    size_t trip_count;

    pthread_mutex_t queue_lock;
    pthread_cond_t queue_filled;
    struct store_job *first, *last;
    size_t queued, queue_max;
    bool stopping;
    pthread_t *threads;
    size_t thread_count;

    pthread_mutex_t health_lock;
    enum err health;
    int64_t health_us; /* when it was found */

    atomic_uint_fast64_t commits, commit_us_total, writes, failures, conflicts;
    atomic_uint_fast64_t round_trips, resent, items_read, bytes_sent, bytes_received;
};

/* ---- send.c ---- */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_CONFLICT, /* a condition did not hold, or another transaction was at work on the same items */
    OUTCOME_FAILED,   /* the error says why; it has been logged */
};

struct request {
    const char *operation; /* "GetItem" */
    struct span body;
    bool writes; /* the status alone says that it is done, even if the rest of the answer is lost */
    bool once;   /* no second try: for a look at the service's health */
    bool told;   /* errors are logged by the caller, who knows better what to say */
    /* The answer, beside that in the trip: */
    enum err err;
    bool repeated;            /* an earlier send of this request may have done its work */
    bool throttled;           /* OUTCOME_FAILED: the service had no room for it, to the last try */
    bool condition;           /* OUTCOME_CONFLICT: ConditionalCheckFailedException of a single item */
    char type[AWS_ERROR_MAX]; /* of the error */
};
/* Sends until there is a definite answer: what throttles, fails or gives no answer is tried again, with
 * back-off, some times. So the request has to be harmless when it is sent twice, or to look at `repeated`. */
enum outcome dynamo_send(struct engine *engine, struct trip *trip, struct request *request);
/* Sleeps for a random time of up to base_ms * 2^turn, capped. */
void dynamo_back_off(unsigned turn, unsigned base_ms);

/* ---- wire.c ---- */
/* The two halves of a stored key: neither is ever empty. They lie in the key, or in the room. */
struct split {
    struct span pk, sk;
};
struct split dynamo_split(struct stored_key key, struct stored_key_room *room);
/* The sk at which a range ends. */
struct span dynamo_end(const struct range *range, struct stored_key_room *room);
/* The table of DynamoDB that a key belongs to. */
enum dynamo_table dynamo_table_of(struct stored_key key);
void put_binary(struct buf *buf, const char *name, struct span bytes); /* "name":{"B":"..."} */
void put_number(struct buf *buf, const char *name, uint64_t number);   /* "name":{"N":"..."} */
void put_key(struct buf *buf, struct stored_key key);                  /* the members of a key */

struct item {
    struct stored_key key; /* size 0: the item came without; part_size 0: no key of ours */
    struct split halves;   /* as they came */
    uint64_t version;      /* 0: none came, or the item is not there */
    struct span sealed;    /* data NULL: none came */
};
/* Copies what an item holds into the arena. ERR_MEMORY; ERR_STORE: it is not one of ours. */
enum err item_read(const struct json *json, struct arena *arena, struct item *item);
enum err answer_parse(struct trip *trip, const struct json **json);
/* ver in the text of an answer, without parsing it; 0 if there is none. */
uint64_t answer_version(const struct http_answer *answer);

/* ---- view.c ---- */
struct seen {
    struct seen *next; /* of the same hash */
    struct seen *before;
    struct stored_key key;
    struct span sealed;
    uint64_t version; /* 0: there is no such record */
    uint64_t hash;
    bool got;     /* asked for by the function: it may have decided on it */
    bool written; /* the commit has an action for it */
};

enum { SEEN_BUCKETS = 256 };

struct dynamo_view {
    struct view view; /* first */
    struct engine *engine;
    struct trip *trip;
    struct seen *buckets[SEEN_BUCKETS];
    struct seen *newest;
    bool write;
    bool snapshot;   /* all that was got came with one TransactGetItems */
    bool walked;     /* somebody goes over everything and wants no one moment */
    bool committing; /* apply was called */
    bool conflict;   /* in apply */
};
extern const struct view_ops dynamo_view_ops;

void dynamo_view_begin(struct dynamo_view *view, struct engine *engine, struct trip *trip, bool write);
/* Fetches keys beforehand. write: by BatchGetItem, for the commit checks them; else as one snapshot. */
enum err dynamo_prefetch(struct dynamo_view *view, bool write, const struct stored_key *keys, size_t count);
/* Is what was got the state of one moment? *stale: no. */
enum err dynamo_validate(struct dynamo_view *view, bool *stale);
struct seen *dynamo_seen(struct dynamo_view *view, struct stored_key key);
/* A person's key is written once: one that was found needs no check. */
bool dynamo_needs_check(const struct seen *seen);

/* ---- commit.c ---- */
uint64_t dynamo_version_new(void);
enum err dynamo_apply(struct view *base, const struct write *writes, size_t count);

/* ---- fill.c ---- */
enum err dynamo_fill(struct engine *engine, const struct record *records, size_t count);

/* ---- dynamo.c ---- */
struct engine *dynamo_engine_new(const struct dynamo_options *options, char message[static 256], enum err *e);
void dynamo_engine_free(struct engine *engine);
struct trip *dynamo_trip_take(struct engine *engine);
void dynamo_trip_put(struct engine *engine, struct trip *trip);

#endif
