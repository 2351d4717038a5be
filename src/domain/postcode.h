/* postcode.h - UK postcodes, stored in upper case with one blank before the inward code ("SW1A 1AA").
 *
 * Form: A9, A99, AA9, AA99, A9A or AA9A, then 9AA, with the letters that each position allows (BS 7666 and
 * the Royal Mail's programmer's guide): the first not Q V X; the second not I J Z; the one after "A9" one of
 * ABCDEFGHJKPSTUW; the one after "AA9" one of ABEHMNPRVWXY; the last two not C I K M O V. GIR 0AA too.
 * Whether the postcode is in use is not judged. */
#ifndef DOMAIN_POSTCODE_H
#define DOMAIN_POSTCODE_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

#define POSTCODE_TEXT 9 /* "SW1A 1AA" and NUL */
#define OUTCODE_TEXT  5 /* "SW1A" and NUL */

/* Any case, blanks anywhere. ERR_POSTCODE, ERR_FIELD_CONTROL, ERR_MEMORY. */
enum err postcode_normalise(struct arena *arena, const char *text, size_t size, const char **out);

/* "SW1A" of a normalised postcode. */
void postcode_outcode(const char *normalised, char out[static OUTCODE_TEXT]);

#endif
