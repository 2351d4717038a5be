/* practice_fields.c - every member of a practice, and the rules between them.
 *
 * PRACTICE_ROWS is spliced into several sets: the practice itself; the same without rules between members,
 * for a body that names only what changes; with a distance, for lists near a point; with what a change
 * touches. Tags are the stored form: never reused. */
#include "store/rec_practice.h"

#include "base/must.h"
#include "domain/email.h"
#include "domain/nation.h"
#include "domain/ods_code.h"
#include "domain/phone.h"
#include "domain/postcode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_CHARACTERS = 200,
    LINE_MAX_CHARACTERS = 100,
    REASON_MAX_CHARACTERS = 200,
    INTERVALS_MAX = 12, /* a day */
    SLOT_MIN = 5,
    SLOT_MAX = 120,
    NOTICE_MAX = 43200,
    ADVANCE_MAX = 400,
    CUTOFF_MAX = 10080,
    WEEK_MINUTES = 7 * MINUTES_A_DAY,
};

/* ---- address ---- */

#define ADDRESS(member, number, ...)                                                                         \
    {                                                                                                        \
        .name = #member, .tag = (number), .flags = FIELD_PERSONAL, .kind = FIELD_TEXT,                       \
        .offset = offsetof(struct address, member), .max = LINE_MAX_CHARACTERS, __VA_ARGS__                  \
    }

/* clang-format off */
static const struct field address_rows[] = {
    ADDRESS(line1, 1, .example = "\"1 Example Street\""),
    ADDRESS(line2, 2),
    ADDRESS(city, 3, .example = "\"Leeds\""),
    ADDRESS(county, 4),
    ADDRESS(postcode, 5, .normalise = postcode_normalise, .example = "\"LS1 4AP\"",
            .help = "Any case and spacing; answered in upper case with one space."),
    ADDRESS(country, 6, .example = "\"United Kingdom\""),
};
/* clang-format on */
const struct field_set address_fields = {
    .name = "Address", .size = sizeof(struct address), FIELDS(address_rows)};

/* ---- opening hours ---- */

static enum err interval_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct interval *interval = object;
    bool late = interval->opens == MINUTES_A_DAY;

    if (!late && (interval->opens != interval->closes || interval->opens == MINUTE_NONE))
        return ERR_OK;
    const char *pointer = arena_printf(problems->arena, "%s/%s", prefix, late ? "opens" : "closes");
    if (!pointer)
        return ERR_MEMORY;
    return problems_add(problems, pointer, ERR_FIELD_RANGE,
                        late ? "The day ends at 24:00; opening then is 00:00 of the next day."
                             : "This is the time of opening; write 00:00 to 24:00 for the whole day.");
}

/* clang-format off */
static const struct field interval_rows[] = {
    {.name = "opens", .tag = 1, .flags = FIELD_REQUIRED, .kind = FIELD_MINUTE,
     .offset = offsetof(struct interval, opens), .help = "Europe/London wall time.", .example = "\"08:00\""},
    {.name = "closes", .tag = 2, .flags = FIELD_REQUIRED, .kind = FIELD_MINUTE,
     .offset = offsetof(struct interval, closes),
     .help = "Not after `opens`: past midnight, on the next day. 00:00 to 24:00 is the whole day.",
     .example = "\"18:00\""},
};
/* clang-format on */
const struct field_set interval_fields = {
    .name = "Interval", .size = sizeof(struct interval), FIELDS(interval_rows), .check = interval_check};

#define HOURS(title, number, member, ...)                                                                    \
    {                                                                                                        \
        .name = (title), .tag = (number), .flags = FIELD_ALWAYS, .kind = FIELD_OBJECTS,                      \
        .offset = offsetof(struct opening_hours, member), .max = INTERVALS_MAX, .of = &interval_fields,      \
        __VA_ARGS__                                                                                          \
    }

/* clang-format off */
static const struct field opening_hours_rows[] = {
    HOURS("monday", 1, day[0], .example = "[{\"opens\": \"08:00\", \"closes\": \"18:00\"}]"),
    HOURS("tuesday", 2, day[1]),
    HOURS("wednesday", 3, day[2]),
    HOURS("thursday", 4, day[3]),
    HOURS("friday", 5, day[4]),
    HOURS("saturday", 6, day[5], .example = "[]"),
    HOURS("sunday", 7, day[6], .example = "[]"),
    HOURS("bank_holiday", 8, bank_holiday, .help = "Hours on bank holidays; none: closed then.",
          .example = "[]"),
};
/* clang-format on */

