/* availability.c - GET /availability: the earliest appointments near a point, at whichever access point they
 * are. For everybody. The reason that the product exists.
 *
 * The nearest access points that fit (at most PRACTICES_MAX) are asked for their days. By time, all of them
 * are asked for one day before any is asked for the next, and the search ends with the day that fills the
 * page; by distance, one after the other is asked for all days. A page is kept sorted in an array of fixed
 * size, and what a day took of the arena is given back, so memory does not grow with what is looked at. */
#include "api/availability_steps.h"
#include "api/endpoint.h"
#include "api/practice_search.h"
#include "call/page.h"
#include "call/reply.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRACTICES_MAX = 500, RADIUS_DEFAULT_KM = 25, RADIUS_NEAR_MAX_KM = 200, M_A_KM = 1000 };

enum { SORT_TIME = 1, SORT_DISTANCE };
static const char *const sort_names[] = {"time", "distance", NULL};

struct query {
    struct page page;
    struct near near;
    uint32_t type, accessibility;
    int32_t service, nation;
    enum truth walk_ins, requires_registration;
    struct wish wish;
    int32_t sort;
};

#define AT(member) .offset = offsetof(struct query, member)

/* clang-format off */
static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    NEAR_FIELDS(struct query, near),
    {.name = "type", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(type),
     .values = access_point_type_names, .help = "Access points of any of these types, comma-separated.",
     .example = "\"WALK_IN_CENTRE,GP_SURGERY\""},
    WISH_FIELDS(struct query, wish),
    {.name = "service", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, AT(service),
     .values = appointment_type_names, .help = "The same as appointment_type."},
    {.name = "accessibility", .kind = FIELD_ENUMS, .flags = FIELD_ANY_CASE, AT(accessibility),
     .values = accessibility_names, .help = "Access points that have all of these, comma-separated."},
    {.name = "nation", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, AT(nation), .values = nation_names},
    {.name = "walk_ins", .kind = FIELD_BOOLEAN, AT(walk_ins)},
    {.name = "requires_registration", .kind = FIELD_BOOLEAN, AT(requires_registration),
     .help = "false: only access points that are open to everybody.", .example = "false"},
    {.name = "sort", .kind = FIELD_ENUM, AT(sort), .values = sort_names,
     .help = "time (if left out): the earliest first; distance: the nearest access point first.",
     .example = "\"time\""},
};
/* clang-format on */

static enum err service_check(const struct query *query, struct problems *problems)
{
    if (query->service == 0 || query->wish.appointment_type == 0 ||
        query->service == query->wish.appointment_type)
        return ERR_OK;
    return problems_add(problems, "?service", ERR_FIELD_DUPLICATE,
                        "service and appointment_type are the same; send one.");
}

static enum err point_check(const struct near *near, struct problems *problems)
{
    enum err e = ERR_OK;

    if (near_points(near, problems) == 0)
        e = problems_add(problems, "?postcode", ERR_FIELD_REQUIRED,
                         "Near where? Send latitude and longitude, or a postcode.");
    if (!e && near->radius_km > RADIUS_NEAR_MAX_KM)
        e = problems_add(problems, "?radius_km", ERR_FIELD_RANGE, "This must be from 0 to 200.");
    /* A radius is no mistake of its own where it is the point that is missing. */
    return !e && near_points(near, problems) > 0 ? near_check(near, problems) : e;
}

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    enum err e = point_check(&query->near, problems);
    if (!e)
        e = service_check(query, problems);
    return e ? e : wish_check(&query->wish, problems);
}

