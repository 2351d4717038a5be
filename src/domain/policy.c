/* policy.c - the table of who may do what. A row is an action, a column a role and what the caller is to the
 * thing.
 *
 * Patients: what is theirs; of anybody else they do not learn that it exists, but of those for whom they act
 * they see the record without its medical part, and see, make and change appointments. Staff: their
 * practices, and those practices' patients; practices are public, so another one is forbidden, while another
 * one's patients and appointments are hidden. Booking hangs on the practice alone (a relationship to the
 * patient comes from it), and finding is open to all staff: the handler shows their own practices' patients,
 * or one exact NHS number among all with minimal fields. Admins: everything. A pair that cannot be (a patient
 * with a practice, staff as the patient) is judged as no relation. */
#include "domain/policy.h"

#include <stddef.h>

enum verdict { FORBID = 0, HIDE, ALLOW };

struct policy_row {
    const char *name;
    unsigned char patient[RELATION_COUNT], staff[RELATION_COUNT], admin[RELATION_COUNT];
};

/* clang-format off */
#define ROW(action, name, patient_other, patient_self, patient_proxy, staff_other, staff_practice, any_admin) \
    [action] = {name, {patient_other, patient_self, patient_proxy, patient_other}, \
                {staff_other, staff_other, staff_other, staff_practice}, {any_admin, any_admin, any_admin, any_admin}}

static const struct policy_row policy[ACTION_COUNT] = {
    /*                                                                 patient                 staff             admin
     *                                                                 other   self    proxy   other   practice  any */
    ROW(ACTION_PATIENT_READ,               "patient_read",              HIDE,   ALLOW,  ALLOW,  HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_READ_MEDICAL,       "patient_read_medical",      HIDE,   ALLOW,  FORBID, HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_CREATE,             "patient_create",            FORBID, ALLOW,  FORBID, ALLOW,  ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_UPDATE,             "patient_update",            HIDE,   ALLOW,  FORBID, HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_VERIFY,             "patient_verify",            HIDE,   FORBID, FORBID, HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_FIND,               "patient_find",              FORBID, FORBID, FORBID, ALLOW,  ALLOW,    ALLOW),
    ROW(ACTION_PATIENT_USAGE,              "patient_usage",             HIDE,   ALLOW,  ALLOW,  HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PROXY_READ,                 "proxy_read",                HIDE,   ALLOW,  ALLOW,  HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_PROXY_MANAGE,               "proxy_manage",              HIDE,   ALLOW,  FORBID, HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_APPOINTMENT_READ,           "appointment_read",          HIDE,   ALLOW,  ALLOW,  HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_APPOINTMENT_BOOK,           "appointment_book",          HIDE,   ALLOW,  ALLOW,  FORBID, ALLOW,    ALLOW),
    ROW(ACTION_APPOINTMENT_CHANGE,         "appointment_change",        HIDE,   ALLOW,  ALLOW,  HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_APPOINTMENT_ATTEND,         "appointment_attend",        HIDE,   FORBID, FORBID, HIDE,   ALLOW,    ALLOW),
    ROW(ACTION_APPOINTMENT_LIST_PRACTICE,  "appointment_list_practice", FORBID, FORBID, FORBID, FORBID, ALLOW,    ALLOW),
    ROW(ACTION_PRACTICE_CREATE,            "practice_create",           FORBID, FORBID, FORBID, FORBID, FORBID,   ALLOW),
    ROW(ACTION_PRACTICE_UPDATE,            "practice_update",           FORBID, FORBID, FORBID, FORBID, ALLOW,    ALLOW),
    ROW(ACTION_PRACTICE_USAGE,             "practice_usage",            FORBID, FORBID, FORBID, FORBID, ALLOW,    ALLOW),
    ROW(ACTION_USER_MANAGE,                "user_manage",               FORBID, FORBID, FORBID, FORBID, FORBID,   ALLOW),
    ROW(ACTION_BANK_HOLIDAYS_IMPORT,       "bank_holidays_import",      FORBID, FORBID, FORBID, FORBID, FORBID,   ALLOW),
};
#undef ROW
/* clang-format on */

/* No role, or numbers that are no member of their enum, may do nothing: the answer is the plainest one. */
static enum verdict verdict_of(enum role role, enum relation relation, enum action action)
{
    unsigned column = (unsigned)relation;
    unsigned row = (unsigned)action;

    if (column >= RELATION_COUNT || row >= ACTION_COUNT)
        return FORBID;
    switch (role) {
    case ROLE_PATIENT:
        return policy[row].patient[column];
    case ROLE_STAFF:
        return policy[row].staff[column];
    case ROLE_ADMIN:
        return policy[row].admin[column];
    case ROLE_COUNT:
        break;
    }
    return FORBID;
}

enum err policy_check(enum role role, enum relation relation, enum action action)
{
    static const enum err answers[] = {[FORBID] = ERR_FORBIDDEN, [HIDE] = ERR_NOT_FOUND, [ALLOW] = ERR_OK};
    return answers[verdict_of(role, relation, action)];
}

const char *action_name(enum action action)
{
    return (unsigned)action < ACTION_COUNT ? policy[action].name : NULL;
}
