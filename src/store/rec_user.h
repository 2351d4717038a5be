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
    int64_t tokens_after;      /* access tokens issued before this instant are void: logout everywhere, password change */
    int64_t created_at, updated_at, version;
};

enum { USER_PRACTICES_MAX = 50 };

extern const struct field_set user_fields;

enum err user_load(struct tx *tx, const char *user_id, struct user *user); /* ERR_NOT_FOUND */
enum err user_find_email(struct tx *tx, const char *email, struct user *user); /* by login form; ERR_NOT_FOUND */
/* Writes the record and its indexes; before: the record as loaded, or NULL for a new one (ERR_EMAIL_TAKEN). */
enum err user_save(struct tx *tx, const struct user *before, const struct user *user);
bool user_works_at(const struct user *user, const char *practice_id);

#endif
