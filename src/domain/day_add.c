/* day_add.c - one more entry in a day: first whether it could sit anywhere at all, then a place for it.
 *
 * Everything happens in a copy (struct fit, and new entries), which takes the place of the old at the very
 * end. */
#include "base/time.h"
#include "domain/day.h"
#include "domain/fit.h"

#include <string.h>

/* ---- could it sit anywhere? ---- */

/* How far a session gets with the questions below, in their order; the furthest decides the error. */
enum progress {
    AT_TIME = 0,
    AT_TYPE,
    AT_CHANNEL,
    AT_PRACTITIONER,
    AT_BOUNDARY,
    AT_LENGTH,
    AT_PLACE, /* it could sit there, if there is a place */
};

static int64_t length_in(const struct day_session *session, const struct day_entry *entry)
{
    return entry->duration_minutes ? entry->duration_minutes : session->slot_minutes;
}

static enum progress progress_in(const struct day_session *session, const struct day_entry *entry)
{
    struct slot_range range;
    enum span_answer span = session_span(session, entry->start_ms, length_in(session, entry), &range);

    if (span == SPAN_OUTSIDE)
        return AT_TIME;
    if (!session_offers_type(session, entry->type))
        return AT_TYPE;
    if (entry->channel && session->delivery_channel != entry->channel)
        return AT_CHANNEL;
    if (!session_has_practitioner(session, entry->practitioner_id))
        return AT_PRACTITIONER;
    if (span == SPAN_OFF_SLOT)
        return AT_BOUNDARY;
    return span == SPAN_LENGTH ? AT_LENGTH : AT_PLACE;
}

static enum err closed_error(const struct day *day)
{
    static const enum err errors[] = {
        [CLOSED_NOT] = ERR_OUTSIDE_SESSION,
        [CLOSED_CLOSURE] = ERR_PRACTICE_CLOSED,
        [CLOSED_BANK_HOLIDAY] = ERR_BANK_HOLIDAY,
        [CLOSED_NO_HOURS] = ERR_PRACTICE_CLOSED,
    };
    return errors[day->closed];
}

static enum err refusal(const struct day *day, const struct day_entry *entry)
{
    static const enum err errors[] = {
        [AT_TIME] = ERR_OUTSIDE_SESSION,
        [AT_TYPE] = ERR_TYPE_NOT_OFFERED,
        [AT_CHANNEL] = ERR_CHANNEL_NOT_OFFERED,
        [AT_PRACTITIONER] = ERR_PRACTITIONER_NOT_THERE,
        [AT_BOUNDARY] = ERR_OFF_SLOT,
        [AT_LENGTH] = ERR_DURATION,
        [AT_PLACE] = ERR_OK,
    };
    enum progress furthest = AT_TIME;

    for (size_t i = 0; i < day->session_count; i++) {
        enum progress progress = progress_in(&day->sessions[i], entry);
        if (progress > furthest)
            furthest = progress;
    }
    return day->session_count == 0 ? closed_error(day) : errors[furthest];
}

/* ---- a place ---- */

/* What the entry leaves open (0), a session fills in: a choice of length and channel. */
static struct fit_item choice_of(const struct day_session *session, const struct day_entry *entry)
{
    return (struct fit_item){entry->start_ms, (int32_t)length_in(session, entry), entry->type,
                             session->delivery_channel, entry->practitioner_id};
}

static bool goes_after(const struct fit_item *a, const struct fit_item *b)
{
    return a->minutes != b->minutes ? a->minutes > b->minutes : a->channel > b->channel;
}

/* The next choice after `last` (NULL: the first), shortest first, then by channel. */
static bool next_choice(const struct day *day, const struct day_entry *entry, const struct fit_item *last,
                        struct fit_item *next)
{
    bool found = false;

    for (size_t i = 0; i < day->session_count; i++) {
        if (progress_in(&day->sessions[i], entry) != AT_PLACE)
            continue;
        struct fit_item choice = choice_of(&day->sessions[i], entry);
        if ((!last || goes_after(&choice, last)) && (!found || goes_after(next, &choice))) {
            *next = choice;
            found = true;
        }
    }
    return found;
}

static enum err find_place(const struct day *day, const struct day_entry *entry, struct fit *fit)
{
    enum err e = ERR_SLOT_UNAVAILABLE;
    struct fit_item choice = {0};
    struct fit_item last;

    for (bool more = next_choice(day, entry, NULL, &choice); more && e == ERR_SLOT_UNAVAILABLE;
         more = next_choice(day, entry, &last, &choice)) {
        e = fit_add(fit, &choice);
        last = choice;
    }
    return e;
}

/* ---- the day with it ---- */

static bool goes_before(const struct day_entry *a, const struct day_entry *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms;
    return strcmp(a->appointment_id, b->appointment_id) < 0;
}

/* A copy of the day without the entry of that id, and with room for one more. */
static enum err copy_without(const struct day *day, const char *appointment_id, struct arena *arena,
                             struct day *copy)
{
    struct day made = *day;
    made.entries = arena_alloc(arena, (day->entry_count + 1) * sizeof *made.entries);
    if (!made.entries)
        return ERR_MEMORY;
    if (day->entry_count > 0)
        memcpy(made.entries, day->entries, day->entry_count * sizeof *made.entries);
    day_remove(&made, appointment_id);
    *copy = made;
    return ERR_OK;
}

/* The item of the new entry is the last one of fit; the others are as the entries. */
static void insert(struct day *day, const struct fit *fit, struct day_entry *entry)
{
    const struct fit_item *item = &fit->items[fit->count - 1];
    size_t at = day->entry_count;

    for (size_t i = 0; i < day->entry_count; i++)
        day->entries[i].session = fit->places[i];
    entry->session = fit->places[fit->count - 1];
    entry->channel = item->channel;
    entry->duration_minutes = item->minutes;
    for (; at > 0 && goes_before(entry, &day->entries[at - 1]); at--)
        day->entries[at] = day->entries[at - 1];
    day->entries[at] = *entry;
    day->entry_count++;
}

enum err day_add(struct day *day, struct day_entry *entry, struct arena *arena)
{
    struct day next;
    struct fit fit;

    enum err e = refusal(day, entry);
    if (!e)
        e = copy_without(day, entry->appointment_id, arena, &next);
    if (!e && next.entry_count >= DAY_ENTRIES_MAX)
        e = ERR_DAY_FULL_UP;
    if (!e)
        e = fit_init(&fit, &next, 1, arena);
    if (!e)
        e = find_place(&next, entry, &fit);
    if (e)
        return e;
    insert(&next, &fit, entry);
    *day = next;
    return ERR_OK;
}
