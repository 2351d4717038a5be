/* slot_cache.c - see slot_cache.h. A slot is kept in eight bytes: minutes from the day's midnight fit in two,
 * as does everything else of it. A nonce is random, so its own bits choose the set. */
#include "call/slot_cache.h"

#include "base/time.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LOCKS = 64 };

struct kept_slot {
    uint16_t start, minutes, available, channel;
};

struct place {
    struct slot_key key;
    int64_t made_ms, until_ms;
    uint64_t age; /* 0: empty */
    struct kept_slot *slots;
    size_t count, room;
};

struct set {
    uint64_t clock;
    struct place places[SLOT_CACHE_PLACES];
};

struct slot_cache {
    pthread_mutex_t locks[LOCKS]; /* each of every LOCKSth set */
    atomic_size_t bytes;          /* of all slots */
    struct set sets[SLOT_CACHE_SETS];
};

struct slot_cache *slot_cache_new(void)
{
    struct slot_cache *cache = calloc(1, sizeof *cache); /* pages that are not used cost nothing */

    for (size_t i = 0; cache && i < LOCKS; i++)
        (void)pthread_mutex_init(&cache->locks[i], NULL);
    return cache;
}

void slot_cache_free(struct slot_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&cache->locks[i]);
    for (size_t i = 0; i < SLOT_CACHE_SETS; i++)
        for (size_t j = 0; j < SLOT_CACHE_PLACES; j++)
            free(cache->sets[i].places[j].slots);
    free(cache);
}

/* The days of a practice without records have its stamp in common. */
static size_t set_of(const struct slot_key *key)
{
    uint64_t bits;

    memcpy(&bits, key->stamp.nonce, sizeof bits);
    return (size_t)(bits + (uint64_t)(uint32_t)key->date) % SLOT_CACHE_SETS;
}

static struct place *place_find(struct set *set, const struct slot_key *key)
{
    for (size_t i = 0; i < SLOT_CACHE_PLACES; i++)
        if (set->places[i].age && memcmp(&set->places[i].key, key, sizeof *key) == 0)
            return &set->places[i];
    return NULL;
}

static struct place *place_oldest(struct set *set)
{
    struct place *oldest = &set->places[0];

    for (size_t i = 1; i < SLOT_CACHE_PLACES; i++)
        if (set->places[i].age < oldest->age)
            oldest = &set->places[i];
    return oldest;
}

static bool copy_out(const struct place *place, struct arena *arena, struct slot **slots)
{
    int64_t midnight_ms = london_midnight(place->key.date);
    struct slot *copy = arena_alloc(arena, (place->count + 1) * sizeof *copy);

    for (size_t i = 0; copy && i < place->count; i++) {
        const struct kept_slot *kept = &place->slots[i];
        int64_t start_ms = midnight_ms + kept->start * MINUTE_MS;
        copy[i] = (struct slot){.start_ms = start_ms,
                                .end_ms = start_ms + kept->minutes * MINUTE_MS,
                                .available = kept->available,
                                .channel = kept->channel};
    }
    *slots = copy;
    return copy;
}

bool slot_cache_find(struct slot_cache *cache, const struct slot_key *key, int64_t now_ms,
                     struct arena *arena, struct slot **slots, size_t *count)
{
    size_t index = set_of(key);
    struct set *set = &cache->sets[index];
    bool found = false;

    (void)pthread_mutex_lock(&cache->locks[index % LOCKS]);
    struct place *place = place_find(set, key);
    if (place && now_ms >= place->made_ms && now_ms < place->until_ms) {
        found = copy_out(place, arena, slots);
        *count = place->count;
        place->age = ++set->clock;
    }
    (void)pthread_mutex_unlock(&cache->locks[index % LOCKS]);
    return found;
}

static bool make_room(struct slot_cache *cache, struct place *place, size_t count)
{
    if (count <= place->room)
        return true;
    atomic_fetch_sub(&cache->bytes, place->room * sizeof *place->slots);
    free(place->slots);
    place->slots = NULL;
    place->room = 0;
    size_t bytes = count * sizeof *place->slots;
    if (atomic_fetch_add(&cache->bytes, bytes) + bytes <= SLOT_CACHE_BYTES_MAX)
        place->slots = malloc(bytes);
    if (place->slots)
        place->room = count;
    else
        atomic_fetch_sub(&cache->bytes, bytes);
    return place->slots;
}

static bool fits_in_two(int64_t value)
{
    return value >= 0 && value <= UINT16_MAX;
}

/* False if there is a slot that cannot be kept. */
static bool copy_in(struct place *place, int64_t midnight_ms, const struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t offset_ms = slots[i].start_ms - midnight_ms;
        int64_t length_ms = slots[i].end_ms - slots[i].start_ms;
        if (offset_ms % MINUTE_MS != 0 || length_ms % MINUTE_MS != 0 || !fits_in_two(offset_ms / MINUTE_MS) ||
            !fits_in_two(length_ms / MINUTE_MS) || !fits_in_two(slots[i].available))
            return false;
        place->slots[i] =
            (struct kept_slot){(uint16_t)(offset_ms / MINUTE_MS), (uint16_t)(length_ms / MINUTE_MS),
                               (uint16_t)slots[i].available, (uint16_t)slots[i].channel};
    }
    return true;
}

void slot_cache_add(struct slot_cache *cache, const struct slot_key *key, int64_t made_ms, int64_t until_ms,
                    const struct slot *slots, size_t count)
{
    size_t index = set_of(key);
    struct set *set = &cache->sets[index];
    if (count > SLOT_CACHE_ROWS_MAX)
        return;
    (void)pthread_mutex_lock(&cache->locks[index % LOCKS]);
    struct place *place = place_find(set, key);
    if (!place)
        place = place_oldest(set);
    place->age = 0;
    if (make_room(cache, place, count) && copy_in(place, london_midnight(key->date), slots, count)) {
        place->key = *key;
        place->made_ms = made_ms;
        place->until_ms = until_ms;
        place->count = count;
        place->age = ++set->clock;
    }
    (void)pthread_mutex_unlock(&cache->locks[index % LOCKS]);
}
