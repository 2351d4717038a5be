/* domain_bench.c - what the booking rules cost by themselves: building days, looking for free slots, booking.
 * Prints one line for each case: microseconds for a call, the median of many. */
#include "base/must.h"
#include "base/time.h"
#include "domain/day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAYS = 7, ROUNDS = 401, PER_ROUND = 20, ENTRIES_ROOM = 600, SESSIONS_ROOM = 8, MONDAY = 20782 - 2 };

/* ---- a week of a practice ---- */

struct week {
    const char *name;
    struct practice practice;
    struct session sessions[SESSIONS_ROOM];
    size_t session_count;
    struct day days[DAYS];
    struct day_entry entries[DAYS][ENTRIES_ROOM];
    int64_t want_minutes;
    int32_t want_type;
};

static char ids[ENTRIES_ROOM][37];
static struct arena *arena;
static struct interval whole_day = {8 * 60, 18 * 60};
static struct opening_hours hours;

static struct practice a_practice(void)
{
    for (int i = 0; i < DAYS; i++)
        hours.day[i] = (struct list){&whole_day, 1};
    return (struct practice){.practice_id = "practice",
                             .nation = NATION_ENGLAND,
                             .opening_hours = &hours,
                             .status = PRACTICE_ACTIVE};
}

static void add_session(struct week *week, uint32_t services, int64_t slot_minutes, int64_t capacity)
{
    static struct practitioner practitioners[SESSIONS_ROOM];
    static char names[SESSIONS_ROOM][8];
    size_t i = week->session_count++;

    (void)snprintf(names[i], sizeof names[i], "dr-%d", (int)(i % 10));
    practitioners[i] = (struct practitioner){.practitioner_id = names[i]};
    week->sessions[i] = (struct session){.session_id = names[i],
                                         .date = DATE_NONE,
                                         .first_date = DATE_NONE,
                                         .last_date = DATE_NONE,
                                         .from = 8 * 60,
                                         .until = 18 * 60,
                                         .services = services,
                                         .slot_minutes = slot_minutes,
                                         .capacity = capacity,
                                         .delivery_channel = CHANNEL_IN_PERSON,
                                         .practitioner = &practitioners[i],
                                         .status = SESSION_ACTIVE};
}

static void build(struct week *week, int day)
{
    for (size_t i = 0; i < week->session_count; i++)
        week->sessions[i].weekday = day + 1;
    must(day_build(&week->practice, week->sessions, week->session_count, NULL, MONDAY + day, NULL, arena,
                   &week->days[day]) == ERR_OK);
}

/* Books until that many are in, or nothing more fits: the same for every run. */
static void fill(struct week *week, int day, size_t wanted, const int32_t *types, size_t type_count,
                 int lengths)
{
    struct day *d = &week->days[day];
    uint32_t random = 12345;

    for (int tries = 0; tries < 4000 && d->entry_count < wanted; tries++) {
        random = random * 1664525U + 1013904223U;
        const struct day_session *session = &d->sessions[(random >> 20) % d->session_count];
        int64_t slots = (session->end_ms - session->start_ms) / (session->slot_minutes * MINUTE_MS);
        struct day_entry entry = {
            .appointment_id = ids[d->entry_count],
            .start_ms = session->start_ms + (random >> 8) % slots * session->slot_minutes * MINUTE_MS,
            .duration_minutes = session->slot_minutes * (1 + (int32_t)(random >> 16) % lengths),
            .type = types[(random >> 12) % type_count],
            .channel = CHANNEL_IN_PERSON,
            .status = STATUS_BOOKED,
            .expires_at = INSTANT_NONE};
        struct arena_mark mark = arena_mark(arena);
        (void)day_add(d, &entry, arena);
        memcpy(week->entries[day], d->entries, d->entry_count * sizeof d->entries[0]);
        d->entries = week->entries[day];
        arena_reset(arena, mark);
    }
}

/* ---- measuring ---- */

static double median(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return values[count / 2];
}

static double now_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

typedef size_t measured(struct week *week, unsigned number);

static void measure(const char *name, struct week *week, measured *work)
{
    static double took[ROUNDS];
    size_t result = 0;
    unsigned number = 0;

    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (int i = 0; i < PER_ROUND; i++) {
            struct arena_mark mark = arena_mark(arena);
            result += work(week, number++);
            arena_reset(arena, mark);
        }
        took[round] = (now_us() - start) / PER_ROUND;
    }
    printf("%-30s %-12s %9.2f us   (%.1f on average)\n", week->name, name, median(took, ROUNDS),
           (double)result / number);
}

/* ---- the work ---- */

static size_t slots_of_week(struct week *week, unsigned number)
{
    const struct want want = {.type = week->want_type, .duration_minutes = week->want_minutes};
    size_t rows = 0;
    (void)number;

    for (int i = 0; i < DAYS; i++) {
        struct slot *slots;
        size_t count;
        must(day_slots(&week->days[i], &want, 0, INT64_MAX, 1, arena, &slots, &count) == ERR_OK);
        rows += count;
    }
    return rows;
}

