/* peers_test.c - one address cannot take all the connections. */
#include "front/peers.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MAX = 3 };

static struct peers peers;
static uint32_t slot;

static bool enters(const char *text)
{
    struct in6_addr address;

    assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return peers_enter(&peers, &address, MAX, &slot);
}

static int setup(void **state)
{
    (void)state;
    peers_init(&peers);
    return 0;
}

static void up_to_the_limit(void **state)
{
    (void)state;
    for (int i = 0; i < MAX; i++)
        assert_true(enters("::ffff:192.0.2.1"));
    uint32_t one = slot;
    assert_false(enters("::ffff:192.0.2.1"));
    assert_true(enters("::ffff:192.0.2.2")); /* another one has a limit of its own */
    peers_leave(&peers, one);
    assert_true(enters("::ffff:192.0.2.1"));
    assert_false(enters("::ffff:192.0.2.1")); /* those that were refused took nothing */
}

static void a_network_of_ipv6_is_one(void **state)
{
    (void)state;
    assert_true(enters("2001:db8:0:1::1"));
    assert_true(enters("2001:db8:0:1::2"));
    assert_true(enters("2001:db8:0:1:ffff::"));
    assert_false(enters("2001:db8:0:1::4"));
    assert_true(enters("2001:db8:0:2::1"));
}

static void one_that_was_not_counted_leaves_nothing(void **state)
{
    (void)state;
    peers_leave(&peers, PEER_SLOTS);
    for (size_t i = 0; i < PEER_SLOTS; i++)
        assert_int_equal(atomic_load(&peers.counts[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(up_to_the_limit, setup),
        cmocka_unit_test_setup(a_network_of_ipv6_is_one, setup),
        cmocka_unit_test_setup(one_that_was_not_counted_leaves_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
