/* fit_search.c - makes room for one more item by moving others between sessions (docs/decisions/015).
 *
 * 1. One augmenting path (Kuhn's bipartite matching): walk from the new item to the sessions that it could
 *    take, from full sessions to those in them that begin and end with the new item, from these to the
 *    sessions that they could take, and so on, until there is a session with a free place; then everybody on
 *    the path moves up. If there is no such path, and the walk met nobody who begins or ends at another time
 *    (the usual case: slots of one length), then there is no arrangement at all.
 *
 * 2. Otherwise lengths are mixed, and an item can be in the way of several. First: which items could have to
 *    move? Those in the way of the new one in a session that it could take; those in the way of these in the
 *    sessions that they could take; and so on. An item with no other session is in the way but cannot move.
 *    Nobody else has to be looked at: if an arrangement of all exists, then one exists in which the items
 * that were not reached stay, because where a reached item may sit, all others at that time were reached too.
 *
 * 3. Seating the reached items is NP-complete in general (interval scheduling with machines that differ), yet
 *    small here: walk through the items in order of their start, keeping every way in which the items that
 * are going on at that moment can sit. Ways that differ only in who sits where are one (`state`): what
 * matters later is how many places of a session are taken and until when. Sessions that may take exactly the
 * same of the reached items count as one with the sum of their places (`group`), because intervals that never
 *    overlap more than n times can always be dealt to n places. A state remembers the one that it came from,
 *    so the last one tells where everybody sits.
 *
 * The last is exact up to FIT_ITEMS_MAX, FIT_ACTIVE_MAX, FIT_GROUPS_MAX and FIT_STATES_MAX (fit.h). Past the
 * first three the answer is no; past the last the walk goes on with that many states, so a yes is right and a
 * no may be wrong. Memory is at most FIT_ITEMS_MAX * FIT_STATES_MAX * 8 bytes and some, and is given back.
 * Backtracking was tried on paper and left: it has no bound that can be named in items and states. */
#include "domain/fit.h"

#include <stdlib.h>
#include <string.h>

/* ---- 1. one augmenting path ---- */

struct path {
    struct fit *fit;
    size_t *near; /* items that overlap the new one */
    size_t near_count;
    int32_t *via;  /* the item that would move into a session; -1: not walked to */
    size_t *queue; /* sessions that were walked to */
    size_t queued;
    int32_t goal; /* a session with a free place; -1: none yet */
    bool mixed;   /* somebody was met who begins or ends at another time */
};

static enum err path_init(struct path *path, struct fit *fit, size_t item)
{
    size_t sessions = fit->loads.session_count;
    size_t at = 0;
    *path = (struct path){.fit = fit, .goal = -1};
    path->near = arena_alloc(fit->arena, fit->count * sizeof *path->near);
    path->via = arena_alloc(fit->arena, (sessions + 1) * sizeof *path->via);
    path->queue = arena_alloc(fit->arena, (sessions + 1) * sizeof *path->queue);
    if (!path->near || !path->via || !path->queue)
        return ERR_MEMORY;
    while (fit_overlapping(fit, &fit->items[item], &at, &path->near[path->near_count]))
        path->near_count++;
    for (size_t s = 0; s < sessions; s++)
        path->via[s] = -1;
    return ERR_OK;
}

static void walk_to_sessions(struct path *path, size_t item)
{
    const struct loads *loads = &path->fit->loads;
    const struct fit_item *it = &path->fit->items[item];
    struct slot_range range;

    for (size_t s = 0; s < loads->session_count && path->goal < 0; s++) {
        if (path->via[s] >= 0 || !session_takes(&loads->sessions[s], it, &range))
            continue;
        path->via[s] = (int32_t)item;
        path->queue[path->queued++] = s;
        if (loads_free(loads, s, range) > 0)
            path->goal = (int32_t)s;
    }
}

static bool together(const struct fit *fit, size_t a, size_t b)
{
    return fit->items[a].start_ms == fit->items[b].start_ms && fit->items[a].minutes == fit->items[b].minutes;
}

