/* utf8.h - is it UTF-8 (RFC 3629)? Overlong forms, surrogates and code points past U+10FFFF are not. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `at`, 1 to 4; 0 if there is no valid one before `end`. A NUL is a character. */
size_t utf8_size(const char *at, const char *end);

bool utf8_valid(const char *text, size_t size);

/* Code points of valid UTF-8. */
size_t utf8_characters(const char *text, size_t size);

/* The most bytes, up to `limit`, that end where a character ends. */
size_t utf8_cut(const char *text, size_t size, size_t limit);

#endif
