/* day_record_test.c - the packed forms of days and agendas, and days as the store keeps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/mem/mem.h"
#include "store/rec_day.h"
#include "store/rec_practice.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, ROUNDS = 300, TEXT_BYTES = 40 };

static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static struct arena *arena;

static int setup(void **unused)
{
    (void)unused;
    state = 42;
    arena = arena_new(ARENA_BYTES);
    return arena ? 0 : -1;
}

static int teardown(void **unused)
{
    (void)unused;
    arena_fail_after(0);
    arena_free(arena);
    return 0;
}

/* ---- made-up days ---- */

static const char *draw_id(void)
{
    static const char *const odd[] = {"practice-123",
                                      "",
                                      "0199D1A2-7C3E-7B5A-9D2F-3C1B5A7E9F01",
                                      "0199d1a2x7c3e-7b5a-9d2f-3c1b5a7e9f01",
                                      "0199d1a2-7c3e-7b5a-9d2f-3c1b5a7e9f0",
                                      "ü"};
    if (draw(4) == 0)
        return odd[draw(sizeof odd / sizeof odd[0])];
    return arena_printf(arena, "%08x-%04x-7%03x-9%03x-%012llx", (unsigned)draw(UINT32_MAX),
                        (unsigned)draw(0x10000), (unsigned)draw(0x1000), (unsigned)draw(0x1000),
                        (unsigned long long)draw(UINT64_C(1) << 31));
}

static void draw_session(struct day_session *session, int64_t base_ms)
{
    int64_t from = (int64_t)draw(1400);

    session->session_id = draw_id();
    session->start_ms = base_ms + from * MINUTE_MS;
    session->end_ms = session->start_ms + (1 + (int64_t)draw((uint64_t)(1500 - from))) * MINUTE_MS;
    session->slot_minutes = 1 + (int32_t)draw(120);
    session->capacity = 1 + (int32_t)draw(SESSION_CAPACITY_MAX);
    session->services = 1 + (uint32_t)draw(TYPES_ALL);
    session->delivery_channel = 1 + (int32_t)draw(CHANNEL_COUNT - 1);
    session->practitioner_id = draw(2) ? draw_id() : NULL;
}

static void draw_entry(struct day_entry *entry, const struct day *day, int64_t start_ms)
{
    entry->appointment_id = draw_id();
    entry->start_ms = start_ms;
    entry->duration_minutes = 5 + (int32_t)draw(116);
    entry->type = 1 + (int32_t)draw(APPOINTMENT_TYPE_COUNT - 1);
    entry->channel = 1 + (int32_t)draw(CHANNEL_COUNT - 1);
    entry->status = 1 + (int32_t)draw(APPOINTMENT_STATUS_COUNT - 1);
    entry->expires_at = draw(5) ? INSTANT_NONE : start_ms + (int64_t)draw(1000000) - 500000;
    entry->practitioner_id = draw(5) ? NULL : draw_id();
    entry->session = draw(6) && day->session_count ? (int32_t)draw(day->session_count) : ENTRY_NO_SESSION;
}

static struct day draw_day(size_t sessions, size_t entries)
{
    struct day day = {.practice_id = draw_id(),
                      .date = (int32_t)draw(30000),
                      .sessions_version = (int64_t)draw(1000),
                      .holidays_version = (int64_t)draw(3),
                      .closed = (enum closed)draw(4)};
    int64_t base_ms = london_midnight(day.date);
    int64_t minute = 0;

    day.sessions = arena_zero(arena, sessions + 1, sizeof *day.sessions);
    for (; day.session_count < sessions; day.session_count++)
        draw_session(&day.sessions[day.session_count], base_ms);
    day.entries = arena_zero(arena, entries + 1, sizeof *day.entries);
    for (; day.entry_count < entries; day.entry_count++) {
        minute += minute < 1440 ? (int64_t)draw(10) : 0;
        draw_entry(&day.entries[day.entry_count], &day, base_ms + minute * MINUTE_MS);
    }
    return day;
}

