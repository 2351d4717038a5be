/* health.c - GET /health: the process is up and answers. It looks at nothing else, so that a supervisor does
 * not restart a program because its disk is full; for that there is /ready. */
#include "api/endpoint.h"
#include "call/reply.h"

struct answer {
    const char *status, *version;
};
#define AT(member) .offset = offsetof(struct answer, member)

static const struct field answer_rows[] = {
    {.name = "status", .kind = FIELD_TEXT, AT(status), .help = "Always \"ok\".", .example = "\"ok\""},
    {.name = "version", .kind = FIELD_TEXT, AT(version), .help = "Of the program.", .example = "\"1.0.0\""},
};
static const struct field_set answer_fields = {
    .name = "Health", .size = sizeof(struct answer), FIELDS(answer_rows)};

static enum err handle(struct call *call, struct tx *tx)
{
    struct answer answer = {"ok", OPENDOOR_VERSION};

    (void)tx;
    reply_object(call, 200, "The service is up.", &answer_fields, &answer, false);
    return ERR_OK;
}

const struct endpoint endpoint_health = {
    .name = "health",
    .method = METHOD_GET,
    .path = "/health",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_UNLIMITED | ENDPOINT_ANONYMOUS,
    .data = &answer_fields,
    .handle = handle,
    .tag = "Operation",
    .summary = "Is the process up?",
    .description = "Answers 200 as long as the program runs. It says nothing about the storage: see /ready.",
};
