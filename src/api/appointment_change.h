/* appointment_change.h - what PUT and DELETE of an appointment share: from one state to another, in one step.
 */
#ifndef API_APPOINTMENT_CHANGE_H
#define API_APPOINTMENT_CHANGE_H

#include "call/call.h"
#include "domain/appointment.h"
#include "store/known.h"

/* The records that an endpoint on one appointment will read. */
void appointment_keys(const struct call *call, struct known *known);

/* Loads the appointment, checks that the caller may change it and that If-Match fits. */
enum err appointment_open(struct call *call, struct tx *tx, struct appointment *appointment);

/* Goes from before to after: checks the move of the status and who may do it, the cut-off, frees, takes or
 * moves the place, and saves with a new version. after is completed. */
enum err appointment_change(struct call *call, struct tx *tx, const struct appointment *before,
                            struct appointment *after);
/* For an endpoint's review: what is wrong with the members of after. */
enum err appointment_review(struct call *call, struct tx *tx, const struct appointment *before,
                            const struct appointment *after);

#endif
