/* rec_expiry.c - see rec_expiry.h. TABLE_EXPIRY, part "all", sort "instant table part", value the part. */
#include "store/rec_expiry.h"

#include <string.h>

static enum err row_key(struct tx *tx, enum table table, const char *part, int64_t at, struct key *key)
{
    char when[SORT_INSTANT];

    sort_instant(when, at);
    const char *sort = arena_printf(tx_arena(tx), "%s %s %s", when, store_table_name(table), part);
    *key = (struct key){.table = TABLE_EXPIRY, .part = "all", .sort = sort};
    return sort ? ERR_OK : ERR_MEMORY;
}

enum err expiry_move(struct tx *tx, enum table table, const char *part, int64_t before, int64_t after)
{
    struct key key;
    enum err e = ERR_OK;

    if (before == after)
        return ERR_OK;
    if (before != EXPIRY_NEVER) {
        e = row_key(tx, table, part, before, &key);
        if (!e)
            e = tx_delete(tx, &key);
    }
    if (!e && after != EXPIRY_NEVER) {
        e = row_key(tx, table, part, after, &key);
        if (!e)
            e = tx_put(tx, &key, NULL, (struct span){(const uint8_t *)part, strlen(part)});
    }
    return e;
}
