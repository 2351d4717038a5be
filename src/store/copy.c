/* copy.c - see copy.h.
 *
 * The source is read in slices, in its engine's own order; each is on the target's disk before the mark moves
 * behind it, so a slice may be written twice and never not at all. Every move of the mark checks that it is
 * still this run's: of two copies into one target, which DynamoDB cannot prevent, the later one goes on and
 * the earlier one stops.
 *
 * A comparison goes over the one store and looks up each slice in the other, and then the other way round: so
 * it sees what is missing, what has other bytes, and what is too many. On the second way, over the target,
 * every record is opened too, with the keys that the target gives. */
#include "store/copy.h"

#include "base/must.h"
#include "store/copy_mark.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLICE_RECORDS = 200, /* all as large as they may be fit into the arena */
    SLICE_ARENA_BYTES = 256 * 1024 * 1024,
    SPARE_ARENA_BYTES = 4 * 1024 * 1024, /* of transactions that carry a slice: keys, not values */
    DELETES_MAX = 50,
};

struct slice {
    struct arena *arena;
    struct arena_mark empty;
    bool opens; /* opens each record as well */
    struct store *store;
    uint8_t behind[COPY_KEY_MAX];
    size_t behind_size;
    struct record records[SLICE_RECORDS];
    size_t count;
    size_t seen; /* with those that are not copied: 0 is the end */
    uint64_t bytes, damaged;
};

enum found { FOUND_SAME, FOUND_OTHER, FOUND_NOTHING };

struct lookup {
    const struct slice *slice;
    struct arena *arena;
    enum found found[SLICE_RECORDS];
};

struct copy {
    struct store *from, *to;
    struct arena *spare;
    struct arena_mark spare_empty;
    struct slice slice, part;
    struct lookup lookup;
    struct copy_mark mark;
    struct copy_progress progress;
    copy_tell_fn *tell;
    void *arg;
    struct copy_result *result;
};

/* ---- the mark ---- */

struct move {
    struct copy *copy;
    const struct slice *slice; /* to be written too; NULL: the mark alone */
    bool first;                /* of this run: takes over a mark that another run has left */
};

static enum err mark_move(struct tx *tx, void *arg)
{
    struct move *move = arg;
    struct copy *copy = move->copy;
    struct copy_mark there;

    enum err e = copy_mark_load(tx, &there);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    copy->result->overtaken = there.state == COPY_DONE ||
                              (!move->first && memcmp(there.run, copy->mark.run, sizeof there.run) != 0);
    if (copy->result->overtaken)
        return ERR_BUSY;
    if (move->first) {
        memcpy(there.run, copy->mark.run, sizeof there.run);
        copy->mark = there;
    }
    for (size_t i = 0; !e && move->slice && i < move->slice->count; i++)
        e = tx_put_stored(tx, move->slice->records[i].key, move->slice->records[i].sealed);
    return e ? e : copy_mark_save(tx, &copy->mark);
}

static enum err target_run(struct copy *copy, tx_fn *fn, void *arg)
{
    arena_reset(copy->spare, copy->spare_empty);
    return store_run(copy->to, &(struct access){.write = true}, copy->spare, fn, arg);
}

static enum err mark_set(struct copy *copy, enum copy_state state, int64_t done_ms)
{
    struct move move = {.copy = copy};

    copy->mark.state = state;
    copy->mark.done_ms = done_ms;
    return target_run(copy, mark_move, &move);
}

/* ---- slices ---- */

/* What is each store's own: the same in no two of them. A table, a part and a NUL; they have no sort. */
static bool stays_behind(struct stored_key key)
{
    return key.data[0] == TABLE_META && key.size > 2 &&
           part_is_own((const char *)key.data + 1, key.size - 2U);
}

static enum err slice_keep(struct slice *slice, const struct record *record)
{
    struct stored_key key = record->key;
    enum table table;

    key.part_size = stored_key_part_size(key.data, key.size, &table);
    if (key.part_size == 0) {
        slice->damaged++; /* none of ours: no engine could find it */
        return ERR_OK;
    }
    if (stays_behind(key))
        return ERR_OK;
    key.data = arena_copy(slice->arena, key.data, key.size);
    struct span sealed = {arena_copy(slice->arena, record->sealed.data, record->sealed.size),
                          record->sealed.size};
    if (!key.data || !sealed.data)
        return ERR_MEMORY;
    slice->records[slice->count++] = (struct record){key, sealed};
    slice->bytes += key.size + sealed.size;
    return ERR_OK;
}

/* All the keys of people that the slice needs, in one request. */
static void people_expect(struct slice *slice, struct view *view)
{
    struct stored_key keys[EXPECT_MAX];
    struct stored_key_room rooms[EXPECT_MAX];
    struct seal_header header = {0};
    uint8_t last[SEAL_ID_BYTES] = {0};
    size_t count = 0;

    for (size_t i = 0; view->ops->expect && i < slice->count && count < EXPECT_MAX; i++) {
        if (seal_header_read(slice->records[i].sealed, &header) || header.kind != SEAL_PERSON ||
            memcmp(last, header.id, sizeof last) == 0)
            continue;
        memcpy(last, header.id, sizeof last);
        keys[count] = stored_key_of_person(header.id, &rooms[count]);
        count++;
    }
    if (count > 1)
        (void)view->ops->expect(view, keys, count);
}

