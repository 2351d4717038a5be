/* email_test.c - the grammar of addresses, the limits on both sides of the @, and international domains. */
#include "validator.h"

#include "domain/email.h"

#include <stdio.h>

static void good_addresses(void **state)
{
    static const struct pair rows[] = {
        {"name@example.org", "name@example.org"},
        {"First.Last@Example.ORG", "First.Last@example.org"}, /* the local part keeps its case */
        {"a@b.example", "a@b.example"},
        {"a+tag@example.org", "a+tag@example.org"},
        {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
        {"o'brien@example.org", "o'brien@example.org"},
        {"1@example.org", "1@example.org"},
        {"a@1.example", "a@1.example"},
        {"a@x-y.z--z.example", "a@x-y.z--z.example"},
        {"a@r3---sn.example", "a@r3---sn.example"},
        {"\"a b\"@example.org", "\"a b\"@example.org"},
        {"\"a@b\"@example.org", "\"a@b\"@example.org"},
        {"\"a..b\"@example.org", "\"a..b\"@example.org"},
        {"\".\"@example.org", "\".\"@example.org"},
        {"\"a\\\"b\\\\c\"@example.org", "\"a\\\"b\\\\c\"@example.org"},
        {"\"name\"@example.org", "name@example.org"}, /* quotes that mean nothing */
        {"\"n\\ame\"@example.org", "name@example.org"},
        {"\"a\\ b\"@example.org", "\"a b\"@example.org"},
        {"jos\u00E9@example.org", "jos\u00E9@example.org"},
        {"jose\u0301@example.org", "jos\u00E9@example.org"},
        {"\u7528\u6237@\u4F8B\u5B50.example", "\u7528\u6237@\u4F8B\u5B50.example"},
        {"\"jos\u00E9 x\"@example.org", "\"jos\u00E9 x\"@example.org"},
        {"a@B\u00DCCHER.example", "a@b\u00FCcher.example"},
        {"a@bu\u0308cher.example", "a@b\u00FCcher.example"},
        {"a@xn--bcher-kva.example", "a@b\u00FCcher.example"},
        {"a@XN--BCHER-KVA.example", "a@b\u00FCcher.example"},
        {"a@fa\u00DF.example", "a@fa\u00DF.example"},          /* IDNA 2008 keeps the sharp s */
        {"a@\u4F8B\u3002example.org", "a@\u4F8B.example.org"}, /* an ideographic full stop is a dot */
        {"a@\uFF45\uFF58.example", "a@ex.example"},            /* full width letters */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        takes(email_normalise, rows[i].in, rows[i].want);
}

static void bad_addresses(void **state)
{
    static const char *const bad[] = {
        "name",
        "@",
        "name@",
        "@example.org",
        "name@example", /* one label */
        "name@localhost",
        "name@example.org.",
        "name@.example.org",
        "name@example..org",
        "name@-example.org",
        "name@example-.org",
        "name@exam_ple.org",
        "name@exam ple.org",
        "name@example.org ",
        " name@example.org",
        "name @example.org",
        "na me@example.org",
        "name@@example.org",
        "na@me@example.org",
        ".name@example.org",
        "name.@example.org",
        "na..me@example.org",
        "na,me@example.org",
        "na:me@example.org",
        "na(comment)me@example.org",
        "name@example.org(comment)",
        "Name <name@example.org>",
        "<name@example.org>",
        "name@example.org, other@example.org",
        "mailto:name@example.org\"",
        "name@[192.0.2.1]", /* address literals */
        "name@[IPv6:2001:db8::1]",
        "name@192.0.2.1",
        "name@example.123",
        "\"\"@example.org",
        "\"name@example.org",
        "name\"@example.org",
        "\"a\"b\"@example.org",
        "\"a\\\"@example.org",
        "\"a\\\u00E9\"@example.org", /* only ASCII can be escaped */
        "a\"b c\"@example.org",
        "\"a\".b@example.org",    /* RFC 5322's obsolete form */
        "na\u00A0me@example.org", /* blanks and marks that came with pasting */
        "na\u200Bme@example.org",
        "name\u200E@example.org",
        "name@xn--.example",
        "name@xn--a.example",
        "name@xn--a-4ba.example", /* a no-break blank */
        "name@xn--a-lca.example", /* a diaeresis alone */
        "name@xn--bcher-kva-.example",
        "name@b\u00FCcher",
        "name@-b\u00FCcher.example",
        "name@b\u00FCch_er.example",
        "name@b\u00FCch er.example",
        "name@b\u00FCch\uFF3Fer.example", /* a full width underscore is one */
        "name@xn--bch_er-3ya.example",
        "name@\u2665\u0301\u0338.example\u0338.",
        "name\xFF@example.org",
        "name@b\u00FC\xFF"
        "cher.example",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(email_normalise, bad[i], ERR_EMAIL);
    refuses_what_all_refuse(email_normalise, "name@example.org", ERR_EMAIL);
    fails_without_memory(email_normalise, "\"a b\"@b\u00FCcher.example");
    fails_without_memory(email_normalise, "\"ab\"@xn--bcher-kva.example");
    refuses(email_normalise, "a\u202Eb@example.org", ERR_FIELD_CONTROL);
    refuses(email_normalise, "\"a\nb\"@example.org", ERR_FIELD_CONTROL);
}

/* A local part of `local` letters, and labels of at most 63, `total` bytes in all. */
static void make(char *out, size_t local, size_t total)
{
    memset(out, 'a', total);
    out[total] = '\0';
    out[local] = '@';
    for (size_t dot = local + 1 + 60; dot + 2 < total; dot += 61)
        out[dot] = '.';
}

static void limits(void **state)
{
    char text[400];

    (void)state;
    make(text, EMAIL_LOCAL_MAX, EMAIL_MAX);
    takes(email_normalise, text, text);
    make(text, EMAIL_LOCAL_MAX, EMAIL_MAX + 1);
    refuses(email_normalise, text, ERR_EMAIL);
    make(text, EMAIL_LOCAL_MAX + 1, EMAIL_MAX);
    refuses(email_normalise, text, ERR_EMAIL);
    make(text, 1, EMAIL_MAX);
    takes(email_normalise, text, text);

    (void)snprintf(text, sizeof(text), "a@%063d.example", 0);
    takes(email_normalise, text, text);
    (void)snprintf(text, sizeof(text), "a@%064d.example", 0);
    refuses(email_normalise, text, ERR_EMAIL);
    /* Quotes that fall away do not count. */
    char plain[400];
    (void)snprintf(text, sizeof(text), "\"%064d\"@example.org", 0);
    (void)snprintf(plain, sizeof(plain), "%064d@example.org", 0);
    takes(email_normalise, text, plain);
    (void)snprintf(text, sizeof(text), "\"a %060d\"@example.org", 0);
    takes(email_normalise, text, text);
    (void)snprintf(text, sizeof(text), "\"a %061d\"@example.org", 0);
    refuses(email_normalise, text, ERR_EMAIL);
}

static void limits_count_bytes(void **state)
{
    char text[400];
    size_t size = 0;

    (void)state;
    for (int i = 0; i < 32; i++, size += 2)
        memcpy(text + size, "\u00E9", 2);
    memcpy(text + size, "@example.org", sizeof("@example.org"));
    takes(email_normalise, text, text);
    memmove(text + 1, text, strlen(text) + 1);
    text[0] = 'a';
    refuses(email_normalise, text, ERR_EMAIL);
}

/* What is stored has to fit, and what is sent too: xn-- makes a domain longer. */
static void the_ascii_form_fits_too(void **state)
{
    char text[400] = "a@";
    size_t size = 2;

    (void)state;
    for (int i = 0; i < 40; i++, size += 5)
        memcpy(text + size, "\u00FC.b.", 5); /* ten bytes as xn--tda.b. */
    memcpy(text + size, "example", sizeof("example"));
    assert_true(strlen(text) < EMAIL_MAX);
    refuses(email_normalise, text, ERR_EMAIL);
}

static const char *login(struct arena *arena, const char *text)
{
    const char *stored;
    assert_int_equal(email_normalise(arena, text, strlen(text), &stored), ERR_OK);
    return email_login_form(arena, stored);
}

static void logins_compare_without_case_in_the_domain(void **state)
{
    struct arena *arena = arena_new(1024 * 1024);

    (void)state;
    assert_string_equal(login(arena, "Name@EXAMPLE.org"), "Name@example.org");
    assert_string_not_equal(login(arena, "Name@example.org"), login(arena, "name@example.org"));
    assert_string_equal(login(arena, "a@B\u00DCCHER.example"), "a@xn--bcher-kva.example");
    assert_string_equal(login(arena, "a@xn--bcher-kva.example"), login(arena, "a@b\u00FCcher.example"));
    assert_string_equal(login(arena, "\"a@b\"@example.org"), "\"a@b\"@example.org");
    assert_null(email_login_form(arena, "no address"));
    assert_null(email_login_form(arena, "a@\u00FC\u00AD\u0338-.-"));
    for (unsigned nth = 1; nth <= 3; nth++) {
        arena_fail_after(nth);
        assert_null(email_login_form(arena, "a@b\u00FCcher.example"));
        arena_fail_after(0);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses),
        cmocka_unit_test(bad_addresses),
        cmocka_unit_test(limits),
        cmocka_unit_test(limits_count_bytes),
        cmocka_unit_test(the_ascii_form_fits_too),
        cmocka_unit_test(logins_compare_without_case_in_the_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
