/* booking_steps.h - the steps that all endpoints share which give somebody a place: whom, where, when, and
 * what is said when it cannot be. */
#ifndef API_BOOKING_STEPS_H
#define API_BOOKING_STEPS_H

#include "call/call.h"
#include "domain/appointment.h"
#include "domain/practice.h"
#include "store/rec_patient.h"

struct booking {
    struct practice practice;
    bool by_staff; /* staff of that practice, or an admin: the minimum notice does not count */
};

/* Loads the practice that a body names: 422 at /practice_id if there is none. */
enum err booking_open(struct call *call, struct tx *tx, const char *practice_id, struct booking *booking);

/* Loads the patient, whom the caller may book for there: ERR_NOT_FOUND for somebody else's patient; 422 at
 * the pointer if there is none; ERR_PATIENT_INACTIVE, ERR_NEEDS_REGISTRATION. */
enum err booking_patient(struct call *call, struct tx *tx, const struct booking *booking,
                         const char *patient_id, const char *pointer, struct patient *patient);

/* A new appointment for the call: ids, reference, times, who made it. */
enum err booking_new(struct call *call, struct tx *tx, struct appointment *appointment);

/* Checks the moment, takes the place and saves the appointment with its relationship. An error names the
 * member that it is about, and ERR_SLOT_UNAVAILABLE brings `alternatives` with it. */
enum err booking_take(struct call *call, struct tx *tx, const struct booking *booking,
                      const struct patient *patient, struct appointment *appointment);

/* The same for a move. */
enum err booking_move(struct call *call, struct tx *tx, const struct booking *booking,
                      const struct appointment *before, struct appointment *after);

/* For an endpoint's review: is there such a practice, and may that moment be? Either may be absent (NULL,
 * INSTANT_NONE). *booking has its practice if this gave ERR_OK and practice_id was there. */
enum err booking_review(struct call *call, struct tx *tx, const char *practice_id, int64_t start_ms,
                        struct booking *booking);

/* Instant at which a hold made now ends. */
int64_t booking_hold_end(const struct call *call);

#endif
