/* day_test.c - booking into a day and looking for free slots: errors, choices, moves, families, and days too
 * large for brute force. What fits in general is judged in day_property_test.c. */
#include "base/time.h"
#include "domain/day.h"
#include "domain/fit.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY          INT64_C(1795564800000) /* 2026-11-25 00:00 */
#define HM(h, m)     (DAY + ((h)*60 + (m)) * MINUTE_MS)

enum { ROUTINE = APPOINTMENT_ROUTINE, URGENT = APPOINTMENT_URGENT, VACCINATION = APPOINTMENT_VACCINATION };

static struct arena *arena;
static struct day_session sessions[DAY_SESSIONS_MAX];
static struct day day;

static int day_setup(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    day = (struct day){.practice_id = "p", .sessions = sessions};
    return arena ? 0 : -1;
}

static int day_teardown(void **state)
{
    (void)state;
    arena_fail_after(0);
    arena_free(arena);
    return 0;
}

static struct day_session *session(const char *id, int64_t start_ms, int64_t end_ms, uint32_t services)
{
    struct day_session *made = &sessions[day.session_count++];
    *made = (struct day_session){.session_id = id,
                                 .start_ms = start_ms,
                                 .end_ms = end_ms,
                                 .slot_minutes = 15,
                                 .capacity = 1,
                                 .services = services,
                                 .delivery_channel = CHANNEL_IN_PERSON};
    return made;
}

static struct day_entry entry(const char *id, int64_t start_ms, int32_t type)
{
    return (struct day_entry){.appointment_id = id,
                              .start_ms = start_ms,
                              .type = type,
                              .status = STATUS_BOOKED,
                              .expires_at = INSTANT_NONE,
                              .session = ENTRY_NO_SESSION};
}

static enum err book(const char *id, int64_t start_ms, int32_t type)
{
    struct day_entry added = entry(id, start_ms, type);
    return day_add(&day, &added, arena);
}

static const char *seat(const char *id)
{
    const struct day_entry *found = day_find(&day, id);
    assert_non_null(found);
    return found->session == ENTRY_NO_SESSION ? "-" : day.sessions[found->session].session_id;
}

/* ---- errors ---- */

static void an_empty_day_says_why(void **state)
{
    (void)state;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OUTSIDE_SESSION);
    day.closed = CLOSED_CLOSURE;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_PRACTICE_CLOSED);
    day.closed = CLOSED_NO_HOURS;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_PRACTICE_CLOSED);
    day.closed = CLOSED_BANK_HOLIDAY;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_BANK_HOLIDAY);
}

static void each_rule_has_its_error(void **state)
{
    static const struct {
        int64_t start_ms;
        int32_t type, channel, minutes;
        const char *practitioner_id;
        enum err expected;
    } cases[] = {
        {HM(8, 45), ROUTINE, 0, 0, NULL, ERR_OUTSIDE_SESSION},
        {HM(12, 10), ROUTINE, 0, 0, NULL, ERR_OUTSIDE_SESSION},
        {INT64_MIN + 1, ROUTINE, 0, 0, NULL, ERR_OUTSIDE_SESSION},
        {INT64_MAX, ROUTINE, 0, 0, NULL, ERR_OUTSIDE_SESSION},
        {HM(9, 0), VACCINATION, 0, 0, NULL, ERR_TYPE_NOT_OFFERED},
        {HM(9, 0), 0, 0, 0, NULL, ERR_TYPE_NOT_OFFERED},
        {HM(9, 0), 99, 0, 0, NULL, ERR_TYPE_NOT_OFFERED},
        {HM(9, 0), ROUTINE, CHANNEL_VIDEO, 0, NULL, ERR_CHANNEL_NOT_OFFERED},
        {HM(9, 0), ROUTINE, CHANNEL_IN_PERSON, 0, "dr-2", ERR_PRACTITIONER_NOT_THERE},
        {HM(9, 5), ROUTINE, CHANNEL_IN_PERSON, 0, "dr-1", ERR_OFF_SLOT},
        {HM(9, 0) + 1, ROUTINE, 0, 0, NULL, ERR_OFF_SLOT},
        {HM(9, 0) + 1000, ROUTINE, 0, 0, NULL, ERR_OFF_SLOT},
        {HM(9, 0), ROUTINE, 0, 20, NULL, ERR_DURATION},
        {HM(9, 0), ROUTINE, 0, 5, NULL, ERR_DURATION},
        {HM(9, 0), ROUTINE, 0, -15, NULL, ERR_DURATION},
        {HM(9, 0), ROUTINE, 0, INT32_MAX, NULL, ERR_DURATION},
        {HM(11, 45), ROUTINE, 0, 30, NULL, ERR_DURATION},
        {HM(12, 0), ROUTINE, 0, 0, NULL, ERR_DURATION}, /* ten minutes are left, which is no slot */
        {HM(9, 0), ROUTINE, CHANNEL_IN_PERSON, 30, "dr-1", ERR_OK},
    };
    (void)state;

    session("s", HM(9, 0), HM(12, 10), TYPE_BIT(ROUTINE))->practitioner_id = "dr-1";
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct day_entry added = entry("a", cases[i].start_ms, cases[i].type);
        const struct day before = day;
        added.channel = cases[i].channel;
        added.duration_minutes = cases[i].minutes;
        added.practitioner_id = cases[i].practitioner_id;
        enum err got = day_add(&day, &added, arena);
        if (got != cases[i].expected)
            fail_msg("case %zu: %s", i, err_info(got)->code);
        if (got) {
            assert_memory_equal(&day, &before, sizeof day);
            assert_int_equal(added.session, ENTRY_NO_SESSION);
        }
    }
}

