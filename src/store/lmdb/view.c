/* view.c - an LMDB transaction as the common layer sees it. Values are not copied: they point into the map,
 * and are good until the transaction ends or, in a writing one, until the next write. */
#include "store/lmdb/lmdb_engine.h"

#include <string.h>

enum { RECORDS_ROOM_FIRST = 64 };

static struct lmdb_view *mine(struct view *view)
{
    return (struct lmdb_view *)view;
}

static MDB_val val_of(const uint8_t *data, size_t size)
{
    union {
        const uint8_t *in;
        void *out;
    } pointer = {data}; /* LMDB's type has no const; it does not write to a key or a value to put */

    return (MDB_val){size, pointer.out};
}

static int compare(const MDB_val *a, struct stored_key b)
{
    size_t least = a->mv_size < b.size ? a->mv_size : b.size;
    int order = memcmp(a->mv_data, b.data, least);

    return order ? order : (a->mv_size > b.size) - (a->mv_size < b.size);
}

static enum err view_get(struct view *view, struct stored_key key, struct arena *arena, struct span *sealed)
{
    MDB_val at = val_of(key.data, key.size);
    MDB_val value;

    (void)arena;
    int code = mdb_get(mine(view)->txn, mine(view)->engine->dbi, &at, &value);
    if (code)
        return env_error(code);
    *sealed = (struct span){value.mv_data, value.mv_size};
    return ERR_OK;
}

/* ---- several records ---- */

struct found {
    struct arena *arena;
    struct record *records;
    size_t count, room;
};

static enum err found_add(struct found *found, const MDB_val *key, const MDB_val *value)
{
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : RECORDS_ROOM_FIRST;
        struct record *records = arena_alloc(found->arena, room * sizeof *records);
        if (!records)
            return ERR_MEMORY;
        if (found->count > 0)
            memcpy(records, found->records, found->count * sizeof *records);
        found->records = records;
        found->room = room;
    }
    found->records[found->count++] = (struct record){
        {key->mv_data, (uint16_t)key->mv_size, 0},
        {value->mv_data, value->mv_size},
    };
    return ERR_OK;
}

/* To the last record before the key. */
static int seek_before(MDB_cursor *cursor, struct stored_key key, MDB_val *at, MDB_val *value)
{
    *at = val_of(key.data, key.size);
    int code = mdb_cursor_get(cursor, at, value, MDB_SET_RANGE);
    if (code && code != MDB_NOTFOUND)
        return code;
    return mdb_cursor_get(cursor, at, value, code ? MDB_LAST : MDB_PREV);
}

static int seek_first(MDB_cursor *cursor, const struct range *range, MDB_val *at, MDB_val *value)
{
    if (range->backwards)
        return seek_before(cursor, range->until, at, value);
    *at = val_of(range->from.data, range->from.size);
    return mdb_cursor_get(cursor, at, value, MDB_SET_RANGE);
}

static bool is_inside(const struct range *range, const MDB_val *at)
{
    return range->backwards ? compare(at, range->from) >= 0 : compare(at, range->until) < 0;
}

/* The next one of the range's table; those of others stand between them where a practice's days are. */
static int seek_own(MDB_cursor *cursor, const struct range *range, int code, MDB_val *at, MDB_val *value)
{
    while (!code && is_inside(range, at) && !stored_key_is_of(range->from, at->mv_data, at->mv_size))
        code = mdb_cursor_get(cursor, at, value, range->backwards ? MDB_PREV : MDB_NEXT);
    return code;
}

static enum err scan_with(MDB_cursor *cursor, const struct range *range, struct found *found, bool *more)
{
    MDB_val at;
    MDB_val value;

    int code = seek_own(cursor, range, seek_first(cursor, range, &at, &value), &at, &value);
    while (!code && is_inside(range, &at)) {
        if (found->count == range->limit) {
            *more = true;
            return ERR_OK;
        }
        enum err e = found_add(found, &at, &value);
        if (e)
            return e;
        code = mdb_cursor_get(cursor, &at, &value, range->backwards ? MDB_PREV : MDB_NEXT);
        code = seek_own(cursor, range, code, &at, &value);
    }
    *more = false;
    return code == MDB_NOTFOUND ? ERR_OK : env_error(code);
}

static enum err view_scan(struct view *view, const struct range *range, struct arena *arena,
                          struct record **records, size_t *count, bool *more)
{
    struct found found = {.arena = arena};
    MDB_cursor *cursor;

    int code = mdb_cursor_open(mine(view)->txn, mine(view)->engine->dbi, &cursor);
    if (code)
        return env_error(code);
    enum err e = scan_with(cursor, range, &found, more);
    mdb_cursor_close(cursor);
    *records = found.records;
    *count = found.count;
    return e;
}

static enum err walk_with(MDB_cursor *cursor, struct stored_key behind, size_t limit, struct found *found)
{
    MDB_val at = val_of(behind.data, behind.size);
    MDB_val value;

    int code = mdb_cursor_get(cursor, &at, &value, behind.size ? MDB_SET_RANGE : MDB_FIRST);
    if (!code && behind.size && compare(&at, behind) == 0)
        code = mdb_cursor_get(cursor, &at, &value, MDB_NEXT);
    while (!code && found->count < limit) {
        enum err e = found_add(found, &at, &value);
        if (e)
            return e;
        code = mdb_cursor_get(cursor, &at, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? ERR_OK : env_error(code);
}

static enum err view_walk(struct view *view, struct stored_key behind, size_t limit, struct arena *arena,
                          struct record **records, size_t *count)
{
    struct found found = {.arena = arena};
    MDB_cursor *cursor;

    int code = mdb_cursor_open(mine(view)->txn, mine(view)->engine->dbi, &cursor);
    if (code)
        return env_error(code);
    enum err e = walk_with(cursor, behind, limit, &found);
    mdb_cursor_close(cursor);
    *records = found.records;
    *count = found.count;
    return e;
}

/* ---- writing ---- */

static int write_one(struct lmdb_view *view, const struct write *write)
{
    MDB_val at = val_of(write->key.data, write->key.size);
    MDB_val value = val_of(write->sealed.data, write->sealed.size);

    view->write_count++;
    view->write_bytes += write->key.size + write->sealed.size;
    if (write->sealed.data)
        return mdb_put(view->txn, view->engine->dbi, &at, &value, 0);
    int code = mdb_del(view->txn, view->engine->dbi, &at, NULL);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

static enum err view_apply(struct view *base, const struct write *writes, size_t count)
{
    struct lmdb_view *view = mine(base);

    for (size_t i = 0; i < count; i++) {
        view->broken = write_one(view, &writes[i]);
        if (view->broken)
            return env_error(view->broken);
        if (i == 0 && count > 1)
            crash_here(&view->engine->crash, CRASH_MID_APPLY);
    }
    return ERR_OK;
}

const struct view_ops lmdb_view_ops = {view_get, view_scan, view_walk, view_apply, NULL, NULL};
