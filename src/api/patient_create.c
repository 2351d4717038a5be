/* patient_create.c - POST /patients: staff and admins make a record for somebody who has none. Whoever
 * registers has one already, and is told its id. */
#include "api/endpoint.h"
#include "api/patient_steps.h"
#include "call/access.h"
#include "call/reply.h"

/* A patient's record was made when they registered. */
static enum err exists_already(struct call *call)
{
    struct json_writer writer = json_writer(&call->problem_extra);

    writer.comma = true;
    json_text(&writer, "patient_id", call->caller.user_id);
    return ERR_PATIENT_EXISTS;
}

/* The practices that the patient is with from now on: those of the member of staff, and the one of the
 * registration. */
static enum err relations_add(struct call *call, struct tx *tx, const struct patient *patient)
{
    const struct list *practices = &call->caller.user->practice_ids;
    enum err e = ERR_OK;

    if (call_is_role(call, ROLE_STAFF))
        for (size_t i = 0; !e && i < practices->count; i++)
            e = relation_add(tx, patient, ((const char *const *)practices->items)[i]);
    return !e && patient->registered_practice_id ? relation_add(tx, patient, patient->registered_practice_id)
                                                 : e;
}

static enum err review(struct call *call, struct tx *tx)
{
    struct patient patient = *(const struct patient *)call->body;

    return call_is_role(call, ROLE_PATIENT) ? ERR_OK : patient_complete(call, tx, NULL, &patient);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct patient patient = *(const struct patient *)call->body;

    if (call_is_role(call, ROLE_PATIENT))
        return exists_already(call);
    enum err e = access_any(call, ACTION_PATIENT_CREATE);
    if (e)
        return e;
    patient.patient_id = call_new_id(call);
    patient.created_at = patient.updated_at = call->now_ms;
    patient.version = 1;
    e = patient.patient_id ? patient_complete(call, tx, NULL, &patient) : ERR_MEMORY;
    if (!e)
        e = patient_save(tx, NULL, &patient);
    if (!e)
        e = relations_add(call, tx, &patient);
    if (e)
        return e;
    reply_location(call, "/patients/%s", patient.patient_id);
    return patient_reply(call, tx, 201, "Patient created.", &patient);
}

static const enum err errors[] = {ERR_PATIENT_EXISTS, ERR_NHS_NUMBER_TAKEN, ERR_OK};

const struct endpoint endpoint_patient_create = {
    .name = "patient_create",
    .method = METHOD_POST,
    .path = "/patients",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .query = &patient_query_fields,
    .body = &patient_fields,
    .body_mode = FIELDS_CREATE,
    .data = &patient_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Patients",
    .summary = "Create a patient",
    .description = "For staff and admins. A patient who has registered has a record already and gets 409 "
                   "with its `patient_id`; PUT completes it. The practices of the member of staff get a "
                   "relationship with the patient.",
    .body_example = "{\"first_name\": \"John\", \"last_name\": \"Smith\", \"date_of_birth\": \"1990-01-15\", "
                    "\"email\": \"john.smith@example.org\", \"nhs_number\": \"9990000018\"}",
};
