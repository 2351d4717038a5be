/* rec_user.h - somebody who can log in. A patient's user id is their patient id. */
#ifndef STORE_REC_USER_H
#define STORE_REC_USER_H

#include "base/fields.h"
#include "domain/terms.h"
#include "store/store.h"

enum user_status { USER_ACTIVE = 1, USER_DISABLED };
extern const char *const user_status_names[];

struct user {
    const char *user_id;
    const char *email;         /* as typed, normalised */
    const char *password_hash; /* Argon2id, libsodium's text form; hidden */
    int32_t role;              /* enum role */
    const char *patient_id;    /* of a patient: equals user_id */
    const char *name;          /* staff and admins */
    struct list practice_ids;  /* staff: const char * */
    int32_t status;            /* enum user_status */
    int64_t tokens_after; /* access tokens issued before this instant are void: logout everywhere, password
                             change */
    const char
        *subject; /* whom another provider of identity knows them as (sec/identity.h); NULL: none does */
    const char *reset_hash; /* of the newest password reset token, in hex; NULL: none is out */
    int64_t reset_expires_at;
    int64_t created_at, updated_at, version;
};

enum { USER_PRACTICES_MAX = 50, USER_NAME_MAX = 100 };

extern const struct field_set user_fields;

enum err user_load(struct tx *tx, const char *user_id, struct user *user); /* ERR_NOT_FOUND */
enum err user_find_email(struct tx *tx, const char *email,
                         struct user *user);                   /* by login form; ERR_NOT_FOUND */
enum err user_email_is_free(struct tx *tx, const char *email); /* ERR_EMAIL_TAKEN */
enum err user_find_subject(struct tx *tx, const char *subject, struct user *user); /* ERR_NOT_FOUND */
/* Writes the record and its indexes; before: the record as loaded, or NULL for a new one (ERR_EMAIL_TAKEN;
 * ERR_CONFLICT: the id or the subject is somebody's). Keeps count of the active admins: ERR_LAST_ADMIN if
 * none would be left. */
enum err user_save(struct tx *tx, const struct user *before, const struct user *user);
bool user_works_at(const struct user *user, const char *practice_id);

/* Staff and admins, admins first, each by id; role: only those, 0 = both. after: where the page before ended
 * (NULL = from the start); *last is that for the next page. Without password hashes. */
enum err user_list(struct tx *tx, enum role role, const char *after, size_t limit, struct user **users,
                   size_t *count, const char **last, bool *more);

#endif
