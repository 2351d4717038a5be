/* metrics_test.c - what is counted comes out as Prometheus reads it (text format 0.0.4). */
#include "call/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct metrics_endpoint rows[] = {{"practice_list", "GET"}, {"appointment_create", "POST"}};
static struct arena *arena;

static const char *text_of(const struct metrics *metrics)
{
    struct buf buf;

    buf_init(&buf, arena);
    metrics_write(metrics, &buf);
    const char *text = buf_cstr(&buf);
    assert_non_null(text);
    return text;
}

static void has_line(const char *text, const char *line)
{
    char wanted[300];

    (void)snprintf(wanted, sizeof wanted, "\n%s\n", line);
    if (!strstr(text, wanted))
        fail_msg("no line %s in:\n%s", line, text);
}

static void answers_by_class(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(rows, 2);

    metrics_count(metrics, "practice_list", 200, 10);
    metrics_count(metrics, "practice_list", 204, 10);
    metrics_count(metrics, "practice_list", 422, 10);
    metrics_count(metrics, "something else", 404, 10);
    const char *text = text_of(metrics);
    has_line(text,
             "opendoor_http_requests_total{endpoint=\"practice_list\",method=\"GET\",status=\"2xx\"} 2");
    has_line(text,
             "opendoor_http_requests_total{endpoint=\"practice_list\",method=\"GET\",status=\"4xx\"} 1");
    has_line(text, "opendoor_http_requests_total{endpoint=\"none\",method=\"\",status=\"4xx\"} 1");
    assert_null(strstr(text, "appointment_create")); /* nothing was counted there */
    metrics_free(metrics);
}

static void times_in_buckets(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(rows, 2);
    static const int64_t times[] = {50, 51, 900, 4000000, 9000000};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        metrics_count(metrics, "appointment_create", 201, times[i]);
    const char *text = text_of(metrics);
#define LINE(kind, rest)                                                                                     \
    "opendoor_http_request_duration_seconds_" kind "{endpoint=\"appointment_create\",method=\"POST\"" rest
    has_line(text, LINE("bucket", ",le=\"0.00005\"} 1"));
    has_line(text, LINE("bucket", ",le=\"0.0001\"} 2"));
    has_line(text, LINE("bucket", ",le=\"0.001\"} 3"));
    has_line(text, LINE("bucket", ",le=\"1\"} 3"));
    has_line(text, LINE("bucket", ",le=\"5\"} 4"));
    has_line(text, LINE("bucket", ",le=\"+Inf\"} 5"));
    has_line(text, LINE("count", "} 5"));
    has_line(text, LINE("sum", "} 13.001001"));
    metrics_free(metrics);
}

static void every_family_is_described_once(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(rows, 2);

    metrics_count(metrics, "practice_list", 200, 10);
    metrics_count(metrics, "appointment_create", 200, 10);
    const char *text = text_of(metrics);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        char name[100];
        if (sscanf(line, "# TYPE %99s", name) != 1)
            continue;
        char help[120];
        (void)snprintf(help, sizeof help, "# HELP %s ", name);
        const char *first = strstr(text, help);
        assert_non_null(first);
        assert_null(strstr(first + 1, help));
    }
    metrics_free(metrics);
}

static void gauges_and_counters(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(rows, 2);

    metrics_gauge_add(metrics, METRICS_CONNECTIONS, 3);
    metrics_gauge_add(metrics, METRICS_CONNECTIONS, -1);
    metrics_counter_add(metrics, METRICS_TIMED_OUT, 7);
    const char *text = text_of(metrics);
    has_line(text, "opendoor_http_connections 2");
    has_line(text, "opendoor_http_timeouts_total 7");
    has_line(text, "opendoor_http_answers_lost_total 0");
    metrics_free(metrics);
}

static void *count_many(void *arg)
{
    for (int i = 0; i < 10000; i++)
        metrics_count(arg, i % 2 ? "practice_list" : "appointment_create", 200, 1);
    return NULL;
}

static void no_count_is_lost_between_threads(void **state)
{
    (void)state;
    enum { THREADS = 12 }; /* more than there are lanes */
    struct metrics *metrics = metrics_new(rows, 2);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, metrics), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    const char *text = text_of(metrics);
    has_line(text,
             "opendoor_http_requests_total{endpoint=\"practice_list\",method=\"GET\",status=\"2xx\"} 60000");
    has_line(
        text,
        "opendoor_http_requests_total{endpoint=\"appointment_create\",method=\"POST\",status=\"2xx\"} 60000");
    metrics_free(metrics);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    struct buf buf;

    buf_init(&buf, arena);
    metrics_write_label(&buf, "a\\b\"c\nd");
    assert_string_equal(buf_cstr(&buf), "a\\\\b\\\"c\\nd");
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 22);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_by_class, setup, teardown),
        cmocka_unit_test_setup_teardown(times_in_buckets, setup, teardown),
        cmocka_unit_test_setup_teardown(every_family_is_described_once, setup, teardown),
        cmocka_unit_test_setup_teardown(gauges_and_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(no_count_is_lost_between_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(labels_are_escaped, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
