/* fuzz_booking.c - any bytes as the hours and sessions of a practice and as what people do in one of its
 * days: book, leave, let holds expire, look for slots, change the sessions. After every step nobody sits
 * where he may not, no session is over its capacity, and what was shown as free can be booked. */
#include "base/must.h"
#include "base/time.h"
#include "domain/day.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    SESSIONS_MOST = 12,
    STEPS_MOST = 150,
    TICK = 5,
    TICKS = 26 * 60 / TICK,
    MOMENTS = 12,
};

struct input {
    const uint8_t *at, *end;
};

static uint32_t take(struct input *input, uint32_t below)
{
    return input->at < input->end ? *input->at++ % below : 0;
}

struct world {
    struct practice practice;
    struct opening_hours hours;
    struct interval intervals[8][2];
    struct booking_rules rules;
    struct closure closure;
    struct session sessions[SESSIONS_MOST];
    size_t session_count;
    struct practitioner practitioners[2];
    struct day day;
    struct arena *arena;
    char ids[STEPS_MOST][8];
};

/* Ordinary days, both clock changes with their neighbours, bank holidays in a row. */
static int32_t take_date(struct input *input)
{
    static const int32_t dates[MOMENTS] = {
        20782,                      /* Wednesday 25 November 2026 */
        20903, 20904, 20905, 20906, /* Good Friday 2027, Saturday, the clocks go forward, Easter Monday */
        21121, 21122, 21123,        /* 30 October 2027, the clocks go back, Monday */
        20812, 20813, 20815, 20816, /* Christmas 2026, Saturday, Boxing Day's substitute, Tuesday */
    };
    return dates[take(input, MOMENTS)];
}

static int32_t take_minute(struct input *input)
{
    return (int32_t)take(input, MINUTES_A_DAY / TICK / 2 + 1) * TICK * 2;
}

static void take_hours(struct input *input, struct world *world)
{
    for (size_t i = 0; i < 8; i++) {
        struct list *list = i < 7 ? &world->hours.day[i] : &world->hours.bank_holiday;
        *list = (struct list){world->intervals[i], take(input, 3)};
        for (size_t j = 0; j < list->count; j++)
            world->intervals[i][j] = (struct interval){take_minute(input), take_minute(input)};
    }
    world->rules = BOOKING_RULES_DEFAULT;
    world->rules.slot_minutes = TICK * (1 + (int64_t)take(input, 12));
    world->closure.date = take_date(input);
}

static void take_session(struct input *input, struct world *world, struct session *session)
{
    static const char *const names[] = {"s1", "s2", "s3"};

    *session = (struct session){.session_id = names[take(input, 3)],
                                .weekday = (int32_t)take(input, 8),
                                .date = DATE_NONE,
                                .first_date = DATE_NONE,
                                .last_date = DATE_NONE,
                                .from = take_minute(input),
                                .until = take_minute(input),
                                .services = take(input, 8),
                                .slot_minutes = TICK * (int64_t)take(input, 8),
                                .capacity = (int64_t)take(input, 4),
                                .delivery_channel = (int32_t)take(input, 3),
                                .status = take(input, 8) ? SESSION_ACTIVE : SESSION_CANCELLED};
    if (session->weekday == 0)
        session->date = take_date(input);
    if (take(input, 3) == 0)
        session->practitioner = &world->practitioners[take(input, 2)];
}

static void take_sessions(struct input *input, struct world *world)
{
    world->session_count = take(input, SESSIONS_MOST + 1);
    for (size_t i = 0; i < world->session_count; i++)
        take_session(input, world, &world->sessions[i]);
}

/* ---- what must hold ---- */

static void check_entry(const struct day *day, const struct day_entry *entry, uint16_t load[TICKS])
{
    const struct day_session *session = &day->sessions[entry->session];
    int64_t end_ms = entry->start_ms + entry->duration_minutes * MINUTE_MS;
    int64_t slot_ms = session->slot_minutes * MINUTE_MS;
    int64_t midnight = london_midnight(day->date);

    must(session->services & TYPE_BIT(entry->type));
    must(session->delivery_channel == entry->channel);
    must(!entry->practitioner_id || strcmp(session->practitioner_id, entry->practitioner_id) == 0);
    must(entry->start_ms >= session->start_ms && end_ms <= session->end_ms);
    must((entry->start_ms - session->start_ms) % slot_ms == 0 && (end_ms - entry->start_ms) % slot_ms == 0);
    for (int64_t t = entry->start_ms; t < end_ms; t += TICK * MINUTE_MS)
        must(++load[(t - midnight) / (TICK * MINUTE_MS)] <= session->capacity);
}

static void check_day(const struct day *day)
{
    static uint16_t load[DAY_SESSIONS_MAX][TICKS];

    memset(load, 0, day->session_count * sizeof load[0]);
    for (size_t i = 0; i < day->session_count; i++) {
        must(day->sessions[i].start_ms >= london_midnight(day->date));
        must(day->sessions[i].end_ms <= london_midnight(day->date + 1));
        must(i == 0 || day->sessions[i - 1].start_ms <= day->sessions[i].start_ms);
    }
    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        must(i == 0 || entry[-1].start_ms < entry->start_ms ||
             (entry[-1].start_ms == entry->start_ms &&
              strcmp(entry[-1].appointment_id, entry->appointment_id) < 0));
        if (entry->session == ENTRY_NO_SESSION)
            continue;
        must((size_t)entry->session < day->session_count);
        check_entry(day, entry, load[entry->session]);
    }
}

