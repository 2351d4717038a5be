/* nhs_number.h - the NHS number: ten digits, the last one a modulus 11 check digit.
 *
 * Source: NHS Data Dictionary, NHS NUMBER. Only the check digit is judged, not the ranges in which numbers
 * are issued: Scotland's CHI and Northern Ireland's H&C numbers share the form, and test and reserved
 * ranges are in real use by other systems. */
#ifndef DOMAIN_NHS_NUMBER_H
#define DOMAIN_NHS_NUMBER_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define NHS_NUMBER_DIGITS 10
#define NHS_NUMBER_SHOWN  13 /* "943 476 5919" and NUL */

/* Gives the ten digits. Blanks and hyphens anywhere are ignored (see text_separator). ERR_NHS_NUMBER,
 * ERR_FIELD_CONTROL, ERR_MEMORY. */
enum err nhs_number_normalise(struct arena *arena, const char *text, size_t size, const char **out);

/* Ten characters, of which all are digits and the last one checks. */
bool nhs_number_is_valid(const char ten[static NHS_NUMBER_DIGITS]);

/* 3-3-4 with blanks, as pages and letters show it. `ten` is a normalised number. */
void nhs_number_show(const char *ten, char out[static NHS_NUMBER_SHOWN]);

#endif
