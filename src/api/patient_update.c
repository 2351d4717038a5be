/* patient_update.c - PUT /patients/{patient_id}: changes the members that it names. */
#include "api/endpoint.h"
#include "api/patient_steps.h"
#include "call/access.h"

static enum err change(struct call *call, struct tx *tx, struct patient *before, struct patient *after)
{
    enum err e = access_patient(call, tx, ACTION_PATIENT_UPDATE, call->path_params[0]);
    if (!e)
        e = patient_load(tx, call->path_params[0], before);
    if (!e)
        e = call_check_version(call, before->version);
    if (e)
        return e;
    *after = *before;
    e = fields_read(&patient_fields, call->json, FIELDS_UPDATE, call_by(call), call->arena, &call->problems,
                    after);
    return call_also(e, patient_complete(call, tx, before, after));
}

static enum err review(struct call *call, struct tx *tx)
{
    struct patient before;
    struct patient after;

    return change(call, tx, &before, &after);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct patient before;
    struct patient after;

    enum err e = change(call, tx, &before, &after);
    if (e)
        return e;
    after.version = before.version + 1;
    after.updated_at = call->now_ms;
    e = patient_save(tx, &before, &after);
    if (!e && after.registered_practice_id)
        e = relation_add(tx, &after, after.registered_practice_id);
    return e ? e : patient_reply(call, tx, 200, "Patient updated.", &after);
}

static const enum err errors[] = {ERR_NHS_NUMBER_TAKEN, ERR_PRECONDITION, ERR_OK};

const struct endpoint endpoint_patient_update = {
    .name = "patient_update",
    .method = METHOD_PUT,
    .path = "/patients/{patient_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .query = &patient_query_fields,
    .body = &patient_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &patient_fields,
    .keys = patient_keys,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Patients",
    .summary = "Change a patient",
    .description =
        "Nested objects are merged by member, lists are replaced, null clears an optional member. An NHS "
        "number that a patient sends is a claim; staff make it verified with `nhs_number_status`.",
    .body_example = "{\"phone\": \"07700 900123\", \"address\": {\"line1\": \"1 Example Street\", "
                    "\"postcode\": \"M1 1AE\"}}",
};
