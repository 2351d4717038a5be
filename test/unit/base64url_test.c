/* base64url_test.c - every value has one text, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "sec/base64url.h"

static void values_come_back(void **state)
{
    uint8_t bytes[100], back[100];
    char text[BASE64URL_TEXT(100)];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        randombytes_buf(bytes, sizeof bytes);
        base64url_write(bytes, i, text);
        assert_int_equal(strlen(text) + 1, BASE64URL_TEXT(i));
        assert_true(base64url_read(text, strlen(text), back, sizeof back, &size));
        assert_int_equal(size, i);
        assert_memory_equal(bytes, back, i);
        if (i > 0)
            assert_false(base64url_read(text, strlen(text), back, i - 1, &size));
    }
}

static void test_vectors_of_the_rfc(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    char text[BASE64URL_TEXT(8)];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        base64url_write(vectors[i][0], strlen(vectors[i][0]), text);
        assert_string_equal(text, vectors[i][1]);
    }
}

/* In a text of three bytes, each byte at each place. */
static void only_the_alphabet_is_read(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t out[8];
    size_t size = 0;

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 4; at++) {
            char text[] = "AAAA";
            text[at] = (char)byte;
            bool known = byte && strchr(alphabet, byte);
            assert_int_equal(base64url_read(text, 4, out, sizeof out, &size), known);
        }
    }
}

static void one_text_for_each_value(void **state)
{
    static const char *const bad[] = {"A", "Zh", "Zm9", "Zg==", "Zg=", "Zm 8", "Zm8\n", "AAAAA"};
    uint8_t out[8];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(base64url_read(bad[i], strlen(bad[i]), out, sizeof out, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(test_vectors_of_the_rfc),
        cmocka_unit_test(only_the_alphabet_is_read),
        cmocka_unit_test(one_text_for_each_value),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
