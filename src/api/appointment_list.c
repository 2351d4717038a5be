/* appointment_list.c - GET /appointments: a patient's own, those of a staff member's practices, or, for an
 * admin, those of the patient or practice that the filter names; in the order of their start.
 *
 * Rows come from the index of the patient, or of each practice; several practices are merged by the rows'
 * sort keys, which are ordered the same everywhere, so one key serves as the cursor for all of them. Filters
 * that no index answers are applied to what was read; a page then reads on until it is full or ROWS_READ_MAX
 * rows were looked at. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/page.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_READ_MAX = 2000, REFERENCE_TYPED_MAX = 30, REFERENCE_TEXT = 10 };

struct query {
    struct page page;
    const char *patient_id, *practice_id, *reference;
    uint32_t status; /* bits */
    int32_t start_date, end_date;
};

static enum err reference_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    char reference[REFERENCE_TEXT];

    if (!reference_parse(text, size, reference))
        return ERR_FIELD_FORMAT;
    *out = arena_dup(arena, reference);
    return *out ? ERR_OK : ERR_MEMORY;
}

static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct query, patient_id),
     .max = KEY_PART_MAX,
     .help = "Only this patient's.",
     .example = "\"patient-123\""},
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct query, practice_id),
     .max = KEY_PART_MAX,
     .help = "Only at this practice.",
     .example = "\"practice-456\""},
    {.name = "status",
     .kind = FIELD_ENUMS,
     .offset = offsetof(struct query, status),
     .values = appointment_status_names,
     .help = "Only with these, comma-separated; every status if left out.",
     .example = "\"booked\""},
    {.name = "start_date",
     .kind = FIELD_DATE,
     .offset = offsetof(struct query, start_date),
     .help = "From this Europe/London day on, included.",
     .example = "\"2027-01-01\""},
    {.name = "end_date",
     .kind = FIELD_DATE,
     .offset = offsetof(struct query, end_date),
     .help = "Until this Europe/London day, included.",
     .example = "\"2027-01-31\""},
    {.name = "reference",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct query, reference),
     .max = REFERENCE_TYPED_MAX,
     .normalise = reference_normalise,
     .help = "The one that somebody reads out on the phone.",
     .example = "\"K7M2-9XQF\""},
};

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    if (query->start_date == DATE_NONE || query->end_date == DATE_NONE ||
        query->start_date <= query->end_date)
        return ERR_OK;
    return problems_add(problems, "?end_date", ERR_FIELD_RANGE, "end_date lies before start_date.");
}

static const struct field_set query_set = {
    .name = "AppointmentListQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

/* Where the rows come from: one index partition each. */
struct sources {
    enum appointment_index index;
    const char *const *ids;
    size_t count;
};

static enum err sources_find(struct call *call, struct tx *tx, const struct query *query,
                             struct sources *sources)
{
    const struct user *user = call->caller.user;
    const char **one = arena_zero(call->arena, 1, sizeof *one);

    if (!one)
        return ERR_MEMORY;
    *sources = (struct sources){.ids = one, .count = 1};
    if (user->role == ROLE_PATIENT) {
        *one = query->patient_id ? query->patient_id : user->user_id;
        return access_patient(call, tx, ACTION_APPOINTMENT_READ, *one);
    }
    if (query->practice_id) {
        sources->index = APPOINTMENTS_OF_PRACTICE;
        *one = query->practice_id;
        return access_practice(call, ACTION_APPOINTMENT_LIST_PRACTICE, query->practice_id);
    }
    *one = query->patient_id;
    if (query->patient_id || query->reference)
        return ERR_OK;
    if (user->role == ROLE_ADMIN)
        return ERR_FILTER_NEEDED;
    *sources = (struct sources){APPOINTMENTS_OF_PRACTICE, user->practice_ids.items, user->practice_ids.count};
    return ERR_OK;
}

/* May the caller see it, and do the filters let it pass? */
static bool is_wanted(struct call *call, struct tx *tx, const struct query *query,
                      const struct appointment *appointment)
{
    if (query->patient_id && strcmp(query->patient_id, appointment->patient_id) != 0)
        return false;
    if (query->practice_id && strcmp(query->practice_id, appointment->practice_id) != 0)
        return false;
    if (query->status && !(query->status & (uint32_t)1 << (appointment->status - 1)))
        return false;
    return access_appointment(call, tx, ACTION_APPOINTMENT_READ, appointment->patient_id,
                              appointment->practice_id) == ERR_OK;
}

static int by_sort(const void *a, const void *b)
{
    const struct appointment_row *first = a;
    const struct appointment_row *second = b;
    return strcmp(first->sort, second->sort);
}

/* The next `want` rows over all sources behind `after`, merged; *more: there may be others behind them. */
static enum err rows_merge(struct call *call, struct tx *tx, const struct sources *sources,
                           struct appointment_page *page, struct appointment_row **rows, size_t *count,
                           bool *more)
{
    struct appointment_row *all = arena_zero(call->arena, sources->count * page->limit + 1, sizeof *all);
    size_t used = 0;

    *more = false;
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < sources->count; i++) {
        struct appointment_row *found;
        size_t found_count;
        bool found_more;
        page->of = sources->ids[i];
        enum err e = appointment_list(tx, page, &found, &found_count, &found_more);
        if (e)
            return e;
        memcpy(&all[used], found, found_count * sizeof *found);
        used += found_count;
        *more = *more || found_more;
    }
    qsort(all, used, sizeof *all, by_sort);
    *more = *more || used > page->limit;
    *count = used < page->limit ? used : page->limit;
    *rows = all;
    return ERR_OK;
}

