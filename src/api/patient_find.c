/* patient_find.c - GET /patients: how staff find somebody, by the beginning of the surname among their
 * practices' patients, or by an exact NHS number among all; with as little about the person as telling them
 * apart needs. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/page.h"
#include "call/reply.h"
#include "domain/nhs_number.h"
#include "domain/text.h"
#include "store/rec_patient.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 2000, SURNAME_TYPED_MAX = 100, NHS_NUMBER_TYPED_MAX = 40 };

struct query {
    struct page page;
    const char *q, *nhs_number, *practice_id;
    int32_t date_of_birth;
};

static const struct field query_rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "q",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct query, q),
     .max = SURNAME_TYPED_MAX,
     .help = "The first letters of the surname, 3 or more (or a shorter surname, whole).",
     .example = "\"smi\""},
    {.name = "nhs_number",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct query, nhs_number),
     .max = NHS_NUMBER_TYPED_MAX,
     .normalise = nhs_number_normalise,
     .help = "A verified NHS number, among all patients.",
     .example = "\"9434765919\""},
    {.name = "date_of_birth",
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct query, date_of_birth),
     .help = "Only those born on this day.",
     .example = "\"1990-01-15\""},
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct query, practice_id),
     .max = KEY_PART_MAX,
     .help = "Only this practice's patients; admins need it with q.",
     .example = "\"practice-456\""},
};

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    if (!query->q && !query->nhs_number && !problems_about_member(problems, "?", "nhs_number"))
        return problems_add(problems, "?q", ERR_FIELD_REQUIRED, "Send q or nhs_number.");
    if (query->q && query->nhs_number)
        return problems_add(problems, "?nhs_number", ERR_FIELD_VALUE, "Send q or nhs_number, not both.");
    return ERR_OK;
}

static const struct field_set query_set = {
    .name = "PatientFindQuery", .size = sizeof(struct query), FIELDS(query_rows), .check = query_check};

static const struct field summary_rows[] = {
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct patient, patient_id),
     .example = "\"patient-123\""},
    {.name = "first_name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, first_name)},
    {.name = "last_name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, last_name)},
    {.name = "date_of_birth",
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, date_of_birth)},
    {.name = "nhs_number",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, nhs_number)},
};
static const struct field_set summary = {
    .name = "PatientSummary", .size = sizeof(struct patient), FIELDS(summary_rows)};

static bool is_wanted(const struct query *query, const struct patient *patient)
{
    return query->date_of_birth == DATE_NONE || query->date_of_birth == patient->date_of_birth;
}

static void reply_patients(struct call *call, const struct patient *patients, size_t count)
{
    struct json_writer *writer = reply_begin(call, 200, count ? "Patients found." : "No patient found.");

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++)
        fields_write(&summary, &patients[i], false, writer, NULL);
    json_array_end(writer);
    reply_end(call);
}

static enum err find_number(struct call *call, struct tx *tx, const struct query *query)
{
    struct patient patient;

    enum err e = patient_find_nhs_number(tx, query->nhs_number, &patient);
    if (e && e != ERR_NOT_FOUND)
        return e;
    reply_patients(call, &patient, !e && is_wanted(query, &patient));
    return ERR_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct surname_row *first = a;
    const struct surname_row *second = b;
    return strcmp(first->place, second->place);
}

/* The folded letters to look for; their size in bytes, cut to what the index holds. */
static enum err letters_of(struct call *call, const char *q, const char **letters, size_t *size)
{
    size_t at = 0;
    size_t count = 0;

    *letters = text_fold(call->arena, q);
    if (!*letters)
        return ERR_MEMORY;
    size_t all = strlen(*letters);
    while (at < all && count < SURNAME_LETTERS_MAX) {
        (void)text_next(*letters, all, &at);
        count++;
    }
    if (count == 0)
        return call_problem(call, "?q", ERR_FIELD_TOO_SHORT,
                            "Send the first 3 letters of the surname or more.");
    *size = at;
    return ERR_OK;
}

