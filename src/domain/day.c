/* day.c - the entries of a day: finding, leaving, and what is offered at all. */
#include "domain/day.h"

#include "base/time.h"
#include "domain/fit.h"

#include <string.h>

struct day_entry *day_find(struct day *day, const char *appointment_id)
{
    for (size_t i = 0; i < day->entry_count; i++) {
        if (strcmp(day->entries[i].appointment_id, appointment_id) == 0)
            return &day->entries[i];
    }
    return NULL;
}

/* ---- leaving ---- */

static int64_t entry_end(const struct day_entry *entry)
{
    return entry->start_ms + entry->duration_minutes * MINUTE_MS;
}

static bool is_going_on(const struct day_entry *entry, int64_t at_ms)
{
    return entry->start_ms <= at_ms && entry_end(entry) > at_ms;
}

static int64_t taken_at(const struct day *day, int32_t session, int64_t at_ms)
{
    int64_t taken = 0;

    for (size_t i = 0; i < day->entry_count && day->entries[i].start_ms <= at_ms; i++)
        taken += day->entries[i].session == session && is_going_on(&day->entries[i], at_ms) ? 1 : 0;
    return taken;
}

/* It is fullest at the start of the time in question or where another one starts within it. */
static bool has_place(const struct day *day, int32_t session, const struct day_entry *entry)
{
    int64_t capacity = day->sessions[session].capacity;

    if (taken_at(day, session, entry->start_ms) >= capacity)
        return false;
    for (size_t i = 0; i < day->entry_count && day->entries[i].start_ms < entry_end(entry); i++) {
        const struct day_entry *other = &day->entries[i];
        if (other->session == session && other->start_ms > entry->start_ms &&
            taken_at(day, session, other->start_ms) >= capacity)
            return false;
    }
    return true;
}

static void seat_if_free(struct day *day, struct day_entry *entry)
{
    const struct fit_item item = {entry->start_ms, entry->duration_minutes, entry->type, entry->channel,
                                  entry->practitioner_id};
    struct slot_range range;

    for (size_t s = 0; s < day->session_count && entry->session == ENTRY_NO_SESSION; s++) {
        if (session_takes(&day->sessions[s], &item, &range) && has_place(day, (int32_t)s, entry))
            entry->session = (int32_t)s;
    }
}

/* Only those who were there at the time that has become free can gain from it. */
static void give_away(struct day *day, int64_t from_ms, int64_t until_ms)
{
    for (size_t i = 0; i < day->entry_count && day->entries[i].start_ms < until_ms; i++) {
        struct day_entry *entry = &day->entries[i];
        if (entry->session == ENTRY_NO_SESSION && entry_end(entry) > from_ms)
            seat_if_free(day, entry);
    }
}

static void take_out(struct day *day, size_t index)
{
    const struct day_entry gone = day->entries[index];

    day->entry_count--;
    memmove(&day->entries[index], &day->entries[index + 1],
            (day->entry_count - index) * sizeof day->entries[0]);
    if (gone.session != ENTRY_NO_SESSION)
        give_away(day, gone.start_ms, entry_end(&gone));
}

void day_remove(struct day *day, const char *appointment_id)
{
    struct day_entry *entry = day_find(day, appointment_id);
    if (entry)
        take_out(day, (size_t)(entry - day->entries));
}

static bool has_expired(const struct day_entry *entry, int64_t now_ms)
{
    return entry->status == STATUS_PENDING && entry->expires_at != INSTANT_NONE &&
           entry->expires_at <= now_ms;
}

void day_expire(struct day *day, int64_t now_ms)
{
    /* From the end, so that taking one out does not move those that are still to be looked at. */
    for (size_t i = day->entry_count; i-- > 0;) {
        if (has_expired(&day->entries[i], now_ms))
            take_out(day, i);
    }
}

/* ---- offering ---- */

static bool session_offers(const struct day_session *session, const struct want *want)
{
    int64_t slot = session->slot_minutes;
    int64_t length = session_slots(session) * slot;
    int64_t wanted = want->duration_minutes ? want->duration_minutes : slot;

    return length > 0 && (!want->type || session_offers_type(session, want->type)) &&
           (!want->channel || session->delivery_channel == want->channel) &&
           session_has_practitioner(session, want->practitioner_id) && wanted > 0 && wanted % slot == 0 &&
           wanted <= length;
}

bool day_offers(const struct day *day, const struct want *want)
{
    for (size_t i = 0; i < day->session_count; i++) {
        if (session_offers(&day->sessions[i], want))
            return true;
    }
    return false;
}

enum err day_offers_consecutive(const struct day *day, const struct want *want, int64_t consecutive,
                                struct arena *arena, bool *offered)
{
    struct day unbooked = *day;
    struct slot *slots;
    size_t count;

    unbooked.entry_count = 0;
    enum err e = day_slots(&unbooked, want, london_midnight(day->date), london_midnight(day->date + 1),
                           consecutive, arena, &slots, &count);
    if (!e)
        *offered = count > 0;
    return e;
}
