/* fields_read.c - from JSON or query parameters into a struct, with every mistake reported.
 *
 * A place is a chain of names and indexes on the stack that follows the descent; it becomes a JSON Pointer
 * only when there is something to complain about. A query parameter is first made the JSON value that it
 * stands for, so that both ways of asking share every rule. */
#include "base/fields.h"

#include "base/must.h"
#include "base/nearest.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum {
    POINTER_NAME_MAX = 200, /* bytes of a name that a caller made up; longer ones are cut in the pointer */
    FIELDS_MAX = 64,        /* of one set: a bit each */
};
#define INT64_LIMIT 9223372036854775808.0 /* 2^63 */

struct place {
    const struct place *up; /* NULL: the top */
    const char *name;       /* NULL: the top, or an element of a list */
    size_t name_size;
    size_t index;
    bool query; /* of the top alone */
};

struct reading {
    struct arena *arena;
    struct problems *problems;
    enum fields_by by;
    enum err err; /* ERR_MEMORY, once there was none left */
    size_t mistakes;
};

/* ---- complaints ---- */

static void put_name(struct buf *buf, const char *name, size_t size, bool escape)
{
    const char *end = name + utf8_cut(name, size, POINTER_NAME_MAX);

    while (name < end) {
        size_t step = utf8_size(name, end);
        if (step == 0 || *name == '\0')
            buf_text(buf, "\xef\xbf\xbd"); /* U+FFFD for what cannot be shown */
        else if (escape && *name == '~')
            buf_text(buf, "~0");
        else if (escape && *name == '/')
            buf_text(buf, "~1");
        else
            buf_add(buf, name, step);
        name += step ? step : 1;
    }
}

static void put_place(struct buf *buf, const struct place *place)
{
    if (!place->up)
        return;
    put_place(buf, place->up);
    buf_byte(buf, '/');
    if (place->name)
        put_name(buf, place->name, place->name_size, true);
    else
        buf_integer(buf, (int64_t)place->index);
}

static const char *pointer_of(struct arena *arena, const struct place *place)
{
    struct buf buf;
    const struct place *top = place;
    const struct place *below = place;

    buf_init(&buf, arena);
    while (top->up) {
        below = top;
        top = top->up;
    }
    if (top->query) {
        buf_byte(&buf, '?');
        if (below->name)
            put_name(&buf, below->name, below->name_size, false);
    } else {
        put_place(&buf, place);
    }
    return buf_cstr(&buf);
}

/* message NULL: the error's own text, which will do too when there was no memory for a better one. */
static void complain(struct reading *r, const struct place *place, enum err err, const char *message)
{
    const char *pointer = r->err || err == ERR_MEMORY ? NULL : pointer_of(r->arena, place);

    r->mistakes++;
    if (pointer)
        r->err = problems_add(r->problems, pointer, err, message);
    else
        r->err = ERR_MEMORY;
}

static const char *values_text(struct arena *arena, const char *before, const char *const *values)
{
    struct buf buf;

    buf_init(&buf, arena);
    buf_text(&buf, before);
    for (size_t i = 0; values[i]; i++) {
        buf_text(&buf, i == 0 ? " " : ", ");
        buf_text(&buf, values[i]);
    }
    buf_byte(&buf, '.');
    return buf_cstr(&buf);
}