/* One interval in minutes of the week (or of the bank holiday), and where it stands in the body. */
struct stretch {
    int32_t from, until;
    const char *name;
    size_t index;
};

static int stretch_compare(const void *a, const void *b)
{
    const struct stretch *x = a;
    const struct stretch *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static size_t stretches_add(const struct list *intervals, const char *name, int32_t start,
                            struct stretch *out)
{
    const struct interval *items = intervals->items;
    size_t room = intervals->count < INTERVALS_MAX ? intervals->count : INTERVALS_MAX;
    size_t count = 0;

    for (size_t i = 0; i < room; i++) {
        int32_t next_day = items[i].closes <= items[i].opens ? MINUTES_A_DAY : 0;
        if (items[i].opens != MINUTE_NONE && items[i].closes != MINUTE_NONE &&
            items[i].opens != items[i].closes)
            out[count++] =
                (struct stretch){start + items[i].opens, start + items[i].closes + next_day, name, i};
    }
    return count;
}

static enum err overlap_add(const struct stretch *stretch, const char *prefix, struct problems *problems)
{
    const char *pointer = arena_printf(problems->arena, "%s/%s/%zu", prefix, stretch->name, stretch->index);
    return pointer ? problems_add(problems, pointer, ERR_FIELD_RANGE,
                                  "This overlaps other hours; give every time once.")
                   : ERR_MEMORY;
}

/* Does one begin before another has ended? A week runs on into its own beginning; a bank holiday does not. */
static enum err overlaps_find(struct stretch *list, size_t count, bool week, const char *prefix,
                              struct problems *problems)
{
    enum err e = ERR_OK;

    qsort(list, count, sizeof *list, stretch_compare);
    for (size_t i = 1; !e && i < count; i++) {
        if (list[i].from < list[i - 1].until)
            e = overlap_add(&list[i], prefix, problems);
    }
    if (!e && week && count > 1 && list[0].from + WEEK_MINUTES < list[count - 1].until)
        e = overlap_add(&list[0], prefix, problems);
    return e;
}

static enum err opening_hours_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct opening_hours *hours = object;
    struct stretch list[7 * INTERVALS_MAX];
    size_t count = 0;

    for (int32_t day = 0; day < 7; day++)
        count += stretches_add(&hours->day[day], weekday_names[day], day * MINUTES_A_DAY, list + count);
    enum err e = overlaps_find(list, count, true, prefix, problems);
    if (e)
        return e;
    count = stretches_add(&hours->bank_holiday, "bank_holiday", 0, list);
    return overlaps_find(list, count, false, prefix, problems);
}

const struct field_set opening_hours_fields = {.name = "OpeningHours",
                                               .size = sizeof(struct opening_hours),
                                               FIELDS(opening_hours_rows),
                                               .check = opening_hours_check};

/* ---- closures and rules ---- */

/* clang-format off */
static const struct field closure_rows[] = {
    {.name = "date", .tag = 1, .flags = FIELD_REQUIRED, .kind = FIELD_DATE,
     .offset = offsetof(struct closure, date), .example = "\"2026-12-24\""},
    {.name = "reason", .tag = 2, .kind = FIELD_TEXT, .offset = offsetof(struct closure, reason),
     .max = REASON_MAX_CHARACTERS, .example = "\"Staff training\""},
};
/* clang-format on */
const struct field_set closure_fields = {
    .name = "Closure", .size = sizeof(struct closure), FIELDS(closure_rows)};

#define RULE(title, number, low, high, ...)                                                                  \
    {                                                                                                        \
        .name = #title, .tag = (number), .kind = FIELD_INTEGER,                                              \
        .offset = offsetof(struct booking_rules, title), .min = (low), .max = (high), __VA_ARGS__            \
    }

/* clang-format off */
static const struct field booking_rules_rows[] = {
    RULE(slot_minutes, 1, SLOT_MIN, SLOT_MAX, .help = "Slot length where a session has none of its own.",
         .example = "15"),
    RULE(min_notice_minutes, 2, 0, NOTICE_MAX, .help = "How long before the start patients can still book.",
         .example = "120"),
    RULE(max_advance_days, 3, 1, ADVANCE_MAX, .help = "How many days ahead can be booked.", .example = "42"),
    RULE(cancel_cutoff_minutes, 4, 0, CUTOFF_MAX,
         .help = "How long before the start patients can still change or cancel.", .example = "0"),
};
/* clang-format on */
const struct field_set booking_rules_fields = {
    .name = "BookingRules", .size = sizeof(struct booking_rules), FIELDS(booking_rules_rows)};

