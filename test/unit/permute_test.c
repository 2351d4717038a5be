/* permute_test.c - a permutation that is one, that its key alone decides, and that shows no order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sec/permute.h"

#include <sodium.h>
#include <stdlib.h>

enum { NUMBERS = 20000 };

static const uint8_t key[PERMUTE_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static int by_value(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return (*first > *second) - (*first < *second);
}

static void test_there_and_back(void **state)
{
    static const uint64_t ends[] = {0, 1, (UINT64_C(1) << 20) - 1, UINT64_C(1) << 20,
                                    (UINT64_C(1) << 40) - 1};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        assert_true(permute_back(key, permute(key, ends[i])) == ends[i]);
    for (uint64_t i = 0; i < NUMBERS; i++) {
        uint64_t number = i * UINT64_C(0x9e3779b97f4a7c15) >> 24;
        assert_true(permute(key, number) >> PERMUTE_BITS == 0);
        assert_true(permute_back(key, permute(key, number)) == number);
        assert_true(permute(key, permute_back(key, number)) == number);
    }
}

/* It is in what is stored, so it must never be another. Computed beside it, in another language. */
static void test_stays_as_it_is(void **state)
{
    (void)state;
    assert_true(permute(key, 0) == UINT64_C(0x82dc920b));
    assert_true(permute(key, 1) == UINT64_C(0x364a3e534f));
    assert_true(permute(key, UINT64_C(0x123456789a)) == UINT64_C(0xa46b78705d));
}

static void test_no_two_are_the_same(void **state)
{
    static uint64_t seen[NUMBERS];

    (void)state;
    for (uint64_t i = 0; i < NUMBERS; i++)
        seen[i] = permute(key, i);
    qsort(seen, NUMBERS, sizeof seen[0], by_value);
    for (size_t i = 1; i < NUMBERS; i++)
        assert_true(seen[i - 1] != seen[i]);
}

/* Half of the bits change, give or take, whichever one bit of the number or of the key does. */
static void changes_half(uint64_t changed)
{
    assert_in_range(changed, 19 * NUMBERS, 21 * NUMBERS);
}

static void test_shows_no_order(void **state)
{
    uint64_t neighbours = 0;
    uint64_t keys = 0;
    uint64_t rises = 0;

    (void)state;
    for (uint64_t i = 0; i < NUMBERS; i++) {
        uint8_t other[PERMUTE_KEY_BYTES];
        for (size_t j = 0; j < sizeof other; j++)
            other[j] = key[j] ^ (uint8_t)(j == i % sizeof other);
        neighbours += (uint64_t)__builtin_popcountll(permute(key, i) ^ permute(key, i ^ 1));
        keys += (uint64_t)__builtin_popcountll(permute(key, i) ^ permute(other, i));
        rises += permute(key, i) < permute(key, i + 1);
    }
    changes_half(neighbours);
    changes_half(keys);
    assert_in_range(rises, NUMBERS * 48 / 100, NUMBERS * 52 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_stays_as_it_is),
        cmocka_unit_test(test_no_two_are_the_same),
        cmocka_unit_test(test_shows_no_order),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("permute", tests, NULL, NULL);
}
