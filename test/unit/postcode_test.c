/* postcode_test.c - the six forms, and each position with every letter. */
#include "validator.h"

#include "domain/postcode.h"

static void good_postcodes(void **state)
{
    static const struct pair rows[] = {
        {"SW1A 1AA", "SW1A 1AA"},
        {"sw1a1aa", "SW1A 1AA"},
        {"M1 1AE", "M1 1AE"},
        {"m11ae", "M1 1AE"},
        {"B33 8TH", "B33 8TH"},
        {"CR2 6XH", "CR2 6XH"},
        {"DN55 1PT", "DN55 1PT"},
        {"W1A 0AX", "W1A 0AX"},
        {"EC1A 1BB", "EC1A 1BB"},
        {"BS0 1AA", "BS0 1AA"},
        {"GIR 0AA", "GIR 0AA"},
        {"gir0aa", "GIR 0AA"},
        {"  s w 1 a 1 a a ", "SW1A 1AA"},
        {"SW1A   1AA", "SW1A 1AA"},
        {"SW1A\u00A01AA", "SW1A 1AA"},
        {"\u200ESW1A 1AA", "SW1A 1AA"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        takes(postcode_normalise, rows[i].in, rows[i].want);
}

static void bad_postcodes(void **state)
{
    static const char *const bad[] = {
        "SW1A",    "1AA",      "SW1A 1A",  "SW1A 1AAA", "SW1AA 1AA",   "S1W1A 1AA", "1M 1AE",
        "M 1AE",   "MMM1 1AE", "M123 1AE", "M1 AAE",    "M1 1A1",      "SW1A-1AA",  "SW1A.1AA",
        "GIR 0AB", "GIR 1AA",  "GIR0AAA",  "BFPO 801",  "ＳW1A 1AA",   "SW1Á 1AA",  "SW1A 1AA\xC3",
        "00000",   "AAAAAAA",  "D02 AF30", "AB12 C3D",  "M1 1\u212AA",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(postcode_normalise, bad[i], ERR_POSTCODE);
    refuses_what_all_refuse(postcode_normalise, "SW1A 1AA", ERR_POSTCODE);
}

/* A form in which one position, marked *, takes exactly these letters. */
static const struct {
    const char *form;
    const char *letters;
} positions[] = {
    {"*1 1AA", "ABCDEFGHIJKLMNOPRSTUWYZ"},  {"*A1 1AA", "ABCDEFGHIJKLMNOPRSTUWYZ"},
    {"A*1 1AA", "ABCDEFGHKLMNOPQRSTUVWXY"}, {"A*11 1AA", "ABCDEFGHKLMNOPQRSTUVWXY"},
    {"A1* 1AA", "ABCDEFGHJKPSTUW"},         {"AA1* 1AA", "ABEHMNPRVWXY"},
    {"A1 1*A", "ABDEFGHJLNPQRSTUWXYZ"},     {"A1 1A*", "ABDEFGHJLNPQRSTUWXYZ"},
    {"AA11 1*A", "ABDEFGHJLNPQRSTUWXYZ"},   {"AA1A 1A*", "ABDEFGHJLNPQRSTUWXYZ"},
};

static void each_position_has_its_letters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(positions); i++) {
        for (char letter = 'A'; letter <= 'Z'; letter++) {
            char text[POSTCODE_TEXT];
            size_t size = strlen(positions[i].form);
            memcpy(text, positions[i].form, size + 1);
            *strchr(text, '*') = letter;
            if (strchr(positions[i].letters, letter))
                takes(postcode_normalise, text, text);
            else
                refuses(postcode_normalise, text, ERR_POSTCODE);
        }
    }
}

static void the_outward_code(void **state)
{
    char out[OUTCODE_TEXT];

    (void)state;
    postcode_outcode("SW1A 1AA", out);
    assert_string_equal(out, "SW1A");
    postcode_outcode("M1 1AE", out);
    assert_string_equal(out, "M1");
    postcode_outcode("", out);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_postcodes),
        cmocka_unit_test(bad_postcodes),
        cmocka_unit_test(each_position_has_its_letters),
        cmocka_unit_test(the_outward_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
