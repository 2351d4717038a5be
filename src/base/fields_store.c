/* fields_store.c - the stored form: for every member that is there its tag, the length of its bytes, its
 * bytes.
 *
 * Bytes by kind: texts as they are; numbers that are whole zig-zag; FIELD_NUMBER eight bytes, lowest first;
 * FIELD_BOOLEAN one byte; FIELD_ENUMS a varint of its bits; lists their elements, each with its length before
 * it; objects their own stored form. A length is put in front of what was written by moving it up, which is
 * cheap because what nests is small. Decoding takes only what encoding makes. */
#include "base/fields.h"

#include "base/must.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum { NUMBER_BYTES = 8, LENGTH_BYTES = 10 };

/* ---- encoding ---- */

static void put_number(struct buf *buf, double number)
{
    uint64_t bits;
    uint8_t bytes[NUMBER_BYTES];

    memcpy(&bits, &number, sizeof bits);
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    buf_add(buf, bytes, sizeof bytes);
}

/* Puts the length of everything behind `from` in front of it. */
static void close_length(struct buf *buf, size_t from)
{
    uint8_t length[LENGTH_BYTES];
    size_t length_size = 0;

    if (buf->failed)
        return;
    size_t size = buf->size - from;
    for (uint64_t rest = size; length_size == 0 || rest > 0; rest >>= 7)
        length[length_size++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    buf_reserve(buf, length_size);
    if (buf->failed)
        return;
    memmove(buf->data + from + length_size, buf->data + from, size);
    memcpy(buf->data + from, length, length_size);
    buf->size += length_size;
}

static void put_texts(struct buf *buf, const struct list *list)
{
    const char *const *texts = list->items;

    for (size_t i = 0; i < list->count; i++)
        buf_bytes(buf, texts[i], strlen(texts[i]));
}

static void put_objects(struct buf *buf, const struct field_set *of, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t from = buf->size;
        fields_encode(of, (const char *)list->items + i * of->size, buf);
        close_length(buf, from);
    }
}

static void put_value(const struct field *field, const void *at, struct buf *buf)
{
    switch (field->kind) {
    case FIELD_TEXT:
        buf_text(buf, *(const char *const *)at);
        break;
    case FIELD_INTEGER:
    case FIELD_INSTANT:
        buf_zigzag(buf, *(const int64_t *)at);
        break;
    case FIELD_DATE:
    case FIELD_MINUTE:
    case FIELD_ENUM:
        buf_zigzag(buf, *(const int32_t *)at);
        break;
    case FIELD_NUMBER:
        put_number(buf, *(const double *)at);
        break;
    case FIELD_BOOLEAN:
        buf_byte(buf, *(const enum truth *)at == TRUTH_YES ? 1 : 0);
        break;
    case FIELD_ENUMS:
        buf_varint(buf, *(const uint32_t *)at);
        break;
    case FIELD_TEXTS:
        put_texts(buf, at);
        break;
    case FIELD_OBJECT:
        fields_encode(field->of, *(const void *const *)at, buf);
        break;
    case FIELD_OBJECTS:
        put_objects(buf, field->of, at);
        break;
    }
}

void fields_encode(const struct field_set *set, const void *object, struct buf *buf)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        const void *at = (const char *)object + field->offset;
        if (field->tag == 0 || !field_is_there(field, at))
            continue;
        buf_varint(buf, field->tag);
        size_t from = buf->size;
        put_value(field, at, buf);
        close_length(buf, from);
    }
}

/* ---- decoding ---- */

static bool take_number(struct reader *reader, double *number)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < NUMBER_BYTES; i++)
        bits |= (uint64_t)read_byte(reader) << (8 * i);
    memcpy(number, &bits, sizeof bits);
    return !isnan(*number);
}

static bool take_int32(struct reader *reader, int32_t *value)
{
    int64_t wide = read_zigzag(reader);
    *value = (int32_t)wide;
    return wide > INT32_MIN && wide <= INT32_MAX; /* the lowest one means "absent" */
}

static bool take_integer(struct reader *reader, int64_t *value)
{
    *value = read_zigzag(reader);
    return *value != INTEGER_NONE;
}

static bool take_truth(struct reader *reader, enum truth *truth)
{
    uint8_t byte = read_byte(reader);
    *truth = byte ? TRUTH_YES : TRUTH_NO;
    return byte <= 1;
}

static bool take_enum(struct reader *reader, const struct field *field, int32_t *value)
{
    return take_int32(reader, value) && field_enum_name(field->values, *value);
}

