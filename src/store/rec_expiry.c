/* rec_expiry.c - see rec_expiry.h. TABLE_EXPIRY, part "all", sort "instant table name", value "part NUL
 * sort". */
#include "store/rec_expiry.h"

#include <string.h>

/* What is kept for a time only. */
static const enum table kinds[] = {TABLE_IDEMPOTENCY, TABLE_TOKEN_FAMILY, TABLE_LOCKOUT, TABLE_OUTBOX};

static const char *sort_of(const struct key *of)
{
    return of->sort ? of->sort : "";
}

static enum err row_key(struct tx *tx, const struct key *of, int64_t at, struct key *key)
{
    char when[SORT_INSTANT];

    sort_instant(when, at);
    const char *name = *sort_of(of) ? of->sort : of->part;
    const char *sort = arena_printf(tx_arena(tx), "%s %s %s", when, store_table_name(of->table), name);
    *key = (struct key){.table = TABLE_EXPIRY, .part = "all", .sort = sort};
    return sort ? ERR_OK : ERR_MEMORY;
}

static enum err row_put(struct tx *tx, const struct key *row, const struct key *of)
{
    struct buf value;

    buf_init(&value, tx_arena(tx));
    buf_add(&value, of->part, strlen(of->part) + 1);
    buf_text(&value, sort_of(of));
    return buf_ok(&value) ? tx_put(tx, row, NULL, buf_span(&value)) : ERR_MEMORY;
}

enum err expiry_move(struct tx *tx, const struct key *of, int64_t before, int64_t after)
{
    struct key row;
    enum err e = ERR_OK;

    if (before == after)
        return ERR_OK;
    if (before != EXPIRY_NEVER) {
        e = row_key(tx, of, before, &row);
        if (!e)
            e = tx_delete(tx, &row);
    }
    if (!e && after != EXPIRY_NEVER) {
        e = row_key(tx, of, after, &row);
        if (!e)
            e = row_put(tx, &row, of);
    }
    return e;
}

static bool table_find(const char *sort, enum table *table)
{
    const char *name = strlen(sort) > SORT_INSTANT ? sort + SORT_INSTANT : "";
    size_t size = strcspn(name, " ");

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *known = store_table_name(kinds[i]);
        if (strlen(known) == size && memcmp(known, name, size) == 0) {
            *table = kinds[i];
            return true;
        }
    }
    return false;
}

enum err expiry_key(struct arena *arena, const struct row *row, struct key *of, bool *known)
{
    const char *text = arena_text(arena, (const char *)row->value.data, row->value.size);
    size_t part_size = text ? strlen(text) : 0;

    if (!text)
        return ERR_MEMORY;
    if (part_size == row->value.size)
        return ERR_DAMAGED; /* there is always a NUL behind the part */
    *of = (struct key){.part = text, .sort = text + part_size + 1};
    *known = table_find(row->sort, &of->table);
    return ERR_OK;
}