/* The session that comes closest decides: here the second, which has the type but not the boundary. */
static void the_most_telling_error_is_given(void **state)
{
    (void)state;
    session("a", HM(9, 0), HM(12, 0), TYPE_BIT(VACCINATION));
    session("b", HM(9, 5), HM(12, 0), TYPE_BIT(ROUTINE));
    assert_int_equal(book("x", HM(9, 15), ROUTINE), ERR_OFF_SLOT);
    assert_int_equal(book("x", HM(9, 15), URGENT), ERR_TYPE_NOT_OFFERED);
    assert_int_equal(book("x", HM(8, 0), URGENT), ERR_OUTSIDE_SESSION);
}

static void a_full_slot_is_unavailable(void **state)
{
    (void)state;
    session("s", HM(9, 0), HM(10, 0), TYPES_ALL)->capacity = 2;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("b", HM(9, 0), URGENT), ERR_OK);
    assert_int_equal(book("c", HM(9, 0), ROUTINE), ERR_SLOT_UNAVAILABLE);
    assert_int_equal(book("c", HM(9, 15), ROUTINE), ERR_OK);
}

static void a_day_holds_only_so_many(void **state)
{
    static char ids[DAY_ENTRIES_MAX][8];
    static struct day_entry entries[DAY_ENTRIES_MAX];
    const struct want want = {.type = ROUTINE};
    struct slot *slots;
    size_t count;
    (void)state;

    session("s", HM(0, 0), HM(24, 0), TYPES_ALL)->capacity = 500;
    for (int i = 0; i < DAY_ENTRIES_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%04d", i % 10000);
        entries[i] = entry(ids[i], HM(0, 15 * (i / 60)), ROUTINE);
        entries[i].duration_minutes = 15;
        entries[i].channel = CHANNEL_IN_PERSON;
        entries[i].session = 0;
    }
    day.entries = entries;
    day.entry_count = DAY_ENTRIES_MAX - 3;
    assert_int_equal(day_slots(&day, &want, DAY, DAY + DAY_MS, 1, arena, &slots, &count), ERR_OK);
    assert_int_equal(count, 96);
    assert_int_equal(slots[0].available, 3);
    day.entry_count = DAY_ENTRIES_MAX;
    assert_int_equal(book("x", HM(23, 0), ROUTINE), ERR_DAY_FULL_UP);
    assert_int_equal(day_slots(&day, &want, DAY, DAY + DAY_MS, 1, arena, &slots, &count), ERR_OK);
    assert_int_equal(count, 0);
    day_remove(&day, "0000");
    assert_int_equal(book("x", HM(23, 0), ROUTINE), ERR_OK);
}

/* ---- choices ---- */

