/* buf.c - see buf.h. Growth doubles; the old piece stays in the arena until the call ends. */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_BYTES = 256, VARINT_BYTES = 10 };

void buf_init(struct buf *buf, struct arena *arena)
{
    *buf = (struct buf){.arena = arena};
}

void buf_reserve(struct buf *buf, size_t more)
{
    size_t needed;

    if (buf->failed || more <= buf->room - buf->size)
        return;
    if (__builtin_add_overflow(buf->size, more, &needed)) {
        buf->failed = true;
        return;
    }
    size_t room = buf->room ? buf->room * 2 : FIRST_BYTES;
    if (room < needed)
        room = needed;
    char *data = arena_alloc(buf->arena, room);
    if (!data) {
        buf->failed = true;
        return;
    }
    if (buf->size > 0)
        memcpy(data, buf->data, buf->size);
    buf->data = data;
    buf->room = room;
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
    buf_reserve(buf, size);
    if (buf->failed || size == 0)
        return;
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
}

void buf_byte(struct buf *buf, uint8_t byte)
{
    buf_add(buf, &byte, 1);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_integer(struct buf *buf, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--at = '-';
    buf_add(buf, at, (size_t)(digits + sizeof digits - at));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list first;
    va_list second;

    va_start(first, format);
    va_copy(second, first);
    int size = vsnprintf(NULL, 0, format, first);
    va_end(first);
    if (size < 0)
        buf->failed = true;
    else
        buf_reserve(buf, (size_t)size + 1); /* vsnprintf writes a NUL too */
    if (!buf->failed) {
        (void)vsnprintf(buf->data + buf->size, (size_t)size + 1, format, second);
        buf->size += (size_t)size;
    }
    va_end(second);
}

bool buf_ok(const struct buf *buf)
{
    return !buf->failed;
}

struct span buf_span(const struct buf *buf)
{
    return (struct span){(const uint8_t *)buf->data, buf->size};
}

const char *buf_cstr(struct buf *buf)
{
    buf_reserve(buf, 1);
    if (buf->failed)
        return NULL;
    buf->data[buf->size] = '\0';
    return buf->data;
}

void buf_varint(struct buf *buf, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES];
    size_t size = 0;

    while (value > 0x7f) {
        bytes[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    buf_add(buf, bytes, size);
}

void buf_zigzag(struct buf *buf, int64_t value)
{
    /* cppcheck-suppress shiftTooManyBitsSigned ; an arithmetic shift with every compiler that is supported */
    buf_varint(buf, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

void buf_bytes(struct buf *buf, const void *data, size_t size)
{
    buf_varint(buf, size);
    buf_add(buf, data, size);
}

struct reader reader_of(struct span span)
{
    return (struct reader){.at = span.data, .end = span.size ? span.data + span.size : span.data};
}

uint8_t read_byte(struct reader *reader)
{
    if (reader->failed || reader->at == reader->end) {
        reader->failed = true;
        return 0;
    }
    return *reader->at++;
}

uint64_t read_varint(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_byte(reader);
        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return reader->failed ? 0 : value;
    }
    reader->failed = true;
    return 0;
}

int64_t read_zigzag(struct reader *reader)
{
    uint64_t value = read_varint(reader);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

struct span read_bytes(struct reader *reader)
{
    uint64_t size = read_varint(reader);
    if (reader->failed || size > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return (struct span){NULL, 0};
    }
    struct span span = {reader->at, (size_t)size};
    reader->at += size;
    return span;
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
