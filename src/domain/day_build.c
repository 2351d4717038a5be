/* day_build.c - the sessions of one date, from a practice's session records or its opening hours, and the
 * entries of a former state fitted into them. The rules stand in day.h. */
#include "base/time.h"
#include "domain/day.h"
#include "domain/fit.h"

#include <stdlib.h>
#include <string.h>

/* Part of one local date, in minutes of that date. */
struct piece {
    int32_t from, until;
};

struct pieces {
    struct piece *items; /* sorted by from; they do not overlap */
    size_t count;
};

struct build {
    const struct practice *practice;
    const struct bank_holiday_corrections *corrections;
    struct arena *arena;
    int32_t date;
    struct booking_rules rules;
    bool bank_holiday;
    struct pieces open; /* by the opening hours */
    struct day_session *sessions;
    size_t count, room;
};

/* ---- intervals cut at midnight ---- */

enum part { PART_OWN_DATE, PART_NEXT_DATE };

/* The part of from..until that lies on the date it begins on, or on the next one. Empty parts and minutes
 * that are none give until <= from. */
static struct piece cut(int32_t from, int32_t until, enum part part)
{
    bool past_midnight = until <= from;

    if (from < 0 || from > MINUTES_A_DAY || until < 0 || until > MINUTES_A_DAY)
        return (struct piece){0, 0};
    if (part == PART_NEXT_DATE)
        return past_midnight ? (struct piece){0, until} : (struct piece){0, 0};
    return (struct piece){from, past_midnight ? MINUTES_A_DAY : until};
}

static bool is_empty(struct piece piece)
{
    return piece.until <= piece.from;
}

/* ---- opening hours ---- */

static const struct list no_hours = {0};

/* The hours of a date: on a bank holiday those that were given for bank holidays, if any were. */
static const struct list *hours_of(const struct build *build, int32_t date, bool bank_holiday)
{
    const struct opening_hours *hours = build->practice->opening_hours;

    if (!hours)
        return &no_hours;
    return bank_holiday && hours->bank_holiday.count > 0 ? &hours->bank_holiday
                                                         : &hours->day[weekday_of(date)];
}

static void pieces_cut(struct pieces *pieces, const struct list *hours, enum part part)
{
    const struct interval *intervals = hours->items;

    for (size_t i = 0; i < hours->count; i++) {
        struct piece piece = cut(intervals[i].opens, intervals[i].closes, part);
        if (!is_empty(piece))
            pieces->items[pieces->count++] = piece;
    }
}

static int by_from(const void *a, const void *b)
{
    const struct piece *x = a;
    const struct piece *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->until > y->until) - (x->until < y->until);
}

/* Hours that overlap are one. Hours that only touch stay two where slots are counted from the start of each,
 * and are one where a session is cut to them. */
static void pieces_join(struct pieces *pieces, bool touching)
{
    size_t last = 0;

    if (pieces->count == 0)
        return;
    qsort(pieces->items, pieces->count, sizeof *pieces->items, by_from);
    for (size_t i = 1; i < pieces->count; i++) {
        struct piece *before = &pieces->items[last];
        if (pieces->items[i].from >= before->until + (touching ? 1 : 0))
            pieces->items[++last] = pieces->items[i];
        else if (pieces->items[i].until > before->until)
            before->until = pieces->items[i].until;
    }
    pieces->count = last + 1;
}

static bool is_bank_holiday(const struct build *build, int32_t date)
{
    return practice_bank_holiday_on(build->practice, build->corrections, date);
}

/* A bank holiday has no hours but its own: nothing comes over from an ordinary day before, and nothing
 * without any. */
static enum err open_init(struct build *build, bool for_sessions)
{
    const struct opening_hours *hours = build->practice->opening_hours;
    if (!hours || (build->bank_holiday && hours->bank_holiday.count == 0))
        return ERR_OK;
    const struct list *own = hours_of(build, build->date, build->bank_holiday);
    bool holiday_before = is_bank_holiday(build, build->date - 1);
    const struct list *before =
        build->bank_holiday && !holiday_before ? &no_hours : hours_of(build, build->date - 1, holiday_before);