static void what_is_left_open_is_filled_in(void **state)
{
    struct day_entry added = entry("a", HM(9, 0), ROUTINE);
    (void)state;

    session("long", HM(9, 0), HM(10, 0), TYPES_ALL)->slot_minutes = 30;
    session("phone", HM(9, 0), HM(10, 0), TYPES_ALL)->delivery_channel = CHANNEL_TELEPHONE;
    session("video", HM(9, 0), HM(10, 0), TYPES_ALL)->delivery_channel = CHANNEL_VIDEO;

    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_int_equal(added.channel, CHANNEL_TELEPHONE);
    assert_int_equal(added.duration_minutes, 15);
    assert_string_equal(seat("a"), "phone");
    added = entry("b", HM(9, 0), ROUTINE);
    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_string_equal(seat("b"), "video");
    added = entry("c", HM(9, 0), ROUTINE);
    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_int_equal(added.channel, CHANNEL_IN_PERSON);
    assert_int_equal(added.duration_minutes, 30);
    assert_int_equal(book("d", HM(9, 0), ROUTINE), ERR_SLOT_UNAVAILABLE);
}

static void a_length_that_was_asked_for_may_be_several_slots(void **state)
{
    struct day_entry added = entry("a", HM(9, 0), ROUTINE);
    (void)state;

    session("long", HM(9, 0), HM(10, 0), TYPES_ALL)->slot_minutes = 20;
    session("short", HM(9, 0), HM(10, 0), TYPES_ALL);
    added.duration_minutes = 45;
    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_string_equal(seat("a"), "short");
    assert_int_equal(book("b", HM(9, 15), ROUTINE), ERR_SLOT_UNAVAILABLE);
    assert_int_equal(book("c", HM(9, 45), ROUTINE), ERR_OK);
    assert_string_equal(seat("c"), "short");
}

static void the_session_that_can_do_less_is_used_first(void **state)
{
    (void)state;
    session("all", HM(9, 0), HM(10, 0), TYPES_ALL);
    session("few", HM(9, 0), HM(10, 0), TYPE_BIT(ROUTINE));
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    assert_string_equal(seat("a"), "few");
}

/* ---- making room ---- */

static void others_are_moved_to_make_room(void **state)
{
    (void)state;
    session("a", HM(9, 0), HM(10, 0), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT));
    session("b", HM(9, 0), HM(10, 0), TYPE_BIT(URGENT) | TYPE_BIT(VACCINATION));
    session("c", HM(9, 0), HM(10, 0), TYPE_BIT(VACCINATION) | TYPE_BIT(APPOINTMENT_SCREENING));
    assert_int_equal(book("u", HM(9, 0), URGENT), ERR_OK);
    assert_string_equal(seat("u"), "a");
    assert_int_equal(book("v", HM(9, 0), VACCINATION), ERR_OK);
    assert_string_equal(seat("v"), "b");
    /* Only c is free: v moves there, u after it, and the routine one takes a. */
    assert_int_equal(book("r", HM(9, 0), ROUTINE), ERR_OK);
    assert_string_equal(seat("r"), "a");
    assert_string_equal(seat("u"), "b");
    assert_string_equal(seat("v"), "c");
    assert_int_equal(book("s", HM(9, 0), APPOINTMENT_SCREENING), ERR_SLOT_UNAVAILABLE);
}

static void who_asked_for_a_practitioner_is_not_moved_to_another(void **state)
{
    struct day_entry asked = entry("asked", HM(9, 0), ROUTINE);
    (void)state;

    session("ann", HM(9, 0), HM(10, 0), TYPES_ALL)->practitioner_id = "ann";
    session("bob", HM(9, 0), HM(10, 0), TYPES_ALL)->practitioner_id = "bob";
    assert_int_equal(book("any", HM(9, 0), ROUTINE), ERR_OK);
    assert_string_equal(seat("any"), "ann");
    asked.practitioner_id = "ann";
    assert_int_equal(day_add(&day, &asked, arena), ERR_OK);
    assert_string_equal(seat("asked"), "ann");
    assert_string_equal(seat("any"), "bob");
    struct day_entry too = entry("too", HM(9, 0), ROUTINE);
    too.practitioner_id = "bob";
    day_remove(&day, "any");
    assert_int_equal(day_add(&day, &too, arena), ERR_OK);
    assert_int_equal(book("any", HM(9, 0), ROUTINE), ERR_SLOT_UNAVAILABLE);
}

