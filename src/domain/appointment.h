/* appointment.h - one person's appointment (FHIR R4 Appointment) and the person's agenda. */
#ifndef DOMAIN_APPOINTMENT_H
#define DOMAIN_APPOINTMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/fields.h"
#include "domain/terms.h"

#include <stdint.h>

struct appointment {
    const char *appointment_id, *reference, *patient_id, *practice_id, *practitioner_id;
    int64_t appointment_datetime; /* ms since 1970 UTC */
    int64_t duration_minutes;     /* 5 to 120 */
    int32_t appointment_type, delivery_channel, status;
    const char *reason, *notes, *cancellation_reason;
    int64_t expires_at; /* of a hold */
    int64_t created_at, updated_at;
    const char *created_by; /* user id */
    int64_t version;
};

/* The live appointments of one person: alone decides whether a patient is busy already. */
enum { AGENDA_MAX = 200 };
#define AGENDA_PAST_MS DAY_MS /* what ended longer ago is dropped: the past needs no guard */
struct agenda_entry {
    const char *appointment_id;
    int64_t start_ms;
    int32_t duration_minutes;
    int64_t expires_at; /* of a hold; INSTANT_NONE otherwise */
};
struct agenda {
    const char *patient_id;
    struct agenda_entry *entries; /* sorted by start */
    size_t count;
};
/* Adds it, or changes the one of the same id (a hold confirmed, an appointment moved). Drops expired holds
 * and what ended more than AGENDA_PAST_MS before now_ms. ERR_PATIENT_BUSY if it overlaps another one (which
 * may begin when it ends), ERR_AGENDA_FULL, ERR_MEMORY; the agenda is unchanged after an error. */
enum err agenda_add(struct agenda *agenda, const struct agenda_entry *entry, int64_t now_ms,
                    struct arena *arena);
void agenda_remove(struct agenda *agenda, const char *appointment_id);

/* Readable on the phone: Crockford base 32 without look-alikes, like "K7M2-9XQF" (8 symbols, 40 bits). */
void reference_format(const uint8_t random[static 5], char out[static 10]);
/* The 40 bits of a stored form; false if it is none. */
bool reference_number(const char *reference, uint64_t *number);
/* The stored form of what somebody typed (case, blanks, hyphens, O for 0, I and L for 1); false if it cannot
 * be one. */
bool reference_parse(const char *text, size_t size, char out[static 10]);

#endif
