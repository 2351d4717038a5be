/* tx.c - a transaction: reads through a view, writes gathered in a set until the function has succeeded.
 *
 * Values are put as they are and sealed in one go at the end, so a value that is put twice is sealed once and
 * a function that fails seals nothing. The nonce of each value is one random number per transaction plus a
 * count: 24 random bytes leave no chance of meeting another transaction's numbers, and one call for
 * randomness is enough.
 *
 * A person's key: asked for in this transaction before; else among the open keys of the keyring; else in its
 * record; else, for a put, made now, its record being one more write of this transaction. Keys that come from
 * a view that is not durable yet stay in the transaction and never reach the keyring. */
#include "store/tx.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>

enum {
    WRITES_ROOM_FIRST = 32,
    PEOPLE_KEPT = 64, /* keys that reads keep in one transaction; puts keep all of theirs */
};

void tx_begin(struct tx *tx, struct store *store, struct view *view, struct arena *arena, bool write)
{
    *tx = (struct tx){.store = store, .view = view, .arena = arena, .write = write};
}

void tx_end(struct tx *tx)
{
    for (struct tx_person *person = tx->people; person; person = person->next)
        sodium_memzero(person->key, sizeof person->key);
    tx->people = NULL;
}

struct arena *tx_arena(struct tx *tx)
{
    return tx->arena;
}

static enum err fail(struct tx *tx, enum err err)
{
    if (!tx->failed)
        tx->failed = err;
    return err;
}

bool part_is_own(const char *part, size_t size)
{
    static const char *const parts[] = {META_FORMAT_PART, META_KEYS_PART, META_COPY_PART};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (size == strlen(parts[i]) && memcmp(part, parts[i], size) == 0)
            return true;
    return false;
}

bool key_is_own(const struct key *key)
{
    return key->table == TABLE_PERSON_KEY ||
           (key->table == TABLE_META && part_is_own(key->part, strlen(key->part)));
}

/* ---- the write set ---- */

