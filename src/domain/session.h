/* session.h - when, where and by whom appointments are given: the source of everything that can be booked
 * (FHIR Schedule). A session is weekly or on one date. A practice without any has one a day from its opening
 * hours. */
#ifndef DOMAIN_SESSION_H
#define DOMAIN_SESSION_H

#include "base/fields.h"
#include "domain/terms.h"

struct practitioner {
    const char *practitioner_id;
    const char *name, *role;
    int32_t gender;
    const char *professional_number;
};

struct session {
    const char *session_id, *practice_id;
    int32_t weekday; /* enum weekday, or 0 if it has a date */
    int32_t date;    /* or DATE_NONE if it has a weekday */
    /* A weekly one runs from and until these, included; DATE_NONE = no limit. */
    int32_t first_date, last_date;
    struct list cancelled_dates; /* of struct session_date, sorted: days on which a weekly one does not run */
    int32_t from, until;         /* minute of the day, local; until <= from: past midnight, cut there */
    uint32_t services;           /* TYPE_BIT()s; 0 = all that the practice offers */
    int64_t slot_minutes, capacity; /* 5 to 120; 1 to 500 people at once */
    int32_t delivery_channel;
    struct practitioner *practitioner; /* NULL = nobody in particular */
    int32_t status;                    /* enum session_status */
    int64_t created_at, updated_at, version;
};

struct session_date {
    int32_t date;
};

enum { SESSIONS_PER_PRACTICE_MAX = 500, SESSION_CAPACITY_MAX = 500 };

#endif
