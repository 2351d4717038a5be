/* lambda_event.h - what an event of Lambda means: a request, or a schedule's call for jobs.
 *
 * What differs between the two payloads of API Gateway ends here. A REST API decodes query parameters and
 * leaves the path as it was sent; an HTTP API does it the other way round, whichever payload it sends, so
 * that an encoded slash in a path is lost there before we see it. So a path is taken as it is where it is a
 * path, and whatever cannot stand in one is encoded again. */
#ifndef FRONT_LAMBDA_EVENT_H
#define FRONT_LAMBDA_EVENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "call/call.h"

#include <stdbool.h>

enum { LAMBDA_HEADERS_MAX = 100 };

enum lambda_payload { LAMBDA_PAYLOAD_1, LAMBDA_PAYLOAD_2, LAMBDA_SCHEDULE };

struct lambda_event {
    enum lambda_payload payload;
    /* A schedule's. */
    const char *job; /* NULL: all that are due */
    /* A request's. */
    struct request request; /* without its address */
    const char *source_ip;  /* as the gateway says; "" if it does not */
    const char *request_id; /* the gateway's; "" if it does not say */
    enum err refused;       /* the request is to be answered with this */
    const char *detail;     /* and this says why; may be NULL */
};

/* ERR_INVALID: it is no event that we know, and *why says what is wrong with it. ERR_MEMORY. public_path: a
 * path in front of ours ("/api"), or "". All pieces are in the arena. */
enum err lambda_event_read(struct arena *arena, struct span json, const char *public_path,
                           struct lambda_event *event, const char **why);

#endif