static uint64_t hash_of(struct stored_key key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a: only to skip comparisons */

    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static struct write *write_find(struct tx *tx, struct stored_key key, uint64_t hash)
{
    for (size_t i = 0; i < tx->write_count; i++) {
        struct write *write = &tx->writes[i];
        if (write->hash == hash && write->key.size == key.size &&
            memcmp(write->key.data, key.data, key.size) == 0)
            return write;
    }
    return NULL;
}

static enum err writes_grow(struct tx *tx)
{
    size_t room = tx->write_room ? 2 * tx->write_room : WRITES_ROOM_FIRST;

    struct write *writes = arena_alloc(tx->arena, room * sizeof *writes);
    if (!writes)
        return ERR_MEMORY;
    if (tx->write_count > 0)
        memcpy(writes, tx->writes, tx->write_count * sizeof *writes);
    tx->writes = writes;
    tx->write_room = room;
    return ERR_OK;
}

/* The entry of that key in the set, made if it is not there; *slot is empty but for the key. */
static enum err write_slot(struct tx *tx, struct stored_key key, struct write **slot)
{
    uint64_t hash = hash_of(key);
    struct write *write = write_find(tx, key, hash);

    if (!write) {
        if (tx->write_count == TX_WRITES_MAX)
            return ERR_INTERNAL;
        if (tx->write_count == tx->write_room && writes_grow(tx))
            return ERR_MEMORY;
        uint8_t *bytes = arena_copy(tx->arena, key.data, key.size);
        if (!bytes)
            return ERR_MEMORY;
        key.data = bytes;
        write = &tx->writes[tx->write_count++];
        write->key = key;
    }
    *write = (struct write){.key = write->key, .hash = hash};
    *slot = write;
    return ERR_OK;
}

/* ---- sealing and opening ---- */

static void nonce_next(struct tx *tx, uint8_t nonce[static SEAL_NONCE_BYTES])
{
    if (!tx->nonce_drawn)
        keyring_random(tx->store->keyring, tx->nonce, sizeof tx->nonce);
    tx->nonce_drawn = true;
    sodium_increment(tx->nonce, sizeof tx->nonce);
    memcpy(nonce, tx->nonce, SEAL_NONCE_BYTES);
}

static enum err seal_write(struct tx *tx, struct write *write)
{
    struct seal_header header = {.kind = SEAL_PERSON};
    uint8_t nonce[SEAL_NONCE_BYTES];
    const uint8_t *key;

    if (write->person) {
        key = write->person->key;
        memcpy(header.id, write->person->id, sizeof write->person->id);
    } else {
        key = keyring_newest(tx->store->keyring, SEAL_STORE, &header);
    }
    size_t size = seal_size(header.kind, write->plain.size);
    uint8_t *sealed = arena_alloc(tx->arena, size);
    if (!sealed)
        return ERR_MEMORY;
    nonce_next(tx, nonce);
    seal_close(&header, key, nonce, (struct span){write->key.data, write->key.size}, write->plain, sealed);
    write->sealed = (struct span){sealed, size};
    write->ready = true;
    return ERR_OK;
}

enum err tx_seal(struct tx *tx)
{
    for (size_t i = 0; i < tx->write_count; i++) {
        struct write *write = &tx->writes[i];
        if (write->deleted || write->ready)
            continue;
        enum err e = seal_write(tx, write);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err person_key(struct tx *tx, const uint8_t *id, uint8_t *key);

static enum err key_for(struct tx *tx, const struct seal_header *header, uint8_t *key)
{
    if (header->kind == SEAL_PERSON) {
        enum err e = person_key(tx, header->id, key);
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    }
    const uint8_t *found = header->kind == SEAL_STORE ? keyring_store_key(tx->store->keyring, header) : NULL;
    if (!found)
        return ERR_DAMAGED;
    memcpy(key, found, SEAL_KEY_BYTES);
    return ERR_OK;
}

enum err tx_open(struct tx *tx, struct stored_key stored, struct span sealed, struct span *plain)
{
    struct seal_header header;
    uint8_t key[SEAL_KEY_BYTES];

    enum err e = seal_header_read(sealed, &header);
    if (!e)
        e = key_for(tx, &header, key);
    if (e)
        return e;
    size_t size = seal_plain_size(header.kind, sealed.size);
    uint8_t *bytes = arena_alloc(tx->arena, size);
    e = bytes ? seal_open(header.kind, key, (struct span){stored.data, stored.size}, sealed, bytes)
              : ERR_MEMORY;
    sodium_memzero(key, sizeof key);
    if (!e)
        *plain = (struct span){bytes, size};
    return e;
}

/* ---- person keys ---- */

static struct tx_person *person_kept(struct tx *tx, const uint8_t *id)
{
    for (struct tx_person *person = tx->people; person; person = person->next)
        if (memcmp(person->id, id, PERSON_ID_BYTES) == 0)
            return person;
    return NULL;
}

static struct tx_person *person_keep(struct tx *tx, const uint8_t *id, const uint8_t *key)
{
    struct tx_person *person = arena_alloc(tx->arena, sizeof *person);
    if (!person)
        return NULL;
    person->next = tx->people;
    memcpy(person->id, id, sizeof person->id);
    memcpy(person->key, key, sizeof person->key);
    tx->people = person;
    tx->people_count++;
    return person;
}

/* From the record of the person; it is sealed with a store key, so this does not come back here. */
static enum err person_key_load(struct tx *tx, const uint8_t *id, uint8_t *key)
{
    struct stored_key_room room;
    struct stored_key stored = stored_key_of_person(id, &room);
    struct seal_header header;
    struct span sealed;

    enum err e = tx->view->ops->get(tx->view, stored, tx->arena, &sealed);
    if (e)
        return e;
    if (seal_header_read(sealed, &header) || header.kind != SEAL_STORE ||
        seal_plain_size(SEAL_STORE, sealed.size) != SEAL_KEY_BYTES)
        return ERR_DAMAGED;
    const uint8_t *store_key = keyring_store_key(tx->store->keyring, &header);
    return store_key ? seal_open(SEAL_STORE, store_key, (struct span){stored.data, stored.size}, sealed, key)
                     : ERR_DAMAGED;
}

/* ERR_NOT_FOUND: the person has no key. */
static enum err person_key(struct tx *tx, const uint8_t *id, uint8_t *key)
{
    const struct tx_person *kept = person_kept(tx, id);

    if (kept) {
        memcpy(key, kept->key, SEAL_KEY_BYTES);
        return ERR_OK;
    }
    if (keyring_person_find(tx->store->keyring, id, key))
        return ERR_OK;
    enum err e = person_key_load(tx, id, key);
    if (e)
        return e;
    if (tx->view->committed)
        keyring_person_add(tx->store->keyring, id, key);
    else if (tx->people_count < PEOPLE_KEPT)
        (void)person_keep(tx, id, key); /* without memory it is only loaded again */
    return ERR_OK;
}

/* The record is sealed at once, so that the key stands nowhere but where tx_end() wipes it. */
static enum err person_key_make(struct tx *tx, const uint8_t *id, uint8_t *key)
{
    struct stored_key_room room;
    struct stored_key stored = stored_key_of_person(id, &room);
    struct write *write;

    enum err e = write_slot(tx, stored, &write);
    if (e)
        return e;
    keyring_random(tx->store->keyring, key, SEAL_KEY_BYTES);
    write->plain = (struct span){key, SEAL_KEY_BYTES};
    e = seal_write(tx, write);
    write->plain = (struct span){NULL, 0};
    return e;
}

static enum err person_for_put(struct tx *tx, const char *text, const struct tx_person **person)
{
    uint8_t id[PERSON_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];

    if (!person_id_of(tx->store->keyring, &tx->memo, text, id))
        return ERR_FIELD_TOO_LONG;
    *person = person_kept(tx, id);
    if (*person)
        return ERR_OK;
    enum err e = person_key(tx, id, key);
    if (e == ERR_NOT_FOUND)
        e = person_key_make(tx, id, key);
    if (!e) {
        *person = person_kept(tx, id); /* loading may have kept it */
        if (!*person)
            *person = person_keep(tx, id, key);
        e = *person ? ERR_OK : ERR_MEMORY;
    }
    sodium_memzero(key, sizeof key);
    return e;
}

/* ---- what functions call ---- */

static bool passes_by(enum err err)
{
    return err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_DAMAGED; /* these a function may live with */
}

static enum err get(struct tx *tx, struct stored_key stored, struct span *value)
{
    const struct write *own = write_find(tx, stored, hash_of(stored));
    struct span sealed;

    if (own) {
        if (own->deleted)
            return ERR_NOT_FOUND;
        *value = own->plain;
        return ERR_OK;
    }
    enum err e = tx->view->ops->get(tx->view, stored, tx->arena, &sealed);
    return e ? e : tx_open(tx, stored, sealed, value);
}

enum err tx_get(struct tx *tx, const struct key *key, struct span *value)
{
    struct stored_key_room room;
    struct stored_key stored;

    must(!key_is_own(key));
    if (!stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored))
        return ERR_NOT_FOUND;
    enum err e = get(tx, stored, value);
    return passes_by(e) ? e : fail(tx, e);
}

bool tx_reads(const struct tx *tx)
{
    return !tx->write;
}

enum err tx_stamp(struct tx *tx, const struct key *key, struct stamp *stamp)
{
    struct stored_key_room room;
    struct stored_key stored;
    struct span sealed;

    must(!tx->write && !key_is_own(key));
    if (!stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored))
        return ERR_NOT_FOUND;
    enum err e = tx->view->ops->get(tx->view, stored, tx->arena, &sealed);
    if (!e)
        e = seal_nonce_read(sealed, stamp->nonce);
    return passes_by(e) ? e : fail(tx, e);
}

enum err tx_suppose(struct tx *tx, const struct key *key)
{
    struct stored_key_room room;
    struct stored_key stored;
    struct span value;

    must(!key_is_own(key));
    if (!tx->view->ops->suppose || !stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored))
        return tx_get(tx, key, &value);
    const struct write *own = write_find(tx, stored, hash_of(stored));
    if (own)
        return own->deleted ? ERR_NOT_FOUND : ERR_OK;
    enum err e = tx->view->ops->suppose(tx->view, stored);
    return passes_by(e) ? e : fail(tx, e);
}

