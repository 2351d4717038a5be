/* openapi_fields.c - see openapi_fields.h. */
#include "api/openapi_fields.h"

#include "base/must.h"

#include <stdio.h>
#include <string.h>

/* ---- which shapes there are ---- */

static bool is_visible(const struct field *field, enum shape shape)
{
    unsigned hidden =
        shape == SHAPE_ANSWER ? FIELD_HIDDEN | FIELD_WRITE_ONLY : FIELD_HIDDEN | FIELD_READ_ONLY;
    return !(field->flags & hidden);
}

/* A list's elements are replaced whole; an object is merged. */
static enum shape shape_below(const struct field *field, enum shape shape)
{
    return shape == SHAPE_UPDATE && field->kind == FIELD_OBJECTS ? SHAPE_CREATE : shape;
}

static bool shapes_has(const struct shapes *shapes, const struct field_set *set, enum shape shape)
{
    for (size_t i = 0; i < shapes->count; i++) {
        if (shapes->items[i].set == set && shapes->items[i].shape == shape)
            return true;
    }
    return false;
}

void shapes_add(struct shapes *shapes, const struct field_set *set, enum shape shape)
{
    if (!set || shapes_has(shapes, set, shape))
        return;
    must(shapes->count < SHAPES_MAX);
    shapes->items[shapes->count].set = set;
    shapes->items[shapes->count++].shape = shape;
    for (size_t i = 0; i < set->count; i++) {
        if (set->fields[i].of && is_visible(&set->fields[i], shape))
            shapes_add(shapes, set->fields[i].of, shape_below(&set->fields[i], shape));
    }
}

const char *shape_name(const struct shapes *shapes, const struct field_set *set, enum shape shape,
                       char out[static SHAPE_NAME_MAX])
{
    static const char *const behind[] = {
        [SHAPE_ANSWER] = "", [SHAPE_CREATE] = "Input", [SHAPE_UPDATE] = "Patch"};
    unsigned shared = 0;

    for (enum shape other = SHAPE_ANSWER; other <= SHAPE_UPDATE; other++)
        shared += shapes_has(shapes, set, other) ? 1 : 0;
    (void)snprintf(out, SHAPE_NAME_MAX, "%s%s", set->name, shared > 1 ? behind[shape] : "");
    return out;
}

/* ---- members ---- */

static void text_schema(const struct field *field, struct yaml *yaml)
{
    int64_t least = field->flags & FIELD_EMPTY_OK ? 0 : 1;

    yaml_word(yaml, "type", "string");
    if (strstr(field->name, "password"))
        yaml_word(yaml, "format", "password");
    /* A text with a rule of its own may be sent longer than it is kept: blanks in an NHS number. */
    if (field->normalise && field->max == 0)
        return;
    if (field->min > least || least > 0)
        yaml_integer(yaml, "minLength", field->min > least ? field->min : least);
    yaml_integer(yaml, "maxLength", field_limit(field));
}

static void limits_schema(const struct field *field, struct yaml *yaml)
{
    if (field->min == 0 && field->max == 0)
        return;
    yaml_integer(yaml, "minimum", field->min);
    if (field_limit(field) != INT64_MAX)
        yaml_integer(yaml, "maximum", field_limit(field));
}

static void list_schema(const struct field *field, struct yaml *yaml)
{
    yaml_word(yaml, "type", "array");
    if (field->min > 0)
        yaml_integer(yaml, "minItems", field->min);
    if (field->kind == FIELD_ENUMS)
        yaml_word(yaml, "uniqueItems", "true");
    else
        yaml_integer(yaml, "maxItems", field_limit(field));
    yaml_open(yaml, "items");
    yaml_word(yaml, "type", "string");
    if (field->kind == FIELD_ENUMS)
        yaml_list(yaml, "enum", field->values);
    else
        yaml_integer(yaml, "maxLength", FIELD_TEXT_MAX);
    yaml_up(yaml);
}

static void formatted_schema(struct yaml *yaml, const char *type, const char *key, const char *value)
{
    yaml_word(yaml, "type", type);
    yaml_word(yaml, key, value);
}

