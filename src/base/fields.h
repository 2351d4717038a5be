/* fields.h - a row for every member of every object that we read, write or store.
 *
 * One table drives reading from JSON and from query parameters (with a JSON Pointer for each error), writing
 * as JSON, the stored form, and the schemas of the OpenAPI document. A table describes a plain C struct by
 * offsets:
 *
 *   kind               C type at the offset          absent value
 *   FIELD_TEXT         const char *                  NULL
 *   FIELD_INTEGER      int64_t                       INTEGER_NONE
 *   FIELD_NUMBER       double                        NAN
 *   FIELD_BOOLEAN      enum truth                    TRUTH_NONE
 *   FIELD_INSTANT      int64_t, ms since 1970 UTC    INSTANT_NONE
 *   FIELD_DATE         int32_t, days since 1970      DATE_NONE
 *   FIELD_MINUTE       int32_t, minute of the day    MINUTE_NONE       "HH:MM", 00:00 to 24:00
 *   FIELD_ENUM         int32_t, 1 = values[0]        0
 *   FIELD_ENUMS        uint32_t, bit i = values[i]   0                 list of strings
 *   FIELD_TEXTS        struct list of const char *   count 0           list of strings
 *   FIELD_OBJECT       pointer to a struct           NULL
 *   FIELD_OBJECTS      struct list of structs        count 0           list of objects
 *
 * Reading merges: only members that the JSON names are changed; null makes an optional member absent; objects
 * are merged by member into a copy, lists replaced. So PUT is: load, merge, check, save.
 * - An empty text is refused (empty) unless FIELD_EMPTY_OK is set; then it is a value of its own, not null.
 * - A number with a fraction or an exponent (30.0, 3e1) is no FIELD_INTEGER (wrong_type).
 * - A NUL is refused (control_character) in every text. Other control characters are too, and bytes that are
 * no UTF-8 (format), by the text rule, or by the field's own normalise function, which may let some pass.
 * - FIELD_ENUMS refuses a value that stands twice. A member that stands twice is refused (duplicate).
 * - A nested object that was absent before must have its required members, also in an update; so must every
 *   element of a list.
 * Stored form: tag, then length and bytes, for every member that is there; unknown tags are skipped, so a
 * newer program's optional members do not stop an older reader. Tags are never reused. Everything read lives
 * in the arena given. */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/problems.h"
#include "base/span.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTEGER_NONE INT64_MIN
#define MINUTE_NONE  INT32_MIN

enum truth { TRUTH_NONE = 0, TRUTH_NO, TRUTH_YES };

struct list {
    void *items; /* contiguous: const char *[] or the element structs */
    size_t count;
};

enum field_kind {
    FIELD_TEXT,
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_BOOLEAN,
    FIELD_INSTANT,
    FIELD_DATE,
    FIELD_MINUTE,
    FIELD_ENUM,
    FIELD_ENUMS,
    FIELD_TEXTS,
    FIELD_OBJECT,
    FIELD_OBJECTS,
};

enum field_flag {
    FIELD_REQUIRED = 1,     /* must be there in a create body or query; null is refused always */
    FIELD_READ_ONLY = 2,    /* set by the server: refused in a body (read_only), written in answers */
    FIELD_PERSONAL = 4,     /* about a person: never logged, and named so in the OpenAPI document */
    FIELD_STAFF = 8,        /* only staff and admins may set it; others get read_only */
    FIELD_HIDDEN = 16,      /* stored, never written in an answer nor accepted in a body */
    FIELD_ANY_CASE = 32,    /* enum names are accepted in any case */
    FIELD_WRITE_ONLY = 64,  /* accepted in a body, never written in an answer: passwords */
    FIELD_ON_REQUEST = 128, /* written only when asked for: medical_info */
    FIELD_EMPTY_OK = 256,   /* an empty text is a value here, such as a note that was emptied */
    FIELD_ALWAYS = 512, /* an empty list is written as [], so that readers need not ask whether it is there */
};

/* Checks and normalises a text: NUL-terminated copy in the arena to *out. The text may hold a NUL. */
typedef enum err field_normalise(struct arena *arena, const char *text, size_t size, const char **out);
typedef bool field_blank(const char *text);

struct field_set;

