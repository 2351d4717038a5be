/* uuid_test.c - RFC 9562's own example of version 7, the order of time, and the text form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"

static void the_example_of_the_rfc(void **state)
{
    /* Appendix A.6: Tuesday, 22 February 2022, 14:22:22 -05:00. */
    static const uint8_t random[UUID_RANDOM] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    char text[UUID_TEXT];

    (void)state;
    uuid7_format(INT64_C(0x017F22E279B0), random, text);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_true(uuid_is_valid(text));
}

static void version_and_variant_stay(void **state)
{
    uint8_t random[UUID_RANDOM];
    char text[UUID_TEXT];

    (void)state;
    memset(random, 0xFF, sizeof(random));
    uuid7_format((INT64_C(1) << 48) - 1, random, text);
    assert_string_equal(text, "ffffffff-ffff-7fff-bfff-ffffffffffff");
    memset(random, 0, sizeof(random));
    uuid7_format(0, random, text);
    assert_string_equal(text, "00000000-0000-7000-8000-000000000000");
}

static void later_sorts_later(void **state)
{
    static const uint8_t low[UUID_RANDOM] = {0};
    uint8_t high[UUID_RANDOM];
    char before[UUID_TEXT];
    char after[UUID_TEXT];

    (void)state;
    memset(high, 0xFF, sizeof(high));
    for (int64_t ms = INT64_C(1795597200000), step = 1; step < INT64_C(10000000000); ms += step, step *= 7) {
        uuid7_format(ms, high, before);
        uuid7_format(ms + step, low, after);
        assert_true(strcmp(before, after) < 0);
    }
}

static void the_text_form(void **state)
{
    static const char *const good[] = {
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F81D4FAE-7dec-11D0-a765-00a0c91e6bf6",
    };
    static const char *const bad[] = {
        "",
        "f81d4fae",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
        "f81d4fae7dec11d0a76500a0c91e6bf6",
        "f81d4fae-7dec-11d0-a76500-a0c91e6bf6",
        "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "-81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae 7dec 11d0 a765 00a0c91e6bf6",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(uuid_is_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (uuid_is_valid(bad[i]))
            fail_msg("%s is taken", bad[i]);
    }
    assert_false(uuid_is_valid(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc),
        cmocka_unit_test(version_and_variant_stay),
        cmocka_unit_test(later_sorts_later),
        cmocka_unit_test(the_text_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
