/* rec_lockout.h - failed tries, counted in the store, so that they count on every server and after a restart.
 */
#ifndef STORE_REC_LOCKOUT_H
#define STORE_REC_LOCKOUT_H

#include "domain/lockout.h"
#include "store/store.h"

enum lockout_kind {
    LOCKOUT_LOGIN_ACCOUNT, /* subject: login form of the address */
    LOCKOUT_LOGIN_ADDRESS, /* subject: where the request comes from; an IPv6 address counts as its /64 */
    LOCKOUT_RESET_ACCOUNT,
    LOCKOUT_RESET_ADDRESS,
    LOCKOUT_KINDS
};

/* How long that subject has to wait. */
enum err lockout_check(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject,
                       int64_t now_ms, int64_t *wait_ms);
enum err lockout_add(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject,
                     int64_t now_ms);
/* It has succeeded: forget. */
enum err lockout_forget(struct tx *tx, const struct store *store, enum lockout_kind kind,
                        const char *subject);

#endif