void tx_expect(struct tx *tx, const struct key *keys, size_t count)
{
    struct stored_key stored[EXPECT_MAX];
    size_t known = 0;

    if (!tx->view->ops->expect || count < 2)
        return; /* a get of one key is one request too */
    struct stored_key_room *rooms = arena_alloc(tx->arena, EXPECT_MAX * sizeof *rooms);
    for (size_t i = 0; rooms && i < count && known < EXPECT_MAX; i++)
        known += stored_key_make(tx->store->keyring, &tx->memo, &keys[i], &rooms[known], &stored[known]);
    if (rooms)
        (void)tx->view->ops->expect(tx->view, stored, known);
}

static enum err put(struct tx *tx, const struct key *key, const char *person, struct span value)
{
    struct stored_key_room room;
    struct stored_key stored;
    const struct tx_person *keeper = NULL;
    struct write *write;

    if (value.size > VALUE_BYTES_MAX || !stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored))
        return ERR_FIELD_TOO_LONG;
    enum err e = person ? person_for_put(tx, person, &keeper) : ERR_OK;
    const uint8_t *plain = e ? NULL : arena_copy(tx->arena, value.data, value.size);
    if (!e && !plain)
        e = ERR_MEMORY;
    if (!e)
        e = write_slot(tx, stored, &write);
    if (e)
        return e;
    write->plain = (struct span){plain, value.size};
    write->person = keeper;
    return ERR_OK;
}

