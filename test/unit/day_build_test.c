/* day_build_test.c - the sessions of a date: from records, from opening hours, over midnight, on bank
 * holidays and closures, and when the clocks change; and what becomes of the entries when they change. */
#include "base/time.h"
#include "domain/day.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define LIST(array)    ((struct list){(array), COUNT(array)})
#define HM(hour, part) ((hour)*60 + (part))

/* ---- a practice to build days of ---- */

static struct arena *arena;
static struct practice practice;
static struct opening_hours hours;
static struct booking_rules rules;
static struct day day;

static int practice_setup(void **state)
{
    (void)state;
    arena = arena_new(8 << 20);
    hours = (struct opening_hours){0};
    rules = BOOKING_RULES_DEFAULT;
    practice = (struct practice){.practice_id = "practice-1",
                                 .nation = NATION_ENGLAND,
                                 .opening_hours = &hours,
                                 .booking_rules = &rules,
                                 .status = PRACTICE_ACTIVE,
                                 .sessions_version = 7};
    return arena ? 0 : -1;
}

static int practice_teardown(void **state)
{
    (void)state;
    arena_fail_after(0);
    arena_free(arena);
    return 0;
}

static int32_t date_of(const char *text)
{
    int32_t date;
    assert_int_equal(date_parse(text, strlen(text), &date), ERR_OK);
    return date;
}

static int64_t at(const char *text)
{
    int64_t ms;
    assert_int_equal(instant_parse(text, strlen(text), &ms), ERR_OK);
    return ms;
}

static struct session weekly(int32_t weekday, int32_t from, int32_t until)
{
    return (struct session){
        .session_id = "s1",
        .practice_id = "practice-1",
        .weekday = weekday,
        .date = DATE_NONE,
        .first_date = DATE_NONE,
        .last_date = DATE_NONE,
        .from = from,
        .until = until,
        .slot_minutes = 15,
        .capacity = 1,
        .delivery_channel = CHANNEL_IN_PERSON,
        .status = SESSION_ACTIVE,
    };
}

static struct session dated(const char *date, int32_t from, int32_t until)
{
    struct session session = weekly(0, from, until);
    session.date = date_of(date);
    return session;
}

/* The sessions of a date in UTC, as "09:00-12:00 13:00-18:00". */
static const char *built(const char *date, const struct session *sessions, size_t count)
{
    static char text[1000];
    char from[INSTANT_TEXT];
    char until[INSTANT_TEXT];

    assert_int_equal(day_build(&practice, sessions, count, NULL, date_of(date), NULL, arena, &day), ERR_OK);
    assert_int_equal(day.date, date_of(date));
    assert_int_equal(day.entry_count, 0);
    text[0] = '\0';
    for (size_t i = 0; i < day.session_count; i++) {
        instant_format(day.sessions[i].start_ms, from);
        instant_format(day.sessions[i].end_ms, until);
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.5s-%.5s", i ? " " : "",
                       from + 11, until + 11);
    }
    return text;
}

static size_t slots_of_day(void)
{
    const struct want want = {0};
    struct slot *slots;
    size_t count;

    assert_int_equal(day_slots(&day, &want, INT64_C(0), INT64_C(4102444800000), 1, arena, &slots, &count),
                     ERR_OK);
    return count;
}

#define EXPECT(date, sessions, expected) assert_string_equal(built(date, sessions, COUNT(sessions)), expected)
#define EXPECT_HOURS(date, expected)     assert_string_equal(built(date, NULL, 0), expected)

/* ---- opening hours ---- */

