/* demo_test.c - the demo data as they are in the store: complete, agreeing with themselves, and as the guides
 * promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/time.h"
#include "domain/text.h"
#include "main/demo.h"
#include "sec/password.h"
#include "store/mem/mem.h"
#include "store/rec_appointment.h"
#include "store/rec_day.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"
#include "store/rec_user.h"
#include "store/verify.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, PRACTICES = 25, LIST_MAX = 200 };

static const char *const special[] = {"practice-001", "practice-002", "practice-123", "practice-456"};

struct loaded {
    struct store *store;
    struct arena *arena;
    int64_t now_ms;
    void (*look)(struct tx *tx, const struct loaded *loaded);
};

static int64_t instant(const char *text)
{
    int64_t ms;
    assert_int_equal(instant_parse(text, strlen(text), &ms), ERR_OK);
    return ms;
}

static struct loaded *load_at(const char *now)
{
    static struct loaded loaded;
    struct mem_options options = {.seed = 7};

    fields_text_rule(text_normalise);
    loaded = (struct loaded){.now_ms = instant(now), .arena = arena_new(ARENA_BYTES)};
    assert_non_null(loaded.arena);
    assert_int_equal(store_open_mem(&options, &loaded.store), ERR_OK);
    assert_int_equal(demo_load(loaded.store, loaded.now_ms), ERR_OK);
    return &loaded;
}

static void unload(struct loaded *loaded)
{
    store_close(loaded->store);
    arena_free(loaded->arena);
    fields_text_rule(NULL);
}

static enum err look_run(struct tx *tx, void *arg)
{
    const struct loaded *loaded = arg;
    loaded->look(tx, loaded);
    return ERR_OK;
}

static void look(struct loaded *loaded, void (*fn)(struct tx *tx, const struct loaded *loaded))
{
    struct access access = {.write = false};
    loaded->look = fn;
    assert_int_equal(store_run(loaded->store, &access, loaded->arena, look_run, loaded), ERR_OK);
}

static void on_fault(void *arg, const char *text)
{
    (void)arg;
    print_error("%s\n", text);
}

/* ---- what is promised ---- */

static void look_practices(struct tx *tx, const struct loaded *loaded)
{
    struct practice *list;
    size_t count;
    bool more;
    uint32_t types = 0;
    uint32_t nations = 0;
    int around_the_clock = 0;
    int registration = 0;

    (void)loaded;
    assert_int_equal(practice_list(tx, NULL, LIST_MAX, &list, &count, &more), ERR_OK);
    assert_int_equal(count, PRACTICES);
    for (size_t i = 0; i < count; i++) {
        struct practice practice;
        assert_int_equal(practice_load(tx, list[i].practice_id, &practice), ERR_OK);
        types |= UINT32_C(1) << practice.access_point_type;
        nations |= UINT32_C(1) << practice.nation;
        registration += practice.requires_registration == TRUTH_YES;
        const struct interval *hours = practice.opening_hours->bank_holiday.items;
        around_the_clock +=
            practice.opening_hours->bank_holiday.count > 0 && hours->opens == 0 && hours->closes == 1440;
        assert_int_equal(practice.status, PRACTICE_ACTIVE);
        assert_true(practice.latitude > 49 && practice.latitude < 61 && practice.longitude > -9 &&
                    practice.longitude < 2);
    }
    assert_int_equal(types, (UINT32_C(1) << ACCESS_POINT_TYPE_COUNT) - 2);
    assert_int_equal(nations, (UINT32_C(1) << NATION_COUNT) - 2);
    assert_int_equal(around_the_clock, 1);
    assert_int_equal(registration, 1);
}