static void complain_type(struct reading *r, const struct field *field, const struct place *place)
{
    static const char *const wanted[] = {
        [FIELD_TEXT] = "This must be text.",
        [FIELD_INTEGER] = "This must be a whole number, without quotes, point or exponent.",
        [FIELD_NUMBER] = "This must be a number, without quotes.",
        [FIELD_BOOLEAN] = "This must be true or false, without quotes.",
        [FIELD_INSTANT] = "This must be text: a date and time with an offset, like 2026-11-25T10:30:00Z.",
        [FIELD_DATE] = "This must be text: a date written YYYY-MM-DD.",
        [FIELD_MINUTE] = "This must be text: a time of day written HH:MM.",
        [FIELD_ENUM] = "This must be text, one of:",
        [FIELD_ENUMS] = "This must be a list of texts out of:",
        [FIELD_TEXTS] = "This must be a list of texts.",
        [FIELD_OBJECT] = "This must be an object.",
        [FIELD_OBJECTS] = "This must be a list of objects.",
    };
    static const char *const in_query[] = {
        [FIELD_INTEGER] = "This must be a whole number.",
        [FIELD_NUMBER] = "This must be a number.",
        [FIELD_BOOLEAN] = "This must be true or false.",
    };
    const char *text = wanted[field->kind];

    if (field->values)
        text = values_text(r->arena, text, field->values);
    else if (place->up && place->up->query && field->kind >= FIELD_INTEGER && field->kind <= FIELD_BOOLEAN)
        text = in_query[field->kind];
    complain(r, place, ERR_FIELD_TYPE, text);
}

/* ---- single values ---- */

typedef void read_kind(struct reading *r, const struct field *field, const struct json *json,
                       const struct place *place, void *at);

static bool plain_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* The text rule when main has set none. */
static enum err plain_text(struct arena *arena, const char *text, size_t size, const char **out)
{
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return ERR_FIELD_CONTROL;
    }
    if (!utf8_valid(text, size))
        return ERR_FIELD_FORMAT;
    *out = arena_text(arena, text, size);
    return *out ? ERR_OK : ERR_MEMORY;
}

static field_normalise *text_rule = plain_text;
static field_blank *blank_rule = plain_blank;

void fields_text_rule(field_normalise *rule)
{
    text_rule = rule ? rule : plain_text;
}

void fields_blank_rule(field_blank *rule)
{
    blank_rule = rule ? rule : plain_blank;
}

static void complain_length(struct reading *r, const struct place *place, enum err err, int64_t limit)
{
    complain(r, place, err,
             arena_printf(r->arena, "This must have at %s %lld character%s.",
                          err == ERR_FIELD_TOO_LONG ? "most" : "least", (long long)limit,
                          limit == 1 ? "" : "s"));
}

static void complain_text(struct reading *r, const struct place *place, enum err err, int64_t limit)
{
    if (err == ERR_FIELD_TOO_LONG)
        complain_length(r, place, err, limit);
    else
        complain(r, place, err, NULL);
}

/* One text within min and max characters, or a complaint and NULL. */
static const char *checked_text(struct reading *r, const struct field *field, const struct json *json,
                                const struct place *place, int64_t min, int64_t max)
{
    const char *text = NULL;
    field_normalise *normalise = field->normalise ? field->normalise : text_rule;
    bool empty_ok = (field->flags & FIELD_EMPTY_OK) != 0;

    if (json->size == 0 && !empty_ok) {
        complain(r, place, ERR_FIELD_EMPTY, NULL);
        return NULL;
    }
    enum err e = memchr(json->text, '\0', json->size) ? ERR_FIELD_CONTROL : ERR_OK;
    if (!e)
        e = normalise(r->arena, json->text, json->size, &text);
    if (e) {
        complain_text(r, place, e, max);
        return NULL;
    }
    int64_t characters = (int64_t)utf8_characters(text, strlen(text));
    if (!empty_ok && (characters == 0 || (!field->normalise && blank_rule(text))))
        complain(r, place, ERR_FIELD_EMPTY, NULL);
    else if (characters < min)
        complain_length(r, place, ERR_FIELD_TOO_SHORT, min);
    else if (characters > max)
        complain_length(r, place, ERR_FIELD_TOO_LONG, max);
    else
        return text;
    return NULL;
}

static void read_text(struct reading *r, const struct field *field, const struct json *json,
                      const struct place *place, void *at)
{
    const char *text = checked_text(r, field, json, place, field->min, field_limit(field));
    if (text)
        *(const char **)at = text;
}

/* No limits at all: every number that there is (but not the one that means "absent"). */
static bool is_unlimited(const struct field *field)
{
    return field->min == 0 && field->max == 0;
}