void field_schema_write(const struct field *field, struct yaml *yaml)
{
    switch (field->kind) {
    case FIELD_TEXT:
        text_schema(field, yaml);
        break;
    case FIELD_INTEGER:
        formatted_schema(yaml, "integer", "format", "int64");
        limits_schema(field, yaml);
        break;
    case FIELD_NUMBER:
        formatted_schema(yaml, "number", "format", "double");
        limits_schema(field, yaml);
        break;
    case FIELD_BOOLEAN:
        yaml_word(yaml, "type", "boolean");
        break;
    case FIELD_INSTANT:
        formatted_schema(yaml, "string", "format", "date-time");
        break;
    case FIELD_DATE:
        formatted_schema(yaml, "string", "format", "date");
        break;
    case FIELD_MINUTE:
        formatted_schema(yaml, "string", "pattern", "\"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$\"");
        break;
    case FIELD_ENUM:
        yaml_word(yaml, "type", "string");
        yaml_list(yaml, "enum", field->values);
        break;
    case FIELD_ENUMS:
    case FIELD_TEXTS:
        list_schema(field, yaml);
        break;
    case FIELD_OBJECT:
    case FIELD_OBJECTS:
        must(field->of); /* written by object_schema */
        break;
    }
}

static void object_schema(const struct shapes *shapes, const struct field *field, enum shape shape,
                          struct yaml *yaml)
{
    char name[SHAPE_NAME_MAX];

    (void)shape_name(shapes, field->of, shape_below(field, shape), name);
    if (field->kind == FIELD_OBJECTS) {
        yaml_word(yaml, "type", "array");
        if (field->min > 0)
            yaml_integer(yaml, "minItems", field->min);
        yaml_integer(yaml, "maxItems", field_limit(field));
        yaml_open(yaml, "items");
        yaml_ref(yaml, "schemas", name);
        yaml_up(yaml);
        return;
    }
    yaml_word(yaml, "type", "object");
    yaml_open(yaml, "allOf");
    yaml_item_ref(yaml, "schemas", name);
    yaml_up(yaml);
}

/* What the help says, and what the flags add to it. */
static void put_description(const struct field *field, enum shape shape, struct yaml *yaml)
{
    struct buf text;
    bool body = shape != SHAPE_ANSWER;

    buf_init(&text, yaml->buf->arena);
    if (field->help)
        buf_text(&text, field->help);
    if (body && field->kind == FIELD_ENUM && (field->flags & FIELD_ANY_CASE))
        buf_text(&text, text.size ? " Any case is accepted." : "Any case is accepted.");
    if (body && (field->flags & FIELD_STAFF))
        buf_text(&text, text.size ? " Set by staff and admins only." : "Set by staff and admins only.");
    const char *all = buf_cstr(&text);
    if (!all)
        yaml->buf->failed = true;
    else if (*all)
        yaml_text(yaml, "description", all);
}

static void member_schema(const struct shapes *shapes, const struct field *field, enum shape shape,
                          struct yaml *yaml)
{
    yaml_open(yaml, field->name);
    if (field->of)
        object_schema(shapes, field, shape, yaml);
    else
        field_schema_write(field, yaml);
    if (shape != SHAPE_ANSWER && !(field->flags & FIELD_REQUIRED))
        yaml_word(yaml, "nullable", "true");
    put_description(field, shape, yaml);
    if (field->example)
        yaml_word(yaml, "example", field->example);
    if (shape == SHAPE_ANSWER && (field->flags & FIELD_READ_ONLY))
        yaml_word(yaml, "readOnly", "true");
    if (field->flags & FIELD_PERSONAL)
        yaml_word(yaml, "x-personal", "true");
    yaml_up(yaml);
}

/* An answer has what the record has, so nothing in it is sure to be there but lists that are always written.
 */
static bool is_required(const struct field *field, enum shape shape)
{
    switch (shape) {
    case SHAPE_ANSWER:
        return (field->flags & FIELD_ALWAYS) && !(field->flags & FIELD_ON_REQUEST);
    case SHAPE_CREATE:
        return (field->flags & FIELD_REQUIRED) != 0;
    case SHAPE_UPDATE:
        break;
    }
    return false;
}

