/* pack.c - see pack.h. First a varint: 0 is NULL, 1 a UUID of 16 bytes, n + 2 a text of n bytes. */
#include "store/pack.h"

#include "base/uuid.h"

#include <string.h>

enum { PACK_NULL = 0, PACK_UUID = 1, PACK_TEXT = 2, UUID_BYTES = 16, DIGITS = 32 };

/* The 32 digits of a UUID without its dashes, and back. Loops without branches, so that the compiler takes
 * many characters at once: a full day has hundreds of ids. */
static void digits_of(const char *text, char digits[static DIGITS])
{
    memcpy(digits, text, 8);
    memcpy(digits + 8, text + 9, 4);
    memcpy(digits + 12, text + 14, 4);
    memcpy(digits + 16, text + 19, 4);
    memcpy(digits + 20, text + 24, 12);
}

static bool has_dashes(const char *text)
{
    return text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

/* Only the form that unpacking gives back: lower case, dashes in their places. */
static bool uuid_pack(const char *text, uint8_t bytes[static UUID_BYTES])
{
    char digits[DIGITS];
    uint8_t nibbles[DIGITS];
    unsigned bad = 0;

    if (!has_dashes(text))
        return false;
    digits_of(text, digits);
    for (size_t i = 0; i < DIGITS; i++) {
        uint8_t number = (uint8_t)(digits[i] - '0');
        uint8_t letter = (uint8_t)(digits[i] - 'a');
        bad |= (unsigned)(number > 9) & (unsigned)(letter > 5);
        nibbles[i] = number <= 9 ? number : (uint8_t)(letter + 10);
    }
    for (size_t i = 0; i < UUID_BYTES; i++)
        bytes[i] = (uint8_t)(nibbles[2 * i] << 4 | nibbles[2 * i + 1]);
    return !bad;
}

static void uuid_unpack(const uint8_t *bytes, char text[static UUID_TEXT])
{
    uint8_t nibbles[DIGITS];
    char digits[DIGITS];

    for (size_t i = 0; i < UUID_BYTES; i++) {
        nibbles[2 * i] = bytes[i] >> 4;
        nibbles[2 * i + 1] = bytes[i] & 15;
    }
    for (size_t i = 0; i < DIGITS; i++)
        digits[i] = (char)(nibbles[i] + (nibbles[i] > 9 ? 'a' - 10 : '0'));
    memcpy(text, "00000000-0000-0000-0000-000000000000", UUID_TEXT);
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
}

void pack_id(struct buf *buf, const char *id)
{
    uint8_t bytes[UUID_BYTES];

    if (!id) {
        buf_varint(buf, PACK_NULL);
        return;
    }
    size_t size = strlen(id);
    if (size == UUID_TEXT - 1 && uuid_pack(id, bytes)) {
        buf_varint(buf, PACK_UUID);
        buf_add(buf, bytes, sizeof bytes);
    } else {
        buf_varint(buf, PACK_TEXT + size);
        buf_add(buf, id, size);
    }
}

/* The next size bytes, or NULL. */
static const uint8_t *take(struct reader *reader, uint64_t size)
{
    if (reader->failed || size > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += size;
    return bytes;
}

const char *unpack_id(struct reader *reader, struct arena *arena, bool *memory)
{
    uint64_t form = read_varint(reader);
    char *text = NULL;

    if (form == PACK_NULL)
        return NULL;
    size_t size = form == PACK_UUID ? UUID_BYTES : (size_t)form - PACK_TEXT;
    const uint8_t *bytes = take(reader, size);
    if (!bytes || (form != PACK_UUID && memchr(bytes, '\0', size))) {
        reader->failed = true;
        return NULL;
    }
    if (form == PACK_UUID)
        text = arena_alloc(arena, UUID_TEXT);
    else
        text = arena_text(arena, (const char *)bytes, size);
    if (text && form == PACK_UUID)
        uuid_unpack(bytes, text);
    *memory = *memory || !text;
    reader->failed = reader->failed || !text;
    return text;
}
