/* day_property_test.c - days against brute force: thousands of small random days, each step judged by trying
 * every arrangement there is. A failure names its seed; DAY_SEED=n runs that one alone. */
#include "base/time.h"
#include "domain/day.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEDS = 8000,
    STEPS = 20,
    TICK = 5,   /* minutes; everything begins and ends on one */
    TICKS = 24, /* of a day: two hours are enough to get in each other's way */
    SESSIONS = 4,
    ENTRIES = 40,
    TYPES = 3,
    CHANNELS = 2,
};

#define DAY_START INT64_C(1795564800000) /* a midnight */
#define DAY_DATE  20782                  /* of that Wednesday */

static uint64_t random_state;
static int seed;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

static void draw_from(int new_seed)
{
    seed = new_seed;
    random_state = (uint64_t)new_seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int i = 0; i < 4; i++)
        (void)draw(2);
}

#define expect(condition, ...)                                                                               \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error("seed %d: " #condition ": ", seed);                                                  \
            print_error(__VA_ARGS__);                                                                        \
            print_error("\n");                                                                               \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

/* ---- brute force: an implementation of its own, in ticks ---- */

struct seat {
    int start, ticks, type, channel;
    const char *practitioner;
};

struct hall {
    const struct day *day;
    int load[SESSIONS][TICKS];
};

static int tick_of(int64_t ms)
{
    return (int)((ms - DAY_START) / (TICK * MINUTE_MS));
}

static bool may_sit(const struct day_session *session, const struct seat *seat)
{
    int first = tick_of(session->start_ms);
    int slot = session->slot_minutes / TICK;

    if (seat->practitioner &&
        (!session->practitioner_id || strcmp(session->practitioner_id, seat->practitioner) != 0))
        return false;
    return (session->services >> (seat->type - 1) & 1) && session->delivery_channel == seat->channel &&
           seat->start >= first && seat->start + seat->ticks <= tick_of(session->end_ms) &&
           (seat->start - first) % slot == 0 && seat->ticks % slot == 0;
}

static bool has_room(const struct hall *hall, size_t session, const struct seat *seat)
{
    for (int t = seat->start; t < seat->start + seat->ticks; t++) {
        if (hall->load[session][t] >= hall->day->sessions[session].capacity)
            return false;
    }
    return true;
}

static void sit(struct hall *hall, size_t session, const struct seat *seat, int by)
{
    for (int t = seat->start; t < seat->start + seat->ticks; t++)
        hall->load[session][t] += by;
}

/* Can all of these sit? Tries everything; `from` makes equal neighbours sit in order, which loses nothing. */
static bool all_sit(struct hall *hall, const struct seat *seats, size_t count, size_t from)
{
    if (count == 0)
        return true;
    for (size_t s = from; s < hall->day->session_count; s++) {
        if (!may_sit(&hall->day->sessions[s], seats) || !has_room(hall, s, seats))
            continue;
        bool same = count > 1 && memcmp(&seats[0], &seats[1], sizeof seats[0]) == 0;
        sit(hall, s, seats, 1);
        bool sat = all_sit(hall, seats + 1, count - 1, same ? s : 0);
        sit(hall, s, seats, -1);
        if (sat)
            return true;
    }
    return false;
}

static bool feasible(const struct day *day, const struct seat *seats, size_t count)
{
    struct hall hall = {.day = day};
    return all_sit(&hall, seats, count, 0);
}

static struct seat seat_of(const struct day_entry *entry)
{
    struct seat seat;
    memset(&seat, 0, sizeof seat);
    seat.start = tick_of(entry->start_ms);
    seat.ticks = entry->duration_minutes / TICK;
    seat.type = entry->type;
    seat.channel = entry->channel;
    seat.practitioner = entry->practitioner_id;
    return seat;
}

static size_t seats_of(const struct day *day, const char *without, struct seat seats[static ENTRIES])
{
    size_t count = 0;

    for (size_t i = 0; i < day->entry_count; i++) {
        if (day->entries[i].session != ENTRY_NO_SESSION &&
            strcmp(day->entries[i].appointment_id, without) != 0)
            seats[count++] = seat_of(&day->entries[i]);
    }
    return count;
}

/* ---- what must always hold ---- */

