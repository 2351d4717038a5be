/* nearest.h - "did you mean ...?": the known name that a mistyped one is closest to. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

enum { NEAREST_SIZE_MAX = 48 }; /* longer words are near to nothing */

/* Insertions, deletions, replacements and swaps of neighbours that turn one into the other, case aside;
 * SIZE_MAX if either is longer than NEAREST_SIZE_MAX. */
size_t nearest_distance(const char *a, size_t a_size, const char *b, size_t b_size);

/* A running search: give it every known name, then ask `best`, which is NULL if none is close. */
struct nearest {
    const char *word;
    size_t size;
    const char *best;
    size_t distance;
};
struct nearest nearest_to(const char *word, size_t size);
void nearest_try(struct nearest *nearest, const char *name);

#endif