static void complain_range(struct reading *r, const struct field *field, const struct place *place)
{
    int64_t max = field_limit(field);
    const char *text;

    if (is_unlimited(field))
        text = NULL;
    else if (max == INT64_MAX)
        text = arena_printf(r->arena, "This must be at least %lld.", (long long)field->min);
    else
        text =
            arena_printf(r->arena, "This must be from %lld to %lld.", (long long)field->min, (long long)max);
    complain(r, place, ERR_FIELD_RANGE, text);
}

static void read_integer(struct reading *r, const struct field *field, const struct json *json,
                         const struct place *place, void *at)
{
    bool limited = !is_unlimited(field);

    if (json->kind == JSON_REAL && fabs(json->real) < INT64_LIMIT)
        complain_type(r, field, place);
    else if (json->kind == JSON_REAL || json->integer == INTEGER_NONE ||
             (limited && (json->integer < field->min || json->integer > field_limit(field))))
        complain_range(r, field, place);
    else
        *(int64_t *)at = json->integer;
}

static void read_number(struct reading *r, const struct field *field, const struct json *json,
                        const struct place *place, void *at)
{
    bool limited = !is_unlimited(field);

    if (!isfinite(json->real) ||
        (limited && (json->real < (double)field->min || json->real > (double)field_limit(field))))
        complain_range(r, field, place);
    else
        *(double *)at = json->real;
}

static void read_boolean(struct reading *r, const struct field *field, const struct json *json,
                         const struct place *place, void *at)
{
    (void)r;
    (void)field;
    (void)place;
    *(enum truth *)at = json->kind == JSON_TRUE ? TRUTH_YES : TRUTH_NO;
}

static void read_instant(struct reading *r, const struct field *field, const struct json *json,
                         const struct place *place, void *at)
{
    (void)field;
    enum err e = instant_parse(json->text, json->size, at);
    if (e)
        complain(r, place, e, NULL);
}

static void read_date(struct reading *r, const struct field *field, const struct json *json,
                      const struct place *place, void *at)
{
    (void)field;
    enum err e = date_parse(json->text, json->size, at);
    if (e)
        complain(r, place, e, NULL);
}

static void read_minute(struct reading *r, const struct field *field, const struct json *json,
                        const struct place *place, void *at)
{
    (void)field;
    enum err e = minute_parse(json->text, json->size, at);
    if (e)
        complain(r, place, e, NULL);
}

/* 1-based, or 0. */
static int32_t find_value(const struct field *field, const struct json *json)
{
    bool any_case = (field->flags & FIELD_ANY_CASE) != 0;

    for (size_t i = 0; field->values[i]; i++) {
        const char *name = field->values[i];
        if (strlen(name) == json->size && (any_case ? strncasecmp(name, json->text, json->size) == 0
                                                    : memcmp(name, json->text, json->size) == 0))
            return (int32_t)i + 1;
    }
    return 0;
}

static int32_t checked_value(struct reading *r, const struct field *field, const struct json *json,
                             const struct place *place)
{
    int32_t value = find_value(field, json);
    if (value == 0)
        complain(r, place, ERR_FIELD_VALUE, values_text(r->arena, "This must be one of:", field->values));
    return value;
}

static void read_enum(struct reading *r, const struct field *field, const struct json *json,
                      const struct place *place, void *at)
{
    int32_t value = checked_value(r, field, json, place);
    if (value)
        *(int32_t *)at = value;
}

/* ---- lists ---- */

static bool check_count(struct reading *r, const struct field *field, const struct json *json,
                        const struct place *place)
{
    int64_t limit = field_limit(field);
    int64_t count = (int64_t)json->count;
    enum err e = count > limit ? ERR_FIELD_TOO_LONG : count < field->min ? ERR_FIELD_TOO_SHORT : ERR_OK;

    if (!e)
        return true;
    int64_t shown = e == ERR_FIELD_TOO_LONG ? limit : field->min;
    complain(r, place, e,
             arena_printf(r->arena, "This must have at %s %lld entr%s.",
                          e == ERR_FIELD_TOO_LONG ? "most" : "least", (long long)shown,
                          shown == 1 ? "y" : "ies"));
    return false;
}

