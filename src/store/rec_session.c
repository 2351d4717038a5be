/* rec_session.c - sessions, and the practitioners who hold them.
 *
 * SESSION, part practice id, sort session id; of the practitioner only the id is in it. PRACTITIONER, part
 * practice id, sort practitioner id: the details, which all sessions share. */
#include "store/rec_practice.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOT_MIN = 5,
    SLOT_MAX = 120,
    PRACTITIONER_ID_MAX = 100,
    NAME_MAX_CHARACTERS = 200,
    ROLE_MAX_CHARACTERS = 100,
    NUMBER_MAX_CHARACTERS = 50,
    CANCELLED_DATES_MAX = 400,
};

/* ---- members ---- */

/* Ids go into keys: what is safe in an address and in a log line. */
static enum err practitioner_id_normalise(struct arena *arena, const char *text, size_t size,
                                          const char **out)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

    if (size > PRACTITIONER_ID_MAX)
        return ERR_FIELD_TOO_LONG;
    for (size_t i = 0; i < size; i++) {
        if (!text[i] || !strchr(allowed, text[i]))
            return ERR_PRACTITIONER_ID;
    }
    *out = arena_text(arena, text, size);
    return *out ? ERR_OK : ERR_MEMORY;
}

#define AT(member) .offset = offsetof(struct practitioner, member)
/* clang-format off */
static const struct field practitioner_rows[] = {
    {.name = "practitioner_id", .tag = 1, .kind = FIELD_TEXT, AT(practitioner_id), .min = 1,
     .max = PRACTITIONER_ID_MAX, .normalise = practitioner_id_normalise,
     .help = "Left out: a new practitioner. Letters, digits, '-', '_' and '.'.", .example = "\"dr-okafor\""},
    {.name = "name", .tag = 2, .kind = FIELD_TEXT, AT(name), .min = 1, .max = NAME_MAX_CHARACTERS,
     .help = "Required for a new practitioner.", .example = "\"Dr Ngozi Okafor\""},
    {.name = "role", .tag = 3, .kind = FIELD_TEXT, AT(role), .max = ROLE_MAX_CHARACTERS,
     .example = "\"General practitioner\""},
    {.name = "gender", .tag = 4, .kind = FIELD_ENUM, AT(gender), .values = gender_names,
     .example = "\"female\""},
    {.name = "professional_number", .tag = 5, .kind = FIELD_TEXT, AT(professional_number),
     .max = NUMBER_MAX_CHARACTERS, .help = "Of the GMC, NMC, GPhC, GDC or HCPC.",
     .example = "\"GMC 7654321\""},
};
/* clang-format on */
#undef AT
const struct field_set practitioner_fields = {
    .name = "Practitioner", .size = sizeof(struct practitioner), FIELDS(practitioner_rows)};

/* clang-format off */
static const struct field session_date_rows[] = {
    {.name = "date", .tag = 1, .flags = FIELD_REQUIRED, .kind = FIELD_DATE,
     .offset = offsetof(struct session_date, date), .example = "\"2026-12-24\""},
};
/* clang-format on */
static const struct field_set session_date_fields = {
    .name = "SessionDate", .size = sizeof(struct session_date), FIELDS(session_date_rows)};

