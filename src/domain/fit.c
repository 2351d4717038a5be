/* fit.c - see fit.h: sessions as rows of slots, and the cheap ways of finding a place. */
#include "domain/fit.h"

#include "base/time.h"

#include <string.h>

/* A session lies inside one local day, which has at most 25 hours. */
#define SESSION_MINUTES_MAX (25U * 60)

/* ---- one session ---- */

/* Minutes from one to the other, counted without sign so that no two instants overflow; huge if they are the
 * wrong way round. */
static uint64_t minutes_between(int64_t from_ms, int64_t until_ms)
{
    return ((uint64_t)until_ms - (uint64_t)from_ms) / MINUTE_MS;
}

static bool session_makes_sense(const struct day_session *session)
{
    return session->end_ms > session->start_ms && session->slot_minutes >= 1 && session->capacity >= 1 &&
           minutes_between(session->start_ms, session->end_ms) <= SESSION_MINUTES_MAX;
}

uint32_t session_slots(const struct day_session *session)
{
    if (!session_makes_sense(session))
        return 0;
    return (uint32_t)minutes_between(session->start_ms, session->end_ms) / (uint32_t)session->slot_minutes;
}

enum span_answer session_span(const struct day_session *session, int64_t start_ms, int64_t minutes,
                              struct slot_range *range)
{
    if (start_ms < session->start_ms || start_ms >= session->end_ms || !session_makes_sense(session))
        return SPAN_OUTSIDE;
    /* 32 bits wide from here, because this is what availability spends its time on. */
    uint32_t whole = (uint32_t)minutes_between(session->start_ms, session->end_ms);
    uint32_t offset = (uint32_t)minutes_between(session->start_ms, start_ms);
    uint32_t slot = (uint32_t)session->slot_minutes;
    if (session->start_ms + offset * MINUTE_MS != start_ms || offset % slot != 0)
        return SPAN_OFF_SLOT;
    if (minutes < slot || minutes > whole - offset || (uint32_t)minutes % slot != 0)
        return SPAN_LENGTH;
    *range = (struct slot_range){offset / slot, (uint32_t)minutes / slot};
    return SPAN_FITS;
}

int64_t fit_item_end(const struct fit_item *item)
{
    return item->start_ms + item->minutes * MINUTE_MS;
}

bool session_has_practitioner(const struct day_session *session, const char *practitioner_id)
{
    return !practitioner_id ||
           (session->practitioner_id && strcmp(session->practitioner_id, practitioner_id) == 0);
}

bool session_offers_type(const struct day_session *session, int32_t type)
{
    return type >= 1 && type < APPOINTMENT_TYPE_COUNT && (session->services & TYPE_BIT(type)) != 0;
}

bool session_takes(const struct day_session *session, const struct fit_item *item, struct slot_range *range)
{
    return session_offers_type(session, item->type) && session->delivery_channel == item->channel &&
           session_has_practitioner(session, item->practitioner_id) &&
           session_span(session, item->start_ms, item->minutes, range) == SPAN_FITS;
}

/* ---- loads ---- */

static enum err loads_empty(struct loads *loads, const struct day *day, struct arena *arena)
{
    loads->sessions = day->sessions;
    loads->session_count = day->session_count;
    loads->at = arena_alloc(arena, (day->session_count + 1) * sizeof *loads->at);
    if (!loads->at)
        return ERR_MEMORY;
    loads->at[0] = 0;
    for (size_t i = 0; i < day->session_count; i++)
        loads->at[i + 1] = loads->at[i] + session_slots(&day->sessions[i]);
    loads->counts = arena_zero(arena, loads->at[day->session_count], sizeof *loads->counts);
    return loads->counts ? ERR_OK : ERR_MEMORY;
}

static void loads_change(struct loads *loads, size_t session, struct slot_range range, int by)
{
    uint16_t *counts = loads->counts + loads->at[session] + range.first;

    for (uint32_t i = 0; i < range.count; i++)
        counts[i] = (uint16_t)(counts[i] + by);
}

static struct fit_item item_of(const struct day_entry *entry)
{
    return (struct fit_item){entry->start_ms, entry->duration_minutes, entry->type, entry->channel,
                             entry->practitioner_id};
}

/* The slots that an entry takes where it sits. False if it sits nowhere, or where a day would not have put
 * it. */
static bool entry_range(const struct day *day, const struct day_entry *entry, struct slot_range *range)
{
    const struct fit_item item = item_of(entry);
    return entry->session >= 0 && (size_t)entry->session < day->session_count &&
           session_takes(&day->sessions[entry->session], &item, range);
}

enum err loads_init(struct loads *loads, const struct day *day, struct arena *arena)
{
    struct slot_range range;
    enum err e = loads_empty(loads, day, arena);

    for (size_t i = 0; !e && i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        if (entry_range(day, entry, &range))
            loads_change(loads, (size_t)entry->session, range, 1);
    }
    return e;
}