static void read_enums(struct reading *r, const struct field *field, const struct json *json,
                       const struct place *place, void *at)
{
    uint32_t bits = 0;
    struct place element = {.up = place};

    if (!check_count(r, field, json, place))
        return;
    for (const struct json *child = json->first; child; child = child->next, element.index++) {
        if (child->kind != JSON_STRING) {
            complain(r, &element, ERR_FIELD_TYPE, "This must be text.");
            continue;
        }
        int32_t value = checked_value(r, field, child, &element);
        uint32_t bit = value ? UINT32_C(1) << (value - 1) : 0;
        if (bits & bit)
            complain(r, &element, ERR_FIELD_DUPLICATE, NULL);
        bits |= bit;
    }
    *(uint32_t *)at = bits;
}

static void read_texts(struct reading *r, const struct field *field, const struct json *json,
                       const struct place *place, void *at)
{
    struct place element = {.up = place};

    if (!check_count(r, field, json, place))
        return;
    const char **texts = arena_zero(r->arena, json->count, sizeof *texts);
    if (!texts) {
        complain(r, place, ERR_MEMORY, NULL);
        return;
    }
    for (const struct json *child = json->first; child; child = child->next, element.index++) {
        if (child->kind == JSON_STRING)
            texts[element.index] = checked_text(r, field, child, &element, 0, FIELD_TEXT_MAX);
        else
            complain(r, &element, ERR_FIELD_TYPE, "This must be text.");
    }
    *(struct list *)at = (struct list){texts, json->count};
}

/* ---- objects ---- */

static void read_object_members(struct reading *r, const struct field_set *set, const struct json *json,
                                enum fields_mode mode, const struct place *up, void *object);

static void read_object(struct reading *r, const struct field *field, const struct json *json,
                        const struct place *place, enum fields_mode mode, void *at)
{
    void **slot = at;
    void *object = arena_zero(r->arena, 1, field->of->size);

    if (!object) {
        complain(r, place, ERR_MEMORY, NULL);
        return;
    }
    if (*slot)
        memcpy(object, *slot, field->of->size);
    else
        fields_clear(field->of, object);
    read_object_members(r, field->of, json, *slot ? mode : FIELDS_CREATE, place, object);
    *slot = object;
}

static void read_objects(struct reading *r, const struct field *field, const struct json *json,
                         const struct place *place, void *at)
{
    struct place element = {.up = place};

    if (!check_count(r, field, json, place))
        return;
    char *items = arena_zero(r->arena, json->count, field->of->size);
    if (!items) {
        complain(r, place, ERR_MEMORY, NULL);
        return;
    }
    for (const struct json *child = json->first; child; child = child->next, element.index++) {
        void *object = items + element.index * field->of->size;
        fields_clear(field->of, object);
        if (child->kind == JSON_OBJECT)
            read_object_members(r, field->of, child, FIELDS_CREATE, &element, object);
        else
            complain(r, &element, ERR_FIELD_TYPE, "This must be an object.");
    }
    *(struct list *)at = (struct list){items, json->count};
}

/* ---- members ---- */

static bool has_kind(enum field_kind kind, enum json_kind json)
{
    switch (kind) {
    case FIELD_INTEGER:
    case FIELD_NUMBER:
        return json == JSON_INTEGER || json == JSON_REAL;
    case FIELD_BOOLEAN:
        return json == JSON_TRUE || json == JSON_FALSE;
    case FIELD_ENUMS:
    case FIELD_TEXTS:
    case FIELD_OBJECTS:
        return json == JSON_ARRAY;
    case FIELD_OBJECT:
        return json == JSON_OBJECT;
    default:
        return json == JSON_STRING;
    }
}