static void same_text(const char *a, const char *b)
{
    assert_true((!a && !b) || (a && b && strcmp(a, b) == 0));
}

static void same_day(const struct day *a, const struct day *b)
{
    same_text(a->practice_id, b->practice_id);
    assert_int_equal(a->date, b->date);
    assert_int_equal(a->sessions_version, b->sessions_version);
    assert_int_equal(a->holidays_version, b->holidays_version);
    assert_int_equal(a->closed, b->closed);
    assert_int_equal(a->session_count, b->session_count);
    assert_int_equal(a->entry_count, b->entry_count);
    for (size_t i = 0; i < a->session_count; i++) {
        const struct day_session *x = &a->sessions[i];
        const struct day_session *y = &b->sessions[i];
        same_text(x->session_id, y->session_id);
        same_text(x->practitioner_id, y->practitioner_id);
        assert_true(x->start_ms == y->start_ms && x->end_ms == y->end_ms &&
                    x->slot_minutes == y->slot_minutes && x->capacity == y->capacity &&
                    x->services == y->services && x->delivery_channel == y->delivery_channel);
    }
    for (size_t i = 0; i < a->entry_count; i++) {
        const struct day_entry *x = &a->entries[i];
        const struct day_entry *y = &b->entries[i];
        same_text(x->appointment_id, y->appointment_id);
        same_text(x->practitioner_id, y->practitioner_id);
        assert_true(x->start_ms == y->start_ms && x->duration_minutes == y->duration_minutes &&
                    x->type == y->type && x->channel == y->channel && x->status == y->status &&
                    x->expires_at == y->expires_at && x->session == y->session);
    }
}

static struct span encoded(const struct day *day)
{
    struct buf buf;

    buf_init(&buf, arena);
    day_encode(day, &buf);
    assert_true(buf_ok(&buf));
    return buf_span(&buf);
}

static void test_round_trip(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct day day = draw_day(draw(8), draw(60));
        struct day back;
        assert_int_equal(day_decode(encoded(&day), arena, &back), ERR_OK);
        same_day(&day, &back);
    }
}

static void test_small(void **unused)
{
    struct day day = draw_day(1, 240);

    (void)unused;
    for (size_t i = 0; i < day.entry_count; i++) {
        day.entries[i].appointment_id = "0199d1a2-7c3e-7b5a-9d2f-3c1b5a7e9f01";
        day.entries[i].expires_at = INSTANT_NONE;
        day.entries[i].practitioner_id = NULL;
    }
    assert_in_range(encoded(&day).size, 0, 6200);
}

/* Every byte cut off, and bytes turned into others: an error, or a day that is written back as it was read.
 */
static void test_damage(void **unused)
{
    (void)unused;
    for (int round = 0; round < 20; round++) {
        struct day day = draw_day(3, 12);
        struct span whole = encoded(&day);
        for (size_t size = 0; size < whole.size; size++) {
            uint8_t *cut = malloc(size ? size : 1); /* of its own, so that reading past the end is seen */
            struct day back;
            memcpy(cut, whole.data, size);
            assert_int_equal(day_decode((struct span){cut, size}, arena, &back), ERR_DAMAGED);
            free(cut);
        }
        for (int i = 0; i < 300; i++) {
            uint8_t *bytes = malloc(whole.size);
            struct day back;
            memcpy(bytes, whole.data, whole.size);
            bytes[draw(whole.size)] = (uint8_t)draw(256);
            enum err e = day_decode((struct span){bytes, whole.size}, arena, &back);
            assert_true(e == ERR_OK || e == ERR_DAMAGED);
            if (!e) {
                struct day again;
                assert_int_equal(day_decode(encoded(&back), arena, &again), ERR_OK);
                same_day(&back, &again);
            }
            free(bytes);
        }
        uint8_t *longer = arena_alloc(arena, whole.size + 1);
        struct day back;
        memcpy(longer, whole.data, whole.size);
        longer[whole.size] = 0;
        assert_int_equal(day_decode((struct span){longer, whole.size + 1}, arena, &back), ERR_DAMAGED);
    }
}

