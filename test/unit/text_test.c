/* text_test.c - normal form, what is refused, lengths, and how names fold. */
#include "validator.h"

#include "domain/text.h"

static void text_stays_or_is_composed(void **state)
{
    static const struct pair rows[] = {
        {"", ""},
        {" ", " "},
        {"Anna", "Anna"},
        {"  Anna  ", "  Anna  "},
        {"e\u0301te\u0301", "\u00E9t\u00E9"},
        {"\u00E9t\u00E9", "\u00E9t\u00E9"},
        {"A\u030A", "\u00C5"},
        {"\u212B", "\u00C5"},        /* the Angstrom sign is the letter */
        {"a\u0323\u0302", "\u1EAD"}, /* two marks, in either order */
        {"a\u0302\u0323", "\u1EAD"},
        {"\u1112\u1161\u11AB", "\uD55C"},
        {"\uFB01", "\uFB01"}, /* a ligature is a character of its own */
        {"\u05E9\u05DC\u05D5\u05DD", "\u05E9\u05DC\u05D5\u05DD"},
        {"\u0645\u06CC\u200C\u062E", "\u0645\u06CC\u200C\u062E"}, /* a joiner that Persian needs */
        {"\U0001F469\u200D\u2695\uFE0F", "\U0001F469\u200D\u2695\uFE0F"},
        {"\u200Eab\u200F", "\u200Eab\u200F"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        takes(text_normalise, rows[i].in, rows[i].want);
        takes(text_normalise_lines, rows[i].in, rows[i].want);
    }
}

static void controls_are_refused(void **state)
{
    static const int32_t bad[] = {0x01,   0x07,   0x0B,   0x0C,   0x0D,   0x1B,   0x1F,   0x7F,
                                  0x80,   0x85,   0x9F,   0x2028, 0x2029, 0x202A, 0x202B, 0x202C,
                                  0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[8];
        size_t size = 0;
        text[size++] = 'a';
        if (bad[i] >= 0x800) {
            text[size++] = (char)(0xE0 | (bad[i] >> 12));
            text[size++] = (char)(0x80 | ((bad[i] >> 6) & 0x3F));
            text[size++] = (char)(0x80 | (bad[i] & 0x3F));
        } else if (bad[i] >= 0x80) {
            text[size++] = (char)(0xC0 | (bad[i] >> 6));
            text[size++] = (char)(0x80 | (bad[i] & 0x3F));
        } else {
            text[size++] = (char)bad[i];
        }
        refuses_sized(text_normalise, text, size, ERR_FIELD_CONTROL);
        refuses_sized(text_normalise_lines, text, size, ERR_FIELD_CONTROL);
    }
    refuses_sized(text_normalise, "a\0b", 3, ERR_FIELD_CONTROL);
    refuses_sized(text_normalise_lines, "a\0b", 3, ERR_FIELD_CONTROL);
    refuses_sized(text_normalise, "\0", 1, ERR_FIELD_CONTROL);
}

static void lines_are_for_long_texts_only(void **state)
{
    (void)state;
    refuses(text_normalise, "a\nb", ERR_FIELD_CONTROL);
    refuses(text_normalise, "a\tb", ERR_FIELD_CONTROL);
    takes(text_normalise_lines, "a\n\tb\n", "a\n\tb\n");
    takes(text_normalise_lines, "a\r\nb\r\n\r\n", "a\nb\n\n");
    takes(text_normalise_lines, "e\u0301\r\n", "\u00E9\n");
    refuses(text_normalise_lines, "a\rb", ERR_FIELD_CONTROL);
    refuses(text_normalise_lines, "a\r\r\n", ERR_FIELD_CONTROL);
    refuses(text_normalise_lines, "a\n\r", ERR_FIELD_CONTROL);
}

static void bytes_that_are_no_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "a\xC3",
        "\xC3(",
        "\xC0\xAF",
        "\xE0\x80\xAF",
        "\xF0\x80\x80\xAF", /* longer than needed */
        "\xED\xA0\x80",
        "\xED\xBF\xBF", /* surrogates */
        "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFF",
        "\xFE",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        refuses(text_normalise, bad[i], ERR_FIELD_FORMAT);
        refuses(text_normalise_lines, bad[i], ERR_FIELD_FORMAT);
    }
}

static void the_longest_text(void **state)
{
    struct arena *arena = arena_new(8 * TEXT_BYTES_MAX);
    char *large = malloc(TEXT_BYTES_MAX + 1);
    const char *out = NULL;

    (void)state;
    assert_non_null(arena);
    assert_non_null(large);
    memset(large, 'x', TEXT_BYTES_MAX + 1);
    assert_int_equal(text_normalise(arena, large, TEXT_BYTES_MAX, &out), ERR_OK);
    assert_int_equal(strlen(out), TEXT_BYTES_MAX);
    assert_int_equal(text_normalise(arena, large, TEXT_BYTES_MAX + 1, &out), ERR_FIELD_TOO_LONG);
    assert_int_equal(text_normalise_lines(arena, large, TEXT_BYTES_MAX + 1, &out), ERR_FIELD_TOO_LONG);
    free(large);
    arena_free(arena);
}

