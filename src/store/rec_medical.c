/* rec_medical.c - the members of medical_info: free text as it was, and coded, side by side (requirements.md
 * section 6). */
#include "domain/snomed.h"
#include "domain/text.h"
#include "store/rec_patient.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_LIST_MAX = 200, CODED_LIST_MAX = 200, REACTIONS_MAX = 20, POINTER_BYTES = 200 };

static const char *const severities[] = {"mild", "moderate", "severe", "life-threatening", NULL};
static const char *const clinical_statuses[] = {"active", "inactive", "resolved", NULL};

static enum err system_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    if (size != strlen(SNOMED_SYSTEM) || memcmp(text, SNOMED_SYSTEM, size) != 0)
        return ERR_FIELD_VALUE;
    *out = arena_text(arena, text, size);
    return *out ? ERR_OK : ERR_MEMORY;
}

/* clang-format off */
#define CODED_FIELDS(type, text_example, code_example)                                                                   \
    {.name = "display_text", .tag = 1, .kind = FIELD_TEXT, .flags = FIELD_REQUIRED | FIELD_PERSONAL,                     \
     .offset = offsetof(type, coded.display_text), .max = 500, .help = "What a person reads.", .example = text_example}, \
    {.name = "code", .tag = 2, .kind = FIELD_TEXT, .flags = FIELD_PERSONAL, .offset = offsetof(type, coded.code),        \
     .max = 18, .normalise = snomed_normalise, .help = "SNOMED CT concept identifier; its check digit must be right.",   \
     .example = code_example},                                                                                          \
    {.name = "system", .tag = 3, .kind = FIELD_TEXT, .offset = offsetof(type, coded.system), .max = 100,                 \
     .normalise = system_normalise, .help = "Coding system of code: " SNOMED_SYSTEM " is the only one.",                 \
     .example = "\"" SNOMED_SYSTEM "\""}
/* clang-format on */

static const struct field allergy_rows[] = {
    CODED_FIELDS(struct allergy, "\"Penicillin allergy\"", "\"294505008\""),
    {.name = "severity",
     .tag = 4,
     .kind = FIELD_ENUM,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct allergy, severity),
     .values = severities,
     .example = "\"moderate\""},
    {.name = "reaction",
     .tag = 5,
     .kind = FIELD_TEXTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct allergy, reaction),
     .max = REACTIONS_MAX,
     .help = "What happened.",
     .example = "[\"rash\", \"swelling\"]"},
    {.name = "onset_date",
     .tag = 6,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct allergy, onset_date),
     .help = "When it was first noticed.",
     .example = "\"2018-03-10\""},
};

static const struct field condition_rows[] = {
    CODED_FIELDS(struct condition, "\"Asthma\"", "\"195967001\""),
    {.name = "clinical_status",
     .tag = 4,
     .kind = FIELD_ENUM,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct condition, clinical_status),
     .values = clinical_statuses,
     .example = "\"active\""},
    {.name = "onset_date",
     .tag = 5,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct condition, onset_date),
     .example = "\"2009-06-01\""},
    {.name = "resolved_date",
     .tag = 6,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct condition, resolved_date),
     .help = "Not before onset_date."},
};

static const struct field medication_rows[] = {
    CODED_FIELDS(struct medication, "\"Salbutamol 100micrograms/dose inhaler\"", "\"39113611000001102\""),
    {.name = "dosage",
     .tag = 4,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, dosage),
     .max = 200,
     .example = "\"2 puffs\""},
    {.name = "frequency",
     .tag = 5,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, frequency),
     .max = 200,
     .example = "\"when needed\""},
    {.name = "route",
     .tag = 6,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, route),
     .max = 100,
     .example = "\"inhaled\""},
    {.name = "start_date",
     .tag = 7,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, start_date),
     .example = "\"2020-01-01\""},
    {.name = "end_date",
     .tag = 8,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, end_date),
     .help = "Not before start_date."},
    {.name = "prescriber",
     .tag = 9,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medication, prescriber),
     .max = 200},
};

