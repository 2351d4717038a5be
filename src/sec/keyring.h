/* keyring.h - the key ladder: a master key opens the store keys, a store key opens each person's key.
 *
 *   master key    32 bytes, in a 0600 file beside the store or given; never stored in it
 *   store keys    numbered, wrapped together with the index key by the master key in one record of the store;
 *                 the newest seals, all of them open
 *   index key     for keyed hashes (BLAKE2b) of what must be found but not read
 *   person keys   each wrapped by a store key in a record of the store (store/tx.c); a bounded number of them
 * is kept here open
 *
 * All secrets of a keyring lie in guarded, locked memory (sodium_malloc) and are wiped by keyring_free().
 * A keyring may be used by any number of threads. */
#ifndef SEC_KEYRING_H
#define SEC_KEYRING_H

#include "base/err.h"
#include "base/span.h"
#include "sec/seal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PERSON_ID_BYTES = SEAL_ID_BYTES, BLIND_BYTES = 16, STORE_KEYS_MAX = 64, KEYRING_RECORD_MAX = 4096 };

/* Where keys and nonces come from. fill NULL: from the operating system. Only a simulation gives its own. */
struct key_source {
    void (*fill)(void *arg, void *out, size_t size);
    void *arg;
};

/* ---- the master key ---- */
/* 64 hex digits; ERR_SETTING if they are not that. */
enum err master_key_from_hex(const char *hex, uint8_t key[static SEAL_KEY_BYTES]);
/* ERR_KEY_MISSING: no such file. ERR_KEY_READABLE: others have access. ERR_KEY_WRONG: not 64 hex digits.
 * ERR_STORE: it cannot be read (errno says why). */
enum err master_key_read(const char *path, uint8_t key[static SEAL_KEY_BYTES]);
/* Makes the file, mode 0600, durable and whole before it appears; ERR_KEY_MISSING never. If somebody else has
 * made it meanwhile, theirs is read. ERR_STORE, ERR_STORE_FULL: errno says why. */
enum err master_key_make(const char *path, struct key_source source, uint8_t key[static SEAL_KEY_BYTES]);

/* ---- the keyring ---- */
struct keyring;

/* With new random keys; NULL if there is no memory. */
struct keyring *keyring_new(struct key_source source);
void keyring_free(struct keyring *keyring); /* takes NULL */

/* All but the person keys, wrapped by the master key and bound to the place of the record. Returns its size.
 */
size_t keyring_wrap(struct keyring *keyring, const uint8_t master[static SEAL_KEY_BYTES], struct span bound,
                    uint8_t record[static KEYRING_RECORD_MAX]);
/* ERR_KEY_WRONG: wrapped by another master key. ERR_DAMAGED: it is the right key, but the record is not
 * whole. */
enum err keyring_unwrap(struct span record, const uint8_t master[static SEAL_KEY_BYTES], struct span bound,
                        struct key_source source, struct keyring **keyring);

void keyring_random(const struct keyring *keyring, void *out, size_t size);

/* Keyed hash; the tag keeps uses apart. */
enum { KEYRING_TAG_OWN = 0xfe }; /* the keyring's, for nobody else */
void keyring_blind(const struct keyring *keyring, uint8_t tag, struct span text,
                   uint8_t out[static BLIND_BYTES]);

/* The permutation of permute.h under a key of its own, and back: numbers in an order that only who has the
 * keyring can see. */
uint64_t keyring_permute(const struct keyring *keyring, uint64_t number);
uint64_t keyring_permute_back(const struct keyring *keyring, uint64_t number);

/* Header for sealing under the newest store key, and that key. */
const uint8_t *keyring_newest(const struct keyring *keyring, enum seal_kind kind, struct seal_header *header);
/* The store key that a header of kind SEAL_STORE or SEAL_TOKEN names, or NULL. */
const uint8_t *keyring_store_key(const struct keyring *keyring, const struct seal_header *header);

/* ---- person keys that are open ---- */
/* Only keys that are known to be durable may be added: one from a transaction that then fails would seal
 * values that nobody can open. */
bool keyring_person_find(struct keyring *keyring, const uint8_t id[static PERSON_ID_BYTES],
                         uint8_t key[static SEAL_KEY_BYTES]);
void keyring_person_add(struct keyring *keyring, const uint8_t id[static PERSON_ID_BYTES],
                        const uint8_t key[static SEAL_KEY_BYTES]);

#endif
