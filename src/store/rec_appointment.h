/* rec_appointment.h - appointments with their indexes, and what a patient used where. */
#ifndef STORE_REC_APPOINTMENT_H
#define STORE_REC_APPOINTMENT_H

#include "domain/appointment.h"
#include "domain/usage.h"
#include "store/store.h"

extern const struct field_set appointment_fields;

void appointment_init(struct appointment *appointment);
enum err appointment_load(struct tx *tx, const char *appointment_id, struct appointment *appointment); /* ERR_NOT_FOUND */
enum err appointment_find_reference(struct tx *tx, const char *reference, struct appointment *appointment);
/* Writes the record under the patient's key, the indexes by patient, by practice and by reference, the hold index, and the
 * usage of that patient at that practice, all from the difference to before (as loaded; NULL for a new one). */
enum err appointment_save(struct tx *tx, const struct appointment *before, const struct appointment *appointment);

/* One page of an index, forwards in time, from_ms included, until_ms excluded; after: sort key of the page before, or NULL.
 * sorts: the key of each, for the cursor. */
enum appointment_index { APPOINTMENTS_OF_PATIENT, APPOINTMENTS_OF_PRACTICE };
struct appointment_page {
    enum appointment_index index;
    const char *of; /* patient or practice id */
    int64_t from_ms, until_ms; /* INSTANT_NONE = no limit */
    const char *after;
    size_t limit;
};
struct appointment_row {
    const char *sort;
    struct appointment appointment;
};
enum err appointment_list(struct tx *tx, const struct appointment_page *page, struct appointment_row **rows, size_t *count, bool *more);

/* Cross-practice usage. */
enum { USAGES_MAX = 200 };
enum err usage_of_patient(struct tx *tx, const char *patient_id, struct usage **usages, size_t *count);
/* Sums over the practice's appointments that start on those local dates, both included. */
enum err usage_of_practice(struct tx *tx, const char *practice_id, int32_t first, int32_t last, struct usage_counts *counts);
/* appointment_save only. */
enum err usage_save(struct tx *tx, const struct appointment *before, const struct appointment *after);
/* Stored forms, for verify. */
enum err usage_counts_decode(struct span bytes, struct usage_counts *counts, int64_t *last_visit); /* ERR_DAMAGED */

#endif
