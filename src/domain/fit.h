/* fit.h - who sits in which session of a day. For day_*.c only; the contract for everybody else is day.h.
 *
 * An item (one appointment, booked or wanted) takes one place in one session for its whole length. It may sit
 * there if the session offers its type in its channel, has the practitioner that was asked for, and the item
 * begins on a slot boundary and is a whole number of slots long, all inside the session. A session has
 * `capacity` places at every instant. Since items sit on whole slots, a session's state is one count per
 * slot.
 *
 * fit_add() refuses only if no arrangement of all items exists, moving those that are there where it must.
 * How far it looks: fit_search.c. */
#ifndef DOMAIN_FIT_H
#define DOMAIN_FIT_H

#include "base/arena.h"
#include "base/err.h"
#include "domain/day.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds of the search where lengths are mixed; where they are not, it needs none. */
enum {
    FIT_ITEMS_MAX = 512,   /* items that a search may move */
    FIT_ACTIVE_MAX = 255,  /* of those, going on at one instant */
    FIT_GROUPS_MAX = 128,  /* sessions that differ in what they may take */
    FIT_STATES_MAX = 1024, /* ways of sitting that are kept for one instant */
};

/* ---- one session ---- */

/* Whole slots in it; 0 if its numbers make no sense, so that it offers nothing. */
uint32_t session_slots(const struct day_session *session);

struct slot_range {
    uint32_t first, count;
};
enum span_answer { SPAN_FITS, SPAN_OUTSIDE, SPAN_OFF_SLOT, SPAN_LENGTH };
/* Where a time sits in the session's slots. *range is set if it fits. */
enum span_answer session_span(const struct day_session *session, int64_t start_ms, int64_t minutes,
                              struct slot_range *range);

struct fit_item {
    int64_t start_ms;
    int32_t minutes;
    int32_t type, channel;
    const char *practitioner_id; /* NULL = anybody */
};
int64_t fit_item_end(const struct fit_item *item);
bool session_offers_type(const struct day_session *session, int32_t type);
bool session_has_practitioner(const struct day_session *session, const char *practitioner_id); /* NULL: yes */
bool session_takes(const struct day_session *session, const struct fit_item *item, struct slot_range *range);

/* ---- how full every slot of every session is ---- */

struct loads {
    const struct day_session *sessions;
    size_t session_count;
    uint32_t *at; /* session_count + 1: where a session's counts begin */
    uint16_t *counts;
};
enum err loads_init(struct loads *loads, const struct day *day, struct arena *arena);
/* Places free during all of those slots; never less than 0. */
int64_t loads_free(const struct loads *loads, size_t session, struct slot_range range);

/* ---- all items of a day ---- */

struct fit {
    struct loads loads;
    struct fit_item *items; /* the first `sorted` in order of start */
    int32_t *places;        /* session of each item, or ENTRY_NO_SESSION */
    size_t count, sorted, room;
    int64_t longest_ms; /* of any item */
    struct arena *arena;
};

/* The day's entries as they sit, and room for that many more items. */
enum err fit_init(struct fit *fit, const struct day *day, size_t more, struct arena *arena);

/* Adds an item at the end. ERR_SLOT_UNAVAILABLE if no arrangement has a place for it; ERR_MEMORY. Nothing has
 * moved after an error. */
enum err fit_add(struct fit *fit, const struct fit_item *item);

/* Finds a place for an item that is there without one. */
enum err fit_place(struct fit *fit, size_t item);
/* The same in that one session only, without moving anybody. */
bool fit_place_in(struct fit *fit, size_t item, size_t session);

/* Moves an item, or takes its place away. */
void fit_seat(struct fit *fit, size_t item, int32_t session);

/* The next item that has a place and overlaps `with` in time, from *at on (0 at first); false at the end. */
bool fit_overlapping(const struct fit *fit, const struct fit_item *with, size_t *at, size_t *item);

/* For trying: takes away the items that were added after the first `count`. Those who were moved for them
 * stay where they are, which is an arrangement as good as the one before. */
void fit_drop(struct fit *fit, size_t count);

/* fit_search.c: a place for the item by moving others. */
enum err fit_search(struct fit *fit, size_t item);

#endif