static void check_day(const struct day *day)
{
    struct hall hall = {.day = day};

    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        struct seat seat = seat_of(entry);
        if (i > 0) {
            bool sorted = entry[-1].start_ms < entry->start_ms ||
                          (entry[-1].start_ms == entry->start_ms &&
                           strcmp(entry[-1].appointment_id, entry->appointment_id) < 0);
            expect(sorted, "%s", entry->appointment_id);
        }
        if (entry->session == ENTRY_NO_SESSION)
            continue;
        expect((size_t)entry->session < day->session_count, "%s", entry->appointment_id);
        expect(may_sit(&day->sessions[entry->session], &seat), "%s", entry->appointment_id);
        expect(has_room(&hall, (size_t)entry->session, &seat), "%s", entry->appointment_id);
        sit(&hall, (size_t)entry->session, &seat, 1);
    }
}

/* ---- random days ---- */

static const char *const people[] = {NULL, NULL, NULL, "ann", "bob"};

static struct day_session random_session(void)
{
    static const int slots[] = {5, 10, 10, 15, 20};
    int from = (int)draw(TICKS / 2);
    int ticks = 2 + (int)draw((uint32_t)(TICKS - from - 1));

    return (struct day_session){
        .session_id = "s",
        .start_ms = DAY_START + from * TICK * MINUTE_MS,
        .end_ms = DAY_START + (from + ticks) * TICK * MINUTE_MS,
        .slot_minutes = slots[draw(5)],
        .capacity = 1 + (int32_t)draw(2),
        .services = 1 + draw((1U << TYPES) - 1),
        .delivery_channel = draw(6) == 0 ? 2 : 1,
        .practitioner_id = people[draw(5)],
    };
}

/* A start and a length that some session knows, most of the time. */
static struct day_entry random_entry(const struct day *day)
{
    const struct day_session *session = &day->sessions[draw((uint32_t)day->session_count)];
    int slots = (int)((session->end_ms - session->start_ms) / MINUTE_MS) / session->slot_minutes;
    struct day_entry entry = {.status = STATUS_BOOKED, .expires_at = INSTANT_NONE};

    entry.start_ms = session->start_ms;
    if (slots > 0)
        entry.start_ms += (int64_t)draw((uint32_t)slots) * session->slot_minutes * MINUTE_MS;
    entry.duration_minutes = session->slot_minutes * (1 + (int32_t)draw(3));
    entry.type = 1 + (int32_t)draw(TYPES);
    entry.channel = session->delivery_channel;
    entry.practitioner_id = draw(3) == 0 ? people[draw(5)] : NULL;
    if (draw(4) == 0) {
        entry.status = STATUS_PENDING;
        entry.expires_at = DAY_START;
    }
    return entry;
}

static void random_day(struct day *day, struct day_session sessions[static SESSIONS])
{
    *day = (struct day){.practice_id = "p", .sessions = sessions};
    day->session_count = 1 + draw(SESSIONS);
    for (size_t i = 0; i < day->session_count; i++)
        sessions[i] = random_session();
    /* Often all at once, in slots of one length: overlapping sessions are what this is about. */
    for (size_t i = 1; i < day->session_count && draw(2); i++) {
        sessions[i].start_ms = sessions[0].start_ms;
        sessions[i].end_ms = sessions[0].end_ms;
        sessions[i].slot_minutes = sessions[0].slot_minutes;
    }
}

/* ---- adding ---- */

static bool should_fit(const struct day *day, const struct day_entry *entry)
{
    struct seat seats[ENTRIES + 1];
    size_t count = seats_of(day, entry->appointment_id, seats);

    seats[count] = seat_of(entry);
    return feasible(day, seats, count + 1);
}

static bool sits_somewhere(const struct day *day, const struct day_entry *entry)
{
    struct seat seat = seat_of(entry);
    for (size_t s = 0; s < day->session_count; s++) {
        if (may_sit(&day->sessions[s], &seat))
            return true;
    }
    return false;
}

static void try_adding(struct day *day, char *id, struct arena *arena)
{
    struct day_entry entry = random_entry(day);
    struct day before = *day;
    struct day_entry entries[ENTRIES];

    if (day->entry_count > 0)
        memcpy(entries, day->entries, day->entry_count * sizeof entries[0]);
    entry.appointment_id = id;
    bool moved = day->entry_count > 0 && draw(5) == 0;
    if (moved)
        entry.appointment_id = day->entries[draw((uint32_t)day->entry_count)].appointment_id;
    bool should = should_fit(day, &entry);

    enum err e = day_add(day, &entry, arena);
    expect((e == ERR_OK) == should, "%s says %s", entry.appointment_id, err_info(e)->code);
    expect(e == ERR_OK || (e == ERR_SLOT_UNAVAILABLE) == sits_somewhere(&before, &entry), "%s",
           err_info(e)->code);
    if (e) {
        expect(memcmp(day, &before, sizeof before) == 0, "changed after an error");
        expect(before.entry_count == 0 ||
                   memcmp(entries, day->entries, before.entry_count * sizeof entries[0]) == 0,
               "entries changed after an error");
    } else {
        expect(day->entry_count == before.entry_count + (moved ? 0 : 1), "count");
        expect(day_find(day, entry.appointment_id)->start_ms == entry.start_ms, "start");
    }
}