static void without_sessions_the_opening_hours_are_one(void **state)
{
    struct interval wednesday[] = {{HM(13, 30), HM(18, 0)}, {HM(8, 0), HM(12, 0)}};
    (void)state;

    hours.day[2] = LIST(wednesday);
    practice.services = TYPE_BIT(APPOINTMENT_ROUTINE) | TYPE_BIT(APPOINTMENT_URGENT);
    rules.slot_minutes = 20;
    EXPECT_HOURS("2026-11-25", "08:00-12:00 13:30-18:00");
    const struct day_session *session = &day.sessions[0];
    assert_string_equal(session->session_id, "");
    assert_int_equal(session->slot_minutes, 20);
    assert_int_equal(session->capacity, 1);
    assert_int_equal(session->services, practice.services);
    assert_int_equal(session->delivery_channel, CHANNEL_IN_PERSON);
    assert_null(session->practitioner_id);
    assert_string_equal(day.practice_id, "practice-1");
    assert_int_equal(day.sessions_version, 7);
    assert_int_equal(day.closed, CLOSED_NOT);
    EXPECT_HOURS("2026-11-26", "");
    assert_int_equal(day.closed, CLOSED_NO_HOURS);
}

static void a_practice_that_names_no_services_offers_all(void **state)
{
    struct interval wednesday[] = {{HM(8, 0), HM(12, 0)}};
    (void)state;

    hours.day[2] = LIST(wednesday);
    practice.booking_rules = NULL;
    EXPECT_HOURS("2026-11-25", "08:00-12:00");
    assert_int_equal(day.sessions[0].services, TYPES_ALL);
    assert_int_equal(day.sessions[0].slot_minutes, 15);
    practice.opening_hours = NULL;
    EXPECT_HOURS("2026-11-25", "");
    assert_int_equal(day.closed, CLOSED_NO_HOURS);
}

static void hours_past_midnight_are_cut(void **state)
{
    struct interval tuesday[] = {{HM(20, 0), HM(2, 0)}};
    struct interval wednesday[] = {{HM(22, 0), HM(22, 0)}};
    (void)state;

    hours.day[1] = LIST(tuesday);
    hours.day[2] = LIST(wednesday);
    EXPECT_HOURS("2026-11-24", "20:00-00:00");
    EXPECT_HOURS("2026-11-25", "00:00-02:00 22:00-00:00");
    EXPECT_HOURS("2026-11-26", "00:00-22:00");
    assert_int_equal(day.closed, CLOSED_NOT);
    EXPECT_HOURS("2026-11-27", "");
}

static void round_the_clock(void **state)
{
    struct interval whole[] = {{HM(0, 0), HM(24, 0)}};
    struct interval also_whole[] = {{HM(0, 0), HM(0, 0)}};
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = i % 2 ? LIST(whole) : LIST(also_whole);
    EXPECT_HOURS("2026-11-25", "00:00-00:00");
    assert_int_equal(slots_of_day(), 96);
    EXPECT_HOURS("2026-11-26", "00:00-00:00");
    assert_int_equal(slots_of_day(), 96);
}

/* Otherwise two people would be booked into the one place that a practice without sessions has. */
static void hours_that_overlap_count_once(void **state)
{
    struct interval tuesday[] = {{HM(20, 0), HM(9, 0)}};
    struct interval wednesday[] = {
        {HM(8, 0), HM(12, 0)}, {HM(11, 0), HM(13, 0)}, {HM(13, 0), HM(14, 0)}, {HM(11, 30), HM(12, 0)}};
    (void)state;

    hours.day[1] = LIST(tuesday);
    hours.day[2] = LIST(wednesday);
    EXPECT_HOURS("2026-11-25", "00:00-13:00 13:00-14:00");
}

static void hours_that_make_no_sense_give_nothing(void **state)
{
    struct interval wednesday[] = {
        {-5, 60}, {MINUTE_NONE, MINUTE_NONE}, {0, 1441}, {2000, 100}, {HM(9, 0), HM(10, 0)}};
    (void)state;

    hours.day[2] = LIST(wednesday);
    EXPECT_HOURS("2026-11-25", "09:00-10:00");
}

/* ---- session records ---- */

static void one_record_takes_the_place_of_the_hours(void **state)
{
    struct interval wednesday[] = {{HM(8, 0), HM(18, 0)}};
    struct session sessions[] = {weekly(WEEKDAY_MONDAY + 2, HM(9, 0), HM(10, 0))};
    (void)state;

    hours.day[2] = LIST(wednesday);
    hours.day[3] = LIST(wednesday);
    EXPECT("2026-11-25", sessions, "09:00-10:00");
    EXPECT("2026-11-26", sessions, "");
    assert_int_equal(day.closed, CLOSED_NOT);
    sessions[0].status = SESSION_CANCELLED; /* must not open the doors by the hours again */
    EXPECT("2026-11-25", sessions, "");
}

