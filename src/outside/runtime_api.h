/* runtime_api.h - the client of the AWS Lambda Runtime API (version 2018-06-01): an HTTP service beside the
 * process that hands out invocations and takes their answers.
 *
 * Asking for the next invocation waits without end, since the instance is frozen meanwhile; only
 * runtime_api_wake() ends the wait. That is why this is no use of http_client.h, whose requests all have a
 * time. One thread makes the calls. */
#ifndef OUTSIDE_RUNTIME_API_H
#define OUTSIDE_RUNTIME_API_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

enum { RUNTIME_EVENT_MAX = 8 * 1024 * 1024 };

struct runtime_api;

struct runtime_invocation {
    const char *id;
    const char *trace_id; /* NULL: none */
    int64_t deadline_ms;  /* 0: not said */
    struct span event;
};

/* host: "127.0.0.1:9001", as AWS_LAMBDA_RUNTIME_API has it. NULL if it is none, or there is no memory. */
struct runtime_api *runtime_api_new(const char *host);
void runtime_api_free(struct runtime_api *api); /* takes NULL */

/* From any thread: the wait for the next invocation ends now, and every later one at once. */
void runtime_api_wake(struct runtime_api *api);

/* ERR_STOPPING after runtime_api_wake(). ERR_OUTSIDE: the runtime is gone, or answers what it should not.
 * ERR_MEMORY. */
enum err runtime_api_next(struct runtime_api *api, struct arena *arena,
                          struct runtime_invocation *invocation);

/* ERR_TOO_LARGE, ERR_BAD_REQUEST: refused. ERR_OUTSIDE: as above, and then the process should end. */
enum err runtime_api_respond(struct runtime_api *api, const char *id, struct span json);
/* id NULL: the program did not get as far as an invocation. type: "Category.Reason". */
enum err runtime_api_fail(struct runtime_api *api, const char *id, const char *type, const char *message);

#endif
