/* peers.h - how many connections each address has open. Memory is fixed: counters by keyed hash, so that
 * nobody can choose to share one with somebody else; two addresses that share one by chance have one limit
 * between them. An IPv6 address counts by its /64, which is what one household or phone is given. Any thread.
 */
#ifndef FRONT_PEERS_H
#define FRONT_PEERS_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEER_SLOTS = 1 << 14, PEER_KEY_BYTES = 16 };

struct peers {
    uint8_t key[PEER_KEY_BYTES];
    atomic_uint counts[PEER_SLOTS];
};

void peers_init(struct peers *peers);
/* Counts one more, if that is not more than max. *slot is what to give back when the connection ends. */
bool peers_enter(struct peers *peers, const struct in6_addr *address, size_t max, uint32_t *slot);
void peers_leave(struct peers *peers, uint32_t slot); /* PEER_SLOTS: was not counted */

#endif
