/* records.h - what one booking writes, for the programs that measure how fast it can be written.
 *
 * A list like "300u,120n,60s": each record's stored size in bytes, and where it goes:
 *   n  a new record, behind all others of its kind (ids grow with time)
 *   s  a new record, anywhere among the others of its kind (a hash is its key)
 *   u  in place of an old one, anywhere among `days` of them, side by side with the other u's of that booking
 *   d  a new record, among others around the u's of that booking (of a practice's day)
 *   p  the same among `population`, side by side with the other p's of that booking (what is kept about one
 * person)
 *
 * `filled` bookings have been made before: so many n's, s's and d's are there already. */
#ifndef BENCH_RECORDS_H
#define BENCH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORDS_MAX = 64, RECORD_BYTES_MAX = 64 * 1024, RECORD_BYTES_MIN = 64, RECORD_ID_BYTES = 33 };

/* A booking: the day; the patient's agenda; the appointment; in the patient's list and in the practice's; its
 * reference; the patient's usage and the practice's; the relationship; a message; the idempotency record;
 * when to forget it. */
#define RECORDS_BOOKING "600u,250p,450n,150p,120d,110n,180p,120u,110p,500n,600s,100n"

struct record_kind {
    size_t bytes;
    char place; /* n, s, u, d, p */
};

struct load {
    struct record_kind kinds[RECORDS_MAX];
    size_t count;
    size_t bytes; /* of all together */
    size_t population;
    size_t days; /* 0: as many as population */
    size_t filled;
    size_t batch;
    double seconds;
    const char *dir; /* NULL: a temporary folder in /tmp, removed at the end */
};

/* Reads --records, --batch, --population, --days, --filled, --seconds, --dir; says what is wrong and ends the
 * program. */
void load_read(struct load *load, int count, char **arguments);
/* The folder to work in; leaves it in place for load_done() to remove if it is temporary. */
const char *load_folder(struct load *load);
void load_done(const struct load *load);

bool record_is_old(const struct load *load, size_t kind); /* u and p */
/* 32 hex digits that say which record of its kind this booking writes; of u and d the first 16 are the day.
 */
void record_id(const struct load *load, size_t kind, uint64_t booking, char out[static RECORD_ID_BYTES]);
double now_seconds(void);
double cpu_seconds(void); /* of the whole process */

#endif
