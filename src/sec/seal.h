/* seal.h - one value, sealed: XChaCha20-Poly1305 (libsodium) behind a short header that says which key opens
 * it.
 *
 *   byte 0      SEAL_VERSION
 *   byte 1      kind (enum seal_kind)
 *   4/16/8/4    id of the key: store key number, blinded person id, master key id, store key number
 *   24          nonce
 *   rest        ciphertext and 16 bytes of tag
 *
 * The header and `bound` (the key that the value stands under) are authenticated with it, so a value that is
 * changed, moved or swapped does not open. Pure functions; keys belong to the caller, who wipes them. */
#ifndef SEC_SEAL_H
#define SEC_SEAL_H

#include "base/err.h"
#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SEAL_VERSION = 1,
    SEAL_KEY_BYTES = 32,
    SEAL_NONCE_BYTES = 24,
    SEAL_ID_BYTES = 16,   /* the longest key id */
    SEAL_BOUND_MAX = 512, /* bytes that a value can be bound to */
};

/* What is on disk: append only. */
enum seal_kind {
    SEAL_STORE,  /* under a numbered store key */
    SEAL_PERSON, /* under the key of one person */
    SEAL_MASTER, /* the store keys themselves, under the master key */
    SEAL_TOKEN,  /* leaves the store: a cursor */
    SEAL_KINDS
};

struct seal_header {
    enum seal_kind kind;
    uint8_t id[SEAL_ID_BYTES]; /* shorter ids have zeros behind them */
};

/* Bytes of the sealed form, and of the plain form of something sealed (0 if it is too short to be that). */
size_t seal_size(enum seal_kind kind, size_t plain_size);
size_t seal_plain_size(enum seal_kind kind, size_t sealed_size);

/* Writes seal_size() bytes. A nonce is never used twice with one key. */
void seal_close(const struct seal_header *header, const uint8_t key[static SEAL_KEY_BYTES],
                const uint8_t nonce[static SEAL_NONCE_BYTES], struct span bound, struct span plain,
                uint8_t *sealed);

/* ERR_DAMAGED if this is no sealed value of a version and kind that are known. */
enum err seal_header_read(struct span sealed, struct seal_header *header);

/* The nonce of a value, which no other value has; nothing is opened. ERR_DAMAGED as above. */
enum err seal_nonce_read(struct span sealed, uint8_t nonce[static SEAL_NONCE_BYTES]);

/* Writes seal_plain_size() bytes of that kind; ERR_DAMAGED if it is of another kind (which has another size),
 * or does not open with this key under this bound. */
enum err seal_open(enum seal_kind kind, const uint8_t key[static SEAL_KEY_BYTES], struct span bound,
                   struct span sealed, uint8_t *plain);

#endif
