/* rec_patient.c - a person's record, sealed under the person's own key, and the index of verified NHS
 * numbers. */
#include "store/rec_patient.h"

#include "domain/email.h"
#include "domain/nhs_number.h"
#include "domain/phone.h"
#include "store/rec_practice.h"

#include <string.h>

enum { ADJUSTMENTS_MAX = 50, PERSON_NAME_MAX = 100, PHONE_MAX = 40, NHS_NUMBER_TYPED_MAX = 40 };

static const char *const nhs_number_statuses[] = {"unverified", "verified", NULL};
static const char *const patient_statuses[] = {"active", "inactive", "deceased", NULL};
static const char *const reminder_names[] = {"7_days", "24_hours", "2_hours", NULL};

static const struct field contact_rows[] = {
    {.name = "name",
     .tag = 1,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL | FIELD_REQUIRED,
     .offset = offsetof(struct contact, name),
     .max = 2 * PERSON_NAME_MAX,
     .example = "\"Jane Smith\""},
    {.name = "relationship",
     .tag = 2,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct contact, relationship),
     .max = PERSON_NAME_MAX,
     .example = "\"spouse\""},
    {.name = "phone",
     .tag = 3,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct contact, phone),
     .max = PHONE_MAX,
     .normalise = phone_normalise,
     .example = "\"+447700900123\""},
    {.name = "email",
     .tag = 4,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct contact, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .example = "\"jane.smith@example.org\""},
};
static const struct field_set contact_fields = {
    .name = "EmergencyContact", .size = sizeof(struct contact), FIELDS(contact_rows)};

static const struct field preference_rows[] = {
    {.name = "email",
     .tag = 1,
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct contact_preferences, email),
     .help = "May be written to by e-mail.",
     .example = "true"},
    {.name = "sms",
     .tag = 2,
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct contact_preferences, sms),
     .help = "May be written to by text message.",
     .example = "true"},
    {.name = "reminders",
     .tag = 3,
     .kind = FIELD_ENUMS,
     .offset = offsetof(struct contact_preferences, reminders),
     .values = reminder_names,
     .help = "How long before an appointment to be reminded."},
};
static const struct field_set preferences_fields = {
    .name = "ContactPreferences", .size = sizeof(struct contact_preferences), FIELDS(preference_rows)};

/* BCP 47, the part that people's languages need: letters, digits and hyphens. */
static enum err language_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    char *copy = arena_text(arena, text, size);

    if (!copy)
        return ERR_MEMORY;
    size_t primary = strspn(copy, letters);
    if (primary < 2 || primary > 3 || strspn(copy, all) != size ||
        (copy[primary] != '\0' && copy[primary] != '-'))
        return ERR_FIELD_FORMAT;
    *out = copy;
    return ERR_OK;
}

static const struct field patient_rows[] = {
    {.name = "patient_id",
     .tag = 1,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct patient, patient_id),
     .example = "\"patient-123\""},
    {.name = "nhs_number",
     .tag = 2,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, nhs_number),
     .max = NHS_NUMBER_TYPED_MAX,
     .normalise = nhs_number_normalise,
     .help = "Ten digits; blanks and hyphens are accepted. A claim until it is verified.",
     .example = "\"9434765919\""},
    {.name = "nhs_number_status",
     .tag = 3,
     .kind = FIELD_ENUM,
     .flags = FIELD_STAFF,
     .offset = offsetof(struct patient, nhs_number_status),
     .values = nhs_number_statuses,
     .help = "Only staff may set it to verified; only verified numbers are unique.",
     .example = "\"verified\""},
    {.name = "first_name",
     .tag = 4,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL | FIELD_REQUIRED,
     .offset = offsetof(struct patient, first_name),
     .max = PERSON_NAME_MAX,
     .example = "\"John\""},
    {.name = "last_name",
     .tag = 5,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL | FIELD_REQUIRED,
     .offset = offsetof(struct patient, last_name),
     .max = PERSON_NAME_MAX,
     .example = "\"Smith\""},
    {.name = "date_of_birth",
     .tag = 6,
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL | FIELD_REQUIRED,
     .offset = offsetof(struct patient, date_of_birth),
     .help = "Not in the future, and not more than 130 years ago.",
     .example = "\"1990-01-15\""},
    {.name = "gender",
     .tag = 7,
     .kind = FIELD_ENUM,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, gender),
     .values = gender_names,
     .example = "\"male\""},
    {.name = "email",
     .tag = 8,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .help = "Where messages go; patients may share one.",
     .example = "\"john.smith@example.org\""},
    {.name = "phone",
     .tag = 9,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, phone),
     .max = PHONE_MAX,
     .normalise = phone_normalise,
     .help = "A UK number; kept as E.164.",
     .example = "\"+447700900123\""},
    {.name = "address",
     .tag = 10,
     .kind = FIELD_OBJECT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, address),
     .of = &address_fields},
    {.name = "emergency_contact",
     .tag = 11,
     .kind = FIELD_OBJECT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, emergency_contact),
     .of = &contact_fields},
    {.name = "status",
     .tag = 12,
     .kind = FIELD_ENUM,
     .flags = FIELD_STAFF,
     .offset = offsetof(struct patient, status),
     .values = patient_statuses,
     .help = "Only active patients can be booked for.",
     .example = "\"active\""},
    {.name = "preferred_language",
     .tag = 13,
     .kind = FIELD_TEXT,
     .offset = offsetof(struct patient, preferred_language),
     .max = 35,
     .normalise = language_normalise,
     .help = "A BCP 47 tag.",
     .example = "\"en\""},
    {.name = "contact_preferences",
     .tag = 14,
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct patient, contact_preferences),
     .of = &preferences_fields},
    {.name = "reasonable_adjustments",
     .tag = 15,
     .kind = FIELD_TEXTS,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct patient, reasonable_adjustments),
     .max = ADJUSTMENTS_MAX,
     .help = "What the person needs, in words.",
     .example = "[\"Step-free access\"]"},
    {.name = "registered_practice_id",
     .tag = 16,
     .kind = FIELD_TEXT,
     .flags = FIELD_STAFF,
     .offset = offsetof(struct patient, registered_practice_id),
     .max = KEY_PART_MAX,
     .help = "The practice on whose list the patient is.",
     .example = "\"practice-456\""},
    {.name = "medical_info",
     .tag = 17,
     .kind = FIELD_OBJECT,
     .flags = FIELD_PERSONAL | FIELD_ON_REQUEST,
     .offset = offsetof(struct patient, medical_info),
     .of = &medical_info_fields,
     .help = "In answers only with include_medical=true."},
    {.name = "created_at",
     .tag = 18,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct patient, created_at)},
    {.name = "updated_at",
     .tag = 19,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct patient, updated_at)},
    {.name = "version",
     .tag = 20,
     .kind = FIELD_INTEGER,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct patient, version),
     .help = "Goes up with every change; the ETag."},
};

