/* json.h - JSON read into a tree of plain nodes in an arena, and JSON written straight into a buffer.
 *
 * Reading: RFC 8259 to the letter, UTF-8 only (no byte order mark). What the grammar allows is read, so that
 * it can be refused with a pointer to it: a NUL inside a string, a member name that stands twice (fields_read
 * reports it; json_member finds the first), a whole number beyond int64_t (a JSON_REAL), a number beyond
 * double (an infinite JSON_REAL). Nesting and the number of values are limited. Why it is not a library's
 * reader: docs/decisions/007-json-reader.md. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 32, JSON_VALUES_MAX = 50000 };

enum json_kind {
    JSON_NULL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    const char *name; /* as a member of an object; NUL-terminated, name_size bytes, may hold NULs itself */
    size_t name_size;
    const char *text; /* JSON_STRING: size bytes, NUL-terminated, may hold NULs itself */
    size_t size;
    int64_t integer;          /* JSON_INTEGER */
    double real;              /* JSON_REAL, and JSON_INTEGER as a double */
    size_t count;             /* children of an array or object */
    const struct json *first; /* first child, in the order of the text */
    const struct json *next;  /* next sibling */
};

/* ERR_NOT_JSON: not JSON. ERR_INVALID: JSON, but nested deeper or with more values than the limits above. For
 * both *why says what and where (line and column), for the detail. ERR_MEMORY. Any value may stand at the
 * top. */
enum err json_parse(struct arena *arena, const char *text, size_t size, const struct json **json,
                    const char **why);

/* The (first) member of that name, or NULL; NULL too if object is NULL or no object. */
const struct json *json_member(const struct json *object, const char *name);

/* ---- writing ---- */
/* Commas and escapes are put by these; the caller keeps begin and end in balance. A NULL name is for array
 * elements; names are ours (json_tree's aside) and need no escapes. */
struct json_writer {
    struct buf *buf;
    bool comma; /* something stands before at this level */
    bool dated; /* the two below are set */
    int32_t day;
    char date[10]; /* of the last instant: most are of one day, and the calendar is the slow part */
};

struct json_writer json_writer(struct buf *buf);
void json_object_begin(struct json_writer *writer, const char *name);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer, const char *name);
void json_array_end(struct json_writer *writer);
void json_text(struct json_writer *writer, const char *name, const char *text); /* NULL text writes null */
void json_text_sized(struct json_writer *writer, const char *name, const char *text, size_t size);
void json_integer(struct json_writer *writer, const char *name, int64_t value);
void json_real(struct json_writer *writer, const char *name,
               double value); /* a short form that reads back equal; null if it is infinite or NAN */
void json_boolean(struct json_writer *writer, const char *name, bool value);
void json_null(struct json_writer *writer, const char *name);
void json_instant(struct json_writer *writer, const char *name, int64_t ms);   /* RFC 3339 UTC, seconds */
void json_date(struct json_writer *writer, const char *name, int32_t days);    /* YYYY-MM-DD */
void json_raw(struct json_writer *writer, const char *name, struct span json); /* already JSON */
void json_tree(struct json_writer *writer, const char *name, const struct json *json);

#endif