#define AT(member) .offset = offsetof(struct session, member)
/* clang-format off */
#define SESSION_ROWS(practitioner_set)                                                                       \
    {.name = "session_id", .tag = 1, .flags = FIELD_READ_ONLY, .kind = FIELD_TEXT, AT(session_id)},          \
    {.name = "practice_id", .tag = 2, .flags = FIELD_READ_ONLY, .kind = FIELD_TEXT, AT(practice_id),         \
     .example = "\"practice-123\""},                                                                         \
    {.name = "weekday", .tag = 3, .flags = FIELD_ANY_CASE, .kind = FIELD_ENUM, AT(weekday),                  \
     .values = weekday_names, .help = "Of a weekly session; else give `date`.", .example = "\"monday\""},    \
    {.name = "date", .tag = 4, .kind = FIELD_DATE, AT(date),                                                 \
     .help = "Of a session on one day; else give `weekday`."},                                               \
    {.name = "first_date", .tag = 5, .kind = FIELD_DATE, AT(first_date),                                     \
     .help = "A weekly session runs from this day on; no limit if left out."},                               \
    {.name = "last_date", .tag = 6, .kind = FIELD_DATE, AT(last_date),                                       \
     .help = "The last day on which a weekly session may run; no limit if left out."},                       \
    {.name = "cancelled_dates", .tag = 7, .flags = FIELD_ALWAYS, .kind = FIELD_OBJECTS, AT(cancelled_dates), \
     .max = CANCELLED_DATES_MAX, .of = &session_date_fields,                                                 \
     .help = "Days on which a weekly session does not run."},                                                \
    {.name = "from", .tag = 8, .flags = FIELD_REQUIRED, .kind = FIELD_MINUTE, AT(from),                      \
     .help = "Europe/London wall time.", .example = "\"09:00\""},                                            \
    {.name = "until", .tag = 9, .flags = FIELD_REQUIRED, .kind = FIELD_MINUTE, AT(until),                    \
     .help = "Before `from`: past midnight; such a session is cut there into two.", .example = "\"12:30\""}, \
    {.name = "services", .tag = 10, .flags = FIELD_ANY_CASE, .kind = FIELD_ENUMS, AT(services), .min = 1,    \
     .max = 32, .values = appointment_type_names,                                                            \
     .help = "Appointment types; all that the practice offers if left out.", .example = "[\"routine\"]"},    \
    {.name = "slot_minutes", .tag = 11, .kind = FIELD_INTEGER, AT(slot_minutes), .min = SLOT_MIN,            \
     .max = SLOT_MAX, .help = "The practice's slot length if left out.", .example = "15"},                   \
    {.name = "capacity", .tag = 12, .kind = FIELD_INTEGER, AT(capacity), .min = 1,                           \
     .max = SESSION_CAPACITY_MAX, .help = "How many people at once; 1 if left out.", .example = "1"},        \
    {.name = "delivery_channel", .tag = 13, .flags = FIELD_ANY_CASE, .kind = FIELD_ENUM,                     \
     AT(delivery_channel), .values = delivery_channel_names, .help = "in_person if left out.",               \
     .example = "\"in_person\""},                                                                            \
    {.name = "practitioner", .tag = 14, .kind = FIELD_OBJECT, AT(practitioner), .of = (practitioner_set),    \
     .help = "Who holds it, where that matters. An id that is known needs nothing else."},                   \
    {.name = "status", .tag = 15, .flags = FIELD_ANY_CASE, .kind = FIELD_ENUM, AT(status),                   \
     .values = session_status_names, .help = "active if left out.", .example = "\"active\""},                \
    {.name = "created_at", .tag = 16, .flags = FIELD_READ_ONLY, .kind = FIELD_INSTANT, AT(created_at)},      \
    {.name = "updated_at", .tag = 17, .flags = FIELD_READ_ONLY, .kind = FIELD_INSTANT, AT(updated_at)},      \
    {.name = "version", .tag = 18, .flags = FIELD_READ_ONLY, .kind = FIELD_INTEGER, AT(version),             \
     .help = "Goes up with every change; the ETag."}
/* clang-format on */

/* ---- rules between members ---- */

static enum err complain(struct problems *problems, const char *prefix, const char *name, enum err err,
                         const char *message)
{
    const char *pointer = arena_printf(problems->arena, "%s/%s", prefix, name);
    return pointer ? problems_add(problems, pointer, err, message) : ERR_MEMORY;
}

/* A rule that is broken: where and how it is said. */
struct rule {
    bool broken;
    const char *name;
    enum err err;
    const char *message;
};

static enum err rules_run(const struct rule *rules, size_t count, const char *prefix,
                          struct problems *problems)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++) {
        if (rules[i].broken)
            e = complain(problems, prefix, rules[i].name, rules[i].err, rules[i].message);
    }
    return e;
}

static enum err cancelled_check(const struct session *session, const char *prefix, struct problems *problems)
{
    const struct session_date *dates = session->cancelled_dates.items;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < session->cancelled_dates.count; i++) {
        if (session->weekday == 0 || dates[i].date == DATE_NONE ||
            weekday_of(dates[i].date) == session->weekday - 1)
            continue;
        const char *name = arena_printf(problems->arena, "cancelled_dates/%zu/date", i);
        e = name ? complain(problems, prefix, name, ERR_FIELD_VALUE,
                            "The session does not run on that day of the week.")
                 : ERR_MEMORY;
    }
    return e;
}

/* The longest part of it on one side of midnight, where it is cut. */
static int32_t longest_part(const struct session *session)
{
    if (session->until > session->from)
        return session->until - session->from;
    int32_t before = MINUTES_A_DAY - session->from;
    return before > session->until ? before : session->until;
}

/* Both ends are there, and neither was refused. */
static bool has_times(const struct session *session, const char *prefix, const struct problems *problems)
{
    return session->from != MINUTE_NONE && session->until != MINUTE_NONE &&
           !problems_about_member(problems, prefix, "from") &&
           !problems_about_member(problems, prefix, "until");
}

