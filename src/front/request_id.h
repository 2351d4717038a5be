/* request_id.h - which X-Request-Id of somebody else is taken over: it stands in headers and log lines. */
#ifndef FRONT_REQUEST_ID_H
#define FRONT_REQUEST_ID_H

#include <stdbool.h>
#include <stddef.h>

/* 1 to REQUEST_ID_MAX letters, digits and '.', '_', '-'; and '=' at the end, which the ids of API Gateway
 * have. */
bool request_id_is_sane(const char *id, size_t size);

#endif
