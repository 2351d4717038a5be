/* day_slots.c - what is free in a day. This runs for every day of every page that looks for a time.
 *
 * Every session that could take such an appointment steps through its slots like the runners of a merge; the
 * rows come out in order, sessions that stand at the same time, length and channel give one row. A row's
 * number is the sum of the free places of these sessions. That sum is exact unless somebody could be moved
 * out of the way, which needs another session at the same time, in the same channel, with a type in common:
 * such sessions are `linked`, and are the only ones for which items are ever built and fitted (fit.h). Even
 * there most rows are settled by looking at who sits in the row's sessions then:
 * - nobody: there is nothing to move;
 * - only people whose type no linked session offers, or who begin and end with the row and could move to
 *   sessions of the row alone: moving them changes who sits where, but not the sum;
 * - and in any case, no arrangement has more places than are free in all linked sessions together. */
#include "base/time.h"
#include "domain/day.h"
#include "domain/fit.h"

#include <string.h>

/* A session that could take what is wanted, and the row that it stands at. Those that have no row in the time
 * asked for are there too, because consecutive rows may lead into them. */
struct runner {
    size_t session;
    int64_t next_ms, last_ms; /* starts of its next and of its last row; none are left if next is later */
    int64_t step_ms;
    int32_t minutes; /* length of its rows */
};

struct row {
    int64_t start_ms;
    int32_t minutes, channel;
};

/* Types of those who could move from a session to one that takes the wanted type, and to one that does not.
 */
struct ways {
    uint32_t inside, outside;
};

struct scan {
    const struct day *day;
    const struct want *want;
    int64_t consecutive;
    struct arena *arena;
    struct loads loads;
    struct runner *runners;
    size_t runner_count;
    uint32_t *component; /* linked sessions have the same; NULL if no two sessions are linked */
    bool *marked;        /* room for a mark on every component */
    int32_t types[APPOINTMENT_TYPE_COUNT]; /* to be tried; the best counts */
    size_t type_count;
    struct ways *ways;  /* out of every session, for each of these types; if sessions are linked */
    int64_t longest_ms; /* of any entry */
    struct fit *fit;    /* made when first needed */
    struct slot *slots;
    size_t count, room;
};

/* ---- who runs ---- */

static bool could_take(const struct day_session *session, const struct want *want)
{
    int64_t wanted = want->duration_minutes ? want->duration_minutes : session->slot_minutes;

    return (!want->type || session_offers_type(session, want->type)) &&
           (!want->channel || session->delivery_channel == want->channel) &&
           session_has_practitioner(session, want->practitioner_id) && wanted >= session->slot_minutes &&
           wanted % session->slot_minutes == 0;
}

/* False if it could take no such appointment. */
static bool runner_init(struct runner *runner, const struct scan *scan, size_t session, int64_t from_ms,
                        int64_t until_ms)
{
    const struct day_session *s = &scan->day->sessions[session];
    int64_t slots = scan->loads.at[session + 1] - scan->loads.at[session];
    if (slots == 0 || !could_take(s, scan->want))
        return false;
    int64_t step_ms = s->slot_minutes * MINUTE_MS;
    int64_t minutes = scan->want->duration_minutes ? scan->want->duration_minutes : s->slot_minutes;
    int64_t skipped = from_ms > s->start_ms ? (from_ms - s->start_ms + step_ms - 1) / step_ms : 0;
    int64_t last = slots - minutes / s->slot_minutes;
    int64_t before_until = until_ms > s->start_ms ? (until_ms - s->start_ms - 1) / step_ms : -1;
    last = before_until < last ? before_until : last;
    *runner = (struct runner){.session = session,
                              .next_ms = s->start_ms + skipped * step_ms,
                              .last_ms = s->start_ms + last * step_ms,
                              .step_ms = step_ms,
                              .minutes = (int32_t)minutes};
    return true;
}