const struct field_set patient_fields = {
    .name = "Patient", .size = sizeof(struct patient), FIELDS(patient_rows)};

void patient_init(struct patient *patient)
{
    fields_clear(&patient_fields, patient);
    patient->status = PATIENT_ACTIVE;
    patient->version = 1;
}

static struct key patient_key(const char *patient_id)
{
    return (struct key){.table = TABLE_PATIENT, .part = patient_id};
}

enum err patient_load(struct tx *tx, const char *patient_id, struct patient *patient)
{
    struct key key = patient_key(patient_id);
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    return e ? e : fields_decode(&patient_fields, value, tx_arena(tx), patient);
}

static const char *verified_number(const struct patient *patient)
{
    return patient && patient->nhs_number_status == NHS_NUMBER_VERIFIED ? patient->nhs_number : NULL;
}

/* One record per verified number: whoever would verify the same number writes it too. */
static enum err nhs_number_index(struct tx *tx, const struct patient *before, const struct patient *patient)
{
    const char *old = verified_number(before);
    const char *new = verified_number(patient);
    struct span value;

    if (old && new &&strcmp(old, new) == 0)
        return ERR_OK;
    if (new) {
        struct key key = {.table = TABLE_PATIENT_NHS, .part = new};
        enum err e = tx_get(tx, &key, &value);
        if (!e)
            return ERR_NHS_NUMBER_TAKEN;
        if (e != ERR_NOT_FOUND)
            return e;
        e = tx_put(tx, &key, NULL,
                   (struct span){(const uint8_t *)patient->patient_id, strlen(patient->patient_id)});
        if (e)
            return e;
    }
    struct key key = {.table = TABLE_PATIENT_NHS, .part = old};
    return old ? tx_delete(tx, &key) : ERR_OK;
}

static enum err new_is_new(struct tx *tx, const struct key *key)
{
    struct span value;
    enum err e = tx_get(tx, key, &value);
    return e == ERR_NOT_FOUND ? ERR_OK : e ? e : ERR_CONFLICT;
}

enum err patient_save(struct tx *tx, const struct patient *before, const struct patient *patient)
{
    struct key key = patient_key(patient->patient_id);
    struct buf value;

    enum err e = before ? ERR_OK : new_is_new(tx, &key);
    if (!e)
        e = nhs_number_index(tx, before, patient);
    if (!e)
        e = relation_surname_changed(tx, before, patient);
    if (e)
        return e;
    buf_init(&value, tx_arena(tx));
    fields_encode(&patient_fields, patient, &value);
    return buf_ok(&value) ? tx_put(tx, &key, patient->patient_id, buf_span(&value)) : ERR_MEMORY;
}

enum err patient_save_of_user(struct tx *tx, const struct user *user)
{
    struct patient patient;

    patient_init(&patient);
    patient.patient_id = user->user_id;
    patient.email = user->email;
    patient.created_at = patient.updated_at = user->created_at;
    return patient_save(tx, NULL, &patient);
}

enum err patient_find_nhs_number(struct tx *tx, const char *nhs_number, struct patient *patient)
{
    struct key key = {.table = TABLE_PATIENT_NHS, .part = nhs_number};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e)
        return e;
    const char *patient_id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
    return patient_id ? patient_load(tx, patient_id, patient) : ERR_MEMORY;
}
