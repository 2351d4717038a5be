/* grant_steps.h - whom another provider of identity means: its subject, and the user of ours. */
#ifndef API_GRANT_STEPS_H
#define API_GRANT_STEPS_H

#include "call/call.h"
#include "sec/identity.h"

/* The user whose login the provider has checked. One whom it knows and we do not is linked to the user with
 * the same e-mail address, if that has no subject yet and the provider has verified the address; if there is
 * none either, they are made: a patient with a patient record, or, by their group, staff (of no practice yet)
 * or an admin. From then on their record says the role, and a group that says another one lets nobody in.
 * ERR_BAD_CREDENTIALS: nobody who may log in; ERR_NOT_CONFIRMED; ERR_ROLE_MISMATCH. */
enum err grant_owner(struct call *call, struct tx *tx, const struct identity_grant *grant, struct user *user);

#endif