/* ---- availability ---- */

static int64_t brute_available(const struct day *day, const struct seat *seat)
{
    struct seat seats[ENTRIES * 2];
    size_t placed = seats_of(day, "", seats);
    int64_t more = 0;

    while (more < ENTRIES) {
        /* The new ones first: equal neighbours, and the hardest to seat. */
        memmove(seats + 1, seats, (placed + (size_t)more) * sizeof seats[0]);
        seats[0] = *seat;
        if (!feasible(day, seats, placed + (size_t)more + 1))
            break;
        more++;
    }
    return more;
}

static bool brute_family(const struct day *day, const struct seat *seat, int64_t consecutive)
{
    struct seat seats[ENTRIES * 2];
    size_t count = seats_of(day, "", seats);

    for (int i = 0; i < consecutive; i++) {
        seats[count] = *seat;
        seats[count].start += i * seat->ticks;
        if (seats[count].start + seat->ticks > TICKS)
            return false;
        count++;
    }
    return feasible(day, seats, count);
}

static int64_t brute_row(const struct day *day, const struct want *want, const struct seat *like,
                         int64_t consecutive)
{
    int64_t best = 0;

    for (int type = 1; type <= TYPES; type++) {
        struct seat seat = *like;
        seat.type = type;
        if (want->type && want->type != type)
            continue;
        int64_t available = brute_available(day, &seat);
        if (available > best && brute_family(day, &seat, consecutive))
            best = available;
    }
    return best;
}

/* A row has the length that was asked for, or that of a session which could take it. */
static bool is_a_row(const struct day *day, const struct want *want, const struct seat *like)
{
    if (want->channel && like->channel != want->channel)
        return false;
    if (want->duration_minutes)
        return like->ticks * TICK == want->duration_minutes;
    for (size_t s = 0; s < day->session_count; s++) {
        for (int type = 1; type <= TYPES; type++) {
            struct seat seat = *like;
            seat.type = type;
            if ((!want->type || want->type == type) && day->sessions[s].slot_minutes == like->ticks * TICK &&
                may_sit(&day->sessions[s], &seat))
                return true;
        }
    }
    return false;
}

static struct want random_want(void)
{
    return (struct want){
        .type = (int32_t)draw(TYPES + 1),
        .channel = draw(3) == 0 ? 1 : 0,
        .practitioner_id = people[draw(5)],
        .duration_minutes = draw(2) ? 0 : TICK * (1 + draw(6)),
    };
}

static void check_slots(const struct day *day, struct arena *arena)
{
    struct want want = random_want();
    int64_t consecutive = draw(2) ? 1 : 2 + draw(2);
    int from = (int)draw(TICKS / 2);
    int until = from + (int)draw((uint32_t)(TICKS + 1 - from));
    struct slot *slots;
    size_t count;
    size_t at = 0;

    expect(day_slots(day, &want, DAY_START + from * TICK * MINUTE_MS, DAY_START + until * TICK * MINUTE_MS,
                     consecutive, arena, &slots, &count) == ERR_OK,
           "slots");
    for (int start = from; start < until; start++) {
        for (int ticks = 1; ticks <= 6 && start + ticks <= TICKS; ticks++) {
            for (int channel = 1; channel <= CHANNELS; channel++) {
                struct seat like;
                memset(&like, 0, sizeof like);
                like = (struct seat){start, ticks, 0, channel, want.practitioner_id};
                if (!is_a_row(day, &want, &like))
                    continue;
                int64_t expected = brute_row(day, &want, &like, consecutive);
                if (expected == 0)
                    continue;
                expect(at < count, "row at %d for %d is missing", start, ticks);
                expect(tick_of(slots[at].start_ms) == start && tick_of(slots[at].end_ms) == start + ticks &&
                           slots[at].channel == channel,
                       "row at %d for %d, not at %d", start, ticks, tick_of(slots[at].start_ms));
                expect(slots[at].available == expected, "at %d for %d: %d, not %d", start, ticks,
                       (int)slots[at].available, (int)expected);
                at++;
            }
        }
    }
    expect(at == count, "%d rows too many", (int)(count - at));
}

