/* stored_key.h - a key as bytes on disk, in the order that scans need.
 *
 *   most tables        table number, part, 0x00, sort
 *   blinded tables     table number, 16 bytes of keyed hash of table and part, 0x00, sort
 *   tables of people   KEY_OF_PERSON, 16 bytes of keyed hash of the person's id, table number, 0x00, sort
 *
 * The 0x00 ends the partition (a plain part holds no NUL; a hash has a fixed size), and everything up to it,
 * part_size bytes, is the same for all its records. What is kept about one person stands together, whatever
 * the table: a booking then changes one or two pages about the patient and not one in each table.
 * (docs/decisions/012) */
#ifndef STORE_STORED_KEY_H
#define STORE_STORED_KEY_H

#include "sec/keyring.h"
#include "store/store.h"

enum {
    KEY_OF_PERSON = 0x80, /* the first byte, where others have their table's number */
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

/* The last person id that was hashed: a transaction asks for the same one over and over. */
struct person_memo {
    char text[64];
    size_t size; /* 0: nothing yet */
    uint8_t id[PERSON_ID_BYTES];
};

/* The key in the room given. False if part or sort is too long, or part is empty. memo may be NULL. */
bool stored_key_make(const struct keyring *keyring, struct person_memo *memo, const struct key *key,
                     struct stored_key_room *room, struct stored_key *stored);
/* Blinded id of a person; false if the text is too long or empty. */
bool person_id_of(const struct keyring *keyring, struct person_memo *memo, const char *person,
                  uint8_t id[static PERSON_ID_BYTES]);
/* The key of the record that has that person's key. */
struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES],
                                       struct stored_key_room *room);

/* part_size of a key that comes from disk, and its table; 0 if it is not one of ours. */
uint16_t stored_key_part_size(const uint8_t *data, size_t size, enum table *table);
/* Takes a stored key apart; part is NULL in a blinded table. Texts live in the arena. ERR_DAMAGED,
 * ERR_MEMORY. */
enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort);

#endif
