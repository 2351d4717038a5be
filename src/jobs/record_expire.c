/* record_expire.c - deletes records that were kept for a time only: idempotency answers, used and dead tokens, lock-outs.
 *
 * Who writes such a record writes a row of TABLE_EXPIRY with it: sort "instant kind part", value the part of the record to
 * delete. The kinds are a table here. */
#include "jobs/job.h"

#include "store/store.h"

#include <string.h>

enum { SLICE = 200, EVERY_MS = 60000 };

static const struct kind {
    const char *name;
    enum table table;
} kinds[] = {
    {"idempotency", TABLE_IDEMPOTENCY},
    {"token_family", TABLE_TOKEN_FAMILY},
    {"lockout", TABLE_LOCKOUT},
};

struct slice {
    int64_t now_ms;
    bool more;
};

static const struct kind *kind_of(const char *sort)
{
    const char *name = strlen(sort) > SORT_INSTANT ? sort + SORT_INSTANT : "";
    size_t size = strcspn(name, " ");

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i].name) == size && memcmp(kinds[i].name, name, size) == 0)
            return &kinds[i];
    return NULL;
}

static enum err delete_due(struct tx *tx, const struct row *row)
{
    const struct kind *kind = kind_of(row->sort);
    struct key due = {.table = TABLE_EXPIRY, .part = "all", .sort = row->sort};
    const char *part = arena_text(tx_arena(tx), (const char *)row->value.data, row->value.size);
    struct key record = {.table = kind ? kind->table : TABLE_EXPIRY, .part = part};

    if (!part)
        return ERR_MEMORY;
    enum err e = kind ? tx_delete(tx, &record) : ERR_OK;
    return e ? e : tx_delete(tx, &due);
}

static enum err sweep(struct tx *tx, void *arg)
{
    struct slice *slice = arg;
    char until[SORT_INSTANT];
    struct row *rows;
    size_t count;

    sort_instant(until, slice->now_ms);
    struct scan scan = {.table = TABLE_EXPIRY, .part = "all", .until = until, .limit = SLICE};
    enum err e = tx_scan(tx, &scan, &rows, &count, &slice->more);
    for (size_t i = 0; !e && i < count; i++)
        e = delete_due(tx, &rows[i]);
    return e;
}

static enum err run(const struct app *app, struct arena *arena, int64_t now_ms, bool *more)
{
    struct slice slice = {.now_ms = now_ms};
    struct access write = {.write = true};

    enum err e = store_run(app->store, &write, arena, sweep, &slice);
    *more = !e && slice.more;
    return e;
}

const struct job job_record_expire = {
    .name = "record_expire", .every_ms = EVERY_MS, .run = run, .summary = "Deletes records that were kept for a time only."};