static bool may_set(struct reading *r, const struct field *field, const struct place *place)
{
    if (field->flags & FIELD_READ_ONLY)
        complain(r, place, ERR_FIELD_READ_ONLY, NULL);
    else if ((field->flags & FIELD_STAFF) && r->by != FIELDS_BY_STAFF)
        complain(r, place, ERR_FIELD_READ_ONLY, "Only staff and admins can set this; leave it out.");
    else
        return true;
    return false;
}

static void read_member(struct reading *r, const struct field *field, const struct json *json,
                        enum fields_mode mode, const struct place *place, void *at)
{
    static read_kind *const kinds[] = {
        [FIELD_TEXT] = read_text,       [FIELD_INTEGER] = read_integer, [FIELD_NUMBER] = read_number,
        [FIELD_BOOLEAN] = read_boolean, [FIELD_INSTANT] = read_instant, [FIELD_DATE] = read_date,
        [FIELD_MINUTE] = read_minute,   [FIELD_ENUM] = read_enum,       [FIELD_ENUMS] = read_enums,
        [FIELD_TEXTS] = read_texts,     [FIELD_OBJECTS] = read_objects,
    };

    if (!may_set(r, field, place))
        return;
    if (json->kind == JSON_NULL && (field->flags & FIELD_REQUIRED))
        complain(r, place, ERR_FIELD_REQUIRED, "This is required and cannot be null.");
    else if (json->kind == JSON_NULL)
        field_clear(field, at);
    else if (!has_kind(field->kind, json->kind))
        complain_type(r, field, place);
    else if (field->kind == FIELD_OBJECT)
        read_object(r, field, json, place, mode, at);
    else
        kinds[field->kind](r, field, json, place, at);
}

static const struct field *find_field(const struct field_set *set, const struct json *json)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        if (!(field->flags & FIELD_HIDDEN) && strlen(field->name) == json->name_size &&
            memcmp(field->name, json->name, json->name_size) == 0)
            return field;
    }
    return NULL;
}

static void complain_unknown(struct reading *r, const struct field_set *set, const struct place *place)
{
    struct nearest nearest = nearest_to(place->name, place->name_size);
    const char *what = place->up->query ? "parameter" : "member";

    for (size_t i = 0; i < set->count; i++) {
        if (!(set->fields[i].flags & (FIELD_HIDDEN | FIELD_READ_ONLY)))
            nearest_try(&nearest, set->fields[i].name);
    }
    complain(r, place, ERR_FIELD_UNKNOWN,
             nearest.best ? arena_printf(r->arena, "There is no such %s here. Did you mean \"%s\"?", what,
                                         nearest.best)
                          : arena_printf(r->arena, "There is no such %s here; remove it.", what));
}

static void complain_missing(struct reading *r, const struct field_set *set, uint64_t seen,
                             const struct place *up)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct field *field = &set->fields[i];
        struct place place = {.up = up, .name = field->name, .name_size = strlen(field->name)};
        if ((field->flags & FIELD_REQUIRED) && !(field->flags & (FIELD_READ_ONLY | FIELD_HIDDEN)) &&
            !(seen & UINT64_C(1) << i))
            complain(r, &place, ERR_FIELD_REQUIRED, NULL);
    }
}

static void run_check(struct reading *r, const struct field_set *set, const struct place *place,
                      const void *object)
{
    const char *prefix = pointer_of(r->arena, place);
    size_t before = r->problems->count;

    r->err = prefix ? set->check(object, prefix, r->problems) : ERR_MEMORY;
    if (r->err == ERR_INVALID)
        r->err = ERR_OK;
    r->mistakes += r->problems->count - before;
}

static void read_object_members(struct reading *r, const struct field_set *set, const struct json *json,
                                enum fields_mode mode, const struct place *up, void *object)
{
    uint64_t seen = 0;