static void put_required(const struct field_set *set, enum shape shape, struct yaml *yaml)
{
    bool any = false;

    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        if (!is_visible(field, shape) || !is_required(field, shape))
            continue;
        if (!any)
            yaml_open(yaml, "required");
        any = true;
        yaml_item_text(yaml, field->name);
    }
    if (any)
        yaml_up(yaml);
}

static void put_shape(const struct shapes *shapes, const struct field_set *set, enum shape shape,
                      struct yaml *yaml)
{
    char name[SHAPE_NAME_MAX];

    yaml_open(yaml, shape_name(shapes, set, shape, name));
    yaml_word(yaml, "type", "object");
    if (shape != SHAPE_ANSWER)
        yaml_word(yaml, "additionalProperties", "false");
    put_required(set, shape, yaml);
    yaml_open(yaml, "properties");
    for (size_t i = 0; i < set->count; i++) {
        if (is_visible(&set->fields[i], shape))
            member_schema(shapes, &set->fields[i], shape, yaml);
    }
    yaml_up(yaml);
    yaml_up(yaml);
}

/* Two sets of one name would be one component. */
static bool is_first_of_name(const struct shapes *shapes, size_t at)
{
    char name[SHAPE_NAME_MAX];
    char other[SHAPE_NAME_MAX];

    (void)shape_name(shapes, shapes->items[at].set, shapes->items[at].shape, name);
    for (size_t i = 0; i < at; i++) {
        if (strcmp(shape_name(shapes, shapes->items[i].set, shapes->items[i].shape, other), name) == 0)
            return false;
    }
    return true;
}

void shapes_write(const struct shapes *shapes, struct yaml *yaml)
{
    for (size_t i = 0; i < shapes->count; i++)
        must(is_first_of_name(shapes, i));
    for (size_t i = 0; i < shapes->count; i++)
        put_shape(shapes, shapes->items[i].set, shapes->items[i].shape, yaml);
}

/* ---- examples ---- */

/* As many elements as there have to be. */
static void put_example_list(const struct field *field, struct buf *buf)
{
    buf_byte(buf, '[');
    for (int64_t i = 0; i == 0 || i < field->min; i++) {
        buf_text(buf, i > 0 ? ", " : "");
        example_write(field->of, buf);
    }
    buf_byte(buf, ']');
}

static void put_example_value(const struct field *field, struct buf *buf)
{
    static const char *const plain[] = {
        [FIELD_TEXT] = "\"text\"",       [FIELD_INTEGER] = "1",
        [FIELD_NUMBER] = "1.5",          [FIELD_BOOLEAN] = "true",
        [FIELD_DATE] = "\"2027-01-15\"", [FIELD_INSTANT] = "\"2027-01-15T10:30:00Z\"",
        [FIELD_MINUTE] = "\"09:00\"",    [FIELD_TEXTS] = "[\"text\"]",
    };

    if (field->example) {
        buf_text(buf, field->example);
        return;
    }
    switch (field->kind) {
    case FIELD_ENUM:
        buf_printf(buf, "\"%s\"", field->values[0]);
        break;
    case FIELD_ENUMS:
        buf_printf(buf, "[\"%s\"]", field->values[0]);
        break;
    case FIELD_OBJECT:
        example_write(field->of, buf);
        break;
    case FIELD_OBJECTS:
        put_example_list(field, buf);
        break;
    default:
        buf_text(buf, plain[field->kind]);
        break;
    }
}

void example_write(const struct field_set *set, struct buf *buf)
{
    const char *between = "";

    buf_byte(buf, '{');
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        bool wanted = (field->flags & FIELD_REQUIRED) || (field->example && !(field->flags & FIELD_STAFF));
        if (!wanted || !is_visible(field, SHAPE_CREATE))
            continue;
        buf_printf(buf, "%s\"%s\": ", between, field->name);
        put_example_value(field, buf);
        between = ", ";
    }
    buf_byte(buf, '}');
}
