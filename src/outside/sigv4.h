/* sigv4.h - AWS Signature Version 4: the Authorization header of one request.
 *
 * The rules are those of the AWS reference "Create a signed AWS API request" for every service but S3: the
 * path is made plain (no ".", ".." or empty steps), then encoded once more. All headers given are signed;
 * they have to be those that are sent, Host among them, and one X-Amz-Date that says the same as `date`. */
#ifndef OUTSIDE_SIGV4_H
#define OUTSIDE_SIGV4_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "outside/http_client.h"

enum { SIGV4_DATE_TEXT = 17, SIGV4_HEADERS_MAX = HTTP_CLIENT_HEADERS_MAX, SIGV4_PARAMETERS_MAX = 64 };

struct sigv4_ask {
    const char *method;
    const char *path;  /* as it is sent, without the query */
    const char *query; /* as it is sent, percent-encoded; "" or NULL: none */
    const struct http_header *headers;
    size_t header_count;
    struct span body;
    const char *region, *service;
    const char *date; /* "20260830T123600Z" */
    const char *access_key, *secret_key;
};

void sigv4_date(int64_t ms, char out[static SIGV4_DATE_TEXT]);

/* The canonical request, and the names of the headers that are signed: for tests, and for a log of what AWS
 * refuses. ERR_MEMORY; ERR_INTERNAL if there are more headers or parameters than the limits above. */
enum err sigv4_canonical(struct arena *arena, const struct sigv4_ask *ask, const char **canonical,
                         const char **signed_headers);
/* The value of the header Authorization. The same errors. */
enum err sigv4_authorization(struct arena *arena, const struct sigv4_ask *ask, const char **value);

#endif
