/* snomed.h - SNOMED CT concept identifiers (SCTID; SNOMED CT Release File Specification, "SCTID data type").
 *
 * 6 to 18 digits, no leading zero; the last is a Verhoeff check digit; the two before it say what is
 * identified. Only concepts are accepted (00 international, 10 with a namespace, as in the UK and dm+d
 * extensions); descriptions (01, 11) and relationships (02, 12) are not what a record means. */
#ifndef DOMAIN_SNOMED_H
#define DOMAIN_SNOMED_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

#define SNOMED_SYSTEM     "http://snomed.info/sct"
#define SNOMED_DIGITS_MIN 6
#define SNOMED_DIGITS_MAX 18

/* ERR_SNOMED, ERR_FIELD_CONTROL, ERR_MEMORY. Nothing but the digits is accepted. */
enum err snomed_normalise(struct arena *arena, const char *text, size_t size, const char **out);

#endif
