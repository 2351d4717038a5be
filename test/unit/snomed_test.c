/* snomed_test.c - Verhoeff's check against his published table, and which identifiers are concepts. */
#include "validator.h"

#include "domain/snomed.h"

#include <stdio.h>

static void concepts(void **state)
{
    static const char *const good[] = {
        "22298006",           "195967001",        "91936005",        "138875005", "100005",
        "999000041000000102", "1094391000000102", "196981000000101", "322236009", "73211009",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        takes(snomed_normalise, good[i], good[i]);
}

static void no_concepts(void **state)
{
    static const char *const bad[] = {
        "22298007",            /* check digit */
        "22298060",            /* two digits exchanged */
        "12345",               /* too short */
        "1234567890123456789", /* too long */
        "022298006",           /* leading zero */
        "22 298 006",          /* marks */
        "22298006 ",
        "+2298006",
        "2229800a",
        "２２２９８００６",
        "2229800\xFF",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(snomed_normalise, bad[i], ERR_SNOMED);
    refuses_what_all_refuse(snomed_normalise, "22298006", ERR_SNOMED);
}

/* The multiplication of D5 and the permutations as Verhoeff printed them: we compute both. */
static const char *const product[10] = {"0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
                                        "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"};
static const char *const permutation[8] = {"0123456789", "1576283094", "5803796142", "8916043527",
                                           "9453126870", "4286573901", "2793806415", "7046913258"};

static int check_digit(const char *text, size_t size)
{
    int so_far = 0;
    for (size_t i = 0; i < size; i++)
        so_far = product[so_far][permutation[(i + 1) % 8][text[size - 1 - i] - '0'] - '0'] - '0';
    for (int digit = 0; digit < 10; digit++) {
        if (product[so_far][digit] == '0')
            return digit;
    }
    fail_msg("no inverse");
    return -1;
}

/* For many items in every partition and length: exactly the right check digit, and concepts only. */
static void every_partition(void **state)
{
    (void)state;
    for (long long item = 1; item < 100000000000000; item = item * 3 + 7) {
        for (int partition = 0; partition < 100; partition++) {
            char text[24];
            int size = snprintf(text, sizeof(text), "%lld%02d", item, partition);
            int right = check_digit(text, (size_t)size);
            bool concept = (partition == 0 && size >= 5) || (partition == 10 && size >= 10);
            text[size + 1] = '\0';
            for (int digit = 0; digit < 10; digit++) {
                text[size] = (char)('0' + digit);
                if (concept && digit == right)
                    takes(snomed_normalise, text, text);
                else
                    refuses(snomed_normalise, text, ERR_SNOMED);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concepts),
        cmocka_unit_test(no_concepts),
        cmocka_unit_test(every_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
