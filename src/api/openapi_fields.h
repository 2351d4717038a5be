/* openapi_fields.h - field sets as schemas. A set has up to three shapes: what an answer holds, what a create
 * body takes, what an update body takes. Each shape that some endpoint uses becomes a component of its own.
 */
#ifndef API_OPENAPI_FIELDS_H
#define API_OPENAPI_FIELDS_H

#include "api/yaml.h"
#include "base/fields.h"

enum shape { SHAPE_ANSWER, SHAPE_CREATE, SHAPE_UPDATE };

enum { SHAPES_MAX = 256, SHAPE_NAME_MAX = 96 };

struct shapes {
    struct {
        const struct field_set *set;
        enum shape shape;
    } items[SHAPES_MAX];
    size_t count;
};

/* Notes a shape and all that it holds; NULL is no set. */
void shapes_add(struct shapes *shapes, const struct field_set *set, enum shape shape);
/* Its component's name: the set's own, with Input or Patch behind it if the set has other shapes too. */
const char *shape_name(const struct shapes *shapes, const struct field_set *set, enum shape shape,
                       char out[static SHAPE_NAME_MAX]);
/* All of them, under components/schemas. */
void shapes_write(const struct shapes *shapes, struct yaml *yaml);

/* The schema's lines of one member that is no object: for query parameters too. */
void field_schema_write(const struct field *field, struct yaml *yaml);

/* An example of a body, as JSON: what is required, and what has an example and may be set by everybody. */
void example_write(const struct field_set *set, struct buf *buf);

#endif
