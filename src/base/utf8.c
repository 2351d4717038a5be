/* utf8.c - the table of well-formed sequences of RFC 3629 section 4, as comparisons. */
#include "base/utf8.h"

static bool is_more(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* What the first byte says: its length, and the range of the second byte, where the odd cases are. */
static size_t first_byte(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef) {
        *low = first == 0xe0 ? 0xa0 : 0x80;  /* not overlong */
        *high = first == 0xed ? 0x9f : 0xbf; /* no surrogates */
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *low = first == 0xf0 ? 0x90 : 0x80;
        *high = first == 0xf4 ? 0x8f : 0xbf; /* not past U+10FFFF */
        return 4;
    }
    return 0;
}

size_t utf8_size(const char *at, const char *end)
{
    unsigned char low;
    unsigned char high;

    if (at >= end)
        return 0;
    size_t size = first_byte((unsigned char)*at, &low, &high);
    if (size < 2)
        return size;
    if ((size_t)(end - at) < size || (unsigned char)at[1] < low || (unsigned char)at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if (!is_more(at[i]))
            return 0;
    }
    return size;
}

bool utf8_valid(const char *text, size_t size)
{
    const char *end = text + size;

    while (text < end) {
        size_t step = utf8_size(text, end);
        if (step == 0)
            return false;
        text += step;
    }
    return true;
}

size_t utf8_characters(const char *text, size_t size)
{
    size_t characters = 0;

    for (size_t i = 0; i < size; i++)
        characters += is_more(text[i]) ? 0 : 1;
    return characters;
}

size_t utf8_cut(const char *text, size_t size, size_t limit)
{
    if (size <= limit)
        return size;
    while (limit > 0 && is_more(text[limit]))
        limit--;
    return limit;
}
