/* grant_steps.c - see grant_steps.h. */
#include "api/grant_steps.h"

#include "domain/email.h"
#include "store/rec_patient.h"
#include "store/rec_user.h"

#include <string.h>

static enum err link_user(struct tx *tx, const struct identity_grant *grant, const struct user *before,
                          struct user *user)
{
    if (before->subject)
        return ERR_BAD_CREDENTIALS; /* somebody else of the provider's has this address here */
    *user = *before;
    user->subject = grant->claims.user_id;
    if (user->status != USER_ACTIVE || user->role != grant->claims.role)
        return ERR_OK; /* refused by who asks */
    return user_save(tx, before, user);
}

static enum err make_user(struct call *call, struct tx *tx, const struct identity_grant *grant,
                          const char *email, struct user *user)
{
    fields_clear(&user_fields, user);
    user->user_id = user->subject = grant->claims.user_id;
    user->email = email;
    user->role = grant->claims.role;
    user->patient_id = user->role == ROLE_PATIENT ? user->user_id : NULL;
    user->status = USER_ACTIVE;
    user->created_at = user->updated_at = call->now_ms;
    user->version = 1;
    enum err e = user_save(tx, NULL, user);
    return !e && user->role == ROLE_PATIENT ? patient_save_of_user(tx, user) : e;
}

static enum err first_time(struct call *call, struct tx *tx, const struct identity_grant *grant,
                           struct user *user)
{
    const char *email = NULL;
    struct user before;

    if (!grant->email)
        return ERR_NOT_CONFIRMED;
    enum err e = email_normalise(call->arena, grant->email, strlen(grant->email), &email);
    if (e)
        return e == ERR_MEMORY ? e : ERR_NOT_CONFIRMED;
    e = user_find_email(tx, email, &before);
    if (e == ERR_NOT_FOUND)
        return make_user(call, tx, grant, email, user);
    return e ? e : link_user(tx, grant, &before, user);
}

enum err grant_owner(struct call *call, struct tx *tx, const struct identity_grant *grant, struct user *user)
{
    enum err e = user_find_subject(tx, grant->claims.user_id, user);

    if (e == ERR_NOT_FOUND)
        e = first_time(call, tx, grant, user);
    if (e)
        return e;
    if (user->status != USER_ACTIVE)
        return ERR_BAD_CREDENTIALS;
    return user->role == grant->claims.role ? ERR_OK : ERR_ROLE_MISMATCH;
}
