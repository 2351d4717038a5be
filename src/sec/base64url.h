/* base64url.h - base64url without padding (RFC 4648 section 5), strictly: one text for each value.
 *
 * libsodium 1.0.18 does the work, but takes every byte from 0x80 up for '_' (its comparisons are made for 0
 * to 127), so the alphabet is checked here first. */
#ifndef SEC_BASE64URL_H
#define SEC_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the text of that many bytes, with its NUL. */
#define BASE64URL_TEXT(bytes) ((bytes) / 3 * 4 + ((bytes) % 3 ? (bytes) % 3 + 1 : 0) + 1)

/* Writes BASE64URL_TEXT(size) bytes. */
void base64url_write(const void *bytes, size_t size, char *text);
/* False if it is not base64url to the letter, or more than room bytes. */
bool base64url_read(const char *text, size_t text_size, uint8_t *out, size_t room, size_t *size);

#endif
