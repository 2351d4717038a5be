/* clock_moved.c - see clock_moved.h. */
#include "base/clock_moved.h"

#include "base/time.h"

#include <errno.h>
#include <stdlib.h>

enum { DECIMAL = 10 };

static int64_t offset_ms;

bool clock_move(void)
{
    const char *text = getenv(CLOCK_OFFSET_VARIABLE);
    char *end;

    if (!text)
        return true;
    errno = 0;
    long long value = strtoll(text, &end, DECIMAL);
    if (errno || end == text || *end || value < -CLOCK_OFFSET_MAX_MS || value > CLOCK_OFFSET_MAX_MS)
        return false;
    offset_ms = value;
    return true;
}

int64_t clock_offset_ms(void)
{
    return offset_ms;
}

int64_t clock_moved_ms(void)
{
    return clock_now_ms() + offset_ms;
}
