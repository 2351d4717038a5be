/* day.h - one practice on one local date: its sessions as they stand that day, and everything booked. A day
 * alone decides whether a slot is free (design.md section 2). A day begins and ends at local midnight;
 * sessions are cut there. */
#ifndef DOMAIN_DAY_H
#define DOMAIN_DAY_H

#include "base/arena.h"
#include "base/err.h"
#include "domain/practice.h"
#include "domain/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A practice's sessions all fit into one day; only bank holiday hours that cut them into pieces can make
 * more. */
enum { DAY_SESSIONS_MAX = SESSIONS_PER_PRACTICE_MAX, DAY_ENTRIES_MAX = 5000, ENTRY_NO_SESSION = -1 };

struct day_session {
    const char *session_id;   /* "" for the one made from opening hours */
    int64_t start_ms, end_ms; /* UTC; whole slots are counted from start_ms */
    int32_t slot_minutes, capacity;
    uint32_t services; /* TYPE_BIT()s, never 0 */
    int32_t delivery_channel;
    const char *practitioner_id; /* or NULL */
};

struct day_entry {
    const char *appointment_id;
    int64_t start_ms;
    int32_t duration_minutes;
    int32_t type, channel, status;
    int64_t expires_at;          /* of a hold; INSTANT_NONE otherwise */
    const char *practitioner_id; /* asked for by the patient: moved between that practitioner's sessions only;
                                    or NULL */
    int32_t session;             /* index into sessions, or ENTRY_NO_SESSION: booked, but no longer fits */
};

struct day {
    const char *practice_id;
    int32_t date;
    int64_t sessions_version; /* of the practice when the sessions were made */
    int64_t holidays_version; /* of the bank holidays then; set by the store, not by day_build */
    enum closed
        closed; /* why there are no sessions; CLOSED_NOT if there are any, or if it is only that none runs */
    struct day_session *sessions; /* sorted by start, end, id */
    size_t session_count;
    struct day_entry *entries; /* sorted by start, then id */
    size_t entry_count;
};

/* Makes the sessions of that date. sessions: all of the practice (active and cancelled); texts are not
 * copied, so practice and sessions must live as long as the day.
 *
 * Sessions. Weekly ones that run on that date, dated ones, and the part past midnight of those of the date
 * before. A practice without any session record has one for each interval of its opening hours:
 * capacity 1, its slot length, all its services, in person; hours that overlap count once. Closures and bank
 * holidays take away the minutes of that calendar date and nothing else: what is past midnight is judged by
 * the date on which it falls. A closure takes everything. A bank holiday takes all but sessions with an
 * explicit date (they and their part past midnight were given for it); where the practice gives hours for
 * bank holidays, weekly sessions run as far as they lie in those hours, which take the place of the
 * weekday's. Times are wall times: a session from 00:00 to 24:00 has 23 or 25 hours when the clocks change, a
 * part that the change skips is gone, and slots go on in real time from the beginning.
 *
 * former: the day as it was, or NULL. All its entries are kept. Each stays in its session if it can, the
 * others are fitted again, booked ones before holds; what no longer fits gets ENTRY_NO_SESSION.
 * ERR_DAY_SESSIONS if there are more than DAY_SESSIONS_MAX; ERR_MEMORY. */
enum err day_build(const struct practice *practice, const struct session *sessions, size_t session_count,
                   const struct bank_holiday_corrections *corrections, int32_t date, const struct day *former,
                   struct arena *arena, struct day *day);

/* Takes the holds that have expired by now out of the entries. */
void day_expire(struct day *day, int64_t now_ms);

struct day_entry *day_find(struct day *day, const char *appointment_id); /* NULL if it is not there */
/* Takes it out, if it is there. A place that becomes free (here and in day_expire) goes first to entries that
 * had none and fit without moving others. */
void day_remove(struct day *day, const char *appointment_id);

/* ---- what is free ---- */
struct want {
    int32_t type;                /* 0 = any (availability only) */
    int32_t channel;             /* 0 = any */
    const char *practitioner_id; /* NULL = anybody */
    int64_t duration_minutes;    /* 0 = the session's slot length */
};

/* Puts one more entry into the day if any arrangement of all entries fits, moving others between sessions of
 * the same channel (and practitioner, where asked for). An entry of the same id is replaced: a move within
 * the day is one step. entry->session is set, and entry->channel and duration_minutes if they were 0: the
 * first that fits, shortest length first, then the order of the channels. Call day_expire before. Errors,
 * most telling first: ERR_PRACTICE_CLOSED, ERR_BANK_HOLIDAY, ERR_OUTSIDE_SESSION, ERR_TYPE_NOT_OFFERED,
 * ERR_CHANNEL_NOT_OFFERED, ERR_PRACTITIONER_NOT_THERE, ERR_OFF_SLOT, ERR_DURATION, ERR_DAY_FULL_UP,
 * ERR_SLOT_UNAVAILABLE, ERR_MEMORY. The day is unchanged after an error. */
enum err day_add(struct day *day, struct day_entry *entry, struct arena *arena);

struct slot {
    int64_t start_ms, end_ms;
    int64_t available; /* how many more such appointments could start then */
    int32_t channel;
};
/* Free slots for that want which start at or after from_ms and before until_ms: sorted by start, length,
 * channel, one row each. `available` is exact: so many times would day_add succeed in a row. For want->type 0
 * it is the number for the type of which most could be booked. consecutive >= 1: only starts from which that
 * many slots of one length, channel and type follow one another without a gap, and can all be booked together
 * (a family); the later ones may lie past until_ms. Ids of entries are not read. Call day_expire before.
 * ERR_MEMORY. */
enum err day_slots(const struct day *day, const struct want *want, int64_t from_ms, int64_t until_ms,
                   int64_t consecutive, struct arena *arena, struct slot **slots, size_t *count);

/* Would anything of that want be offered that day if nothing were booked? For `explain`. */
bool day_offers(const struct day *day, const struct want *want);
/* The same for so many one after the other; what is offered alone may still be too short for them. */
enum err day_offers_consecutive(const struct day *day, const struct want *want, int64_t consecutive,
                                struct arena *arena, bool *offered);

#endif
