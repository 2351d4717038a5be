/* rec_practice.h - access points, their sessions and practitioners, and the small copies that lists are made from. */
#ifndef STORE_REC_PRACTICE_H
#define STORE_REC_PRACTICE_H

#include "domain/bank_holiday.h"
#include "domain/practice.h"
#include "domain/session.h"
#include "store/store.h"

extern const struct field_set practice_fields, session_fields, address_fields, practitioner_fields, opening_hours_fields,
    booking_rules_fields, closure_fields, interval_fields;

/* A new one with all defaults: active, open to everybody, slot length 15, ... */
void practice_init(struct practice *practice);
enum err practice_load(struct tx *tx, const char *practice_id, struct practice *practice); /* ERR_NOT_FOUND */
/* Writes the record, its list copy and its ODS index. before: as loaded, NULL for a new one (ERR_ODS_CODE_TAKEN, ERR_CONFLICT
 * if the id exists). Raises sessions_version when something that days are made from has changed. */
enum err practice_save(struct tx *tx, const struct practice *before, struct practice *practice);

/* All practices in the order of their ids, at most limit, after `after` (NULL = from the start); *more as tx_scan. */
enum err practice_list(struct tx *tx, const char *after, size_t limit, struct practice **practices, size_t *count, bool *more);

enum err session_load(struct tx *tx, const char *practice_id, const char *session_id, struct session *session);
enum err session_list(struct tx *tx, const char *practice_id, struct session **sessions, size_t *count);
enum err session_save(struct tx *tx, const struct session *session); /* the caller raises the practice's sessions_version */
enum err session_delete(struct tx *tx, const char *practice_id, const char *session_id);

/* Corrections of the computed bank holidays; all nations. An empty set if nothing was imported. */
enum err bank_holidays_load(struct tx *tx, struct bank_holiday_corrections *corrections);
enum err bank_holidays_save(struct tx *tx, const struct bank_holiday_corrections *corrections);

/* Position of a postcode: imported, ERR_NOT_FOUND otherwise. */
enum err postcode_load(struct tx *tx, const char *postcode, double *latitude, double *longitude);
enum err postcode_save(struct tx *tx, const char *postcode, double latitude, double longitude);

#endif
