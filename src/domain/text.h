/* text.h - Unicode text: what may be stored, how long it is, how names compare.
 *
 * Stored text is UTF-8 in Unicode normalisation form C, so that what looks equal is equal. Refused: C0 and C1
 * controls and DEL; U+2028 and U+2029, which are line breaks to some readers only; and the bidirectional
 * embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069), which can make a name or a note
 * read as something else (Unicode Standard Annex 9). Right-to-left text needs none of these. */
#ifndef DOMAIN_TEXT_H
#define DOMAIN_TEXT_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_BYTES_MAX ((size_t)256 * 1024) /* longer than any request body */

/* Any length up to TEXT_BYTES_MAX, none too. ERR_FIELD_CONTROL; ERR_FIELD_FORMAT if it is not UTF-8;
 * ERR_FIELD_TOO_LONG; ERR_MEMORY. The second one lets line feeds and tabs pass, and turns CR LF into LF. */
enum err text_normalise(struct arena *arena, const char *text, size_t size, const char **out);
enum err text_normalise_lines(struct arena *arena, const char *text, size_t size, const char **out);

/* Code points of valid UTF-8. */
size_t text_characters(const char *text);

/* Nothing but blanks. */
bool text_is_blank(const char *text);

/* For comparing names: case folded, without accents, letters and digits only ("O'Brien" gives "obrien",
 * "Müller" "muller", "Łukasz" "lukasz"). NULL if the arena is full or the text is not UTF-8. */
const char *text_fold(struct arena *arena, const char *text);

/* What people and programs put between the digits of a number. */
enum text_mark {
    TEXT_OTHER = 0,
    TEXT_BLANK,     /* a blank, also no-break and thin ones */
    TEXT_HYPHEN,    /* a hyphen, dash or minus */
    TEXT_INVISIBLE, /* direction marks and zero-width blanks, which phones add to copied numbers */
    TEXT_CONTROL    /* refused everywhere */
};
enum text_mark text_mark(int32_t character);

/* Reads one code point of text[*at .. size) and moves *at; -1 if there is no valid one. */
int32_t text_next(const char *text, size_t size, size_t *at);

#endif
