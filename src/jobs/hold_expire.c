/* hold_expire.c - ends holds that nobody confirmed. Their place is free from the moment they expire, because
 * whoever looks at a day leaves expired holds out; this job tidies what is left: the status, the day, the
 * agenda, the index. */
#include "jobs/job.h"

#include "store/place.h"
#include "store/rec_appointment.h"

#include <string.h>

enum { SLICE = 50, EVERY_MS = 10000 };

struct slice {
    int64_t now_ms;
    bool more;
    struct row *rows; /* of the hold index */
    size_t count;
    const char *appointment_id; /* the one at work */
};

static enum err find(struct tx *tx, void *arg)
{
    struct slice *slice = arg;
    char until[SORT_INSTANT];

    sort_instant(until, slice->now_ms + 1);
    struct scan scan = {.table = TABLE_HOLD, .part = "all", .until = until, .limit = SLICE};
    return tx_scan(tx, &scan, &slice->rows, &slice->count, &slice->more);
}

/* Decides anew: the hold may have been confirmed, cancelled or ended by another server since it was found. */
static enum err end_one(struct tx *tx, void *arg)
{
    const struct slice *slice = arg;
    struct appointment before;
    struct practice practice;

    enum err e = appointment_load(tx, slice->appointment_id, &before);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e || before.status != STATUS_PENDING || before.expires_at > slice->now_ms)
        return e;
    struct appointment after = before;
    after.status = STATUS_CANCELLED;
    after.cancellation_reason = "The hold expired.";
    after.version++;
    after.updated_at = slice->now_ms;
    e = practice_load(tx, before.practice_id, &practice);
    if (!e)
        e = place_free(tx, &practice, &before, slice->now_ms);
    return e ? e : appointment_save(tx, &before, &after);
}

static enum err run(const struct app *app, struct arena *arena, int64_t now_ms, bool *more)
{
    struct slice slice = {.now_ms = now_ms};
    struct access read = {.write = false};
    struct access write = {.write = true};

    enum err e = store_run(app->store, &read, arena, find, &slice);
    for (size_t i = 0; !e && i < slice.count; i++) {
        const char *sort = slice.rows[i].sort;
        if (strlen(sort) <= SORT_INSTANT)
            return ERR_DAMAGED;
        slice.appointment_id = sort + SORT_INSTANT;
        e = store_run(app->store, &write, arena, end_one, &slice);
    }
    *more = !e && slice.more;
    return e;
}

const struct job job_hold_expire = {
    .name = "hold_expire", .every_ms = EVERY_MS, .run = run, .summary = "Ends holds that nobody confirmed."};
