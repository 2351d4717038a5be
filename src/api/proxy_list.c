/* proxy_list.c - GET /patients/{patient_id}/proxies: who acts for this patient, and for whom this patient
 * acts. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_proxy.h"

struct query {
    enum truth acting;
};

static const struct field query_rows[] = {
    {.name = "acting",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct query, acting),
     .help = "true: for whom this patient acts, instead of who acts for them.",
     .example = "true"},
};
static const struct field_set query_set = {
    .name = "ProxyListQuery", .size = sizeof(struct query), FIELDS(query_rows)};

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    const char *patient_id = call->path_params[0];
    struct proxy *proxies;
    size_t count;

    enum err e = access_patient(call, tx, ACTION_PROXY_READ, patient_id);
    if (!e)
        e = query->acting == TRUTH_YES ? proxy_list_of(tx, patient_id, &proxies, &count)
                                       : proxy_list(tx, patient_id, &proxies, &count);
    if (e)
        return e;
    struct json_writer *writer = reply_begin(call, 200, count ? "Proxies found." : "No proxies.");
    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++)
        fields_write(&proxy_fields, &proxies[i], false, writer, NULL);
    json_array_end(writer);
    reply_end(call);
    return ERR_OK;
}

const struct endpoint endpoint_proxy_list = {
    .name = "proxy_list",
    .method = METHOD_GET,
    .path = "/patients/{patient_id}/proxies",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .query = &query_set,
    .data = &proxy_fields,
    .handle = handle,
    .tag = "Patients",
    .summary = "Who acts for a patient",
    .description = "Running and ended ones, at most 20.",
};
