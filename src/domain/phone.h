/* phone.h - UK telephone numbers, stored as E.164 (+442079460000).
 *
 * Accepted: the national form with its 0, or +44 with or without "(0)"; 10 or 11 digits in national form;
 * blanks, hyphens and balanced brackets. Refused: numbers that no range of Ofcom's National Telephone
 * Numbering Plan can contain (area codes that do not exist, 04, 06, 0500, wrong lengths), short codes,
 * extensions, and numbers of other countries. The Crown Dependencies share +44 and are accepted. Blocks
 * inside a range come and go, so they are not judged, but for the old local numbers of five digits, of which
 * no more are given out. */
#ifndef DOMAIN_PHONE_H
#define DOMAIN_PHONE_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

#define PHONE_E164  14 /* "+442079460000" and NUL */
#define PHONE_SHOWN 16 /* "020 7946 0000" and NUL, with room for any grouping */

/* ERR_PHONE, ERR_FIELD_CONTROL, ERR_MEMORY. */
enum err phone_normalise(struct arena *arena, const char *text, size_t size, const char **out);

/* The national form in its usual groups: "020 7946 0000", "07700 900123". `e164` is a normalised number. */
void phone_show(const char *e164, char out[static PHONE_SHOWN]);

#endif
