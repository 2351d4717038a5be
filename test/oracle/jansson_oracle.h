/* jansson_oracle.h - what another JSON reader says. Apart from the tests, because its names are also ours. */
#ifndef TEST_JANSSON_ORACLE_H
#define TEST_JANSSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

enum oracle {
    ORACLE_TAKEN,
    ORACLE_REFUSED,
    ORACLE_UNABLE, /* right by the grammar, but beyond what jansson can hold: large numbers, a NUL in a name
                    */
};

enum oracle oracle_parse(const char *text, size_t size);

/* Both are JSON and have equal values; numbers are compared as doubles. */
bool oracle_equal(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