static enum err runners_init(struct scan *scan, int64_t from_ms, int64_t until_ms)
{
    scan->runners = arena_alloc(scan->arena, (scan->day->session_count + 1) * sizeof *scan->runners);
    if (!scan->runners)
        return ERR_MEMORY;
    for (size_t s = 0; s < scan->day->session_count; s++) {
        if (runner_init(&scan->runners[scan->runner_count], scan, s, from_ms, until_ms))
            scan->runner_count++;
    }
    return ERR_OK;
}

/* ---- which sessions are linked ---- */

static bool could_share(const struct day_session *a, const struct day_session *b)
{
    return a->start_ms < b->end_ms && b->start_ms < a->end_ms && a->delivery_channel == b->delivery_channel &&
           (a->services & b->services) != 0;
}

static uint32_t root_of(uint32_t *component, uint32_t session)
{
    while (component[session] != session) {
        component[session] = component[component[session]];
        session = component[session];
    }
    return session;
}

static enum err components_init(struct scan *scan)
{
    const struct day *day = scan->day;
    bool any = false;
    if (day->session_count < 2)
        return ERR_OK;
    uint32_t *component = arena_alloc(scan->arena, day->session_count * sizeof *component);
    if (!component)
        return ERR_MEMORY;
    for (uint32_t s = 0; s < day->session_count; s++) {
        component[s] = s;
        for (uint32_t before = 0; before < s; before++) {
            if (!could_share(&day->sessions[before], &day->sessions[s]))
                continue;
            component[root_of(component, before)] = root_of(component, s);
            any = true;
        }
    }
    for (uint32_t s = 0; s < day->session_count; s++)
        component[s] = root_of(component, s);
    scan->component = any ? component : NULL;
    scan->marked = arena_alloc(scan->arena, day->session_count * sizeof *scan->marked);
    return scan->marked ? ERR_OK : ERR_MEMORY;
}

/* ---- which types are worth trying ---- */

/* Do the sessions that run offer both or neither? Then one stands for the other. */
static bool alike(const struct scan *scan, int32_t a, int32_t b)
{
    for (size_t i = 0; i < scan->runner_count; i++) {
        uint32_t services = scan->day->sessions[scan->runners[i].session].services;
        if (!(services & TYPE_BIT(a)) != !(services & TYPE_BIT(b)))
            return false;
    }
    return true;
}

static bool is_new(const struct scan *scan, int32_t type)
{
    for (size_t i = 0; i < scan->type_count; i++) {
        if (alike(scan, scan->types[i], type))
            return false;
    }
    return true;
}

static void types_init(struct scan *scan)
{
    uint32_t offered = 0;

    for (size_t i = 0; i < scan->runner_count; i++)
        offered |= scan->day->sessions[scan->runners[i].session].services;
    if (scan->want->type) {
        scan->types[scan->type_count++] = scan->want->type;
        return;
    }
    for (int32_t type = APPOINTMENT_ROUTINE; type < APPOINTMENT_TYPE_COUNT; type++) {
        if ((offered & TYPE_BIT(type)) && is_new(scan, type))
            scan->types[scan->type_count++] = type;
    }
}

/* ---- who could move ---- */

static bool is_wanted(const struct scan *scan, size_t session, int32_t type)
{
    const struct day_session *s = &scan->day->sessions[session];
    return session_offers_type(s, type) && could_take(s, scan->want);
}

static enum err ways_init(struct scan *scan)
{
    size_t sessions = scan->day->session_count;
    if (!scan->component)
        return ERR_OK;
    scan->ways = arena_zero(scan->arena, scan->type_count * sessions, sizeof *scan->ways);
    if (!scan->ways)
        return ERR_MEMORY;
    for (size_t a = 0; a < sessions; a++) {
        for (size_t b = 0; b < sessions; b++) {
            if (a == b || !could_share(&scan->day->sessions[a], &scan->day->sessions[b]))
                continue;
            for (size_t t = 0; t < scan->type_count; t++) {
                struct ways *ways = &scan->ways[t * sessions + a];
                *(is_wanted(scan, b, scan->types[t]) ? &ways->inside : &ways->outside) |=
                    scan->day->sessions[b].services;
            }
        }
    }
    for (size_t i = 0; i < scan->day->entry_count; i++) {
        int64_t length_ms = scan->day->entries[i].duration_minutes * MINUTE_MS;
        scan->longest_ms = length_ms > scan->longest_ms ? length_ms : scan->longest_ms;
    }
    return ERR_OK;
}

