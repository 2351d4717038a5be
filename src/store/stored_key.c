/* stored_key.c - keys to bytes and back; sort texts that order like numbers. */
#include "store/stored_key.h"

#include "base/must.h"

#include <stdio.h>
#include <string.h>

struct table_row {
    const char *name;
    bool blind;
};

static const struct table_row tables[TABLE_COUNT] = {
#define STORE_TABLE_ROW(upper, lower, is_blind) [TABLE_##upper] = {#lower, is_blind},
    STORE_TABLES(STORE_TABLE_ROW)
#undef STORE_TABLE_ROW
};

_Static_assert((int)TABLE_COUNT < (int)KEY_OF_PERSON, "first bytes of keys must differ");

const char *store_table_name(enum table table)
{
    return table < TABLE_COUNT ? tables[table].name : "unknown";
}

/* Their part is a person's id. */
static bool is_of_person(enum table table)
{
    switch (table) {
    case TABLE_PERSON_KEY:
    case TABLE_PATIENT:
    case TABLE_RELATION:
    case TABLE_AGENDA:
    case TABLE_APPOINTMENT_BY_PATIENT:
    case TABLE_USAGE:
    case TABLE_USER:
    case TABLE_PROXY:
    case TABLE_PROXY_OF:
    case TABLE_IDEMPOTENCY:
        return true;
    default:
        return false;
    }
}

static bool memo_has(const struct person_memo *memo, const char *text, size_t size)
{
    return memo && memo->size == size && memcmp(memo->text, text, size) == 0;
}

static void memo_keep(struct person_memo *memo, const char *text, size_t size, const uint8_t *id)
{
    if (!memo || size > sizeof memo->text)
        return;
    memcpy(memo->text, text, size);
    memo->size = size;
    memcpy(memo->id, id, PERSON_ID_BYTES);
}

bool person_id_of(const struct keyring *keyring, struct person_memo *memo, const char *person,
                  uint8_t id[static PERSON_ID_BYTES])
{
    size_t size = strnlen(person, KEY_BLIND_PART_MAX + 1);

    if (size == 0 || size > KEY_BLIND_PART_MAX)
        return false;
    if (memo_has(memo, person, size)) {
        memcpy(id, memo->id, PERSON_ID_BYTES);
        return true;
    }
    keyring_blind(keyring, KEY_OF_PERSON, (struct span){(const uint8_t *)person, size}, id);
    memo_keep(memo, person, size, id);
    return true;
}

/* Writes the partition, all but its NUL; false if the part has no right size. */
static bool part_put(const struct keyring *keyring, const struct key *key, uint8_t *out, size_t *size)
{
    bool blind = tables[key->table].blind;
    size_t part_size = strnlen(key->part, KEY_BLIND_PART_MAX + 1);

    if (part_size == 0 || part_size > (blind ? KEY_BLIND_PART_MAX : KEY_PART_MAX))
        return false;
    out[0] = (uint8_t)key->table;
    if (blind)
        keyring_blind(keyring, out[0], (struct span){(const uint8_t *)key->part, part_size}, out + 1);
    else
        memcpy(out + 1, key->part, part_size);
    *size = 1 + (blind ? BLIND_BYTES : part_size);
    return true;
}

static size_t person_part(const uint8_t *id, enum table table, uint8_t *out)
{
    out[0] = KEY_OF_PERSON;
    memcpy(out + 1, id, PERSON_ID_BYTES);
    out[1 + PERSON_ID_BYTES] = (uint8_t)table;
    return 2 + PERSON_ID_BYTES;
}

bool stored_key_make(const struct keyring *keyring, struct person_memo *memo, const struct key *key,
                     struct stored_key_room *room, struct stored_key *stored)
{
    const char *sort = key->sort ? key->sort : "";
    size_t sort_size = strnlen(sort, KEY_SORT_MAX + 1);
    uint8_t id[PERSON_ID_BYTES];
    size_t size;

    must(key->part && key->table < TABLE_COUNT);
    if (sort_size > KEY_SORT_MAX)
        return false;
    if (is_of_person(key->table)) {
        if (!person_id_of(keyring, memo, key->part, id))
            return false;
        size = person_part(id, key->table, room->bytes);
    } else if (!part_put(keyring, key, room->bytes, &size)) {
        return false;
    }
    room->bytes[size++] = 0;
    memcpy(room->bytes + size, sort, sort_size);
    *stored = (struct stored_key){room->bytes, (uint16_t)(size + sort_size), (uint16_t)size};
    return true;
}

struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES], struct stored_key_room *room)
{
    size_t size = person_part(id, TABLE_PERSON_KEY, room->bytes);

    room->bytes[size++] = 0;
    return (struct stored_key){room->bytes, (uint16_t)size, (uint16_t)size};
}

/* ---- and back ---- */

/* The fixed size that a partition with a hash has, its NUL included, or 0. */
static size_t hashed_size(const uint8_t *data)
{
    if (data[0] == KEY_OF_PERSON)
        return PERSON_ID_BYTES + 3;
    return tables[data[0]].blind ? BLIND_BYTES + 2 : 0;
}

static bool hashed_read(const uint8_t *data, size_t part_size, enum table *table)
{
    if (data[part_size - 1] != 0)
        return false;
    *table = data[0] == KEY_OF_PERSON ? (enum table)data[part_size - 2] : (enum table)data[0];
    return *table < TABLE_COUNT && is_of_person(*table) == (data[0] == KEY_OF_PERSON);
}

uint16_t stored_key_part_size(const uint8_t *data, size_t size, enum table *table)
{
    if (size < 3 || size > STORED_KEY_MAX || (data[0] >= TABLE_COUNT && data[0] != KEY_OF_PERSON))
        return 0;
    size_t fixed = hashed_size(data);
    if (fixed)
        return size >= fixed && hashed_read(data, fixed, table) ? (uint16_t)fixed : 0;
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    if (!end)
        return 0;
    *table = (enum table)data[0];
    return (uint16_t)(end + 1 - data);
}

enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort)
{
    const char *bytes = (const char *)stored.data;
    const char *part_text = NULL;
    enum table found;

    uint16_t part_size = stored_key_part_size(stored.data, stored.size, &found);
    if (part_size == 0)
        return ERR_DAMAGED;
    bool plain = !tables[found].blind;
    if (plain)
        part_text = arena_text(arena, bytes + 1, part_size - 2U);
    const char *sort_text = arena_text(arena, bytes + part_size, (size_t)stored.size - part_size);
    if ((plain && !part_text) || !sort_text)
        return ERR_MEMORY;
    *table = found;
    *part = part_text;
    *sort = sort_text;
    return ERR_OK;
}

void sort_instant(char out[static SORT_INSTANT], int64_t ms)
{
    uint64_t ordered = (uint64_t)ms ^ (UINT64_C(1) << 63); /* negative ones come first */

    (void)snprintf(out, SORT_INSTANT, "%016llx", (unsigned long long)ordered);
}
