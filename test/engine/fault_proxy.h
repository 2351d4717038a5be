/* fault_proxy.h - stands between the engine and DynamoDB Local, and does what networks and services do. */
#ifndef TEST_ENGINE_FAULT_PROXY_H
#define TEST_ENGINE_FAULT_PROXY_H

#include <stddef.h>

enum fault {
    FAULT_NONE,
    FAULT_LOSE_ANSWER,  /* the request is done, the connection closes without an answer */
    FAULT_DROP_REQUEST, /* the connection closes, nothing is done */
    FAULT_THROTTLE,     /* 400 ThrottlingException, nothing is done */
    FAULT_INTERNAL,     /* 500 InternalServerError, nothing is done */
    FAULT_CONFLICT,     /* a cancelled transaction (TransactionConflict), nothing is done */
    FAULT_UNPROCESSED,  /* BatchGetItem, BatchWriteItem: nothing was processed */
    FAULT_STALL,        /* no answer at all until the other side gives up */
    FAULT_REFUSE        /* 400 AccessDeniedException */
};

struct fault_proxy;

/* endpoint: "http://127.0.0.1:8000". Dies with an assertion if it cannot start. */
struct fault_proxy *fault_proxy_new(const char *endpoint);
void fault_proxy_free(struct fault_proxy *proxy);
const char *fault_proxy_url(const struct fault_proxy *proxy);

/* The next `times` requests of that operation ("PutItem"; NULL: of any) meet the fault. after, which may be
 * NULL, is called once each has met it. */
void fault_proxy_plan(struct fault_proxy *proxy, const char *operation, enum fault fault, unsigned times,
                      void (*after)(void *arg), void *arg);
/* Requests of that operation (NULL: of any) since the start. */
unsigned fault_proxy_count(struct fault_proxy *proxy, const char *operation);

#endif
