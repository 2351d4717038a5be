/* store.h - what may be asked of storage: transactions over an ordered key-value store.
 *
 * A table has records; a key is a partition (part) and a sort text; a value is bytes. store_run() runs a
 * function in one serialisable transaction. The function MAY RUN MORE THAN ONCE, so it does nothing but read,
 * decide, write: no clock, no mail, no log, no randomness of its own. What it writes is seen by its own later
 * gets. A scan sees the state before the transaction; scanning a partition that the same transaction has
 * written is a mistake of ours (must). No rule may depend on a range being empty: every invariant hangs on
 * one record that every contender gets (design.md section 2).
 *
 * Every value is sealed (XChaCha20-Poly1305) with table, part and sort as associated data: under the key of
 * the person it is about if one is named, else under the store's own key. Tables marked BLIND carry a keyed
 * hash in place of the part, so that nothing on disk says who it is about.
 *
 * Nothing is acknowledged before it is durable. Errors: ERR_NOT_FOUND (get), ERR_DAMAGED (a value that does
 * not open or decode: only this record fails), ERR_STORE, ERR_STORE_FULL, ERR_BUSY (queue full, or too many
 * conflicts), ERR_MEMORY. After any error nothing of the transaction is kept. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Name, and whether the part is blinded. The order is the on-disk number: append only. */
#define STORE_TABLES(ROW)                                                                                    \
    ROW(META, meta, false)                   /* part: what; sort: "" */                                      \
    ROW(PERSON_KEY, person_key, true)        /* part: person id; sort "" (made by the store itself) */       \
    ROW(PRACTICE, practice, false)           /* part: practice id */                                         \
    ROW(PRACTICE_LIST, practice_list, false) /* part: "all"; sort: practice id; small copy for lists */      \
    ROW(PRACTICE_ODS, practice_ods, false)   /* part: ODS code -> practice id */                             \
    ROW(SESSION, session, false)             /* part: practice id; sort: session id */                       \
    ROW(PRACTITIONER, practitioner, false)   /* part: practice id; sort: practitioner id */                  \
    ROW(DAY, day, true)                      /* part: practice id; sort: YYYY-MM-DD */                       \
    ROW(PATIENT, patient, true)              /* part: patient id */                                          \
    ROW(PATIENT_NHS, patient_nhs, true)      /* part: verified NHS number -> patient id */                   \
    ROW(PATIENT_SURNAME, patient_surname,                                                                    \
        true)                            /* part: practice id / surname prefix; sort: hash of patient id */  \
    ROW(RELATION, relation, true)        /* part: patient id; sort: practice id: a relationship */           \
    ROW(AGENDA, agenda, true)            /* part: patient id: live appointments */                           \
    ROW(APPOINTMENT, appointment, false) /* part: appointment id */                                          \
    ROW(APPOINTMENT_BY_PATIENT, appointment_by_patient,                                                      \
        true) /* part: patient id; sort: start, appointment id */                                            \
    ROW(APPOINTMENT_BY_PRACTICE, appointment_by_practice,                                                    \
        true) /* part: practice id; sort: start, appointment id */                                           \
    ROW(APPOINTMENT_REFERENCE, appointment_reference, true) /* part: reference -> appointment id */          \
    ROW(HOLD, hold, false)                                  /* part: "all"; sort: expiry, appointment id */  \
    ROW(USAGE, usage, true)                                 /* part: patient id; sort: practice id */        \
    ROW(USAGE_BY_PRACTICE, usage_by_practice, true)         /* part: practice id; sort: YYYY-MM-DD */        \
    ROW(USER, user, true)                                   /* part: user id */                              \
    ROW(USER_EMAIL, user_email, true)                       /* part: login form of the e-mail -> user id */  \
    ROW(USER_LIST, user_list, false)                        /* part: role (staff, admin); sort: user id */   \
    ROW(TOKEN_FAMILY, token_family, true)                   /* part: family id: refresh token rotation */    \
    ROW(LOCKOUT, lockout, true)                             /* part: "account/..." or "address/..." */       \
    ROW(IDEMPOTENCY, idempotency, true)                     /* part: user id; sort: hash of the key */       \
    ROW(BANK_HOLIDAY, bank_holiday, false)                  /* part: "all": imported corrections */          \
    ROW(POSTCODE, postcode, false)                          /* part: postcode -> position */                 \
    ROW(OUTBOX, outbox, false)    /* part: "all"; sort: time, id: messages to send */                        \
    ROW(EXPIRY, expiry, false)    /* part: "all"; sort: time, what: records to delete when due */            \
    ROW(PROXY, proxy, true)       /* part: patient id; sort: hash of the id of who acts for them */          \
    ROW(PROXY_OF, proxy_of, true) /* part: id of who acts; sort: hash of patient id */                       \
    ROW(USER_SUBJECT, user_subject,                                                                          \
        true) /* part: whom another provider knows -> user id, where they differ */

