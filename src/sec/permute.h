/* permute.h - a keyed permutation of the numbers below 2^40: every number has one other in its place, and
 * without the key nobody can tell which from any number of pairs. It hides an order: numbers that are counted
 * up come out like random ones, without two ever being the same.
 *
 * A Feistel network (Luby and Rackoff 1988; the shape of FF1 in NIST SP 800-38G, ten rounds as there) whose
 * round function is SipHash-2-4. */
#ifndef SEC_PERMUTE_H
#define SEC_PERMUTE_H

#include <stdint.h>

enum { PERMUTE_BITS = 40, PERMUTE_KEY_BYTES = 16 };

/* number: below 2^PERMUTE_BITS, as is what comes out. permute_back() undoes permute(). */
uint64_t permute(const uint8_t key[static PERMUTE_KEY_BYTES], uint64_t number);
uint64_t permute_back(const uint8_t key[static PERMUTE_KEY_BYTES], uint64_t number);

#endif