static enum err session_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct session *session = object;
    bool weekly = session->weekday != 0 || problems_about_member(problems, prefix, "weekday");
    bool dated = session->date != DATE_NONE || problems_about_member(problems, prefix, "date");
    bool timed = has_times(session, prefix, problems);
    bool first = session->first_date != DATE_NONE;
    bool last = session->last_date != DATE_NONE;
    static const char weekly_only[] = "Only a weekly session has this.";
    const struct rule rules[] = {
        {!weekly && !dated, "weekday", ERR_FIELD_REQUIRED,
         "Give a weekday, or a date for a session on one day."},
        {weekly && dated, "date", ERR_FIELD_VALUE, "Give a weekday or a date, not both."},
        {dated && !weekly && first, "first_date", ERR_FIELD_VALUE, weekly_only},
        {dated && !weekly && last, "last_date", ERR_FIELD_VALUE, weekly_only},
        {dated && !weekly && session->cancelled_dates.count > 0, "cancelled_dates", ERR_FIELD_VALUE,
         weekly_only},
        {first && last && session->last_date < session->first_date, "last_date", ERR_FIELD_RANGE,
         "This is before first_date."},
        {timed && session->from == session->until, "until", ERR_FIELD_RANGE,
         "This is the same time as `from`; write 00:00 to 24:00 for the whole day."},
        {session->from == MINUTES_A_DAY, "from", ERR_FIELD_RANGE, "The day ends at 24:00."},
        {timed && session->from != session->until && session->slot_minutes != INTEGER_NONE &&
             session->slot_minutes > longest_part(session),
         "slot_minutes", ERR_FIELD_RANGE, "The session is shorter than one slot on each side of midnight."},
    };

    enum err e = rules_run(rules, sizeof rules / sizeof rules[0], prefix, problems);
    return e ? e : cancelled_check(session, prefix, problems);
}

/* clang-format off */
static const struct field session_rows[] = {
    SESSION_ROWS(&practitioner_fields),
};
/* clang-format on */
const struct field_set session_fields = {
    .name = "Session", .size = sizeof(struct session), FIELDS(session_rows), .check = session_check};
const struct field_set session_update_fields = {
    .name = "SessionUpdate", .size = sizeof(struct session), FIELDS(session_rows)};

/* clang-format off */
static const struct field session_change_rows[] = {
    SESSION_ROWS(&practitioner_fields),
    AFFECTED_ROWS(struct session_change, affected),
};
/* clang-format on */
const struct field_set session_change_fields = {
    .name = "SessionChange", .size = sizeof(struct session_change), FIELDS(session_change_rows)};

/* clang-format off */
static const struct field practitioner_id_rows[] = {
    {.name = "practitioner_id", .tag = 1, .kind = FIELD_TEXT,
     .offset = offsetof(struct practitioner, practitioner_id)},
};
/* clang-format on */
static const struct field_set practitioner_id_fields = {
    .name = "PractitionerId", .size = sizeof(struct practitioner), FIELDS(practitioner_id_rows)};
/* clang-format off */
static const struct field session_stored_rows[] = {
    SESSION_ROWS(&practitioner_id_fields),
};
/* clang-format on */
static const struct field_set session_stored_fields = {
    .name = "SessionStored", .size = sizeof(struct session), FIELDS(session_stored_rows)};

/* ---- defaults ---- */

void session_init(struct session *session)
{
    fields_clear(&session_fields, session);
    session->version = 1;
}

static int date_compare(const void *a, const void *b)
{
    const struct session_date *x = a;
    const struct session_date *y = b;
    return (x->date > y->date) - (x->date < y->date);
}

static enum err cancelled_sort(struct arena *arena, struct list *dates)
{
    if (dates->count == 0)
        return ERR_OK;
    struct session_date *items = arena_copy(arena, dates->items, dates->count * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    qsort(items, dates->count, sizeof *items, date_compare);
    size_t kept = 1;
    for (size_t i = 1; i < dates->count; i++) {
        if (items[i].date != items[kept - 1].date)
            items[kept++] = items[i];
    }
    *dates = (struct list){items, kept};
    return ERR_OK;
}

enum err session_complete(struct arena *arena, const struct practice *practice, struct session *session)
{
    if (session->slot_minutes == INTEGER_NONE)
        session->slot_minutes = practice->booking_rules->slot_minutes;
    if (session->capacity == INTEGER_NONE)
        session->capacity = 1;
    if (session->delivery_channel == 0)
        session->delivery_channel = CHANNEL_IN_PERSON;
    if (session->status == 0)
        session->status = SESSION_ACTIVE;
    return cancelled_sort(arena, &session->cancelled_dates);
}

/* ---- records ---- */

static struct key session_key(const char *practice_id, const char *session_id)
{
    return (struct key){.table = TABLE_SESSION, .part = practice_id, .sort = session_id};
}

static struct key practitioner_key(const char *practice_id, const char *practitioner_id)
{
    return (struct key){.table = TABLE_PRACTITIONER, .part = practice_id, .sort = practitioner_id};
}

enum err practitioner_load(struct tx *tx, const char *practice_id, const char *practitioner_id,
                           struct practitioner *practitioner)
{
    struct key key = practitioner_key(practice_id, practitioner_id);
    struct span value;