static size_t build_week(struct week *week, unsigned number)
{
    size_t sessions = 0;
    (void)number;

    for (int i = 0; i < DAYS; i++) {
        struct day day;
        for (size_t s = 0; s < week->session_count; s++)
            week->sessions[s].weekday = i + 1;
        must(day_build(&week->practice, week->sessions, week->session_count, NULL, MONDAY + i, NULL, arena,
                       &day) == ERR_OK);
        sessions += day.session_count;
    }
    return sessions;
}

static size_t book_one(struct week *week, unsigned number)
{
    struct day day = week->days[number % DAYS];
    struct day_entry entry = {.appointment_id = "new",
                              .start_ms = day.sessions[0].start_ms + number % 40 * 15 * MINUTE_MS,
                              .duration_minutes = (int32_t)week->want_minutes,
                              .type = week->want_type,
                              .status = STATUS_BOOKED,
                              .expires_at = INSTANT_NONE};
    return day_add(&day, &entry, arena) == ERR_OK ? 1 : 0;
}

static void run(struct week *week)
{
    measure("build 7 days", week, build_week);
    measure("7 days' slots", week, slots_of_week);
    measure("book one", week, book_one);
}

/* ---- the cases ---- */

static struct week *week_new(const char *name, int32_t want_type)
{
    static struct week week;
    week = (struct week){.name = name, .practice = a_practice(), .want_type = want_type};
    return &week;
}

static void opening_hours(const char *name, size_t booked)
{
    const int32_t types[] = {APPOINTMENT_ROUTINE, APPOINTMENT_URGENT};
    struct week *week = week_new(name, APPOINTMENT_ROUTINE);

    for (int day = 0; day < DAYS; day++) {
        build(week, day);
        fill(week, day, booked, types, 2, 1);
    }
    run(week);
}

static void six_doctors(void)
{
    const int32_t types[] = {APPOINTMENT_ROUTINE, APPOINTMENT_URGENT};
    struct week *week = week_new("six doctors alike, 200 booked", APPOINTMENT_ROUTINE);

    for (int i = 0; i < 6; i++)
        add_session(week, TYPES_ALL, 15, 1);
    for (int day = 0; day < DAYS; day++) {
        build(week, day);
        fill(week, day, 200, types, 2, 1);
    }
    run(week);
}

/* The usual surgery: what doctors and nurses do has one type in common, so that their sessions are linked. */
static void doctors_and_nurses(void)
{
    const int32_t types[] = {APPOINTMENT_ROUTINE,     APPOINTMENT_URGENT,     APPOINTMENT_FOLLOW_UP,
                             APPOINTMENT_VACCINATION, APPOINTMENT_BLOOD_TEST, APPOINTMENT_ROUTINE};
    struct week *week = week_new("4 doctors, 2 nurses, 150 booked", APPOINTMENT_ROUTINE);

    for (int i = 0; i < 4; i++)
        add_session(week, TYPE_BIT(types[0]) | TYPE_BIT(types[1]) | TYPE_BIT(types[2]), 15, 1);
    for (int i = 0; i < 2; i++)
        add_session(week, TYPE_BIT(types[2]) | TYPE_BIT(types[3]) | TYPE_BIT(types[4]), 15, 1);
    for (int day = 0; day < DAYS; day++) {
        build(week, day);
        fill(week, day, 150, types, 6, 1);
    }
    run(week);
}

static void mixed_services(const char *name, size_t booked, int lengths)
{
    const int32_t types[] = {APPOINTMENT_ROUTINE, APPOINTMENT_URGENT, APPOINTMENT_VACCINATION,
                             APPOINTMENT_BLOOD_TEST};
    struct week *week = week_new(name, APPOINTMENT_ROUTINE);

    for (int i = 0; i < 4; i++)
        add_session(week, TYPE_BIT(types[i]) | TYPE_BIT(types[(i + 1) % 4]), 15, 2);
    for (int day = 0; day < DAYS; day++) {
        build(week, day);
        fill(week, day, booked, types, 4, lengths);
    }
    run(week);
}

static void vaccination_centre(void)
{
    const int32_t types[] = {APPOINTMENT_VACCINATION};
    struct week *week = week_new("capacity 10 every 10 min, 500", APPOINTMENT_VACCINATION);

    add_session(week, TYPE_BIT(APPOINTMENT_VACCINATION), 10, 10);
    for (int day = 0; day < DAYS; day++) {
        build(week, day);
        fill(week, day, 500, types, 1, 1);
    }
    run(week);
}

int main(void)
{
    arena = arena_new((size_t)64 << 20);
    must(arena);
    for (int i = 0; i < ENTRIES_ROOM; i++)
        (void)snprintf(ids[i], sizeof ids[i], "01932c07-209c-7000-8000-%012d", i);
    opening_hours("opening hours, empty", 0);
    opening_hours("opening hours, 24 of 40 booked", 24);
    opening_hours("opening hours, full", 40);
    six_doctors();
    doctors_and_nurses();
    mixed_services("mixed services, half full", 160, 1);
    mixed_services("mixed services, full", 320, 1);
    mixed_services("mixed services and lengths", 200, 3);
    vaccination_centre();
    arena_free(arena);
    return 0;
}