static enum err slice_open(struct slice *slice, struct view *view)
{
    struct tx tx;
    struct span plain;
    enum err e = ERR_OK;

    people_expect(slice, view);
    tx_begin(&tx, slice->store, view, slice->arena, false);
    for (size_t i = 0; !e && i < slice->count; i++) {
        struct arena_mark mark = arena_mark(slice->arena);
        e = tx_open(&tx, slice->records[i].key, slice->records[i].sealed, &plain);
        slice->damaged += e == ERR_DAMAGED;
        e = e == ERR_DAMAGED ? ERR_OK : e;
        if (!tx.people)
            arena_reset(slice->arena, mark); /* nothing but the plain value was made there */
    }
    tx_end(&tx);
    return e;
}

static enum err slice_read(struct view *view, void *arg)
{
    struct slice *slice = arg;
    struct stored_key behind = {slice->behind, (uint16_t)slice->behind_size, 0};
    struct record *records;

    arena_reset(slice->arena, slice->empty);
    slice->count = slice->seen = slice->bytes = slice->damaged = 0;
    enum err e = view->ops->walk(view, behind, SLICE_RECORDS, slice->arena, &records, &slice->seen);
    for (size_t i = 0; !e && i < slice->seen; i++)
        e = slice_keep(slice, &records[i]);
    if (e || slice->seen == 0)
        return e;
    const struct stored_key *last = &records[slice->seen - 1].key;
    must(last->size <= sizeof slice->behind);
    slice->behind_size = last->size;
    memcpy(slice->behind, last->data, last->size);
    return slice->opens ? slice_open(slice, view) : ERR_OK;
}

static enum err slice_next(struct slice *slice)
{
    return slice->store->ops->read(slice->store->engine, &(struct access){.loose = true}, slice_read, slice);
}

static void told(struct copy *copy, const struct slice *slice)
{
    copy->progress.records += slice->count;
    copy->progress.bytes += slice->bytes;
    if (copy->tell)
        copy->tell(copy->arg, &copy->progress);
}

static void phase_begin(struct copy *copy, enum copy_phase phase)
{
    copy->progress = (struct copy_progress){.phase = phase};
}

/* ---- copying ---- */

static enum err slice_write(struct copy *copy, const struct slice *slice)
{
    struct move move = {.copy = copy, .slice = slice};
    const struct engine_ops *ops = copy->to->ops;
    enum err e = ERR_OK;

    if (ops->fill) {
        e = slice->count > 0 ? ops->fill(copy->to->engine, slice->records, slice->count) : ERR_OK;
        move.slice = NULL;
    }
    return e ? e : target_run(copy, mark_move, &move);
}

static enum err source_failed(struct copy *copy, enum err err)
{
    copy->result->from_failed = err != ERR_OK;
    return err;
}

static enum err copy_records(struct copy *copy)
{
    struct slice *slice = &copy->slice;
    struct copy_mark *mark = &copy->mark;
    enum err e = ERR_OK;

    phase_begin(copy, COPY_RECORDS);
    slice->store = copy->from;
    slice->behind_size = mark->behind_size;
    memcpy(slice->behind, mark->behind, mark->behind_size);
    while (!e) {
        e = source_failed(copy, slice_next(slice));
        if (e || slice->seen == 0)
            break;
        mark->records += slice->count;
        mark->behind_size = slice->behind_size;
        memcpy(mark->behind, slice->behind, slice->behind_size);
        e = slice_write(copy, slice);
        copy->result->copied += e ? 0 : slice->count;
        told(copy, slice);
    }
    return e ? e : mark_set(copy, COPY_ACROSS, 0);
}

/* ---- comparing ---- */

static enum err one_look(struct view *view, struct lookup *lookup, size_t index)
{
    const struct record *record = &lookup->slice->records[index];
    struct span there;

    enum err e = view->ops->get(view, record->key, lookup->arena, &there);
    lookup->found[index] = FOUND_NOTHING;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    bool same = there.size == record->sealed.size && memcmp(there.data, record->sealed.data, there.size) == 0;
    lookup->found[index] = same ? FOUND_SAME : FOUND_OTHER;
    return ERR_OK;
}

static enum err slice_look(struct view *view, void *arg)
{
    struct lookup *lookup = arg;
    struct stored_key keys[EXPECT_MAX];
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < lookup->slice->count; i++) {
        size_t ahead = 0;
        for (; view->ops->expect && i % EXPECT_MAX == 0 && ahead < EXPECT_MAX &&
               i + ahead < lookup->slice->count;
             ahead++)
            keys[ahead] = lookup->slice->records[i + ahead].key;
        if (ahead > 1)
            e = view->ops->expect(view, keys, ahead);
        if (!e)
            e = one_look(view, lookup, i);
    }
    return e;
}

