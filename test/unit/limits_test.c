/* limits_test.c - the token bucket: a minute's worth at once, then the rate; who is one and who is another.
 */
#include "call/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { RATE = 60 }; /* one a second */
static const int64_t NOW = 1764061200000;

static int taken(struct limits *limits, enum limit_kind kind, const char *key, int64_t now_ms, int tries)
{
    int count = 0;
    int64_t wait;

    for (int i = 0; i < tries; i++)
        count += limits_take(limits, kind, key, now_ms, &wait) == ERR_OK;
    return count;
}

static void a_minutes_worth_at_once(void **state)
{
    (void)state;
    struct limits *limits = limits_new(RATE);
    int64_t wait = 0;

    assert_int_equal(taken(limits, LIMIT_USER, "user-1", NOW, 3 * RATE), RATE);
    assert_int_equal(limits_take(limits, LIMIT_USER, "user-1", NOW, &wait), ERR_RATE_LIMITED);
    assert_int_equal(wait, 1);
    limits_free(limits);
}

static void then_the_rate(void **state)
{
    (void)state;
    struct limits *limits = limits_new(RATE);

    assert_int_equal(taken(limits, LIMIT_USER, "user-1", NOW, RATE), RATE);
    for (int second = 1; second <= 10; second++)
        assert_int_equal(taken(limits, LIMIT_USER, "user-1", NOW + second * 1000, 5), 1);
    assert_int_equal(taken(limits, LIMIT_USER, "user-1", NOW + 10 * 60000, 2 * RATE), RATE); /* never more */
    limits_free(limits);
}

static void the_wait_is_what_it_says(void **state)
{
    (void)state;
    struct limits *limits = limits_new(4); /* one in 15 seconds */
    int64_t wait = 0;

    assert_int_equal(taken(limits, LIMIT_ADDRESS, "192.0.2.1", NOW, 4), 4);
    assert_int_equal(limits_take(limits, LIMIT_ADDRESS, "192.0.2.1", NOW + 500, &wait), ERR_RATE_LIMITED);
    assert_int_equal(wait, 15);
    assert_int_equal(limits_take(limits, LIMIT_ADDRESS, "192.0.2.1", NOW + 500 + wait * 1000, &wait), ERR_OK);
    limits_free(limits);
}

static void one_does_not_pay_for_another(void **state)
{
    (void)state;
    struct limits *limits = limits_new(3);

    assert_int_equal(taken(limits, LIMIT_USER, "a", NOW, 5), 3);
    assert_int_equal(taken(limits, LIMIT_USER, "b", NOW, 5), 3);
    assert_int_equal(taken(limits, LIMIT_ADDRESS, "a", NOW, 5), 3); /* a user is no address */
    assert_int_equal(taken(limits, LIMIT_ADDRESS, "192.0.2.1", NOW, 5), 3);
    assert_int_equal(taken(limits, LIMIT_ADDRESS, "192.0.2.2", NOW, 5), 3);
    limits_free(limits);
}

static void a_household_of_ipv6_is_one(void **state)
{
    (void)state;
    struct limits *limits = limits_new(3);

    assert_int_equal(taken(limits, LIMIT_ADDRESS, "2001:db8:1:2::1", NOW, 2), 2);
    assert_int_equal(taken(limits, LIMIT_ADDRESS, "2001:db8:1:2:ffff::9", NOW, 5), 1);
    assert_int_equal(taken(limits, LIMIT_ADDRESS, "2001:db8:1:3::1", NOW, 5), 3);
    limits_free(limits);
}

static void a_clock_set_back_locks_nobody_out(void **state)
{
    (void)state;
    struct limits *limits = limits_new(RATE);
    int64_t wait = 0;

    assert_int_equal(taken(limits, LIMIT_USER, "a", NOW, RATE), RATE);
    assert_int_equal(limits_take(limits, LIMIT_USER, "a", NOW - 3600000, &wait), ERR_RATE_LIMITED);
    assert_int_equal(wait, 1);
    assert_int_equal(limits_take(limits, LIMIT_USER, "a", NOW - 3600000 + 60000, &wait), ERR_OK);
    limits_free(limits);
}

/* More clients than slots: memory is fixed, nobody is refused who should not be, and one who floods stays
 * refused. */
static void many_clients(void **state)
{
    (void)state;
    struct limits *limits = limits_new(RATE);
    char key[32];
    int64_t wait;

    assert_int_equal(taken(limits, LIMIT_USER, "flood", NOW, RATE), RATE);
    for (int i = 0; i < 200000; i++) {
        (void)snprintf(key, sizeof key, "user-%d", i);
        assert_int_equal(limits_take(limits, LIMIT_USER, key, NOW, &wait), ERR_OK);
    }
    assert_int_equal(taken(limits, LIMIT_USER, "flood", NOW, RATE), 0);
    limits_free(limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_worth_at_once),
        cmocka_unit_test(then_the_rate),
        cmocka_unit_test(the_wait_is_what_it_says),
        cmocka_unit_test(one_does_not_pay_for_another),
        cmocka_unit_test(a_household_of_ipv6_is_one),
        cmocka_unit_test(a_clock_set_back_locks_nobody_out),
        cmocka_unit_test(many_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
