/* proxy_end.c - DELETE /patients/{patient_id}/proxies/{proxy_id}: ends it now; the record of it stays. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_proxy.h"

#include <string.h>

/* The patient, staff, or whoever acts and does not want to any more. */
static enum err may_end(struct call *call, struct tx *tx, const char *patient_id, const char *proxy_id)
{
    if (call_is_role(call, ROLE_PATIENT) && strcmp(call->caller.user_id, proxy_id) == 0)
        return ERR_OK;
    return access_patient(call, tx, ACTION_PROXY_MANAGE, patient_id);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct proxy proxy;

    enum err e = may_end(call, tx, call->path_params[0], call->path_params[1]);
    if (!e)
        e = proxy_load(tx, call->path_params[0], call->path_params[1], &proxy);
    if (e)
        return e;
    if (proxy.ended_at == INSTANT_NONE) {
        proxy.ended_at = call->now_ms;
        proxy.ended_by = call->caller.user_id;
        e = proxy_save(tx, &proxy);
    }
    if (e)
        return e;
    reply_object(call, 200, "Ended.", &proxy_fields, &proxy, false);
    return ERR_OK;
}

const struct endpoint endpoint_proxy_end = {
    .name = "proxy_end",
    .method = METHOD_DELETE,
    .path = "/patients/{patient_id}/proxies/{proxy_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES,
    .data = &proxy_fields,
    .handle = handle,
    .tag = "Patients",
    .summary = "End somebody's acting for a patient",
    .description =
        "At once; for the patient, staff, admins, and whoever acts. Ending it twice changes nothing.",
};
