/* ods_code.c - letters and digits, upper-cased. */
#include "domain/ods_code.h"

#include "domain/text.h"

enum err ods_code_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    char code[ODS_CODE_MAX];
    if (size < ODS_CODE_MIN || size > ODS_CODE_MAX)
        return ERR_ODS_CODE;
    for (size_t at = 0; at < size;) {
        size_t from = at;
        int32_t character = text_next(text, size, &at);
        if (text_mark(character) == TEXT_CONTROL)
            return ERR_FIELD_CONTROL;
        if (character >= 'a' && character <= 'z')
            character -= 'a' - 'A';
        if (!((character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9')))
            return ERR_ODS_CODE;
        code[from] = (char)character; /* all before were one byte long */
    }
    const char *made = arena_text(arena, code, size);
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}
