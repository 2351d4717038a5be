/* stored_key.h - a key as bytes on disk, in the order that scans need.
 *
 *   most tables        table number, part, 0x00, sort
 *   blinded tables     table number, 16 bytes of keyed hash of table and part, 0x00, sort
 *   references         table number, 5 bytes of the permuted reference, 0x00, sort
 *   tables of people   KEY_OF_PERSON, 16 bytes of keyed hash of the person's id, table number, 0x00, sort
 *   days of practices  KEY_OF_PRACTICE, 16 bytes of keyed hash of the practice's id, 8 bytes of an instant,
 *                      table number, what else the sort has
 *
 * The first part_size bytes are the same for all records of a partition. But for the last form the 0x00 is
 * the end of them (a plain part holds no NUL; the others have a fixed size).
 *
 * What a booking changes stands together, whatever the table, so that it changes few pages: all about the
 * patient; the practice's day, its counts and its index rows of that day; the references that were given out
 * lately. In the last form the sort begins with a date or with an instant (sort_instant), and every record
 * stands at its time; a day at a fixed hour, among its own rows. A range of one of these tables has rows of
 * the others in it, which stored_key_is_of() tells apart. (docs/decisions/012, 051) */
#ifndef STORE_STORED_KEY_H
#define STORE_STORED_KEY_H

#include "sec/keyring.h"
#include "store/store.h"

enum {
    KEY_OF_PERSON = 0x80, /* the first byte, where others have their table's number */
    KEY_OF_PRACTICE = 0x81,
    KEY_INSTANT_AT = 1 + BLIND_BYTES, /* in a key of a practice */
    KEY_INSTANT_BYTES = 8,
    KEY_TABLE_AT = KEY_INSTANT_AT + KEY_INSTANT_BYTES,
    REFERENCE_PLACE_BYTES = 5,
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

/* The last ids that were hashed: a transaction asks for the same ones over and over. */
struct blind_memo {
    char text[64];
    size_t size; /* 0: nothing yet */
    uint8_t id[BLIND_BYTES];
};
struct key_memo {
    struct blind_memo person, practice;
};

/* The key in the room given. False if there can be no such record: part or sort is too long, part is empty,
 * the sort does not have the form that the table's has, the part is no reference. memo may be NULL. */
bool stored_key_make(const struct keyring *keyring, struct key_memo *memo, const struct key *key,
                     struct stored_key_room *room, struct stored_key *stored);
/* The ends of a scan, as in struct range. False if no record can be in it. */
bool stored_key_range(const struct keyring *keyring, struct key_memo *memo, const struct scan *scan,
                      struct stored_key_room rooms[static 2], struct stored_key *from,
                      struct stored_key *until);
/* Is a key that stands in the partition of a range of the range's table? */
static inline bool stored_key_is_of(struct stored_key range_from, const void *data, size_t size)
{
    return range_from.data[0] != KEY_OF_PRACTICE ||
           (size > KEY_TABLE_AT && ((const uint8_t *)data)[KEY_TABLE_AT] == range_from.data[KEY_TABLE_AT]);
}

/* Blinded id of a person; false if the text is too long or empty. */
bool person_id_of(const struct keyring *keyring, struct key_memo *memo, const char *person,
                  uint8_t id[static PERSON_ID_BYTES]);
/* The key of the record that has that person's key. */
struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES],
                                       struct stored_key_room *room);

/* part_size of a key that comes from disk, and its table; 0 if it is not one of ours. */
uint16_t stored_key_part_size(const uint8_t *data, size_t size, enum table *table);
/* The sort text of a key, in the arena. ERR_DAMAGED: it is none of ours. ERR_MEMORY. */
enum err stored_key_sort(struct stored_key stored, struct arena *arena, const char **sort);
/* Takes a stored key apart; part is NULL where it is hashed. Texts live in the arena. ERR_DAMAGED,
 * ERR_MEMORY. */
enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort);

#endif
