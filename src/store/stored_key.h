/* stored_key.h - a key as bytes on disk, in the order that scans need.
 *
 *   byte 0     table number
 *   part       as it is; in a blinded table 16 bytes of keyed hash of table and part
 *   0x00       ends the part (a plain part holds no NUL; a blinded one has a fixed size)
 *   sort       as it is
 *
 * The first part_size bytes (table, part, NUL) are the partition. */
#ifndef STORE_STORED_KEY_H
#define STORE_STORED_KEY_H

#include "sec/keyring.h"
#include "store/store.h"

enum {
    STORED_KEY_MAX = 1 + KEY_PART_MAX + 1 + KEY_SORT_MAX, /* LMDB takes 511 */
};

struct stored_key {
    const uint8_t *data;
    uint16_t size;
    uint16_t part_size;
};

struct stored_key_room {
    uint8_t bytes[STORED_KEY_MAX];
};

/* The key in the room given. False if part or sort is too long, or part is empty. */
bool stored_key_make(const struct keyring *keyring, const struct key *key, struct stored_key_room *room,
                     struct stored_key *stored);
/* Blinded id of a person: the part of their key record. */
bool person_id_of(const struct keyring *keyring, const char *person, uint8_t id[static PERSON_ID_BYTES]);
/* The key of the record that has that person's key. */
struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES],
                                       struct stored_key_room *room);

bool table_is_blind(enum table table);
/* Takes a stored key apart; part is NULL in a blinded table. Texts live in the arena. ERR_DAMAGED,
 * ERR_MEMORY. */
enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort);
/* part_size of a key that comes from disk; 0 if it is not one of ours. */
uint16_t stored_key_part_size(const uint8_t *data, size_t size);

#endif