static void a_record_says_everything(void **state)
{
    struct practitioner practitioner = {.practitioner_id = "dr-1"};
    struct session sessions[] = {weekly(3, HM(9, 0), HM(10, 0)), weekly(3, HM(9, 0), HM(9, 30))};
    (void)state;

    practice.services = TYPE_BIT(APPOINTMENT_ROUTINE);
    sessions[0].services = TYPE_BIT(APPOINTMENT_VACCINATION);
    sessions[0].slot_minutes = 5;
    sessions[0].capacity = 4;
    sessions[0].delivery_channel = CHANNEL_VIDEO;
    sessions[0].practitioner = &practitioner;
    sessions[1].session_id = "s2";
    sessions[1].slot_minutes = INTEGER_NONE;
    sessions[1].capacity = INTEGER_NONE;
    sessions[1].delivery_channel = 0;
    rules.slot_minutes = 30;
    EXPECT("2026-11-25", sessions, "09:00-09:30 09:00-10:00");
    const struct day_session *plain = &day.sessions[0];
    const struct day_session *full = &day.sessions[1];
    assert_string_equal(plain->session_id, "s2");
    assert_int_equal(plain->services, practice.services);
    assert_int_equal(plain->slot_minutes, 30);
    assert_int_equal(plain->capacity, 1);
    assert_int_equal(plain->delivery_channel, CHANNEL_IN_PERSON);
    assert_int_equal(full->services, TYPE_BIT(APPOINTMENT_VACCINATION));
    assert_int_equal(full->slot_minutes, 5);
    assert_int_equal(full->capacity, 4);
    assert_int_equal(full->delivery_channel, CHANNEL_VIDEO);
    assert_string_equal(full->practitioner_id, "dr-1");
}

static void a_weekly_one_has_a_first_and_a_last_date(void **state)
{
    struct session_date cancelled[] = {{date_of("2026-12-02")}, {date_of("2026-12-09")}};
    struct session sessions[] = {weekly(3, HM(9, 0), HM(10, 0))};
    (void)state;

    sessions[0].first_date = date_of("2026-11-25");
    sessions[0].last_date = date_of("2026-12-16");
    sessions[0].cancelled_dates = LIST(cancelled);
    EXPECT("2026-11-18", sessions, "");
    EXPECT("2026-11-25", sessions, "09:00-10:00");
    EXPECT("2026-11-24", sessions, "");
    EXPECT("2026-12-02", sessions, "");
    EXPECT("2026-12-09", sessions, "");
    EXPECT("2026-12-16", sessions, "09:00-10:00");
    EXPECT("2026-12-23", sessions, "");
}

static void a_dated_one_runs_once(void **state)
{
    struct session sessions[] = {dated("2026-11-25", HM(9, 0), HM(10, 0))};
    (void)state;

    EXPECT("2026-11-25", sessions, "09:00-10:00");
    EXPECT("2026-12-02", sessions, "");
    EXPECT("2026-11-26", sessions, "");
}

static void a_session_past_midnight_is_two(void **state)
{
    struct session_date cancelled[] = {{date_of("2026-12-02")}};
    struct session sessions[] = {weekly(3, HM(22, 0), HM(2, 0)), dated("2026-11-27", HM(23, 0), HM(0, 30))};
    (void)state;

    sessions[0].cancelled_dates = LIST(cancelled);
    EXPECT("2026-11-25", sessions, "22:00-00:00");
    EXPECT("2026-11-26", sessions, "00:00-02:00");
    EXPECT("2026-11-27", sessions, "23:00-00:00");
    EXPECT("2026-11-28", sessions, "00:00-00:30");
    /* The part past midnight runs if the session does, whatever its own date is called. */
    EXPECT("2026-12-03", sessions, "");
    cancelled[0].date = date_of("2026-12-03");
    EXPECT("2026-12-03", sessions, "00:00-02:00");
}