static enum err slice_find(struct store *store, const struct slice *slice, struct arena *arena,
                           struct lookup *lookup)
{
    *lookup = (struct lookup){.slice = slice, .arena = arena};
    return store->ops->read(store->engine, &(struct access){.loose = true}, slice_look, lookup);
}

static void count_tables(const struct slice *slice, uint64_t counts[static TABLE_COUNT])
{
    enum table table;

    for (size_t i = 0; i < slice->count; i++) {
        const struct stored_key *key = &slice->records[i].key;
        if (stored_key_part_size(key->data, key->size, &table))
            counts[table]++;
    }
}

/* Keeps of the slice what was found so that it has to be mended. */
static void keep_wrong(struct slice *slice, const struct lookup *lookup, bool extra)
{
    size_t kept = 0;

    for (size_t i = 0; i < slice->count; i++) {
        bool wrong = extra ? lookup->found[i] == FOUND_NOTHING : lookup->found[i] != FOUND_SAME;
        if (wrong)
            slice->records[kept++] = slice->records[i];
    }
    slice->count = kept;
}

static enum err extra_delete(struct copy *copy, const struct slice *slice)
{
    struct slice *part = &copy->part;
    enum err e = ERR_OK;

    for (size_t at = 0; !e && at < slice->count; at += part->count) {
        size_t left = slice->count - at;
        part->count = left < DELETES_MAX ? left : DELETES_MAX;
        for (size_t i = 0; i < part->count; i++)
            part->records[i] = (struct record){.key = slice->records[at + i].key};
        struct move move = {.copy = copy, .slice = part};
        e = target_run(copy, mark_move, &move);
    }
    return e;
}

/* One way of a comparison: over the source, or (back) over the target. */
static enum err compare_way(struct copy *copy, bool back, bool mend)
{
    struct slice *slice = &copy->slice;
    struct copy_result *result = copy->result;
    enum err e = ERR_OK;

    slice->store = back ? copy->to : copy->from;
    slice->opens = back && !mend;
    slice->behind_size = 0;
    while (!e) {
        e = slice_next(slice);
        result->from_failed = e && !back;
        if (e || slice->seen == 0)
            break;
        told(copy, slice);
        arena_reset(copy->spare, copy->spare_empty);
        e = slice_find(back ? copy->from : copy->to, slice, copy->spare, &copy->lookup);
        result->from_failed = e && back;
        if (e)
            break;
        if (!mend)
            count_tables(slice, back ? result->in_to : result->in_from);
        result->damaged += back && !mend ? slice->damaged : 0;
        keep_wrong(slice, &copy->lookup, back);
        if (mend && slice->count > 0)
            e = back ? extra_delete(copy, slice) : slice_write(copy, slice);
        *(mend ? &result->mended : &result->differences) += slice->count;
    }
    slice->opens = false;
    return e;
}

static enum err compare(struct copy *copy, bool mend)
{
    phase_begin(copy, mend ? COPY_MEND : COPY_CHECK);
    enum err e = compare_way(copy, false, mend);
    return e ? e : compare_way(copy, true, mend);
}

/* ---- all of it ---- */

static enum err copy_all(struct copy *copy, int64_t now_ms)
{
    struct move begin = {.copy = copy, .first = true};

    keyring_random(copy->to->keyring, copy->mark.run, sizeof copy->mark.run);
    enum err e = target_run(copy, mark_move, &begin);
    if (e)
        return e;
    bool goes_on = copy->mark.behind_size > 0 || copy->mark.state == COPY_ACROSS;
    copy->result->copied_before = copy->mark.records;
    if (copy->mark.state == COPY_GOING)
        e = copy_records(copy);
    if (!e && goes_on)
        e = compare(copy, true);
    if (!e)
        e = compare(copy, false);
    if (!e && copy->result->differences == 0)
        e = mark_set(copy, COPY_DONE, now_ms);
    return e;
}

static enum err arenas_make(struct copy *copy)
{
    copy->slice.arena = arena_new(SLICE_ARENA_BYTES);
    copy->spare = arena_new(SPARE_ARENA_BYTES);
    if (!copy->slice.arena || !copy->spare)
        return ERR_MEMORY;
    copy->slice.empty = arena_mark(copy->slice.arena);
    copy->spare_empty = arena_mark(copy->spare);
    return ERR_OK;
}

enum err store_copy(struct store *from, struct store *to, int64_t now_ms, copy_tell_fn *tell, void *arg,
                    struct copy_result *result)
{
    *result = (struct copy_result){0};
    struct copy *copy = calloc(1, sizeof *copy);
    if (!copy)
        return ERR_MEMORY;
    *copy = (struct copy){.from = from, .to = to, .tell = tell, .arg = arg, .result = result};
    enum err e = arenas_make(copy);
    if (!e)
        e = copy_all(copy, now_ms);
    arena_free(copy->slice.arena);
    arena_free(copy->spare);
    free(copy);
    return e;
}
