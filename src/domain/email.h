/* email.h - e-mail addresses (RFC 5321 section 4.1.2, RFC 5322 section 3.4.1, RFC 6531 for UTF-8).
 *
 * Accepted: a dot-atom or a quoted string, then a domain of two labels or more, international ones too (IDNA
 * 2008 with the UTS 46 mapping). Limits: 64 bytes before the @ (RFC 5321 section 4.5.3.1.1), 254 in all, in
 * the stored form and in the form that is sent. Refused: comments, blanks around, display names; an address
 * literal like [192.0.2.1] and a domain without a dot, because a person's mailbox is not there and a message
 * must not be sent into the machine room.
 *
 * Stored form: the local part as it is, in NFC, without quotes and backslashes that it does not need (RFC
 * 5321 says that they mean the same); the domain in lower case, in Unicode letters as people write it. */
#ifndef DOMAIN_EMAIL_H
#define DOMAIN_EMAIL_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

#define EMAIL_LOCAL_MAX 64
#define EMAIL_MAX       254

/* ERR_EMAIL, ERR_FIELD_CONTROL, ERR_MEMORY. */
enum err email_normalise(struct arena *arena, const char *text, size_t size, const char **out);

/* What logins and uniqueness compare, and what is given to a mail server: the local part as it is (its case
 * matters, RFC 5321 section 2.4), the domain in ASCII (xn--). `normalised` comes from email_normalise. NULL
 * if the arena is full. */
const char *email_login_form(struct arena *arena, const char *normalised);

#endif
