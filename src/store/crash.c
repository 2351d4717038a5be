/* crash.c - dying on purpose, without a chance to tidy up. */
#include "store/crash.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {[CRASH_NOWHERE] = "",
#define CRASH_NAME(upper, lower) [CRASH_##upper] = #lower,
                                    CRASH_POINTS(CRASH_NAME)
#undef CRASH_NAME
};

static enum err count_read(const char *text, long *count)
{
    char *end;

    errno = 0;
    *count = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *count >= 1 ? ERR_OK : ERR_SETTING;
}

enum err crash_init(struct crash *crash, const char *text)
{
    long count = 1;

    crash->at = CRASH_NOWHERE;
    atomic_init(&crash->left, 0);
    if (!text || *text == '\0')
        return ERR_OK;
    size_t size = strcspn(text, ":");
    if (text[size] == ':' && count_read(text + size + 1, &count))
        return ERR_SETTING;
    for (size_t i = CRASH_NOWHERE + 1; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == size && strncmp(names[i], text, size) == 0) {
            crash->at = (enum crash_point)i;
            atomic_init(&crash->left, count);
            return ERR_OK;
        }
    return ERR_SETTING;
}

void crash_here(struct crash *crash, enum crash_point point)
{
    if (crash->at == point && atomic_fetch_sub(&crash->left, 1) == 1)
        (void)kill(getpid(), SIGKILL);
}
