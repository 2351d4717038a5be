/* walk.c - opening every record, for verify: slices of short reads, so that no snapshot is held for long.
 * What is seen is therefore not one moment's state; a record that is written meanwhile is seen as it was or
 * as it is. */
#include "base/must.h"
#include "store/tx.h"

#include <string.h>

enum {
    SLICE_RECORDS = 128,
    SLICE_ARENA_BYTES = 128 * 1024 * 1024,
    FOREIGN_KEY_MAX = 1024, /* a key that is not ours may be longer than ours; no engine has longer ones */
};

struct seen {
    enum table table;
    const char *part;
    const char *sort;
    enum err err;
    struct span value;
};

struct slice {
    struct store *store;
    struct arena *arena;
    uint8_t behind[FOREIGN_KEY_MAX]; /* the last key of the slice before */
    size_t behind_size;
    struct seen seen[SLICE_RECORDS];
    size_t count;
};

/* The store's own records show whether they open, but not what they hold. */
static enum err own_open(struct tx *tx, const struct record *record, const struct seen *seen)
{
    struct span plain;

    if (seen->table == TABLE_META)
        return ERR_OK; /* format and keys were read when the store was opened */
    enum err e = tx_open(tx, record->key, record->sealed, &plain);
    if (e)
        return e;
    return plain.size == SEAL_KEY_BYTES ? ERR_OK : ERR_DAMAGED;
}

static enum err record_open(struct tx *tx, const struct record *record, struct seen *seen)
{
    *seen = (struct seen){.table = TABLE_COUNT, .sort = ""};
    enum err e = stored_key_read(record->key, tx->arena, &seen->table, &seen->part, &seen->sort);
    if (e) {
        seen->err = e;
        return e == ERR_DAMAGED ? ERR_OK : e;
    }
    struct key key = {seen->table, seen->part ? seen->part : "", seen->sort};
    if (key_is_own(&key))
        seen->err = own_open(tx, record, seen);
    else
        seen->err = tx_open(tx, record->key, record->sealed, &seen->value);
    return seen->err == ERR_DAMAGED ? ERR_OK : seen->err;
}

static enum err slice_read(struct view *view, void *arg)
{
    struct slice *slice = arg;
    struct stored_key behind = {slice->behind, (uint16_t)slice->behind_size, 0};
    struct record *records;
    struct tx tx;

    slice->count = 0;
    size_t count = 0;
    enum err e = view->ops->walk(view, behind, SLICE_RECORDS, slice->arena, &records, &count);
    tx_begin(&tx, slice->store, view, slice->arena, false);
    for (size_t i = 0; !e && i < count; i++)
        e = record_open(&tx, &records[i], &slice->seen[slice->count++]);
    tx_end(&tx);
    if (e || count == 0)
        return e;
    const struct stored_key *last = &records[count - 1].key;
    must(last->size <= sizeof slice->behind);
    slice->behind_size = last->size;
    memcpy(slice->behind, last->data, last->size);
    return ERR_OK;
}

static enum err slice_tell(const struct slice *slice, store_seen_fn *seen, void *arg)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < slice->count; i++) {
        const struct seen *one = &slice->seen[i];
        e = seen(arg, one->table, one->part, one->sort, one->err, one->value);
    }
    return e;
}

enum err store_walk(struct store *store, store_seen_fn *seen, void *arg)
{
    struct slice slice = {.store = store, .arena = arena_new(SLICE_ARENA_BYTES)};
    if (!slice.arena)
        return ERR_MEMORY;
    struct arena_mark empty = arena_mark(slice.arena);
    enum err e;

    do {
        arena_reset(slice.arena, empty);
        e = store->ops->read(store->engine, &(struct access){0}, slice_read, &slice);
        if (!e)
            e = slice_tell(&slice, seen, arg);
    } while (!e && slice.count > 0);
    arena_free(slice.arena);
    return e;
}
