/* metrics.h - what is counted while the program runs, and how it is shown to Prometheus (text format 0.0.4).
 *
 * No label ever holds anything about a person: endpoints have their own names, statuses their class. Counting
 * takes no lock and may be done on any thread. */
#ifndef CALL_METRICS_H
#define CALL_METRICS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics;

struct metrics_endpoint {
    const char *name; /* "appointment_create"; outlives the metrics */
    const char *method;
};

/* What goes up and down. */
enum metrics_gauge {
    METRICS_CONNECTIONS, /* open to the HTTP port */
    METRICS_IN_FLIGHT,   /* calls that were begun and not answered yet */
    METRICS_GAUGES
};

/* What only goes up, and is no answer of an endpoint. */
enum metrics_counter {
    METRICS_ACCEPTED,    /* connections */
    METRICS_TURNED_AWAY, /* connections beyond a limit */
    METRICS_TIMED_OUT,   /* connections that were too slow */
    METRICS_LOST,        /* connections that ended before their answer was sent */
    METRICS_COUNTERS
};

/* NULL without memory. An endpoint that is not in the list is counted as "none". */
struct metrics *metrics_new(const struct metrics_endpoint *endpoints, size_t count);
void metrics_free(struct metrics *metrics); /* takes NULL */

/* One answer. */
void metrics_count(struct metrics *metrics, const char *endpoint, int status, int64_t took_us);
void metrics_gauge_add(struct metrics *metrics, enum metrics_gauge gauge, int64_t change);
void metrics_counter_add(struct metrics *metrics, enum metrics_counter counter, uint64_t change);

/* Everything that was counted here, as text. */
void metrics_write(const struct metrics *metrics, struct buf *buf);

/* One family of a single value, for what others count: type is "gauge" or "counter". */
void metrics_write_value(struct buf *buf, const char *name, const char *type, const char *help, double value);
/* A label's value with its escapes (backslash, quote, line feed), without the quotes. */
void metrics_write_label(struct buf *buf, const char *text);

#endif