static void walk_to_items(struct path *path, size_t session, size_t item)
{
    for (size_t i = 0; i < path->near_count && path->goal < 0; i++) {
        if (path->fit->places[path->near[i]] != (int32_t)session)
            continue;
        if (together(path->fit, path->near[i], item))
            walk_to_sessions(path, path->near[i]);
        else
            path->mixed = true;
    }
}

static void move_up(const struct path *path)
{
    int32_t session = path->goal;

    while (session >= 0) {
        size_t item = (size_t)path->via[session];
        int32_t left = path->fit->places[item];
        fit_seat(path->fit, item, session);
        session = left;
    }
}

static enum err match(struct fit *fit, size_t item, bool *mixed)
{
    struct path path;
    enum err e = path_init(&path, fit, item);

    if (e)
        return e;
    walk_to_sessions(&path, item);
    for (size_t q = 0; q < path.queued && path.goal < 0; q++)
        walk_to_items(&path, path.queue[q], item);
    *mixed = path.mixed;
    if (path.goal < 0)
        return ERR_SLOT_UNAVAILABLE;
    move_up(&path);
    return ERR_OK;
}

struct reached {
    size_t item;
    int64_t start_ms, end_ms;
    uint32_t options; /* sessions that it could take */
    uint32_t chosen;  /* group, then session: where the search puts it */
};

struct search {
    struct fit *fit;
    struct arena *arena;
    struct reached *reached; /* [0] is the new item */
    size_t count;
    bool too_many;
};

static bool takes(const struct search *search, size_t session, size_t item)
{
    struct slot_range range;
    return session_takes(&search->fit->loads.sessions[session], &search->fit->items[item], &range);
}

/* ---- 2. reach ---- */

static uint32_t options_of(const struct search *search, size_t item)
{
    uint32_t options = 0;
    for (size_t s = 0; s < search->fit->loads.session_count; s++)
        options += takes(search, s, item) ? 1 : 0;
    return options;
}

static void reach(struct search *search, size_t item, bool *seen)
{
    const struct fit_item *it = &search->fit->items[item];

    seen[item] = true;
    if (search->count == FIT_ITEMS_MAX) {
        search->too_many = true;
        return;
    }
    search->reached[search->count++] = (struct reached){.item = item,
                                                        .start_ms = it->start_ms,
                                                        .end_ms = fit_item_end(it),
                                                        .options = options_of(search, item)};
}

/* Those who sit in a session that the item could take, at the same time. */
static void reach_from(struct search *search, size_t item, bool *seen)
{
    const struct fit *fit = search->fit;
    size_t at = 0;
    size_t other;

    while (!search->too_many && fit_overlapping(fit, &fit->items[item], &at, &other)) {
        if (!seen[other] && takes(search, (size_t)fit->places[other], item))
            reach(search, other, seen);
    }
}

static enum err reach_all(struct search *search, size_t item)
{
    bool *seen = arena_zero(search->arena, search->fit->count, sizeof *seen);
    size_t most = search->fit->count < FIT_ITEMS_MAX ? search->fit->count : FIT_ITEMS_MAX;
    search->reached = arena_alloc(search->arena, most * sizeof *search->reached);
    if (!seen || !search->reached)
        return ERR_MEMORY;
    reach(search, item, seen);
    for (size_t i = 0; i < search->count; i++) {
        if (i == 0 || search->reached[i].options > 1)
            reach_from(search, search->reached[i].item, seen);
    }
    return search->too_many ? ERR_SLOT_UNAVAILABLE : ERR_OK;
}

static bool somebody_can_move(const struct search *search)
{
    for (size_t i = 1; i < search->count; i++) {
        if (search->reached[i].options > 1)
            return true;
    }
    return false;
}

/* ---- 3. groups of sessions ---- */

struct group {
    int64_t capacity;
    uint64_t *row; /* bit i: may take reached[i] */
};

struct groups {
    struct group *items;
    size_t count;
    uint32_t *of_session; /* group of every session; NO_GROUP */
    size_t words;
};

#define NO_GROUP UINT32_MAX

static bool row_fill(const struct search *search, size_t session, uint64_t *row, size_t words)
{
    bool any = false;

    memset(row, 0, words * sizeof *row);
    for (size_t i = 0; i < search->count; i++) {
        if (!takes(search, session, search->reached[i].item))
            continue;
        row[i / 64] |= UINT64_C(1) << i % 64;
        any = true;
    }
    return any;
}