/* ---- the practice ---- */

static enum err complain(struct problems *problems, const char *prefix, const char *name, enum err err,
                         const char *message)
{
    const char *pointer = arena_printf(problems->arena, "%s%s", prefix, name);
    return pointer ? problems_add(problems, pointer, err, message) : ERR_MEMORY;
}

static enum err closures_check(const struct list *closures, const char *prefix, struct problems *problems)
{
    const struct closure *items = closures->items;

    for (size_t i = 0; i < closures->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (items[i].date != items[j].date || items[i].date == DATE_NONE)
                continue;
            const char *pointer = arena_printf(problems->arena, "%s/closures/%zu/date", prefix, i);
            enum err e = pointer ? problems_add(problems, pointer, ERR_FIELD_DUPLICATE, NULL) : ERR_MEMORY;
            if (e)
                return e;
            break;
        }
    }
    return ERR_OK;
}

static enum err practice_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct practice *practice = object;
    bool latitude = !isnan(practice->latitude) || problems_about_member(problems, prefix, "latitude");
    bool longitude = !isnan(practice->longitude) || problems_about_member(problems, prefix, "longitude");
    enum err e = ERR_OK;

    if (latitude != longitude)
        e = complain(problems, prefix, latitude ? "/longitude" : "/latitude", ERR_FIELD_REQUIRED,
                     "A position needs both latitude and longitude.");
    if (!e && practice->address && !practice->address->postcode)
        e = complain(problems, prefix, "/address/postcode", ERR_FIELD_REQUIRED,
                     "An access point needs a postcode.");
    return e ? e : closures_check(&practice->closures, prefix, problems);
}

#define AT(member) .offset = offsetof(struct practice, member)

