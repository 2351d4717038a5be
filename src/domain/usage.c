/* usage.c - see usage.h. */
#include "domain/usage.h"

#include <string.h>

/* A hold keeps its expires_at until it is confirmed, so one that was cancelled or ran out can still be told
 * from a booking that was cancelled. */
static bool was_booked(const struct appointment *appointment)
{
    return appointment->status != STATUS_PENDING && appointment->expires_at == INSTANT_NONE;
}

bool usage_attended(const struct appointment *appointment)
{
    return appointment && (appointment->status == STATUS_ARRIVED || appointment->status == STATUS_FULFILLED);
}

struct usage_counts usage_of(const struct appointment *appointment)
{
    if (!appointment || !was_booked(appointment) || appointment->status == STATUS_ENTERED_IN_ERROR)
        return (struct usage_counts){0};
    return (struct usage_counts){
        .total_appointments = 1,
        .attended = usage_attended(appointment),
        .cancelled = appointment->status == STATUS_CANCELLED,
        .missed = appointment->status == STATUS_NOSHOW,
    };
}

void usage_apply(struct usage_counts *counts, const struct appointment *before,
                 const struct appointment *after)
{
    struct usage_counts old = usage_of(before);
    struct usage_counts new = usage_of(after);

    counts->total_appointments += new.total_appointments - old.total_appointments;
    counts->attended += new.attended - old.attended;
    counts->cancelled += new.cancelled - old.cancelled;
    counts->missed += new.missed - old.missed;
}

static bool used_more(const struct usage *a, const struct usage *b)
{
    if (a->counts.attended != b->counts.attended)
        return a->counts.attended > b->counts.attended;
    return a->counts.total_appointments > b->counts.total_appointments;
}

size_t usage_primary(const struct usage *usages, size_t count, const char *registered_practice_id)
{
    size_t best = count;

    for (size_t i = 0; i < count; i++) {
        if (registered_practice_id && strcmp(usages[i].practice_id, registered_practice_id) == 0)
            return i;
        if (usages[i].counts.total_appointments > 0 &&
            (best == count || used_more(&usages[i], &usages[best])))
            best = i;
    }
    return registered_practice_id ? count : best;
}
