/* bank_holiday_import.c - PUT /bank-holidays: takes the dates of GOV.UK's bank-holidays.json, as the file is.
 * Divisions that the body names replace what was imported for them before; the others stay. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_practice.h"

#include <string.h>

enum { EVENTS_MAX = 1000, TITLE_MAX = 100, NOTES_MAX = 100, DIVISION_COUNT = 3 };

/* ---- the file ---- */

struct event {
    const char *title, *notes;
    int32_t date;
    enum truth bunting;
};
#define AT(member) .offset = offsetof(struct event, member)
/* clang-format off */
static const struct field event_rows[] = {
    {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_REQUIRED, AT(title), .max = TITLE_MAX,
     .example = "\"Boxing Day\""},
    {.name = "date", .kind = FIELD_DATE, .flags = FIELD_REQUIRED, AT(date), .example = "\"2027-12-28\""},
    {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_EMPTY_OK, AT(notes), .max = NOTES_MAX,
     .example = "\"Substitute day\""},
    {.name = "bunting", .kind = FIELD_BOOLEAN, AT(bunting), .help = "Not used.", .example = "true"},
};
/* clang-format on */
#undef AT
static const struct field_set event_fields = {
    .name = "BankHolidayEvent", .size = sizeof(struct event), FIELDS(event_rows)};

struct division {
    const char *division;
    struct list events;
};
/* clang-format off */
static const struct field division_rows[] = {
    {.name = "division", .kind = FIELD_TEXT, .offset = offsetof(struct division, division),
     .example = "\"england-and-wales\""},
    {.name = "events", .kind = FIELD_OBJECTS, .flags = FIELD_REQUIRED,
     .offset = offsetof(struct division, events), .of = &event_fields, .max = EVENTS_MAX,
     .help = "Whole years. None: what was imported before is taken back."},
};
/* clang-format on */
static const struct field_set division_fields = {
    .name = "BankHolidayDivision", .size = sizeof(struct division), FIELDS(division_rows)};

struct file {
    struct division *divisions[DIVISION_COUNT];
};
#define DIVISION(title, index)                                                                               \
    {                                                                                                        \
        .name = (title), .kind = FIELD_OBJECT, .offset = offsetof(struct file, divisions[index]),            \
        .of = &division_fields                                                                               \
    }
/* clang-format off */
static const struct field file_rows[] = {
    DIVISION("england-and-wales", 0),
    DIVISION("scotland", 1),
    DIVISION("northern-ireland", 2),
};
/* clang-format on */

static enum err division_check(const struct division *division, const char *name, struct problems *problems)
{
    if (!division || !division->division || strcmp(division->division, name) == 0)
        return ERR_OK;
    const char *pointer = arena_printf(problems->arena, "/%s/division", name);
    return pointer ? problems_add(problems, pointer, ERR_FIELD_VALUE,
                                  "This must be the name of the member that it is in.")
                   : ERR_MEMORY;
}

static enum err file_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct file *file = object;
    bool any = false;
    enum err e = ERR_OK;

    (void)prefix;
    for (size_t i = 0; !e && i < DIVISION_COUNT; i++) {
        any = any || file->divisions[i] || problems_about_member(problems, "", file_rows[i].name);
        e = division_check(file->divisions[i], file_rows[i].name, problems);
    }
    if (!e && !any)
        e = problems_add(problems, "/england-and-wales", ERR_FIELD_REQUIRED,
                         "Send at least one division: england-and-wales, scotland or northern-ireland.");
    return e;
}

static const struct field_set file_fields = {
    .name = "BankHolidayFile", .size = sizeof(struct file), FIELDS(file_rows), .check = file_check};

/* ---- joining it with what is there ---- */

struct joining {
    const struct file *file;
    struct bank_holiday_row *rows;
    size_t count;
};

/* The division that a nation belongs to, if the file has it. */
static const struct division *division_of(const struct file *file, int32_t nation)
{
    for (size_t i = 0; i < DIVISION_COUNT; i++) {
        enum nation nations[2];
        size_t count = bank_holiday_division(file_rows[i].name, nations);
        for (size_t j = 0; j < count; j++) {
            if ((int32_t)nations[j] == nation)
                return file->divisions[i];
        }
    }
    return NULL;
}

static void rows_keep(struct joining *joining, const struct list *former)
{
    const struct bank_holiday_row *rows = former->items;

    for (size_t i = 0; i < former->count; i++) {
        if (!division_of(joining->file, rows[i].nation))
            joining->rows[joining->count++] = rows[i];
    }
}