static void nobody_is_moved_to_another_channel(void **state)
{
    struct day_entry added = entry("b", HM(9, 0), ROUTINE);
    (void)state;

    session("here", HM(9, 0), HM(10, 0), TYPES_ALL);
    session("phone", HM(9, 0), HM(10, 0), TYPES_ALL)->delivery_channel = CHANNEL_TELEPHONE;
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    added.channel = CHANNEL_IN_PERSON;
    assert_int_equal(day_add(&day, &added, arena), ERR_SLOT_UNAVAILABLE);
}

/* One long appointment makes way for two short ones, and sits in front of nobody whom it does not disturb. */
static void a_long_one_makes_way(void **state)
{
    struct day_entry added = entry("long", HM(9, 0), ROUTINE);
    (void)state;

    session("a", HM(9, 0), HM(11, 0), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT));
    session("b", HM(9, 0), HM(11, 0), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT) | TYPE_BIT(VACCINATION));
    added.duration_minutes = 60;
    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_string_equal(seat("long"), "a");
    assert_int_equal(book("bystander", HM(10, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("v1", HM(9, 0), VACCINATION), ERR_OK);
    day_remove(&day, "v1");
    added = entry("other", HM(9, 30), ROUTINE);
    added.duration_minutes = 30;
    assert_int_equal(day_add(&day, &added, arena), ERR_OK);
    assert_string_equal(seat("other"), "b");
    assert_int_equal(book("v2", HM(9, 30), VACCINATION), ERR_SLOT_UNAVAILABLE);
    assert_int_equal(book("v1", HM(9, 15), VACCINATION), ERR_OK);
    assert_string_equal(seat("bystander"), "a");
}

/* ---- moving, leaving, expiring ---- */

static void the_same_id_is_moved_in_one_step(void **state)
{
    (void)state;
    session("s", HM(9, 0), HM(10, 0), TYPES_ALL);
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("b", HM(9, 15), ROUTINE), ERR_OK);
    assert_int_equal(book("a", HM(9, 15), ROUTINE), ERR_SLOT_UNAVAILABLE);
    assert_int_equal(day_find(&day, "a")->start_ms, HM(9, 0));
    struct day_entry longer = entry("a", HM(9, 30), ROUTINE);
    longer.duration_minutes = 30;
    assert_int_equal(day_add(&day, &longer, arena), ERR_OK);
    assert_int_equal(day.entry_count, 2);
    assert_string_equal(day.entries[1].appointment_id, "a");
    longer.start_ms = HM(9, 30);
    assert_int_equal(book("a", HM(9, 30), URGENT), ERR_OK);
    assert_int_equal(day_find(&day, "a")->type, URGENT);
}

static void entries_are_sorted_by_start_and_id(void **state)
{
    (void)state;
    session("s", HM(9, 0), HM(10, 0), TYPES_ALL)->capacity = 5;
    assert_int_equal(book("b", HM(9, 15), ROUTINE), ERR_OK);
    assert_int_equal(book("c", HM(9, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("a", HM(9, 15), ROUTINE), ERR_OK);
    assert_string_equal(day.entries[0].appointment_id, "c");
    assert_string_equal(day.entries[1].appointment_id, "a");
    assert_string_equal(day.entries[2].appointment_id, "b");
    assert_ptr_equal(day_find(&day, "a"), &day.entries[1]);
    assert_null(day_find(&day, "x"));
    day_remove(&day, "x");
    assert_int_equal(day.entry_count, 3);
}

static void a_hold_expires_at_its_time(void **state)
{
    struct day_entry hold = entry("hold", HM(9, 0), ROUTINE);
    (void)state;

    session("s", HM(9, 0), HM(10, 0), TYPES_ALL);
    hold.status = STATUS_PENDING;
    hold.expires_at = HM(8, 0);
    assert_int_equal(day_add(&day, &hold, arena), ERR_OK);
    assert_int_equal(book("booked", HM(9, 15), ROUTINE), ERR_OK);
    day_find(&day, "booked")->expires_at = HM(8, 0);
    day_expire(&day, HM(8, 0) - 1);
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_SLOT_UNAVAILABLE);
    day_expire(&day, HM(8, 0));
    assert_int_equal(day.entry_count, 1);
    assert_non_null(day_find(&day, "booked"));
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
}

static void who_had_no_place_takes_the_one_that_becomes_free(void **state)
{
    struct day_entry hold = entry("hold", HM(9, 30), ROUTINE);
    (void)state;

    session("s", HM(9, 0), HM(10, 0), TYPES_ALL);
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("b", HM(9, 15), ROUTINE), ERR_OK);
    hold.status = STATUS_PENDING;
    hold.expires_at = HM(8, 0);
    assert_int_equal(day_add(&day, &hold, arena), ERR_OK);
    sessions[0].capacity = 2;
    struct day_entry longer = entry("long", HM(9, 0), ROUTINE);
    longer.duration_minutes = 45;
    assert_int_equal(day_add(&day, &longer, arena), ERR_OK);
    /* Staff take a place away. */
    sessions[0].capacity = 1;
    day_find(&day, "long")->session = ENTRY_NO_SESSION;

    day_remove(&day, "a");
    assert_string_equal(seat("long"), "-");
    day_remove(&day, "b");
    assert_string_equal(seat("long"), "-");
    day_expire(&day, HM(8, 0));
    assert_string_equal(seat("long"), "s");
    assert_int_equal(book("c", HM(9, 30), ROUTINE), ERR_SLOT_UNAVAILABLE);
    assert_int_equal(book("c", HM(9, 45), ROUTINE), ERR_OK);
}