struct field {
    const char *name;
    uint16_t tag; /* stored form; 0 = not stored */
    uint16_t flags;
    enum field_kind kind;
    size_t offset;
    int64_t min; /* characters of a text, value of a number, count of a list */
    int64_t max; /* less than min, or 0 with min 0: a text takes FIELD_TEXT_MAX characters, a list
                  * FIELD_LIST_MAX elements, a number has no upper limit (with min 0: none at all) */
    const char *const *values;  /* enums: NULL-terminated names */
    const struct field_set *of; /* objects: the set of the element */
    field_normalise *normalise; /* FIELD_TEXT, FIELD_TEXTS; NULL = the text rule */
    const char *help;           /* for the OpenAPI document */
    const char *example;        /* JSON text, for the OpenAPI document; may be NULL */
};

enum { FIELD_TEXT_MAX = 1000, FIELD_LIST_MAX = 100, FIELD_STORED_LIST_MAX = 20000 };

/* How texts without a function of their own are checked and normalised. main sets it once, before any thread
 * reads (to domain's text_normalise: NFC); until then control characters are refused and nothing is changed.
 */
void fields_text_rule(field_normalise *rule);
/* Likewise, when such a text is as good as none (domain's text_is_blank); until then, nothing but blanks. */
void fields_blank_rule(field_blank *rule);

struct field_set {
    const char *name; /* schema name in the OpenAPI document: "Patient" */
    size_t size;      /* of the struct */
    const struct field *fields;
    size_t count;
    /* Rules between members, run after an object was read, with or without mistakes in it, so that all are
     * named at once; may be NULL. A member that was wrong or missing has the value that it had before, which
     * in a new object is the absent one; whether it was wrong says problems_about_member(). prefix is "" or
     * "/address"; in a query "?", to be followed by the name. Returns ERR_OK or ERR_MEMORY. */
    enum err (*check)(const void *object, const char *prefix, struct problems *problems);
};

#define FIELDS(array) .fields = (array), .count = sizeof(array) / sizeof((array)[0])

enum fields_mode {
    FIELDS_CREATE, /* required members must be there */
    FIELDS_UPDATE, /* any member may be missing */
};

enum fields_by {
    FIELDS_BY_PATIENT,
    FIELDS_BY_STAFF
}; /* who writes: FIELD_STAFF members need FIELDS_BY_STAFF */

struct param {
    const char *name; /* percent-decoded, NUL-terminated */
    const char *value;
    size_t value_size; /* a value may hold a NUL */
};

/* Sets every member to its absent value, and what else the struct has to zero. */
void fields_clear(const struct field_set *set, void *object);

/* Merges a JSON object onto *object, which is cleared or loaded before. Every mistake is added to problems;
 * returns ERR_INVALID if there were any, ERR_MEMORY, or ERR_OK. *object is not to be used after an error. */
enum err fields_read(const struct field_set *set, const struct json *json, enum fields_mode mode,
                     enum fields_by by, struct arena *arena, struct problems *problems, void *object);

/* Query parameters: each at most once, unknown ones refused by name, "?name" as the pointer. Required ones
 * must be there. Lists are comma-separated, booleans true or false. */
enum err fields_read_query(const struct field_set *set, const struct param *params, size_t count,
                           struct arena *arena, struct problems *problems, void *object);

/* Writes the members that are there, in the order of the table. FIELD_ON_REQUEST members only if
 * with_on_request. */
void fields_write(const struct field_set *set, const void *object, bool with_on_request,
                  struct json_writer *writer, const char *name);
/* The members alone, for an object that the caller has begun. */
void fields_write_members(const struct field_set *set, const void *object, bool with_on_request,
                          struct json_writer *writer);

/* Stored form. Decoding clears first and gives what was encoded; ERR_DAMAGED for bytes that encode does not
 * make. Lists are bounded by FIELD_STORED_LIST_MAX, whatever the field's own limit was when it was stored. */
void fields_encode(const struct field_set *set, const void *object, struct buf *buf);
enum err fields_decode(const struct field_set *set, struct span bytes, struct arena *arena, void *object);

/* Makes one member absent; is it there? `at` points to the member itself. */
void field_clear(const struct field *field, void *at);
bool field_is_there(const struct field *field, const void *at);

/* Name of an enum value (1-based), or NULL. */
const char *field_enum_name(const char *const *values, int32_t value);
size_t field_values_count(const char *const *values);
/* Limits as they count, after what is said of max above. */
int64_t field_limit(const struct field *field);

#endif
