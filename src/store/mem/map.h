/* map.h - an ordered map of bytes in memory, with a journal: what was changed since the last map_keep() can
 * be taken back. Not for threads. */
#ifndef STORE_MEM_MAP_H
#define STORE_MEM_MAP_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct entry {
    struct span key;
    struct span value;
};

struct map;

struct map *map_new(void); /* NULL if there is no memory */
void map_free(struct map *map);

/* Index of the first entry whose key is not before this one. */
size_t map_seek(const struct map *map, struct span key);
/* NULL beyond the last one. Valid until the next change. */
const struct entry *map_at(const struct map *map, size_t index);
size_t map_count(const struct map *map);
size_t map_bytes(const struct map *map);

/* NULL if it is not there. */
const struct entry *map_get(const struct map *map, struct span key);
/* value.data NULL deletes. False if there is no memory: take everything back then. */
bool map_set(struct map *map, struct span key, struct span value);

void map_keep(struct map *map);      /* what was changed stays */
void map_take_back(struct map *map); /* as it was at the last map_keep() */

#endif
