/* password.h - passwords: which are taken, and their Argon2id hashes.
 *
 * Hash: Argon2id (RFC 9106), 19 MiB, 2 passes, 1 lane, as libsodium's text form, which names its own
 * parameters: when ours change, older hashes still verify and are then reported as stale. Hashing takes tens
 * of milliseconds and 19 MiB on purpose: only on the pool for it, never on a thread that serves others.
 *
 * Rules (NIST SP 800-63B section 5.1.1.2: length, no composition rules, a list of common ones): 10 to 128
 * characters, not in data/common_passwords (in any case), not one to four characters again and again, and not
 * containing the local part of the account's e-mail address if that has 6 characters or more. */
#ifndef SEC_PASSWORD_H
#define SEC_PASSWORD_H

#include "base/err.h"

#include <stdbool.h>

enum {
    PASSWORD_MIN = 10,       /* characters */
    PASSWORD_MAX = 128,      /* characters */
    PASSWORD_LOCAL_MIN = 6,  /* characters of an e-mail's local part from which on it must not be in it */
    PASSWORD_HASH_TEXT = 128 /* bytes of a hash with its NUL */
};

/* May this be a password of the account with this address (NULL: none)? Both are UTF-8. ERR_FIELD_TOO_SHORT,
 * ERR_FIELD_TOO_LONG, ERR_PASSWORD_COMMON, ERR_PASSWORD_HAS_EMAIL. */
enum err password_check(const char *password, const char *email);

/* ERR_MEMORY if the system has not the memory that hashing needs. */
enum err password_hash(const char *password, char hash[static PASSWORD_HASH_TEXT]);

/* Is it the password of that hash? ERR_BAD_CREDENTIALS, ERR_MEMORY, ERR_DAMAGED (that is no hash). With hash
 * NULL it is ERR_BAD_CREDENTIALS after the same work, so that nobody can tell by the time whether an account
 * exists. *stale (may be NULL): it was made with other parameters and should be made again. */
enum err password_verify(const char *hash, const char *password, bool *stale);

#endif
