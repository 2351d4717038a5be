/* patient_steps.h - what the endpoints of patients share: rules that need the clock, the caller or the store.
 */
#ifndef API_PATIENT_STEPS_H
#define API_PATIENT_STEPS_H

#include "call/call.h"
#include "store/known.h"
#include "store/rec_patient.h"

enum { BORN_WITHIN_YEARS = 130 };

struct patient_query {
    enum truth include_medical, include_appointments;
};
extern const struct field_set patient_query_fields;

/* What every request about a patient reads: them, and whether the caller acts for them. */
void patient_keys(const struct call *call, struct known *known);

/* Rules between what was and what is asked for, for both POST (before NULL) and PUT: date of birth, whose NHS
 * number may change, what verified needs, that the registered practice exists. Completes nhs_number_status
 * and medical_info's last_updated and data_source. */
enum err patient_complete(struct call *call, struct tx *tx, const struct patient *before,
                          struct patient *patient);

/* Answers with the patient, its medical_info if asked for and allowed, and its appointments if asked for. */
enum err patient_reply(struct call *call, struct tx *tx, int status, const char *message,
                       const struct patient *patient);

#endif
