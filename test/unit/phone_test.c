/* phone_test.c - each range of the numbering plan, the ways in which numbers are written, and what is none.
 */
#include "validator.h"

#include "domain/phone.h"

#include <stdio.h>

static void every_way_of_writing(void **state)
{
    static const struct pair rows[] = {
        {"020 7946 0000", "+442079460000"},
        {"02079460000", "+442079460000"},
        {"+44 20 7946 0000", "+442079460000"},
        {"+442079460000", "+442079460000"},
        {"+44 (0)20 7946 0000", "+442079460000"},
        {"+44 020 7946 0000", "+442079460000"},
        {"(+44) 20 7946 0000", "+442079460000"},
        {"(020) 7946-0000", "+442079460000"},
        {"(020) (7946) 0000", "+442079460000"},
        {" 0 2 0 7 9 4 6 0 0 0 0 ", "+442079460000"},
        {"020\u00A07946\u20110000", "+442079460000"},
        {"020 7946 \u2013 0000", "+442079460000"},
        {"\u202A+44 20 7946 0000\u202C", "+442079460000"},
        {"\u206807700 900123\u2069", "+447700900123"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        takes(phone_normalise, rows[i].in, rows[i].want);
}

/* As shown; what is stored is the same without blanks and with +44 for the 0. */
static const char *const shown[] = {
    /* Ofcom's numbers for drama */
    "07700 900000",
    "07700 900999",
    "01632 960000",
    "01632 960999",
    "020 7946 0999",
    "0113 496 0000",
    "0114 496 0999",
    "0115 496 0000",
    "0116 496 0999",
    "0117 496 0000",
    "0118 496 0999",
    "0121 496 0000",
    "0131 496 0999",
    "0141 496 0000",
    "0151 496 0999",
    "0161 496 0000",
    "0191 498 0999",
    "028 9649 6000",
    "029 2018 0999",
    "0808 157 0000",
    "0306 999 0999",
    "0909 879 0000",
    /* the numbers of the original document */
    "020 7123 4567",
    "01234 567890",
    "07123 456789",
    /* one of each other range */
    "023 8012 3456",
    "024 7612 3456",
    "01481 720000",
    "01534 440000",
    "01624 690000",
    "07624 400000",
    "07797 712345",
    "07100 000000",
    "070 1234 5678",
    "076 0012 3456",
    "055 1234 5678",
    "056 1234 5678",
    "0300 123 4567",
    "0330 123 4567",
    "0345 123 4567",
    "0370 123 4567",
    "0800 123 4567",
    "0800 123456",
    "0843 123 4567",
    "0845 123 4567",
    "0871 123 4567",
    "0900 123 4567",
    "0911 123 4567",
    "0982 123 4567",
    /* codes of five digits, and local numbers of five and four */
    "013873 12345",
    "015242 12345",
    "015394 12345",
    "015395 12345",
    "015396 12345",
    "016973 12345",
    "016974 12345",
    "016977 12345",
    "017683 12345",
    "017684 12345",
    "017687 12345",
    "019467 12345",
    "016977 2345",
    "016977 3999",
    "01204 61234",
    "01750 21234",
};

static void every_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shown); i++) {
        char want[PHONE_E164] = "+44";
        char back[PHONE_SHOWN];
        size_t size = 3;
        for (const char *at = shown[i] + 1; *at; at++) {
            if (*at != ' ')
                want[size++] = *at;
        }
        want[size] = '\0';
        takes(phone_normalise, shown[i], want);
        phone_show(want, back);
        assert_string_equal(back, shown[i]);
    }
}

static void a_withdrawn_range_is_still_shown(void **state)
{
    char out[PHONE_SHOWN];

    (void)state;
    phone_show("+445001234567", out);
    assert_string_equal(out, "05001 234567");
    phone_show("+44500123456", out);
    assert_string_equal(out, "05001 23456");
}

