/* lockout.h - how failed tries slow down and then stop further ones. Pure arithmetic; store/rec_lockout.h
 * keeps the state.
 *
 * Each failure fills a bucket by one, and the bucket loses one every leak_ms. What is in it after a failure
 * says how long the next try has to wait: nothing below slow_from; then a second, doubled for every slow_step
 * failures more; from lock_from on lock_ms. A try that has to wait is refused without looking at it, and does
 * not count. */
#ifndef DOMAIN_LOCKOUT_H
#define DOMAIN_LOCKOUT_H

#include <stdint.h>

struct lockout_policy {
    int64_t slow_from, slow_step, lock_from; /* failures */
    int64_t lock_ms, leak_ms;
};

/* Zeros: nothing has failed. */
struct lockout {
    int64_t empty_at; /* ms: when the bucket will have leaked empty */
    int64_t last_at;  /* ms: of the last failure */
};

/* A login's account (its address as typed, whether there is such an account or not): 1, 2, 4, ... 64 seconds
 * after the third to ninth failure, then a quarter of an hour after each one. That is about a hundred guesses
 * a day. */
extern const struct lockout_policy lockout_login_account;
/* Where logins come from. Many people may share an address (a hospital, a phone network), so it takes more.
 */
extern const struct lockout_policy lockout_login_address;
/* Messages with a reset link, to one account and asked for from one address. */
extern const struct lockout_policy lockout_reset_account;
extern const struct lockout_policy lockout_reset_address;

/* How long to wait before the next try; 0: none. Never more than the policy's lock_ms, whatever the clocks
 * did. */
int64_t lockout_wait_ms(const struct lockout_policy *policy, const struct lockout *lockout, int64_t now_ms);
void lockout_count(const struct lockout_policy *policy, struct lockout *lockout, int64_t now_ms);
/* From when on the state says nothing any more. */
int64_t lockout_over_at(const struct lockout_policy *policy, const struct lockout *lockout);

#endif
