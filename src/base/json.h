/* json.h - JSON read into a tree of plain nodes in an arena, and JSON written straight into a buffer.
 *
 * Reading: RFC 8259, UTF-8 only, duplicate member names refused, NUL inside strings allowed here (the field
 * check reports it), nesting limited to JSON_DEPTH_MAX. The library behind it is known to json.c alone. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 32 };

enum json_kind { JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    const char *name; /* as a member of an object; NUL-terminated, name_size bytes */
    size_t name_size;
    const char *text; /* JSON_STRING: size bytes, NUL-terminated, may hold NULs itself */
    size_t size;
    int64_t integer;          /* JSON_INTEGER */
    double real;              /* JSON_REAL, and JSON_INTEGER as a double */
    size_t count;             /* children of an array or object */
    const struct json *first; /* first child, in the order of the text */
    const struct json *next;  /* next sibling */
};

/* ERR_NOT_JSON: not JSON, or not an object or array at the top; *why says where (line and column), for the detail. */
enum err json_parse(struct arena *arena, const char *text, size_t size, const struct json **json, const char **why);

/* The member of that name, or NULL. */
const struct json *json_member(const struct json *object, const char *name);

/* ---- writing ---- */
/* Commas and escapes are put by these; the caller keeps begin and end in balance. A NULL name is for array elements. */
struct json_writer {
    struct buf *buf;
    bool comma; /* something stands before at this level */
};

struct json_writer json_writer(struct buf *buf);
void json_object_begin(struct json_writer *writer, const char *name);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer, const char *name);
void json_array_end(struct json_writer *writer);
void json_text(struct json_writer *writer, const char *name, const char *text); /* NULL text writes null */
void json_text_sized(struct json_writer *writer, const char *name, const char *text, size_t size);
void json_integer(struct json_writer *writer, const char *name, int64_t value);
void json_real(struct json_writer *writer, const char *name, double value); /* shortest form that reads back equal */
void json_boolean(struct json_writer *writer, const char *name, bool value);
void json_null(struct json_writer *writer, const char *name);
void json_instant(struct json_writer *writer, const char *name, int64_t ms); /* RFC 3339 UTC, seconds */
void json_date(struct json_writer *writer, const char *name, int32_t days);  /* YYYY-MM-DD */
void json_raw(struct json_writer *writer, const char *name, struct span json); /* already JSON */
void json_tree(struct json_writer *writer, const char *name, const struct json *json);

#endif
