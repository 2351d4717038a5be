/* nhs_number_test.c - the check digit, the marks between the digits, and what is no NHS number. */
#include "validator.h"

#include "domain/nhs_number.h"

static void good_numbers(void **state)
{
    static const struct pair rows[] = {
        {"9434765919", "9434765919"},
        {"943 476 5919", "9434765919"},
        {"943-476-5919", "9434765919"},
        {" 943 4765919 ", "9434765919"},
        {"9 4 3 4 7 6 5 9 1 9", "9434765919"},
        {"943\u00A0476\u20115919", "9434765919"},   /* no-break blank and hyphen, as pages have them */
        {"\u202A943 476 5919\u202C", "9434765919"}, /* direction marks, as phones copy them */
        {"401 023 2137", "4010232137"},
        {"599 012 8088", "5990128088"},
        {"630 469 5780", "6304695780"},
        {"999 000 0018", "9990000018"},
        {"9990000026", "9990000026"},
        {"0000000000", "0000000000"}, /* by the rule of the check digit */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        takes(nhs_number_normalise, rows[i].in, rows[i].want);
}

static void bad_numbers(void **state)
{
    static const char *const bad[] = {
        "630 469 5787",
        "1234567890",
        "943476591",
        "94347659190",
        "943 476 591X",
        "943.476.5919",
        "943_476_5919",
        "943/476/5919",
        "(943)4765919",
        "+9434765919",
        "９４３４７６５９１９",
        "٩٤٣٤٧٦٥٩١٩",
        "9434765919 x 1",
        "\xFF"
        "9434765919",
        "abcdefghij",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(nhs_number_normalise, bad[i], ERR_NHS_NUMBER);
    refuses_what_all_refuse(nhs_number_normalise, "943 476 5919", ERR_NHS_NUMBER);
}

/* Of the ten numbers with the same first nine digits, one is right, or none where the check would be 10. */
static void one_check_digit_at_most(void **state)
{
    int without = 0;

    (void)state;
    for (int64_t nine = 0; nine < 1000000000; nine += 99991) {
        char digits[NHS_NUMBER_DIGITS + 1];
        int64_t rest = nine;
        int sum = 0;
        int right = 0;
        for (int i = 8; i >= 0; i--, rest /= 10) {
            digits[i] = (char)('0' + rest % 10);
            sum += (int)(rest % 10) * (10 - i);
        }
        for (int check = 0; check < 10; check++) {
            digits[9] = (char)('0' + check);
            if (nhs_number_is_valid(digits)) {
                right++;
                assert_int_equal((sum + check) % 11, 0); /* the same rule, said as one sum */
            }
        }
        assert_int_equal(right, sum % 11 == 1 ? 0 : 1);
        without += right == 0;
    }
    assert_true(without > 0);
}

static void letters_are_no_digits(void **state)
{
    (void)state;
    assert_true(nhs_number_is_valid("9434765919"));
    assert_false(nhs_number_is_valid("943476591:"));
    assert_false(nhs_number_is_valid("/434765919"));
}

static void shown_in_three_groups(void **state)
{
    char out[NHS_NUMBER_SHOWN];

    (void)state;
    nhs_number_show("9434765919", out);
    assert_string_equal(out, "943 476 5919");
    takes(nhs_number_normalise, out, "9434765919");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_numbers),
        cmocka_unit_test(bad_numbers),
        cmocka_unit_test(one_check_digit_at_most),
        cmocka_unit_test(letters_are_no_digits),
        cmocka_unit_test(shown_in_three_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
