/* permute.c - see permute.h. */
#include "sec/permute.h"

#include "base/must.h"

#include <sodium.h>

enum { HALF_BITS = PERMUTE_BITS / 2, ROUNDS = 10, HALF_BYTES = 3 };

#define HALF_MASK ((UINT32_C(1) << HALF_BITS) - 1)

_Static_assert((int)PERMUTE_KEY_BYTES == (int)crypto_shorthash_KEYBYTES, "SipHash has a key of this size");

static uint32_t mix(const uint8_t *key, int round, uint32_t half)
{
    const uint8_t in[1 + HALF_BYTES] = {(uint8_t)round, (uint8_t)half, (uint8_t)(half >> 8),
                                        (uint8_t)(half >> 16)};
    uint8_t out[crypto_shorthash_BYTES];

    must(crypto_shorthash(out, in, sizeof in, key) == 0);
    return ((uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16) & HALF_MASK;
}

uint64_t permute(const uint8_t key[static PERMUTE_KEY_BYTES], uint64_t number)
{
    uint32_t left = (uint32_t)(number >> HALF_BITS) & HALF_MASK;
    uint32_t right = (uint32_t)number & HALF_MASK;

    must(number >> PERMUTE_BITS == 0);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t mixed = left ^ mix(key, round, right);
        left = right;
        right = mixed;
    }
    return (uint64_t)left << HALF_BITS | right;
}

uint64_t permute_back(const uint8_t key[static PERMUTE_KEY_BYTES], uint64_t number)
{
    uint32_t left = (uint32_t)(number >> HALF_BITS) & HALF_MASK;
    uint32_t right = (uint32_t)number & HALF_MASK;

    must(number >> PERMUTE_BITS == 0);
    for (int round = ROUNDS; round-- > 0;) {
        uint32_t mixed = right ^ mix(key, round, left);
        right = left;
        left = mixed;
    }
    return (uint64_t)left << HALF_BITS | right;
}
