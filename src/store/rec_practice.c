/* rec_practice.c - a practice's record, the small copy that lists are made from, and the index of ODS codes.
 *
 * PRACTICE, part practice id: everything. PRACTICE_LIST, part "all", sort practice id: what lists search;
 * written only when it has changed, so that a change of sessions leaves it alone. PRACTICE_ODS, part ODS
 * code: the id. */
#include "store/rec_practice.h"

#include <string.h>

static struct key practice_key(const char *practice_id)
{
    return (struct key){.table = TABLE_PRACTICE, .part = practice_id};
}

static enum err encode(struct tx *tx, const struct field_set *set, const struct practice *practice,
                       struct span *bytes)
{
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    fields_encode(set, practice, &buf);
    *bytes = buf_span(&buf);
    return buf_ok(&buf) ? ERR_OK : ERR_MEMORY;
}

static bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

enum err practice_load(struct tx *tx, const char *practice_id, struct practice *practice)
{
    struct key key = practice_key(practice_id);
    struct span value;
    struct practice loaded;

    enum err e = tx_get(tx, &key, &value);
    if (!e)
        e = fields_decode(&practice_fields, value, tx_arena(tx), &loaded);
    if (!e)
        e = practice_complete(tx_arena(tx), &loaded);
    if (!e)
        *practice = loaded;
    return e;
}

/* ---- saving ---- */

static enum err new_check(struct tx *tx, const char *practice_id)
{
    struct key key = practice_key(practice_id);
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : ERR_CONFLICT;
}

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static enum err ods_put(struct tx *tx, const struct practice *practice)
{
    struct key key = {.table = TABLE_PRACTICE_ODS, .part = practice->ods_code};
    struct span id = {(const uint8_t *)practice->practice_id, strlen(practice->practice_id)};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (!e)
        return span_equal(value, id) ? ERR_OK : ERR_ODS_CODE_TAKEN;
    return e == ERR_NOT_FOUND ? tx_put(tx, &key, NULL, id) : e;
}

static enum err ods_save(struct tx *tx, const struct practice *before, const struct practice *practice)
{
    const char *was = before ? before->ods_code : NULL;
    enum err e = ERR_OK;

    if (text_equal(was, practice->ods_code))
        return ERR_OK;
    if (practice->ods_code)
        e = ods_put(tx, practice);
    if (!e && was) {
        struct key key = {.table = TABLE_PRACTICE_ODS, .part = was};
        e = tx_delete(tx, &key);
    }
    return e;
}

/* Does the stored form of those members differ? */
static enum err differs(struct tx *tx, const struct field_set *set, const struct practice *before,
                        const struct practice *practice, struct span *bytes, bool *differs)
{
    struct span former = {NULL, 0};

    enum err e = encode(tx, set, practice, bytes);
    if (!e && before)
        e = encode(tx, set, before, &former);
    if (!e)
        *differs = !before || !span_equal(former, *bytes);
    return e;
}

static enum err brief_save(struct tx *tx, const struct practice *before, const struct practice *practice)
{
    struct key key = {.table = TABLE_PRACTICE_LIST, .part = "all", .sort = practice->practice_id};
    struct span bytes;
    bool changed = false;

    enum err e = differs(tx, &practice_brief_fields, before, practice, &bytes, &changed);
    return !e && changed ? tx_put(tx, &key, NULL, bytes) : e;
}

static enum err record_put(struct tx *tx, const struct practice *practice)
{
    struct key key = practice_key(practice->practice_id);
    struct span bytes;

    enum err e = encode(tx, &practice_fields, practice, &bytes);
    return e ? e : tx_put(tx, &key, NULL, bytes);
}

enum err practice_save(struct tx *tx, const struct practice *before, struct practice *practice)
{
    struct span bytes;
    bool changed = false;
    enum err e = before ? ERR_OK : new_check(tx, practice->practice_id);

    if (!e)
        e = differs(tx, &practice_schedule_fields, before, practice, &bytes, &changed);
    if (!e && before && changed)
        practice->sessions_version = before->sessions_version + 1;
    if (!e)
        e = ods_save(tx, before, practice);
    if (!e)
        e = brief_save(tx, before, practice);
    return e ? e : record_put(tx, practice);
}

enum err practice_sessions_changed(struct tx *tx, struct practice *practice)
{
    practice->sessions_version++;
    return record_put(tx, practice);
}

/* ---- listing ---- */

/* A damaged row is no reason to find nothing at all: it has an id and no status. */
static enum err brief_read(struct tx *tx, const struct row *row, struct practice *practice)
{
    enum err e =
        row->err ? row->err : fields_decode(&practice_brief_fields, row->value, tx_arena(tx), practice);

    if (e == ERR_DAMAGED) {
        fields_clear(&practice_fields, practice);
        practice->practice_id = row->sort;
        return ERR_OK;
    }
    return e;
}

enum err practice_list(struct tx *tx, const char *after, size_t limit, struct practice **practices,
                       size_t *count, bool *more)
{
    struct scan scan = {.table = TABLE_PRACTICE_LIST, .part = "all", .limit = limit, .with_damaged = true};
    struct row *rows;
    size_t found;

    if (after) {
        scan.from = arena_printf(tx_arena(tx), "%s\x01", after); /* the next text behind it */
        if (!scan.from)
            return ERR_MEMORY;
    }
    enum err e = tx_scan(tx, &scan, &rows, &found, more);
    if (e)
        return e;
    struct practice *list = arena_zero(tx_arena(tx), found + 1, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < found; i++)
        e = brief_read(tx, &rows[i], &list[i]);
    if (e)
        return e;
    *practices = list;
    *count = found;
    return ERR_OK;
}
