/* record_expire.c - deletes records that were kept for a time only, when it is over: idempotency answers,
 * dead logins, lock-outs, messages that nobody needs any more. Which ones and when stands in TABLE_EXPIRY
 * (store/rec_expiry.h). */
#include "jobs/job.h"

#include "store/rec_expiry.h"

enum { SLICE = 200, EVERY_MS = 60000 };

struct slice {
    int64_t now_ms;
    bool more;
};

static enum err delete_due(struct tx *tx, const struct row *row)
{
    struct key due = {.table = TABLE_EXPIRY, .part = "all", .sort = row->sort};
    struct key record;
    bool known = false;

    enum err e = expiry_key(tx_arena(tx), row, &record, &known);
    if (!e && known)
        e = tx_delete(tx, &record);
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

const struct job job_record_expire = {.name = "record_expire",
                                      .every_ms = EVERY_MS,
                                      .run = run,
                                      .summary = "Deletes records that were kept for a time only."};