int64_t loads_free(const struct loads *loads, size_t session, struct slot_range range)
{
    const uint16_t *counts = loads->counts + loads->at[session] + range.first;
    uint16_t most = 0;

    for (uint32_t i = 0; i < range.count; i++)
        most = counts[i] > most ? counts[i] : most;
    int64_t capacity = loads->sessions[session].capacity;
    return most < capacity ? capacity - most : 0;
}

/* ---- items ---- */

static enum err fit_allocate(struct fit *fit, size_t room)
{
    fit->items = arena_alloc(fit->arena, room * sizeof *fit->items);
    fit->places = arena_alloc(fit->arena, room * sizeof *fit->places);
    fit->room = room;
    return fit->items && fit->places ? ERR_OK : ERR_MEMORY;
}

static void longest_grows(struct fit *fit, const struct fit_item *item)
{
    int64_t length_ms = item->minutes * MINUTE_MS;
    if (length_ms > fit->longest_ms)
        fit->longest_ms = length_ms;
}

enum err fit_init(struct fit *fit, const struct day *day, size_t more, struct arena *arena)
{
    struct fit made = {.arena = arena};
    struct slot_range range;

    enum err e = loads_init(&made.loads, day, arena);
    if (!e)
        e = fit_allocate(&made, day->entry_count + more);
    if (e)
        return e;
    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        made.items[i] = item_of(entry);
        made.places[i] = entry_range(day, entry, &range) ? entry->session : ENTRY_NO_SESSION;
        longest_grows(&made, &made.items[i]);
    }
    made.count = made.sorted = day->entry_count;
    *fit = made;
    return ERR_OK;
}

void fit_seat(struct fit *fit, size_t item, int32_t session)
{
    const struct fit_item *it = &fit->items[item];
    struct slot_range range;

    int32_t old = fit->places[item];
    if (old >= 0 && session_span(&fit->loads.sessions[old], it->start_ms, it->minutes, &range) == SPAN_FITS)
        loads_change(&fit->loads, (size_t)old, range, -1);
    if (session >= 0 &&
        session_span(&fit->loads.sessions[session], it->start_ms, it->minutes, &range) == SPAN_FITS)
        loads_change(&fit->loads, (size_t)session, range, 1);
    fit->places[item] = session;
}

bool fit_place_in(struct fit *fit, size_t item, size_t session)
{
    struct slot_range range;

    if (!session_takes(&fit->loads.sessions[session], &fit->items[item], &range) ||
        loads_free(&fit->loads, session, range) < 1)
        return false;
    fit_seat(fit, item, (int32_t)session);
    return true;
}

/* A session that can do less is used up first: it leaves more ways for those who come after. */
static unsigned versatility(const struct day_session *session)
{
    return (unsigned)__builtin_popcount(session->services) * 2 + (session->practitioner_id ? 1 : 0);
}

static bool place_directly(struct fit *fit, size_t item)
{
    const struct day_session *sessions = fit->loads.sessions;
    struct slot_range range;
    int32_t best = ENTRY_NO_SESSION;

    for (size_t i = 0; i < fit->loads.session_count; i++) {
        if (session_takes(&sessions[i], &fit->items[item], &range) && loads_free(&fit->loads, i, range) > 0 &&
            (best < 0 || versatility(&sessions[i]) < versatility(&sessions[best])))
            best = (int32_t)i;
    }
    if (best < 0)
        return false;
    fit_seat(fit, item, best);
    return true;
}

enum err fit_place(struct fit *fit, size_t item)
{
    return place_directly(fit, item) ? ERR_OK : fit_search(fit, item);
}

enum err fit_add(struct fit *fit, const struct fit_item *item)
{
    if (fit->count == fit->room)
        return ERR_MEMORY;
    fit->items[fit->count] = *item;
    fit->places[fit->count] = ENTRY_NO_SESSION;
    int64_t longest_ms = fit->longest_ms;
    longest_grows(fit, item);
    enum err e = fit_place(fit, fit->count++);
    if (e) {
        fit->count--;
        fit->longest_ms = longest_ms;
    }
    return e;
}

/* Items before this one have ended when that instant comes. */
static size_t first_near(const struct fit *fit, int64_t from_ms)
{
    size_t low = 0;
    size_t high = fit->sorted;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fit->items[middle].start_ms + fit->longest_ms <= from_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool fit_overlapping(const struct fit *fit, const struct fit_item *with, size_t *at, size_t *item)
{
    size_t i = *at > 0 ? *at : first_near(fit, with->start_ms);

    for (; i < fit->count; i++) {
        const struct fit_item *it = &fit->items[i];
        if (it->start_ms >= fit_item_end(with)) {
            i = i < fit->sorted ? fit->sorted - 1 : i; /* the others of the sorted part begin later still */
            continue;
        }
        if (fit->places[i] >= 0 && fit_item_end(it) > with->start_ms) {
            *item = i;
            *at = i + 1;
            return true;
        }
    }
    return false;
}

void fit_drop(struct fit *fit, size_t count)
{
    while (fit->count > count) {
        fit_seat(fit, fit->count - 1, ENTRY_NO_SESSION);
        fit->count--;
    }
}