/* ---- free slots ---- */

static const char *free_slots(const struct want *want, int64_t from_ms, int64_t until_ms, int64_t consecutive)
{
    static char text[2000];
    struct slot *slots;
    size_t count;

    assert_int_equal(day_slots(&day, want, from_ms, until_ms, consecutive, arena, &slots, &count), ERR_OK);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        int start = (int)((slots[i].start_ms - DAY) / MINUTE_MS);
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d:%02d+%d=%d%c", i ? " " : "",
                       start / 60, start % 60, (int)((slots[i].end_ms - slots[i].start_ms) / MINUTE_MS),
                       (int)slots[i].available, "?ptvh"[slots[i].channel]);
    }
    return text;
}

#define EXPECT_SLOTS(expected, ...)                                                                          \
    assert_string_equal(free_slots(&(struct want){__VA_ARGS__}, DAY, DAY + DAY_MS, 1), expected)

static void sessions_are_merged_by_start_length_and_channel(void **state)
{
    (void)state;
    session("a", HM(9, 0), HM(9, 30), TYPES_ALL)->capacity = 2;
    session("b", HM(9, 15), HM(9, 45), TYPES_ALL);
    session("c", HM(9, 0), HM(9, 30), TYPES_ALL)->slot_minutes = 30;
    session("d", HM(9, 0), HM(9, 30), TYPES_ALL)->delivery_channel = CHANNEL_VIDEO;
    EXPECT_SLOTS("9:00+15=2p 9:00+15=1v 9:00+30=3p 9:15+15=3p 9:15+15=1v 9:30+15=1p", .type = ROUTINE);
    EXPECT_SLOTS("9:00+15=2p 9:00+15=1v 9:00+30=3p 9:15+15=3p 9:15+15=1v 9:30+15=1p", .type = 0);
    EXPECT_SLOTS("9:00+30=3p 9:00+30=1v 9:15+30=1p", .duration_minutes = 30);
    EXPECT_SLOTS("9:00+15=1v 9:15+15=1v", .channel = CHANNEL_VIDEO);
    EXPECT_SLOTS("", .duration_minutes = 20);
    EXPECT_SLOTS("", .duration_minutes = -15);
    EXPECT_SLOTS("", .type = 99);
    EXPECT_SLOTS("", .type = -1);
    EXPECT_SLOTS("", .practitioner_id = "dr-1");
}

static void only_starts_in_the_time_asked_for_are_listed(void **state)
{
    const struct want want = {.type = ROUTINE};
    (void)state;

    session("s", HM(9, 0), HM(10, 0), TYPES_ALL);
    assert_string_equal(free_slots(&want, HM(9, 15), HM(9, 45), 1), "9:15+15=1p 9:30+15=1p");
    assert_string_equal(free_slots(&want, HM(9, 15) + 1, HM(9, 45) + 1, 1), "9:30+15=1p 9:45+15=1p");
    assert_string_equal(free_slots(&want, HM(9, 45), HM(9, 45), 1), "");
    assert_string_equal(free_slots(&want, HM(10, 0), HM(12, 0), 1), "");
    assert_string_equal(free_slots(&want, HM(8, 0), HM(9, 0), 1), "");
}

