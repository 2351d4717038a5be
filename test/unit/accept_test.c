/* accept_test.c - what an Accept header says of a type. */
#include "call/accept.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

static void how_welcome_a_type_is(void **state)
{
    static const struct {
        const char *accept, *type;
        int quality;
    } rows[] = {
        {NULL, "text/html", 1000},
        {"", "text/html", 1000},
        {"*/*", "text/html; charset=utf-8", 1000},
        {"text/*", "text/html", 1000},
        {"TEXT/HTML", "text/html", 1000},
        {"text/html;level=1", "text/html", 1000},
        {"text/plain", "text/html", 0},
        {"text", "text/html", 0},
        {"text/htm", "text/html", 0},
        {"text/html5", "text/html", 0},
        {"application/*", "text/html", 0},
        {"text/html;q=0", "text/html", 0},
        {"text/html; q=0.000", "text/html", 0},
        {"text/html ;Q=0.5", "text/html", 500},
        {"text/html; level=2; q=0.25", "text/html", 250},
        {"text/html;q=0.1234", "text/html", 123},
        {"text/html;q=1.0", "text/html", 1000},
        {"text/html;q=none", "text/html", 1000},
        {"text/html;q=", "text/html", 1000},
        {"text/html;", "text/html", 1000},
        {"*/*;q=0.1, text/*;q=0.2, text/html;q=0.3", "text/html", 300},
        {"*/*;q=0.1, text/*;q=0.2, text/html;q=0.3", "text/css", 200},
        {"*/*;q=0.1, text/*;q=0.2, text/html;q=0.3", "image/png", 100},
        {"*/*, text/html;q=0", "text/html", 0}, /* what names it most exactly counts */
        {"text/html;q=0.2, text/html;q=0.7", "text/html", 700},
        {" , text/html", "text/html", 1000},
        {",", "text/html", 0},
        {"application/json", "application/problem+json", 1000},
        {"application/json", "application/jwk-set+json", 1000},
        {"application/problem+json", "application/json", 0},
        {BROWSER, "application/json", 800},
        {BROWSER, "text/html", 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int quality = accept_quality(rows[i].accept, rows[i].type);
        if (quality != rows[i].quality)
            fail_msg("%s of %s: %d", rows[i].type, rows[i].accept ? rows[i].accept : "NULL", quality);
    }
}

static void what_is_preferred(void **state)
{
    (void)state;
    assert_true(accept_prefers(BROWSER, "text/html", "application/json"));
    assert_true(accept_prefers("text/html", "text/html", "application/json"));
    assert_false(accept_prefers("*/*", "text/html", "application/json"));
    assert_false(accept_prefers(NULL, "text/html", "application/json"));
    assert_false(accept_prefers("text/html, application/json", "text/html", "application/json"));
    assert_false(accept_prefers("application/json, text/html;q=0.9", "text/html", "application/json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_welcome_a_type_is),
        cmocka_unit_test(what_is_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
