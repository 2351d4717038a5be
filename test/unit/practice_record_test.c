/* practice_record_test.c - practices, sessions, practitioners, postcodes and bank holidays as the store keeps
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/time.h"
#include "store/mem/mem.h"
#include "store/rec_practice.h"

enum { ARENA_BYTES = 32 * 1024 * 1024, LIST_MAX = 10 };

static struct arena *arena;
static struct store *store;

static int setup(void **state)
{
    struct mem_options options = {.seed = 5};

    (void)state;
    arena = arena_new(ARENA_BYTES);
    return arena && !store_open_mem(&options, &store) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    arena_free(arena);
    return 0;
}

static enum err in_tx(tx_fn *fn, void *arg)
{
    struct access access = {.write = true};
    return store_run(store, &access, arena, fn, arg);
}

/* ---- practices ---- */

struct change {
    const struct practice *before;
    struct practice *after;
};

static enum err save(struct tx *tx, void *arg)
{
    const struct change *change = arg;
    return practice_save(tx, change->before, change->after);
}

static enum err saved(const struct practice *before, struct practice *after)
{
    return in_tx(save, &(struct change){before, after});
}

static struct practice made(const char *id, const char *ods_code)
{
    struct practice practice;

    practice_init(&practice);
    practice.practice_id = id;
    practice.ods_code = ods_code;
    practice.name = id;
    practice.access_point_type = ACCESS_GP_SURGERY;
    assert_int_equal(practice_complete(arena, &practice), ERR_OK);
    return practice;
}

struct reading {
    const char *id;
    struct practice practice;
    enum err err;
};

static enum err load(struct tx *tx, void *arg)
{
    struct reading *reading = arg;
    reading->err = practice_load(tx, reading->id, &reading->practice);
    return ERR_OK;
}

static enum err loaded(const char *id, struct practice *practice)
{
    struct reading reading = {.id = id};

    assert_int_equal(in_tx(load, &reading), ERR_OK);
    if (!reading.err)
        *practice = reading.practice;
    return reading.err;
}

static void test_defaults(void **state)
{
    struct practice practice = made("p-1", NULL);

    (void)state;
    assert_int_equal(saved(NULL, &practice), ERR_OK);
    struct practice back = {0};
    assert_int_equal(loaded("p-1", &back), ERR_OK);
    must(back.booking_rules);
    assert_int_equal(back.booking_rules->slot_minutes, 15);
    assert_int_equal(back.booking_rules->min_notice_minutes, 120);
    assert_int_equal(back.booking_rules->max_advance_days, 42);
    assert_int_equal(back.booking_rules->cancel_cutoff_minutes, 0);
    assert_int_equal(back.services, TYPES_ALL);
    assert_int_equal(back.nation, NATION_ENGLAND);
    assert_int_equal(back.status, PRACTICE_ACTIVE);
    assert_non_null(back.opening_hours);
    assert_true(isnan(back.latitude));
    assert_int_equal(loaded("p-2", &back), ERR_NOT_FOUND);
    assert_int_equal(saved(NULL, &practice), ERR_CONFLICT);
}

static void test_ods_code(void **state)
{
    struct practice one = made("p-1", "AAA1");
    struct practice two = made("p-2", "AAA1");
    struct practice moved;

    (void)state;
    assert_int_equal(saved(NULL, &one), ERR_OK);
    assert_int_equal(saved(NULL, &two), ERR_ODS_CODE_TAKEN);
    assert_int_equal(loaded("p-2", &two), ERR_NOT_FOUND);
    moved = one;
    moved.ods_code = "BBB2";
    assert_int_equal(saved(&one, &moved), ERR_OK);
    assert_int_equal(saved(NULL, &two), ERR_OK);
    one = moved;
    moved.ods_code = NULL;
    assert_int_equal(saved(&one, &moved), ERR_OK);
    one = two;
    two.ods_code = "BBB2";
    assert_int_equal(saved(&one, &two), ERR_OK);
}

