/* uuid.c - 48 bits of time, then 74 random bits around the version and the variant (RFC 9562 section 5.7). */
#include "base/uuid.h"

#include "base/must.h"

#include <stddef.h>
#include <string.h>

#define UUID_BYTES   16
#define UUID_CHARS   36
#define TIME_BYTES   6
#define TIME_MAX     (INT64_C(1) << 48)
#define VERSION_BYTE 6
#define VARIANT_BYTE 8

static bool has_dash(size_t position)
{
    return position == 8 || position == 13 || position == 18 || position == 23;
}

void uuid7_format(int64_t now_ms, const uint8_t random[static UUID_RANDOM], char out[static UUID_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t bytes[UUID_BYTES];
    must(now_ms >= 0 && now_ms < TIME_MAX);
    for (unsigned i = 0; i < TIME_BYTES; i++)
        bytes[i] = (uint8_t)((uint64_t)now_ms >> (8U * (TIME_BYTES - 1 - i)));
    memcpy(bytes + TIME_BYTES, random, UUID_RANDOM);
    bytes[VERSION_BYTE] = (uint8_t)(0x70U | (bytes[VERSION_BYTE] & 0x0FU));
    bytes[VARIANT_BYTE] = (uint8_t)(0x80U | (bytes[VARIANT_BYTE] & 0x3FU));

    char *at = out;
    for (unsigned i = 0; i < UUID_BYTES; i++) {
        if (has_dash((size_t)(at - out)))
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 0x0FU];
    }
    *at = '\0';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uuid_is_valid(const char *text)
{
    if (!text)
        return false;
    for (size_t i = 0; i < UUID_CHARS; i++) {
        /* A NUL is neither, so this never reads past the end. */
        if (has_dash(i) ? text[i] != '-' : !is_hex(text[i]))
            return false;
    }
    return text[UUID_CHARS] == '\0';
}
