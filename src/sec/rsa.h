/* rsa.h - RS256 through OpenSSL, checking only: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). Other
 * providers of identity sign with it; we never do. */
#ifndef SEC_RSA_H
#define SEC_RSA_H

#include "base/err.h"
#include "base/span.h"

enum {
    RSA_MODULUS_BYTES_MIN = 256, /* RFC 7518: 2048 bits at least */
    RSA_MODULUS_BYTES_MAX = 512, /* a check takes longer with every bit, and who chooses the key is not us */
    RSA_EXPONENT_BYTES_MAX = 4,
};

/* Opened once; then used by any number of threads. */
struct rsa_key;

/* Big-endian numbers without leading zeros. ERR_DAMAGED: no public key of these sizes; ERR_MEMORY. */
enum err rsa_key_open(struct span modulus, struct span exponent, struct rsa_key **key);
void rsa_key_close(struct rsa_key *key); /* takes NULL */

/* ERR_UNAUTHENTICATED if it is not this key's signature of the text. */
enum err rsa_verify(const struct rsa_key *key, struct span text, struct span signature);

#endif