static void until_midnight_is_until_midnight(void **state)
{
    struct session sessions[] = {weekly(3, HM(22, 0), HM(24, 0)), weekly(3, HM(20, 0), HM(0, 0))};
    (void)state;

    EXPECT("2026-11-25", sessions, "20:00-00:00 22:00-00:00");
    EXPECT("2026-11-26", sessions, "");
}

static void more_sessions_than_a_day_can_hold_are_an_error(void **state)
{
    static struct session sessions[SESSIONS_PER_PRACTICE_MAX];
    struct interval holiday[] = {{HM(8, 0), HM(10, 0)}, {HM(12, 0), HM(14, 0)}};
    struct day untouched = {.date = 1};
    (void)state;

    for (size_t i = 0; i < COUNT(sessions); i++)
        sessions[i] = weekly(5, HM(9, 0), HM(13, 0));
    assert_int_equal(
        day_build(&practice, sessions, COUNT(sessions), NULL, date_of("2026-11-27"), NULL, arena, &day),
        ERR_OK);
    assert_int_equal(day.session_count, DAY_SESSIONS_MAX);
    hours.bank_holiday = LIST(holiday);
    assert_int_equal(
        day_build(&practice, sessions, COUNT(sessions), NULL, date_of("2026-12-25"), NULL, arena, &untouched),
        ERR_DAY_SESSIONS);
    assert_int_equal(untouched.date, 1);
}

/* ---- closures and bank holidays ---- */

static void a_closure_takes_its_date_and_nothing_else(void **state)
{
    struct interval night[] = {{HM(22, 0), HM(2, 0)}};
    struct closure closures[] = {{date_of("2026-11-25"), "training"}};
    struct session sessions[] = {weekly(2, HM(22, 0), HM(2, 0)), weekly(3, HM(22, 0), HM(2, 0)),
                                 dated("2026-11-25", HM(9, 0), HM(10, 0))};
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = LIST(night);
    practice.closures = LIST(closures);
    EXPECT_HOURS("2026-11-24", "00:00-02:00 22:00-00:00");
    EXPECT_HOURS("2026-11-25", "");
    assert_int_equal(day.closed, CLOSED_CLOSURE);
    EXPECT_HOURS("2026-11-26", "00:00-02:00 22:00-00:00");
    EXPECT("2026-11-25", sessions, "");
    assert_int_equal(day.closed, CLOSED_CLOSURE);
    EXPECT("2026-11-26", sessions, "00:00-02:00");
}

static void a_bank_holiday_is_closed_unless_hours_are_given(void **state)
{
    struct interval friday[] = {{HM(8, 0), HM(18, 0)}};
    struct interval holiday[] = {{HM(10, 0), HM(14, 0)}};
    (void)state;

    hours.day[4] = LIST(friday);
    EXPECT_HOURS("2026-12-25", "");
    assert_int_equal(day.closed, CLOSED_BANK_HOLIDAY);
    hours.bank_holiday = LIST(holiday);
    EXPECT_HOURS("2026-12-25", "10:00-14:00");
    assert_int_equal(day.closed, CLOSED_NOT);
    EXPECT_HOURS("2026-12-18", "08:00-18:00");
    /* St Andrew's Day is one in Scotland only, and not in a nation that has none. */
    struct interval monday[] = {{HM(9, 0), HM(17, 0)}};
    hours.day[0] = LIST(monday);
    EXPECT_HOURS("2026-11-30", "09:00-17:00");
    practice.nation = NATION_SCOTLAND;
    EXPECT_HOURS("2026-11-30", "10:00-14:00");
    practice.nation = NATION_NONE;
    EXPECT_HOURS("2026-12-25", "08:00-18:00");
}

static void a_closure_comes_before_a_bank_holiday(void **state)
{
    struct interval holiday[] = {{HM(10, 0), HM(14, 0)}};
    struct closure closures[] = {{date_of("2026-12-25"), "moving"}};
    (void)state;

    hours.bank_holiday = LIST(holiday);
    practice.closures = LIST(closures);
    EXPECT_HOURS("2026-12-25", "");
    assert_int_equal(day.closed, CLOSED_CLOSURE);
}

