/* rsa.c - see rsa.h. SHA-256 is fetched once per key, because OpenSSL 3 otherwise searches its providers at
 * each use. */
#include "sec/rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stdlib.h>

struct rsa_key {
    EVP_PKEY *public;
    EVP_MD *sha256;
    size_t modulus_bytes;
};

static bool sizes_are_sound(struct span modulus, struct span exponent)
{
    if (modulus.size < RSA_MODULUS_BYTES_MIN || modulus.size > RSA_MODULUS_BYTES_MAX || exponent.size < 1 ||
        exponent.size > RSA_EXPONENT_BYTES_MAX)
        return false;
    /* A modulus with its upper bit in place has all the bits that its size promises; an odd one above 2 is
     * all that can be asked of the exponent. */
    return (modulus.data[0] & 0x80) && (modulus.data[modulus.size - 1] & 1) && exponent.data[0] &&
           (exponent.data[exponent.size - 1] & 1) && (exponent.size > 1 || exponent.data[0] > 2);
}

static EVP_PKEY *key_of(BIGNUM *modulus, BIGNUM *exponent)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

    if (build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
        params = OSSL_PARAM_BLD_to_param(build);
    if (params && context && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return key;
}

enum err rsa_key_open(struct span modulus, struct span exponent, struct rsa_key **key)
{
    if (!sizes_are_sound(modulus, exponent))
        return ERR_DAMAGED;
    struct rsa_key *opened = calloc(1, sizeof *opened);
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.size, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.size, NULL);

    if (opened) {
        opened->modulus_bytes = modulus.size;
        opened->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        opened->public = n && e ? key_of(n, e) : NULL;
    }
    BN_free(n);
    BN_free(e);
    ERR_clear_error();
    if (!opened || !opened->sha256 || !opened->public) {
        rsa_key_close(opened);
        return opened ? ERR_DAMAGED : ERR_MEMORY;
    }
    *key = opened;
    return ERR_OK;
}

void rsa_key_close(struct rsa_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->public);
    EVP_MD_free(key->sha256);
    free(key);
}

enum err rsa_verify(const struct rsa_key *key, struct span text, struct span signature)
{
    if (signature.size != key->modulus_bytes)
        return ERR_UNAUTHENTICATED;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        return ERR_MEMORY;
    /* PKCS #1 version 1.5 is what OpenSSL does with an RSA key unless it is told otherwise. */
    bool good = EVP_DigestVerifyInit(context, NULL, key->sha256, NULL, key->public) == 1 &&
                EVP_DigestVerify(context, signature.data, signature.size, text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good ? ERR_OK : ERR_UNAUTHENTICATED;
}