    enum err e = *practitioner_id ? tx_get(tx, &key, &value) : ERR_NOT_FOUND;
    return e ? e : fields_decode(&practitioner_fields, value, tx_arena(tx), practitioner);
}

enum err session_load(struct tx *tx, const char *practice_id, const char *session_id, struct session *session)
{
    struct key key = session_key(practice_id, session_id);
    struct span value;
    struct session loaded = {0};

    enum err e = tx_get(tx, &key, &value);
    if (!e)
        e = fields_decode(&session_stored_fields, value, tx_arena(tx), &loaded);
    if (!e && loaded.practitioner) {
        e = practitioner_load(tx, practice_id, loaded.practitioner->practitioner_id, loaded.practitioner);
        if (e == ERR_NOT_FOUND)
            e = ERR_DAMAGED; /* a session without its practitioner */
    }
    if (!e)
        *session = loaded;
    return e;
}

enum err session_list_brief(struct tx *tx, const char *practice_id, struct session **sessions, size_t *count)
{
    struct scan scan = {.table = TABLE_SESSION, .part = practice_id, .limit = SESSIONS_PER_PRACTICE_MAX};
    struct row *rows;
    size_t found;
    bool more;

    enum err e = tx_scan(tx, &scan, &rows, &found, &more);
    if (e)
        return e;
    struct session *list = arena_zero(tx_arena(tx), found + 1, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < found; i++)
        e = fields_decode(&session_stored_fields, rows[i].value, tx_arena(tx), &list[i]);
    if (e)
        return e;
    *sessions = list;
    *count = found;
    return ERR_OK;
}

static int row_compare(const void *sort, const void *row)
{
    return strcmp(sort, ((const struct row *)row)->sort);
}

/* rows: all practitioners of the practice, sorted by id. */
static enum err practitioner_join(struct tx *tx, const struct row *rows, size_t count,
                                  struct session *session)
{
    if (!session->practitioner)
        return ERR_OK;
    const struct row *row =
        bsearch(session->practitioner->practitioner_id, rows, count, sizeof *rows, row_compare);
    return row ? fields_decode(&practitioner_fields, row->value, tx_arena(tx), session->practitioner)
               : ERR_DAMAGED;
}

enum err session_list(struct tx *tx, const char *practice_id, struct session **sessions, size_t *count)
{
    struct scan scan = {.table = TABLE_PRACTITIONER, .part = practice_id, .limit = SCAN_MAX};
    struct session *list;
    struct row *rows;
    size_t found;
    size_t known;
    bool more;

    enum err e = session_list_brief(tx, practice_id, &list, &found);
    if (!e)
        e = tx_scan(tx, &scan, &rows, &known, &more);
    for (size_t i = 0; !e && i < found; i++)
        e = practitioner_join(tx, rows, known, &list[i]);
    if (e)
        return e;
    *sessions = list;
    *count = found;
    return ERR_OK;
}

static enum err encoded_put(struct tx *tx, const struct key *key, const struct field_set *set,
                            const void *object)
{
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    fields_encode(set, object, &buf);
    return buf_ok(&buf) ? tx_put(tx, key, NULL, buf_span(&buf)) : ERR_MEMORY;
}

enum err session_save(struct tx *tx, const struct session *session)
{
    struct key key = session_key(session->practice_id, session->session_id);
    const struct practitioner *practitioner = session->practitioner;

    enum err e = encoded_put(tx, &key, &session_stored_fields, session);
    if (e || !practitioner)
        return e;
    must(practitioner->practitioner_id);
    struct key who = practitioner_key(session->practice_id, practitioner->practitioner_id);
    return encoded_put(tx, &who, &practitioner_fields, practitioner);
}

enum err session_delete(struct tx *tx, const char *practice_id, const char *session_id)
{
    struct key key = session_key(practice_id, session_id);
    return tx_delete(tx, &key);
}
