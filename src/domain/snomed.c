/* snomed.c - Verhoeff's check: each digit, from the right, is permuted by its place and multiplied into the
 * dihedral group D5; the whole product must be 0 (SNOMED CT Release File Specification, "Check-digit"). */
#include "domain/snomed.h"

#include "domain/text.h"

#include <stdbool.h>
#include <stdint.h>

#define NAMESPACED_MIN 11 /* an item digit, a namespace of seven, partition, check digit */

/* In D5, 0 to 4 are the rotations and 5 to 9 the reflections of a pentagon. */
static unsigned multiply(unsigned a, unsigned b)
{
    if (a < 5)
        return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    return b < 5 ? 5 + (a - 5 + 5 - b) % 5 : (a + 5 - b) % 5;
}

/* The permutation, applied once for each place from the right; it repeats after eight. */
static unsigned permute(unsigned digit, size_t place)
{
    static const uint8_t next[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    for (size_t i = 0; i < place % 8; i++)
        digit = next[digit];
    return digit;
}

static bool checks(const char *digits, size_t size)
{
    unsigned product = 0;
    for (size_t place = 0; place < size; place++)
        product = multiply(product, permute((unsigned)(digits[size - 1 - place] - '0'), place));
    return product == 0;
}

static bool is_concept(const char *digits, size_t size)
{
    char kind = digits[size - 3];
    char component = digits[size - 2];
    return component == '0' && (kind == '0' || (kind == '1' && size >= NAMESPACED_MIN));
}

enum err snomed_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    if (size < SNOMED_DIGITS_MIN || size > SNOMED_DIGITS_MAX)
        return ERR_SNOMED;
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        if (text_mark(character) == TEXT_CONTROL)
            return ERR_FIELD_CONTROL;
        if (character < '0' || character > '9')
            return ERR_SNOMED;
    }
    if (text[0] == '0' || !is_concept(text, size) || !checks(text, size))
        return ERR_SNOMED;
    const char *made = arena_text(arena, text, size);
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}