static uint32_t group_of_row(struct groups *groups, const uint64_t *row)
{
    for (size_t g = 0; g < groups->count; g++) {
        if (memcmp(groups->items[g].row, row, groups->words * sizeof *row) == 0)
            return (uint32_t)g;
    }
    return NO_GROUP;
}

static enum err group_add(const struct search *search, struct groups *groups, const uint64_t *row,
                          uint32_t *index)
{
    if (groups->count == FIT_GROUPS_MAX)
        return ERR_SLOT_UNAVAILABLE;
    uint64_t *copy = arena_copy(search->arena, row, groups->words * sizeof *row);
    if (!copy)
        return ERR_MEMORY;
    *index = (uint32_t)groups->count++;
    groups->items[*index] = (struct group){.row = copy};
    return ERR_OK;
}

static enum err groups_init(struct search *search, struct groups *groups)
{
    const struct loads *loads = &search->fit->loads;
    groups->words = (search->count + 63) / 64;
    groups->items = arena_alloc(search->arena, FIT_GROUPS_MAX * sizeof *groups->items);
    groups->of_session = arena_alloc(search->arena, (loads->session_count + 1) * sizeof *groups->of_session);
    uint64_t *row = arena_alloc(search->arena, groups->words * sizeof *row);
    if (!groups->items || !groups->of_session || !row)
        return ERR_MEMORY;
    for (size_t s = 0; s < loads->session_count; s++) {
        uint32_t group = NO_GROUP;
        if (row_fill(search, s, row, groups->words)) {
            group = group_of_row(groups, row);
            enum err e = group == NO_GROUP ? group_add(search, groups, row, &group) : ERR_OK;
            if (e)
                return e;
            groups->items[group].capacity += loads->sessions[s].capacity;
        }
        groups->of_session[s] = group;
    }
    return ERR_OK;
}

static bool group_takes(const struct groups *groups, size_t group, size_t bit)
{
    return (groups->items[group].row[bit / 64] >> bit % 64 & 1) != 0;
}

/* ---- 3. states ---- */

/* The states after one item was seated. A state is `active` bytes: the group of each item that is going on,
 * in order of its end, and in order of the group among those that end together, so that equal states have
 * equal bytes. */
struct level {
    uint32_t count;
    uint32_t *parent;
    uint8_t *choice; /* group that the item was put into */
};

enum { BUCKETS_A_STATE = 4, NO_STATE = 0 };

struct walk {
    const struct groups *groups;
    int64_t *ends; /* of the items going on, sorted */
    size_t active, most_active;
    uint8_t *now, *next; /* states, most_active bytes apart */
    uint32_t now_count, next_count;
    uint32_t *parent; /* of the next states */
    uint8_t *choice;
    uint16_t *buckets; /* state + 1; a power of two of them, enough for this step, is in use */
    uint32_t bucket_mask;
};

static uint32_t state_hash(const uint8_t *state, size_t size)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ state[i]) * 16777619U;
    return hash ^ hash >> 15;
}

static uint8_t *next_state(const struct walk *walk, uint32_t state)
{
    return walk->next + state * walk->most_active;
}

/* Adds the state that stands behind the last one of `next`, unless it is there already or there are too many.
 */
static void state_keep(struct walk *walk, uint32_t parent, uint8_t choice)
{
    const uint8_t *made = next_state(walk, walk->next_count);
    uint32_t bucket = state_hash(made, walk->active) & walk->bucket_mask;

    for (; walk->buckets[bucket] != NO_STATE; bucket = (bucket + 1) & walk->bucket_mask) {
        if (memcmp(next_state(walk, walk->buckets[bucket] - 1U), made, walk->active) == 0)
            return;
    }
    if (walk->next_count == FIT_STATES_MAX)
        return;
    walk->parent[walk->next_count] = parent;
    walk->choice[walk->next_count] = choice;
    walk->buckets[bucket] = (uint16_t)++walk->next_count;
}

