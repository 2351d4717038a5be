/* http_tls.h - TLS 1.2 and 1.3 over a socket that does not block, for the HTTP door alone. */
#ifndef FRONT_HTTP_TLS_H
#define FRONT_HTTP_TLS_H

#include <stddef.h>
#include <sys/types.h>

enum { TLS_END = 0, TLS_WAIT = -1, TLS_BROKEN = -2 };

struct tls_server;
struct tls_conn;

/* From PEM files: the certificate with its chain, and its key. NULL with what is wrong in message. */
struct tls_server *tls_server_new(const char *cert, const char *key, char *message, size_t message_size);
void tls_server_free(struct tls_server *server); /* takes NULL */

struct tls_conn *tls_conn_new(struct tls_server *server, int fd); /* NULL without memory */
void tls_conn_free(struct tls_conn *conn);                        /* takes NULL; leaves fd open */

/* A number of bytes (1 for the handshake), or one of the above. */
ssize_t tls_handshake(struct tls_conn *conn);
ssize_t tls_read(struct tls_conn *conn, void *bytes, size_t size);
ssize_t tls_write(struct tls_conn *conn, const void *bytes, size_t size);
/* Says that nothing more will be sent. */
void tls_end(struct tls_conn *conn);

#endif
