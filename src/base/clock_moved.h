/* clock_moved.h - a wall clock that a test can put forward or back, so that what happens when the clocks
 * change, or at Christmas, can be seen on any day. Part of builds with -Dtests=true only: what is installed
 * has no such clock. */
#ifndef BASE_CLOCK_MOVED_H
#define BASE_CLOCK_MOVED_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_OFFSET_VARIABLE "OPENDOOR_CLOCK_OFFSET_MS"
#define CLOCK_OFFSET_MAX_MS   (INT64_C(50) * 366 * 86400000)

/* Reads the variable: a whole number of milliseconds, negative for the past. Not set: the clock goes right.
 * False if it is anything else. Before any thread starts. */
bool clock_move(void);

int64_t clock_offset_ms(void);
int64_t clock_moved_ms(void); /* clock_now_ms() and what it is moved by */

#endif
