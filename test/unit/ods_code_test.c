/* ods_code_test.c - letters, digits, and how many. */
#include "validator.h"

#include "domain/ods_code.h"

static void good_codes(void **state)
{
    static const struct pair rows[] = {
        {"A81001", "A81001"},         {"a81001", "A81001"}, {"RJ1", "RJ1"},
        {"0123456789", "0123456789"}, {"zzz", "ZZZ"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        takes(ods_code_normalise, rows[i].in, rows[i].want);
}

static void bad_codes(void **state)
{
    static const char *const bad[] = {"A8",      "A8100100000", "A81 001",   " A81001", "A81-001",
                                      "A81001.", "Á81001",      "A8100\xFF", "[A810]",  "@`{/:"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(ods_code_normalise, bad[i], ERR_ODS_CODE);
    refuses_what_all_refuse(ods_code_normalise, "A81001", ERR_ODS_CODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_codes),
        cmocka_unit_test(bad_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
