/* damage.c - what to say when data.mdb cannot be read where it should be.
 *
 * LMDB reads its file as memory and trusts the structure of its pages. A file that was cut short, a disk that
 * does not give a page back show as SIGBUS, and there is no way back from it: the program ends, but says why
 * and what to do. No other file of ours is read as memory. A page whose structure was overwritten may lead
 * anywhere; that cannot be told from a mistake of our own, so both are named and the fault takes its course.
 * Records whose bytes changed do not come here: their seal does not open. */
#include "store/lmdb/lmdb_engine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 400, DIR_SHOWN = 200, EXIT_DAMAGED = 1 };

/* Of the store that was opened last. Made before, because a handler may do next to nothing. */
static char unreadable[MESSAGE_MAX], astray[MESSAGE_MAX];
static struct sigaction segv_before;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strnlen(text, MESSAGE_MAX));
    (void)written;
}

static void on_bus(int number)
{
    (void)number;
    say(unreadable);
    _exit(EXIT_DAMAGED);
}

static void on_segv(int number)
{
    say(astray);
    (void)sigaction(number, &segv_before,
                    NULL); /* the instruction runs again, and meets who was here before */
}

static void watch(int signal, void (*handler)(int), struct sigaction *before)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    struct sigaction there;

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, &there) == 0 && there.sa_handler != handler && before)
        *before = there;
}

void damage_watch(const char *dir)
{
    (void)snprintf(
        unreadable, sizeof unreadable,
        "opendoor: The store %.*s is damaged, or its disk fails: a page of data.mdb cannot be read. "
        "Restore it from a backup.\n",
        DIR_SHOWN, dir);
    (void)snprintf(
        astray, sizeof astray,
        "opendoor: A memory fault with the store %.*s open. If `opendoor verify` ends so too, the store is "
        "damaged: restore it from a backup.\n",
        DIR_SHOWN, dir);
    watch(SIGBUS, on_bus, NULL);
    watch(SIGSEGV, on_segv, &segv_before);
}