static void look_special(struct tx *tx, const struct loaded *loaded)
{
    (void)loaded;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        struct practice practice;
        struct session *sessions;
        size_t count;
        assert_int_equal(practice_load(tx, special[i], &practice), ERR_OK);
        assert_int_equal(practice.services, TYPES_ALL);
        assert_int_equal(practice.nation, NATION_ENGLAND);
        assert_int_equal(practice.requires_registration, TRUTH_NO);
        assert_int_equal(session_list(tx, special[i], &sessions, &count), ERR_OK);
        assert_int_equal(count, 0);
        for (size_t day = 0; day < 5; day++) {
            const struct interval *hours = practice.opening_hours->day[day].items;
            assert_int_equal(practice.opening_hours->day[day].count, 1);
            assert_int_equal(hours->opens, 8 * 60);
            assert_int_equal(hours->closes, i == 1 ? 20 * 60 : 18 * 60);
        }
        assert_int_equal(practice.opening_hours->day[5].count, i == 1);
    }
}

static void look_appointments(struct tx *tx, const struct loaded *loaded)
{
    struct appointment_page page = {.index = APPOINTMENTS_OF_PATIENT,
                                    .of = "patient-123",
                                    .from_ms = INSTANT_NONE,
                                    .until_ms = INSTANT_NONE,
                                    .limit = LIST_MAX};
    struct appointment_row *rows;
    size_t count;
    size_t past = 0;
    bool more;

    assert_int_equal(appointment_list(tx, &page, &rows, &count, &more), ERR_OK);
    assert_in_range(count, 5, 20);
    for (size_t i = 0; i < count; i++) {
        const struct appointment *one = &rows[i].appointment;
        int64_t utc = one->appointment_datetime % DAY_MS / MINUTE_MS;
        int64_t local = london_minute(one->appointment_datetime);
        assert_true(utc >= 11 * 60 && local >= 11 * 60);
        assert_true(utc + one->duration_minutes <= 15 * 60 && local + one->duration_minutes <= 15 * 60);
        bool is_past = one->appointment_datetime < loaded->now_ms;
        past += is_past;
        assert_true(is_past != (one->status == STATUS_BOOKED));
    }
    assert_in_range(past, 2, count - 2);
    page.index = APPOINTMENTS_OF_PRACTICE;
    page.of = "practice-001";
    assert_int_equal(appointment_list(tx, &page, &rows, &count, &more), ERR_OK);
    assert_in_range(count, 10, LIST_MAX);
    for (size_t i = 0; i < count; i++)
        assert_true(rows[i].appointment.appointment_datetime % DAY_MS >= 10 * HOUR_MS);
}

static void look_logins(struct tx *tx, const struct loaded *loaded)
{
    struct user user;
    struct patient patient;

    (void)loaded;
    assert_int_equal(user_find_email(tx, "john.smith@email.com", &user), ERR_OK);
    assert_string_equal(user.user_id, "patient-123");
    assert_string_equal(user.patient_id, "patient-123");
    assert_int_equal(user.role, ROLE_PATIENT);
    assert_int_equal(password_verify(user.password_hash, "TestPass123!", NULL), ERR_OK);
    assert_int_equal(user_find_email(tx, "staff@opendoor.example", &user), ERR_OK);
    assert_int_equal(user.role, ROLE_STAFF);
    assert_true(user_works_at(&user, "practice-001") && user_works_at(&user, "practice-123") &&
                user_works_at(&user, "practice-456") && !user_works_at(&user, "practice-002"));
    assert_int_equal(user_find_email(tx, "admin@opendoor.example", &user), ERR_OK);
    assert_int_equal(user.role, ROLE_ADMIN);
    assert_int_equal(patient_load(tx, "patient-123", &patient), ERR_OK);
    assert_string_equal(patient.nhs_number, "9434765919");
    assert_int_equal(patient_load(tx, "patient-201", &patient), ERR_OK);
    assert_memory_equal(patient.nhs_number, "999000", 6);
}

static void agrees(struct loaded *loaded, uint64_t least)
{
    struct verify_counts counts = {0};
    assert_int_equal(verify_store(loaded->store, loaded->now_ms, on_fault, NULL, &counts), ERR_OK);
    assert_int_equal(counts.faults, 0);
    assert_in_range(counts.appointments, least, 1000);
    assert_int_equal(counts.practices, PRACTICES);
}

