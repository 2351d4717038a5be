/* slot_write.h - free slots as JSON, fast: availability is the answer that is asked for most, and it is long.
 */
#ifndef API_SLOT_WRITE_H
#define API_SLOT_WRITE_H

#include "base/buf.h"
#include "domain/day.h"

/* {"start":"2026-11-25T09:00:00Z","end":...,"available":1,"delivery_channel":"in_person"}, elements of an
 * array, with commas between them; `comma`: one stands before the first too. Slots begin and end on whole
 * minutes after 1970. */
void slots_write(struct buf *buf, const struct slot *slots, size_t count, bool comma);

#endif
