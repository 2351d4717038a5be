/* metrics.c - GET /metrics: what was counted, in the Prometheus text format 0.0.4. Nothing in it is about a
 * person. */
#include "call/metrics.h"
#include "api/endpoint.h"
#include "base/time.h"
#include "call/pool.h"
#include "call/reply.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

static void write_build(struct buf *buf)
{
    buf_text(buf, "# HELP opendoor_build_info The version that runs; the value is always 1.\n"
                  "# TYPE opendoor_build_info gauge\nopendoor_build_info{version=\"");
    metrics_write_label(buf, OPENDOOR_VERSION);
    buf_text(buf, "\"} 1\n");
}

static void write_store(struct buf *buf, struct store *store)
{
    struct store_stats stats = {0};

    store_stats(store, &stats);
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"opendoor_store_commits_total", "counter", "Batches that were made durable.", (double)stats.commits},
        {"opendoor_store_commit_seconds_total", "counter", "Time that they took.",
         (double)stats.commit_us_total / 1e6},
        {"opendoor_store_writes_total", "counter", "Changes that were made durable.", (double)stats.writes},
        {"opendoor_store_conflicts_total", "counter", "Transactions that were run again after a conflict.",
         (double)stats.conflicts},
        {"opendoor_store_failures_total", "counter", "Changes that could not be made durable.",
         (double)stats.failures},
        {"opendoor_store_queue", "gauge", "Changes that wait for the writer.", (double)stats.queued},
        {"opendoor_store_batch_max", "gauge", "The most changes that were made durable at once.",
         (double)stats.batch_max},
        {"opendoor_store_bytes", "gauge", "Bytes that the store uses.", (double)stats.bytes_used},
        {"opendoor_store_round_trips_total", "counter", "Requests to a store on other machines.",
         (double)stats.round_trips},
        {"opendoor_store_resent_total", "counter", "Of these, those that were sent again.",
         (double)stats.resent},
        {"opendoor_store_items_read_total", "counter", "Records that these brought.",
         (double)stats.items_read},
        {"opendoor_store_sent_bytes_total", "counter", "Bytes that went to such a store.",
         (double)stats.bytes_sent},
        {"opendoor_store_received_bytes_total", "counter", "Bytes that came from such a store.",
         (double)stats.bytes_received},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        metrics_write_value(buf, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
}

/* Pages that are in memory, from /proc; 0 where there is none. */
static double resident_bytes(void)
{
    unsigned long long whole = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%20llu %20llu", &whole, &resident) != 2)
        resident = 0;
    if (file)
        (void)fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void write_process(struct buf *buf)
{
    metrics_write_value(buf, "process_resident_memory_bytes", "gauge", "Memory that is in use.",
                        resident_bytes());
    metrics_write_value(buf, "process_cpu_seconds_total", "counter", "Processor time that was used.",
                        cpu_seconds());
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct app *app = call->app;
    struct buf buf;

    (void)tx;
    buf_init(&buf, call->arena);
    write_build(&buf);
    write_process(&buf);
    if (app->metrics)
        metrics_write(app->metrics, &buf);
    if (app->store)
        write_store(&buf, app->store);
    if (app->hash_pool)
        metrics_write_value(&buf, "opendoor_hash_queue", "gauge", "Passwords that wait to be checked.",
                            (double)pool_queued(app->hash_pool));
    if (!buf_ok(&buf))
        return ERR_MEMORY;
    reply_bytes(call, 200, TYPE, buf_span(&buf), false);
    return ERR_OK;
}

const struct endpoint endpoint_metrics = {
    .name = "metrics",
    .method = METHOD_GET,
    .path = "/metrics",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_UNLIMITED | ENDPOINT_ANONYMOUS,
    .content_type = TYPE,
    .handle = handle,
    .tag = "Operation",
    .summary = "What was counted, for Prometheus",
    .description =
        "Requests and their times by endpoint, connections, queues, the storage. Nothing personal.",
};
