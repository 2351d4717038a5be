/* practice_search.h - which access points: by what they are, and by how far they are from a point.
 *
 * It reads the small copies of all practices, in slices; that is straightforward and correct, and costs what
 * the number of practices costs. */
#ifndef API_PRACTICE_SEARCH_H
#define API_PRACTICE_SEARCH_H

#include "call/call.h"
#include "domain/postcode.h"
#include "store/rec_practice.h"

/* ---- a point: latitude and longitude, or a postcode ---- */

struct near {
    const char *near; /* "lat,lon", or a postcode */
    double latitude, longitude;
    const char *postcode;
    double radius_km;
};
enum { RADIUS_KM_MAX = 1500 };
/* clang-format off */
#define NEAR_FIELDS(type, member)                                                                            \
    {.name = "near", .kind = FIELD_TEXT, .offset = offsetof(type, member.near), .max = 60,                   \
     .help = "A point as latitude,longitude, or a postcode.", .example = "\"53.7997,-1.5492\""},             \
    {.name = "latitude", .kind = FIELD_NUMBER, .offset = offsetof(type, member.latitude), .min = -90,        \
     .max = 90, .help = "Of the point, with longitude.", .example = "53.7997"},                              \
    {.name = "longitude", .kind = FIELD_NUMBER, .offset = offsetof(type, member.longitude), .min = -180,     \
     .max = 180, .help = "Of the point, with latitude.", .example = "-1.5492"},                              \
    {.name = "postcode", .kind = FIELD_TEXT, .offset = offsetof(type, member.postcode),                      \
     .normalise = postcode_normalise, .help = "Instead of latitude and longitude.",                          \
     .example = "\"LS1 4AP\""},                                                                              \
    {.name = "radius_km", .kind = FIELD_NUMBER, .offset = offsetof(type, member.radius_km), .min = 0,        \
     .max = RADIUS_KM_MAX, .help = "No further than this from the point.", .example = "10"}
/* clang-format on */

struct point {
    bool given;
    double latitude, longitude;
};
/* How many points were given, those that were refused included. */
int near_points(const struct near *near, const struct problems *problems);
/* Rules between those parameters, for a set's check. */
enum err near_check(const struct near *near, struct problems *problems);
/* Finds the postcode, if that is what was sent: imported, else the middle of the practices in the same
 * outcode, else ERR_INVALID with ERR_POSTCODE_UNKNOWN at ?postcode. */
enum err near_resolve(struct call *call, struct tx *tx, const struct near *near, struct point *point);

/* ---- practices ---- */

struct practice_filter {
    uint32_t types;           /* any of these; 0 = all */
    uint32_t services;        /* all of these */
    uint32_t accessibilities; /* all of these */
    uint32_t statuses;        /* any of these; 0 = active */
    enum truth walk_ins, requires_registration;
    int32_t nation;
    const char *name; /* a part of it, folded; NULL = any */
    struct point point;
    double radius_m; /* NAN = any */
};
/* What was sent as a name, folded. ERR_INVALID with a problem at ?name if it has neither letter nor digit. */
enum err practice_filter_name(struct call *call, const char *name, struct practice_filter *filter);

struct practice_hit {
    int64_t distance_metres; /* INTEGER_NONE without a point, or for a practice whose position is not known */
    char practice_id[KEY_PART_MAX + 1];
};
/* Without a point: in the order of ids; with one: by distance, then id, practices without a position last
 * (and not at all if there is a radius). after: the last one of the page before, or NULL. *hits has at most
 * limit of them. */
enum err practice_search(struct tx *tx, const struct practice_filter *filter,
                         const struct practice_hit *after, size_t limit, struct practice_hit **hits,
                         size_t *count, bool *more);

#endif
