/* affected.h - which booked patients a change of hours, closures, services or sessions would touch. */
#ifndef STORE_AFFECTED_H
#define STORE_AFFECTED_H

#include "store/rec_practice.h"

/* What days are made from. */
struct schedule {
    const struct practice *practice;
    const struct session *sessions; /* all of the practice, active and cancelled */
    size_t session_count;
};

/* Every live appointment that starts after now_ms and fits before, but not after the change. Reads only, and
 * before the same transaction has written a day. before: as it stands in the store. */
enum err affected_find(struct tx *tx, const struct schedule *before, const struct schedule *after,
                       int64_t now_ms, struct affected_list *affected);

#endif
