/* place.h - a place in a practice's day and in a person's agenda: taken, freed and moved together, in the
 * caller's transaction. The rules are domain's; here they are loaded, asked and saved. */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include "domain/appointment.h"
#include "domain/day.h"
#include "store/rec_day.h"
#include "store/store.h"

enum { ALTERNATIVES_MAX = 5, ALTERNATIVE_DAYS = 7 };

/* Takes the place that the appointment asks for; sets its duration and channel where they were left out.
 * Errors of day_add and agenda_add. */
enum err place_take(struct tx *tx, const struct practice *practice, struct appointment *appointment,
                    int64_t now_ms);
/* Frees it; a place that is not held any more (an expired hold) is fine. */
enum err place_free(struct tx *tx, const struct practice *practice, const struct appointment *appointment,
                    int64_t now_ms);
/* One step: the old place is free only if the new one is taken. */
enum err place_move(struct tx *tx, const struct practice *practice, const struct appointment *before,
                    struct appointment *after, int64_t now_ms);

/* The free slots nearest to what could not be had, soonest first: at most ALTERNATIVES_MAX within
 * ALTERNATIVE_DAYS days. by_staff: the minimum notice does not count. Reads days as they were before this
 * transaction's own changes. */
enum err place_alternatives(struct tx *tx, const struct practice *practice, const struct appointment *wanted,
                            int64_t now_ms, bool by_staff, struct slot slots[static ALTERNATIVES_MAX],
                            size_t *count);

#endif
