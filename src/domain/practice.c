/* practice.c - a practice's rules with their defaults, and the days on which it is closed. */
#include "domain/practice.h"

static int64_t value_or(int64_t value, int64_t otherwise)
{
    return value == INTEGER_NONE ? otherwise : value;
}

struct booking_rules practice_rules(const struct practice *practice)
{
    struct booking_rules rules = BOOKING_RULES_DEFAULT;
    const struct booking_rules *own = practice->booking_rules;

    if (!own)
        return rules;
    rules.slot_minutes = value_or(own->slot_minutes, rules.slot_minutes);
    rules.min_notice_minutes = value_or(own->min_notice_minutes, rules.min_notice_minutes);
    rules.max_advance_days = value_or(own->max_advance_days, rules.max_advance_days);
    rules.cancel_cutoff_minutes = value_or(own->cancel_cutoff_minutes, rules.cancel_cutoff_minutes);
    return rules;
}

bool practice_closure_on(const struct practice *practice, int32_t date)
{
    const struct closure *closures = practice->closures.items;

    for (size_t i = 0; i < practice->closures.count; i++) {
        if (closures[i].date == date)
            return true;
    }
    return false;
}

bool practice_bank_holiday_on(const struct practice *practice,
                              const struct bank_holiday_corrections *corrections, int32_t date)
{
    return bank_holiday_is_with(corrections, (enum nation)practice->nation, date, NULL);
}

enum closed practice_closed(const struct practice *practice,
                            const struct bank_holiday_corrections *corrections, int32_t date)
{
    const struct opening_hours *hours = practice->opening_hours;

    if (practice_closure_on(practice, date))
        return CLOSED_CLOSURE;
    if (practice_bank_holiday_on(practice, corrections, date))
        return hours && hours->bank_holiday.count > 0 ? CLOSED_NOT : CLOSED_BANK_HOLIDAY;
    return hours && hours->day[weekday_of(date)].count > 0 ? CLOSED_NOT : CLOSED_NO_HOURS;
}
