/* patient_read.c - GET /patients/{patient_id}. */
#include "api/endpoint.h"
#include "api/patient_steps.h"
#include "call/access.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct patient patient;

    enum err e = access_patient(call, tx, ACTION_PATIENT_READ, call->path_params[0]);
    if (!e)
        e = patient_load(tx, call->path_params[0], &patient);
    return e ? e : patient_reply(call, tx, 200, "Patient found.", &patient);
}

const struct endpoint endpoint_patient_read = {
    .name = "patient_read",
    .method = METHOD_GET,
    .path = "/patients/{patient_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_VERSIONED,
    .query = &patient_query_fields,
    .data = &patient_fields,
    .keys = patient_keys,
    .handle = handle,
    .tag = "Patients",
    .summary = "Read a patient",
    .description = "The patient themselves, staff of a practice with a relationship, and admins. "
                   "`medical_info` comes only with `include_medical=true`.",
};
