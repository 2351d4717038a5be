/* ecdsa.c - see ecdsa.h. SHA-256 is fetched once per key, because OpenSSL 3 otherwise searches its providers
 * at each use. */
#include "sec/ecdsa.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { POINT_BYTES = 1 + 2 * TOKEN_NUMBER_BYTES, POINT_UNCOMPRESSED = 4, DER_BYTES_MAX = 80 };

struct ecdsa {
    EVP_PKEY *pair;
    EVP_MD *sha256;
};

static OSSL_PARAM *params_of(const struct token_key *key, BIGNUM *secret)
{
    uint8_t point[POINT_BYTES] = {POINT_UNCOMPRESSED};
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    memcpy(point + 1, key->x, TOKEN_NUMBER_BYTES);
    memcpy(point + 1 + TOKEN_NUMBER_BYTES, key->y, TOKEN_NUMBER_BYTES);
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret))
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    return params;
}

/* The point has to lie on the curve and to be the secret number's own. */
static bool pair_is_sound(EVP_PKEY *pair)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    bool sound = context && EVP_PKEY_check(context) == 1;

    EVP_PKEY_CTX_free(context);
    return sound;
}

static EVP_PKEY *pair_of(const struct token_key *key)
{
    EVP_PKEY *pair = NULL;
    BIGNUM *secret = BN_secure_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    if (secret && BN_bin2bn(key->secret, TOKEN_NUMBER_BYTES, secret))
        params = params_of(key, secret);
    if (params && context && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pair, EVP_PKEY_KEYPAIR, params) != 1)
        pair = NULL;
    if (pair && !pair_is_sound(pair)) {
        EVP_PKEY_free(pair);
        pair = NULL;
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    BN_clear_free(secret);
    return pair;
}

enum err ecdsa_open(const struct token_key *key, struct ecdsa **ecdsa)
{
    struct ecdsa *opened = calloc(1, sizeof *opened);

    if (!opened)
        return ERR_MEMORY;
    opened->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    opened->pair = pair_of(key);
    ERR_clear_error();
    if (!opened->sha256 || !opened->pair) {
        ecdsa_close(opened);
        return ERR_DAMAGED;
    }
    *ecdsa = opened;
    return ERR_OK;
}

void ecdsa_close(struct ecdsa *ecdsa)
{
    if (!ecdsa)
        return;
    EVP_PKEY_free(ecdsa->pair);
    EVP_MD_free(ecdsa->sha256);
    free(ecdsa);
}

/* OpenSSL writes signatures as ASN.1; a JWT has the bare numbers. */
static bool numbers_of(const uint8_t *der, size_t size, uint8_t *signature)
{
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool good =
        numbers && BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, TOKEN_NUMBER_BYTES) > 0 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + TOKEN_NUMBER_BYTES, TOKEN_NUMBER_BYTES) > 0;

    ECDSA_SIG_free(numbers);
    return good;
}

static size_t der_of(const uint8_t *signature, uint8_t *der)
{
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, TOKEN_NUMBER_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(signature + TOKEN_NUMBER_BYTES, TOKEN_NUMBER_BYTES, NULL);
    int size = 0;

    if (numbers && r && s && ECDSA_SIG_set0(numbers, r, s) == 1) {
        size = i2d_ECDSA_SIG(numbers, &der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(numbers);
    return size > 0 ? (size_t)size : 0;
}

enum err ecdsa_sign(const struct ecdsa *ecdsa, struct span text, uint8_t signature[static ECDSA_BYTES])
{
    uint8_t der[DER_BYTES_MAX];
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool good = context && EVP_DigestSignInit(context, NULL, ecdsa->sha256, NULL, ecdsa->pair) == 1 &&
                EVP_DigestSign(context, der, &size, text.data, text.size) == 1 &&
                numbers_of(der, size, signature);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good ? ERR_OK : ERR_MEMORY;
}

enum err ecdsa_verify(const struct ecdsa *ecdsa, struct span text,
                      const uint8_t signature[static ECDSA_BYTES])
{
    uint8_t der[DER_BYTES_MAX];
    size_t size = der_of(signature, der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || size == 0) {
        EVP_MD_CTX_free(context);
        return ERR_MEMORY;
    }
    bool good = EVP_DigestVerifyInit(context, NULL, ecdsa->sha256, NULL, ecdsa->pair) == 1 &&
                EVP_DigestVerify(context, der, size, text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good ? ERR_OK : ERR_UNAUTHENTICATED;
}