/* A code needs a system and a system a code; an end is not before its beginning. */
static enum err coded_check(const struct coded *coded, const char *prefix, struct problems *problems)
{
    char pointer[POINTER_BYTES];

    if (!coded->system || coded->code)
        return ERR_OK;
    (void)snprintf(pointer, sizeof pointer, "%s/code", prefix);
    return problems_add(problems, pointer, ERR_FIELD_REQUIRED, "A system needs a code beside it.");
}

static enum err order_check(int32_t first, int32_t last, const char *prefix, const char *name,
                            struct problems *problems)
{
    char pointer[POINTER_BYTES];

    if (first == DATE_NONE || last == DATE_NONE || last >= first)
        return ERR_OK;
    (void)snprintf(pointer, sizeof pointer, "%s/%s", prefix, name);
    return problems_add(problems, pointer, ERR_FIELD_RANGE, "This date lies before the beginning.");
}

static enum err allergy_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct allergy *allergy = object;
    return coded_check(&allergy->coded, prefix, problems);
}

static enum err condition_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct condition *condition = object;
    enum err e = coded_check(&condition->coded, prefix, problems);
    return e ? e
             : order_check(condition->onset_date, condition->resolved_date, prefix, "resolved_date",
                           problems);
}

static enum err medication_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct medication *medication = object;
    enum err e = coded_check(&medication->coded, prefix, problems);
    return e ? e : order_check(medication->start_date, medication->end_date, prefix, "end_date", problems);
}

static const struct field_set allergy_fields = {
    .name = "Allergy", .size = sizeof(struct allergy), FIELDS(allergy_rows), .check = allergy_check};
static const struct field_set condition_fields = {
    .name = "Condition", .size = sizeof(struct condition), FIELDS(condition_rows), .check = condition_check};
static const struct field_set medication_fields = {.name = "Medication",
                                                   .size = sizeof(struct medication),
                                                   FIELDS(medication_rows),
                                                   .check = medication_check};

static const struct field medical_info_rows[] = {
    {.name = "allergies_legacy",
     .tag = 1,
     .kind = FIELD_TEXTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, allergies_legacy),
     .max = TEXT_LIST_MAX,
     .help = "Allergies as free text, kept as they were.",
     .example = "[\"Penicillin\", \"Nuts\"]"},
    {.name = "conditions_legacy",
     .tag = 2,
     .kind = FIELD_TEXTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, conditions_legacy),
     .max = TEXT_LIST_MAX,
     .help = "Conditions as free text, kept as they were."},
    {.name = "medications_legacy",
     .tag = 3,
     .kind = FIELD_TEXTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, medications_legacy),
     .max = TEXT_LIST_MAX,
     .help = "Medications as free text, kept as they were."},
    {.name = "allergies",
     .tag = 4,
     .kind = FIELD_OBJECTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, allergies),
     .max = CODED_LIST_MAX,
     .of = &allergy_fields},
    {.name = "conditions",
     .tag = 5,
     .kind = FIELD_OBJECTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, conditions),
     .max = CODED_LIST_MAX,
     .of = &condition_fields},
    {.name = "medications",
     .tag = 6,
     .kind = FIELD_OBJECTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, medications),
     .max = CODED_LIST_MAX,
     .of = &medication_fields},
    {.name = "notes",
     .tag = 7,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct medical_info, notes),
     .max = 2000,
     .normalise = text_normalise_lines,
     .help = "Clinical notes as free text."},
    {.name = "last_updated",
     .tag = 8,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct medical_info, last_updated),
     .help = "When anything in medical_info was last changed."},
    {.name = "data_source",
     .tag = 9,
     .kind = FIELD_TEXT,
     .offset = offsetof(struct medical_info, data_source),
     .max = 100,
     .help = "Where it came from.",
     .example = "\"gp_records\""},
};

const struct field_set medical_info_fields = {
    .name = "MedicalInfo", .size = sizeof(struct medical_info), FIELDS(medical_info_rows)};