static void test_promises(void **state)
{
    struct loaded *loaded = load_at("2026-11-25T09:00:00Z");

    (void)state;
    look(loaded, look_practices);
    look(loaded, look_special);
    look(loaded, look_appointments);
    look(loaded, look_logins);
    agrees(loaded, 220);
    unload(loaded);
}

/* Christmas, Easter, both clock changes, a weekend, the last hour of a day. */
static void test_any_day(void **state)
{
    static const char *const days[] = {"2026-12-20T23:30:00Z", "2027-03-27T12:00:00Z", "2027-07-01T08:00:00Z",
                                       "2027-10-30T23:30:00Z", "2028-02-29T00:00:00Z"};

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct loaded *loaded = load_at(days[i]);
        look(loaded, look_appointments);
        agrees(loaded, 220);
        unload(loaded);
    }
}

/* ---- only an empty store, and all of it ---- */

static void test_twice(void **state)
{
    struct loaded *loaded = load_at("2026-11-25T09:00:00Z");
    size_t records = store_mem_records(loaded->store);

    (void)state;
    assert_int_equal(demo_load(loaded->store, loaded->now_ms + 30 * DAY_MS), ERR_OK);
    assert_int_equal(store_mem_records(loaded->store), records);
    unload(loaded);
}

static enum err add_practice(struct tx *tx, void *arg)
{
    struct practice practice;

    (void)arg;
    practice_init(&practice);
    practice.practice_id = "mine";
    practice.name = "Mine";
    practice.access_point_type = ACCESS_PHARMACY;
    enum err e = practice_complete(tx_arena(tx), &practice);
    return e ? e : practice_save(tx, NULL, &practice);
}

static void test_not_empty(void **state)
{
    struct mem_options options = {.seed = 9};
    struct access access = {.write = true};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct store *store;

    (void)state;
    fields_text_rule(text_normalise);
    assert_int_equal(store_open_mem(&options, &store), ERR_OK);
    assert_int_equal(store_run(store, &access, arena, add_practice, NULL), ERR_OK);
    size_t records = store_mem_records(store);
    assert_int_equal(demo_load(store, instant("2026-11-25T09:00:00Z")), ERR_OK);
    assert_int_equal(store_mem_records(store), records);
    store_close(store);
    arena_free(arena);
    fields_text_rule(NULL);
}

/* Power goes at one commit or another; what was begun is finished, as if nothing had happened. */
static void test_interrupted(void **state)
{
    struct loaded *whole = load_at("2026-11-25T09:00:00Z");
    size_t records = store_mem_records(whole->store);
    int64_t now_ms = whole->now_ms;

    (void)state;
    unload(whole);
    fields_text_rule(text_normalise);
    for (unsigned nth = 2; nth <= 62; nth += 6) {
        struct mem_disk *disk = mem_disk_new();
        struct mem_options options = {.seed = 11, .disk = disk};
        struct loaded loaded = {.now_ms = now_ms};
        assert_int_equal(store_open_mem(&options, &loaded.store), ERR_OK);
        store_mem_fault(loaded.store, MEM_POWER_BEFORE_SYNC, nth, 1);
        assert_int_equal(demo_load(loaded.store, now_ms), ERR_STORE);
        store_close(loaded.store);
        assert_int_equal(store_open_mem(&options, &loaded.store), ERR_OK);
        assert_int_equal(demo_load(loaded.store, now_ms + DAY_MS), ERR_OK);
        assert_int_equal(store_mem_records(loaded.store), records);
        agrees(&loaded, 220);
        store_close(loaded.store);
        mem_disk_free(disk);
    }
    fields_text_rule(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promises),  cmocka_unit_test(test_any_day),     cmocka_unit_test(test_twice),
        cmocka_unit_test(test_not_empty), cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