/* ---- what people do ---- */

static void build(struct world *world, int32_t date)
{
    struct day next;
    size_t before = world->day.entry_count;

    must(day_build(&world->practice, world->sessions, world->session_count, NULL, date, &world->day,
                   world->arena, &next) == ERR_OK);
    must(next.entry_count == before);
    must(next.session_count == 0 || next.closed == CLOSED_NOT);
    world->day = next;
}

static struct want take_want(struct input *input, const struct world *world)
{
    return (struct want){.type = (int32_t)take(input, 4),
                         .channel = (int32_t)take(input, 3),
                         .practitioner_id =
                             take(input, 4) ? NULL : world->practitioners[take(input, 2)].practitioner_id,
                         .duration_minutes = TICK * (int64_t)take(input, 10)};
}

static void book(struct input *input, struct world *world, size_t step)
{
    const struct want want = take_want(input, world);
    struct day_entry entry = {.appointment_id = world->ids[step],
                              .start_ms =
                                  london_midnight(world->day.date) +
                                  (int64_t)(take(input, 2) * 256 + take(input, 256)) * TICK * MINUTE_MS,
                              .duration_minutes = (int32_t)want.duration_minutes,
                              .type = want.type,
                              .channel = want.channel,
                              .practitioner_id = want.practitioner_id,
                              .status = take(input, 4) ? STATUS_BOOKED : STATUS_PENDING,
                              .expires_at = INSTANT_NONE};
    if (entry.status == STATUS_PENDING)
        entry.expires_at = take(input, 2);
    size_t before = world->day.entry_count;
    enum err e = day_add(&world->day, &entry, world->arena);
    must(e != ERR_MEMORY && world->day.entry_count == before + (e ? 0 : 1));
}

/* Books the slot that is shown, as often as is shown, and not once more. */
static void book_out(struct world *world, const struct want *want, const struct slot *slot)
{
    struct day day = world->day;
    int64_t booked = 0;
    char ids[64][8];
    enum err e = ERR_OK;

    while (!e && booked < 64) {
        (void)snprintf(ids[booked], sizeof ids[booked], "z%d", (int)(booked % 100));
        struct day_entry entry = {.appointment_id = ids[booked],
                                  .start_ms = slot->start_ms,
                                  .duration_minutes = (int32_t)((slot->end_ms - slot->start_ms) / MINUTE_MS),
                                  .type = want->type,
                                  .channel = slot->channel,
                                  .practitioner_id = want->practitioner_id,
                                  .status = STATUS_BOOKED,
                                  .expires_at = INSTANT_NONE};
        e = day_add(&day, &entry, world->arena);
        booked += e ? 0 : 1;
        check_day(&day);
    }
    must(booked == slot->available || booked == 64);
}

static void look(struct input *input, struct world *world)
{
    const struct want want = take_want(input, world);
    int64_t from = london_midnight(world->day.date) + (int64_t)take(input, 256) * TICK * MINUTE_MS;
    struct slot *slots;
    size_t count;

    must(day_slots(&world->day, &want, from, from + (int64_t)take(input, 256) * 2 * TICK * MINUTE_MS,
                   (int64_t)take(input, 4), world->arena, &slots, &count) == ERR_OK);
    must(count == 0 || day_offers(&world->day, &want));
    for (size_t i = 0; i < count; i++)
        must(slots[i].available > 0 && slots[i].start_ms >= from && slots[i].start_ms < slots[i].end_ms);
    if (count > 0 && want.type != 0)
        book_out(world, &want, &slots[take(input, 256) % count]);
}

static void step(struct input *input, struct world *world, size_t number)
{
    switch (take(input, 8)) {
    case 0:
        day_remove(&world->day, world->ids[take(input, STEPS_MOST)]);
        break;
    case 1:
        day_expire(&world->day, take(input, 2));
        break;
    case 2:
        take_session(input, world, &world->sessions[take(input, SESSIONS_MOST)]);
        build(world, world->day.date);
        break;
    case 3:
        look(input, world);
        break;
    default:
        book(input, world, number);
        break;
    }
    check_day(&world->day);
}

static void world_init(struct world *world)
{
    world->practitioners[0].practitioner_id = "ann";
    world->practitioners[1].practitioner_id = "bob";
    world->practice = (struct practice){.practice_id = "p",
                                        .nation = NATION_ENGLAND,
                                        .opening_hours = &world->hours,
                                        .closures = {&world->closure, 1},
                                        .booking_rules = &world->rules,
                                        .status = PRACTICE_ACTIVE};
    for (int i = 0; i < SESSIONS_MOST; i++)
        world->sessions[i].status = SESSION_CANCELLED;
    for (int i = 0; i < STEPS_MOST; i++)
        (void)snprintf(world->ids[i], sizeof world->ids[i], "a%03d", i % 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct input input = {data, data + size};

    memset(&world, 0, sizeof world);
    world.arena = arena_new(ARENA_BYTES);
    must(world.arena);
    world_init(&world);
    take_hours(&input, &world);
    take_sessions(&input, &world);
    build(&world, take_date(&input));
    for (size_t i = 0; i < STEPS_MOST && input.at < input.end; i++)
        step(&input, &world, i);
    arena_free(world.arena);
    return 0;
}
