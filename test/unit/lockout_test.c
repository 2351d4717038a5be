/* lockout_test.c - how failed tries slow down, stop, and are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/lockout.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const int64_t start = INT64_C(1790000000000);

static struct lockout failed(const struct lockout_policy *policy, int times)
{
    struct lockout lockout = {0};

    for (int i = 0; i < times; i++)
        lockout_count(policy, &lockout, start);
    return lockout;
}

static int64_t wait_after(const struct lockout_policy *policy, int times)
{
    struct lockout lockout = failed(policy, times);
    return lockout_wait_ms(policy, &lockout, start);
}

static void an_account_slows_down_then_locks(void **state)
{
    static const int64_t waits[] = {0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 900, 900, 900};

    (void)state;
    for (int i = 0; i < (int)(sizeof waits / sizeof waits[0]); i++)
        assert_int_equal(wait_after(&lockout_login_account, i), waits[i] * SECOND);
}

static void an_address_takes_more(void **state)
{
    (void)state;
    assert_int_equal(wait_after(&lockout_login_address, 49), 0);
    assert_int_equal(wait_after(&lockout_login_address, 50), 1 * SECOND);
    assert_int_equal(wait_after(&lockout_login_address, 59), 1 * SECOND);
    assert_int_equal(wait_after(&lockout_login_address, 60), 2 * SECOND);
    assert_int_equal(wait_after(&lockout_login_address, 99), 16 * SECOND);
    assert_int_equal(wait_after(&lockout_login_address, 100), 15 * MINUTE);
    assert_int_equal(wait_after(&lockout_login_address, 100000), 15 * MINUTE);
}

static void the_wait_passes(void **state)
{
    struct lockout lockout = failed(&lockout_login_account, 5);

    (void)state;
    assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, start + 3999), 1);
    assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, start + 4000), 0);
}

/* Guessing for a week at every moment that is allowed. */
static void guesses_a_day_are_few(void **state)
{
    struct lockout lockout = {0};
    int64_t now = start;
    int tried = 0;

    (void)state;
    while (now < start + 7 * DAY) {
        int64_t wait = lockout_wait_ms(&lockout_login_account, &lockout, now);
        if (wait == 0) {
            lockout_count(&lockout_login_account, &lockout, now);
            tried++;
        }
        now += wait > 0 ? wait : 1;
    }
    assert_in_range(tried, 50 * 7, 120 * 7);
}

static void it_is_forgotten(void **state)
{
    struct lockout lockout = failed(&lockout_login_account, 4);

    (void)state;
    lockout_count(&lockout_login_account, &lockout, start + 4 * HOUR); /* alone again */
    assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, start + 4 * HOUR), 0);
    lockout = failed(&lockout_login_account, 1000);
    assert_true(lockout_over_at(&lockout_login_account, &lockout) <= start + 12 * HOUR);
    lockout_count(&lockout_login_account, &lockout, start + 12 * HOUR);
    assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, start + 12 * HOUR), 0);
}

static void the_record_outlives_the_lock(void **state)
{
    struct lockout lockout = failed(&lockout_reset_account, 1);

    (void)state;
    for (int i = 1; i < 20; i++) {
        lockout = failed(&lockout_login_account, i);
        int64_t over = lockout_over_at(&lockout_login_account, &lockout);
        assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, over), 0);
    }
}

static void a_clock_that_went_back_locks_nobody_out_for_longer(void **state)
{
    struct lockout lockout = failed(&lockout_login_account, 10);

    (void)state;
    assert_int_equal(lockout_wait_ms(&lockout_login_account, &lockout, start - 30 * DAY), 15 * MINUTE);
}

static void three_reset_messages_an_hour(void **state)
{
    (void)state;
    assert_int_equal(wait_after(&lockout_reset_account, 2), 0);
    assert_int_equal(wait_after(&lockout_reset_account, 3), 20 * MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_slows_down_then_locks),
        cmocka_unit_test(an_address_takes_more),
        cmocka_unit_test(the_wait_passes),
        cmocka_unit_test(guesses_a_day_are_few),
        cmocka_unit_test(it_is_forgotten),
        cmocka_unit_test(the_record_outlives_the_lock),
        cmocka_unit_test(a_clock_that_went_back_locks_nobody_out_for_longer),
        cmocka_unit_test(three_reset_messages_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