    build->open.items =
        arena_alloc(build->arena, (own->count + before->count + 1) * sizeof *build->open.items);
    if (!build->open.items)
        return ERR_MEMORY;
    pieces_cut(&build->open, own, PART_OWN_DATE);
    pieces_cut(&build->open, before, PART_NEXT_DATE);
    pieces_join(&build->open, for_sessions);
    return ERR_OK;
}

/* ---- sessions ---- */

static enum err add(struct build *build, const struct day_session *like, struct piece piece)
{
    struct day_session session = *like;

    session.start_ms = london_instant(build->date, piece.from);
    session.end_ms = london_instant(build->date, piece.until);
    if (is_empty(piece) || session.start_ms >= session.end_ms) /* the clock change skips it */
        return ERR_OK;
    if (build->count == DAY_SESSIONS_MAX)
        return ERR_DAY_SESSIONS;
    if (build->count == build->room) {
        size_t room = build->room * 2 + 4;
        struct day_session *more = arena_alloc(build->arena, room * sizeof *more);
        if (!more)
            return ERR_MEMORY;
        if (build->count > 0)
            memcpy(more, build->sessions, build->count * sizeof *more);
        build->sessions = more;
        build->room = room;
    }
    build->sessions[build->count++] = session;
    return ERR_OK;
}

static uint32_t services_of(const struct practice *practice, uint32_t own)
{
    uint32_t services = own ? own : practice->services;
    return services & TYPES_ALL ? services & TYPES_ALL : TYPES_ALL;
}

static enum err add_opening_hours(struct build *build)
{
    const struct day_session like = {
        .session_id = "",
        .slot_minutes = (int32_t)build->rules.slot_minutes,
        .capacity = 1,
        .services = services_of(build->practice, 0),
        .delivery_channel = CHANNEL_IN_PERSON,
    };
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < build->open.count; i++)
        e = add(build, &like, build->open.items[i]);
    return e;
}

static bool is_cancelled_on(const struct session *session, int32_t date)
{
    const struct session_date *dates = session->cancelled_dates.items;

    for (size_t i = 0; i < session->cancelled_dates.count; i++) {
        if (dates[i].date == date)
            return true;
    }
    return false;
}

/* Does it begin on that date? */
static bool runs_on(const struct session *session, int32_t date)
{
    if (session->status != SESSION_ACTIVE || is_cancelled_on(session, date))
        return false;
    if (session->date != DATE_NONE)
        return session->date == date;
    return session->weekday == weekday_of(date) + 1 &&
           (session->first_date == DATE_NONE || session->first_date <= date) &&
           (session->last_date == DATE_NONE || session->last_date >= date);
}

static int64_t number_or(int64_t value, int64_t otherwise)
{
    return value == INTEGER_NONE || value == 0 ? otherwise : value;
}

static struct day_session session_like(const struct build *build, const struct session *session)
{
    return (struct day_session){
        .session_id = session->session_id,
        .slot_minutes = (int32_t)number_or(session->slot_minutes, build->rules.slot_minutes),
        .capacity = (int32_t)number_or(session->capacity, 1),
        .services = services_of(build->practice, session->services),
        .delivery_channel = session->delivery_channel ? session->delivery_channel : CHANNEL_IN_PERSON,
        .practitioner_id = session->practitioner ? session->practitioner->practitioner_id : NULL,
    };
}

static struct piece common(struct piece a, struct piece b)
{
    return (struct piece){a.from > b.from ? a.from : b.from, a.until < b.until ? a.until : b.until};
}

static enum err add_session_part(struct build *build, const struct session *session, enum part part)
{
    const struct day_session like = session_like(build, session);
    const struct piece whole = cut(session->from, session->until, part);

    if (!build->bank_holiday || session->date != DATE_NONE)
        return add(build, &like, whole);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < build->open.count; i++)
        e = add(build, &like, common(whole, build->open.items[i]));
    return e;
}

static enum err add_session(struct build *build, const struct session *session)
{
    enum err e = ERR_OK;

    if (runs_on(session, build->date))
        e = add_session_part(build, session, PART_OWN_DATE);
    if (!e && runs_on(session, build->date - 1))
        e = add_session_part(build, session, PART_NEXT_DATE);
    return e;
}

static int by_start(const void *a, const void *b)
{
    const struct day_session *x = a;
    const struct day_session *y = b;

    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    if (x->end_ms != y->end_ms)
        return x->end_ms < y->end_ms ? -1 : 1;
    return strcmp(x->session_id, y->session_id);
}