/* clang-format off */
#define PRACTICE_ROWS                                                                                        \
    {.name = "practice_id", .tag = 1, .flags = FIELD_READ_ONLY, .kind = FIELD_TEXT, AT(practice_id),         \
     .example = "\"practice-123\""},                                                                         \
    {.name = "ods_code", .tag = 2, .kind = FIELD_TEXT, AT(ods_code), .normalise = ods_code_normalise,        \
     .help = "Code of the Organisation Data Service; no two practices have the same.",                       \
     .example = "\"A81001\""},                                                                               \
    {.name = "name", .tag = 3, .flags = FIELD_REQUIRED, .kind = FIELD_TEXT, AT(name), .min = 1,              \
     .max = NAME_MAX_CHARACTERS, .example = "\"Riverside Surgery\""},                                        \
    {.name = "access_point_type", .tag = 4, .flags = FIELD_REQUIRED | FIELD_ANY_CASE, .kind = FIELD_ENUM,    \
     AT(access_point_type), .values = access_point_type_names, .help = "In any case.",                       \
     .example = "\"GP_SURGERY\""},                                                                           \
    {.name = "accepts_walk_ins", .tag = 5, .kind = FIELD_BOOLEAN, AT(accepts_walk_ins),                      \
     .help = "false if left out.", .example = "true"},                                                       \
    {.name = "requires_registration", .tag = 6, .kind = FIELD_BOOLEAN, AT(requires_registration),            \
     .help = "Only patients registered there can book there; false if left out.", .example = "false"},       \
    {.name = "address", .tag = 7, .kind = FIELD_OBJECT, AT(address), .of = &address_fields},                 \
    {.name = "latitude", .tag = 8, .kind = FIELD_NUMBER, AT(latitude), .min = -90, .max = 90,                \
     .help = "WGS 84, degrees.", .example = "53.7997"},                                                      \
    {.name = "longitude", .tag = 9, .kind = FIELD_NUMBER, AT(longitude), .min = -180, .max = 180,            \
     .example = "-1.5492"},                                                                                  \
    {.name = "phone", .tag = 10, .kind = FIELD_TEXT, AT(phone), .normalise = phone_normalise,                \
     .example = "\"+441134960123\""},                                                                        \
    {.name = "email", .tag = 11, .kind = FIELD_TEXT, AT(email), .normalise = email_normalise,                \
     .example = "\"reception@riverside.example\""},                                                          \
    {.name = "nation", .tag = 12, .flags = FIELD_ANY_CASE, .kind = FIELD_ENUM, AT(nation),                   \
     .values = nation_names, .help = "Whose bank holidays count; by the postcode if left out.",              \
     .example = "\"england\""},                                                                              \
    {.name = "opening_hours", .tag = 13, .kind = FIELD_OBJECT, AT(opening_hours),                            \
     .of = &opening_hours_fields},                                                                           \
    {.name = "closures", .tag = 14, .flags = FIELD_ALWAYS, .kind = FIELD_OBJECTS, AT(closures),              \
     .max = CLOSURES_MAX, .of = &closure_fields, .help = "Whole days on which it is closed."},               \
    {.name = "services", .tag = 15, .flags = FIELD_ALWAYS | FIELD_ANY_CASE, .kind = FIELD_ENUMS,             \
     AT(services), .min = 1, .max = 32, .values = appointment_type_names,                                    \
     .help = "Appointment types that it offers; all of them if left out.",                                   \
     .example = "[\"routine\", \"urgent\"]"},                                                                \
    {.name = "accessibilities", .tag = 16, .flags = FIELD_ALWAYS | FIELD_ANY_CASE, .kind = FIELD_ENUMS,      \
     AT(accessibilities), .values = accessibility_names},                                                    \
    {.name = "booking_rules", .tag = 17, .kind = FIELD_OBJECT, AT(booking_rules),                            \
     .of = &booking_rules_fields},                                                                           \
    {.name = "status", .tag = 18, .kind = FIELD_ENUM, AT(status), .values = practice_status_names,           \
     .help = "Only an active one takes bookings; active if left out.", .example = "\"active\""},             \
    {.name = "sessions_version", .tag = 19, .flags = FIELD_HIDDEN, .kind = FIELD_INTEGER,                    \
     AT(sessions_version)},                                                                                  \
    {.name = "created_at", .tag = 20, .flags = FIELD_READ_ONLY, .kind = FIELD_INSTANT, AT(created_at)},      \
    {.name = "updated_at", .tag = 21, .flags = FIELD_READ_ONLY, .kind = FIELD_INSTANT, AT(updated_at)},      \
    {.name = "version", .tag = 22, .flags = FIELD_READ_ONLY, .kind = FIELD_INTEGER, AT(version),             \
     .help = "Goes up with every change; the ETag."}

static const struct field practice_rows[] = {
    PRACTICE_ROWS,
};
/* clang-format on */
const struct field_set practice_fields = {
    .name = "Practice", .size = sizeof(struct practice), FIELDS(practice_rows), .check = practice_check};

/* The rules between members need the stored ones too: they run when the body has been merged. */
const struct field_set practice_update_fields = {
    .name = "PracticeUpdate", .size = sizeof(struct practice), FIELDS(practice_rows)};

/* clang-format off */
static const struct field practice_found_rows[] = {
    PRACTICE_ROWS,
    {.name = "distance_metres", .flags = FIELD_READ_ONLY, .kind = FIELD_INTEGER,
     .offset = offsetof(struct practice_found, distance_metres),
     .help = "From the point that was asked for, as the crow flies; only where one was.", .example = "850"},
};
/* clang-format on */
const struct field_set practice_found_fields = {
    .name = "PracticeFound", .size = sizeof(struct practice_found), FIELDS(practice_found_rows)};

/* clang-format off */
static const struct field practice_change_rows[] = {
    PRACTICE_ROWS,
    AFFECTED_ROWS(struct practice_change, affected),
};
/* clang-format on */
const struct field_set practice_change_fields = {
    .name = "PracticeChange", .size = sizeof(struct practice_change), FIELDS(practice_change_rows)};

