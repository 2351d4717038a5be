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

const char *store_table_name(enum table table)
{
    return table < TABLE_COUNT ? tables[table].name : "unknown";
}

bool table_is_blind(enum table table)
{
    must(table < TABLE_COUNT);
    return tables[table].blind;
}

static bool part_put(const struct keyring *keyring, enum table table, const char *part, uint8_t *out,
                     size_t *size)
{
    bool blind = table_is_blind(table);
    size_t part_size = strnlen(part, KEY_BLIND_PART_MAX + 1);

    if (part_size == 0 || part_size > (blind ? KEY_BLIND_PART_MAX : KEY_PART_MAX))
        return false;
    if (blind)
        keyring_blind(keyring, (uint8_t)table, (struct span){(const uint8_t *)part, part_size}, out);
    else
        memcpy(out, part, part_size);
    *size = blind ? BLIND_BYTES : part_size;
    return true;
}

bool stored_key_make(const struct keyring *keyring, const struct key *key, struct stored_key_room *room,
                     struct stored_key *stored)
{
    const char *sort = key->sort ? key->sort : "";
    size_t sort_size = strnlen(sort, KEY_SORT_MAX + 1);
    uint8_t *at = room->bytes;
    size_t size;

    must(key->part && key->table < TABLE_COUNT);
    if (sort_size > KEY_SORT_MAX || !part_put(keyring, key->table, key->part, at + 1, &size))
        return false;
    *at = (uint8_t)key->table;
    at += 1 + size;
    *at++ = 0;
    size_t part_size = (size_t)(at - room->bytes);
    memcpy(at, sort, sort_size);
    *stored = (struct stored_key){room->bytes, (uint16_t)(part_size + sort_size), (uint16_t)part_size};
    return true;
}

bool person_id_of(const struct keyring *keyring, const char *person, uint8_t id[static PERSON_ID_BYTES])
{
    size_t size;

    return part_put(keyring, TABLE_PERSON_KEY, person, id, &size);
}

struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES], struct stored_key_room *room)
{
    room->bytes[0] = TABLE_PERSON_KEY;
    memcpy(room->bytes + 1, id, PERSON_ID_BYTES);
    room->bytes[1 + PERSON_ID_BYTES] = 0;
    return (struct stored_key){room->bytes, PERSON_ID_BYTES + 2, PERSON_ID_BYTES + 2};
}

uint16_t stored_key_part_size(const uint8_t *data, size_t size)
{
    if (size < 3 || size > STORED_KEY_MAX || data[0] >= TABLE_COUNT)
        return 0;
    if (tables[data[0]].blind)
        return size >= BLIND_BYTES + 2 && data[1 + BLIND_BYTES] == 0 ? BLIND_BYTES + 2 : 0;
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    return end ? (uint16_t)(end + 1 - data) : 0;
}

enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort)
{
    uint16_t part_size = stored_key_part_size(stored.data, stored.size);
    if (part_size == 0)
        return ERR_DAMAGED;
    bool blind = tables[stored.data[0]].blind;
    const char *bytes = (const char *)stored.data;
    const char *part_text = blind ? NULL : arena_text(arena, bytes + 1, part_size - 2U);
    const char *sort_text = arena_text(arena, bytes + part_size, (size_t)stored.size - part_size);
    if ((!blind && !part_text) || !sort_text)
        return ERR_MEMORY;
    *table = (enum table)stored.data[0];
    *part = part_text;
    *sort = sort_text;
    return ERR_OK;
}

void sort_instant(char out[static SORT_INSTANT], int64_t ms)
{
    uint64_t ordered = (uint64_t)ms ^ (UINT64_C(1) << 63); /* negative ones come first */

    (void)snprintf(out, SORT_INSTANT, "%016llx", (unsigned long long)ordered);
}
