/* span.h - some bytes that somebody else owns. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *data; /* may be NULL only if size is 0 */
    size_t size;         /* bytes */
};

#endif
