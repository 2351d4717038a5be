/* slot_cache.h - what was free in a day, kept until the day's record is another one.
 *
 * Nothing has to tell the cache about bookings. It is asked for what was made from one stored record, which
 * is known by its nonce: a record that was written anew has another nonce, by whichever thread or process it
 * was. What the answer depends on besides (sessions, bank holidays, wish) is part of what is asked for; what
 * time alone changes (a hold that expires) ends its validity. So an answer from here is the one that would
 * have been worked out. A fixed table of sets, each with a few places; a full set loses the oldest. Any
 * thread. */
#ifndef CALL_SLOT_CACHE_H
#define CALL_SLOT_CACHE_H

#include "domain/day.h"
#include "store/store.h"

/* Days with more rows are not kept, nor are any for which there is no room. Sets fill up unevenly, so there
 * are several times as many places as days that are asked for: all practices of a large town, a week ahead.
 */
enum {
    SLOT_CACHE_SETS = 4096,
    SLOT_CACHE_PLACES = 4,
    SLOT_CACHE_ROWS_MAX = 512,
    SLOT_CACHE_BYTES_MAX = 16 * 1024 * 1024,
};

/* Made with {0}, so that bytes between members are no difference. */
struct slot_key {
    struct stamp stamp; /* of the day's record; of the practice's, while the day has none */
    int64_t sessions_version, holidays_version;
    int64_t duration_minutes, consecutive;
    int32_t date, type, channel;
    int32_t has_record;
};

struct slot_cache;

struct slot_cache *slot_cache_new(void);        /* NULL without memory */
void slot_cache_free(struct slot_cache *cache); /* takes NULL */

/* True, with all free slots of the day in the arena, if they are known and hold at now_ms. */
bool slot_cache_find(struct slot_cache *cache, const struct slot_key *key, int64_t now_ms,
                     struct arena *arena, struct slot **slots, size_t *count);
/* slots: all of the local day key->date; they hold from made_ms until just before until_ms. */
void slot_cache_add(struct slot_cache *cache, const struct slot_key *key, int64_t made_ms, int64_t until_ms,
                    const struct slot *slots, size_t count);

#endif