static void a_family_needs_slots_one_after_the_other(void **state)
{
    const struct want want = {.type = ROUTINE};
    (void)state;

    session("s", HM(9, 0), HM(10, 0), TYPES_ALL);
    session("t", HM(10, 0), HM(10, 30), TYPES_ALL);
    assert_int_equal(book("a", HM(9, 15), ROUTINE), ERR_OK);
    assert_string_equal(free_slots(&want, DAY, DAY + DAY_MS, 2), "9:30+15=1p 9:45+15=1p 10:00+15=1p");
    assert_string_equal(free_slots(&want, DAY, DAY + DAY_MS, 4), "9:30+15=1p");
    assert_string_equal(free_slots(&want, DAY, DAY + DAY_MS, 5), "");
    assert_string_equal(free_slots(&want, DAY, HM(10, 0), 2), "9:30+15=1p 9:45+15=1p");
    assert_string_equal(free_slots(&want, DAY, HM(9, 45), 4), "9:30+15=1p");
    assert_string_equal(free_slots(&want, DAY, DAY + DAY_MS, INT64_MAX), "");
    assert_string_equal(free_slots(&want, DAY, HM(9, 15), 0), "9:00+15=1p");
}

static void places_that_moving_would_free_count(void **state)
{
    (void)state;
    session("a", HM(9, 0), HM(9, 15), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT));
    session("b", HM(9, 0), HM(9, 15), TYPE_BIT(URGENT) | TYPE_BIT(VACCINATION));
    assert_int_equal(book("u", HM(9, 0), URGENT), ERR_OK);
    assert_string_equal(seat("u"), "a");
    EXPECT_SLOTS("9:00+15=1p", .type = ROUTINE);
    EXPECT_SLOTS("9:00+15=1p", .type = VACCINATION);
    EXPECT_SLOTS("9:00+15=1p", .type = URGENT);
    assert_int_equal(book("r", HM(9, 0), ROUTINE), ERR_OK);
    EXPECT_SLOTS("", .type = 0);
}

static void for_any_type_the_best_one_counts(void **state)
{
    (void)state;
    session("a", HM(9, 0), HM(9, 15), TYPE_BIT(ROUTINE))->capacity = 2;
    session("b", HM(9, 0), HM(9, 15), TYPE_BIT(URGENT))->capacity = 3;
    EXPECT_SLOTS("9:00+15=3p", .type = 0);
    EXPECT_SLOTS("9:00+15=2p", .type = ROUTINE);
    sessions[1].services |= TYPE_BIT(ROUTINE);
    EXPECT_SLOTS("9:00+15=5p", .type = 0);
}

static void a_session_whose_numbers_make_no_sense_offers_nothing(void **state)
{
    static const struct day_session broken[] = {
        {.session_id = "", .start_ms = HM(9, 0), .end_ms = HM(9, 0), .slot_minutes = 15, .capacity = 1},
        {.session_id = "", .start_ms = HM(10, 0), .end_ms = HM(9, 0), .slot_minutes = 15, .capacity = 1},
        {.session_id = "", .start_ms = HM(9, 0), .end_ms = HM(10, 0), .slot_minutes = 0, .capacity = 1},
        {.session_id = "", .start_ms = HM(9, 0), .end_ms = HM(10, 0), .slot_minutes = -5, .capacity = 1},
        {.session_id = "", .start_ms = HM(9, 0), .end_ms = HM(10, 0), .slot_minutes = 15, .capacity = 0},
        {.session_id = "", .start_ms = HM(9, 0), .end_ms = HM(36, 0), .slot_minutes = 15, .capacity = 1},
        {.session_id = "", .start_ms = INT64_MIN, .end_ms = INT64_MAX, .slot_minutes = 15, .capacity = 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(broken); i++) {
        sessions[0] = broken[i];
        sessions[0].services = TYPES_ALL;
        sessions[0].delivery_channel = CHANNEL_IN_PERSON;
        day.session_count = 1;
        EXPECT_SLOTS("", .type = 0);
        assert_false(day_offers(&day, &(struct want){0}));
        assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OUTSIDE_SESSION);
    }
}

/* ---- what is offered ---- */