/* What lists search: small, so that thousands are read in one go. */
/* clang-format off */
static const struct field practice_brief_rows[] = {
    {.name = "practice_id", .tag = 1, .kind = FIELD_TEXT, AT(practice_id)},
    {.name = "name", .tag = 3, .kind = FIELD_TEXT, AT(name)},
    {.name = "access_point_type", .tag = 4, .kind = FIELD_ENUM, AT(access_point_type),
     .values = access_point_type_names},
    {.name = "accepts_walk_ins", .tag = 5, .kind = FIELD_BOOLEAN, AT(accepts_walk_ins)},
    {.name = "requires_registration", .tag = 6, .kind = FIELD_BOOLEAN, AT(requires_registration)},
    {.name = "address", .tag = 7, .kind = FIELD_OBJECT, AT(address), .of = &address_fields},
    {.name = "latitude", .tag = 8, .kind = FIELD_NUMBER, AT(latitude)},
    {.name = "longitude", .tag = 9, .kind = FIELD_NUMBER, AT(longitude)},
    {.name = "nation", .tag = 12, .kind = FIELD_ENUM, AT(nation), .values = nation_names},
    {.name = "services", .tag = 15, .kind = FIELD_ENUMS, AT(services), .values = appointment_type_names},
    {.name = "accessibilities", .tag = 16, .kind = FIELD_ENUMS, AT(accessibilities),
     .values = accessibility_names},
    {.name = "status", .tag = 18, .kind = FIELD_ENUM, AT(status), .values = practice_status_names},
};
/* clang-format on */
const struct field_set practice_brief_fields = {
    .name = "PracticeBrief", .size = sizeof(struct practice), FIELDS(practice_brief_rows)};

/* What days are made from: a change of any of it makes sessions_version go up. */
/* clang-format off */
static const struct field practice_schedule_rows[] = {
    {.name = "nation", .tag = 12, .kind = FIELD_ENUM, AT(nation), .values = nation_names},
    {.name = "opening_hours", .tag = 13, .kind = FIELD_OBJECT, AT(opening_hours),
     .of = &opening_hours_fields},
    {.name = "closures", .tag = 14, .kind = FIELD_OBJECTS, AT(closures), .of = &closure_fields},
    {.name = "services", .tag = 15, .kind = FIELD_ENUMS, AT(services), .values = appointment_type_names},
    {.name = "booking_rules", .tag = 17, .kind = FIELD_OBJECT, AT(booking_rules),
     .of = &booking_rules_fields},
};
/* clang-format on */
const struct field_set practice_schedule_fields = {
    .name = "PracticeSchedule", .size = sizeof(struct practice), FIELDS(practice_schedule_rows)};

/* ---- defaults ---- */

void practice_init(struct practice *practice)
{
    fields_clear(&practice_fields, practice);
    practice->accepts_walk_ins = TRUTH_NO;
    practice->requires_registration = TRUTH_NO;
    practice->status = PRACTICE_ACTIVE;
    practice->services = TYPES_ALL;
    practice->sessions_version = 1;
    practice->version = 1;
}

/* Hours and rules are there after this, whatever the body said. */
static enum err parts_complete(struct arena *arena, struct practice *practice)
{
    struct booking_rules rules = practice_rules(practice);

    practice->booking_rules = arena_copy(arena, &rules, sizeof rules);
    if (!practice->opening_hours)
        practice->opening_hours = arena_zero(arena, 1, sizeof *practice->opening_hours);
    return practice->booking_rules && practice->opening_hours ? ERR_OK : ERR_MEMORY;
}

static int closure_compare(const void *a, const void *b)
{
    const struct closure *x = a;
    const struct closure *y = b;
    return (x->date > y->date) - (x->date < y->date);
}

static enum err closures_sort(struct arena *arena, struct list *closures)
{
    if (closures->count == 0)
        return ERR_OK;
    struct closure *items = arena_copy(arena, closures->items, closures->count * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    qsort(items, closures->count, sizeof *items, closure_compare);
    closures->items = items;
    return ERR_OK;
}

enum err practice_complete(struct arena *arena, struct practice *practice)
{
    bool has_postcode = practice->address && practice->address->postcode;

    if (practice->accepts_walk_ins == TRUTH_NONE)
        practice->accepts_walk_ins = TRUTH_NO;
    if (practice->requires_registration == TRUTH_NONE)
        practice->requires_registration = TRUTH_NO;
    if (practice->status == 0)
        practice->status = PRACTICE_ACTIVE;
    if (practice->services == 0)
        practice->services = TYPES_ALL;
    if (practice->nation == NATION_NONE)
        practice->nation =
            has_postcode ? (int32_t)nation_of_postcode(practice->address->postcode) : NATION_ENGLAND;
    enum err e = parts_complete(arena, practice);
    return e ? e : closures_sort(arena, &practice->closures);
}
