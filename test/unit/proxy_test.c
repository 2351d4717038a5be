/* proxy_test.c - who may act for whom, by age, and until when. */
#include "domain/proxy.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int32_t day(int year, int month, int of_month)
{
    return days_from_civil(year, month, of_month);
}

static void age_counts_whole_years(void **state)
{
    (void)state;
    assert_int_equal(age_in_years(day(2010, 6, 15), day(2026, 6, 14)), 15);
    assert_int_equal(age_in_years(day(2010, 6, 15), day(2026, 6, 15)), 16);
    assert_int_equal(age_in_years(day(2008, 2, 29), day(2024, 2, 28)), 15);
    assert_int_equal(age_in_years(day(2008, 2, 29), day(2025, 2, 28)), 16);
    assert_int_equal(age_in_years(day(2008, 2, 29), day(2021, 3, 1)), 13);
    assert_int_equal(age_in_years(day(2026, 1, 1), day(2026, 1, 1)), 0);
}

struct row {
    int basis;
    int32_t patient_born, proxy_born, until;
    enum err expected;
    int32_t until_set;
};

static void basis_and_age_decide(void **state)
{
    const int32_t today = day(2026, 11, 25);
    const int32_t adult = day(1980, 1, 1);
    const struct row rows[] = {
        /* a child: by parental responsibility, until the day before the 16th birthday */
        {PROXY_PARENTAL_RESPONSIBILITY, day(2015, 5, 1), adult, DATE_NONE, ERR_OK, day(2031, 4, 30)},
        {PROXY_PARENTAL_RESPONSIBILITY, day(2015, 5, 1), adult, day(2027, 1, 1), ERR_OK, day(2027, 1, 1)},
        {PROXY_PARENTAL_RESPONSIBILITY, day(2015, 5, 1), adult, day(2031, 5, 1), ERR_PROXY_UNTIL, 0},
        {PROXY_PARENTAL_RESPONSIBILITY, day(2010, 11, 26), adult, DATE_NONE, ERR_OK, today},
        {PROXY_PARENTAL_RESPONSIBILITY, day(2010, 11, 25), adult, DATE_NONE, ERR_PROXY_AGE, 0},
        /* consent: from 13, with an end */
        {PROXY_PATIENT_CONSENT, day(2013, 11, 25), adult, day(2027, 1, 1), ERR_OK, day(2027, 1, 1)},
        {PROXY_PATIENT_CONSENT, day(2013, 11, 26), adult, day(2027, 1, 1), ERR_PROXY_AGE, 0},
        {PROXY_PATIENT_CONSENT, adult, adult, DATE_NONE, ERR_PROXY_UNTIL, 0},
        {PROXY_PATIENT_CONSENT, adult, adult, day(2026, 11, 24), ERR_PROXY_UNTIL, 0},
        {PROXY_PATIENT_CONSENT, adult, adult, day(2031, 11, 25), ERR_OK, day(2031, 11, 25)},
        {PROXY_PATIENT_CONSENT, adult, adult, day(2031, 11, 26), ERR_PROXY_UNTIL, 0},
        /* legal authority: from 16 */
        {PROXY_LEGAL_AUTHORITY, day(2010, 11, 26), adult, day(2027, 1, 1), ERR_PROXY_AGE, 0},
        {PROXY_LEGAL_AUTHORITY, day(1940, 1, 1), adult, day(2027, 1, 1), ERR_OK, day(2027, 1, 1)},
        /* who acts is 16 at least, and both ages are known */
        {PROXY_PATIENT_CONSENT, adult, day(2011, 1, 1), day(2027, 1, 1), ERR_PROXY_AGE, 0},
        {PROXY_PATIENT_CONSENT, DATE_NONE, adult, day(2027, 1, 1), ERR_PROXY_AGE, 0},
        {PROXY_PATIENT_CONSENT, adult, DATE_NONE, day(2027, 1, 1), ERR_PROXY_AGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proxy proxy = {.basis = rows[i].basis, .until = rows[i].until, .ended_at = INSTANT_NONE};
        enum err e = proxy_decide(&proxy, rows[i].patient_born, rows[i].proxy_born, today);
        if (e != rows[i].expected)
            fail_msg("row %zu: %s instead of %s", i, err_info(e)->code, err_info(rows[i].expected)->code);
        assert_int_equal(proxy.until, e ? rows[i].until : rows[i].until_set);
    }
}

static void runs_until_its_end(void **state)
{
    struct proxy proxy = {.until = day(2026, 11, 25), .ended_at = INSTANT_NONE};

    (void)state;
    assert_true(proxy_runs(&proxy, day(2026, 11, 25)));
    assert_false(proxy_runs(&proxy, day(2026, 11, 26)));
    proxy.ended_at = 1;
    assert_false(proxy_runs(&proxy, day(2026, 11, 25)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(age_counts_whole_years),
        cmocka_unit_test(basis_and_age_decide),
        cmocka_unit_test(runs_until_its_end),
    };
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
