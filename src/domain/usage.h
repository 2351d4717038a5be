/* usage.h - what a patient used where, in counts (requirements.md section 6). Plain arithmetic. */
#ifndef DOMAIN_USAGE_H
#define DOMAIN_USAGE_H

#include "domain/appointment.h"

#include <stdbool.h>
#include <stddef.h>

struct usage_counts {
    int64_t total_appointments, attended, cancelled, missed;
};

struct usage {
    const char *patient_id, *practice_id;
    struct usage_counts counts;
    int64_t last_visit; /* start of the last one attended; INSTANT_NONE = never */
};

/* What one appointment counts for: a hold that was never confirmed and a mistake count for nothing; arrived
 * and fulfilled are attended. NULL counts for nothing. */
struct usage_counts usage_of(const struct appointment *appointment);
bool usage_attended(const struct appointment *appointment);

/* counts + after - before. */
void usage_apply(struct usage_counts *counts, const struct appointment *before,
                 const struct appointment *after);

/* Index of the patient's primary practice: where registered, else where attended most, else where booked
 * most; the earlier in the list wins a draw. count if there is none. */
size_t usage_primary(const struct usage *usages, size_t count, const char *registered_practice_id);

#endif