static void a_full_arena(void **state)
{
    (void)state;
    fails_without_memory(text_normalise, "plain");
    fails_without_memory(text_normalise, "e\u0301");
    fails_without_memory(text_normalise_lines, "e\u0301\n");
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(text_characters(""), 0);
    assert_int_equal(text_characters("abc"), 3);
    assert_int_equal(text_characters("\u00E9t\u00E9"), 3);
    assert_int_equal(text_characters("\u20AC\U0001F469"), 2);
}

static void blank_texts(void **state)
{
    (void)state;
    assert_true(text_is_blank(""));
    assert_true(text_is_blank(" \t\n\u00A0\u200B\u3000"));
    assert_false(text_is_blank(" . "));
    assert_false(text_is_blank("-"));
    assert_false(text_is_blank("\u200D"));
    assert_false(text_is_blank("\xFF"));
}

/* ---- folding ---- */

static void names_fold(void **state)
{
    static const struct pair rows[] = {
        {"O'Brien", "obrien"},
        {"O\u2019BRIEN", "obrien"},
        {"M\u00FCller", "muller"},
        {"Mu\u0308ller", "muller"},
        {"Smith-Jones", "smithjones"},
        {"de la Cruz", "delacruz"},
        {"St. John 3rd", "stjohn3rd"},
        {"\u0174yn Dd\u0177", "wynddy"},
        {"Stra\u00DFe", "strasse"},
        {"\u1E9E", "ss"},
        {"\u0141ukasz", "lukasz"},
        {"\u00C6r\u00F8", "aero"},
        {"\u00DE\u00F3r\u00F0ur", "thordur"},
        {"\u0110or\u0111e", "dorde"},
        {"\u0152uvre", "oeuvre"},
        {"\u0126al \u014Bo \u0166ea", "halnotea"},
        {"I\u0307stanbul \u0131", "istanbuli"},
        {"\uFF21\uFF22\uFF23", "abc"}, /* full width */
        {"\uFB01n", "fin"},            /* ligature */
        {"\u03A3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C2", "\u03C3\u03B9\u03C3\u03C5\u03C6\u03BF\u03C3"},
        {"\u0418\u0432\u0430\u043D\u043E\u0432", "\u0438\u0432\u0430\u043D\u043E\u0432"},
        {"\u738B", "\u738B"},
        {"\uD55C", "\uD55C"},
        {"x\u00B2", "x2"},
        {"", ""},
        {" -'. ", ""},
        {"\u0301", ""},
    };
    struct arena *arena = arena_new(1024 * 1024);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *folded = text_fold(arena, rows[i].in);
        assert_string_equal(folded, rows[i].want);
        assert_string_equal(text_fold(arena, folded), rows[i].want);
    }
    assert_null(text_fold(arena, "\xFF"));
    arena_free(arena);
}

static void folding_in_a_full_arena(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 2; nth++) {
        struct arena *arena = arena_new(1024 * 1024);
        arena_fail_after(nth);
        assert_null(text_fold(arena, "M\u00FCller"));
        arena_fail_after(0);
        arena_free(arena);
    }
}

static void marks_between_digits(void **state)
{
    static const struct {
        int32_t character;
        enum text_mark mark;
    } rows[] = {
        {-1, TEXT_OTHER},         {0, TEXT_CONTROL},        {0x1F, TEXT_CONTROL},    {' ', TEXT_BLANK},
        {'!', TEXT_OTHER},        {'-', TEXT_HYPHEN},       {'.', TEXT_OTHER},       {'0', TEXT_OTHER},
        {'~', TEXT_OTHER},        {0x7F, TEXT_CONTROL},     {0x9F, TEXT_CONTROL},    {0xA0, TEXT_BLANK},
        {0xA1, TEXT_OTHER},       {0xAD, TEXT_INVISIBLE},   {0x61C, TEXT_INVISIBLE}, {0x1680, TEXT_BLANK},
        {0x2009, TEXT_BLANK},     {0x200B, TEXT_INVISIBLE}, {0x200C, TEXT_OTHER},    {0x200D, TEXT_OTHER},
        {0x200E, TEXT_INVISIBLE}, {0x2010, TEXT_HYPHEN},    {0x2013, TEXT_HYPHEN},   {0x2016, TEXT_OTHER},
        {0x2028, TEXT_CONTROL},   {0x202C, TEXT_INVISIBLE}, {0x202F, TEXT_BLANK},    {0x205F, TEXT_BLANK},
        {0x2060, TEXT_INVISIBLE}, {0x2069, TEXT_INVISIBLE}, {0x2212, TEXT_HYPHEN},   {0x3000, TEXT_BLANK},
        {0xFE63, TEXT_HYPHEN},    {0xFEFF, TEXT_INVISIBLE}, {0xFF0D, TEXT_HYPHEN},   {0x10FFFF, TEXT_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (text_mark(rows[i].character) != rows[i].mark)
            fail_msg("U+%04X", (unsigned)rows[i].character);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_or_is_composed),
        cmocka_unit_test(controls_are_refused),
        cmocka_unit_test(lines_are_for_long_texts_only),
        cmocka_unit_test(bytes_that_are_no_utf8),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(a_full_arena),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(blank_texts),
        cmocka_unit_test(names_fold),
        cmocka_unit_test(folding_in_a_full_arena),
        cmocka_unit_test(marks_between_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
