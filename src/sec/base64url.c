/* base64url.c - see base64url.h. */
#include "sec/base64url.h"

#include <sodium.h>

static const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

void base64url_write(const void *bytes, size_t size, char *text)
{
    (void)sodium_bin2base64(text, BASE64URL_TEXT(size), bytes, size, variant);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool base64url_read(const char *text, size_t text_size, uint8_t *out, size_t room, size_t *size)
{
    for (size_t i = 0; i < text_size; i++)
        if (!is_letter(text[i]))
            return false;
    return sodium_base642bin(out, room, text, text_size, NULL, size, NULL, variant) == 0;
}
