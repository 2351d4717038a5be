/* cors.c - may a page of another origin read the answer (Fetch standard, "CORS protocol")? Only for the
 * configured list of origins. Tokens travel in a header and never in a cookie, so credentials are not
 * allowed. */
#include "flow/step.h"

#include "base/settings.h"
#include "call/reply.h"

#include <string.h>

static bool is_allowed(const struct list *origins, const char *origin, bool *any)
{
    const char *const *list = origins->items;

    for (size_t i = 0; i < origins->count; i++) {
        *any = strcmp(list[i], "*") == 0;
        if (*any || strcmp(list[i], origin) == 0)
            return true;
    }
    return false;
}

void cors_headers(struct call *call)
{
    const struct list *origins = &call->app->settings->cors_origins;
    const char *origin = call_header(call, "Origin");
    bool any = false;

    if (origins->count == 0)
        return;
    if (!origin || !is_allowed(origins, origin, &any)) {
        reply_header(call, "Vary", "Origin");
        return;
    }
    reply_header(call, "Access-Control-Allow-Origin", any ? "*" : origin);
    if (!any)
        reply_header(call, "Vary", "Origin");
    if (call->request.method != METHOD_OPTIONS) {
        reply_header(call, "Access-Control-Expose-Headers",
                     "ETag, Location, Retry-After, X-Request-Id, Idempotent-Replayed");
        return;
    }
    reply_header(call, "Access-Control-Allow-Methods", call->allow);
    reply_header(call, "Access-Control-Allow-Headers",
                 "Authorization, Content-Type, If-Match, Idempotency-Key, X-Request-Id");
    reply_header(call, "Access-Control-Max-Age", "600");
}
