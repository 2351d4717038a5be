/* metrics.c - every thread counts in one of a few lanes, so that threads do not pass a cache line to and fro;
 * a sum over the lanes is made when somebody asks. */
#include "call/metrics.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = 8,
    CLASSES = 5,  /* 1xx to 5xx */
    BUCKETS = 14, /* and one for everything slower */
    TABLE_SLOTS = 256,
    CACHE_LINE = 64,
    NONE = 0, /* the row of what is no endpoint */
};

/* Upper ends of the buckets, and how they are printed in seconds. */
static const struct bucket {
    int64_t us;
    const char *text;
} buckets[BUCKETS] = {
    {50, "0.00005"},  {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},
    {100000, "0.1"},  {250000, "0.25"}, {1000000, "1"},   {5000000, "5"},
};

struct row {
    atomic_uint_fast64_t statuses[CLASSES];
    atomic_uint_fast64_t times[BUCKETS + 1];
    atomic_uint_fast64_t time_us;
};

struct lane {
    alignas(CACHE_LINE) atomic_uint_fast64_t counters[METRICS_COUNTERS];
    struct row *rows;
};

struct metrics {
    struct lane lanes[LANES];
    alignas(CACHE_LINE) atomic_int_fast64_t gauges[METRICS_GAUGES];
    size_t count; /* rows, NONE among them */
    struct metrics_endpoint *endpoints;
    uint16_t table[TABLE_SLOTS]; /* by hash of the name: row, or NONE for an empty slot */
};

static size_t hash_of(const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash % TABLE_SLOTS;
}

static size_t row_of(const struct metrics *metrics, const char *name)
{
    for (size_t slot = hash_of(name); metrics->table[slot] != NONE; slot = (slot + 1) % TABLE_SLOTS)
        if (strcmp(metrics->endpoints[metrics->table[slot]].name, name) == 0)
            return metrics->table[slot];
    return NONE;
}

static void table_add(struct metrics *metrics, size_t row)
{
    size_t slot = hash_of(metrics->endpoints[row].name);

    while (metrics->table[slot] != NONE)
        slot = (slot + 1) % TABLE_SLOTS;
    metrics->table[slot] = (uint16_t)row;
}

static bool lanes_alloc(struct metrics *metrics)
{
    size_t bytes = (metrics->count * sizeof(struct row) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;

    for (size_t i = 0; i < LANES; i++) {
        metrics->lanes[i].rows = aligned_alloc(CACHE_LINE, bytes);
        if (!metrics->lanes[i].rows)
            return false;
        memset(metrics->lanes[i].rows, 0, bytes);
    }
    return true;
}

struct metrics *metrics_new(const struct metrics_endpoint *endpoints, size_t count)
{
    if (count >= TABLE_SLOTS / 2)
        return NULL;
    struct metrics *metrics = aligned_alloc(alignof(struct metrics), sizeof *metrics);
    if (!metrics)
        return NULL;
    memset(metrics, 0, sizeof *metrics);
    metrics->count = count + 1;
    metrics->endpoints = calloc(metrics->count, sizeof *metrics->endpoints);
    if (!metrics->endpoints || !lanes_alloc(metrics)) {
        metrics_free(metrics);
        return NULL;
    }
    metrics->endpoints[NONE] = (struct metrics_endpoint){"none", ""};
    for (size_t i = 0; i < count; i++) {
        metrics->endpoints[i + 1] = endpoints[i];
        table_add(metrics, i + 1);
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < LANES; i++)
        free(metrics->lanes[i].rows);
    free(metrics->endpoints);
    free(metrics);
}

static struct lane *lane_of_thread(struct metrics *metrics)
{
    static atomic_uint threads;
    static _Thread_local unsigned number;

    if (number == 0)
        number = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
    return &metrics->lanes[number % LANES];
}

static void add(atomic_uint_fast64_t *counter, uint64_t change)
{
    (void)atomic_fetch_add_explicit(counter, change, memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, const char *endpoint, int status, int64_t took_us)
{
    struct row *row = &lane_of_thread(metrics)->rows[row_of(metrics, endpoint)];
    size_t bucket = 0;

    while (bucket < BUCKETS && took_us > buckets[bucket].us)
        bucket++;
    add(&row->times[bucket], 1);
    add(&row->time_us, took_us > 0 ? (uint64_t)took_us : 0);
    if (status >= 100 && status < 100 * (CLASSES + 1))
        add(&row->statuses[status / 100 - 1], 1);
}

void metrics_gauge_add(struct metrics *metrics, enum metrics_gauge gauge, int64_t change)
{
    (void)atomic_fetch_add_explicit(&metrics->gauges[gauge], change, memory_order_relaxed);
}

void metrics_counter_add(struct metrics *metrics, enum metrics_counter counter, uint64_t change)
{
    add(&lane_of_thread(metrics)->counters[counter], change);
}

/* ---- writing ---- */

struct sum {
    uint64_t statuses[CLASSES];
    uint64_t times[BUCKETS + 1];
    uint64_t time_us;
    uint64_t count;
};

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static struct sum sum_row(const struct metrics *metrics, size_t number)
{
    struct sum sum = {0};

    for (size_t lane = 0; lane < LANES; lane++) {
        const struct row *row = &metrics->lanes[lane].rows[number];
        for (size_t i = 0; i < CLASSES; i++)
            sum.statuses[i] += load(&row->statuses[i]);
        for (size_t i = 0; i <= BUCKETS; i++)
            sum.times[i] += load(&row->times[i]);
        sum.time_us += load(&row->time_us);
    }
    for (size_t i = 0; i <= BUCKETS; i++)
        sum.count += sum.times[i];
    return sum;
}

void metrics_write_label(struct buf *buf, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_text(buf, "\\n");
            continue;
        }
        if (*text == '\\' || *text == '"')
            buf_byte(buf, '\\');
        buf_byte(buf, (uint8_t)*text);
    }
}