enum table {
#define STORE_TABLE_ENUM(upper, lower, blind) TABLE_##upper,
    STORE_TABLES(STORE_TABLE_ENUM)
#undef STORE_TABLE_ENUM
        TABLE_COUNT
};

enum { KEY_PART_MAX = 200, KEY_SORT_MAX = 200, VALUE_BYTES_MAX = 380 * 1024 }; /* DynamoDB's item is 400 KB */
/* The part of a blinded table may be longer, since only its hash is kept. Writes that one transaction may
 * hold. */
enum { KEY_BLIND_PART_MAX = 1024, TX_WRITES_MAX = 4096, EXPECT_MAX = 100 };

struct key {
    enum table table;
    const char *part; /* 1 to KEY_PART_MAX bytes, NUL-terminated; longer ones are ERR_NOT_FOUND on get,
                         refused on put */
    const char *sort; /* 0 to KEY_SORT_MAX bytes; NULL is "" */
};

struct store;
struct tx;

typedef enum err tx_fn(struct tx *tx, void *arg);

/* What a transaction will do, as far as the input tells. A remote engine fetches the keys in one batch; the
 * embedded one looks at them on the thread that submits a write, so that the writer finds them in memory. */
struct access {
    bool write;
    const struct key *keys;
    size_t count;
    bool loose; /* a read that wants no one moment, for whoever goes over everything */
};

/* Runs fn and waits for its end: of the sync to disk, for a write. Any thread but the writer's own. */
enum err store_run(struct store *store, const struct access *access, struct arena *arena, tx_fn *fn,
                   void *arg);

/* The same for a write, without waiting: done(arg, err) is called once, on a thread of the store, after the
 * sync. fn runs on the writer's thread. ERR_BUSY at once if the queue is full (done is then not called). The
 * job is the caller's and stays alive until done. */
struct store_job {
    struct access access;
    struct arena *arena; /* used by nobody else until done */
    tx_fn *fn;
    void *arg;
    void (*done)(struct store_job *job, enum err err);
    struct store_job *next; /* the store's own */
    enum err err;           /* the store's own */
    struct store *store;    /* the store's own */
    struct arena_mark mark; /* the store's own */
};
enum err store_submit(struct store *store, struct store_job *job);
/* Does a read wait for a network? Then a thread that serves many submits its reads too: jobs with
 * access.write false, which only such a store takes. */
bool store_is_remote(const struct store *store);

/* Inside a transaction. Values live in the transaction's arena. */
struct arena *tx_arena(struct tx *tx);
enum err tx_get(struct tx *tx, const struct key *key, struct span *value);
/* Which writing of the record is this? A value that is written anew has another nonce, even if it is the
 * same. */
struct stamp {
    uint8_t nonce[24];
};
/* What tx_get would be given, without opening it: ERR_NOT_FOUND if there is no record. Only for a transaction
 * that reads. */
enum err tx_stamp(struct tx *tx, const struct key *key, struct stamp *stamp);
bool tx_reads(const struct tx *tx);
/* Is there no such record? ERR_NOT_FOUND or ERR_OK, or what tx_get gives. For what is almost never there (a
 * new random name): a remote engine takes it to be absent without asking, and runs the function again if not.
 */
enum err tx_suppose(struct tx *tx, const struct key *key);
/* Tells that these will be asked for, so that a remote engine fetches them with one request, and the keys of
 * the people in them. More than EXPECT_MAX: those beyond are fetched one by one. Errors show when they are
 * asked for. */
