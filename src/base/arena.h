/* arena.h - memory of one call: many small allocations with one owner, freed all at once.
 *
 * An arena has a cap; an allocation that would pass it, or that the system refuses, gives NULL, and the
 * caller answers ERR_MEMORY. Memory comes aligned for any type and is NOT zeroed, but for arena_zero().
 * Under the address sanitizer every allocation is a malloc of its own, so that overruns are seen.
 * An arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct arena_mark {
    void *block;
    size_t used;
    size_t total;
};

/* cap_bytes limits the sum of all live allocations. NULL if the system has no memory. */
struct arena *arena_new(size_t cap_bytes);
void arena_free(struct arena *arena); /* takes NULL */

/* From now on memory is wiped before the system gets it back: there are passwords or tokens in it. */
void arena_hold_secrets(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
void *arena_zero(struct arena *arena, size_t count, size_t size);     /* zeroed; NULL on overflow too */
char *arena_text(struct arena *arena, const char *text, size_t size); /* copy, NUL-terminated */
char *arena_dup(struct arena *arena, const char *text);               /* NULL stays NULL */
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Everything allocated after the mark is freed by the reset. */
struct arena_mark arena_mark(const struct arena *arena);
void arena_reset(struct arena *arena, struct arena_mark mark);

size_t arena_used(const struct arena *arena); /* bytes handed out */

/* For tests: the nth allocation from now on, counted over all arenas of this thread, fails once; 0 turns it
 * off. Gives whether the one asked for before has failed by now. */
bool arena_fail_after(unsigned nth);

#endif
