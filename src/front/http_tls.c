/* http_tls.c - OpenSSL, kept to the few settings that matter: no version before 1.2, no compression, no
 * renegotiation; HTTP/1.1 is the only protocol offered. Buffers of idle connections are given back. */
#include "front/http_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

struct tls_server {
    SSL_CTX *context;
};

struct tls_conn {
    SSL *ssl;
};

/* The protocol for ALPN (RFC 7301): a client that offers others as well is to take this one. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *offered, unsigned offered_size, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "unknown reason";
}

static const char *load(SSL_CTX *context, const char *cert, const char *key)
{
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
        return "TLS_CERT: the certificate cannot be read";
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return "TLS_KEY: the key cannot be read, or is not that of the certificate";
    return NULL;
}

static void configure(SSL_CTX *context)
{
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
}

struct tls_server *tls_server_new(const char *cert, const char *key, char *message, size_t message_size)
{
    struct tls_server *server = calloc(1, sizeof *server);
    const char *wrong = "There is no memory for TLS";

    ERR_clear_error();
    if (server)
        server->context = SSL_CTX_new(TLS_server_method());
    if (server && server->context) {
        configure(server->context);
        wrong = load(server->context, cert, key);
    }
    if (!wrong)
        return server;
    (void)snprintf(message, message_size, "%s (%s).", wrong, reason());
    ERR_clear_error();
    tls_server_free(server);
    return NULL;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    SSL_CTX_free(server->context);
    free(server);
}

struct tls_conn *tls_conn_new(struct tls_server *server, int fd)
{
    struct tls_conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    conn->ssl = SSL_new(server->context);
    if (!conn->ssl || SSL_set_fd(conn->ssl, fd) != 1) {
        tls_conn_free(conn);
        return NULL;
    }
    SSL_set_accept_state(conn->ssl);
    return conn;
}

void tls_conn_free(struct tls_conn *conn)
{
    if (!conn)
        return;
    SSL_free(conn->ssl);
    free(conn);
}

static ssize_t result_of(struct tls_conn *conn, int result)
{
    int error = SSL_get_error(conn->ssl, result);

    ERR_clear_error(); /* the next call on this thread looks at the queue */
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return TLS_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_END;
    default:
        return TLS_BROKEN;
    }
}

ssize_t tls_handshake(struct tls_conn *conn)
{
    int result = SSL_accept(conn->ssl);
    return result == 1 ? 1 : result_of(conn, result);
}

ssize_t tls_read(struct tls_conn *conn, void *bytes, size_t size)
{
    size_t got = 0;
    int result = SSL_read_ex(conn->ssl, bytes, size, &got);
    return result == 1 ? (ssize_t)got : result_of(conn, result);
}

ssize_t tls_write(struct tls_conn *conn, const void *bytes, size_t size)
{
    size_t sent = 0;
    int result = SSL_write_ex(conn->ssl, bytes, size, &sent);
    if (result == 1)
        return (ssize_t)sent;
    ssize_t why = result_of(conn, result);
    return why == TLS_END ? TLS_BROKEN : why;
}

void tls_end(struct tls_conn *conn)
{
    (void)SSL_shutdown(conn->ssl);
    ERR_clear_error();
}
