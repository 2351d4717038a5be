/* patient_usage.c - GET /patients/{patient_id}/usage: what the patient used, practice by practice. */
#include "api/endpoint.h"
#include "api/patient_steps.h"
#include "api/usage_fields.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_appointment.h"
#include "store/rec_patient.h"

struct usage_row {
    const char *patient_id, *nhs_number, *practice_id;
    struct usage_counts counts;
    int64_t last_visit;
    enum truth is_primary_practice;
};

static const struct field rows[] = {
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct usage_row, patient_id),
     .example = "\"patient-123\""},
    {.name = "nhs_number",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct usage_row, nhs_number),
     .example = "\"9434765919\""},
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct usage_row, practice_id),
     .example = "\"practice-456\""},
    USAGE_COUNT_FIELDS(struct usage_row),
    {.name = "last_visit",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct usage_row, last_visit),
     .help = "Start of the last appointment attended."},
    {.name = "is_primary_practice",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct usage_row, is_primary_practice),
     .help = "Where the patient is registered, else where they were seen most.",
     .example = "true"},
};
static const struct field_set usage_row_fields = {
    .name = "PatientPracticeUsage", .size = sizeof(struct usage_row), FIELDS(rows)};

static void reply_usages(struct call *call, const struct patient *patient, const struct usage *usages,
                         size_t count)
{
    size_t primary = usage_primary(usages, count, patient->registered_practice_id);
    struct json_writer *writer = reply_begin(call, 200, count ? "Usage found." : "No usage yet.");

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++) {
        struct usage_row row = {usages[i].patient_id,  patient->nhs_number,
                                usages[i].practice_id, usages[i].counts,
                                usages[i].last_visit,  i == primary ? TRUTH_YES : TRUTH_NO};
        fields_write(&usage_row_fields, &row, false, writer, NULL);
    }
    json_array_end(writer);
    reply_end(call);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct patient patient;
    struct usage *usages;
    size_t count;

    enum err e = access_patient(call, tx, ACTION_PATIENT_USAGE, call->path_params[0]);
    if (!e)
        e = patient_load(tx, call->path_params[0], &patient);
    if (!e)
        e = usage_of_patient(tx, patient.patient_id, &usages, &count);
    if (e)
        return e;
    reply_usages(call, &patient, usages, count);
    return ERR_OK;
}

const struct endpoint endpoint_patient_usage = {
    .name = "patient_usage",
    .method = METHOD_GET,
    .path = "/patients/{patient_id}/usage",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .data = &usage_row_fields,
    .keys = patient_keys,
    .handle = handle,
    .tag = "Patients",
    .summary = "What a patient used where",
    .description = "Counts per practice, kept in the transaction of each booking; at most 200 practices.",
};
