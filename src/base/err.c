/* err.c - the table of errors. */
#include "base/err.h"

#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

static const struct err_info table[ERR_COUNT] = {
    [ERR_OK] = {"ok", 200, false, "Done."},
#define ERR_ROW(name, code, status, retry, text) [name] = {code, status, retry, text},
#include "base/err_list.h"
#undef ERR_ROW
};

const struct err_info *err_info(enum err err)
{
    must(err >= ERR_OK && err < ERR_COUNT);
    return &table[err];
}

void must_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "opendoor: our own mistake: %s does not hold at %s:%d\n", what, file, line);
    abort();
}
