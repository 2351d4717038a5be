/* policy.h - who may do what: one table of (role, relation, action). The tests walk all of it
 * (requirements.md section 9). A person who may not know that a thing exists gets ERR_NOT_FOUND, one who may
 * know it ERR_FORBIDDEN. */
#ifndef DOMAIN_POLICY_H
#define DOMAIN_POLICY_H

#include "base/err.h"
#include "domain/terms.h"

/* What the caller is to the thing that is asked for; the strongest that is true. */
enum relation {
    RELATION_NONE = 0,
    RELATION_SELF,     /* the patient themselves */
    RELATION_PROXY,    /* acts for the patient, by a recorded and running consent (domain/proxy.h) */
    RELATION_PRACTICE, /* staff of the practice that the thing belongs to, or with a relationship to the
                          patient */
    RELATION_COUNT
};

enum action {
    ACTION_PATIENT_READ = 0,
    ACTION_PATIENT_READ_MEDICAL,
    ACTION_PATIENT_CREATE,
    ACTION_PATIENT_UPDATE,
    ACTION_PATIENT_VERIFY, /* nhs_number_status, registered_practice_id */
    ACTION_PATIENT_FIND,
    ACTION_PATIENT_USAGE,
    ACTION_PROXY_READ,
    ACTION_PROXY_MANAGE, /* say who may act for the patient, and end it */
    ACTION_APPOINTMENT_READ,
    ACTION_APPOINTMENT_BOOK,
    ACTION_APPOINTMENT_CHANGE, /* move, text, cancel */
    ACTION_APPOINTMENT_ATTEND, /* arrived, fulfilled, noshow, entered-in-error */
    ACTION_APPOINTMENT_LIST_PRACTICE,
    ACTION_PRACTICE_CREATE,
    ACTION_PRACTICE_UPDATE, /* details, hours, closures, sessions */
    ACTION_PRACTICE_USAGE,
    ACTION_USER_MANAGE,
    ACTION_BANK_HOLIDAYS_IMPORT,
    ACTION_COUNT
};

/* ERR_OK, ERR_FORBIDDEN or ERR_NOT_FOUND. */
enum err policy_check(enum role role, enum relation relation, enum action action);
const char *action_name(enum action action);

#endif