/* Days are made again only when something that they are made from has changed. */
static void test_sessions_version(void **state)
{
    static struct interval morning = {540, 720};
    struct practice before = made("p-1", NULL);
    struct practice after;

    (void)state;
    assert_int_equal(saved(NULL, &before), ERR_OK);
    after = before;
    after.name = "Another name";
    after.accepts_walk_ins = TRUTH_YES;
    assert_int_equal(saved(&before, &after), ERR_OK);
    assert_int_equal(after.sessions_version, before.sessions_version);
    before = after;
    struct opening_hours hours = *before.opening_hours;
    hours.day[2] = (struct list){&morning, 1};
    after.opening_hours = &hours;
    assert_int_equal(saved(&before, &after), ERR_OK);
    assert_int_equal(after.sessions_version, before.sessions_version + 1);
    before = after;
    after.services = TYPE_BIT(APPOINTMENT_URGENT);
    assert_int_equal(saved(&before, &after), ERR_OK);
    before = after;
    after.nation = NATION_WALES;
    assert_int_equal(saved(&before, &after), ERR_OK);
    assert_int_equal(loaded("p-1", &before), ERR_OK);
    assert_int_equal(before.sessions_version, 4);
}

struct listing {
    const char *after;
    size_t limit;
    struct practice *practices;
    size_t count;
    bool more;
};

static enum err list(struct tx *tx, void *arg)
{
    struct listing *listing = arg;
    return practice_list(tx, listing->after, listing->limit, &listing->practices, &listing->count,
                         &listing->more);
}

static enum err break_row(struct tx *tx, void *arg)
{
    struct key key = {.table = TABLE_PRACTICE_LIST, .part = "all", .sort = arg};
    return tx_put(tx, &key, NULL, (struct span){(const uint8_t *)"no row", 6});
}

static void test_list(void **state)
{
    static char broken[] = "p-2";
    struct listing listing = {.limit = 2};

    (void)state;
    for (const char *const *id = (const char *const[]){"p-1", "p-2", "p-3", NULL}; *id; id++) {
        struct practice practice = made(*id, NULL);
        assert_int_equal(saved(NULL, &practice), ERR_OK);
    }
    assert_int_equal(in_tx(list, &listing), ERR_OK);
    assert_int_equal(listing.count, 2);
    assert_true(listing.more);
    listing = (struct listing){.limit = 2, .after = "p-2"};
    assert_int_equal(in_tx(list, &listing), ERR_OK);
    assert_int_equal(listing.count, 1);
    assert_false(listing.more);
    assert_string_equal(listing.practices[0].name, "p-3");
    assert_int_equal(in_tx(break_row, broken), ERR_OK);
    listing = (struct listing){.limit = LIST_MAX};
    assert_int_equal(in_tx(list, &listing), ERR_OK);
    assert_int_equal(listing.count, 3);
    assert_string_equal(listing.practices[1].practice_id, "p-2");
    assert_int_equal(listing.practices[1].status, 0);
    assert_int_equal(listing.practices[2].status, PRACTICE_ACTIVE);
}

/* ---- sessions ---- */

static struct session session_made(const char *id, struct practitioner *practitioner)
{
    struct practice practice = made("p-1", NULL);
    struct session session;

    session_init(&session);
    session.session_id = id;
    session.practice_id = "p-1";
    session.weekday = WEEKDAY_MONDAY;
    session.from = 540;
    session.until = 600;
    session.practitioner = practitioner;
    assert_int_equal(session_complete(arena, &practice, &session), ERR_OK);
    return session;
}

static enum err save_session(struct tx *tx, void *arg)
{
    return session_save(tx, arg);
}

struct sessions {
    struct session *list;
    size_t count;
    bool brief;
};

static enum err list_sessions(struct tx *tx, void *arg)
{
    struct sessions *sessions = arg;
    return sessions->brief ? session_list_brief(tx, "p-1", &sessions->list, &sessions->count)
                           : session_list(tx, "p-1", &sessions->list, &sessions->count);
}

static enum err delete_session(struct tx *tx, void *arg)
{
    return session_delete(tx, "p-1", arg);
}

static enum err load_session(struct tx *tx, void *arg)
{
    return session_load(tx, "p-1", "s-2", arg);
}