static void corrections_say_what_is_a_bank_holiday(void **state)
{
    struct interval every[] = {{HM(8, 0), HM(18, 0)}};
    struct bank_holiday_row rows[] = {{NATION_ENGLAND, date_of("2026-12-24"), "Moved", NULL}};
    struct bank_holiday_corrections corrections = {.rows = LIST(rows)};
    size_t bad;
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = LIST(every);
    assert_int_equal(bank_holiday_corrections_prepare(&corrections, &bad), ERR_OK);
    assert_int_equal(day_build(&practice, NULL, 0, &corrections, date_of("2026-12-24"), NULL, arena, &day),
                     ERR_OK);
    assert_int_equal(day.closed, CLOSED_BANK_HOLIDAY);
    assert_int_equal(day_build(&practice, NULL, 0, &corrections, date_of("2026-12-25"), NULL, arena, &day),
                     ERR_OK);
    assert_int_equal(day.session_count, 1);
}

static void nights_around_a_bank_holiday(void **state)
{
    struct interval night[] = {{HM(20, 0), HM(8, 0)}};
    struct interval holiday_night[] = {{HM(22, 0), HM(4, 0)}};
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = LIST(night);
    /* Good Friday. */
    EXPECT_HOURS("2027-03-25", "00:00-08:00 20:00-00:00");
    EXPECT_HOURS("2027-03-26", "");
    EXPECT_HOURS("2027-03-27", "00:00-08:00 20:00-00:00");
    hours.bank_holiday = LIST(holiday_night);
    EXPECT_HOURS("2027-03-25", "00:00-08:00 20:00-00:00");
    EXPECT_HOURS("2027-03-26", "22:00-00:00");
    EXPECT_HOURS("2027-03-27", "00:00-04:00 20:00-00:00");
}

static void bank_holidays_in_a_row_hand_their_night_on(void **state)
{
    struct interval holiday_night[] = {{HM(22, 0), HM(4, 0)}};
    (void)state;

    /* 25 and 28 December 2027 are weekdays' substitutes: Monday 27 and Tuesday 28. */
    hours.bank_holiday = LIST(holiday_night);
    EXPECT_HOURS("2027-12-27", "22:00-00:00");
    EXPECT_HOURS("2027-12-28", "00:00-04:00 22:00-00:00");
    EXPECT_HOURS("2027-12-29", "00:00-04:00");
}

static void weekly_sessions_are_cut_to_the_bank_holidays_hours(void **state)
{
    struct interval holiday[] = {{HM(10, 0), HM(12, 0)}, {HM(12, 0), HM(13, 0)}, {HM(15, 10), HM(16, 0)}};
    struct session sessions[] = {weekly(5, HM(9, 0), HM(15, 30)), weekly(5, HM(18, 0), HM(20, 0)),
                                 weekly(5, HM(11, 0), HM(11, 30))};
    (void)state;

    EXPECT("2026-12-25", sessions, "");
    assert_int_equal(day.closed, CLOSED_BANK_HOLIDAY);
    hours.bank_holiday = LIST(holiday);
    EXPECT("2026-12-25", sessions, "10:00-13:00 11:00-11:30 15:10-15:30");
    EXPECT("2026-12-18", sessions, "09:00-15:30 11:00-11:30 18:00-20:00");
    assert_string_equal(built("2026-12-25", &sessions[1], 1), "");
    assert_int_equal(day.closed, CLOSED_BANK_HOLIDAY);
}

static void a_dated_session_runs_on_a_bank_holiday(void **state)
{
    struct session sessions[] = {weekly(5, HM(9, 0), HM(12, 0)), dated("2026-12-25", HM(10, 0), HM(11, 0)),
                                 dated("2026-12-24", HM(23, 0), HM(1, 0)), weekly(4, HM(23, 0), HM(2, 0))};
    (void)state;

    EXPECT("2026-12-25", sessions, "00:00-01:00 10:00-11:00");
    assert_int_equal(day.closed, CLOSED_NOT);
}

