/* booking.c - the rules about the moment of a booking. Every limit belongs to what is allowed: an appointment
 * exactly at the minimum notice, on the last day of the advance, or cancelled exactly at the cut-off is in
 * time. Notice and cut-off are lengths of time, so the clock changes do not touch them; the advance counts
 * local dates. */
#include "domain/booking.h"

#include "base/time.h"

static bool sooner_than(int64_t start_ms, int64_t now_ms, int64_t minutes)
{
    return start_ms - now_ms < minutes * MINUTE_MS;
}

enum err booking_check_time(const struct practice *practice, int64_t start_ms, int64_t now_ms, bool by_staff)
{
    const struct booking_rules rules = practice_rules(practice);

    if (practice->status != PRACTICE_ACTIVE)
        return ERR_PRACTICE_INACTIVE;
    if (start_ms <= now_ms)
        return ERR_IN_PAST;
    if (!by_staff && sooner_than(start_ms, now_ms, rules.min_notice_minutes))
        return ERR_TOO_SOON;
    if (london_date(start_ms) - london_date(now_ms) > rules.max_advance_days)
        return ERR_TOO_FAR;
    return ERR_OK;
}

enum err booking_check_cutoff(const struct practice *practice, int64_t start_ms, int64_t now_ms,
                              bool by_staff)
{
    if (!by_staff && sooner_than(start_ms, now_ms, practice_rules(practice).cancel_cutoff_minutes))
        return ERR_CANCEL_CUTOFF;
    return ERR_OK;
}

enum err booking_check_attendance(const struct appointment *appointment, enum appointment_status status,
                                  int64_t now_ms)
{
    int64_t start_ms = appointment->appointment_datetime;
    int64_t end_ms = start_ms + appointment->duration_minutes * MINUTE_MS;

    switch (status) {
    case STATUS_ARRIVED:
        if (london_date(now_ms) == london_date(start_ms) || (now_ms >= start_ms && now_ms < end_ms))
            return ERR_OK;
        return ERR_NOT_THE_DAY;
    case STATUS_FULFILLED:
    case STATUS_NOSHOW:
        return now_ms >= start_ms ? ERR_OK : ERR_BEFORE_START;
    default:
        return ERR_OK;
    }
}
