/* rec_day.h - days and agendas: the records on which "never double-booked" hangs (design.md section 2). */
#ifndef STORE_REC_DAY_H
#define STORE_REC_DAY_H

#include "domain/appointment.h"
#include "domain/day.h"
#include "store/rec_practice.h"
#include "store/store.h"

/* The day as it stands: built from the sessions when first touched, rebuilt when practice->sessions_version
 * (of the practice as loaded in THIS transaction) or the bank holidays have changed since. Expired holds are
 * still in it: call day_expire. Read only until day_save. */
enum err day_load(struct tx *tx, const struct practice *practice, int32_t date, struct day *day);
enum err day_save(struct tx *tx, const struct day *day);

/* For several days of one practice: what days are made from is read once, when it is needed first. */
struct day_source {
    const struct practice *practice;
    int64_t holidays_version;
    bool version_known;
    bool sessions_known; /* and the corrections */
    struct session *sessions;
    size_t session_count;
    struct bank_holiday_corrections corrections;
};
struct day_source day_source(const struct practice *practice);
/* with_ids false: entries have "" as their id, and what is free is found faster; such a day is never saved.
 */
enum err day_load_from(struct tx *tx, struct day_source *source, int32_t date, bool with_ids,
                       struct day *day);

/* What the day would be made from, without making it: the stamp of its record, or of the practice's while it
 * has none. ERR_NOT_FOUND if there is neither. */
enum err day_stamp(struct tx *tx, struct day_source *source, int32_t date, struct stamp *stamp,
                   bool *has_record);

/* An empty agenda if there is none. */
enum err agenda_load(struct tx *tx, const char *patient_id, struct agenda *agenda);
enum err agenda_save(struct tx *tx, const struct agenda *agenda);

/* Stored forms, for verify and the fuzzers. */
void day_encode(const struct day *day, struct buf *buf);
enum err day_decode(struct span bytes, struct arena *arena, struct day *day); /* ERR_DAMAGED */
void agenda_encode(const struct agenda *agenda, struct buf *buf);
enum err agenda_decode(struct span bytes, struct arena *arena, struct agenda *agenda);

#endif
