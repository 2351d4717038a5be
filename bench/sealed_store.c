/* sealed_store.c - the same load as bare_store through our own storage layer: transactions, sealing, blind
 * keys, the writer thread. What lies between the two is what that layer costs; what lies between this and the
 * bookings over HTTP is the rest of the program.
 *
 * `batch` jobs are always waiting, each of them for its own answer; one is submitted again as soon as it has
 * it. Records that take the place of others are read first. Prints one line of key=value. */
#include "records.h"

#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEAL_BYTES = 58, PART_BYTES = 40, SORT_BYTES = 40, DAY_DIGITS = 16 };

struct bench {
    const struct load *load;
    struct store *store;
    atomic_bool stop;
    atomic_uint_fast64_t next; /* number of the next booking */
    uint64_t answered;         /* the writer's alone */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t running;
};

struct booking {
    struct store_job job; /* first */
    struct bench *bench;
    uint64_t number;
    struct arena_mark empty;
};

static void need(enum err err, const char *what)
{
    if (err == ERR_OK)
        return;
    (void)fprintf(stderr, "sealed_store: %s: %s\n", what, err_info(err)->code);
    exit(1);
}

/* A table of the same nature: plain or blinded, by person or not. */
static enum table table_for(const struct load *load, size_t kind)
{
    static const enum table of_person[] = {TABLE_AGENDA, TABLE_APPOINTMENT_BY_PATIENT, TABLE_USAGE,
                                           TABLE_RELATION};

    switch (load->kinds[kind].place) {
    case 'p':
        return of_person[kind % (sizeof of_person / sizeof of_person[0])];
    case 's':
        return TABLE_IDEMPOTENCY;
    case 'u':
        return TABLE_DAY;
    case 'd':
        return TABLE_APPOINTMENT_BY_PRACTICE;
    default:
        return TABLE_APPOINTMENT;
    }
}

/* Part and sort, as the table has them. */
static void texts_make(const struct load *load, size_t kind, uint64_t number, char part[static PART_BYTES],
                       char sort[static SORT_BYTES])
{
    char id[RECORD_ID_BYTES];

    record_id(load, kind, number, id);
    (void)snprintf(part, PART_BYTES, "%s", id);
    (void)snprintf(sort, SORT_BYTES, "%02zu", kind);
    switch (load->kinds[kind].place) {
    case 'p':
        (void)snprintf(part, PART_BYTES, "patient-%016llx", (unsigned long long)(number % load->population));
        break;
    case 'd': /* the day; an instant of it */
        (void)snprintf(sort, SORT_BYTES, "%s %02zu", id + DAY_DIGITS, kind);
        part[DAY_DIGITS] = '\0';
        break;
    case 'u':
        (void)snprintf(sort, SORT_BYTES, "2026-11-25 %02zu", kind);
        part[DAY_DIGITS] = '\0';
        break;
    default:
        break;
    }
}

static enum err put(struct tx *tx, const struct load *load, size_t kind, uint64_t number)
{
    static const uint8_t bytes[RECORD_BYTES_MAX];
    char part[PART_BYTES];
    char sort[SORT_BYTES];
    char person[PART_BYTES];

    texts_make(load, kind, number, part, sort);
    (void)snprintf(person, sizeof person, "patient-%016llx", (unsigned long long)(number % load->population));
    struct key key = {table_for(load, kind), part, sort};
    if (record_is_old(load, kind)) {
        struct span before;
        enum err e = tx_get(tx, &key, &before);
        if (e && e != ERR_NOT_FOUND)
            return e;
    }
    return tx_put(tx, &key, kind % 2 ? person : NULL,
                  (struct span){bytes, load->kinds[kind].bytes - SEAL_BYTES});
}

static enum err book(struct tx *tx, void *arg)
{
    const struct booking *booking = arg;
    const struct load *load = booking->bench->load;
    enum err e = ERR_OK;

    for (size_t kind = 0; !e && kind < load->count; kind++)
        e = put(tx, load, kind, booking->number);
    return e;
}

struct filling {
    const struct load *load;
    size_t kind;
    uint64_t from;
};

enum { FILL_STEP = 1000 };