static void write_family(struct buf *buf, const char *name, const char *type, const char *help)
{
    buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_write_value(struct buf *buf, const char *name, const char *type, const char *help, double value)
{
    write_family(buf, name, type, help);
    buf_printf(buf, "%s %.17g\n", name, value);
}

static void write_labels(struct buf *buf, const struct metrics_endpoint *endpoint)
{
    buf_text(buf, "{endpoint=\"");
    metrics_write_label(buf, endpoint->name);
    buf_text(buf, "\",method=\"");
    metrics_write_label(buf, endpoint->method);
    buf_byte(buf, '"');
}

static void write_statuses(struct buf *buf, const struct metrics_endpoint *endpoint, const struct sum *sum)
{
    for (size_t i = 0; i < CLASSES; i++) {
        if (sum->statuses[i] == 0)
            continue;
        buf_text(buf, "opendoor_http_requests_total");
        write_labels(buf, endpoint);
        buf_printf(buf, ",status=\"%zuxx\"} %llu\n", i + 1, (unsigned long long)sum->statuses[i]);
    }
}

static void write_times(struct buf *buf, const struct metrics_endpoint *endpoint, const struct sum *sum)
{
    static const char name[] = "opendoor_http_request_duration_seconds";
    uint64_t until = 0;

    for (size_t i = 0; i <= BUCKETS; i++) {
        until += sum->times[i];
        buf_printf(buf, "%s_bucket", name);
        write_labels(buf, endpoint);
        buf_printf(buf, ",le=\"%s\"} %llu\n", i < BUCKETS ? buckets[i].text : "+Inf",
                   (unsigned long long)until);
    }
    buf_printf(buf, "%s_sum", name);
    write_labels(buf, endpoint);
    buf_printf(buf, "} %llu.%06llu\n", (unsigned long long)(sum->time_us / 1000000),
               (unsigned long long)(sum->time_us % 1000000));
    buf_printf(buf, "%s_count", name);
    write_labels(buf, endpoint);
    buf_printf(buf, "} %llu\n", (unsigned long long)until);
}

typedef void write_fn(struct buf *buf, const struct metrics_endpoint *endpoint, const struct sum *sum);

static void write_rows(const struct metrics *metrics, struct buf *buf, write_fn *write)
{
    for (size_t i = 0; i < metrics->count; i++) {
        struct sum sum = sum_row(metrics, i);
        if (sum.count > 0)
            write(buf, &metrics->endpoints[i], &sum);
    }
}

static void write_gauges(const struct metrics *metrics, struct buf *buf)
{
    static const struct {
        const char *name, *help;
    } rows[METRICS_GAUGES] = {
        [METRICS_CONNECTIONS] = {"opendoor_http_connections", "Open connections."},
        [METRICS_IN_FLIGHT] = {"opendoor_http_requests_in_flight", "Requests that are being worked on."},
    };

    for (size_t i = 0; i < METRICS_GAUGES; i++) {
        int64_t value = atomic_load_explicit(&metrics->gauges[i], memory_order_relaxed);
        metrics_write_value(buf, rows[i].name, "gauge", rows[i].help, (double)value);
    }
}

static void write_counters(const struct metrics *metrics, struct buf *buf)
{
    static const struct {
        const char *name, *help;
    } rows[METRICS_COUNTERS] = {
        [METRICS_ACCEPTED] = {"opendoor_http_connections_total", "Connections that were accepted."},
        [METRICS_TURNED_AWAY] = {"opendoor_http_connections_refused_total", "Connections beyond a limit."},
        [METRICS_TIMED_OUT] = {"opendoor_http_timeouts_total",
                               "Connections closed because they were too slow."},
        [METRICS_LOST] = {"opendoor_http_answers_lost_total", "Answers that could not be sent to their end."},
    };

    for (size_t i = 0; i < METRICS_COUNTERS; i++) {
        uint64_t sum = 0;
        for (size_t lane = 0; lane < LANES; lane++)
            sum += load(&metrics->lanes[lane].counters[i]);
        metrics_write_value(buf, rows[i].name, "counter", rows[i].help, (double)sum);
    }
}

void metrics_write(const struct metrics *metrics, struct buf *buf)
{
    write_family(buf, "opendoor_http_requests_total", "counter", "Answers by endpoint and class of status.");
    write_rows(metrics, buf, write_statuses);
    write_family(buf, "opendoor_http_request_duration_seconds", "histogram",
                 "Time from the whole request to the rendered answer.");
    write_rows(metrics, buf, write_times);
    write_gauges(metrics, buf);
    write_counters(metrics, buf);
}