static void what_is_offered_does_not_depend_on_what_is_booked(void **state)
{
    (void)state;
    session("s", HM(9, 0), HM(9, 40), TYPE_BIT(ROUTINE))->practitioner_id = "dr-1";
    assert_int_equal(book("a", HM(9, 0), ROUTINE), ERR_OK);
    assert_int_equal(book("b", HM(9, 15), ROUTINE), ERR_OK);
    EXPECT_SLOTS("", .type = ROUTINE);
    assert_true(day_offers(&day, &(struct want){.type = ROUTINE}));
    assert_true(day_offers(&day, &(struct want){0}));
    assert_true(day_offers(&day, &(struct want){.practitioner_id = "dr-1", .duration_minutes = 30}));
    assert_false(day_offers(&day, &(struct want){.duration_minutes = 45}));
    assert_false(day_offers(&day, &(struct want){.duration_minutes = 20}));
    assert_false(day_offers(&day, &(struct want){.duration_minutes = -15}));
    assert_false(day_offers(&day, &(struct want){.type = URGENT}));
    assert_false(day_offers(&day, &(struct want){.type = -7}));
    assert_false(day_offers(&day, &(struct want){.channel = CHANNEL_VIDEO}));
    assert_false(day_offers(&day, &(struct want){.practitioner_id = "dr-2"}));

    day.date = london_date(DAY);
    bool offered = false; /* the session has two slots, and both are taken */
    assert_int_equal(day_offers_consecutive(&day, &(struct want){0}, 2, arena, &offered), ERR_OK);
    assert_true(offered);
    assert_int_equal(day_offers_consecutive(&day, &(struct want){0}, 3, arena, &offered), ERR_OK);
    assert_false(offered);
}

/* ---- large days ---- */

/* A vaccination centre: two hundred at once, one path through many sessions makes the last place. */
static void large_sessions_are_filled_to_the_last_place(void **state)
{
    static char ids[1100][8];
    int count = 0;
    (void)state;

    for (int i = 0; i < 9; i++) {
        uint32_t services = TYPE_BIT(1 + i) | TYPE_BIT(1 + (i + 1) % 9);
        session("s", HM(9, 0), HM(9, 15), services)->capacity = 100;
    }
    /* Each type fits into two sessions; together they fill all nine exactly. */
    for (int type = 1; type <= 9; type++) {
        for (int i = 0; i < 100; i++, count++) {
            (void)snprintf(ids[count], sizeof ids[count], "a%04d", count % 10000);
            assert_int_equal(book(ids[count], HM(9, 0), type), ERR_OK);
        }
    }
    assert_int_equal(day.entry_count, 900);
    assert_int_equal(book("x", HM(9, 0), 1), ERR_SLOT_UNAVAILABLE);
    day_remove(&day, ids[899]);
    for (int type = 1; type <= 9; type++)
        EXPECT_SLOTS("9:00+15=1p", .type = type);
}

static void expect_nobody_too_many(void)
{
    static int taken[DAY_SESSIONS_MAX][288];
    const int ticks = 5;

    memset(taken, 0, sizeof taken);
    for (size_t i = 0; i < day.entry_count; i++) {
        const struct day_entry *each = &day.entries[i];
        int first = (int)((each->start_ms - DAY) / (ticks * MINUTE_MS));
        assert_true(sessions[each->session].services & TYPE_BIT(each->type));
        for (int t = first; t < first + each->duration_minutes / ticks; t++)
            assert_true(++taken[each->session][t] <= sessions[each->session].capacity);
    }
}

/* More mixed lengths than the search keeps ways for: it may say no where a yes exists, but what it seats is
 * right. */
static void past_the_bounds_nothing_is_overbooked(void **state)
{
    static char ids[1500][8];
    static struct day_entry entries[COUNT(ids)];
    struct arena_mark mark = arena_mark(arena);
    (void)state;

    for (int i = 0; i < 8; i++) {
        struct day_session *made =
            session("s", HM(9, 0), HM(13, 0), TYPE_BIT(1 + i) | TYPE_BIT(1 + (i + 3) % 9));
        made->slot_minutes = 5;
        made->capacity = 4;
    }
    for (int i = 0; i < (int)COUNT(ids); i++) {
        (void)snprintf(ids[i], sizeof ids[i], "a%04d", i % 10000);
        struct day_entry added = entry(ids[i], HM(9, 5 * ((i * 7) % 44)), 1 + (i * 5) % 9);
        added.duration_minutes = 5 * (1 + (i * 11) % 4);
        enum err e = day_add(&day, &added, arena);
        assert_true(e == ERR_OK || e == ERR_SLOT_UNAVAILABLE);
        memcpy(entries, day.entries, day.entry_count * sizeof entries[0]);
        day.entries = entries;
        arena_reset(arena, mark);
    }
    expect_nobody_too_many();
    /* 614 would fill every minute. */
    assert_true(day.entry_count >= 500);
}

