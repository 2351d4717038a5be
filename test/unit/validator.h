/* validator.h - what every validator must do, for its test: the value, the error, its own output again, a
 * full arena, and no reading past the end (the input is a heap block of its exact size). */
#ifndef TEST_UNIT_VALIDATOR_H
#define TEST_UNIT_VALIDATOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fields.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
    const char *in;
    const char *want;
};

static inline enum err run_sized(field_normalise *normalise, struct arena *arena, const char *in, size_t size,
                                 const char **out)
{
    char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, in, size);
    enum err e = normalise(arena, exact, size, out);
    free(exact);
    return e;
}

/* Every allocation on the way fails once; the last try has them all. */
static inline void fails_without_memory(field_normalise *normalise, const char *in)
{
    unsigned nth = 1;
    for (;; nth++) {
        struct arena *arena = arena_new(1024 * 1024);
        const char *out = "untouched";
        assert_non_null(arena);
        arena_fail_after(nth);
        enum err e = run_sized(normalise, arena, in, strlen(in), &out);
        arena_fail_after(0);
        if (e)
            assert_string_equal(out, "untouched");
        arena_free(arena);
        if (!e)
            break;
        assert_int_equal(e, ERR_MEMORY);
    }
    assert_true(nth > 1);
}

static inline void takes(field_normalise *normalise, const char *in, const char *want)
{
    struct arena *arena = arena_new(1024 * 1024);
    const char *out = NULL;
    const char *again = NULL;
    assert_non_null(arena);
    enum err e = run_sized(normalise, arena, in, strlen(in), &out);
    if (e)
        fail_msg("\"%s\" is refused: %s", in, err_info(e)->code);
    assert_string_equal(out, want);
    assert_int_equal(run_sized(normalise, arena, out, strlen(out), &again), ERR_OK);
    assert_string_equal(again, want);
    arena_free(arena);
}

static inline void refuses_sized(field_normalise *normalise, const char *in, size_t size, enum err want)
{
    struct arena *arena = arena_new(1024 * 1024);
    const char *out = "untouched";
    assert_non_null(arena);
    enum err e = run_sized(normalise, arena, in, size, &out);
    if (e != want)
        fail_msg("\"%s\" gives %s, not %s", in, err_info(e)->code, err_info(want)->code);
    assert_string_equal(out, "untouched");
    arena_free(arena);
}

static inline void refuses(field_normalise *normalise, const char *in, enum err want)
{
    refuses_sized(normalise, in, strlen(in), want);
}

/* A NUL and other controls in the middle and at the end of a good value, and more text than anybody needs. */
static inline void refuses_what_all_refuse(field_normalise *normalise, const char *good, enum err own)
{
    static const char controls[] = {'\0', '\n', '\t', '\x7F'};
    char text[64];
    size_t size = strlen(good);
    assert_true(size + 1 < sizeof(text));
    for (size_t i = 0; i < COUNT(controls); i++) {
        memcpy(text, good, size);
        text[1] = controls[i];
        refuses_sized(normalise, text, size, ERR_FIELD_CONTROL);
        memcpy(text, good, size);
        text[size - 1] = controls[i];
        refuses_sized(normalise, text, size, ERR_FIELD_CONTROL);
    }
    char *large = malloc(100000);
    assert_non_null(large);
    memset(large, '9', 100000);
    refuses_sized(normalise, large, 100000, own);
    memset(large, ' ', 100000);
    memcpy(large, good, size);
    refuses_sized(normalise, large, 100000, own);
    free(large);
    refuses(normalise, "", own);
    refuses(normalise, " ", own);
    fails_without_memory(normalise, good);
}

#endif