/* Fills the page; *last is the sort of the last row looked at if there may be more behind it, else NULL. */
static enum err page_fill(struct call *call, struct tx *tx, const struct query *query,
                          const struct sources *sources, const char *after, struct list *page,
                          const char **last)
{
    struct appointment_row *kept = arena_zero(call->arena, page_limit(&query->page), sizeof *kept);
    struct appointment_page ask = {
        .index = sources->index,
        .from_ms = query->start_date == DATE_NONE ? INSTANT_NONE : london_midnight(query->start_date),
        .until_ms = query->end_date == DATE_NONE ? INSTANT_NONE : london_midnight(query->end_date + 1),
        .after = after,
        .limit = page_limit(&query->page),
    };
    bool more = true;

    if (!kept)
        return ERR_MEMORY;
    *page = (struct list){.items = kept};
    *last = NULL;
    for (size_t looked_at = 0; more && looked_at < ROWS_READ_MAX && page->count < ask.limit;) {
        struct appointment_row *rows;
        size_t count;
        enum err e = rows_merge(call, tx, sources, &ask, &rows, &count, &more);
        if (e)
            return e;
        for (size_t i = 0; i < count && page->count < ask.limit; i++) {
            if (is_wanted(call, tx, query, &rows[i].appointment))
                kept[page->count++] = rows[i];
            ask.after = *last = rows[i].sort;
            more = more || i + 1 < count;
            if (page->count == ask.limit && i + 1 < count)
                return ERR_OK;
        }
        looked_at += count;
    }
    if (!more)
        *last = NULL;
    return ERR_OK;
}

static void reply_rows(struct call *call, const struct list *page)
{
    const struct appointment_row *rows = page->items;
    struct json_writer *writer =
        reply_begin(call, 200, page->count ? "Appointments found." : "No appointments.");

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < page->count; i++)
        fields_write(&appointment_fields, &rows[i].appointment, false, writer, NULL);
    json_array_end(writer);
    reply_end(call);
}

/* A reference names one appointment, or none that the caller may see. */
static enum err list_reference(struct call *call, struct tx *tx, const struct query *query)
{
    struct appointment_row *row = arena_zero(call->arena, 1, sizeof *row);
    struct list page = {.items = row};

    if (!row)
        return ERR_MEMORY;
    enum err e = appointment_find_reference(tx, query->reference, &row->appointment);
    if (e && e != ERR_NOT_FOUND)
        return e;
    page.count = !e && is_wanted(call, tx, query, &row->appointment);
    reply_rows(call, &page);
    return ERR_OK;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct sources sources;
    struct list page;
    const char *after = NULL;
    const char *last = NULL;

    enum err e = sources_find(call, tx, query, &sources);
    if (e || query->reference)
        return e ? e : list_reference(call, tx, query);
    e = page_after(call, &query->page, &after);
    if (!e)
        e = page_fill(call, tx, query, &sources, after, &page, &last);
    if (!e && last)
        e = page_next(call, last);
    if (e)
        return e;
    reply_rows(call, &page);
    return ERR_OK;
}

static const enum err errors[] = {ERR_FILTER_NEEDED, ERR_OK};

const struct endpoint endpoint_appointment_list = {
    .name = "appointment_list",
    .method = METHOD_GET,
    .path = "/appointments",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .query = &query_set,
    .data = &appointment_fields,
    .handle = handle,
    .errors = errors,
    .tag = "Appointments",
    .summary = "List appointments",
    .description = "Without a filter: a patient's own, or those of the staff member's practices. An admin "
                   "must name a patient or a practice. Every status is listed, in the order of the start.",
};
