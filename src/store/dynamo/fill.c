/* fill.c - many records at once into tables that nobody else uses: BatchWriteItem, 25 items a request, some
 * requests at the same time.
 *
 * A batch has no conditions, and its items are written one by one: what the answer calls unprocessed is sent
 * again, with pauses that double, for as long as some of it gets through now and then. A table that was made
 * a minute ago takes little at first and more as it is used, so throttling is what is to be expected. */
#include "store/dynamo/dynamo_engine.h"

#include "base/time.h"

#include <signal.h>
#include <string.h>

enum {
    BATCH_ITEMS = 25, /* 16 MB a request: so many of our largest items are 13 MB in base64 */
    FILL_THREADS = 8,
    VAIN_TURNS_MAX = 60, /* without any progress; with the pauses three quarters of a minute */
    VAIN_BASE_MS = 25,
    TURN_LIMIT_US = 15 * 1000 * 1000,
};

struct fill {
    struct engine *engine;
    const struct record *records;
    size_t count;
    atomic_size_t next; /* the first that nobody has taken */
    atomic_int err;     /* the first error: then nobody takes any more */
};

/* ---- one batch ---- */

static void put_table(const struct engine *engine, struct buf *body, const struct record *records,
                      size_t count, enum dynamo_table table, bool *first)
{
    bool open = false;

    for (size_t i = 0; i < count; i++) {
        if (dynamo_table_of(records[i].key) != table)
            continue;
        if (!open)
            buf_printf(body, "%s\"%s\":[", *first ? "" : ",", engine->names[table]);
        buf_printf(body, "%s{\"PutRequest\":{\"Item\":{", open ? "," : "");
        put_key(body, records[i].key);
        buf_byte(body, ',');
        put_binary(body, "v", records[i].sealed);
        buf_byte(body, ',');
        put_number(body, "ver", dynamo_version_new());
        buf_text(body, "}}}");
        open = true;
        *first = false;
    }
    if (open)
        buf_byte(body, ']');
}

static void put_batch(const struct engine *engine, struct buf *body, const struct record *records,
                      size_t count)
{
    bool first = true;

    buf_text(body, "{\"RequestItems\":{");
    for (enum dynamo_table table = 0; table < DYNAMO_TABLES; table++)
        put_table(engine, body, records, count, table, &first);
    buf_text(body, "}}");
}

static size_t items_of(const struct json *tables)
{
    size_t count = 0;

    for (const struct json *table = tables ? tables->first : NULL; table; table = table->next)
        count += table->count;
    return count;
}

/* One sending. *left: what was not written, in the trip's scratch; NULL: all was. A batch that the service
 * had no room for at all has everything left, which *same says. */
static enum err batch_send(struct engine *engine, struct trip *trip, struct span body,
                           const struct json **left, bool *same)
{
    struct request request = {.operation = "BatchWriteItem", .body = body};
    const struct json *json = NULL;

    trip->deadline_us = clock_monotonic_us() + TURN_LIMIT_US;
    arena_reset(trip->scratch, trip->scratch_mark);
    enum outcome outcome = dynamo_send(engine, trip, &request);
    *left = NULL;
    *same = outcome != OUTCOME_DONE && request.throttled;
    if (*same)
        return ERR_OK;
    enum err e = outcome == OUTCOME_DONE ? answer_parse(trip, &json) : request.err ? request.err : ERR_STORE;
    const struct json *unprocessed = e ? NULL : json_member(json, "UnprocessedItems");
    if (items_of(unprocessed) > 0)
        *left = unprocessed;
    return e;
}

/* The answer's UnprocessedItems are the next request; the body lives in the trip's other arena. */
static void put_left(struct trip *trip, const struct json *left, struct buf *body)
{
    arena_reset(trip->kept, trip->kept_mark);
    buf_init(body, trip->kept);
    struct json_writer writer = json_writer(body);
    json_object_begin(&writer, NULL);
    json_tree(&writer, "RequestItems", left);
    json_object_end(&writer);
}

static enum err batch_write(struct engine *engine, struct trip *trip, const struct record *records,
                            size_t count)
{
    struct buf body;
    const struct json *left;
    bool same;
    unsigned vain = 0;

    arena_reset(trip->kept, trip->kept_mark);
    buf_init(&body, trip->kept);
    put_batch(engine, &body, records, count);
    while (vain < VAIN_TURNS_MAX) {
        enum err e = buf_ok(&body) ? batch_send(engine, trip, buf_span(&body), &left, &same) : ERR_MEMORY;
        if (e || (!left && !same))
            return e;
        size_t items = left ? items_of(left) : count;
        vain = items < count ? 0 : vain + 1;
        count = items;
        if (left)
            put_left(trip, left, &body);
        dynamo_back_off(vain + 1, VAIN_BASE_MS);
    }
    return ERR_BUSY;
}

/* ---- all of them ---- */

static void *fill_main(void *arg)
{
    struct fill *fill = arg;
    struct trip *trip = dynamo_trip_take(fill->engine);
    int none = ERR_OK;
    enum err e = trip ? ERR_OK : ERR_MEMORY;

    while (!e && atomic_load(&fill->err) == ERR_OK) {
        size_t at = atomic_fetch_add(&fill->next, BATCH_ITEMS);
        if (at >= fill->count)
            break;
        size_t left = fill->count - at;
        size_t count = left < BATCH_ITEMS ? left : (size_t)BATCH_ITEMS;
        e = batch_write(fill->engine, trip, fill->records + at, count);
        if (!e)
            atomic_fetch_add(&fill->engine->writes, count);
    }
    if (e)
        (void)atomic_compare_exchange_strong(&fill->err, &none, (int)e);
    if (trip)
        dynamo_trip_put(fill->engine, trip);
    return NULL;
}

/* This thread works too, so it goes on, slower, if the system gives no others. */
enum err dynamo_fill(struct engine *engine, const struct record *records, size_t count)
{
    struct fill fill = {.engine = engine, .records = records, .count = count};
    pthread_t helpers[FILL_THREADS - 1];
    size_t wanted = (count + BATCH_ITEMS - 1) / BATCH_ITEMS;
    size_t started = 0;
    sigset_t all;
    sigset_t before;

    wanted = wanted < FILL_THREADS ? wanted : FILL_THREADS;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started + 1 < wanted && pthread_create(&helpers[started], NULL, fill_main, &fill) == 0)
        started++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)fill_main(&fill);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(helpers[i], NULL);
    return (enum err)atomic_load(&fill.err);
}
