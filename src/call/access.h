/* access.h - what the caller is to the thing that is asked for, from the store, for policy_check. */
#ifndef CALL_ACCESS_H
#define CALL_ACCESS_H

#include "call/call.h"
#include "domain/policy.h"

/* ERR_OK if the caller may; ERR_NOT_FOUND or ERR_FORBIDDEN if not. */
enum err access_patient(struct call *call, struct tx *tx, enum action action, const char *patient_id);
/* About something of a practice. */
enum err access_practice(struct call *call, enum action action, const char *practice_id);
/* About an appointment: the patient's own, of somebody whom the caller acts for, or of one of the caller's
 * practices. */
enum err access_appointment(struct call *call, struct tx *tx, enum action action, const char *patient_id,
                            const char *practice_id);
/* About nothing in particular. */
enum err access_any(struct call *call, enum action action);

#endif
