/* practice.h - a healthcare access point: what it is, when it is open, and its rules (requirements.md section
 * 4). Absent members are as base/fields.h says. Texts belong to the arena that the practice was read into. */
#ifndef DOMAIN_PRACTICE_H
#define DOMAIN_PRACTICE_H

#include "base/fields.h"
#include "domain/bank_holiday.h"
#include "domain/terms.h"

#include <stdint.h>

struct address {
    const char *line1, *line2, *city, *county, *postcode, *country;
};

/* From `opens`, included, to `closes`, excluded, in minutes of the day, Europe/London wall time. closes <=
 * opens means past midnight, into the next day; 00:00 to 24:00 is the whole day. */
struct interval {
    int32_t opens, closes;
};

struct opening_hours {
    struct list day[7];       /* of struct interval; [0] is Monday */
    struct list bank_holiday; /* empty: closed on bank holidays */
};

struct closure {
    int32_t date; /* local day */
    const char *reason;
};

struct booking_rules {
    int64_t slot_minutes;          /* 5 to 120 */
    int64_t min_notice_minutes;    /* 0 to 43,200 */
    int64_t max_advance_days;      /* 1 to 400 */
    int64_t cancel_cutoff_minutes; /* 0 to 10,080 */
};

struct practice {
    const char *practice_id;
    const char *ods_code;
    const char *name;
    int32_t access_point_type; /* enum access_point_type */
    enum truth accepts_walk_ins;
    enum truth requires_registration;
    struct address *address;
    double latitude, longitude; /* WGS 84 degrees; NAN if not known */
    const char *phone, *email;
    int32_t nation; /* enum nation */
    struct opening_hours *opening_hours;
    struct list closures; /* of struct closure, sorted by date */
    uint32_t services;    /* TYPE_BIT()s */
    uint32_t accessibilities;
    struct booking_rules *booking_rules;
    int32_t status;           /* enum practice_status */
    int64_t sessions_version; /* goes up when hours, closures, rules, services or sessions change: days are
                                 rebuilt */
    int64_t created_at, updated_at, version;
};

#define BOOKING_RULES_DEFAULT ((struct booking_rules){15, 120, 42, 0})

/* The practice's rules, with the default for every one that it leaves open. */
struct booking_rules practice_rules(const struct practice *practice);

bool practice_closure_on(const struct practice *practice, int32_t date);
/* A bank holiday of its nation, whether or not it has hours for those. */
bool practice_bank_holiday_on(const struct practice *practice,
                              const struct bank_holiday_corrections *corrections, int32_t date);

/* Why nothing can be booked on that day, or CLOSED_NOT if the practice is open. Closures come first, then
 * bank holidays, then the weekday. */
enum closed { CLOSED_NOT, CLOSED_CLOSURE, CLOSED_BANK_HOLIDAY, CLOSED_NO_HOURS };
enum closed practice_closed(const struct practice *practice,
                            const struct bank_holiday_corrections *corrections, int32_t date);

#endif