static void buckets_clear(struct walk *walk)
{
    size_t most = walk->now_count * walk->groups->count;
    uint32_t buckets = BUCKETS_A_STATE;

    most = most < FIT_STATES_MAX ? most : FIT_STATES_MAX;
    while (buckets < most * BUCKETS_A_STATE)
        buckets *= 2;
    memset(walk->buckets, 0, buckets * sizeof *walk->buckets);
    walk->bucket_mask = buckets - 1;
}

struct insertion {
    size_t dropped; /* items of the former states that have ended */
    size_t low, at; /* where items with the same end begin; where the new one goes */
};

static struct insertion item_insert(struct walk *walk, int64_t start_ms, int64_t end_ms)
{
    struct insertion in = {0};

    while (in.dropped < walk->active && walk->ends[in.dropped] <= start_ms)
        in.dropped++;
    walk->active -= in.dropped;
    memmove(walk->ends, walk->ends + in.dropped, walk->active * sizeof walk->ends[0]);
    for (in.at = 0; in.at < walk->active && walk->ends[in.at] <= end_ms; in.at++) {
        if (walk->ends[in.at] < end_ms)
            in.low = in.at + 1;
    }
    memmove(walk->ends + in.at + 1, walk->ends + in.at, (walk->active - in.at) * sizeof walk->ends[0]);
    walk->ends[in.at] = end_ms;
    walk->active++;
    return in;
}

static void state_make(struct walk *walk, const uint8_t *from, const struct insertion *in, uint8_t group)
{
    uint8_t *made = next_state(walk, walk->next_count);
    size_t at = in->at;

    memcpy(made, from, at);
    memcpy(made + at + 1, from + at, walk->active - 1 - at);
    for (; at > in->low && made[at - 1] > group; at--)
        made[at] = made[at - 1];
    made[at] = group;
}

static void states_advance(struct walk *walk, size_t bit, const struct insertion *in)
{
    buckets_clear(walk);
    walk->next_count = 0;
    for (uint32_t s = 0; s < walk->now_count; s++) {
        const uint8_t *from = walk->now + s * walk->most_active + in->dropped;
        int64_t taken[FIT_GROUPS_MAX] = {0};
        for (size_t i = 0; i + 1 < walk->active; i++)
            taken[from[i]]++;
        for (size_t g = 0; g < walk->groups->count; g++) {
            if (taken[g] < walk->groups->items[g].capacity && group_takes(walk->groups, g, bit)) {
                state_make(walk, from, in, (uint8_t)g);
                state_keep(walk, s, (uint8_t)g);
            }
        }
    }
}

static enum err level_keep(const struct search *search, const struct walk *walk, struct level *level)
{
    level->count = walk->next_count;
    level->parent = arena_copy(search->arena, walk->parent, walk->next_count * sizeof *level->parent);
    level->choice = arena_copy(search->arena, walk->choice, walk->next_count * sizeof *level->choice);
    return level->parent && level->choice ? ERR_OK : ERR_MEMORY;
}

/* Of the reached items, in order of their start. */
static size_t most_active(const struct search *search)
{
    size_t most = 0;

    for (size_t i = 0; i < search->count; i++) {
        size_t active = 1;
        for (size_t before = 0; before < i; before++)
            active += search->reached[before].end_ms > search->reached[i].start_ms ? 1 : 0;
        most = active > most ? active : most;
    }
    return most;
}

static enum err walk_init(const struct search *search, const struct groups *groups, struct walk *walk)
{
    size_t active = most_active(search);
    /* One more state than are kept: it is made before it is known whether it is. */
    size_t room = (FIT_STATES_MAX + 1) * active;

    if (active > FIT_ACTIVE_MAX)
        return ERR_SLOT_UNAVAILABLE;
    *walk = (struct walk){.groups = groups, .now_count = 1, .most_active = active};
    walk->ends = arena_alloc(search->arena, (active + 1) * sizeof *walk->ends);
    walk->now = arena_alloc(search->arena, room);
    walk->next = arena_alloc(search->arena, room);
    walk->parent = arena_alloc(search->arena, FIT_STATES_MAX * sizeof *walk->parent);
    walk->choice = arena_alloc(search->arena, FIT_STATES_MAX * sizeof *walk->choice);
    walk->buckets = arena_alloc(search->arena, BUCKETS_A_STATE * FIT_STATES_MAX * sizeof *walk->buckets);
    return walk->ends && walk->now && walk->next && walk->parent && walk->choice && walk->buckets
               ? ERR_OK
               : ERR_MEMORY;
}

