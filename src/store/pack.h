/* pack.h - ids in packed records. A UUID in its usual form takes 17 bytes, another id its length and one
 * more. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "base/arena.h"
#include "base/buf.h"

void pack_id(struct buf *buf, const char *id); /* may be NULL */

/* The id in the arena; NULL if it was NULL. Without memory, or for bytes that pack_id does not make, NULL
 * too, and reader->failed is set; *memory says which. */
const char *unpack_id(struct reader *reader, struct arena *arena, bool *memory);

#endif
