/* rec_patient.h - people, with their medical information in both forms (requirements.md section 6), and who
 * has a relationship with whom. */
#ifndef STORE_REC_PATIENT_H
#define STORE_REC_PATIENT_H

#include "base/fields.h"
#include "domain/practice.h"
#include "store/rec_user.h"
#include "store/store.h"

enum nhs_number_status { NHS_NUMBER_UNVERIFIED = 1, NHS_NUMBER_VERIFIED };
enum patient_status { PATIENT_ACTIVE = 1, PATIENT_INACTIVE, PATIENT_DECEASED };

struct contact { /* emergency_contact */
    const char *name, *relationship, *phone, *email;
};

struct coded { /* what allergies, conditions and medications have in common */
    const char *display_text, *code, *system;
};
struct allergy {
    struct coded coded;
    int32_t severity;     /* mild, moderate, severe, life-threatening */
    struct list reaction; /* const char * */
    int32_t onset_date;
};
struct condition {
    struct coded coded;
    int32_t clinical_status; /* active, inactive, resolved */
    int32_t onset_date, resolved_date;
};
struct medication {
    struct coded coded;
    const char *dosage, *frequency, *route, *prescriber;
    int32_t start_date, end_date;
};
struct medical_info {
    struct list allergies_legacy, conditions_legacy, medications_legacy; /* const char * */
    struct list allergies, conditions, medications;
    const char *notes;
    int64_t last_updated;
    const char *data_source;
};

struct contact_preferences {
    enum truth email, sms; /* may be written to */
    uint32_t reminders;    /* bits: 7_days, 24_hours, 2_hours */
};

struct patient {
    const char *patient_id;
    const char *nhs_number; /* ten digits */
    int32_t nhs_number_status;
    const char *first_name, *last_name;
    int32_t date_of_birth;
    int32_t gender;
    const char *email, *phone;
    struct address *address;
    struct contact *emergency_contact;
    int32_t status;
    const char *preferred_language; /* BCP 47: "en", "cy" */
    struct contact_preferences *contact_preferences;
    struct list reasonable_adjustments; /* const char * */
    const char *registered_practice_id;
    struct medical_info *medical_info;
    int64_t created_at, updated_at, version;
};

extern const struct field_set patient_fields, medical_info_fields;

void patient_init(struct patient *patient);
enum err patient_load(struct tx *tx, const char *patient_id, struct patient *patient); /* ERR_NOT_FOUND */
/* Writes the record under the person's own key, the index of verified NHS numbers (ERR_NHS_NUMBER_TAKEN) and
 * the surname index of every practice with a relationship. before: as loaded, NULL for a new one
 * (ERR_CONFLICT if the id exists). */
enum err patient_save(struct tx *tx, const struct patient *before, const struct patient *patient);
/* A new one of whom no more is known than their login. */
enum err patient_save_of_user(struct tx *tx, const struct user *user);
enum err patient_find_nhs_number(struct tx *tx, const char *nhs_number,
                                 struct patient *patient); /* verified ones only */

enum { SURNAME_LETTERS_MIN = 3, SURNAME_LETTERS_MAX = 12, RELATIONS_MAX = 200 };

/* Creating a patient or booking for one makes a relationship; also brings the patient into the practice's
 * surname index. */
enum err relation_add(struct tx *tx, const struct patient *patient, const char *practice_id);
enum err relation_exists(struct tx *tx, const char *patient_id, const char *practice_id, bool *exists);
/* Has any of the user's practices a relationship with the patient? */
enum err relation_of_user(struct tx *tx, const struct user *user, const char *patient_id, bool *exists);

/* patient_save only: moves the rows of the surname index when the surname changes. */
enum err relation_surname_changed(struct tx *tx, const struct patient *before, const struct patient *patient);
struct surname_row {
    const char *place; /* in the order of the index, the same for every practice */
    const char *patient_id;
};
/* A practice's patients whose folded surname begins with those letters (size bytes), behind the place `after`
 * (NULL: from the first one on), at most limit, which rows has room for. */
enum err surname_scan(struct tx *tx, const char *practice_id, const char *letters, size_t size,
                      const char *after, size_t limit, struct surname_row *rows, size_t *count);

#endif