static enum err step(const struct search *search, struct walk *walk, size_t bit, struct level *level)
{
    const struct reached *reached = &search->reached[bit];
    const struct insertion in = item_insert(walk, reached->start_ms, reached->end_ms);

    states_advance(walk, bit, &in);
    if (walk->next_count == 0)
        return ERR_SLOT_UNAVAILABLE;
    uint8_t *swap = walk->now;
    walk->now = walk->next;
    walk->next = swap;
    walk->now_count = walk->next_count;
    return level_keep(search, walk, level);
}

/* Those with the fewest ways first among items that begin together: fewer states. */
static int in_order(const void *a, const void *b)
{
    const struct reached *x = a;
    const struct reached *y = b;

    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    if (x->options != y->options)
        return x->options < y->options ? -1 : 1;
    if (x->end_ms != y->end_ms)
        return x->end_ms < y->end_ms ? -1 : 1;
    return x->item < y->item ? -1 : 1;
}

/* ---- 3. seats ---- */

static int64_t going_on(const struct search *search, size_t before, size_t session)
{
    int64_t count = 0;

    for (size_t i = 0; i < before; i++) {
        if (search->reached[i].chosen == session &&
            search->reached[i].end_ms > search->reached[before].start_ms)
            count++;
    }
    return count;
}

/* A session of the group with a place at that time: the one where the item sits, if it can stay. Items come
 * in order of their start and never overlap more often than the group has places, so there is one. */
static uint32_t session_in_group(const struct search *search, const struct groups *groups, size_t index)
{
    const struct loads *loads = &search->fit->loads;
    int32_t present = search->fit->places[search->reached[index].item];
    uint32_t group = search->reached[index].chosen;
    uint32_t found = NO_GROUP;

    for (uint32_t s = 0; s < loads->session_count; s++) {
        bool free =
            groups->of_session[s] == group && going_on(search, index, s) < loads->sessions[s].capacity;
        if (free && (found == NO_GROUP || (int32_t)s == present))
            found = s;
    }
    return found;
}

static void seat_all(struct search *search, const struct groups *groups, const struct level *levels)
{
    uint32_t state = 0;

    for (size_t i = search->count; i-- > 0;) {
        search->reached[i].chosen = levels[i].choice[state];
        state = levels[i].parent[state];
    }
    for (size_t i = 0; i < search->count; i++)
        search->reached[i].chosen = session_in_group(search, groups, i);
    for (size_t i = 0; i < search->count; i++)
        fit_seat(search->fit, search->reached[i].item, (int32_t)search->reached[i].chosen);
}

static enum err walk_states(struct search *search)
{
    struct groups groups = {0};
    struct walk walk;

    qsort(search->reached, search->count, sizeof *search->reached, in_order);
    struct level *levels = arena_alloc(search->arena, search->count * sizeof *levels);
    enum err e = levels ? groups_init(search, &groups) : ERR_MEMORY;
    if (!e)
        e = walk_init(search, &groups, &walk);
    for (size_t i = 0; !e && i < search->count; i++)
        e = step(search, &walk, i, &levels[i]);
    if (!e)
        seat_all(search, &groups, levels);
    return e;
}

static enum err search_mixed(struct fit *fit, size_t item)
{
    struct search search = {.fit = fit, .arena = fit->arena};

    enum err e = reach_all(&search, item);
    if (!e && !somebody_can_move(&search))
        e = ERR_SLOT_UNAVAILABLE;
    return e ? e : walk_states(&search);
}

enum err fit_search(struct fit *fit, size_t item)
{
    struct arena_mark mark = arena_mark(fit->arena);
    bool mixed = false;

    enum err e = match(fit, item, &mixed);
    if (e == ERR_SLOT_UNAVAILABLE && mixed)
        e = search_mixed(fit, item);
    arena_reset(fit->arena, mark);
    return e;
}