    must(set->count <= FIELDS_MAX);
    for (const struct json *child = json->first; child && !r->err; child = child->next) {
        struct place place = {.up = up, .name = child->name, .name_size = child->name_size};
        const struct field *field = find_field(set, child);
        uint64_t bit = field ? UINT64_C(1) << (field - set->fields) : 0;
        if (!field)
            complain_unknown(r, set, &place);
        else if (seen & bit)
            complain(r, &place, ERR_FIELD_DUPLICATE, NULL);
        else
            read_member(r, field, child, mode, &place, (char *)object + field->offset);
        seen |= bit;
    }
    if (mode == FIELDS_CREATE)
        complain_missing(r, set, seen, up);
    if (set->check && !r->err)
        run_check(r, set, up, object);
}

static enum err result_of(const struct reading *r)
{
    if (r->err)
        return r->err;
    return r->mistakes > 0 ? ERR_INVALID : ERR_OK;
}

enum err fields_read(const struct field_set *set, const struct json *json, enum fields_mode mode,
                     enum fields_by by, struct arena *arena, struct problems *problems, void *object)
{
    struct reading r = {.arena = arena, .problems = problems, .by = by};
    const struct place top = {0};

    if (json->kind == JSON_OBJECT)
        read_object_members(&r, set, json, mode, &top, object);
    else
        complain(&r, &top, ERR_FIELD_TYPE, "The body must be one JSON object.");
    return result_of(&r);
}

/* ---- query parameters ---- */

static const struct json *new_text(struct arena *arena, const char *text, size_t size)
{
    struct json *json = arena_zero(arena, 1, sizeof *json);
    if (json)
        *json = (struct json){.kind = JSON_STRING, .text = text, .size = size};
    return json;
}

/* A number or a boolean as JSON writes it; everything else stays a text, which then has the wrong type. */
static const struct json *scalar_of(struct arena *arena, const struct param *param)
{
    const struct json *json = NULL;
    const char *why;

    enum err e = json_parse(arena, param->value, param->value_size, &json, &why);
    if (e == ERR_MEMORY)
        return NULL;
    if (!e && json->kind >= JSON_TRUE && json->kind <= JSON_REAL)
        return json;
    return new_text(arena, param->value, param->value_size);
}

static const struct json *list_of(struct arena *arena, const struct param *param)
{
    struct json *list = arena_zero(arena, 1, sizeof *list);
    const char *at = param->value;
    const char *end = at + param->value_size;

    if (!list)
        return NULL;
    list->kind = JSON_ARRAY;
    const struct json **link = &list->first;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct json *item = arena_zero(arena, 1, sizeof *item);
        if (!item)
            return NULL;
        *item = (struct json){.kind = JSON_STRING, .text = at, .size = (size_t)((comma ? comma : end) - at)};
        *link = item;
        link = &item->next;
        list->count++;
        if (!comma)
            return list;
        at = comma + 1;
    }
}

static const struct json *value_of(struct arena *arena, const struct field *field, const struct param *param)
{
    switch (field ? field->kind : FIELD_TEXT) {
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_BOOLEAN:
        return scalar_of(arena, param);
    case FIELD_ENUMS:
    case FIELD_TEXTS:
        return list_of(arena, param);
    default:
        return new_text(arena, param->value, param->value_size);
    }
}

enum err fields_read_query(const struct field_set *set, const struct param *params, size_t count,
                           struct arena *arena, struct problems *problems, void *object)
{
    struct reading r = {.arena = arena, .problems = problems, .by = FIELDS_BY_STAFF};
    const struct place top = {.query = true};
    struct json all = {.kind = JSON_OBJECT, .count = count};
    const struct json **link = &all.first;

    for (size_t i = 0; i < count; i++) {
        struct json name = {.name = params[i].name, .name_size = strlen(params[i].name)};
        const struct json *value = value_of(arena, find_field(set, &name), &params[i]);
        struct json *member = value ? arena_copy(arena, value, sizeof *value) : NULL;
        if (!member)
            return ERR_MEMORY;
        member->name = name.name;
        member->name_size = name.name_size;
        *link = member;
        link = &member->next;
    }
    read_object_members(&r, set, &all, FIELDS_CREATE, &top, object);
    return result_of(&r);
}
