/* map.c - a sorted array of pointers: simple, and fast enough for tests of some hundred thousand records.
 *
 * The journal holds, for each change, the key and the entry that was there before; taking back goes through
 * it from the newest to the oldest. An entry is one block: key, then value; it is owned by the array or the
 * journal. */
#include "store/mem/map.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

struct change {
    struct entry *now;    /* in the array; NULL: deleted */
    struct entry *before; /* owned by the journal; NULL: there was none */
};

struct map {
    struct entry **entries;
    size_t count, room;
    struct change *changes;
    size_t change_count, change_room;
    size_t bytes;
};

struct map *map_new(void)
{
    return calloc(1, sizeof(struct map));
}

void map_free(struct map *map)
{
    if (!map)
        return;
    map_keep(map);
    for (size_t i = 0; i < map->count; i++)
        free(map->entries[i]);
    free(map->entries);
    free(map->changes);
    free(map);
}

static int compare(struct span a, struct span b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.data, b.data, least) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

size_t map_seek(const struct map *map, struct span key)
{
    size_t low = 0;
    size_t high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(map->entries[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct entry *map_at(const struct map *map, size_t index)
{
    return index < map->count ? map->entries[index] : NULL;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

size_t map_bytes(const struct map *map)
{
    return map->bytes;
}

const struct entry *map_get(const struct map *map, struct span key)
{
    const struct entry *entry = map_at(map, map_seek(map, key));

    return entry && compare(entry->key, key) == 0 ? entry : NULL;
}

static struct entry *entry_new(struct span key, struct span value)
{
    struct entry *entry = malloc(sizeof *entry + key.size + value.size);
    if (!entry)
        return NULL;
    uint8_t *bytes = (uint8_t *)(entry + 1);
    memcpy(bytes, key.data, key.size);
    memcpy(bytes + key.size, value.data, value.size);
    *entry = (struct entry){{bytes, key.size}, {bytes + key.size, value.size}};
    return entry;
}

static bool grow(void **items, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : 64;
    void *grown = reallocarray(*items, wanted, size);
    if (!grown)
        return false;
    *items = grown;
    *room = wanted;
    return true;
}

static bool rooms(struct map *map)
{
    void *entries = map->entries;
    void *changes = map->changes;
    bool enough = grow(&entries, &map->room, map->count, sizeof *map->entries);

    map->entries = entries;
    enough = enough && grow(&changes, &map->change_room, map->change_count, sizeof *map->changes);
    map->changes = changes;
    return enough;
}

/* Puts the entry (NULL: nothing) in the place of the one with that key; gives back what was there. */
static struct entry *exchange(struct map *map, struct span key, struct entry *entry)
{
    size_t index = map_seek(map, key);
    struct entry *before =
        index < map->count && compare(map->entries[index]->key, key) == 0 ? map->entries[index] : NULL;
    struct entry **at = map->entries + index;
    size_t behind = map->count - index;

    if (before && !entry) {
        memmove(at, at + 1, (behind - 1) * sizeof *at);
        map->count--;
    } else if (!before && entry) {
        memmove(at + 1, at, behind * sizeof *at);
        map->count++;
    }
    if (entry)
        *at = entry;
    map->bytes += entry ? key.size + entry->value.size : 0;
    map->bytes -= before ? key.size + before->value.size : 0;
    return before;
}

bool map_set(struct map *map, struct span key, struct span value)
{
    struct entry *entry = NULL;

    if (!rooms(map))
        return false;
    if (value.data) {
        entry = entry_new(key, value);
        if (!entry)
            return false;
    }
    struct entry *before = exchange(map, key, entry);
    if (before || entry)
        map->changes[map->change_count++] = (struct change){entry, before};
    return true;
}

void map_keep(struct map *map)
{
    for (size_t i = 0; i < map->change_count; i++)
        free(map->changes[i].before);
    map->change_count = 0;
}

void map_take_back(struct map *map)
{
    while (map->change_count > 0) {
        struct change *change = &map->changes[--map->change_count];
        struct span key = change->now ? change->now->key : change->before->key;
        struct entry *removed = exchange(map, key, change->before);
        must(removed == change->now);
        free(removed);
    }
}
