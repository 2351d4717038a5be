/* postcode_import.c - PUT /postcodes: positions of postcodes, so that people can search near one that has no
 * access point. Each is a record of its own, so the number in one request is what one transaction can hold on
 * every store. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "domain/postcode.h"
#include "store/rec_practice.h"

enum { POSTCODES_MAX = 90 };

struct position {
    const char *postcode;
    double latitude, longitude;
};
/* clang-format off */
static const struct field position_rows[] = {
    {.name = "postcode", .kind = FIELD_TEXT, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct position, postcode), .normalise = postcode_normalise,
     .example = "\"LS1 4AP\""},
    {.name = "latitude", .kind = FIELD_NUMBER, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct position, latitude), .min = -90, .max = 90, .example = "53.7997"},
    {.name = "longitude", .kind = FIELD_NUMBER, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct position, longitude), .min = -180, .max = 180, .example = "-1.5492"},
};
/* clang-format on */
static const struct field_set position_fields = {
    .name = "PostcodePosition", .size = sizeof(struct position), FIELDS(position_rows)};

struct body {
    struct list postcodes;
};
/* clang-format off */
static const struct field body_rows[] = {
    {.name = "postcodes", .kind = FIELD_OBJECTS, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct body, postcodes), .of = &position_fields, .min = 1, .max = POSTCODES_MAX},
};
/* clang-format on */
static const struct field_set body_fields = {
    .name = "PostcodeImport", .size = sizeof(struct body), FIELDS(body_rows)};

struct answer {
    int64_t postcodes;
};
/* clang-format off */
static const struct field answer_rows[] = {
    {.name = "postcodes", .kind = FIELD_INTEGER, .offset = offsetof(struct answer, postcodes),
     .help = "How many were saved.", .example = "1"},
};
/* clang-format on */
static const struct field_set answer_fields = {
    .name = "PostcodeImported", .size = sizeof(struct answer), FIELDS(answer_rows)};

static enum err handle(struct call *call, struct tx *tx)
{
    const struct body *body = call->body;
    const struct position *positions = body->postcodes.items;

    enum err e = access_any(call, ACTION_BANK_HOLIDAYS_IMPORT); /* reference data, like these */
    for (size_t i = 0; !e && i < body->postcodes.count; i++)
        e = postcode_save(tx, positions[i].postcode, positions[i].latitude, positions[i].longitude);
    if (e)
        return e;
    struct answer answer = {.postcodes = (int64_t)body->postcodes.count};
    reply_object(call, 200, "Postcodes imported.", &answer_fields, &answer, false);
    return ERR_OK;
}

const struct endpoint endpoint_postcode_import = {
    .name = "postcode_import",
    .method = METHOD_PUT,
    .path = "/postcodes",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES,
    .body = &body_fields,
    .body_mode = FIELDS_CREATE,
    .data = &answer_fields,
    .handle = handle,
    .tag = "Availability",
    .summary = "Import positions of postcodes",
    .description = "Admins only; at most 90 at once. A postcode that is there already gets the new position. "
                   "Ordnance Survey's "
                   "Code-Point Open and the ONS Postcode Directory have them all.",
};
