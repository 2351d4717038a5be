/* aws_client.h - one signed request to one AWS service, sent once.
 *
 * The client knows region, service and address; retries are the caller's, who knows what may be repeated. */
#ifndef OUTSIDE_AWS_CLIENT_H
#define OUTSIDE_AWS_CLIENT_H

#include "outside/aws_credentials.h"
#include "outside/http_client.h"
#include "outside/sigv4.h"

enum { AWS_HOST_MAX = 300, AWS_ERROR_MAX = 80 };

struct aws_client {
    struct http_client *http; /* somebody else's, like keys */
    struct aws_keys *keys;
    int64_t (*clock)(void);
    const char *service;         /* as signed: "dynamodb", "ses", "sns", "cognito-idp" */
    const char *region;          /* "eu-west-2" */
    char endpoint[AWS_HOST_MAX]; /* "https://dynamodb.eu-west-2.amazonaws.com": no slash at the end */
    char host[AWS_HOST_MAX];     /* of the endpoint, with its port if it names one */
};

/* endpoint NULL: https://HOST.REGION.amazonaws.com. False if it is no http(s) URL without a path, or too
 * long. */
bool aws_client_init(struct aws_client *client, const char *host, const char *endpoint);

struct aws_ask {
    const char *method; /* NULL: POST */
    const char *path;   /* NULL: "/" */
    const char *content_type;
    const char *target; /* X-Amz-Target; NULL: none */
    struct span body;
    int64_t total_ms;
    size_t answer_bytes_max;
};

/* scratch: for what is needed meanwhile. Errors as http_client_send, and ERR_OUTSIDE without credentials
 * (answer->status is 0, answer->sent false, answer->why says it). */
enum err aws_client_send(struct aws_client *client, struct arena *scratch, const struct aws_ask *ask,
                         struct http_answer *answer);

/* The kind of an error in the JSON protocols: "com.amazonaws.dynamodb.v20120810#ThrottlingException" gives
 * "ThrottlingException". "" if the answer names none. Needs no memory. */
void aws_error_type(const struct http_answer *answer, char type[static AWS_ERROR_MAX]);

#endif
