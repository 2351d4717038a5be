/* user_steps.h - what the endpoints of user management share. Admins only. */
#ifndef API_USER_STEPS_H
#define API_USER_STEPS_H

#include "call/call.h"
#include "sec/identity.h"
#include "store/rec_user.h"

/* Rules between what was (NULL for a new user) and what is asked for: staff work somewhere that exists,
 * nobody else does, and a patient is a patient. ERR_INVALID with problems. */
enum err user_complete(struct call *call, struct tx *tx, const struct user *before, struct user *user);

/* Answers with the user. */
enum err user_reply(struct call *call, int status, const char *message, const struct user *user);

/* May this caller manage users, and is there that one? */
enum err user_load_managed(struct call *call, struct tx *tx, const char *user_id, struct user *user);

/* With another provider of identity: what it is told after the commit, kept in call->prepared. */
struct user_news {
    struct identity_account account; /* subject NULL: nothing */
    bool sessions_end;
};
enum err user_news_keep(struct call *call, const struct user *before, const struct user *user);
/* An after step: tells it. */
enum err user_news_tell(struct call *call);

#endif