static void no_numbers(void **state)
{
    static const char *const bad[] = {
        "2079460000",     /* no 0, no +44 */
        "442079460000",   /* no plus */
        "00442079460000", /* 00 is for a dial, not for a record */
        "++442079460000",
        "44+2079460000",
        "0+2079460000",
        "+44",
        "+440",
        "+4",
        "+",
        "0",
        "-",
        "()",
        "+33 1 23 45 67 89", /* another country */
        "+1 202 555 0123",
        "+353 1 234 5678",
        "020 7946 000",   /* a digit short */
        "020 7946 00000", /* a digit long */
        "+44 (0)20 7946 00000",
        "07700 90012",
        "07700 9001234",
        "0113 496 000",
        "01632 123456", /* no place has 01632, but for drama */
        "01111 123456", /* city codes that are none */
        "0119 496 0000",
        "0171 496 0000", /* London before 2000 */
        "0181 496 0000",
        "01201 123456", /* area codes that are none */
        "01999 123456",
        "01450 12345", /* an area without short local numbers */
        "01204 51234", /* a block without them */
        "016977 4234",
        "021 1234 5678",
        "022 1234 5678",
        "025 1234 5678",
        "026 1234 5678",
        "027 1234 5678",
        "0310 123 4567",
        "0320 123 4567",
        "0360 123 4567",
        "0390 123 4567",
        "04123 456789",
        "0500 123456", /* withdrawn */
        "05001 234567",
        "0541 234567",
        "057 1234 5678",
        "06123 456789",
        "0801 123 4567",
        "0809 123 4567",
        "0808 123456",
        "0820 123 4567",
        "0841 123 4567",
        "0846 123 4567",
        "0874 123 4567",
        "0881 123 4567",
        "0921 123 4567",
        "0971 123 4567",
        "0991 123 4567",
        "0800 1111", /* real, but not of 10 or 11 digits */
        "999",
        "111",
        "118500",
        "020 7946 0000 x123", /* extensions */
        "020 7946 0000 ext 1",
        "020 7946 0000#1",
        "tel:02079460000",
        "020.7946.0000", /* marks that are none */
        "020/7946/0000",
        "020_7946_0000",
        "(020 7946 0000", /* brackets */
        "020) 7946 0000",
        "((020)) 7946 0000",
        ")020( 7946 0000",
        "[020] 7946 0000",
        "０２０７９４６００００", /* digits of other scripts */
        "020 7946 000O",
        "020 7946 0000\xFF",
        "not a number",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses(phone_normalise, bad[i], ERR_PHONE);
    refuses_what_all_refuse(phone_normalise, "020 7946 0000", ERR_PHONE);
}

/* Of the 9,000 beginnings of four digits, how many lead somewhere: in 01, the plan has 583 areas with codes
 * of four digits, six cities with 11x, and six with 1x1. */
static void how_much_of_the_plan_is_open(void **state)
{
    static const struct {
        int from, to; /* the first four digits after the 0 */
        int open;
    } rows[] = {
        {1000, 1099, 0},   {1100, 1199, 60},  {1200, 1299, 84},  {1000, 1999, 583 + 6 * 10 + 6 * 10},
        {2000, 2999, 500}, {3000, 3999, 400}, {4000, 4999, 0},   {5000, 5499, 0},
        {5500, 5699, 200}, {5700, 5999, 0},   {6000, 6999, 0},   {7000, 7999, 1000},
        {8000, 8009, 10},  {8010, 8079, 0},   {8080, 8089, 10},  {8090, 8399, 0},
        {8400, 8499, 40},  {8500, 8699, 0},   {8700, 8799, 40},  {8800, 8999, 0},
        {9000, 9199, 200}, {9200, 9799, 0},   {9800, 9899, 100}, {9900, 9999, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int open = 0;
        for (int four = rows[i].from; four <= rows[i].to; four++) {
            struct arena *arena = arena_new(4096);
            const char *out;
            char text[16];
            (void)snprintf(text, sizeof(text), "0%d555555", four);
            open += phone_normalise(arena, text, strlen(text), &out) == ERR_OK;
            arena_free(arena);
        }
        if (open != rows[i].open)
            fail_msg("0%d to 0%d: %d", rows[i].from, rows[i].to, open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_writing),
        cmocka_unit_test(every_range),
        cmocka_unit_test(a_withdrawn_range_is_still_shown),
        cmocka_unit_test(no_numbers),
        cmocka_unit_test(how_much_of_the_plan_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
