/* utf8_test.c - the table of RFC 3629 section 4, walked along its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/utf8.h"

/* One character by the definition, not by the table: decode, then ask whether it was the shortest form of a
 * scalar. */
static size_t by_definition(const unsigned char *at, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
    uint32_t value = length == 1 ? at[0] : at[0] & (0x7fU >> length);

    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        value = value << 6 | (at[i] & 0x3f);
    }
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ? 0 : length;
}

static void agrees_with_the_definition(void **state)
{
    static const unsigned char others[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const size_t count = sizeof others;
    (void)state;

    for (size_t i = 0; i < 256 * count * count * count; i++) {
        unsigned char text[4] = {(unsigned char)(i & 255), others[i / 256 % count],
                                 others[i / 256 / count % count], others[i / 256 / count / count]};
        for (size_t size = 1; size <= 4; size++)
            assert_int_equal(utf8_size((const char *)text, (const char *)text + size),
                             by_definition(text, size));
    }
    assert_int_equal(utf8_size("", ""), 0);
}

static void counts_and_cuts(void **state)
{
    (void)state;
    assert_true(utf8_valid("aé€😀", 10));
    assert_false(utf8_valid("aé€😀", 9));
    assert_true(utf8_valid("", 0));
    assert_int_equal(utf8_characters("aé€😀", 10), 4);
    assert_int_equal(utf8_cut("aé€😀", 10, 10), 10);
    assert_int_equal(utf8_cut("aé€😀", 10, 9), 6);
    assert_int_equal(utf8_cut("aé€😀", 10, 6), 6);
    assert_int_equal(utf8_cut("aé€😀", 10, 2), 1);
    assert_int_equal(utf8_cut("aé€😀", 10, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(counts_and_cuts),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
