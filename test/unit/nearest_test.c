/* nearest_test.c - "did you mean ...?" */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/nearest.h"

static size_t distance(const char *a, const char *b)
{
    assert_int_equal(nearest_distance(a, strlen(a), b, strlen(b)),
                     nearest_distance(b, strlen(b), a, strlen(a)));
    return nearest_distance(a, strlen(a), b, strlen(b));
}

static void counts_slips(void **state)
{
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("pateint", "patient"), 1); /* a swap */
    assert_int_equal(distance("ca", "abc"), 3);          /* a swapped pair is not edited again */
    assert_int_equal(distance("Title", "tITLE"), 0);
    char longest[NEAREST_SIZE_MAX + 2];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(nearest_distance(longest, NEAREST_SIZE_MAX, "", 0), NEAREST_SIZE_MAX);
    assert_int_equal(nearest_distance(longest, NEAREST_SIZE_MAX + 1, "", 0), SIZE_MAX);
}

static const char *best_of(const char *word)
{
    static const char *const names[] = {"patient_id", "practice_id", "reason", "q"};
    struct nearest nearest = nearest_to(word, strlen(word));

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        nearest_try(&nearest, names[i]);
    return nearest.best;
}

static void finds_what_is_close_only(void **state)
{
    (void)state;
    assert_string_equal(best_of("pateint_id"), "patient_id");
    assert_string_equal(best_of("practise_id"), "practice_id");
    assert_string_equal(best_of("patientId"), "patient_id");
    assert_string_equal(best_of("reasons"), "reason");
    assert_null(best_of("duration"));
    assert_null(best_of("zz"));
    assert_null(best_of(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_slips),
        cmocka_unit_test(finds_what_is_close_only),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
