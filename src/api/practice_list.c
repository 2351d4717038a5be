/* practice_list.c - GET /practices: access points by what they are and by how far away, for everybody. */
#include "api/endpoint.h"
#include "api/practice_search.h"
#include "call/page.h"
#include "call/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_CHARACTERS = 200, M_A_KM = 1000 };

struct query {
    struct page page;
    uint32_t type, access_point_type;
    const char *name;
    uint32_t service, appointment_type;
    enum truth walk_ins, accepts_walk_ins, requires_registration;
    uint32_t accessibility;
    int32_t nation;
    uint32_t status;
    struct near near;
};

#define AT(member) .offset = offsetof(struct query, member)

/* clang-format off */
static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "type", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(type),
     .values = access_point_type_names, .help = "Any of these, comma-separated, in any case.",
     .example = "\"GP_SURGERY\""},
    {.name = "access_point_type", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(access_point_type),
     .values = access_point_type_names, .help = "The same as type."},
    {.name = "name", .kind = FIELD_TEXT, AT(name), .max = NAME_MAX_CHARACTERS,
     .help = "A part of the name; case, accents and punctuation do not count.", .example = "\"riverside\""},
    {.name = "service", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(service),
     .values = appointment_type_names, .help = "Offers all of these appointment types, comma-separated.",
     .example = "\"vaccination\""},
    {.name = "appointment_type", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(appointment_type),
     .values = appointment_type_names, .help = "The same as service."},
    {.name = "walk_ins", .kind = FIELD_BOOLEAN, AT(walk_ins),
     .help = "Whether it accepts people without an appointment.", .example = "true"},
    {.name = "accepts_walk_ins", .kind = FIELD_BOOLEAN, AT(accepts_walk_ins),
     .help = "The same as walk_ins."},
    {.name = "requires_registration", .kind = FIELD_BOOLEAN, AT(requires_registration),
     .help = "false: open to everybody."},
    {.name = "accessibility", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(accessibility),
     .values = accessibility_names, .help = "Has all of these, comma-separated."},
    {.name = "nation", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, AT(nation), .values = nation_names},
    {.name = "status", .kind = FIELD_ENUMS, AT(status), .values = practice_status_names,
     .help = "Any of these, comma-separated; active if left out."},
    NEAR_FIELDS(struct query, near),
};
/* clang-format on */

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    (void)prefix;
    return near_check(&((const struct query *)object)->near, problems);
}

static const struct field_set query_fields = {
    .name = "PracticeListQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

/* Two names for one filter: both count. For types, where any will do, an empty meeting is a filter that
 * nothing fits. */
static uint32_t both(uint32_t a, uint32_t b, bool *nothing)
{
    *nothing = *nothing || (a && b && !(a & b));
    return a && b ? a & b : a | b;
}

static enum truth both_truths(enum truth a, enum truth b, bool *nothing)
{
    *nothing = *nothing || (a && b && a != b);
    return a ? a : b;
}

static enum err filter_make(struct call *call, struct tx *tx, const struct query *query,
                            struct practice_filter *filter, bool *nothing)
{
    *filter = (struct practice_filter){
        .types = both(query->type, query->access_point_type, nothing),
        .services = query->service | query->appointment_type,
        .accessibilities = query->accessibility,
        .statuses = query->status,
        .walk_ins = both_truths(query->walk_ins, query->accepts_walk_ins, nothing),
        .requires_registration = query->requires_registration,
        .nation = query->nation,
        .radius_m = query->near.radius_km * M_A_KM,
    };
    enum err e = practice_filter_name(call, query->name, filter);
    return call_also(e, near_resolve(call, tx, &query->near, &filter->point));
}

static enum err review(struct call *call, struct tx *tx)
{
    struct practice_filter filter;
    bool nothing = false;

    return filter_make(call, tx, call->query, &filter, &nothing);
}

/* A cursor is the distance, or "-" without one, and the id. */
static enum err cursor_make(struct call *call, const struct practice_hit *last)
{
    const char *text =
        last->distance_metres == INTEGER_NONE
            ? arena_printf(call->arena, "- %s", last->practice_id)
            : arena_printf(call->arena, "%" PRId64 " %s", last->distance_metres, last->practice_id);
    return text ? page_next(call, text) : ERR_MEMORY;
}

static enum err cursor_read(struct call *call, const struct page *page, struct practice_hit *hit, bool *given)
{
    const char *text;

    enum err e = page_after(call, page, &text);
    *given = !e && text;
    if (!*given)
        return e;
    const char *id = strchr(text, ' ');
    if (!id)
        return ERR_DAMAGED; /* nobody but us can make one */
    hit->distance_metres = *text == '-' ? INTEGER_NONE : strtoll(text, NULL, 10);
    (void)snprintf(hit->practice_id, sizeof hit->practice_id, "%s", id + 1);
    return ERR_OK;
}

static enum err hits_reply(struct call *call, struct tx *tx, const struct practice_hit *hits, size_t count)
{
    struct json_writer *writer = reply_begin(call, 200, count ? "Practices found." : "No practice fits.");
    enum err e = ERR_OK;

    json_array_begin(writer, NULL);
    for (size_t i = 0; !e && i < count; i++) {
        struct practice_found found = {.distance_metres = hits[i].distance_metres};
        e = practice_load(tx, hits[i].practice_id, &found.practice);
        if (!e)
            fields_write(&practice_found_fields, &found, false, writer, NULL);
        else if (e == ERR_DAMAGED)
            e = ERR_OK; /* the others can still be found */
    }
    json_array_end(writer);
    reply_end(call);
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* a list row without its practice */
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct practice_filter filter;
    struct practice_hit after;
    struct practice_hit *hits = NULL;
    size_t count = 0;
    bool paged = false;
    bool more = false;
    bool nothing = false;

    enum err e = filter_make(call, tx, query, &filter, &nothing);
    if (!e)
        e = cursor_read(call, &query->page, &after, &paged);
    if (!e && !nothing)
        e = practice_search(tx, &filter, paged ? &after : NULL, page_limit(&query->page), &hits, &count,
                            &more);
    if (!e && more)
        e = cursor_make(call, &hits[count - 1]);
    return e ? e : hits_reply(call, tx, hits, count);
}

static const enum err errors[] = {ERR_POSTCODE_UNKNOWN, ERR_OK};

const struct endpoint endpoint_practice_list = {
    .name = "practice_list",
    .method = METHOD_GET,
    .path = "/practices",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &practice_found_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Practices",
    .summary = "Find access points",
    .description = "Every filter that is sent has to fit. With a point (latitude and longitude, near, or "
                   "postcode) the nearest "
                   "come first and have distance_metres; else they come in the order of their ids.",
};