static void rows_add(struct joining *joining)
{
    for (int32_t nation = NATION_ENGLAND; nation < NATION_COUNT; nation++) {
        const struct division *division = division_of(joining->file, nation);
        const struct event *events = division ? division->events.items : NULL;
        for (size_t i = 0; division && i < division->events.count; i++)
            if (events[i].date != DATE_NONE && events[i].title) /* else refused already */
                joining->rows[joining->count++] =
                    (struct bank_holiday_row){nation, events[i].date, events[i].title, events[i].notes};
    }
}

/* Where in the body the row stands that is wrong. */
static enum err complain(struct call *call, const struct file *file, const struct bank_holiday_row *bad,
                         enum err err)
{
    for (size_t i = 0; i < DIVISION_COUNT; i++) {
        const struct division *division = file->divisions[i];
        const struct event *events = division ? division->events.items : NULL;
        for (size_t j = division ? division->events.count : 0; j-- > 0;) {
            if (events[j].date != bad->date || division_of(file, bad->nation) != division)
                continue;
            const char *pointer = arena_printf(call->arena, "/%s/events/%zu/date", file_rows[i].name, j);
            const char *text = err == ERR_FIELD_DUPLICATE ? "This date is there twice."
                               : err == ERR_FIELD_RANGE   ? "There are too many bank holidays in this year."
                                                          : NULL;
            return pointer ? call_problem(call, pointer, err, text) : ERR_MEMORY;
        }
    }
    return call_problem(call, "", err, "With what was imported before, these are too many bank holidays.");
}

static enum err join(struct call *call, const struct bank_holiday_corrections *former,
                     struct bank_holiday_corrections *joined)
{
    struct joining joining = {.file = call->body};
    size_t room = former->rows.count + 1;
    size_t bad;

    for (int32_t nation = NATION_ENGLAND; nation < NATION_COUNT; nation++) {
        const struct division *division = division_of(joining.file, nation);
        room += division ? division->events.count : 0;
    }
    joining.rows = arena_zero(call->arena, room, sizeof *joining.rows);
    if (!joining.rows)
        return ERR_MEMORY;
    rows_keep(&joining, &former->rows);
    rows_add(&joining);
    joined->rows = (struct list){joining.rows, joining.count};
    enum err e = bank_holiday_corrections_prepare(joined, &bad);
    if (!e || e == ERR_MEMORY)
        return e;
    return bad < joining.count ? complain(call, joining.file, &joining.rows[bad], e)
                               : call_problem(call, "", e, "These are too many bank holidays.");
}

/* ---- the answer ---- */

struct answer {
    int64_t dates;
};
/* clang-format off */
static const struct field answer_rows[] = {
    {.name = "dates", .kind = FIELD_INTEGER, .offset = offsetof(struct answer, dates),
     .help = "Dates that count now, over all nations.", .example = "276"},
};
/* clang-format on */
static const struct field_set answer_fields = {
    .name = "BankHolidayImport", .size = sizeof(struct answer), FIELDS(answer_rows)};

static enum err review(struct call *call, struct tx *tx)
{
    struct bank_holiday_corrections former;
    struct bank_holiday_corrections joined;

    enum err e = bank_holidays_load(tx, &former);
    return e ? e : join(call, &former, &joined);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct bank_holiday_corrections former;
    struct bank_holiday_corrections joined;

    enum err e = access_any(call, ACTION_BANK_HOLIDAYS_IMPORT);
    if (!e)
        e = bank_holidays_load(tx, &former);
    if (!e)
        e = join(call, &former, &joined);
    if (!e)
        e = bank_holidays_save(tx, &joined);
    if (e == ERR_FIELD_TOO_LONG)
        return call_problem(call, "", e, "With what was imported before, these are too many bank holidays.");
    if (e)
        return e;
    struct answer answer = {.dates = (int64_t)joined.rows.count};
    reply_object(call, 200, "Bank holidays imported.", &answer_fields, &answer, false);
    return ERR_OK;
}

const struct endpoint endpoint_bank_holiday_import = {
    .name = "bank_holiday_import",
    .method = METHOD_PUT,
    .path = "/bank-holidays",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES,
    .body = &file_fields,
    .body_mode = FIELDS_CREATE,
    .data = &answer_fields,
    .handle = handle,
    .review = review,
    .tag = "Bank holidays",
    .summary = "Import GOV.UK's bank holidays",
    .description = "Admins only. The body is the file https://www.gov.uk/bank-holidays.json as it is. In "
                   "every year from the "
                   "first to the last of a division's dates, those dates count instead of the computed ones; "
                   "appointments stay "
                   "booked, and availability follows at once.",
    .body_example = "{\"england-and-wales\": {\"division\": \"england-and-wales\", \"events\": [{\"title\": "
                    "\"New Year\\u2019s "
                    "Day\", \"date\": \"2027-01-01\", \"notes\": \"\", \"bunting\": true}]}}",
};
