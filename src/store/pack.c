/* pack.c - see pack.h. First a varint: 0 is NULL, 1 a UUID of 16 bytes, n + 2 a text of n bytes. */
#include "store/pack.h"

#include "base/uuid.h"

#include <string.h>

enum { PACK_NULL = 0, PACK_UUID = 1, PACK_TEXT = 2, UUID_BYTES = 16 };

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_dash(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

/* Only the form that unpacking gives back: lower case, dashes in their places. */
static bool uuid_pack(const char *text, uint8_t bytes[static UUID_BYTES])
{
    size_t used = 0;

    for (size_t at = 0; at < UUID_TEXT - 1; at++) {
        if (is_dash(at)) {
            if (text[at] != '-')
                return false;
            continue;
        }
        int value = nibble(text[at]);
        if (value < 0)
            return false;
        if (used % 2 == 0)
            bytes[used / 2] = (uint8_t)(value << 4);
        else
            bytes[used / 2] |= (uint8_t)value;
        used++;
    }
    return true;
}

static void uuid_unpack(const uint8_t *bytes, char text[static UUID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (is_dash(at))
            text[at++] = '-';
        text[at++] = digits[bytes[i] >> 4];
        text[at++] = digits[bytes[i] & 15];
    }
    text[at] = '\0';
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
