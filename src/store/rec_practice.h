/* rec_practice.h - access points, their sessions and practitioners, and the small copies that lists are made
 * from. */
#ifndef STORE_REC_PRACTICE_H
#define STORE_REC_PRACTICE_H

#include "domain/bank_holiday.h"
#include "domain/practice.h"
#include "domain/session.h"
#include "store/store.h"

enum { CLOSURES_MAX = 400 };

extern const struct field_set practice_fields, session_fields, address_fields, practitioner_fields,
    opening_hours_fields, booking_rules_fields, closure_fields, interval_fields;
/* The same members without the rules between them: for a body that names only what changes. When it has been
 * merged onto what was loaded, the sets above check the whole. */
extern const struct field_set practice_update_fields, session_update_fields;
/* Stored only: what lists search, and what days are made from. */
extern const struct field_set practice_brief_fields, practice_schedule_fields;

/* A booked appointment that a change of hours, closures, services or sessions leaves without a place. */
struct affected {
    const char *appointment_id, *reference, *patient_id;
    int64_t appointment_datetime;
    int64_t duration_minutes;
    int32_t appointment_type;
};
struct affected_list {
    int64_t count;     /* all of them */
    struct list items; /* of struct affected: the first AFFECTED_MAX, by time */
};
enum { AFFECTED_MAX = 500 };
extern const struct field_set affected_fields;
/* clang-format off */
#define AFFECTED_ROWS(type, member)                                                                          \
    {.name = "affected_count", .flags = FIELD_READ_ONLY, .kind = FIELD_INTEGER,                              \
     .offset = offsetof(type, member.count), .help = "How many booked appointments no longer fit.",          \
     .example = "0"},                                                                                        \
    {.name = "affected", .flags = FIELD_READ_ONLY | FIELD_ALWAYS, .kind = FIELD_OBJECTS,                     \
     .offset = offsetof(type, member.items), .of = &affected_fields, .max = AFFECTED_MAX,                    \
     .help = "Those appointments, by time, at most 500. They stay booked until somebody moves or cancels "   \
     "them."}
/* clang-format on */

/* ---- practices ---- */

/* In answers: with the distance from a point; with what a change touches. */
struct practice_found {
    struct practice practice;
    int64_t distance_metres; /* INTEGER_NONE: no point was asked for */
};
struct practice_change {
    struct practice practice;
    struct affected_list affected;
};
extern const struct field_set practice_found_fields, practice_change_fields;

/* A new one: active, open to everybody, every service. Hours and rules come with practice_complete. */
void practice_init(struct practice *practice);
/* After a body was read onto it: what was left out or cleared gets its default, closures are sorted by date.
 */
enum err practice_complete(struct arena *arena, struct practice *practice);

enum err practice_load(struct tx *tx, const char *practice_id, struct practice *practice); /* ERR_NOT_FOUND */
/* Writes the record, its list copy and its ODS index. before: as loaded, NULL for a new one
 * (ERR_ODS_CODE_TAKEN, ERR_CONFLICT if the id exists). Raises sessions_version when something that days are
 * made from has changed. */
enum err practice_save(struct tx *tx, const struct practice *before, struct practice *practice);
/* For a change of sessions: days made before are rebuilt. */
enum err practice_sessions_changed(struct tx *tx, struct practice *practice);

/* All practices in the order of their ids, at most limit, after `after` (NULL = from the start); *more as
 * tx_scan. Only the members of practice_brief_fields are there; of a damaged row, the id alone, without a
 * status. */
enum err practice_list(struct tx *tx, const char *after, size_t limit, struct practice **practices,
                       size_t *count, bool *more);

/* ---- sessions ---- */

struct session_change {
    struct session session;
    struct affected_list affected;
};
extern const struct field_set session_change_fields;

void session_init(struct session *session);
/* What was left out or cleared gets its default; cancelled dates are sorted. */
enum err session_complete(struct arena *arena, const struct practice *practice, struct session *session);

enum err session_load(struct tx *tx, const char *practice_id, const char *session_id,
                      struct session *session);
/* Sorted by id, with their practitioners. */
enum err session_list(struct tx *tx, const char *practice_id, struct session **sessions, size_t *count);
/* The same without what days are not made from: of a practitioner there is only the id. */
enum err session_list_brief(struct tx *tx, const char *practice_id, struct session **sessions, size_t *count);
/* Writes the session, and the practitioner, whose details all sessions share. The caller raises the
 * practice's sessions_version. */
enum err session_save(struct tx *tx, const struct session *session);
enum err session_delete(struct tx *tx, const char *practice_id, const char *session_id);
enum err practitioner_load(struct tx *tx, const char *practice_id, const char *practitioner_id,
                           struct practitioner *practitioner); /* ERR_NOT_FOUND */

/* ---- bank holidays and postcodes ---- */

/* Corrections of the computed bank holidays; all nations. An empty set if nothing was imported. */
enum err bank_holidays_load(struct tx *tx, struct bank_holiday_corrections *corrections);
/* ERR_FIELD_TOO_LONG if they do not fit into one record. */
enum err bank_holidays_save(struct tx *tx, const struct bank_holiday_corrections *corrections);
/* Goes up with every save; 0 before the first. Days remember it. */
enum err bank_holidays_version(struct tx *tx, int64_t *version);

/* Position of a postcode: imported, ERR_NOT_FOUND otherwise. */
enum err postcode_load(struct tx *tx, const char *postcode, double *latitude, double *longitude);
enum err postcode_save(struct tx *tx, const char *postcode, double latitude, double longitude);

#endif
