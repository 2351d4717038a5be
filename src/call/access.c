/* access.c - see access.h. */
#include "call/access.h"

#include "store/rec_patient.h"

#include <string.h>

static enum role role_of(const struct call *call)
{
    return call->caller.user ? (enum role)call->caller.user->role : 0;
}

enum err access_any(struct call *call, enum action action)
{
    return policy_check(role_of(call), RELATION_NONE, action);
}

static bool is_self(const struct call *call, const char *patient_id)
{
    return role_of(call) == ROLE_PATIENT && strcmp(call->caller.user_id, patient_id) == 0;
}

enum err access_patient(struct call *call, struct tx *tx, enum action action, const char *patient_id)
{
    enum relation relation = is_self(call, patient_id) ? RELATION_SELF : RELATION_NONE;

    if (role_of(call) == ROLE_STAFF) {
        bool exists = false;
        enum err e = relation_of_user(tx, call->caller.user, patient_id, &exists);
        if (e)
            return e;
        relation = exists ? RELATION_PRACTICE : RELATION_NONE;
    }
    return policy_check(role_of(call), relation, action);
}

static enum relation relation_to_practice(const struct call *call, const char *practice_id)
{
    bool works_there = role_of(call) == ROLE_STAFF && user_works_at(call->caller.user, practice_id);
    return works_there ? RELATION_PRACTICE : RELATION_NONE;
}

enum err access_practice(struct call *call, enum action action, const char *practice_id)
{
    return policy_check(role_of(call), relation_to_practice(call, practice_id), action);
}

enum err access_appointment(struct call *call, enum action action, const char *patient_id, const char *practice_id)
{
    enum relation relation = is_self(call, patient_id) ? RELATION_SELF : relation_to_practice(call, practice_id);
    return policy_check(role_of(call), relation, action);
}
