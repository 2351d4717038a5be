/* practice_search.c - see practice_search.h. A slice's rows are freed before the next one is read; what is
 * kept lies in an array that was made before, so memory does not grow with the number of practices. Only
 * reads may do so: the arena of a transaction that writes holds what it will write. */
#include "api/practice_search.h"

#include "domain/nearby.h"
#include "domain/postcode.h"
#include "domain/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE_PRACTICES = 500 };

/* ---- every practice, one after the other ---- */

typedef bool practice_seen(void *arg, const struct practice *practice); /* false: enough */

static enum err slice_walk(struct tx *tx, char after[static KEY_PART_MAX + 1], practice_seen *seen, void *arg,
                           bool *more)
{
    struct practice *practices;
    size_t count;

    enum err e = practice_list(tx, *after ? after : NULL, SLICE_PRACTICES, &practices, &count, more);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        if (!seen(arg, &practices[i])) {
            *more = false;
            return ERR_OK;
        }
    }
    if (count > 0)
        (void)snprintf(after, KEY_PART_MAX + 1, "%s", practices[count - 1].practice_id);
    return ERR_OK;
}

static enum err practices_walk(struct tx *tx, const char *after, practice_seen *seen, void *arg)
{
    struct arena_mark mark = arena_mark(tx_arena(tx));
    char last[KEY_PART_MAX + 1] = "";
    bool more = true;
    enum err e = ERR_OK;

    if (after)
        (void)snprintf(last, sizeof last, "%s", after);
    while (!e && more) {
        e = slice_walk(tx, last, seen, arg, &more);
        arena_reset(tx_arena(tx), mark);
    }
    return e;
}

/* ---- the point ---- */

static enum err say(struct problems *problems, const char *pointer, enum err err, const char *message)
{
    return problems_add(problems, pointer, err, message);
}

static bool is_named(const struct problems *problems, const char *name, bool given)
{
    return given || problems_about_member(problems, "?", name);
}

int near_points(const struct near *near, const struct problems *problems)
{
    bool pair = is_named(problems, "latitude", !isnan(near->latitude)) ||
                is_named(problems, "longitude", !isnan(near->longitude));

    return (is_named(problems, "near", near->near) ? 1 : 0) +
           (is_named(problems, "postcode", near->postcode) ? 1 : 0) + (pair ? 1 : 0);
}

enum err near_check(const struct near *near, struct problems *problems)
{
    bool latitude = is_named(problems, "latitude", !isnan(near->latitude));
    bool longitude = is_named(problems, "longitude", !isnan(near->longitude));
    int points = near_points(near, problems);

    if (latitude != longitude)
        return say(problems, latitude ? "?longitude" : "?latitude", ERR_FIELD_REQUIRED,
                   "A point needs both latitude and longitude.");
    if (points > 1)
        return say(problems, near->postcode ? "?postcode" : "?near", ERR_FIELD_DUPLICATE,
                   "Give one point: near, or latitude and longitude, or postcode.");
    if (points == 0 && !isnan(near->radius_km))
        return say(problems, "?radius_km", ERR_FIELD_VALUE,
                   "A radius needs a point: send latitude and longitude, or postcode.");
    return ERR_OK;
}

struct outcode_middle {
    char outcode[OUTCODE_TEXT];
    double latitude, longitude;
    double count;
};

static bool outcode_seen(void *arg, const struct practice *practice)
{
    struct outcode_middle *middle = arg;
    char outcode[OUTCODE_TEXT];

    if (!practice->address || !practice->address->postcode || isnan(practice->latitude))
        return true;
    postcode_outcode(practice->address->postcode, outcode);
    if (strcmp(outcode, middle->outcode) == 0) {
        middle->latitude += practice->latitude;
        middle->longitude += practice->longitude;
        middle->count++;
    }
    return true;
}

static enum err postcode_resolve(struct call *call, struct tx *tx, const char *postcode, const char *pointer,
                                 struct point *point)
{
    struct outcode_middle middle = {.count = 0};

