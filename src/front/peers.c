/* peers.c - see peers.h. */
#include "front/peers.h"

#include <sodium.h>

enum { NETWORK_BYTES = 8 };

void peers_init(struct peers *peers)
{
    _Static_assert(PEER_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key of the hash");
    crypto_shorthash_keygen(peers->key);
    for (size_t i = 0; i < PEER_SLOTS; i++)
        atomic_init(&peers->counts[i], 0);
}

static uint32_t slot_of(const struct peers *peers, const struct in6_addr *address)
{
    size_t size = IN6_IS_ADDR_V4MAPPED(address) ? sizeof *address : NETWORK_BYTES;
    uint32_t hash[2];

    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "one hash");
    (void)crypto_shorthash((uint8_t *)hash, address->s6_addr, size, peers->key);
    return hash[0] % PEER_SLOTS;
}

bool peers_enter(struct peers *peers, const struct in6_addr *address, size_t max, uint32_t *slot)
{
    uint32_t found = slot_of(peers, address);

    if (atomic_fetch_add_explicit(&peers->counts[found], 1, memory_order_relaxed) < max) {
        *slot = found;
        return true;
    }
    peers_leave(peers, found);
    return false;
}

void peers_leave(struct peers *peers, uint32_t slot)
{
    if (slot < PEER_SLOTS)
        (void)atomic_fetch_sub_explicit(&peers->counts[slot], 1, memory_order_relaxed);
}