static void test_sessions(void **state)
{
    static char first[] = "s-1";
    struct practitioner doctor = {.practitioner_id = "dr-a", .name = "Dr A", .role = "GP"};
    struct practitioner renamed = {.practitioner_id = "dr-a", .name = "Dr A. B."};
    struct session one = session_made("s-1", &doctor);
    struct session two = session_made("s-2", &renamed);
    struct session back = {0};
    struct sessions sessions = {.brief = false};

    (void)state;
    assert_int_equal(in_tx(save_session, &one), ERR_OK);
    assert_int_equal(in_tx(save_session, &two), ERR_OK);
    assert_int_equal(in_tx(list_sessions, &sessions), ERR_OK);
    assert_int_equal(sessions.count, 2);
    assert_string_equal(sessions.list[0].practitioner->name, "Dr A. B.");
    assert_null(sessions.list[0].practitioner->role);
    assert_int_equal(sessions.list[0].slot_minutes, 15);
    assert_int_equal(sessions.list[0].capacity, 1);
    sessions.brief = true;
    assert_int_equal(in_tx(list_sessions, &sessions), ERR_OK);
    assert_string_equal(sessions.list[1].practitioner->practitioner_id, "dr-a");
    assert_null(sessions.list[1].practitioner->name);
    assert_int_equal(in_tx(load_session, &back), ERR_OK);
    assert_string_equal(back.practitioner->name, "Dr A. B.");
    assert_int_equal(in_tx(delete_session, first), ERR_OK);
    assert_int_equal(in_tx(list_sessions, &sessions), ERR_OK);
    assert_int_equal(sessions.count, 1);
}

/* Sorted, each day once. */
static void test_cancelled_dates(void **state)
{
    struct session_date dates[] = {{30}, {10}, {30}, {20}, {10}};
    struct practice practice = made("p-1", NULL);
    struct session session = session_made("s-1", NULL);

    (void)state;
    session.cancelled_dates = (struct list){dates, 5};
    assert_int_equal(session_complete(arena, &practice, &session), ERR_OK);
    const struct session_date *sorted = session.cancelled_dates.items;
    assert_int_equal(session.cancelled_dates.count, 3);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(sorted[i].date, 10 * (i + 1));
}

/* ---- postcodes, bank holidays ---- */

static enum err postcodes(struct tx *tx, void *arg)
{
    double latitude = 0;
    double longitude = 0;

    (void)arg;
    assert_int_equal(postcode_load(tx, "LS1 4AP", &latitude, &longitude), ERR_NOT_FOUND);
    assert_int_equal(postcode_save(tx, "LS1 4AP", 53.7997123456, -1.5492), ERR_OK);
    assert_int_equal(postcode_load(tx, "LS1 4AP", &latitude, &longitude), ERR_OK);
    assert_true(fabs(latitude - 53.799712) < 1e-9 && fabs(longitude + 1.5492) < 1e-9);
    assert_int_equal(postcode_save(tx, "LS1 4AP", -90, 180), ERR_OK);
    assert_int_equal(postcode_load(tx, "LS1 4AP", &latitude, &longitude), ERR_OK);
    assert_true(latitude <= -90 && longitude >= 180);
    return ERR_OK;
}

static void test_postcodes(void **state)
{
    (void)state;
    assert_int_equal(in_tx(postcodes, NULL), ERR_OK);
}

static enum err holidays(struct tx *tx, void *arg)
{
    struct bank_holiday_row row = {NATION_SCOTLAND, days_from_civil(2027, 6, 1), "A day", NULL};
    struct bank_holiday_corrections corrections = {.rows = {&row, 1}};
    struct bank_holiday_corrections back = {0};
    int64_t version;

    (void)arg;
    assert_int_equal(bank_holidays_version(tx, &version), ERR_OK);
    assert_int_equal(version, 0);
    assert_int_equal(bank_holidays_load(tx, &back), ERR_OK);
    assert_int_equal(back.rows.count, 0);
    for (int64_t i = 1; i <= 2; i++) {
        assert_int_equal(bank_holidays_save(tx, &corrections), ERR_OK);
        assert_int_equal(bank_holidays_version(tx, &version), ERR_OK);
        assert_int_equal(version, i);
    }
    assert_int_equal(bank_holidays_load(tx, &back), ERR_OK);
    assert_int_equal(back.rows.count, 1);
    const struct bank_holiday_row *found = back.rows.items;
    assert_int_equal(found->date, row.date);
    assert_string_equal(found->title, "A day");
    return ERR_OK;
}

static void test_holidays(void **state)
{
    (void)state;
    assert_int_equal(in_tx(holidays, NULL), ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults), TEST(test_ods_code),        TEST(test_sessions_version), TEST(test_list),
        TEST(test_sessions), TEST(test_cancelled_dates), TEST(test_postcodes),        TEST(test_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
