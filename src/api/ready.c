/* ready.c - GET /ready: may requests be sent here? Yes, if the store can write and the program is not
 * stopping. */
#include "api/endpoint.h"
#include "call/reply.h"

struct answer {
    const char *status;
};

static const struct field answer_rows[] = {
    {.name = "status",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct answer, status),
     .help = "Always \"ready\".",
     .example = "\"ready\""},
};
static const struct field_set answer_fields = {
    .name = "Ready", .size = sizeof(struct answer), FIELDS(answer_rows)};

static enum err handle(struct call *call, struct tx *tx)
{
    const struct app *app = call->app;
    struct answer answer = {"ready"};

    (void)tx;
    enum err e = app->stopping && *app->stopping ? ERR_STOPPING : store_health(app->store);
    if (!e)
        reply_object(call, 200, "The service takes requests.", &answer_fields, &answer, false);
    return e;
}

static const enum err errors[] = {ERR_STOPPING, ERR_STORE, ERR_STORE_FULL, ERR_OK};

const struct endpoint endpoint_ready = {
    .name = "ready",
    .method = METHOD_GET,
    .path = "/ready",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_UNLIMITED | ENDPOINT_ANONYMOUS,
    .data = &answer_fields,
    .handle = handle,
    .errors = errors,
    .tag = "Operation",
    .summary = "May requests be sent here?",
    .description = "Answers 503 while the storage cannot be written to, and while the program is stopping.",
};