/* ---- rebuilding ---- */

static struct session record_of(const struct day_session *session, struct practitioner *practitioner)
{
    practitioner->practitioner_id = session->practitioner_id;
    return (struct session){.session_id = session->session_id,
                            .weekday = WEEKDAY_MONDAY + 2,
                            .date = DATE_NONE,
                            .first_date = DATE_NONE,
                            .last_date = DATE_NONE,
                            .from = (int32_t)((session->start_ms - DAY_START) / MINUTE_MS),
                            .until = (int32_t)((session->end_ms - DAY_START) / MINUTE_MS),
                            .services = session->services,
                            .slot_minutes = session->slot_minutes,
                            .capacity = session->capacity,
                            .delivery_channel = session->delivery_channel,
                            .practitioner = practitioner,
                            .status = SESSION_ACTIVE};
}

static void rebuild(const struct day *former, const struct day_session *sessions, size_t count,
                    struct arena *arena, struct day *day)
{
    const struct practice practice = {.practice_id = "p", .status = PRACTICE_ACTIVE};
    struct practitioner practitioners[SESSIONS];
    struct session records[SESSIONS];

    for (size_t i = 0; i < count; i++)
        records[i] = record_of(&sessions[i], &practitioners[i]);
    expect(day_build(&practice, records, count, NULL, DAY_DATE, former, arena, day) == ERR_OK, "rebuild");
    expect(day->session_count == count && day->entry_count == former->entry_count, "counts");
}

/* Could the one without a place sit, if only those who are booked, or all who have a place, had to? */
static bool could_sit(const struct day *day, const struct day_entry *left_out, bool booked_only)
{
    struct seat seats[ENTRIES + 1];
    size_t count = 0;

    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        if (entry->session != ENTRY_NO_SESSION && !(booked_only && entry->status == STATUS_PENDING))
            seats[count++] = seat_of(entry);
    }
    seats[count++] = seat_of(left_out);
    return feasible(day, seats, count);
}

static void check_left_out(const struct day *day)
{
    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        if (entry->session == ENTRY_NO_SESSION)
            expect(!could_sit(day, entry, entry->status != STATUS_PENDING), "%s could sit",
                   entry->appointment_id);
    }
}

static void check_rebuilds(const struct day *former, struct day_session sessions[static SESSIONS],
                           struct arena *arena)
{
    struct day same;
    struct day changed;

    rebuild(former, sessions, former->session_count, arena, &same);
    for (size_t i = 0; i < same.entry_count; i++) {
        const char *before = former->sessions[former->entries[i].session].session_id;
        expect(same.entries[i].session >= 0, "%s lost its place", same.entries[i].appointment_id);
        expect(strcmp(same.sessions[same.entries[i].session].session_id, before) == 0, "%s was moved",
               same.entries[i].appointment_id);
    }
    for (uint32_t changes = 1 + draw(2); changes > 0; changes--) {
        uint32_t which = draw((uint32_t)former->session_count);
        const char *id = sessions[which].session_id;
        sessions[which] = random_session();
        sessions[which].session_id = draw(4) ? id : "new";
    }
    rebuild(&same, sessions, former->session_count, arena, &changed);
    check_day(&changed);
    check_left_out(&changed);
}

static void run_seed(int number)
{
    static const char *const session_ids[SESSIONS] = {"s0", "s1", "s2", "s3"};
    struct arena *arena = arena_new(16 << 20);
    struct day_session sessions[SESSIONS];
    char ids[STEPS][16];
    struct day day;

    draw_from(number);
    random_day(&day, sessions);
    for (size_t i = 0; i < day.session_count; i++)
        sessions[i].session_id = session_ids[i];
    for (int step = 0; step < STEPS; step++) {
        (void)snprintf(ids[step], sizeof ids[step], "a%02u", draw(100) % 100U);
        bool taken = day_find(&day, ids[step]) != NULL;
        if (!taken)
            try_adding(&day, ids[step], arena);
        if (draw(6) == 0)
            day_remove(&day, ids[draw((uint32_t)step + 1)]);
        check_day(&day);
    }
    for (int i = 0; i < 2; i++)
        check_slots(&day, arena);
    check_rebuilds(&day, sessions, arena);
    arena_free(arena);
}

static void days_agree_with_brute_force(void **state)
{
    const char *one = getenv("DAY_SEED");
    (void)state;

    if (one) {
        run_seed((int)strtol(one, NULL, 10));
        return;
    }
    for (int i = 0; i < SEEDS; i++)
        run_seed(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_agree_with_brute_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
