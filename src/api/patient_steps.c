/* patient_steps.c - see patient_steps.h. */
#include "api/patient_steps.h"

#include "call/access.h"
#include "call/reply.h"
#include "store/rec_appointment.h"
#include "store/rec_practice.h"

#include <string.h>

enum { APPOINTMENTS_SHOWN_MAX = 200, APPOINTMENTS_SHOWN_DAYS = 730 };

static const struct field query_rows[] = {
    {.name = "include_medical",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct patient_query, include_medical),
     .help = "true: with medical_info.",
     .example = "true"},
    {.name = "include_appointments",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct patient_query, include_appointments),
     .help = "true: with appointments, those of the last two years and to come, at most 200.",
     .example = "true"},
};
const struct field_set patient_query_fields = {
    .name = "PatientQuery", .size = sizeof(struct patient_query), FIELDS(query_rows)};

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static enum err birth_check(struct call *call, const struct patient *patient)
{
    int32_t today = london_date(call->now_ms);
    int year;
    int month;
    int day;

    if (patient->date_of_birth == DATE_NONE)
        return ERR_OK; /* registered only; POST /patients has asked for it */
    civil_from_days(today, &year, &month, &day);
    if (patient->date_of_birth > today)
        return call_problem(call, "/date_of_birth", ERR_FIELD_RANGE, "The date of birth lies in the future.");
    if (patient->date_of_birth < days_from_civil(year - BORN_WITHIN_YEARS, month, day > 28 ? 28 : day))
        return call_problem(call, "/date_of_birth", ERR_FIELD_RANGE,
                            "The date of birth lies more than 130 years back.");
    return ERR_OK;
}

/* What a patient types is a claim and never replaces a verified number; what staff change is a claim until
 * they say so. */
static enum err nhs_number_complete(struct call *call, const struct patient *before, struct patient *patient)
{
    bool by_staff = call_by(call) == FIELDS_BY_STAFF;
    bool changed = !same_text(before ? before->nhs_number : NULL, patient->nhs_number);
    bool was_verified = before && before->nhs_number_status == NHS_NUMBER_VERIFIED;
    bool says_verified = by_staff && json_member(call->json, "nhs_number_status") &&
                         patient->nhs_number_status == NHS_NUMBER_VERIFIED;

    if (changed && was_verified && !by_staff)
        return call_problem(call, "/nhs_number", ERR_FIELD_READ_ONLY,
                            "A verified NHS number can only be changed by staff; ask your practice.");
    if (says_verified && !patient->nhs_number)
        return call_problem(call, "/nhs_number", ERR_FIELD_REQUIRED, "A verified number has to be there.");
    if (!patient->nhs_number)
        patient->nhs_number_status = 0;
    else if (patient->nhs_number_status == 0 || (changed && !says_verified))
        patient->nhs_number_status = NHS_NUMBER_UNVERIFIED;
    return ERR_OK;
}

static enum err registered_check(struct call *call, struct tx *tx, const struct patient *before,
                                 const struct patient *patient)
{
    struct practice practice;

    if (!patient->registered_practice_id ||
        same_text(before ? before->registered_practice_id : NULL, patient->registered_practice_id))
        return ERR_OK;
    enum err e = practice_load(tx, patient->registered_practice_id, &practice);
    if (e == ERR_NOT_FOUND)
        return call_problem(call, "/registered_practice_id", ERR_NOT_FOUND,
                            "There is no practice with this id.");
    return e;
}

static void medical_complete(struct call *call, struct patient *patient)
{
    if (!patient->medical_info || !json_member(call->json, "medical_info"))
        return;
    patient->medical_info->last_updated = call->now_ms;
    if (!patient->medical_info->data_source)
        patient->medical_info->data_source = call_by(call) == FIELDS_BY_STAFF ? "staff" : "patient";
}

enum err patient_complete(struct call *call, struct tx *tx, const struct patient *before,
                          struct patient *patient)
{
    if (patient->status == 0)
        patient->status = PATIENT_ACTIVE; /* left out, or cleared */
    enum err e = birth_check(call, patient);
    e = call_also(e, nhs_number_complete(call, before, patient));
    e = call_also(e, registered_check(call, tx, before, patient));
    if (!e)
        medical_complete(call, patient);
    return e;
}

static enum err write_appointments(struct call *call, struct tx *tx, const struct patient *patient,
                                   struct json_writer *writer)
{
    struct appointment_page page = {.index = APPOINTMENTS_OF_PATIENT,
                                    .of = patient->patient_id,
                                    .from_ms = call->now_ms - APPOINTMENTS_SHOWN_DAYS * DAY_MS,
                                    .until_ms = INSTANT_NONE,
                                    .limit = APPOINTMENTS_SHOWN_MAX};
    struct appointment_row *rows;
    size_t count;
    bool more;

    enum err e = appointment_list(tx, &page, &rows, &count, &more);
    if (e)
        return e;
    json_array_begin(writer, "appointments");
    for (size_t i = 0; i < count; i++) {
        const struct appointment *appointment = &rows[i].appointment;
        if (!access_appointment(call, tx, ACTION_APPOINTMENT_READ, appointment->patient_id,
                                appointment->practice_id))
            fields_write(&appointment_fields, appointment, false, writer, NULL);
    }
    json_array_end(writer);
    return ERR_OK;
}

enum err patient_reply(struct call *call, struct tx *tx, int status, const char *message,
                       const struct patient *patient)
{
    const struct patient_query *query = call->query;
    bool medical = query->include_medical == TRUTH_YES;
    enum err e = ERR_OK;

    if (medical)
        e = access_patient(call, tx, ACTION_PATIENT_READ_MEDICAL, patient->patient_id);
    if (e)
        return e;
    reply_etag(call, patient->version);
    struct json_writer *writer = reply_begin(call, status, message);
    json_object_begin(writer, NULL);
    fields_write_members(&patient_fields, patient, medical, writer);
    if (query->include_appointments == TRUTH_YES)
        e = write_appointments(call, tx, patient, writer);
    json_object_end(writer);
    reply_end(call);
    return e;
}

void patient_keys(const struct call *call, struct known *known)
{
    const char *patient_id = call->path_params[0];

    known_add(known, TABLE_PATIENT, patient_id, NULL);
    if (call->caller.user_id && strcmp(call->caller.user_id, patient_id) != 0)
        known_add(known, TABLE_PROXY, patient_id, call->caller.user_id);
}