static void test_no_memory(void **unused)
{
    struct day day = draw_day(2, 5);
    struct span bytes = encoded(&day);
    struct day back;
    enum err e = ERR_MEMORY;

    (void)unused;
    for (unsigned nth = 1; e; nth++) {
        arena_fail_after(nth);
        e = day_decode(bytes, arena, &back);
        arena_fail_after(0);
        assert_true(e == ERR_OK || e == ERR_MEMORY);
    }
}

/* ---- agendas ---- */

static struct agenda draw_agenda(size_t count)
{
    struct agenda agenda = {.patient_id = draw_id(),
                            .entries = arena_zero(arena, count + 1, sizeof *agenda.entries)};
    int64_t start_ms = 1000000;

    for (; agenda.count < count; agenda.count++) {
        start_ms += (int64_t)draw(1000000000);
        agenda.entries[agenda.count] = (struct agenda_entry){draw_id(), start_ms, 5 + (int32_t)draw(116),
                                                             draw(3) ? INSTANT_NONE : start_ms - 5};
    }
    return agenda;
}

static void test_agenda(void **unused)
{
    (void)unused;
    for (int round = 0; round < 100; round++) {
        struct agenda agenda = draw_agenda(draw(20));
        struct agenda back;
        struct buf buf;
        buf_init(&buf, arena);
        agenda_encode(&agenda, &buf);
        struct span whole = buf_span(&buf);
        assert_int_equal(agenda_decode(whole, arena, &back), ERR_OK);
        same_text(agenda.patient_id, back.patient_id);
        assert_int_equal(agenda.count, back.count);
        for (size_t i = 0; i < agenda.count; i++) {
            same_text(agenda.entries[i].appointment_id, back.entries[i].appointment_id);
            assert_int_equal(agenda.entries[i].start_ms, back.entries[i].start_ms);
            assert_int_equal(agenda.entries[i].duration_minutes, back.entries[i].duration_minutes);
            assert_int_equal(agenda.entries[i].expires_at, back.entries[i].expires_at);
        }
        for (size_t size = 0; size < whole.size; size++)
            assert_int_equal(agenda_decode((struct span){whole.data, size}, arena, &back), ERR_DAMAGED);
    }
}

/* ---- in the store ---- */

struct scene {
    struct practice practice;
    int32_t date;
    struct day day;
};

/* A practice that is open on weekdays from 9 to 10: four slots. */
static void scene_practice(struct practice *practice)
{
    static struct interval morning = {9 * 60, 10 * 60};

    practice_init(practice);
    practice->practice_id = "practice-1";
    practice->name = "One";
    practice->access_point_type = ACCESS_GP_SURGERY;
    practice->nation = NATION_ENGLAND;
    practice->opening_hours = arena_zero(arena, 1, sizeof *practice->opening_hours);
    for (size_t i = 0; i < 5; i++)
        practice->opening_hours->day[i] = (struct list){&morning, 1};
    assert_int_equal(practice_complete(arena, practice), ERR_OK);
}

static enum err in_tx(struct store *store, tx_fn *fn, struct scene *scene)
{
    struct access access = {.write = true};
    return store_run(store, &access, arena, fn, scene);
}

static enum err add_practice(struct tx *tx, void *arg)
{
    return practice_save(tx, NULL, &((struct scene *)arg)->practice);
}

static enum err book(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    struct day_entry entry = {.appointment_id = "a-1",
                              .start_ms = london_instant(scene->date, 9 * 60 + 30),
                              .duration_minutes = 15,
                              .type = APPOINTMENT_ROUTINE,
                              .channel = CHANNEL_IN_PERSON,
                              .status = STATUS_BOOKED,
                              .expires_at = INSTANT_NONE};

    enum err e = day_load(tx, &scene->practice, scene->date, &scene->day);
    if (!e)
        e = day_add(&scene->day, &entry, arena);
    return e ? e : day_save(tx, &scene->day);
}

