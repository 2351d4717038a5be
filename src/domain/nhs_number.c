/* nhs_number.c - the check: weights 10 to 2 over the first nine digits; 11 less the remainder by 11 is the
 * tenth digit, 11 counting as 0, and 10 meaning that no such number is given out. */
#include "domain/nhs_number.h"

#include "domain/text.h"

#include <string.h>

#define INPUT_BYTES_MAX 100 /* ten digits with every kind of mark around them fit easily */

bool nhs_number_is_valid(const char ten[static NHS_NUMBER_DIGITS])
{
    int sum = 0;
    for (int i = 0; i < NHS_NUMBER_DIGITS; i++) {
        if (ten[i] < '0' || ten[i] > '9')
            return false;
        if (i < NHS_NUMBER_DIGITS - 1)
            sum += (ten[i] - '0') * (NHS_NUMBER_DIGITS - i);
    }
    int check = (11 - sum % 11) % 11;
    return check == ten[NHS_NUMBER_DIGITS - 1] - '0'; /* a check of 10 equals no digit */
}

enum err nhs_number_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    char digits[NHS_NUMBER_DIGITS];
    size_t used = 0;
    if (size > INPUT_BYTES_MAX)
        return ERR_NHS_NUMBER;
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        enum text_mark mark = text_mark(character);
        if (mark == TEXT_CONTROL)
            return ERR_FIELD_CONTROL;
        if (mark != TEXT_OTHER)
            continue;
        if (character < '0' || character > '9' || used == NHS_NUMBER_DIGITS)
            return ERR_NHS_NUMBER;
        digits[used++] = (char)character;
    }
    if (used != NHS_NUMBER_DIGITS || !nhs_number_is_valid(digits))
        return ERR_NHS_NUMBER;
    const char *made = arena_text(arena, digits, used);
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}

void nhs_number_show(const char *ten, char out[static NHS_NUMBER_SHOWN])
{
    memcpy(out, ten, 3);
    out[3] = ' ';
    memcpy(out + 4, ten + 3, 3);
    out[7] = ' ';
    memcpy(out + 8, ten + 6, 4);
    out[12] = '\0';
}
