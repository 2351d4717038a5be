/* thing.h - a made-up set with every kind of member and every flag, for the tests of fields and their fuzz
 * targets. */
#ifndef TEST_THING_H
#define TEST_THING_H

#include <ctype.h>
#include <stdio.h>

#include "base/fields.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

struct part {
    const char *name;
    int64_t size;
};

struct thing {
    const char *title, *code, *secret, *hidden, *note, *id;
    int64_t count, plain, at_least;
    double ratio;
    enum truth flag;
    int64_t instant;
    int32_t date, minute, colour, any_colour;
    uint32_t set_of;
    struct list words, parts;
    struct part *part, *asked;
    int64_t verified;
    struct list always;
    int not_a_member;
};

/* Letters and digits in upper case. */
static enum err upper_code(struct arena *arena, const char *text, size_t size, const char **out)
{
    char *copy = arena_text(arena, text, size);

    if (!copy)
        return ERR_MEMORY;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\t')
            return ERR_FIELD_CONTROL;
        if (!isalnum((unsigned char)text[i]))
            return ERR_ODS_CODE;
        copy[i] = (char)toupper((unsigned char)text[i]);
    }
    *out = copy;
    return ERR_OK;
}

static enum err check_part(const void *object, const char *prefix, struct problems *problems)
{
    const struct part *part = object;
    char pointer[64];

    if (part->size != 13)
        return ERR_OK;
    (void)snprintf(pointer, sizeof pointer, "%s/size", prefix);
    return problems_add(problems, pointer, ERR_FIELD_VALUE, "Not thirteen.");
}

#define AT(member) .offset = offsetof(struct part, member)
static const struct field part_fields[] = {
    {.name = "name", .tag = 1, .kind = FIELD_TEXT, AT(name), .flags = FIELD_REQUIRED, .max = 10},
    {.name = "size", .tag = 2, .kind = FIELD_INTEGER, AT(size), .min = 1, .max = 20},
};
#undef AT
static const struct field_set part_set = {
    .name = "Part", .size = sizeof(struct part), FIELDS(part_fields), .check = check_part};

#define AT(member) .offset = offsetof(struct thing, member)
static const struct field thing_fields[] = {
    {.name = "title", .tag = 1, .kind = FIELD_TEXT, AT(title), .flags = FIELD_REQUIRED, .min = 2, .max = 5},
    {.name = "code", .tag = 2, .kind = FIELD_TEXT, AT(code), .max = 4, .normalise = upper_code},
    {.name = "secret", .tag = 3, .kind = FIELD_TEXT, AT(secret), .flags = FIELD_WRITE_ONLY},
    {.name = "hidden", .tag = 4, .kind = FIELD_TEXT, AT(hidden), .flags = FIELD_HIDDEN},
    {.name = "note", .tag = 5, .kind = FIELD_TEXT, AT(note), .flags = FIELD_EMPTY_OK},
    {.name = "thing_id", .tag = 6, .kind = FIELD_TEXT, AT(id), .flags = FIELD_READ_ONLY | FIELD_REQUIRED},
    {.name = "count", .tag = 7, .kind = FIELD_INTEGER, AT(count), .min = 5, .max = 120},
    {.name = "plain", .tag = 8, .kind = FIELD_INTEGER, AT(plain)},
    {.name = "at_least", .tag = 9, .kind = FIELD_INTEGER, AT(at_least), .min = 1},
    {.name = "ratio", .tag = 10, .kind = FIELD_NUMBER, AT(ratio), .min = -90, .max = 90},
    {.name = "flag", .tag = 11, .kind = FIELD_BOOLEAN, AT(flag)},
    {.name = "instant", .tag = 12, .kind = FIELD_INSTANT, AT(instant)},
    {.name = "date", .tag = 13, .kind = FIELD_DATE, AT(date)},
    {.name = "minute", .tag = 14, .kind = FIELD_MINUTE, AT(minute)},
    {.name = "colour", .tag = 15, .kind = FIELD_ENUM, AT(colour), .values = colours},
    {.name = "any_colour",
     .tag = 16,
     .kind = FIELD_ENUM,
     AT(any_colour),
     .flags = FIELD_ANY_CASE,
     .values = colours},
    {.name = "set_of", .tag = 17, .kind = FIELD_ENUMS, AT(set_of), .values = colours},
    {.name = "words", .tag = 18, .kind = FIELD_TEXTS, AT(words), .min = 1, .max = 3},
    {.name = "part", .tag = 19, .kind = FIELD_OBJECT, AT(part), .of = &part_set},
    {.name = "parts", .tag = 20, .kind = FIELD_OBJECTS, AT(parts), .max = 3, .of = &part_set},
    {.name = "asked", .tag = 21, .kind = FIELD_OBJECT, AT(asked), .flags = FIELD_ON_REQUEST, .of = &part_set},
    {.name = "verified", .tag = 22, .kind = FIELD_INTEGER, AT(verified), .flags = FIELD_STAFF},
    {.name = "always", .tag = 23, .kind = FIELD_TEXTS, AT(always), .flags = FIELD_ALWAYS},
};
static const struct field_set thing_set = {
    .name = "Thing", .size = sizeof(struct thing), FIELDS(thing_fields)};

#endif