static bool begins_so(struct call *call, const char *last_name, const char *letters)
{
    const char *folded = last_name ? text_fold(call->arena, last_name) : NULL;
    return folded && strncmp(folded, letters, strlen(letters)) == 0;
}

struct practices {
    const char *const *ids;
    size_t count;
};

static enum err practices_of(struct call *call, const struct query *query, struct practices *practices)
{
    const struct list *own = &call->caller.user->practice_ids;
    const char **one = arena_zero(call->arena, 1, sizeof *one);

    if (!one)
        return ERR_MEMORY;
    *one = query->practice_id;
    *practices = (struct practices){one, 1};
    if (query->practice_id)
        return access_practice(call, ACTION_APPOINTMENT_LIST_PRACTICE, query->practice_id);
    if (call_is_role(call, ROLE_ADMIN))
        return call_problem(call, "?practice_id", ERR_FIELD_REQUIRED,
                            "Admins say at which practice to look.");
    *practices = (struct practices){own->items, own->count};
    return ERR_OK;
}

/* Loads candidates in the order of the index until the page is full. */
static enum err page_fill(struct call *call, struct tx *tx, const struct query *query, const char *letters,
                          const struct surname_row *rows, size_t count)
{
    size_t limit = page_limit(&query->page);
    struct patient *patients = arena_zero(call->arena, limit, sizeof *patients);
    size_t kept = 0;

    if (!patients)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && by_place(&rows[i], &rows[i - 1]) == 0)
            continue; /* with two of the practices */
        if (kept == limit) {
            enum err e = page_next(call, rows[i - 1].place);
            if (e)
                return e;
            break;
        }
        enum err e = patient_load(tx, rows[i].patient_id, &patients[kept]);
        if (e)
            return e;
        if (is_wanted(query, &patients[kept]) && begins_so(call, patients[kept].last_name, letters))
            kept++;
    }
    reply_patients(call, patients, kept);
    return ERR_OK;
}

static enum err find_surname(struct call *call, struct tx *tx, const struct query *query)
{
    struct surname_row *rows = arena_zero(call->arena, CANDIDATES_MAX, sizeof *rows);
    struct practices practices;
    const char *letters = NULL;
    const char *after = NULL;
    size_t size = 0;
    size_t count = 0;

    enum err e = rows ? practices_of(call, query, &practices) : ERR_MEMORY;
    if (!e)
        e = letters_of(call, query->q, &letters, &size);
    if (!e)
        e = page_after(call, &query->page, &after);
    for (size_t i = 0; !e && i < practices.count && count < CANDIDATES_MAX; i++) {
        size_t found = 0;
        e = surname_scan(tx, practices.ids[i], letters, size, after, CANDIDATES_MAX - count, rows + count,
                         &found);
        count += found;
    }
    if (e)
        return e;
    qsort(rows, count, sizeof *rows, by_place);
    return page_fill(call, tx, query, letters, rows, count);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    struct practices practices;
    const char *letters;
    size_t size;

    (void)tx;
    enum err e = access_any(call, ACTION_PATIENT_FIND);
    if (e || !query->q)
        return e;
    e = practices_of(call, query, &practices);
    return call_also(e, letters_of(call, query->q, &letters, &size));
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;

    enum err e = access_any(call, ACTION_PATIENT_FIND);
    if (e)
        return e;
    return query->nhs_number ? find_number(call, tx, query) : find_surname(call, tx, query);
}

const struct endpoint endpoint_patient_find = {
    .name = "patient_find",
    .method = METHOD_GET,
    .path = "/patients",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_LIST,
    .query = &query_set,
    .data = &summary,
    .handle = handle,
    .review = review,
    .tag = "Patients",
    .summary = "Find a patient",
    .description = "For staff: by the beginning of the surname (3 letters or more; accents and case do not "
                   "matter), with or without the date of birth, among the patients of their practices; or by "
                   "an exact, verified NHS number among all patients.",
};
