/* jws.h - the compact form of a signed token (RFC 7515 section 7.1): three texts in base64url with dots
 * between them. */
#ifndef SEC_JWS_H
#define SEC_JWS_H

#include "base/span.h"

#include <stdbool.h>

struct jws { /* all point into the token */
    struct span header, payload, signature;
    struct span signed_text; /* header and payload with the dot between them */
};

/* False if it has more or fewer than three parts. */
bool jws_split(const char *token, struct jws *jws);

#endif
