/* uuid.h - the ids that we give out: UUID version 7 (RFC 9562 section 5.7), in order of time.
 *
 * The random bytes come from the caller, so that this stays without state and tests can repeat it. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#define UUID_TEXT   37 /* 36 characters and NUL */
#define UUID_RANDOM 10 /* bytes; 74 of their bits are used */

/* now_ms: from 1970 on. Lower case. */
void uuid7_format(int64_t now_ms, const uint8_t random[static UUID_RANDOM], char out[static UUID_TEXT]);

/* The text form of RFC 9562 section 4 in either case: any version, nil and max too. NULL is not one. */
bool uuid_is_valid(const char *text);

#endif
