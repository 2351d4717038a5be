/* jansson_oracle.c - see jansson_oracle.h. */
#include "jansson_oracle.h"

#include <jansson.h>
#include <string.h>

static json_t *load(const char *text, size_t size, json_error_t *error)
{
    return json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, error);
}

enum oracle oracle_parse(const char *text, size_t size)
{
    json_error_t error;
    json_t *json;

    if (size > 0 &&
        memchr(text, '\0', size)) /* JSON has none outside escapes; jansson loses one behind a number */
        return ORACLE_REFUSED;
    json = load(text, size, &error);
    if (json) {
        json_decref(json);
        return ORACLE_TAKEN;
    }
    switch (json_error_code(&error)) {
    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
        return ORACLE_UNABLE;
    default:
        return ORACLE_REFUSED;
    }
}

bool oracle_equal(const char *a, size_t a_size, const char *b, size_t b_size)
{
    json_error_t error;
    json_t *left = load(a, a_size, &error);
    json_t *right = load(b, b_size, &error);
    bool equal = left && right && json_equal(left, right);

    json_decref(left);
    json_decref(right);
    return equal;
}
