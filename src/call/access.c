/* access.c - see access.h. */
#include "call/access.h"

#include "store/rec_patient.h"
#include "store/rec_proxy.h"

#include <string.h>

static enum role role_of(const struct call *call)
{
    return call->caller.user ? (enum role)call->caller.user->role : 0;
}

enum err access_any(struct call *call, enum action action)
{
    return policy_check(role_of(call), RELATION_NONE, action);
}

/* What a patient is to another: themselves, or somebody they act for. */
static enum err relation_of_patient(struct call *call, struct tx *tx, const char *patient_id,
                                    enum relation *relation)
{
    bool acts = false;

    *relation = RELATION_SELF;
    if (strcmp(call->caller.user_id, patient_id) == 0)
        return ERR_OK;
    enum err e = proxy_is_running(tx, patient_id, call->caller.user_id, london_date(call->now_ms), &acts);
    *relation = acts ? RELATION_PROXY : RELATION_NONE;
    return e;
}

static enum err relation_of_staff(struct call *call, struct tx *tx, const char *patient_id,
                                  enum relation *relation)
{
    bool exists = false;
    enum err e = relation_of_user(tx, call->caller.user, patient_id, &exists);

    *relation = exists ? RELATION_PRACTICE : RELATION_NONE;
    return e;
}

enum err access_patient(struct call *call, struct tx *tx, enum action action, const char *patient_id)
{
    enum relation relation = RELATION_NONE;
    enum err e = ERR_OK;

    if (role_of(call) == ROLE_PATIENT)
        e = relation_of_patient(call, tx, patient_id, &relation);
    else if (role_of(call) == ROLE_STAFF)
        e = relation_of_staff(call, tx, patient_id, &relation);
    return e ? e : policy_check(role_of(call), relation, action);
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

enum err access_appointment(struct call *call, struct tx *tx, enum action action, const char *patient_id,
                            const char *practice_id)
{
    enum relation relation = relation_to_practice(call, practice_id);
    enum err e =
        role_of(call) == ROLE_PATIENT ? relation_of_patient(call, tx, patient_id, &relation) : ERR_OK;

    return e ? e : policy_check(role_of(call), relation, action);
}