    enum err e = postcode_load(tx, postcode, &point->latitude, &point->longitude);
    if (e != ERR_NOT_FOUND)
        return e;
    postcode_outcode(postcode, middle.outcode);
    e = practices_walk(tx, NULL, outcode_seen, &middle);
    if (e)
        return e;
    if (middle.count < 1)
        return call_problem(call, pointer, ERR_POSTCODE_UNKNOWN, NULL);
    point->latitude = middle.latitude / middle.count;
    point->longitude = middle.longitude / middle.count;
    return ERR_OK;
}

/* "53.8,-1.55": digits, sign and point only. */
static bool pair_parse(const char *text, struct point *point)
{
    static const char allowed[] = "+-.0123456789, ";
    char *end;

    if (text[strspn(text, allowed)] != '\0')
        return false;
    point->latitude = strtod(text, &end);
    if (end == text || *end != ',')
        return false;
    const char *second = end + 1;
    point->longitude = strtod(second, &end);
    return end != second && *end == '\0' && fabs(point->latitude) <= 90 && fabs(point->longitude) <= 180;
}

static enum err near_text_resolve(struct call *call, struct tx *tx, const char *text, struct point *point)
{
    const char *postcode;

    if (pair_parse(text, point))
        return ERR_OK;
    enum err e = postcode_normalise(call->arena, text, strlen(text), &postcode);
    if (e == ERR_MEMORY)
        return e;
    if (e)
        return call_problem(
            call, "?near", ERR_FIELD_FORMAT,
            "This must be latitude,longitude in degrees, like 53.7997,-1.5492, or a postcode.");
    return postcode_resolve(call, tx, postcode, "?near", point);
}

enum err near_resolve(struct call *call, struct tx *tx, const struct near *near, struct point *point)
{
    struct point found = {.given = true, .latitude = near->latitude, .longitude = near->longitude};
    enum err e = ERR_OK;

    if (near->near)
        e = near_text_resolve(call, tx, near->near, &found);
    else if (near->postcode)
        e = postcode_resolve(call, tx, near->postcode, "?postcode", &found);
    else
        found.given = !isnan(near->latitude);
    if (!e)
        *point = found;
    return e;
}

/* ---- filters ---- */

enum err practice_filter_name(struct call *call, const char *name, struct practice_filter *filter)
{
    filter->name = NULL;
    if (!name)
        return ERR_OK;
    filter->name = text_fold(call->arena, name);
    if (!filter->name)
        return ERR_MEMORY;
    if (!*filter->name)
        return call_problem(call, "?name", ERR_FIELD_FORMAT,
                            "Give at least one letter or digit of the name.");
    return ERR_OK;
}

static bool truth_fits(enum truth wanted, enum truth is)
{
    return wanted == TRUTH_NONE || (wanted == TRUTH_YES) == (is == TRUTH_YES);
}

static bool any_of(uint32_t wanted, int32_t is)
{
    return wanted == 0 || (is > 0 && (wanted & (UINT32_C(1) << (is - 1))));
}

static bool name_fits(struct arena *arena, const char *part, const char *name)
{
    const char *folded = part ? text_fold(arena, name) : NULL;
    return !part || (folded && strstr(folded, part));
}

static bool fits(const struct practice_filter *filter, struct arena *arena, const struct practice *practice)
{
    uint32_t statuses = filter->statuses ? filter->statuses : UINT32_C(1) << (PRACTICE_ACTIVE - 1);

    return any_of(filter->types, practice->access_point_type) && any_of(statuses, practice->status) &&
           (filter->services & ~practice->services) == 0 &&
           (filter->accessibilities & ~practice->accessibilities) == 0 &&
           truth_fits(filter->walk_ins, practice->accepts_walk_ins) &&
           truth_fits(filter->requires_registration, practice->requires_registration) &&
           (filter->nation == 0 || filter->nation == practice->nation) &&
           name_fits(arena, filter->name, practice->name);
}

