/* tx.h - inside a transaction: for the files of the common layer only. */
#ifndef STORE_TX_H
#define STORE_TX_H

#include "store/engine.h"

#include <stdatomic.h>

struct store {
    struct engine *engine;
    const struct engine_ops *ops;
    struct keyring *keyring; /* NULL only while store_start() works */
};

/* A person whose key this transaction has in its hands; wiped at the end. */
struct tx_person {
    struct tx_person *next;
    uint8_t id[PERSON_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
};

struct tx {
    struct store *store;
    struct view *view;
    struct arena *arena;
    bool write;
    enum err failed; /* sticks: a function that overlooks an error cannot commit half of its work */
    struct write *writes;
    size_t write_count;
    size_t write_room;
    struct tx_person *people;
    size_t people_count;
    struct key_memo memo;
    uint8_t nonce[SEAL_NONCE_BYTES]; /* random at first use, then counted up */
    bool nonce_drawn;
};

void tx_begin(struct tx *tx, struct store *store, struct view *view, struct arena *arena, bool write);
/* Seals what was put. */
enum err tx_seal(struct tx *tx);
/* Wipes keys. */
void tx_end(struct tx *tx);

/* Opens a sealed value that stands under the key. */
enum err tx_open(struct tx *tx, struct stored_key stored, struct span sealed, struct span *plain);

/* The store's own records, which are sealed in another way or not at all. */
enum err tx_get_raw(struct tx *tx, const struct key *key, struct span *bytes);
enum err tx_put_raw(struct tx *tx, const struct key *key, struct span bytes);
bool key_is_own(const struct key *key);
/* The same of a part of TABLE_META, which need not end with a NUL. */
bool part_is_own(const char *part, size_t size);

/* A record that is sealed already, under a key as it is stored; data NULL: deletes it. */
enum err tx_put_stored(struct tx *tx, struct stored_key stored, struct span sealed);

#define META_FORMAT_PART "format"
#define META_KEYS_PART   "keys"
#define META_COPY_PART   "copy"

#endif