static void a_weekly_night_stops_where_the_bank_holiday_begins(void **state)
{
    struct session sessions[] = {weekly(4, HM(22, 0), HM(2, 0)), weekly(5, HM(22, 0), HM(2, 0))};
    (void)state;

    EXPECT("2026-12-24", sessions, "22:00-00:00");
    EXPECT("2026-12-25", sessions, "");
    EXPECT("2026-12-26", sessions, "00:00-02:00");
}

/* ---- the clocks ---- */

static void a_whole_day_has_23_or_25_hours(void **state)
{
    struct interval whole[] = {{HM(0, 0), HM(24, 0)}};
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = LIST(whole);
    EXPECT_HOURS("2027-03-28", "00:00-23:00");
    assert_int_equal(slots_of_day(), 92);
    EXPECT_HOURS("2027-10-31", "23:00-00:00");
    assert_int_equal(day.sessions[0].end_ms - day.sessions[0].start_ms, 25 * HOUR_MS);
    assert_int_equal(slots_of_day(), 100);
    EXPECT_HOURS("2027-06-02", "23:00-23:00");
    assert_int_equal(slots_of_day(), 96);
}

static void wall_times_stay_right_across_the_changes(void **state)
{
    struct interval every[] = {{HM(9, 0), HM(17, 0)}};
    (void)state;

    for (int i = 0; i < 7; i++)
        hours.day[i] = LIST(every);
    EXPECT_HOURS("2027-03-27", "09:00-17:00");
    EXPECT_HOURS("2027-03-28", "08:00-16:00");
    EXPECT_HOURS("2027-10-30", "08:00-16:00");
    EXPECT_HOURS("2027-10-31", "09:00-17:00");
}

static void what_the_spring_change_skips_is_gone(void **state)
{
    struct session sessions[] = {weekly(7, HM(1, 0), HM(2, 0)), weekly(7, HM(1, 30), HM(3, 0)),
                                 weekly(7, HM(0, 0), HM(1, 30)), weekly(6, HM(23, 0), HM(4, 0))};
    (void)state;

    EXPECT("2027-03-28", sessions, "00:00-01:00 00:00-03:00 01:00-02:00");
}

static void what_the_autumn_change_repeats_is_longer(void **state)
{
    struct session sessions[] = {weekly(7, HM(1, 0), HM(2, 0)), weekly(6, HM(23, 0), HM(4, 0))};
    (void)state;

    EXPECT("2027-10-31", sessions, "23:00-04:00 00:00-02:00");
    assert_int_equal(day.sessions[0].end_ms - day.sessions[0].start_ms, 5 * HOUR_MS);
}

/* ---- entries ---- */

static struct day_entry booked(const char *id, const char *start, int32_t minutes)
{
    return (struct day_entry){.appointment_id = id,
                              .start_ms = at(start),
                              .duration_minutes = minutes,
                              .type = APPOINTMENT_ROUTINE,
                              .channel = CHANNEL_IN_PERSON,
                              .status = STATUS_BOOKED,
                              .expires_at = INSTANT_NONE};
}

static void book(const char *id, const char *start, int32_t minutes)
{
    struct day_entry entry = booked(id, start, minutes);
    assert_int_equal(day_add(&day, &entry, arena), ERR_OK);
}

static void rebuild(const struct session *sessions, size_t count)
{
    struct day next;
    assert_int_equal(day_build(&practice, sessions, count, NULL, day.date, &day, arena, &next), ERR_OK);
    assert_int_equal(next.entry_count, day.entry_count);
    day = next;
}

/* The session that it sits in, "-" for none. */
static const char *seat(const char *id)
{
    const struct day_entry *entry = day_find(&day, id);
    assert_non_null(entry);
    return entry->session == ENTRY_NO_SESSION ? "-" : day.sessions[entry->session].session_id;
}

static void booked_ones_stay_when_sessions_change(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(12, 0))};
    (void)state;

    EXPECT("2026-11-25", sessions, "09:00-12:00");
    book("a", "2026-11-25T09:00:00Z", 15);
    book("b", "2026-11-25T11:30:00Z", 30);
    sessions[0].until = HM(11, 0);
    practice.sessions_version++;
    rebuild(sessions, 1);
    assert_int_equal(day.sessions_version, practice.sessions_version);
    assert_string_equal(seat("a"), "s1");
    assert_string_equal(seat("b"), "-");
    sessions[0].until = HM(12, 0);
    rebuild(sessions, 1);
    assert_string_equal(seat("b"), "s1");
    sessions[0].slot_minutes = 20;
    rebuild(sessions, 1);
    assert_string_equal(seat("a"), "-");
}