/* ---- the search ---- */

struct search {
    const struct practice_filter *filter;
    const struct practice_hit *after;
    struct arena *arena;
    struct practice_hit *hits; /* sorted; room for `room` */
    size_t room, count;
    struct box box;
};

/* Order of the answer; one without a distance comes last. */
static int hit_compare(const struct practice_hit *a, int64_t distance, const char *practice_id)
{
    int64_t x = a->distance_metres == INTEGER_NONE ? INT64_MAX : a->distance_metres;
    int64_t y = distance == INTEGER_NONE ? INT64_MAX : distance;

    return x != y ? (x > y) - (x < y) : strcmp(a->practice_id, practice_id);
}

/* Where the practice is; false if it is too far away to count. */
static bool distance_fits(const struct search *search, const struct practice *practice, int64_t *distance)
{
    const struct practice_filter *filter = search->filter;
    bool limited = !isnan(filter->radius_m);

    *distance = INTEGER_NONE;
    if (!filter->point.given)
        return true;
    if (isnan(practice->latitude) || isnan(practice->longitude))
        return !limited;
    if (limited && !box_has(&search->box, practice->latitude, practice->longitude))
        return false;
    double metres = distance_metres(filter->point.latitude, filter->point.longitude, practice->latitude,
                                    practice->longitude);
    *distance = llround(metres);
    return !limited || metres <= filter->radius_m;
}

static void hit_insert(struct search *search, int64_t distance, const char *practice_id)
{
    size_t at = search->count;

    while (at > 0 && hit_compare(&search->hits[at - 1], distance, practice_id) > 0)
        at--;
    if (at == search->room)
        return;
    size_t moved = (search->count < search->room ? search->count : search->room - 1) - at;
    memmove(&search->hits[at + 1], &search->hits[at], moved * sizeof *search->hits);
    search->hits[at].distance_metres = distance;
    (void)snprintf(search->hits[at].practice_id, sizeof search->hits[at].practice_id, "%s", practice_id);
    if (search->count < search->room)
        search->count++;
}

static bool search_seen(void *arg, const struct practice *practice)
{
    struct search *search = arg;
    int64_t distance;

    if (!fits(search->filter, search->arena, practice) || !distance_fits(search, practice, &distance))
        return true;
    if (search->after && hit_compare(search->after, distance, practice->practice_id) >= 0)
        return true;
    hit_insert(search, distance, practice->practice_id);
    return search->filter->point.given || search->count < search->room;
}

/* Who searches loads what was found. */
static void hits_expect(struct tx *tx, const struct practice_hit *hits, size_t count)
{
    struct key keys[EXPECT_MAX];
    size_t known = 0;

    for (; known < count && known < EXPECT_MAX; known++)
        keys[known] = (struct key){.table = TABLE_PRACTICE, .part = hits[known].practice_id};
    tx_expect(tx, keys, known);
}

enum err practice_search(struct tx *tx, const struct practice_filter *filter,
                         const struct practice_hit *after, size_t limit, struct practice_hit **hits,
                         size_t *count, bool *more)
{
    struct search search = {.filter = filter, .after = after, .arena = tx_arena(tx), .room = limit + 1};
    const char *from = after && !filter->point.given ? after->practice_id : NULL;

    search.hits = arena_zero(search.arena, search.room + 1, sizeof *search.hits);
    if (!search.hits)
        return ERR_MEMORY;
    if (filter->point.given && !isnan(filter->radius_m))
        search.box = box_around(filter->point.latitude, filter->point.longitude, filter->radius_m);
    enum err e = practices_walk(tx, from, search_seen, &search);
    if (e)
        return e;
    *hits = search.hits;
    *more = search.count > limit;
    *count = *more ? limit : search.count;
    hits_expect(tx, search.hits, *count);
    return ERR_OK;
}