enum err tx_put(struct tx *tx, const struct key *key, const char *person, struct span value)
{
    must(tx->write && !key_is_own(key));
    enum err e = put(tx, key, person, value);
    return e ? fail(tx, e) : ERR_OK;
}

enum err tx_delete(struct tx *tx, const struct key *key)
{
    struct stored_key_room room;
    struct stored_key stored;
    struct write *write;

    must(tx->write && !key_is_own(key));
    if (!stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored))
        return ERR_OK; /* it cannot be there */
    enum err e = write_slot(tx, stored, &write);
    if (e)
        return fail(tx, e);
    write->deleted = true;
    return ERR_OK;
}

enum err tx_get_raw(struct tx *tx, const struct key *key, struct span *bytes)
{
    struct stored_key_room room;
    struct stored_key stored;

    must(stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored));
    return tx->view->ops->get(tx->view, stored, tx->arena, bytes);
}

enum err tx_put_raw(struct tx *tx, const struct key *key, struct span bytes)
{
    struct stored_key_room room;
    struct stored_key stored;
    struct write *write;

    must(stored_key_make(tx->store->keyring, &tx->memo, key, &room, &stored));
    enum err e = write_slot(tx, stored, &write);
    if (e)
        return fail(tx, e);
    write->sealed = bytes;
    write->ready = true;
    return ERR_OK;
}

uint64_t tx_permute(struct tx *tx, uint64_t number)
{
    return keyring_permute(tx->store->keyring, number);
}

enum err tx_put_stored(struct tx *tx, struct stored_key stored, struct span sealed)
{
    struct write *write;

    enum err e = write_slot(tx, stored, &write);
    if (e)
        return fail(tx, e);
    write->sealed = sealed;
    write->deleted = sealed.data == NULL;
    write->ready = true;
    return ERR_OK;
}

/* ---- scans ---- */

/* A scan would not see them, and a function that counts on it would decide on half the truth. */
static bool wrote_into(const struct tx *tx, struct stored_key part)
{
    for (size_t i = 0; i < tx->write_count; i++)
        if (tx->writes[i].key.size >= part.part_size &&
            memcmp(tx->writes[i].key.data, part.data, part.part_size) == 0 &&
            stored_key_is_of(part, tx->writes[i].key.data, tx->writes[i].key.size))
            return true;
    return false;
}

static enum err row_open(struct tx *tx, const struct record *record, bool with_damaged, struct row *row)
{
    const char *sort;

    enum err e = stored_key_sort(record->key, tx->arena, &sort);
    if (e)
        return e;
    *row = (struct row){.sort = sort};
    row->err = tx_open(tx, record->key, record->sealed, &row->value);
    return row->err == ERR_DAMAGED && with_damaged ? ERR_OK : row->err;
}

static enum err rows_open(struct tx *tx, const struct record *records, size_t count, bool with_damaged,
                          struct row **rows)
{
    struct row *opened = arena_zero(tx->arena, count ? count : 1, sizeof *opened);
    if (!opened)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum err e = row_open(tx, &records[i], with_damaged, &opened[i]);
        if (e)
            return e;
    }
    *rows = opened;
    return ERR_OK;
}

static enum err scan_range(struct tx *tx, const struct scan *scan, const struct range *range,
                           struct row **rows, size_t *count, bool *more)
{
    struct record *records = NULL;
    size_t found = 0;
    bool beyond = false;

    enum err e = tx->view->ops->scan(tx->view, range, tx->arena, &records, &found, &beyond);
    if (!e)
        e = rows_open(tx, records, found, scan->with_damaged, rows);
    if (e)
        return e;
    *count = found;
    *more = beyond;
    return ERR_OK;
}

enum err tx_scan(struct tx *tx, const struct scan *scan, struct row **rows, size_t *count, bool *more)
{
    struct range range = {.backwards = scan->backwards, .limit = scan->limit};
    struct stored_key_room rooms[2];
    static struct row none;

    must(scan->limit >= 1 && scan->limit <= SCAN_MAX && scan->table != TABLE_PERSON_KEY);
    if (!stored_key_range(tx->store->keyring, &tx->memo, scan, rooms, &range.from, &range.until)) {
        *rows = &none;
        *count = 0;
        *more = false;
        return ERR_OK;
    }
    must(!wrote_into(tx, range.from));
    enum err e = scan_range(tx, scan, &range, rows, count, more);
    return passes_by(e) ? e : fail(tx, e);
}

enum err tx_blind_id(struct tx *tx, const char *person, const char **sort)
{
    char hash[2 * BLIND_BYTES + 1];

    store_blind(tx->store, "person", person, hash);
    *sort = arena_dup(tx->arena, hash);
    return *sort ? ERR_OK : ERR_MEMORY;
}
