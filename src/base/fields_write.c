/* fields_write.c - a struct as JSON. Only members that are there are written, in the order of the table. */
#include "base/fields.h"

#include <math.h>

static void write_enums(const struct field *field, uint32_t bits, struct json_writer *writer)
{
    json_array_begin(writer, field->name);
    for (size_t i = 0; field->values[i]; i++) {
        if (bits & UINT32_C(1) << i)
            json_text(writer, NULL, field->values[i]);
    }
    json_array_end(writer);
}

static void write_texts(const struct field *field, const struct list *list, struct json_writer *writer)
{
    const char *const *texts = list->items;

    json_array_begin(writer, field->name);
    for (size_t i = 0; i < list->count; i++)
        json_text(writer, NULL, texts[i]);
    json_array_end(writer);
}

static void write_objects(const struct field *field, const struct list *list, bool with_on_request,
                          struct json_writer *writer)
{
    json_array_begin(writer, field->name);
    for (size_t i = 0; i < list->count; i++)
        fields_write(field->of, (const char *)list->items + i * field->of->size, with_on_request, writer,
                     NULL);
    json_array_end(writer);
}

static void write_minute(const struct field *field, int32_t minute, struct json_writer *writer)
{
    char text[MINUTE_TEXT];

    minute_format(minute, text);
    json_text(writer, field->name, text);
}

static void write_value(const struct field *field, const void *at, bool with_on_request,
                        struct json_writer *writer)
{
    switch (field->kind) {
    case FIELD_TEXT:
        json_text(writer, field->name, *(const char *const *)at);
        break;
    case FIELD_INTEGER:
        json_integer(writer, field->name, *(const int64_t *)at);
        break;
    case FIELD_NUMBER:
        json_real(writer, field->name, *(const double *)at);
        break;
    case FIELD_BOOLEAN:
        json_boolean(writer, field->name, *(const enum truth *)at == TRUTH_YES);
        break;
    case FIELD_INSTANT:
        json_instant(writer, field->name, *(const int64_t *)at);
        break;
    case FIELD_DATE:
        json_date(writer, field->name, *(const int32_t *)at);
        break;
    case FIELD_MINUTE:
        write_minute(field, *(const int32_t *)at, writer);
        break;
    case FIELD_ENUM:
        json_text(writer, field->name, field_enum_name(field->values, *(const int32_t *)at));
        break;
    case FIELD_ENUMS:
        write_enums(field, *(const uint32_t *)at, writer);
        break;
    case FIELD_TEXTS:
        write_texts(field, at, writer);
        break;
    case FIELD_OBJECT:
        fields_write(field->of, *(const void *const *)at, with_on_request, writer, field->name);
        break;
    case FIELD_OBJECTS:
        write_objects(field, at, with_on_request, writer);
        break;
    }
}

static bool is_written(const struct field *field, const void *at)
{
    bool is_list = field->kind == FIELD_ENUMS || field->kind == FIELD_TEXTS || field->kind == FIELD_OBJECTS;
    return field_is_there(field, at) || (is_list && (field->flags & FIELD_ALWAYS));
}

void fields_write_members(const struct field_set *set, const void *object, bool with_on_request,
                          struct json_writer *writer)
{
    unsigned skip = FIELD_HIDDEN | FIELD_WRITE_ONLY | (with_on_request ? 0U : FIELD_ON_REQUEST);

    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        const void *at = (const char *)object + field->offset;
        if (!(field->flags & skip) && is_written(field, at))
            write_value(field, at, with_on_request, writer);
    }
}

void fields_write(const struct field_set *set, const void *object, bool with_on_request,
                  struct json_writer *writer, const char *name)
{
    json_object_begin(writer, name);
    fields_write_members(set, object, with_on_request, writer);
    json_object_end(writer);
}
