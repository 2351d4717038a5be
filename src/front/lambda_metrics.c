/* lambda_metrics.c - see lambda_metrics.h. Each metric is counted under two sets of dimensions: the
 * environment alone, for alarms, and the endpoint or job in it, for finding out where. */
#include "front/lambda_metrics.h"

#include "base/json.h"

#include <unistd.h>

struct metric {
    const char *name, *unit;
    double (*value)(const struct lambda_figures *figures);
};

static double one(const struct lambda_figures *figures)
{
    (void)figures;
    return 1;
}

static double client_error(const struct lambda_figures *figures)
{
    return figures->status >= 400 && figures->status < 500;
}

static double server_error(const struct lambda_figures *figures)
{
    return figures->status >= 500;
}

static double throttled(const struct lambda_figures *figures)
{
    return figures->status == 429;
}

static double failed(const struct lambda_figures *figures)
{
    return figures->failed;
}

static double cold(const struct lambda_figures *figures)
{
    return figures->cold;
}

static double took_ms(const struct lambda_figures *figures)
{
    return (double)figures->took_us / 1000;
}

static const struct metric of_requests[] = {
    {"Requests", "Count", one},
    {"ClientErrors", "Count", client_error},
    {"ServerErrors", "Count", server_error},
    {"RateLimited", "Count", throttled},
    {"ColdStarts", "Count", cold},
    {"Latency", "Milliseconds", took_ms},
};

static const struct metric of_jobs[] = {
    {"JobRuns", "Count", one},
    {"JobFailures", "Count", failed},
    {"JobDuration", "Milliseconds", took_ms},
};

static void dimensions_write(struct json_writer *writer, const char *second)
{
    json_array_begin(writer, "Dimensions");
    json_array_begin(writer, NULL);
    json_text(writer, NULL, "Environment");
    json_array_end(writer);
    json_array_begin(writer, NULL);
    json_text(writer, NULL, "Environment");
    json_text(writer, NULL, second);
    json_array_end(writer);
    json_array_end(writer);
}

static void directive_write(struct json_writer *writer, const struct metric *metrics, size_t count,
                            const char *second)
{
    json_object_begin(writer, NULL);
    json_text(writer, "Namespace", "opendoor");
    dimensions_write(writer, second);
    json_array_begin(writer, "Metrics");
    for (size_t i = 0; i < count; i++) {
        json_object_begin(writer, NULL);
        json_text(writer, "Name", metrics[i].name);
        json_text(writer, "Unit", metrics[i].unit);
        json_object_end(writer);
    }
    json_array_end(writer);
    json_object_end(writer);
}

void lambda_metrics_write(int fd, struct arena *arena, const struct lambda_figures *figures)
{
    bool is_job = figures->job;
    const struct metric *metrics = is_job ? of_jobs : of_requests;
    size_t count = is_job ? sizeof of_jobs / sizeof *of_jobs : sizeof of_requests / sizeof *of_requests;
    struct buf line;

    buf_init(&line, arena);
    struct json_writer writer = json_writer(&line);
    json_object_begin(&writer, NULL);
    json_object_begin(&writer, "_aws");
    json_integer(&writer, "Timestamp", figures->now_ms);
    json_array_begin(&writer, "CloudWatchMetrics");
    directive_write(&writer, metrics, count, is_job ? "Job" : "Endpoint");
    json_array_end(&writer);
    json_object_end(&writer);
    json_text(&writer, "Environment", figures->environment);
    json_text(&writer, is_job ? "Job" : "Endpoint", is_job ? figures->job : figures->endpoint);
    for (size_t i = 0; i < count; i++)
        json_real(&writer, metrics[i].name, metrics[i].value(figures));
    json_text(&writer, "Version", OPENDOOR_VERSION);
    if (!is_job) {
        json_integer(&writer, "Status", figures->status);
        json_text(&writer, "RequestId", figures->request_id);
    }
    json_object_end(&writer);
    buf_byte(&line, '\n');
    if (buf_ok(&line) && write(fd, line.data, line.size) < 0)
        return; /* nobody to tell */
}
