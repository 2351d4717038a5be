/* postcode.c - the outward code is matched against its six forms, letter by letter. */
#include "domain/postcode.h"

#include "domain/text.h"

#include <stdbool.h>
#include <string.h>

#define INPUT_BYTES_MAX 64
#define CODE_MIN        5 /* characters without the blank */
#define CODE_MAX        7
#define INWARD          3

static const char digits[] = "0123456789";
static const char first_letters[] = "ABCDEFGHIJKLMNOPRSTUWYZ";  /* not Q V X */
static const char second_letters[] = "ABCDEFGHKLMNOPQRSTUVWXY"; /* not I J Z */
static const char third_letters[] = "ABCDEFGHJKPSTUW";          /* after A9 */
static const char fourth_letters[] = "ABEHMNPRVWXY";            /* after AA9 */
static const char inward_letters[] = "ABDEFGHJLNPQRSTUWXYZ";    /* not C I K M O V */
static const char *const inward_form[INWARD] = {digits, inward_letters, inward_letters};

/* What each position of an outward code allows; the rest of a row is NULL. */
static const char *const outward_forms[][5] = {
    {first_letters, digits},
    {first_letters, digits, digits},
    {first_letters, digits, third_letters},
    {first_letters, second_letters, digits},
    {first_letters, second_letters, digits, digits},
    {first_letters, second_letters, digits, fourth_letters},
};

static bool fits(const char *code, size_t size, const char *const *form)
{
    for (size_t i = 0; i < size; i++) {
        if (!form[i] || !strchr(form[i], code[i]))
            return false;
    }
    return true;
}

static bool is_postcode(const char *code, size_t size)
{
    if (size == 6 && memcmp(code, "GIR0AA", 6) == 0) /* Girobank's own, the only one of its form */
        return true;
    size_t outward = size - INWARD;
    if (!fits(code + outward, INWARD, inward_form))
        return false;
    for (size_t i = 0; i < sizeof(outward_forms) / sizeof(outward_forms[0]); i++) {
        if (!outward_forms[i][outward] && fits(code, outward, outward_forms[i]))
            return true;
    }
    return false;
}

/* Upper-case letters and digits without blanks. */
static enum err squeeze(const char *text, size_t size, char code[static CODE_MAX], size_t *used)
{
    if (size > INPUT_BYTES_MAX)
        return ERR_POSTCODE;
    *used = 0;
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        enum text_mark mark = text_mark(character);
        if (mark == TEXT_CONTROL)
            return ERR_FIELD_CONTROL;
        if (mark == TEXT_BLANK || mark == TEXT_INVISIBLE)
            continue;
        if (character >= 'a' && character <= 'z')
            character -= 'a' - 'A';
        bool known = (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9');
        if (!known || *used == CODE_MAX)
            return ERR_POSTCODE;
        code[(*used)++] = (char)character;
    }
    return *used < CODE_MIN ? ERR_POSTCODE : ERR_OK;
}

enum err postcode_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    char code[CODE_MAX] = {0};
    char shown[POSTCODE_TEXT];
    size_t used = 0;
    enum err e = squeeze(text, size, code, &used);
    if (e)
        return e;
    if (!is_postcode(code, used))
        return ERR_POSTCODE;
    size_t outward = used - INWARD;
    memcpy(shown, code, outward);
    shown[outward] = ' ';
    memcpy(shown + outward + 1, code + outward, INWARD);
    const char *made = arena_text(arena, shown, used + 1);
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}

void postcode_outcode(const char *normalised, char out[static OUTCODE_TEXT])
{
    size_t i = 0;
    for (; i < OUTCODE_TEXT - 1 && normalised[i] && normalised[i] != ' '; i++)
        out[i] = normalised[i];
    out[i] = '\0';
}