static void a_closed_day_keeps_its_entries_without_a_place(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(12, 0))};
    struct closure closures[] = {{date_of("2026-11-25"), "flood"}};
    (void)state;

    EXPECT("2026-11-25", sessions, "09:00-12:00");
    book("a", "2026-11-25T09:00:00Z", 15);
    practice.closures = LIST(closures);
    rebuild(sessions, 1);
    assert_int_equal(day.closed, CLOSED_CLOSURE);
    assert_string_equal(seat("a"), "-");
    practice.closures.count = 0;
    rebuild(sessions, 1);
    assert_string_equal(seat("a"), "s1");
}

static void an_entry_stays_in_its_session_if_it_can(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(12, 0)), weekly(3, HM(9, 0), HM(12, 30))};
    (void)state;

    sessions[1].session_id = "s2";
    EXPECT("2026-11-25", sessions, "09:00-12:00 09:00-12:30");
    book("a", "2026-11-25T09:00:00Z", 15);
    book("b", "2026-11-25T09:00:00Z", 15);
    const char *before = seat("b");
    /* s2 now comes first in the day. */
    sessions[1].until = HM(11, 30);
    rebuild(sessions, 2);
    assert_string_equal(seat("b"), before);
    assert_string_not_equal(seat("a"), seat("b"));
    /* Its session is gone: it moves to the other, as far as there is a place. */
    sessions[0].capacity = 2;
    rebuild(sessions, 1);
    assert_string_equal(seat("a"), "s1");
    assert_string_equal(seat("b"), "s1");
}

static void a_rebuild_finds_the_arrangement_that_fits_all(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(10, 0)), weekly(3, HM(9, 0), HM(10, 0))};
    struct day_entry urgent = booked("u", "2026-11-25T09:00:00Z", 15);
    (void)state;

    sessions[1].session_id = "s2";
    EXPECT("2026-11-25", sessions, "09:00-10:00 09:00-10:00");
    urgent.type = APPOINTMENT_URGENT;
    assert_int_equal(day_add(&day, &urgent, arena), ERR_OK);
    book("r", "2026-11-25T09:00:00Z", 15);
    for (size_t i = 0; i < COUNT(sessions); i++) {
        /* Only the session in which the routine one sits can still take urgent ones. */
        bool routine_sits_here = strcmp(seat("r"), sessions[i].session_id) == 0;
        sessions[i].services =
            TYPE_BIT(APPOINTMENT_ROUTINE) | (routine_sits_here ? TYPE_BIT(APPOINTMENT_URGENT) : 0);
    }
    rebuild(sessions, 2);
    assert_string_not_equal(seat("u"), "-");
    assert_string_not_equal(seat("r"), "-");
    assert_string_not_equal(seat("r"), seat("u"));
}

static void booked_ones_come_before_holds(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(10, 0))};
    struct day_entry hold = booked("a-hold", "2026-11-25T09:00:00Z", 15);
    (void)state;

    sessions[0].capacity = 2;
    EXPECT("2026-11-25", sessions, "09:00-10:00");
    hold.status = STATUS_PENDING;
    hold.expires_at = at("2026-11-25T08:00:00Z");
    assert_int_equal(day_add(&day, &hold, arena), ERR_OK);
    book("b", "2026-11-25T09:00:00Z", 15);
    sessions[0].capacity = 1;
    rebuild(sessions, 1);
    assert_string_equal(seat("b"), "s1");
    assert_string_equal(seat("a-hold"), "-");
}

