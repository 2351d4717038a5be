/* lambda_metrics.h - one line an invocation in CloudWatch's embedded metric format, from which CloudWatch
 * makes metrics: requests by endpoint, runs of jobs. What varies without bound (request ids) is a property,
 * never a dimension, because each combination of dimensions is a metric that costs money. */
#ifndef FRONT_LAMBDA_METRICS_H
#define FRONT_LAMBDA_METRICS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct lambda_figures {
    const char *environment;
    const char *endpoint; /* of a request */
    int status;
    const char *request_id;
    const char *job; /* of a schedule; "all". NULL: it was a request */
    bool failed;
    int64_t took_us;
    bool cold; /* the first of this instance */
    int64_t now_ms;
};

/* A line that cannot be written is lost. */
void lambda_metrics_write(int fd, struct arena *arena, const struct lambda_figures *figures);

#endif
