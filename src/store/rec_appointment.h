/* rec_appointment.h - appointments with their indexes, and what a patient used where. */
#ifndef STORE_REC_APPOINTMENT_H
#define STORE_REC_APPOINTMENT_H

#include "domain/appointment.h"
#include "domain/text.h"
#include "domain/usage.h"
#include "store/store.h"

extern const struct field_set appointment_fields;

enum { REASON_MAX = 500, NOTES_MAX = 1000, DURATION_MIN = 5, DURATION_MAX = 120 };

/* Rows that request bodies share with the record: the struct, its member, and flags of their own. */
/* clang-format off */
#define APPOINTMENT_FIELD_PRACTITIONER(type_, member_, flags_) \
    {.name = "practitioner_id", .tag = 5, .flags = (flags_), .kind = FIELD_TEXT, .offset = offsetof(type_, member_), \
     .max = KEY_PART_MAX, .help = "Ask for this practitioner; leave out for anybody."}
#define APPOINTMENT_FIELD_DATETIME(type_, member_, flags_) \
    {.name = "appointment_datetime", .tag = 6, .flags = (flags_), .kind = FIELD_INSTANT, .offset = offsetof(type_, member_), \
     .help = "Start, with an offset; UTC in answers.", .example = "\"2027-01-15T10:30:00Z\""}
#define APPOINTMENT_FIELD_DURATION(type_, member_, flags_) \
    {.name = "duration_minutes", .tag = 7, .flags = (flags_), .kind = FIELD_INTEGER, .offset = offsetof(type_, member_), \
     .min = DURATION_MIN, .max = DURATION_MAX, .help = "A whole number of slots; the session's slot length if left out.", \
     .example = "30"}
#define APPOINTMENT_FIELD_TYPE(type_, member_, flags_) \
    {.name = "appointment_type", .tag = 8, .flags = (flags_), .kind = FIELD_ENUM, .offset = offsetof(type_, member_), \
     .values = appointment_type_names, .example = "\"routine\""}
#define APPOINTMENT_FIELD_CHANNEL(type_, member_, flags_) \
    {.name = "delivery_channel", .tag = 9, .flags = (flags_), .kind = FIELD_ENUM, .offset = offsetof(type_, member_), \
     .values = delivery_channel_names, .example = "\"in_person\""}
#define APPOINTMENT_FIELD_STATUS(type_, member_, flags_) \
    {.name = "status", .tag = 10, .flags = (flags_), .kind = FIELD_ENUM, .offset = offsetof(type_, member_), \
     .values = appointment_status_names, .help = "FHIR R4 Appointment.status; pending is a hold.", .example = "\"booked\""}
#define APPOINTMENT_FIELD_REASON(type_, member_, flags_) \
    {.name = "reason", .tag = 11, .flags = (flags_) | FIELD_PERSONAL, .kind = FIELD_TEXT, .offset = offsetof(type_, member_), \
     .max = REASON_MAX, .normalise = text_normalise_lines, .example = "\"Annual check-up\""}
#define APPOINTMENT_FIELD_NOTES(type_, member_, flags_) \
    {.name = "notes", .tag = 12, .flags = (flags_) | FIELD_PERSONAL, .kind = FIELD_TEXT, .offset = offsetof(type_, member_), \
     .max = NOTES_MAX, .normalise = text_normalise_lines}
/* clang-format on */

void appointment_init(struct appointment *appointment);
enum err appointment_load(struct tx *tx, const char *appointment_id,
                          struct appointment *appointment); /* ERR_NOT_FOUND */
/* A reference for an appointment that is booked now. Whoever sees it learns nothing from it, not even when;
 * but those that are made one after the other stand together in the store, so 16 bits are drawn and the rest
 * is the time. Two can be the same: see whether it is taken. */
void appointment_reference_make(struct tx *tx, int64_t now_ms, const uint8_t random[static 2],
                                char out[static 10]);
enum err appointment_find_reference(struct tx *tx, const char *reference, struct appointment *appointment);
/* Writes the record under the patient's key, the indexes by patient, by practice and by reference, the hold
 * index, and the usage of that patient at that practice, all from the difference to before (as loaded; NULL
 * for a new one). */
enum err appointment_save(struct tx *tx, const struct appointment *before, const struct appointment *after);

/* One page of an index, forwards in time, from_ms included, until_ms excluded; after: sort key of the page
 * before, or NULL. sorts: the key of each, for the cursor. */
enum appointment_index { APPOINTMENTS_OF_PATIENT, APPOINTMENTS_OF_PRACTICE };
struct appointment_page {
    enum appointment_index index;
    const char *of;            /* patient or practice id */
    int64_t from_ms, until_ms; /* INSTANT_NONE = no limit */
    const char *after;
    size_t limit;
};
struct appointment_row {
    const char *sort;
    struct appointment appointment;
};
enum err appointment_list(struct tx *tx, const struct appointment_page *page, struct appointment_row **rows,
                          size_t *count, bool *more);

/* Cross-practice usage. */
enum { USAGES_MAX = 200 };
enum err usage_of_patient(struct tx *tx, const char *patient_id, struct usage **usages, size_t *count);
/* Sums over the practice's appointments that start on those local dates, both included. */
enum err usage_of_practice(struct tx *tx, const char *practice_id, int32_t first, int32_t last,
                           struct usage_counts *counts);
/* appointment_save only. */
enum err usage_save(struct tx *tx, const struct appointment *before, const struct appointment *after);
/* Stored forms, for verify. */
enum err usage_counts_decode(struct span bytes, struct usage_counts *counts,
                             int64_t *last_visit); /* ERR_DAMAGED */

#endif
