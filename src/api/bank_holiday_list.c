/* bank_holiday_list.c - GET /bank-holidays: the bank holidays of a nation, by rule and as corrected. */
#include "api/endpoint.h"
#include "call/page.h"
#include "call/reply.h"
#include "store/rec_practice.h"

#include <string.h>

enum { YEARS_AHEAD = 1 };

struct query {
    struct page page;
    int32_t nation;
    int64_t year;
};

/* clang-format off */
static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "nation", .kind = FIELD_ENUM, .flags = FIELD_ANY_CASE, .offset = offsetof(struct query, nation),
     .values = nation_names, .help = "All four if left out.", .example = "\"england\""},
    {.name = "year", .kind = FIELD_INTEGER, .offset = offsetof(struct query, year),
     .min = BANK_HOLIDAY_YEAR_MIN, .max = YEAR_MAX, .help = "This year and the next if left out.",
     .example = "2027"},
};
/* clang-format on */
static const struct field_set query_fields = {
    .name = "BankHolidayQuery", .size = sizeof(struct query), FIELDS(query_rows)};

struct answer {
    int32_t nation, date;
    const char *title, *notes;
};
#define AT(member) .offset = offsetof(struct answer, member)

/* clang-format off */
static const struct field answer_rows[] = {
    {.name = "nation", .kind = FIELD_ENUM, AT(nation), .values = nation_names, .example = "\"england\""},
    {.name = "date", .kind = FIELD_DATE, AT(date), .example = "\"2027-12-27\""},
    {.name = "title", .kind = FIELD_TEXT, AT(title), .example = "\"Christmas Day\""},
    {.name = "notes", .kind = FIELD_TEXT, AT(notes), .example = "\"Substitute day\""},
};
/* clang-format on */
static const struct field_set answer_fields = {
    .name = "BankHoliday", .size = sizeof(struct answer), FIELDS(answer_rows)};

struct listing {
    struct call *call;
    const struct bank_holiday_corrections *corrections;
    struct json_writer *writer;
    const char *after; /* key of the last row of the page before, or NULL */
    const char *last;  /* of this page */
    size_t room;
    bool more;
};

/* Sorts like the list: nation, then date. */
static const char *row_key(struct arena *arena, int32_t nation, int32_t date)
{
    char text[DATE_TEXT];

    date_format(date, text);
    return arena_printf(arena, "%d %s", (int)nation, text);
}

static enum err year_write(struct listing *l, int32_t nation, int year)
{
    struct bank_holiday days[BANK_HOLIDAYS_A_YEAR_MAX];
    size_t count = bank_holidays_of_year_with(l->corrections, (enum nation)nation, year, days);

    for (size_t i = 0; i < count && !l->more; i++) {
        const char *key = row_key(l->call->arena, nation, days[i].date);
        if (!key)
            return ERR_MEMORY;
        if (l->after && strcmp(key, l->after) <= 0)
            continue;
        l->more = l->room == 0;
        if (l->more)
            break;
        struct answer row = {nation, days[i].date, days[i].title,
                             days[i].notes && *days[i].notes ? days[i].notes : NULL};
        fields_write(&answer_fields, &row, false, l->writer, NULL);
        l->last = key;
        l->room--;
    }
    return ERR_OK;
}

static enum err list_write(struct listing *l, const struct query *query)
{
    int this_year;
    int month;
    int day;
    enum err e = ERR_OK;

    civil_from_days(london_date(l->call->now_ms), &this_year, &month, &day);
    int first = query->year == INTEGER_NONE ? this_year : (int)query->year;
    int last = query->year == INTEGER_NONE ? this_year + YEARS_AHEAD : (int)query->year;
    for (int32_t nation = NATION_ENGLAND; !e && nation < NATION_COUNT; nation++) {
        if (query->nation != 0 && query->nation != nation)
            continue;
        for (int year = first; !e && year <= last; year++)
            e = year_write(l, nation, year);
    }
    return e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct bank_holiday_corrections corrections;
    struct listing l = {.call = call, .corrections = &corrections, .room = page_limit(&query->page)};

    enum err e = page_after(call, &query->page, &l.after);
    if (!e)
        e = bank_holidays_load(tx, &corrections);
    if (e)
        return e;
    l.writer = reply_begin(call, 200, "Bank holidays found.");
    json_array_begin(l.writer, NULL);
    e = list_write(&l, query);
    json_array_end(l.writer);
    if (!e && l.more)
        e = page_next(call, l.last);
    reply_end(call);
    return e;
}

const struct endpoint endpoint_bank_holiday_list = {
    .name = "bank_holiday_list",
    .method = METHOD_GET,
    .path = "/bank-holidays",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &answer_fields,
    .handle = handle,
    .tag = "Bank holidays",
    .summary = "List bank holidays",
    .description = "By nation, then date. They are computed by rule; where an admin has imported GOV.UK's "
                   "dates, those count.",
};
