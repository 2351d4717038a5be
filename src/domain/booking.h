/* booking.h - may this be booked now? The time rules of requirements.md section 5, each with its own error
 * code. */
#ifndef DOMAIN_BOOKING_H
#define DOMAIN_BOOKING_H

#include "base/err.h"
#include "domain/appointment.h"
#include "domain/practice.h"

/* Rules about the moment alone, checked before the day is asked: ERR_PRACTICE_INACTIVE (not active),
 * ERR_IN_PAST (starts now or before), ERR_TOO_SOON (less than the minimum notice ahead; not for staff and
 * admins of the practice), ERR_TOO_FAR (its local date is more than max_advance_days after today's; for
 * everybody). */
enum err booking_check_time(const struct practice *practice, int64_t start_ms, int64_t now_ms, bool by_staff);

/* ERR_CANCEL_CUTOFF when a patient is too late to change or cancel: less than cancel_cutoff_minutes before
 * the start, and with 0 of them, after it. Never for staff and admins. */
enum err booking_check_cutoff(const struct practice *practice, int64_t start_ms, int64_t now_ms,
                              bool by_staff);
/* What staff say of an appointment has to be possible by now: arrived on the appointment's own Europe/London
 * day, or until its end if that is past midnight (ERR_NOT_THE_DAY); fulfilled and noshow from its start on
 * (ERR_BEFORE_START). Other statuses may be at any time. */
enum err booking_check_attendance(const struct appointment *appointment, enum appointment_status status,
                                  int64_t now_ms);

#endif