static void without_memory_nothing_changes(void **state)
{
    unsigned failed = 0;
    (void)state;

    session("a", HM(9, 0), HM(10, 0), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT));
    session("b", HM(9, 0), HM(10, 0), TYPE_BIT(URGENT) | TYPE_BIT(VACCINATION));
    assert_int_equal(book("u", HM(9, 0), URGENT), ERR_OK);
    struct day_entry longer = entry("long", HM(9, 0), URGENT);
    longer.duration_minutes = 30;
    assert_int_equal(day_add(&day, &longer, arena), ERR_OK);
    for (unsigned nth = 1; nth < 100; nth++) {
        const struct day before = day;
        arena_fail_after(nth);
        enum err e = book("r", HM(9, 15), strcmp(seat("long"), "a") == 0 ? ROUTINE : VACCINATION);
        arena_fail_after(0);
        if (!e)
            break;
        assert_int_equal(e, ERR_MEMORY);
        assert_memory_equal(&before, &day, sizeof day);
        failed++;
    }
    assert_true(failed >= 8 && failed < 99);
}

static void without_memory_there_are_no_slots(void **state)
{
    const struct want want = {.type = ROUTINE};
    unsigned failed = 0;
    (void)state;

    session("a", HM(9, 0), HM(10, 0), TYPE_BIT(ROUTINE) | TYPE_BIT(URGENT));
    session("b", HM(9, 0), HM(10, 0), TYPE_BIT(URGENT) | TYPE_BIT(VACCINATION));
    assert_int_equal(book("u", HM(9, 0), URGENT), ERR_OK);
    for (unsigned nth = 1; nth < 100; nth++) {
        struct slot *slots = NULL;
        size_t count = 77;
        arena_fail_after(nth);
        enum err e = day_slots(&day, &want, DAY, DAY + DAY_MS, 2, arena, &slots, &count);
        arena_fail_after(0);
        if (!e)
            break;
        assert_int_equal(e, ERR_MEMORY);
        assert_null(slots);
        assert_int_equal(count, 77);
        failed++;
    }
    assert_true(failed >= 8 && failed < 99);
}

int main(void)
{
#define WITH_DAY(test) cmocka_unit_test_setup_teardown(test, day_setup, day_teardown)
    const struct CMUnitTest tests[] = {
        WITH_DAY(an_empty_day_says_why),
        WITH_DAY(each_rule_has_its_error),
        WITH_DAY(the_most_telling_error_is_given),
        WITH_DAY(a_full_slot_is_unavailable),
        WITH_DAY(a_day_holds_only_so_many),
        WITH_DAY(what_is_left_open_is_filled_in),
        WITH_DAY(a_length_that_was_asked_for_may_be_several_slots),
        WITH_DAY(the_session_that_can_do_less_is_used_first),
        WITH_DAY(others_are_moved_to_make_room),
        WITH_DAY(who_asked_for_a_practitioner_is_not_moved_to_another),
        WITH_DAY(nobody_is_moved_to_another_channel),
        WITH_DAY(a_long_one_makes_way),
        WITH_DAY(the_same_id_is_moved_in_one_step),
        WITH_DAY(entries_are_sorted_by_start_and_id),
        WITH_DAY(a_hold_expires_at_its_time),
        WITH_DAY(who_had_no_place_takes_the_one_that_becomes_free),
        WITH_DAY(sessions_are_merged_by_start_length_and_channel),
        WITH_DAY(only_starts_in_the_time_asked_for_are_listed),
        WITH_DAY(a_family_needs_slots_one_after_the_other),
        WITH_DAY(places_that_moving_would_free_count),
        WITH_DAY(for_any_type_the_best_one_counts),
        WITH_DAY(a_session_whose_numbers_make_no_sense_offers_nothing),
        WITH_DAY(what_is_offered_does_not_depend_on_what_is_booked),
        WITH_DAY(large_sessions_are_filled_to_the_last_place),
        WITH_DAY(past_the_bounds_nothing_is_overbooked),
        WITH_DAY(without_memory_nothing_changes),
        WITH_DAY(without_memory_there_are_no_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