static void who_has_a_place_keeps_it(void **state)
{
    struct session sessions[] = {weekly(3, HM(9, 0), HM(10, 0))};
    (void)state;

    sessions[0].capacity = 2;
    EXPECT("2026-11-25", sessions, "09:00-10:00");
    book("a", "2026-11-25T09:00:00Z", 15);
    book("b", "2026-11-25T09:00:00Z", 15);
    sessions[0].capacity = 1;
    rebuild(sessions, 1);
    assert_string_equal(seat("a"), "s1");
    assert_string_equal(seat("b"), "-");
    day.entries[0].session = ENTRY_NO_SESSION;
    day.entries[1].session = 0;
    rebuild(sessions, 1);
    assert_string_equal(seat("a"), "-");
    assert_string_equal(seat("b"), "s1");
}

static void without_memory_it_is_an_error(void **state)
{
    struct interval holiday[] = {{HM(9, 0), HM(12, 0)}};
    struct session sessions[] = {weekly(5, HM(9, 0), HM(12, 0))};
    unsigned failed = 0;
    (void)state;

    hours.bank_holiday = LIST(holiday);
    EXPECT("2026-12-25", sessions, "09:00-12:00");
    book("a", "2026-12-25T09:00:00Z", 15);
    for (unsigned nth = 1; nth < 50; nth++) {
        struct day next = {.date = 1};
        arena_fail_after(nth);
        enum err e = day_build(&practice, sessions, 1, NULL, day.date, &day, arena, &next);
        arena_fail_after(0);
        if (!e)
            break;
        assert_int_equal(e, ERR_MEMORY);
        assert_int_equal(next.date, 1);
        failed++;
    }
    assert_true(failed >= 5 && failed < 49);
}

int main(void)
{
#define WITH_PRACTICE(test) cmocka_unit_test_setup_teardown(test, practice_setup, practice_teardown)
    const struct CMUnitTest tests[] = {
        WITH_PRACTICE(without_sessions_the_opening_hours_are_one),
        WITH_PRACTICE(a_practice_that_names_no_services_offers_all),
        WITH_PRACTICE(hours_past_midnight_are_cut),
        WITH_PRACTICE(round_the_clock),
        WITH_PRACTICE(hours_that_overlap_count_once),
        WITH_PRACTICE(hours_that_make_no_sense_give_nothing),
        WITH_PRACTICE(one_record_takes_the_place_of_the_hours),
        WITH_PRACTICE(a_record_says_everything),
        WITH_PRACTICE(a_weekly_one_has_a_first_and_a_last_date),
        WITH_PRACTICE(a_dated_one_runs_once),
        WITH_PRACTICE(a_session_past_midnight_is_two),
        WITH_PRACTICE(until_midnight_is_until_midnight),
        WITH_PRACTICE(more_sessions_than_a_day_can_hold_are_an_error),
        WITH_PRACTICE(a_closure_takes_its_date_and_nothing_else),
        WITH_PRACTICE(a_bank_holiday_is_closed_unless_hours_are_given),
        WITH_PRACTICE(a_closure_comes_before_a_bank_holiday),
        WITH_PRACTICE(corrections_say_what_is_a_bank_holiday),
        WITH_PRACTICE(nights_around_a_bank_holiday),
        WITH_PRACTICE(bank_holidays_in_a_row_hand_their_night_on),
        WITH_PRACTICE(weekly_sessions_are_cut_to_the_bank_holidays_hours),
        WITH_PRACTICE(a_dated_session_runs_on_a_bank_holiday),
        WITH_PRACTICE(a_weekly_night_stops_where_the_bank_holiday_begins),
        WITH_PRACTICE(a_whole_day_has_23_or_25_hours),
        WITH_PRACTICE(wall_times_stay_right_across_the_changes),
        WITH_PRACTICE(what_the_spring_change_skips_is_gone),
        WITH_PRACTICE(what_the_autumn_change_repeats_is_longer),
        WITH_PRACTICE(booked_ones_stay_when_sessions_change),
        WITH_PRACTICE(a_closed_day_keeps_its_entries_without_a_place),
        WITH_PRACTICE(an_entry_stays_in_its_session_if_it_can),
        WITH_PRACTICE(a_rebuild_finds_the_arrangement_that_fits_all),
        WITH_PRACTICE(booked_ones_come_before_holds),
        WITH_PRACTICE(who_has_a_place_keeps_it),
        WITH_PRACTICE(without_memory_it_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
