/* nation_test.c - the nation of a postcode, by its area. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/nation.h"

static void test_areas(void **state)
{
    static const struct {
        const char *postcode;
        enum nation nation;
    } rows[] = {
        {"G2 1DY", NATION_SCOTLAND},  {"GL1 1AA", NATION_ENGLAND},  {"GU1 1AA", NATION_ENGLAND},
        {"GY1 1AA", NATION_NONE},     {"JE2 3AB", NATION_NONE},     {"IM1 1AA", NATION_NONE},
        {"EH1 1YZ", NATION_SCOTLAND}, {"E1 6AN", NATION_ENGLAND},   {"BT1 5GS", NATION_NORTHERN_IRELAND},
        {"B1 1AA", NATION_ENGLAND},   {"CF10 1EP", NATION_WALES},   {"LL57 1YL", NATION_WALES},
        {"L1 8JQ", NATION_ENGLAND},   {"SA1 3SN", NATION_WALES},    {"S1 2HE", NATION_ENGLAND},
        {"ZE1 0AA", NATION_SCOTLAND}, {"SW1A 1AA", NATION_ENGLAND}, {"KW15 1AA", NATION_SCOTLAND},
        {"NP20 1AA", NATION_WALES},   {"N1 9GU", NATION_ENGLAND},   {"PH1 5AA", NATION_SCOTLAND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(nation_of_postcode(rows[i].postcode), rows[i].nation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_areas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
