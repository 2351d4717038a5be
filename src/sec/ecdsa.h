/* ecdsa.h - ES256 through OpenSSL: ECDSA on P-256 with SHA-256, signatures as the two numbers one behind the
 * other (RFC 7518 section 3.4). */
#ifndef SEC_ECDSA_H
#define SEC_ECDSA_H

#include "base/err.h"
#include "base/span.h"
#include "sec/token_keys.h"

enum { ECDSA_BYTES = 2 * TOKEN_NUMBER_BYTES };

/* Opened once; then used by any number of threads. */
struct ecdsa;

enum err ecdsa_open(const struct token_key *key,
                    struct ecdsa **ecdsa); /* ERR_DAMAGED: these numbers are no key */
void ecdsa_close(struct ecdsa *ecdsa);     /* takes NULL */

enum err ecdsa_sign(const struct ecdsa *ecdsa, struct span text, uint8_t signature[static ECDSA_BYTES]);
/* ERR_UNAUTHENTICATED if it is not this key's signature of the text. */
enum err ecdsa_verify(const struct ecdsa *ecdsa, struct span text,
                      const uint8_t signature[static ECDSA_BYTES]);

#endif