void tx_expect(struct tx *tx, const struct key *keys, size_t count);
/* person: id of the person the value is about (its key is made at first use), or NULL for the store's key. */
enum err tx_put(struct tx *tx, const struct key *key, const char *person, struct span value);
enum err tx_delete(struct tx *tx, const struct key *key); /* absent is fine */

/* A keyed permutation of the numbers below 2^40 (sec/permute.h), the same one all through a store's life. */
uint64_t tx_permute(struct tx *tx, uint64_t number);

/* from and until have the form that the table's sorts have, or are NULL: the scan is empty otherwise. */
struct scan {
    enum table table;
    const char *part;
    const char *from;  /* first sort, included; NULL = from the start */
    const char *until; /* last sort, excluded; NULL = to the end */
    bool backwards;    /* from the end towards the start */
    size_t limit;      /* rows at most, 1 to SCAN_MAX */
    bool with_damaged; /* a row that does not open comes with err set and no value; otherwise it fails the
                          scan */
};
enum { SCAN_MAX = 10000 };

struct row {
    const char *sort;
    struct span value;
    enum err err; /* ERR_OK; ERR_DAMAGED only if the scan asked for such rows */
};
/* *more: there was at least one row beyond the limit. */
enum err tx_scan(struct tx *tx, const struct scan *scan, struct row **rows, size_t *count, bool *more);

/* Keyed hash (BLAKE2b, the store's index key) for whatever must be recognised but not read: 32 hex digits. */
void store_blind(const struct store *store, const char *domain, const char *text, char out[static 33]);
/* The same inside a transaction: a sort that stands for a person's id, where no order is asked for. The id
 * itself is then in the value. */
enum err tx_blind_id(struct tx *tx, const char *person, const char **sort);
/* Seals small things that leave the store (cursors) under the store's key; associated text binds the use.
 * Base64url. */
enum err store_seal_token(const struct store *store, struct arena *arena, const char *use, struct span plain,
                          const char **token);
enum err store_open_token(const struct store *store, struct arena *arena, const char *use, const char *token,
                          struct span *plain); /* ERR_CURSOR */

/* Sort texts that order like the numbers: 16 hex digits. */
enum { SORT_INSTANT = 17 };
void sort_instant(char out[static SORT_INSTANT], int64_t ms);

/* ---- opening (main, and tests) ---- */
struct store_options {
    const char *dir;      /* lmdb: folder, made if absent */
    const char *key_file; /* NULL: dir with ".key" behind it; made with mode 0600 on the first start only */
    const char *key_hex;  /* the master key itself (64 hex digits, MASTER_KEY); NULL = use the file */
    bool exclusive; /* serve: take the lock that a second server fails on (ERR_STORE_LOCKED); others do not */
    bool must_exist;       /* do not make a new store */
    bool key_must_exist;   /* do not make a key file, not even for a new store: other servers need the same */
    size_t queue_max;      /* waiting writers; 0 = 4096 */
    size_t map_bytes;      /* lmdb: address space; 0 = 64 GiB */
    struct store *copy_of; /* store/copy.h: takes over this store's keys; it has to be empty, or what an
                              unfinished copy of that store has left */
    const char *crash_at;  /* crash tests only: where to die (store/crash.h); NULL = nowhere */
};
enum err store_open_lmdb(const struct store_options *options, struct store **store, char message[static 256]);
/* mem: see store/mem/mem.h for conflicts, failures and power loss on demand. */
void store_close(struct store *store); /* finishes what waits; takes NULL */

/* For /ready, /metrics and verify. */
struct store_stats {
    uint64_t commits, commit_us_total, writes, conflicts, queued, failures;
    uint64_t batch_max;
    uint64_t bytes_used;
    /* Of a remote engine: requests, those of them that were sent again, what they brought and took. */
    uint64_t round_trips, resent, items_read, bytes_sent, bytes_received;
};
void store_stats(struct store *store, struct store_stats *stats);
/* Is the store able to write? ERR_OK, or why not. */
enum err store_health(struct store *store);
/* Opens every record of every table, in the order of the disk (people's records together), in slices of short
 * transactions; seen() gets each, or its error. */
typedef enum err store_seen_fn(void *arg, enum table table, const char *part /* NULL if blinded */,
                               const char *sort, enum err err, struct span value);
enum err store_walk(struct store *store, store_seen_fn *seen, void *arg);
const char *store_table_name(enum table table);

#endif
