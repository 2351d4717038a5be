/* openapi.h - the OpenAPI 3.0.3 document, printed from the tables of endpoints, fields and errors.
 *
 * The same tables drive the router, the input check and the answers, so the document cannot say anything
 * else. The copy in the repository, openapi.yaml, is compared with it by a test. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/buf.h"

/* The whole document, as YAML. Always the same bytes from the same program. Ask buf_ok() at the end. */
void openapi_write(struct buf *buf);

#endif
