/* rec_relation.c - which practices have a relationship with which patients, and how staff find patients by
 * surname.
 *
 * TABLE_RELATION, part patient, sort practice: there is one. TABLE_PATIENT_SURNAME, part practice and the
 * first letters of the folded surname, sort a keyed hash of the patient's id, which is the value: one row for
 * each number of letters from SURNAME_LETTERS_MIN to SURNAME_LETTERS_MAX (a shorter surname is indexed
 * whole). The parts are keyed hashes on disk, so nothing there tells how long whose surname is. */
#include "domain/text.h"
#include "store/rec_patient.h"

#include <string.h>

static const struct span nothing = {(const uint8_t *)"", 0};

/* What is searched: the folded surname, at most SURNAME_LETTERS_MAX letters of it. NULL without one or
 * without memory. */
static const char *surname_letters(struct arena *arena, const char *last_name)
{
    const char *folded = last_name ? text_fold(arena, last_name) : NULL;
    size_t at = 0;
    size_t size = folded ? strlen(folded) : 0;

    for (size_t letters = 0; at < size && letters < SURNAME_LETTERS_MAX; letters++)
        (void)text_next(folded, size, &at);
    return at > 0 ? arena_text(arena, folded, at) : NULL;
}

static enum err surname_part(struct arena *arena, const char *practice_id, const char *letters, size_t size,
                             const char **part)
{
    *part = arena_printf(arena, "%s/%.*s", practice_id, (int)size, letters);
    return *part ? ERR_OK : ERR_MEMORY;
}

enum err surname_scan(struct tx *tx, const char *practice_id, const char *letters, size_t size,
                      const char *after, size_t limit, struct surname_row *rows, size_t *count)
{
    struct scan scan = {.table = TABLE_PATIENT_SURNAME, .from = after, .limit = limit};
    struct row *found;
    size_t found_count = 0;
    bool more;

    enum err e = surname_part(tx_arena(tx), practice_id, letters, size, &scan.part);
    if (!e)
        e = tx_scan(tx, &scan, &found, &found_count, &more);
    *count = 0;
    for (size_t i = 0; !e && i < found_count; i++) {
        if (after && strcmp(found[i].sort, after) <= 0)
            continue;
        struct span value = found[i].value;
        const char *id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
        rows[(*count)++] = (struct surname_row){found[i].sort, id};
        e = id ? ERR_OK : ERR_MEMORY;
    }
    return e;
}

static enum err surname_row_write(struct tx *tx, const struct patient *patient, const char *practice_id,
                                  const char *letters, size_t size, bool add)
{
    struct key key = {.table = TABLE_PATIENT_SURNAME};
    const char *id = patient->patient_id;
    struct span value = {(const uint8_t *)id, strlen(id)};

    enum err e = surname_part(tx_arena(tx), practice_id, letters, size, &key.part);
    if (!e)
        e = tx_blind_id(tx, id, &key.sort);
    if (e)
        return e;
    return add ? tx_put(tx, &key, id, value) : tx_delete(tx, &key);
}

static enum err surname_rows(struct tx *tx, const struct patient *patient, const char *practice_id, bool add)
{
    const char *letters = surname_letters(tx_arena(tx), patient->last_name);
    size_t size = letters ? strlen(letters) : 0;
    size_t at = 0;
    enum err e = ERR_OK;

    for (size_t count = 1; !e && at < size; count++) {
        (void)text_next(letters, size, &at);
        if (count >= SURNAME_LETTERS_MIN || at == size)
            e = surname_row_write(tx, patient, practice_id, letters, at, add);
    }
    return e;
}

enum err relation_exists(struct tx *tx, const char *patient_id, const char *practice_id, bool *exists)
{
    struct key key = {.table = TABLE_RELATION, .part = patient_id, .sort = practice_id};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e && e != ERR_NOT_FOUND)
        return e;
    *exists = !e;
    return ERR_OK;
}

enum err relation_of_user(struct tx *tx, const struct user *user, const char *patient_id, bool *exists)
{
    const char *const *practices = user->practice_ids.items;

    *exists = false;
    for (size_t i = 0; i < user->practice_ids.count && !*exists; i++) {
        enum err e = relation_exists(tx, patient_id, practices[i], exists);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err relation_add(struct tx *tx, const struct patient *patient, const char *practice_id)
{
    struct key key = {.table = TABLE_RELATION, .part = patient->patient_id, .sort = practice_id};
    bool exists = false;

    enum err e = relation_exists(tx, patient->patient_id, practice_id, &exists);
    if (e || exists)
        return e;
    e = tx_put(tx, &key, patient->patient_id, nothing);
    return e ? e : surname_rows(tx, patient, practice_id, true);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

enum err relation_surname_changed(struct tx *tx, const struct patient *before, const struct patient *patient)
{
    struct scan scan = {.table = TABLE_RELATION, .part = patient->patient_id, .limit = RELATIONS_MAX};
    struct row *rows;
    size_t count;
    bool more;

    if (!before || same_text(before->last_name, patient->last_name))
        return ERR_OK;
    enum err e = tx_scan(tx, &scan, &rows, &count, &more);
    for (size_t i = 0; !e && i < count; i++) {
        e = surname_rows(tx, before, rows[i].sort, false);
        if (!e)
            e = surname_rows(tx, patient, rows[i].sort, true);
    }
    return e;
}
