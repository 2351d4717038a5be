/* text.c - Unicode text, with the tables of utf8proc.
 *
 * utf8proc's two halves are called one by one, with the arena's memory between them: utf8proc_map() would do
 * both, but allocates with malloc. */
#include "domain/text.h"

#include "base/must.h"

#include <string.h>
#include <utf8proc.h>

struct mark_range {
    int32_t first;
    int32_t last;
    enum text_mark mark;
};

/* In order. */
static const struct mark_range mark_ranges[] = {
    {0x0000, 0x001F, TEXT_CONTROL},   {0x0020, 0x0020, TEXT_BLANK},     {0x002D, 0x002D, TEXT_HYPHEN},
    {0x007F, 0x009F, TEXT_CONTROL},   {0x00A0, 0x00A0, TEXT_BLANK},     {0x00AD, 0x00AD, TEXT_INVISIBLE},
    {0x061C, 0x061C, TEXT_INVISIBLE}, {0x1680, 0x1680, TEXT_BLANK},     {0x2000, 0x200A, TEXT_BLANK},
    {0x200B, 0x200B, TEXT_INVISIBLE}, {0x200E, 0x200F, TEXT_INVISIBLE}, {0x2010, 0x2015, TEXT_HYPHEN},
    {0x2028, 0x2029, TEXT_CONTROL},   {0x202A, 0x202E, TEXT_INVISIBLE}, {0x202F, 0x202F, TEXT_BLANK},
    {0x205F, 0x205F, TEXT_BLANK},     {0x2060, 0x2060, TEXT_INVISIBLE}, {0x2066, 0x2069, TEXT_INVISIBLE},
    {0x2212, 0x2212, TEXT_HYPHEN},    {0x3000, 0x3000, TEXT_BLANK},     {0xFE63, 0xFE63, TEXT_HYPHEN},
    {0xFEFF, 0xFEFF, TEXT_INVISIBLE}, {0xFF0D, 0xFF0D, TEXT_HYPHEN},
};

enum text_mark text_mark(int32_t character)
{
    for (size_t i = 0; i < sizeof(mark_ranges) / sizeof(mark_ranges[0]); i++) {
        if (character <= mark_ranges[i].last)
            return character >= mark_ranges[i].first ? mark_ranges[i].mark : TEXT_OTHER;
    }
    return TEXT_OTHER;
}

/* Characters that make what follows them read in another direction than it is written in. */
static bool is_bidi_control(int32_t character)
{
    return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
}

int32_t text_next(const char *text, size_t size, size_t *at)
{
    must(*at < size);
    /* No code point is longer than four bytes. */
    size_t left = size - *at < 4 ? size - *at : 4;
    utf8proc_int32_t character;
    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)text + *at, (utf8proc_ssize_t)left, &character);
    if (used <= 0)
        return -1;
    *at += (size_t)used;
    return character;
}

static enum err check(const char *text, size_t size, const char *allowed)
{
    if (size > TEXT_BYTES_MAX)
        return ERR_FIELD_TOO_LONG;
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        if (character < 0)
            return ERR_FIELD_FORMAT;
        bool pass = character != 0 && character < 0x80 && strchr(allowed, character);
        if (!pass && (text_mark(character) == TEXT_CONTROL || is_bidi_control(character)))
            return ERR_FIELD_CONTROL;
    }
    return ERR_OK;
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

/* The code points of valid UTF-8 under utf8proc's options, in the arena, with room for one more. NULL if
 * there is no memory. */
static int32_t *decompose(struct arena *arena, const char *text, size_t size, utf8proc_option_t options,
                          size_t *count)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t need = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, NULL, 0, options);
    if (need < 0)
        return NULL;
    int32_t *characters = arena_alloc(arena, ((size_t)need + 1) * sizeof(*characters));
    if (!characters)
        return NULL;
    utf8proc_ssize_t got = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, characters, need, options);
    must(got == need);
    *count = (size_t)got;
    return characters;
}