/* The first entry that may still be going on at that time. */
static size_t first_near(const struct scan *scan, int64_t at_ms)
{
    size_t low = 0;
    size_t high = scan->day->entry_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scan->day->entries[middle].start_ms + scan->longest_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does moving those who sit in sessions that take the wanted type leave the sum as it is? */
static bool is_settled(const struct scan *scan, const struct row *row, size_t type_index)
{
    const struct ways *ways = &scan->ways[type_index * scan->day->session_count];
    int64_t end_ms = row->start_ms + row->minutes * MINUTE_MS;

    for (size_t i = first_near(scan, row->start_ms); i < scan->day->entry_count; i++) {
        const struct day_entry *entry = &scan->day->entries[i];
        if (entry->start_ms >= end_ms)
            break;
        if (entry->channel != row->channel || entry->session < 0 ||
            (size_t)entry->session >= scan->day->session_count ||
            !is_wanted(scan, (size_t)entry->session, scan->types[type_index]))
            continue;
        bool together = entry->start_ms == row->start_ms && entry->duration_minutes == row->minutes;
        uint32_t type = TYPE_BIT(entry->type);
        if ((ways[entry->session].outside & type) || (!together && (ways[entry->session].inside & type)))
            return false;
    }
    return true;
}

/* ---- the sum ---- */

/* The next session from *i on that takes that type in the row. */
static bool next_of_row(const struct scan *scan, const struct row *row, int32_t type, size_t *i,
                        struct slot_range *range)
{
    for (; *i < scan->runner_count; ++*i) {
        const struct day_session *session = &scan->day->sessions[scan->runners[*i].session];
        if (session->delivery_channel == row->channel && (session->services & TYPE_BIT(type)) &&
            session_span(session, row->start_ms, row->minutes, range) == SPAN_FITS)
            return true;
    }
    return false;
}

struct sum {
    int64_t free; /* places that are free in the sessions of the row */
    bool taken;   /* and in one of these somebody sits */
};

static struct sum row_sum(const struct scan *scan, const struct row *row, int32_t type)
{
    struct sum sum = {0};
    struct slot_range range;

    for (size_t i = 0; next_of_row(scan, row, type, &i, &range); i++) {
        size_t s = scan->runners[i].session;
        int64_t free = loads_free(&scan->loads, s, range);
        sum.free += free;
        sum.taken = sum.taken || free < scan->day->sessions[s].capacity;
    }
    return sum;
}

/* Free places at the start of the row in the session, whole or in part of the row. */
static int64_t free_at(const struct scan *scan, size_t s, int64_t at_ms)
{
    const struct day_session *session = &scan->day->sessions[s];
    uint32_t slots = scan->loads.at[s + 1] - scan->loads.at[s];
    if (slots == 0 || at_ms < session->start_ms || at_ms >= session->end_ms)
        return 0;
    int64_t first = (at_ms - session->start_ms) / (session->slot_minutes * MINUTE_MS);
    return first < slots ? loads_free(&scan->loads, s, (struct slot_range){(uint32_t)first, 1}) : 0;
}

/* Free places at the start of the row in all sessions that are linked with the row's: no arrangement has
 * more. */
static int64_t most_free(const struct scan *scan, const struct row *row, int32_t type)
{
    size_t sessions = scan->day->session_count;
    struct slot_range range;
    int64_t free = 0;

    memset(scan->marked, 0, sessions * sizeof *scan->marked);
    for (size_t i = 0; next_of_row(scan, row, type, &i, &range); i++)
        scan->marked[scan->component[scan->runners[i].session]] = true;
    for (size_t s = 0; s < sessions; s++) {
        if (scan->marked[scan->component[s]])
            free += free_at(scan, s, row->start_ms);
    }
    return free;
}

/* ---- fitting, where the sum may be too small ---- */

static enum err fit_ready(struct scan *scan)
{
    int64_t more = scan->consecutive;
    if (scan->fit)
        return ERR_OK;
    for (size_t s = 0; s < scan->day->session_count && more < DAY_ENTRIES_MAX; s++)
        more += scan->day->sessions[s].capacity;
    if (more > DAY_ENTRIES_MAX)
        more = DAY_ENTRIES_MAX;
    struct fit *fit = arena_alloc(scan->arena, sizeof *fit);
    if (!fit)
        return ERR_MEMORY;
    enum err e = fit_init(fit, scan->day, (size_t)more, scan->arena);
    if (!e)
        scan->fit = fit;
    return e;
}

static enum err add_more(struct scan *scan, const struct row *row, int32_t type, int64_t most, int64_t *added)
{
    const struct fit_item item = {row->start_ms, row->minutes, type, row->channel,
                                  scan->want->practitioner_id};
    enum err e = fit_ready(scan);
    if (e)
        return e;
    size_t count = scan->fit->count;
    *added = 0;
    while (!e && *added < most && scan->fit->count < scan->fit->room) {
        e = fit_add(scan->fit, &item);
        *added += e ? 0 : 1;
    }
    fit_drop(scan->fit, count);
    return e == ERR_SLOT_UNAVAILABLE ? ERR_OK : e;
}

static enum err row_available(struct scan *scan, const struct row *row, size_t type_index, int64_t *available)
{
    int32_t type = scan->types[type_index];
    struct sum sum = row_sum(scan, row, type);
    int64_t room = DAY_ENTRIES_MAX - (int64_t)scan->day->entry_count;
    enum err e = ERR_OK;

    if (scan->component && sum.taken && !is_settled(scan, row, type_index)) {
        int64_t most = most_free(scan, row, type);
        if (most > sum.free)
            e = add_more(scan, row, type, most, &sum.free);
    }
    *available = sum.free < room ? sum.free : room;
    return e;
}

/* ---- consecutive rows ---- */

static struct row row_after(const struct row *row, int64_t rows)
{
    return (struct row){row->start_ms + rows * row->minutes * MINUTE_MS, row->minutes, row->channel};
}

/* Sessions that are not linked do not care what else is booked. */
static enum err all_at_once(struct scan *scan, const struct row *row, int32_t type, bool *fits)
{
    enum err e = scan->component ? fit_ready(scan) : ERR_OK;
    *fits = !e;
    if (e || !scan->component)
        return e;
    size_t count = scan->fit->count;
    for (int64_t i = 0; !e && i < scan->consecutive; i++) {
        const struct row at = row_after(row, i);
        const struct fit_item item = {at.start_ms, at.minutes, type, at.channel, scan->want->practitioner_id};
        e = fit_add(scan->fit, &item);
    }
    fit_drop(scan->fit, count);
    *fits = !e;
    return e == ERR_SLOT_UNAVAILABLE ? ERR_OK : e;
}

static enum err family_fits(struct scan *scan, const struct row *row, size_t type_index, bool *fits)
{
    int64_t room = DAY_ENTRIES_MAX - (int64_t)scan->day->entry_count;
    int64_t available = 1;
    enum err e = ERR_OK;

    for (int64_t i = 1; !e && available > 0 && i < scan->consecutive; i++) {
        const struct row at = row_after(row, i);
        e = row_available(scan, &at, type_index, &available);
    }
    *fits = !e && available > 0 && scan->consecutive <= room;
    return *fits && scan->consecutive > 1 ? all_at_once(scan, row, scan->types[type_index], fits) : e;
}

/* ---- rows ---- */

static enum err row_best(struct scan *scan, const struct row *row, int64_t *best)
{
    enum err e = ERR_OK;

    *best = 0;
    for (size_t i = 0; !e && i < scan->type_count; i++) {
        int64_t available = 0;
        bool fits = true;
        e = row_available(scan, row, i, &available);
        if (!e && available > *best)
            e = family_fits(scan, row, i, &fits);
        if (!e && fits && available > *best)
            *best = available;
    }
    return e;
}

static enum err row_emit(struct scan *scan, const struct row *row, int64_t available)
{
    if (scan->count == scan->room) {
        size_t room = scan->room * 2;
        struct slot *slots = arena_alloc(scan->arena, room * sizeof *slots);
        if (!slots)
            return ERR_MEMORY;
        memcpy(slots, scan->slots, scan->count * sizeof *slots);
        scan->slots = slots;
        scan->room = room;
    }
    scan->slots[scan->count++] =
        (struct slot){row->start_ms, row_after(row, 1).start_ms, available, row->channel};
    return ERR_OK;
}

static bool goes_before(const struct row *a, const struct row *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms;
    return a->minutes != b->minutes ? a->minutes < b->minutes : a->channel < b->channel;
}

static struct row row_of(const struct scan *scan, const struct runner *runner)
{
    return (struct row){runner->next_ms, runner->minutes,
                        scan->day->sessions[runner->session].delivery_channel};
}

/* The first row that any runner stands at; those who stand there step on. False if all are through. */
static bool next_row(struct scan *scan, struct row *row)
{
    bool found = false;

    for (size_t i = 0; i < scan->runner_count; i++) {
        const struct runner *runner = &scan->runners[i];
        struct row at = row_of(scan, runner);
        if (runner->next_ms <= runner->last_ms && (!found || goes_before(&at, row))) {
            *row = at;
            found = true;
        }
    }
    for (size_t i = 0; i < scan->runner_count && found; i++) {
        struct runner *runner = &scan->runners[i];
        struct row at = row_of(scan, runner);
        if (!goes_before(&at, row) && !goes_before(row, &at))
            runner->next_ms += runner->step_ms;
    }
    return found;
}

static enum err slots_init(struct scan *scan)
{
    scan->room = 1;
    for (size_t i = 0; i < scan->runner_count; i++) {
        const struct runner *runner = &scan->runners[i];
        int64_t rows = (runner->last_ms - runner->next_ms) / runner->step_ms + 1;
        if (rows > (int64_t)scan->room)
            scan->room = (size_t)rows;
    }
    scan->slots = arena_alloc(scan->arena, scan->room * sizeof *scan->slots);
    return scan->slots ? ERR_OK : ERR_MEMORY;
}

static enum err scan_init(struct scan *scan, int64_t from_ms, int64_t until_ms)
{
    enum err e = loads_init(&scan->loads, scan->day, scan->arena);
    if (!e)
        e = runners_init(scan, from_ms, until_ms);
    if (!e)
        e = components_init(scan);
    if (!e)
        e = slots_init(scan);
    if (e)
        return e;
    types_init(scan);
    return ways_init(scan);
}

/* What is wanted, when, and where it goes. NOLINTNEXTLINE(readability-function-size) */
enum err day_slots(const struct day *day, const struct want *want, int64_t from_ms, int64_t until_ms,
                   int64_t consecutive, struct arena *arena, struct slot **slots, size_t *count)
{
    struct scan scan = {.day = day, .want = want, .consecutive = consecutive, .arena = arena};
    struct row row = {0};
    int64_t available;

    enum err e = scan_init(&scan, from_ms, until_ms);
    while (!e && next_row(&scan, &row)) {
        e = row_best(&scan, &row, &available);
        if (!e && available > 0)
            e = row_emit(&scan, &row, available);
    }
    if (e)
        return e;
    *slots = scan.slots;
    *count = scan.count;
    return ERR_OK;
}
