/* proxies_test.c - which hop of X-Forwarded-For is the client. */
#include "front/proxies.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void trusts_what_is_listed(void **state)
{
    (void)state;
    const char *texts[] = {"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"};
    struct list list = {texts, 3};
    struct proxies *proxies = proxies_new(&list);

    assert_non_null(proxies);
    assert_true(proxies_trust(proxies, "10.255.0.1"));
    assert_true(proxies_trust(proxies, "192.0.2.7"));
    assert_true(proxies_trust(proxies, "::ffff:192.0.2.7"));
    assert_true(proxies_trust(proxies, "2001:db8:ffff::1"));
    assert_false(proxies_trust(proxies, "11.0.0.1"));
    assert_false(proxies_trust(proxies, "192.0.2.8"));
    assert_false(proxies_trust(proxies, "2001:db9::1"));
    assert_false(proxies_trust(proxies, "rubbish"));
    assert_false(proxies_trust(proxies, ""));
    proxies_free(proxies);
}

static void none_is_fine_and_rubbish_is_not(void **state)
{
    (void)state;
    const char *texts[] = {"10.0.0.0/8", "10.0.0.0/33"};
    struct list none = {NULL, 0}, bad = {texts, 2};
    struct proxies *proxies = proxies_new(&none);

    assert_non_null(proxies);
    assert_false(proxies_trust(proxies, "127.0.0.1"));
    proxies_free(proxies);
    assert_null(proxies_new(&bad));
    proxies_free(NULL);
}

/* Hop after hop, joined with blanks; "!" for what is none, which ends it. */
static void hops(const char *list, const char *expected)
{
    char seen[400] = "";
    size_t size = strlen(list);

    while (size > 0) {
        char hop[ADDRESS_TEXT] = "!";
        bool good = proxies_hop(list, &size, hop);
        size_t used = strlen(seen);
        (void)snprintf(seen + used, sizeof seen - used, "%s%s", used ? " " : "", hop);
        if (!good)
            break;
    }
    assert_string_equal(seen, expected);
}

static void walks_from_the_right(void **state)
{
    (void)state;
    hops("192.0.2.1", "192.0.2.1");
    hops("192.0.2.1, 10.0.0.1,10.0.0.2 ", "10.0.0.2 10.0.0.1 192.0.2.1");
    hops("2001:DB8:0:0::1, ::ffff:192.0.2.1", "192.0.2.1 2001:db8::1");
    hops("192.0.2.1:8080, [2001:db8::1]:443, [2001:db8::2]", "2001:db8::2 2001:db8::1 192.0.2.1");
    hops("192.0.2.1, , 10.0.0.1", "10.0.0.1 !");
    hops("192.0.2.1, unknown, 10.0.0.1", "10.0.0.1 !");
    hops("192.0.2.256", "!");
    hops("[2001:db8::1", "!");
    hops("[]", "!");
    hops(",", "!");
    hops("2001:db8::12345", "!");
    hops("1234567890123456789012345678901234567890123456789012345678901234567890", "!");
}

static void every_address_has_one_form(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"::ffff:127.0.0.1", "127.0.0.1"}, {"2001:db8:0:0:0:0:0:1", "2001:db8::1"}, {"::1", "::1"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct in6_addr address;
        char text[ADDRESS_TEXT];
        assert_int_equal(inet_pton(AF_INET6, rows[i][0], &address), 1);
        address_format(&address, text);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(address_is_loopback(&address), i != 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_what_is_listed),
        cmocka_unit_test(none_is_fine_and_rubbish_is_not),
        cmocka_unit_test(walks_from_the_right),
        cmocka_unit_test(every_address_has_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
