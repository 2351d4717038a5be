/* ods_code.h - Organisation Data Service codes: 3 to 10 letters and digits, stored in upper case. */
#ifndef DOMAIN_ODS_CODE_H
#define DOMAIN_ODS_CODE_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

#define ODS_CODE_MIN 3
#define ODS_CODE_MAX 10

/* ERR_ODS_CODE, ERR_FIELD_CONTROL, ERR_MEMORY. */
enum err ods_code_normalise(struct arena *arena, const char *text, size_t size, const char **out);

#endif