/* Composes and encodes in place; the buffer has room for count + 1. */
static const char *compose(int32_t *characters, size_t count)
{
    utf8proc_ssize_t bytes =
        utf8proc_reencode(characters, (utf8proc_ssize_t)count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    must(bytes >= 0);
    return (const char *)characters;
}

static enum err to_nfc(struct arena *arena, const char *text, size_t size, const char **out)
{
    const char *made;
    if (is_ascii(text, size)) {
        made = arena_text(arena, text, size);
    } else {
        size_t count = 0;
        int32_t *characters = decompose(arena, text, size, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &count);
        made = characters ? compose(characters, count) : NULL;
    }
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}

enum err text_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    enum err e = check(text, size, "");
    if (!e)
        e = to_nfc(arena, text, size, out);
    return e;
}

/* CR LF becomes LF; a CR alone stays, and is refused. */
static char *unix_lines(struct arena *arena, const char *text, size_t size, size_t *new_size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (!copy)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n')
            copy[used++] = text[i];
    }
    *new_size = used;
    return copy;
}

enum err text_normalise_lines(struct arena *arena, const char *text, size_t size, const char **out)
{
    if (size > TEXT_BYTES_MAX)
        return ERR_FIELD_TOO_LONG;
    size_t new_size = 0;
    const char *lines = unix_lines(arena, text, size, &new_size);
    if (!lines)
        return ERR_MEMORY;
    enum err e = check(lines, new_size, "\n\t");
    if (!e)
        e = to_nfc(arena, lines, new_size, out);
    return e;
}

size_t text_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++) {
        if (((unsigned char)*text & 0xC0U) != 0x80U) /* not a continuation byte */
            count++;
    }
    return count;
}

bool text_is_blank(const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        enum text_mark mark = character < 0 ? TEXT_OTHER : text_mark(character);
        bool line = character == '\n' || character == '\t';
        if (!line && mark != TEXT_BLANK && mark != TEXT_INVISIBLE)
            return false;
    }
    return true;
}

/* ---- folding ---- */

/* Letters of European names that Unicode does not take apart, as people without the key type them. */
static const struct {
    int32_t letter;
    const char plain[3];
} plain_letters[] = {
    {0x00E6, "ae"}, /* ae, also from capital: folding comes first */
    {0x00F0, "d"},  /* eth */
    {0x00F8, "o"},  /* o with stroke */
    {0x00FE, "th"}, /* thorn */
    {0x0111, "d"},  /* d with stroke */
    {0x0127, "h"},  /* h with stroke */
    {0x0131, "i"},  /* dotless i */
    {0x0142, "l"},  /* l with stroke */
    {0x014B, "n"},  /* eng */
    {0x0153, "oe"}, /* oe */
    {0x0167, "t"},  /* t with stroke */
};

static const char *plain_of(int32_t letter)
{
    for (size_t i = 0; i < sizeof(plain_letters) / sizeof(plain_letters[0]); i++) {
        if (plain_letters[i].letter == letter)
            return plain_letters[i].plain;
    }
    return NULL;
}

static bool is_letter_or_digit(int32_t character)
{
    utf8proc_category_t category = utf8proc_category(character);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/* At most two characters for each one read. */
static size_t keep_plain(const int32_t *from, size_t count, int32_t *to)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *plain = plain_of(from[i]);
        if (plain) {
            for (; *plain; plain++)
                to[used++] = (unsigned char)*plain;
        } else if (is_letter_or_digit(from[i])) {
            to[used++] = from[i];
        }
    }
    return used;
}

const char *text_fold(struct arena *arena, const char *text)
{
    size_t count = 0;
    int32_t *folded = decompose(arena, text, strlen(text),
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
                                &count);
    if (!folded)
        return NULL;
    int32_t *plain = arena_alloc(arena, (count * 2 + 1) * sizeof(*plain));
    return plain ? compose(plain, keep_plain(folded, count, plain)) : NULL;
}
