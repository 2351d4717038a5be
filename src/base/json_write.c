/* json_write.c - the writer of json.h.
 *
 * Each call reserves once and then writes behind the buffer's end, so that an answer costs little more than
 * copying its bytes: texts are copied in runs between the characters that need an escape, found eight bytes
 * at a time; numbers and times are made by arithmetic. */
#include "base/json.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_EXTRA = 4,   /* comma, two quotes, colon */
    ESCAPE_BYTES = 6, /* \u001f */
    REAL_BYTES = 40,
    DECIMALS = 6,
    DAY_SECONDS = 24 * 60 * 60,
};
#define DECIMALS_SCALE 1e6
#define EXACT_MAX      1e15 /* decimal numbers of 15 digits each have a double of their own */

struct json_writer json_writer(struct buf *buf)
{
    return (struct json_writer){.buf = buf};
}

/* ---- texts ---- */

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

/* Has one of eight bytes to be escaped? Bytes are compared in parallel: a zero byte of x borrows in x -
 * 01..01. */
static bool eight_need_escape(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    uint64_t word;

    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    uint64_t control = (word - ones * 0x20) & ~word;
    return ((control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops) != 0;
}

static size_t plain_run(const char *text, size_t size)
{
    size_t i = 0;

    while (size - i >= 8 && !eight_need_escape(text + i))
        i += 8;
    while (i < size && !needs_escape((unsigned char)text[i]))
        i++;
    return i;
}

static void put_escape(struct buf *buf, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *known = byte ? strchr(from, byte) : NULL;

    if (known) {
        char pair[2] = {'\\', to[known - from]};
        buf_add(buf, pair, sizeof pair);
        return;
    }
    char escape[ESCAPE_BYTES] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    buf_add(buf, escape, sizeof escape);
}

/* Nothing to escape: the usual case, with room made before. */
static void put_plain(struct buf *buf, const char *text, size_t size)
{
    char *out = buf->data + buf->size;

    *out++ = '"';
    memcpy(out, text, size);
    out[size] = '"';
    buf->size += size + 2;
}

static void put_text(struct buf *buf, const char *text, size_t size)
{
    size_t run = plain_run(text, size);

    buf_reserve(buf, size + 2); /* enough for all but texts with escapes */
    if (buf->failed)
        return;
    if (run == size) {
        put_plain(buf, text, size);
        return;
    }
    buf_byte(buf, '"');
    while (size > 0) {
        buf_add(buf, text, run);
        text += run;
        size -= run;
        if (size > 0) {
            put_escape(buf, (unsigned char)*text++);
            size--;
        }
        run = plain_run(text, size);
    }
    buf_byte(buf, '"');
}

/* ---- places ---- */

/* Comma and name, and room for `more` bytes: NULL after a failure, else where they go. The caller moves
 * buf->size. */
static char *open_place(struct json_writer *writer, const char *name, size_t more)
{
    struct buf *buf = writer->buf;
    size_t name_size = name ? strlen(name) : 0;

    buf_reserve(buf, name_size + NAME_EXTRA + more);
    if (buf->failed)
        return NULL;
    char *out = buf->data + buf->size;
    if (writer->comma)
        *out++ = ',';
    if (name) {
        *out++ = '"';
        memcpy(out, name, name_size);
        out += name_size;
        *out++ = '"';
        *out++ = ':';
    }
    buf->size = (size_t)(out - buf->data);
    writer->comma = true;
    return out;
}

static void put_fixed(struct json_writer *writer, const char *name, const char *text, size_t size)
{
    char *out = open_place(writer, name, size);

    if (!out)
        return;
    memcpy(out, text, size);
    writer->buf->size += size;
}

static void open_level(struct json_writer *writer, const char *name, const char *bracket)
{
    put_fixed(writer, name, bracket, 1);
    writer->comma = false;
}

static void close_level(struct json_writer *writer, char bracket)
{
    struct buf *buf = writer->buf;

    buf_reserve(buf, 1);
    if (!buf->failed)
        buf->data[buf->size++] = bracket;
    writer->comma = true;
}

void json_object_begin(struct json_writer *writer, const char *name)
{
    open_level(writer, name, "{");
}

void json_object_end(struct json_writer *writer)
{
    close_level(writer, '}');
}

void json_array_begin(struct json_writer *writer, const char *name)
{
    open_level(writer, name, "[");
}

void json_array_end(struct json_writer *writer)
{
    close_level(writer, ']');
}

/* ---- values ---- */

void json_text(struct json_writer *writer, const char *name, const char *text)
{
    if (text)
        json_text_sized(writer, name, text, strlen(text));
    else
        json_null(writer, name);
}

void json_text_sized(struct json_writer *writer, const char *name, const char *text, size_t size)
{
    if (open_place(writer, name, size + 2))
        put_text(writer->buf, text, size);
}

void json_integer(struct json_writer *writer, const char *name, int64_t value)
{
    if (open_place(writer, name, REAL_BYTES))
        buf_integer(writer->buf, value);
}

void json_boolean(struct json_writer *writer, const char *name, bool value)
{
    if (value)
        put_fixed(writer, name, "true", 4);
    else
        put_fixed(writer, name, "false", 5);
}

void json_null(struct json_writer *writer, const char *name)
{
    put_fixed(writer, name, "null", 4);
}

void json_raw(struct json_writer *writer, const char *name, struct span json)
{
    put_fixed(writer, name, (const char *)json.data, json.size);
}

static char *put_two(char *out, uint32_t number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
    return out + 2;
}

/* "hh:mm:ss" of a second of the day. */
static char *put_clock(char *out, uint32_t second)
{
    out = put_two(out, second / 3600);
    *out++ = ':';
    out = put_two(out, second / 60 % 60);
    *out++ = ':';
    return put_two(out, second % 60);
}

static void remember_date(struct json_writer *writer, int32_t day)
{
    char text[DATE_TEXT];

    date_format(day, text);
    memcpy(writer->date, text, sizeof writer->date);
    writer->day = day;
    writer->dated = true;
}

void json_instant(struct json_writer *writer, const char *name, int64_t ms)
{
    char *out = open_place(writer, name, INSTANT_TEXT + 2);
    int64_t second = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    int32_t day = (int32_t)(second / DAY_SECONDS - (second % DAY_SECONDS < 0 ? 1 : 0));

    if (!out)
        return;
    if (!writer->dated || writer->day != day)
        remember_date(writer, day);
    *out++ = '"';
    memcpy(out, writer->date, sizeof writer->date);
    out += sizeof writer->date;
    *out++ = 'T';
    out = put_clock(out, (uint32_t)(second - (int64_t)day * DAY_SECONDS));
    *out++ = 'Z';
    *out = '"';
    writer->buf->size += INSTANT_TEXT + 1;
}

void json_date(struct json_writer *writer, const char *name, int32_t days)
{
    char *out = open_place(writer, name, DATE_TEXT + 2);

    if (!out)
        return;
    out[0] = '"';
    date_format(days, out + 1);
    out[DATE_TEXT] = '"';
    writer->buf->size += DATE_TEXT + 1;
}

/* ---- numbers with a fraction ---- */

/* A number of at most six decimals and 15 digits, such as a coordinate: by arithmetic. It reads back equal,
 * because the quotient of two exact doubles is rounded just as strtod rounds. false if it is none. */
static bool put_decimal(struct buf *buf, double value)
{
    double scaled = value * DECIMALS_SCALE;

    if (!(fabs(scaled) < EXACT_MAX) || nearbyint(scaled) / DECIMALS_SCALE != value)
        return false;
    uint64_t digits = (uint64_t)nearbyint(fabs(scaled));
    uint64_t whole = digits / (uint64_t)DECIMALS_SCALE;
    uint64_t fraction = digits % (uint64_t)DECIMALS_SCALE;
    if (signbit(value))
        buf_byte(buf, '-');
    buf_integer(buf, (int64_t)whole);
    if (fraction == 0)
        return true;
    char text[DECIMALS + 1] = ".";
    size_t size = 1;
    for (uint64_t place = (uint64_t)DECIMALS_SCALE / 10; fraction > 0; place /= 10) {
        /* cppcheck-suppress zerodivcond ; a fraction below place * 10 is 0 before place is */
        text[size++] = (char)('0' + fraction / place);
        fraction %= place;
    }
    buf_add(buf, text, size);
    return true;
}

static void put_shortest(struct buf *buf, double value)
{
    char text[REAL_BYTES];
    int size = 0;

    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add(buf, text, (size_t)size);
}

void json_real(struct json_writer *writer, const char *name, double value)
{
    if (!isfinite(value)) {
        json_null(writer, name);
        return;
    }
    if (open_place(writer, name, REAL_BYTES) && !put_decimal(writer->buf, value))
        put_shortest(writer->buf, value);
}

/* ---- a tree that was read ---- */

static void tree_value(struct json_writer *writer, const struct json *json);

static void tree_children(struct json_writer *writer, const struct json *json)
{
    for (const struct json *child = json->first; child; child = child->next) {
        if (json->kind == JSON_OBJECT) {
            if (open_place(writer, NULL, child->name_size + NAME_EXTRA)) {
                put_text(writer->buf, child->name, child->name_size);
                buf_byte(writer->buf, ':');
            }
            writer->comma = false; /* the value follows its name */
        }
        tree_value(writer, child);
        writer->comma = true;
    }
}

static void tree_value(struct json_writer *writer, const struct json *json)
{
    switch (json->kind) {
    case JSON_NULL:
        json_null(writer, NULL);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        json_boolean(writer, NULL, json->kind == JSON_TRUE);
        break;
    case JSON_INTEGER:
        json_integer(writer, NULL, json->integer);
        break;
    case JSON_REAL:
        json_real(writer, NULL, json->real);
        break;
    case JSON_STRING:
        json_text_sized(writer, NULL, json->text, json->size);
        break;
    case JSON_ARRAY:
        json_array_begin(writer, NULL);
        tree_children(writer, json);
        json_array_end(writer);
        break;
    case JSON_OBJECT:
        json_object_begin(writer, NULL);
        tree_children(writer, json);
        json_object_end(writer);
        break;
    }
}

void json_tree(struct json_writer *writer, const char *name, const struct json *json)
{
    if (!open_place(writer, name, 1))
        return;
    writer->comma = false;
    tree_value(writer, json);
    writer->comma = true;
}
