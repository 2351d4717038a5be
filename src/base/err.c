/* err.c - the table of errors. */
#include "base/err.h"

#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool is_abbreviation(const char *word, size_t size)
{
    static const char *const all[] = {"http", "json", "nhs", "ods", "snomed", "uri"};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i]) == size && memcmp(all[i], word, size) == 0)
            return true;
    }
    return false;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void err_title(enum err err, char out[static ERR_TITLE])
{
    const char *code = err_info(err)->code;
    size_t size = 0;

    while (code[size] && size + 1 < ERR_TITLE) {
        size_t word = strcspn(code + size, "_");
        bool all = is_abbreviation(code + size, word);
        for (size_t i = 0; i < word && size + 1 < ERR_TITLE; i++, size++)
            out[size] = all || size == 0 ? upper(code[size]) : code[size];
        if (code[size] == '_' && size + 1 < ERR_TITLE)
            out[size++] = ' ';
    }
    out[size] = '\0';
}

void must_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "opendoor: our own mistake: %s does not hold at %s:%d\n", what, file, line);
    abort();
}
