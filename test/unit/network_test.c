/* network_test.c - addresses and prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/network.h"

static void tells_who_is_in(void **state)
{
    static const struct {
        const char *network, *address;
        bool has;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3/8", "10.9.9.9", true}, /* bits behind the prefix do not matter */
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.255", true},
        {"192.0.2.6/31", "192.0.2.7", true},
        {"192.0.2.6/31", "192.0.2.8", false},
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.1", true},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::1", "::1", true},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
        {"::ffff:127.0.0.1", "127.0.0.1", true},
        {"127.0.0.0/8", "localhost", false},
        {"127.0.0.0/8", "", false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network network;
        assert_true(network_parse(rows[i].network, &network));
        if (network_has(&network, rows[i].address) != rows[i].has)
            fail_msg("%s in %s", rows[i].address, rows[i].network);
    }
}

static void refuses_what_is_none(void **state)
{
    static const char *const rows[] = {
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/8/8",
        "1.2.3.4/ 8",
        "::1/129",
        "::1/1280",
        "[::1]",
        "1.2.3.4 ",
        "/8",
        "1.2.3.4/+8",
        "1.2.3.4/008x",
        "fe80::1%lo",
        "2001:0db8:0000:0000:0000:0000:0000:0001:0002:0003:0004:0005:0006:0007:0008"};
    struct network network;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (network_parse(rows[i], &network))
            fail_msg("%s was taken", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_who_is_in),
        cmocka_unit_test(refuses_what_is_none),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
