/* auth_steps.h - what the endpoints of identity share: sessions, tokens that are sent to somebody, failed
 * logins, and the rules of passwords.
 *
 * A session is one login: a family of refresh tokens, of which the newest is good, and short-lived access
 * tokens. */
#ifndef API_AUTH_STEPS_H
#define API_AUTH_STEPS_H

#include "call/call.h"
#include "domain/text.h"
#include "sec/identity.h"
#include "store/rec_token_family.h"
#include "store/rec_user.h"

enum { PASSWORD_COMPARED_MAX = 1000 }; /* characters of a password that is only compared with what is kept */

/* What a field table needs for a password: a new one, and one that is compared. */
#define PASSWORD_NEW(type, member)                                                                           \
    .kind = FIELD_TEXT, .flags = FIELD_REQUIRED | FIELD_PERSONAL | FIELD_WRITE_ONLY,                         \
    .offset = offsetof(type, member), .min = PASSWORD_MIN, .max = PASSWORD_MAX,                              \
    .normalise =                                                                                             \
        text_normalise /* blanks are characters like others: ten of them are a password, if a bad one */
#define PASSWORD_COMPARED(type, member)                                                                      \
    .kind = FIELD_TEXT, .flags = FIELD_REQUIRED | FIELD_PERSONAL | FIELD_WRITE_ONLY,                         \
    .offset = offsetof(type, member), .max = PASSWORD_COMPARED_MAX, .normalise = text_normalise

/* Who somebody is, as a login says it: user_id, email, role, patient_id, name, practice_ids. */
extern const struct field_set user_summary_fields;
/* `data` of a login. */
extern const struct field_set login_fields;

/* Begins a session, and answers with its first tokens. grant: what another provider has given for it; NULL:
 * the access token is made here. */
enum err session_begin(struct call *call, struct tx *tx, const struct user *user,
                       const struct identity_grant *grant, const char *message);
/* Answers with the next tokens of a session. */
enum err session_continue(struct call *call, struct tx *tx, const struct user *user,
                          const struct token_family *family, const struct identity_grant *grant,
                          const char *message);

/* ---- tokens that only their receiver has: an id and 256 random bits, sealed under the store's key ----
 * What is not ours does not open, so nobody can try ids; what is kept is the hash of the bits. */
enum { SECRET_TEXT_MAX = 1024 };
struct secret {
    const char *id;
    uint8_t hash[REFRESH_HASH_BYTES];
};
#define SECRET_REFRESH "refresh token"
#define SECRET_RESET   "password reset"

enum err secret_make(struct call *call, const char *use, const char *id, struct secret *secret,
                     const char **text);
/* ERR_CURSOR if it is not one of that use. */
enum err secret_open(struct call *call, const char *use, const char *text, struct secret *secret);

/* ---- failed logins, by account (there may be none) and by address ---- */
/* ERR_LOCKED, with retry_after_s set, while one of the two has to wait. */
enum err login_may_try(struct call *call, struct tx *tx, const char *email);
enum err login_failed(struct call *call, struct tx *tx, const char *email);
/* Forgets the account's; the address may have others on its mind. */
enum err login_succeeded(struct call *call, struct tx *tx, const char *email);

/* ---- passwords ---- */
/* ERR_INVALID with a problem at the pointer if it may not be a password of that address. */
enum err password_allow(struct call *call, const char *pointer, const char *password, const char *email);
/* What a provider of identity said of a new password: ERR_PASSWORD_REFUSED becomes a problem at the pointer.
 */
enum err password_taken(struct call *call, const char *pointer, enum err e);
/* Another password: everything that was issued before now is void. */
void user_set_password(struct user *user, const char *hash, int64_t now_ms);

/* A read transaction of its own, for a prepare step; fn gets the call. */
enum err prepare_read(struct call *call, tx_fn *fn);

#endif
