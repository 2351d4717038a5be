/* fields.c - what reading, writing and storing share: absent values, enum names, limits. */
#include "base/fields.h"

#include "base/must.h"

#include <math.h>
#include <string.h>

enum { ENUMS_MAX = 32 }; /* bits of a FIELD_ENUMS */

void field_clear(const struct field *field, void *at)
{
    switch (field->kind) {
    case FIELD_INTEGER:
        *(int64_t *)at = INTEGER_NONE;
        break;
    case FIELD_NUMBER:
        *(double *)at = (double)NAN;
        break;
    case FIELD_INSTANT:
        *(int64_t *)at = INSTANT_NONE;
        break;
    case FIELD_DATE:
        *(int32_t *)at = DATE_NONE;
        break;
    case FIELD_MINUTE:
        *(int32_t *)at = MINUTE_NONE;
        break;
    case FIELD_BOOLEAN:
        *(enum truth *)at = TRUTH_NONE;
        break;
    case FIELD_ENUM:
        *(int32_t *)at = 0;
        break;
    case FIELD_ENUMS:
        *(uint32_t *)at = 0;
        break;
    case FIELD_TEXT:
        *(const char **)at = NULL;
        break;
    case FIELD_OBJECT:
        *(void **)at = NULL;
        break;
    case FIELD_TEXTS:
    case FIELD_OBJECTS:
        *(struct list *)at = (struct list){NULL, 0};
        break;
    }
}

void fields_clear(const struct field_set *set, void *object)
{
    memset(object, 0, set->size);
    for (size_t i = 0; i < set->count; i++)
        field_clear(&set->fields[i], (char *)object + set->fields[i].offset);
}

bool field_is_there(const struct field *field, const void *at)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return *(const char *const *)at != NULL;
    case FIELD_OBJECT:
        return *(const void *const *)at != NULL;
    case FIELD_INTEGER:
        return *(const int64_t *)at != INTEGER_NONE;
    case FIELD_INSTANT:
        return *(const int64_t *)at != INSTANT_NONE;
    case FIELD_NUMBER:
        return !isnan(*(const double *)at);
    case FIELD_BOOLEAN:
        return *(const enum truth *)at != TRUTH_NONE;
    case FIELD_DATE:
        return *(const int32_t *)at != DATE_NONE;
    case FIELD_MINUTE:
        return *(const int32_t *)at != MINUTE_NONE;
    case FIELD_ENUM:
        return *(const int32_t *)at != 0;
    case FIELD_ENUMS:
        return *(const uint32_t *)at != 0;
    case FIELD_TEXTS:
    case FIELD_OBJECTS:
        return ((const struct list *)at)->count > 0;
    }
    return false;
}

size_t field_values_count(const char *const *values)
{
    size_t count = 0;

    while (values[count])
        count++;
    return count;
}

const char *field_enum_name(const char *const *values, int32_t value)
{
    if (value < 1 || (size_t)value > field_values_count(values))
        return NULL;
    return values[value - 1];
}

int64_t field_limit(const struct field *field)
{
    bool given = field->max >= field->min && (field->max != 0 || field->min != 0);

    switch (field->kind) {
    case FIELD_TEXT:
        return given ? field->max : FIELD_TEXT_MAX;
    case FIELD_TEXTS:
    case FIELD_OBJECTS:
        return given ? field->max : FIELD_LIST_MAX;
    case FIELD_ENUMS:
        must(field_values_count(field->values) <= ENUMS_MAX);
        return given ? field->max : ENUMS_MAX;
    default:
        return given ? field->max : INT64_MAX;
    }
}