static enum err read_day(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    return day_load(tx, &scene->practice, scene->date, &scene->day);
}

static enum err read_without_ids(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    struct day_source source = day_source(&scene->practice);
    return day_load_from(tx, &source, scene->date, false, &scene->day);
}

static enum err close_that_day(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    struct practice before = scene->practice;
    static struct closure closure;

    closure = (struct closure){scene->date, "Training"};
    scene->practice.closures = (struct list){&closure, 1};
    return practice_save(tx, &before, &scene->practice);
}

static enum err add_session(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    struct session session;

    session_init(&session);
    session.session_id = "s-1";
    session.practice_id = "practice-1";
    session.date = scene->date;
    session.from = 14 * 60;
    session.until = 15 * 60;
    enum err e = session_complete(arena, &scene->practice, &session);
    if (!e)
        e = session_save(tx, &session);
    return e ? e : practice_sessions_changed(tx, &scene->practice);
}

static enum err correct_holidays(struct tx *tx, void *arg)
{
    struct scene *scene = arg;
    static struct bank_holiday_row row;
    struct bank_holiday_corrections corrections = {.rows = {&row, 1}};
    size_t bad;

    row = (struct bank_holiday_row){NATION_ENGLAND, scene->date, "A day off", NULL};
    enum err e = bank_holiday_corrections_prepare(&corrections, &bad);
    return e ? e : bank_holidays_save(tx, &corrections);
}

static struct store *scene_open(struct scene *scene)
{
    struct mem_options options = {.seed = 3};
    struct store *store;

    memset(scene, 0, sizeof *scene);
    scene->date = days_from_civil(2026, 11, 25); /* a Wednesday */
    scene_practice(&scene->practice);
    assert_int_equal(store_open_mem(&options, &store), ERR_OK);
    assert_int_equal(in_tx(store, add_practice, scene), ERR_OK);
    assert_int_equal(in_tx(store, book, scene), ERR_OK);
    return store;
}

static void test_stays(void **unused)
{
    struct scene scene;
    struct store *store = scene_open(&scene);

    (void)unused;
    assert_int_equal(in_tx(store, read_day, &scene), ERR_OK);
    assert_int_equal(scene.day.entry_count, 1);
    assert_int_equal(scene.day.entries[0].session, 0);
    assert_string_equal(scene.day.entries[0].appointment_id, "a-1");
    assert_int_equal(in_tx(store, read_without_ids, &scene), ERR_OK);
    assert_string_equal(scene.day.entries[0].appointment_id, "");
    store_close(store);
}

/* A change of what days are made from leaves the entry where it is, without a place. */
static void rebuilt(tx_fn *change, enum closed closed, size_t sessions)
{
    struct scene scene;
    struct store *store = scene_open(&scene);

    assert_int_equal(in_tx(store, change, &scene), ERR_OK);
    for (int without_ids = 0; without_ids < 2; without_ids++) {
        assert_int_equal(in_tx(store, without_ids ? read_without_ids : read_day, &scene), ERR_OK);
        assert_int_equal(scene.day.closed, closed);
        assert_int_equal(scene.day.session_count, sessions);
        assert_int_equal(scene.day.entry_count, 1);
        assert_int_equal(scene.day.entries[0].session, ENTRY_NO_SESSION);
        assert_int_equal(scene.day.sessions_version, scene.practice.sessions_version);
    }
    store_close(store);
}

static void test_rebuilt(void **unused)
{
    (void)unused;
    rebuilt(close_that_day, CLOSED_CLOSURE, 0);
    rebuilt(add_session, CLOSED_NOT, 1);
    rebuilt(correct_holidays, CLOSED_BANK_HOLIDAY, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agenda, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rebuilt, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