static bool take_enums(struct reader *reader, const struct field *field, uint32_t *bits)
{
    uint64_t wide = read_varint(reader);
    *bits = (uint32_t)wide;
    return wide > 0 && wide >> field_values_count(field->values) == 0;
}

static enum err take_text(struct arena *arena, struct span bytes, const char **text)
{
    if (bytes.size > 0 &&
        (memchr(bytes.data, '\0', bytes.size) || !utf8_valid((const char *)bytes.data, bytes.size)))
        return ERR_DAMAGED;
    *text = arena_text(arena, (const char *)bytes.data, bytes.size);
    return *text ? ERR_OK : ERR_MEMORY;
}

/* How many elements there are; a list that is there has one at least. */
static enum err count_elements(struct span bytes, size_t *count)
{
    struct reader reader = reader_of(bytes);

    *count = 0;
    while (!reader.failed && reader.at < reader.end) {
        (void)read_bytes(&reader);
        ++*count;
    }
    return reader.failed || *count == 0 || *count > FIELD_STORED_LIST_MAX ? ERR_DAMAGED : ERR_OK;
}

static enum err take_list(const struct field *field, struct span bytes, struct arena *arena,
                          struct list *list)
{
    struct reader reader = reader_of(bytes);
    size_t element = field->kind == FIELD_TEXTS ? sizeof(const char *) : field->of->size;
    size_t count;
    enum err e = count_elements(bytes, &count);

    if (e)
        return e;
    char *items = arena_zero(arena, count, element);
    if (!items)
        return ERR_MEMORY;
    for (size_t i = 0; i < count && !e; i++) {
        void *item = items + i * element;
        struct span one = read_bytes(&reader);
        e = field->kind == FIELD_TEXTS ? take_text(arena, one, item)
                                       : fields_decode(field->of, one, arena, item);
    }
    if (!e)
        *list = (struct list){items, count};
    return e;
}

static enum err take_object(const struct field *field, struct span bytes, struct arena *arena, void **object)
{
    void *fresh = arena_alloc(arena, field->of->size);
    if (!fresh)
        return ERR_MEMORY;
    enum err e = fields_decode(field->of, bytes, arena, fresh);
    if (!e)
        *object = fresh;
    return e;
}

/* The kinds that are a number, and nothing else behind it. */
static bool take_scalar(const struct field *field, struct span bytes, void *at)
{
    struct reader reader = reader_of(bytes);
    bool right = false;

    switch (field->kind) {
    case FIELD_INTEGER:
    case FIELD_INSTANT:
        right = take_integer(&reader, at);
        break;
    case FIELD_DATE:
    case FIELD_MINUTE:
        right = take_int32(&reader, at);
        break;
    case FIELD_NUMBER:
        right = take_number(&reader, at);
        break;
    case FIELD_BOOLEAN:
        right = take_truth(&reader, at);
        break;
    case FIELD_ENUM:
        right = take_enum(&reader, field, at);
        break;
    case FIELD_ENUMS:
        right = take_enums(&reader, field, at);
        break;
    default: /* take_value sends no other kind here */
        break;
    }
    return right && reader_done(&reader);
}

static enum err take_value(const struct field *field, struct span bytes, struct arena *arena, void *at)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return take_text(arena, bytes, at);
    case FIELD_TEXTS:
    case FIELD_OBJECTS:
        return take_list(field, bytes, arena, at);
    case FIELD_OBJECT:
        return take_object(field, bytes, arena, at);
    default:
        return take_scalar(field, bytes, at) ? ERR_OK : ERR_DAMAGED;
    }
}

/* Encoding keeps the table's order, so the next field is most often the one after the last. */
static const struct field *find_tag(const struct field_set *set, uint64_t tag, size_t *next)
{
    for (size_t tried = 0; tried < set->count; tried++) {
        size_t i = (*next + tried) % set->count;
        if (set->fields[i].tag == tag) {
            *next = i + 1;
            return &set->fields[i];
        }
    }
    return NULL;
}

enum err fields_decode(const struct field_set *set, struct span bytes, struct arena *arena, void *object)
{
    struct reader reader = reader_of(bytes);
    size_t next = 0;
    enum err e = ERR_OK;

    fields_clear(set, object);
    while (!e && reader.at < reader.end) {
        uint64_t tag = read_varint(&reader);
        struct span value = read_bytes(&reader);
        if (reader.failed || tag == 0)
            return ERR_DAMAGED;
        const struct field *field = find_tag(set, tag, &next);
        if (!field)
            continue;
        void *at = (char *)object + field->offset;
        e = field_is_there(field, at) ? ERR_DAMAGED : take_value(field, value, arena, at);
    }
    return e;
}
