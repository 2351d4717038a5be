/* limits.h - how many requests somebody may send: a token bucket per user and per address, of this process.
 *
 * A bucket holds as many tokens as are allowed in a minute and fills evenly, so that a burst is fine and a
 * stream is held to the rate. An IPv6 client counts by its /64, which is what one household or phone is
 * given. Memory is fixed: only keyed hashes of users and addresses are kept, and where there are too many,
 * the one nearest to a full bucket is forgotten, which errs on the side of letting people in. Any thread. */
#ifndef CALL_LIMITS_H
#define CALL_LIMITS_H

#include "base/err.h"

#include <stdint.h>

enum limit_kind { LIMIT_USER, LIMIT_ADDRESS };

struct limits;

/* per_minute from 1 to LIMIT_RATE_MAX; NULL without memory. No limits at all is app->limits == NULL. */
enum { LIMIT_RATE_MAX = 1000000 };
struct limits *limits_new(unsigned per_minute);
void limits_free(struct limits *limits); /* takes NULL */

/* Takes a token, or gives ERR_RATE_LIMITED and in how many seconds there will be one (at least 1). */
enum err limits_take(struct limits *limits, enum limit_kind kind, const char *key, int64_t now_ms,
                     int64_t *retry_after_s);

#endif