static enum err fill_step(struct tx *tx, void *arg)
{
    const struct filling *filling = arg;
    enum err e = ERR_OK;

    for (uint64_t i = 0; !e && i < FILL_STEP && filling->from + i < filling->load->population; i++)
        e = put(tx, filling->load, filling->kind, filling->from + i);
    return e;
}

static void fill(struct bench *bench)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct arena_mark empty = arena_mark(arena);

    for (size_t kind = 0; kind < bench->load->count; kind++) {
        if (!record_is_old(bench->load, kind))
            continue;
        for (uint64_t i = 0; i < bench->load->population; i += FILL_STEP) {
            struct filling filling = {bench->load, kind, i};
            need(store_run(bench->store, &(struct access){.write = true}, arena, fill_step, &filling),
                 "fill");
            arena_reset(arena, empty);
        }
    }
    arena_free(arena);
}

static void submit(struct booking *booking)
{
    booking->number = atomic_fetch_add(&booking->bench->next, 1);
    arena_reset(booking->job.arena, booking->empty);
    need(store_submit(booking->bench->store, &booking->job), "submit");
}

static void answered(struct store_job *job, enum err err)
{
    struct booking *booking = (struct booking *)job;
    struct bench *bench = booking->bench;

    need(err, "booking");
    bench->answered++;
    if (!atomic_load(&bench->stop)) {
        submit(booking);
        return;
    }
    (void)pthread_mutex_lock(&bench->lock);
    bench->running--;
    (void)pthread_cond_signal(&bench->ended);
    (void)pthread_mutex_unlock(&bench->lock);
}

/* Lets `batch` bookings go round for the time given; gives how many were answered. */
static uint64_t go_round(struct bench *bench)
{
    struct booking *bookings = calloc(bench->load->batch, sizeof *bookings);
    double start = now_seconds();

    bench->running = bench->load->batch;
    for (size_t i = 0; i < bench->load->batch; i++) {
        bookings[i] = (struct booking){.bench = bench};
        bookings[i].job = (struct store_job){.access = {.write = true}, .fn = book, .done = answered};
        bookings[i].job.arg = &bookings[i];
        bookings[i].job.arena = arena_new((size_t)4 << 20);
        bookings[i].empty = arena_mark(bookings[i].job.arena);
        submit(&bookings[i]);
    }
    while (now_seconds() - start < bench->load->seconds)
        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    atomic_store(&bench->stop, true);
    (void)pthread_mutex_lock(&bench->lock);
    while (bench->running > 0)
        (void)pthread_cond_wait(&bench->ended, &bench->lock);
    (void)pthread_mutex_unlock(&bench->lock);
    for (size_t i = 0; i < bench->load->batch; i++)
        arena_free(bookings[i].job.arena);
    free(bookings);
    return bench->answered;
}

int main(int count, char **arguments)
{
    struct load load;
    char folder[256];
    char message[256];
    struct store_stats before;
    struct store_stats after;

    load_read(&load, count, arguments);
    (void)snprintf(folder, sizeof folder, "%s/store", load_folder(&load));
    struct bench bench = {
        .load = &load, .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    if (store_open_lmdb(&(struct store_options){.dir = folder}, &bench.store, message)) {
        (void)fprintf(stderr, "sealed_store: %s\n", message);
        return 1;
    }
    fill(&bench);
    store_stats(bench.store, &before);
    double cpu = cpu_seconds();
    double start = now_seconds();
    uint64_t bookings = go_round(&bench);
    double elapsed = now_seconds() - start;
    store_stats(bench.store, &after);
    uint64_t commits = after.commits - before.commits;
    (void)printf(
        "ops_per_s=%.0f batch=%.1f records=%zu bytes=%zu population=%zu commit_us=%.0f cpu_us_per_op=%.1f\n",
        (double)bookings / elapsed, (double)bookings / (double)commits, load.count, load.bytes,
        load.population, (double)(after.commit_us_total - before.commit_us_total) / (double)commits,
        (cpu_seconds() - cpu) / (double)bookings * 1e6);
    store_close(bench.store);
    load_done(&load);
    return 0;
}