static const struct field_set query_fields = {
    .name = "AvailabilityQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

/* ---- a row of the answer ---- */

struct offer {
    struct slot slot;
    uint32_t practice; /* index of the search's practices */
};

struct offer_row {
    const char *practice_id, *name;
    int32_t access_point_type;
    enum truth requires_registration;
    int64_t distance_metres;
    int64_t start, end, available;
    int32_t delivery_channel;
};
#undef AT
#define AT(member) .offset = offsetof(struct offer_row, member)

/* clang-format off */
static const struct field offer_rows[] = {
    {.name = "practice_id", .kind = FIELD_TEXT, AT(practice_id), .example = "\"practice-123\""},
    {.name = "name", .kind = FIELD_TEXT, AT(name), .example = "\"Riverside Surgery\""},
    {.name = "access_point_type", .kind = FIELD_ENUM, AT(access_point_type),
     .values = access_point_type_names, .example = "\"GP_SURGERY\""},
    {.name = "requires_registration", .kind = FIELD_BOOLEAN, AT(requires_registration), .example = "false"},
    {.name = "distance_metres", .kind = FIELD_INTEGER, AT(distance_metres), .example = "850"},
    {.name = "start", .kind = FIELD_INSTANT, AT(start), .example = "\"2026-11-25T09:00:00Z\""},
    {.name = "end", .kind = FIELD_INSTANT, AT(end), .example = "\"2026-11-25T09:15:00Z\""},
    {.name = "available", .kind = FIELD_INTEGER, AT(available), .example = "1"},
    {.name = "delivery_channel", .kind = FIELD_ENUM, AT(delivery_channel), .values = delivery_channel_names,
     .example = "\"in_person\""},
};
/* clang-format on */
static const struct field_set offer_fields = {
    .name = "Offer", .size = sizeof(struct offer_row), FIELDS(offer_rows)};

/* ---- the search ---- */

/* Where an offer stands in the order of the answer; also what a cursor holds. */
struct place_in_order {
    int64_t start_ms, end_ms, distance_metres;
    int32_t channel;
    const char *practice_id;
};

struct looking {
    struct call *call;
    struct tx *tx;
    struct wish wish;
    bool by_distance;
    const struct practice_hit *hits; /* nearest first */
    struct practice *practices;
    struct day_source *sources;
    struct span_of_time *spans;
    size_t practice_count;
    bool paged;
    struct place_in_order after;
    struct offer *offers; /* sorted; room for `room` */
    size_t room, count;
};

static struct place_in_order order_of(const struct looking *l, const struct offer *offer)
{
    const struct practice_hit *hit = &l->hits[offer->practice];
    return (struct place_in_order){offer->slot.start_ms, offer->slot.end_ms, hit->distance_metres,
                                   offer->slot.channel, hit->practice_id};
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_compare(const struct looking *l, const struct place_in_order *a,
                         const struct place_in_order *b)
{
    int start = compare(a->start_ms, b->start_ms);
    int distance = compare(a->distance_metres, b->distance_metres);
    int practice = strcmp(a->practice_id, b->practice_id);
    const int by_time[] = {start, distance, practice};
    const int by_distance[] = {distance, practice, start};
    const int *first = l->by_distance ? by_distance : by_time;

    for (size_t i = 0; i < 3; i++) {
        if (first[i])
            return first[i];
    }
    int end = compare(a->end_ms, b->end_ms);
    return end ? end : compare(a->channel, b->channel);
}

/* False: it lies behind everything of a full page. */
static bool offer_insert(struct looking *l, const struct offer *offer)
{
    struct place_in_order place = order_of(l, offer);
    size_t at = l->count;

    if (l->paged && order_compare(l, &place, &l->after) <= 0)
        return true;
    for (; at > 0; at--) {
        struct place_in_order before = order_of(l, &l->offers[at - 1]);
        if (order_compare(l, &before, &place) <= 0)
            break;
    }
    if (at == l->room)
        return false;
    size_t moved = (l->count < l->room ? l->count : l->room - 1) - at;
    memmove(&l->offers[at + 1], &l->offers[at], moved * sizeof *l->offers);
    l->offers[at] = *offer;
    if (l->count < l->room)
        l->count++;
    return true;
}

static enum err practice_day(struct looking *l, uint32_t practice, int32_t date)
{
    struct day_source *source = &l->sources[practice];
    struct arena_mark mark = arena_mark(l->call->arena);
    bool known = source->sessions_known;
    struct slot *slots;
    size_t count;

    enum err e = day_free(l->call, l->tx, source, &l->wish, date, &l->spans[practice], NULL, &slots, &count);
    for (size_t i = 0; !e && i < count; i++) {
        struct offer offer = {slots[i], practice};
        if (!offer_insert(l, &offer))
            break; /* a day's slots are sorted: the rest lies behind too */
    }
    if (e == ERR_DAMAGED)
        e = ERR_OK;                      /* one practice's trouble hides only its own day */
    if (known == source->sessions_known) /* else its sessions have come into the arena, and stay */
        arena_reset(l->call->arena, mark);
    return e;
}

static bool is_full(const struct looking *l)
{
    return l->count == l->room;
}

static enum err look_by_time(struct looking *l)
{
    enum err e = ERR_OK;

    for (int32_t date = l->wish.start_date; !e && date <= l->wish.end_date && !is_full(l); date++) {
        for (uint32_t i = 0; !e && i < l->practice_count; i++)
            e = practice_day(l, i, date);
    }
    return e;
}

static enum err look_by_distance(struct looking *l)
{
    enum err e = ERR_OK;

    for (uint32_t i = 0; !e && i < l->practice_count && !is_full(l); i++) {
        for (int32_t date = l->wish.start_date; !e && date <= l->wish.end_date; date++)
            e = practice_day(l, i, date);
    }
    return e;
}

/* ---- getting ready ---- */

static enum err practices_find(struct looking *l, const struct query *query)
{
    double radius_km = isnan(query->near.radius_km) ? RADIUS_DEFAULT_KM : query->near.radius_km;
    struct practice_filter filter = {
        .types = query->type,
        .services = l->wish.appointment_type ? TYPE_BIT(l->wish.appointment_type) : 0,
        .accessibilities = query->accessibility,
        .walk_ins = query->walk_ins,
        .requires_registration = query->requires_registration,
        .nation = query->nation,
        .radius_m = radius_km * M_A_KM,
    };
    struct practice_hit *hits;
    bool more;

    enum err e = near_resolve(l->call, l->tx, &query->near, &filter.point);
    if (!e)
        e = practice_search(l->tx, &filter, NULL, PRACTICES_MAX, &hits, &l->practice_count, &more);
    if (!e)
        l->hits = hits;
    return e;
}

static enum err practices_load(struct looking *l)
{
    struct arena *arena = l->call->arena;
    enum err e = ERR_OK;

    l->practices = arena_zero(arena, l->practice_count + 1, sizeof *l->practices);
    l->sources = arena_zero(arena, l->practice_count + 1, sizeof *l->sources);
    l->spans = arena_zero(arena, l->practice_count + 1, sizeof *l->spans);
    l->offers = arena_zero(arena, l->room + 1, sizeof *l->offers);
    if (!l->practices || !l->sources || !l->spans || !l->offers)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < l->practice_count; i++) {
        l->spans[i].last_date = DATE_NONE; /* nothing can be booked, unless the practice can be read */
        e = practice_load(l->tx, l->hits[i].practice_id, &l->practices[i]);
        if (e) {
            e = e == ERR_DAMAGED ? ERR_OK : e;
            continue;
        }
        l->sources[i] = day_source(&l->practices[i]);
        l->spans[i] = bookable_span(&l->practices[i], l->call->now_ms, false);
    }
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* a list row without its practice */
}

/* ---- pages ---- */

static enum err cursor_make(struct looking *l, const struct offer *last)
{
    struct place_in_order place = order_of(l, last);
    const char *text =
        arena_printf(l->call->arena, "%" PRId64 " %" PRId64 " %" PRId64 " %d %s", place.start_ms,
                     place.end_ms, place.distance_metres, (int)place.channel, place.practice_id);
    return text ? page_next(l->call, text) : ERR_MEMORY;
}

static enum err cursor_read(struct looking *l, const struct page *page)
{
    const char *text;
    char *at;

    enum err e = page_after(l->call, page, &text);
    l->paged = !e && text;
    if (!l->paged)
        return e;
    l->after.start_ms = strtoll(text, &at, 10);
    l->after.end_ms = strtoll(at, &at, 10);
    l->after.distance_metres = strtoll(at, &at, 10);
    l->after.channel = (int32_t)strtol(at, &at, 10);
    if (*at != ' ')
        return ERR_DAMAGED; /* nobody but us can make one */
    l->after.practice_id = at + 1;
    return ERR_OK;
}

static void offer_write(const struct looking *l, const struct offer *offer, struct json_writer *writer)
{
    const struct practice *practice = &l->practices[offer->practice];
    const struct offer_row row = {
        .practice_id = practice->practice_id,
        .name = practice->name,
        .access_point_type = practice->access_point_type,
        .requires_registration = practice->requires_registration,
        .distance_metres = l->hits[offer->practice].distance_metres,
        .start = offer->slot.start_ms,
        .end = offer->slot.end_ms,
        .available = offer->slot.available,
        .delivery_channel = offer->slot.channel,
    };
    fields_write(&offer_fields, &row, false, writer, NULL);
}

static enum err answer(struct looking *l)
{
    size_t shown = is_full(l) ? l->room - 1 : l->count;
    struct json_writer *writer =
        reply_begin(l->call, 200, shown ? "Appointments found." : "Nothing is free there in these days.");

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < shown; i++)
        offer_write(l, &l->offers[i], writer);
    json_array_end(writer);
    enum err e = is_full(l) ? cursor_make(l, &l->offers[shown - 1]) : ERR_OK;
    reply_end(l->call);
    return e;
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct point point;

    return call_also(wish_review(call, &query->wish), near_resolve(call, tx, &query->near, &point));
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct looking l = {
        .call = call,
        .tx = tx,
        .wish = query->wish,
        .by_distance = query->sort == SORT_DISTANCE,
        .room = page_limit(&query->page) + 1, /* one more than is shown: is there a next page? */
    };

    if (query->service)
        l.wish.appointment_type = query->service;
    enum err e = wish_settle(call, &l.wish);
    if (!e)
        e = cursor_read(&l, &query->page);
    if (!e)
        e = practices_find(&l, query);
    if (!e)
        e = practices_load(&l);
    if (!e)
        e = l.by_distance ? look_by_distance(&l) : look_by_time(&l);
    return e ? e : answer(&l);
}

static const enum err errors[] = {ERR_POSTCODE_UNKNOWN, ERR_OK};

const struct endpoint endpoint_availability = {
    .name = "availability",
    .method = METHOD_GET,
    .path = "/availability",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &offer_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Availability",
    .summary = "The earliest appointments near a place",
    .description = "Free slots of the access points within radius_km (25 if left out) of the point, the "
                   "earliest first, and "
                   "at the same time the nearest first. A postcode is looked up among those that were "
                   "imported, else the "
                   "middle of the access points in the same outcode stands for it.",
};