static enum err add_all(struct build *build, const struct session *sessions, size_t count)
{
    enum err e = ERR_OK;

    if (practice_closure_on(build->practice, build->date))
        return ERR_OK;
    bool from_hours = count == 0; /* one that is cancelled still says: appointments are given by sessions */
    if (from_hours || build->bank_holiday)
        e = open_init(build, !from_hours);
    if (!e && from_hours)
        e = add_opening_hours(build);
    for (size_t i = 0; !e && i < count; i++)
        e = add_session(build, &sessions[i]);
    if (!e && build->count > 1)
        qsort(build->sessions, build->count, sizeof *build->sessions, by_start);
    return e;
}

/* Hours for bank holidays that leave nothing of any session are no reason that would help anybody. */
static enum closed why_closed(const struct build *build)
{
    if (build->count > 0)
        return CLOSED_NOT;
    enum closed closed = practice_closed(build->practice, build->corrections, build->date);
    return closed == CLOSED_NOT && build->bank_holiday ? CLOSED_BANK_HOLIDAY : closed;
}

/* ---- entries ---- */

/* Who is seated first. */
enum rank { RANK_BOOKED, RANK_BOOKED_WITHOUT_PLACE, RANK_HOLD, RANK_COUNT };

static enum rank rank_of(const struct day_entry *entry)
{
    if (entry->status == STATUS_PENDING)
        return RANK_HOLD;
    return entry->session == ENTRY_NO_SESSION ? RANK_BOOKED_WITHOUT_PLACE : RANK_BOOKED;
}

/* The session that it sat in, if that still has a place for it. */
static void stay(struct fit *fit, size_t index, const struct day *former)
{
    int32_t old = former->entries[index].session;
    if (old < 0 || (size_t)old >= former->session_count)
        return;
    const char *session_id = former->sessions[old].session_id;
    bool seated = false;
    for (size_t s = 0; s < fit->loads.session_count && !seated; s++)
        seated = strcmp(fit->loads.sessions[s].session_id, session_id) == 0 && fit_place_in(fit, index, s);
}

static enum err seat_rank(struct fit *fit, const struct day *former, enum rank rank)
{
    for (size_t i = 0; i < former->entry_count; i++) {
        if (rank_of(&former->entries[i]) == rank)
            stay(fit, i, former);
    }
    for (size_t i = 0; i < former->entry_count; i++) {
        if (rank_of(&former->entries[i]) == rank && fit->places[i] == ENTRY_NO_SESSION &&
            fit_place(fit, i) == ERR_MEMORY)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

static enum err seat_entries(const struct build *build, const struct day *former, struct day *day)
{
    struct fit fit;

    day->entries = arena_copy(build->arena, former->entries, former->entry_count * sizeof *day->entries);
    if (!day->entries)
        return ERR_MEMORY;
    day->entry_count = former->entry_count;
    for (size_t i = 0; i < day->entry_count; i++)
        day->entries[i].session = ENTRY_NO_SESSION;
    enum err e = fit_init(&fit, day, 0, build->arena);
    for (int rank = 0; !e && rank < RANK_COUNT; rank++)
        e = seat_rank(&fit, former, (enum rank)rank);
    for (size_t i = 0; !e && i < day->entry_count; i++)
        day->entries[i].session = fit.places[i];
    return e;
}

/* All that a day is made from. NOLINTNEXTLINE(readability-function-size) */
enum err day_build(const struct practice *practice, const struct session *sessions, size_t session_count,
                   const struct bank_holiday_corrections *corrections, int32_t date, const struct day *former,
                   struct arena *arena, struct day *day)
{
    struct build build = {.practice = practice,
                          .corrections = corrections,
                          .arena = arena,
                          .date = date,
                          .rules = practice_rules(practice),
                          .bank_holiday = practice_bank_holiday_on(practice, corrections, date)};

    enum err e = add_all(&build, sessions, session_count);
    if (e)
        return e;
    struct day made = {
        .practice_id = practice->practice_id,
        .date = date,
        .sessions_version = practice->sessions_version,
        .closed = why_closed(&build),
        .sessions = build.sessions,
        .session_count = build.count,
    };
    if (former && former->entry_count > 0)
        e = seat_entries(&build, former, &made);
    if (!e)
        *day = made;
    return e;
}
