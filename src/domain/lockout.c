/* lockout.c - see lockout.h. */
#include "domain/lockout.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

const struct lockout_policy lockout_login_account = {
    .slow_from = 3, .slow_step = 1, .lock_from = 10, .lock_ms = 15 * MINUTE, .leak_ms = HOUR};
const struct lockout_policy lockout_login_address = {
    .slow_from = 50, .slow_step = 10, .lock_from = 100, .lock_ms = 15 * MINUTE, .leak_ms = 30 * SECOND};
const struct lockout_policy lockout_reset_account = {
    .slow_from = 3, .slow_step = 1, .lock_from = 3, .lock_ms = 20 * MINUTE, .leak_ms = 20 * MINUTE};
const struct lockout_policy lockout_reset_address = {
    .slow_from = 30, .slow_step = 5, .lock_from = 60, .lock_ms = 15 * MINUTE, .leak_ms = MINUTE};

enum { DOUBLINGS_MAX = 30 };

/* What was in the bucket right after the last failure. */
static int64_t level(const struct lockout_policy *policy, const struct lockout *lockout)
{
    int64_t left = lockout->empty_at - lockout->last_at;
    return left <= 0 ? 0 : (left + policy->leak_ms - 1) / policy->leak_ms;
}

static int64_t delay(const struct lockout_policy *policy, int64_t failures)
{
    if (failures >= policy->lock_from)
        return policy->lock_ms;
    if (failures < policy->slow_from)
        return 0;
    int64_t doublings = (failures - policy->slow_from) / policy->slow_step;
    int64_t wait = SECOND << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return wait < policy->lock_ms ? wait : policy->lock_ms;
}

int64_t lockout_wait_ms(const struct lockout_policy *policy, const struct lockout *lockout, int64_t now_ms)
{
    int64_t whole = delay(policy, level(policy, lockout));
    int64_t wait = lockout->last_at + whole - now_ms;

    if (wait <= 0)
        return 0;
    return wait < whole ? wait : whole;
}

void lockout_count(const struct lockout_policy *policy, struct lockout *lockout, int64_t now_ms)
{
    int64_t most =
        now_ms + (policy->lock_from + 1) * policy->leak_ms; /* a bucket does not fill beyond the lock */
    int64_t empty_at = (lockout->empty_at > now_ms ? lockout->empty_at : now_ms) + policy->leak_ms;

    lockout->empty_at = empty_at < most ? empty_at : most;
    lockout->last_at = now_ms;
}

int64_t lockout_over_at(const struct lockout_policy *policy, const struct lockout *lockout)
{
    int64_t unlocked_at = lockout->last_at + policy->lock_ms;
    return unlocked_at > lockout->empty_at ? unlocked_at : lockout->empty_at;
}
