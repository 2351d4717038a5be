/* program.h - what every door has behind it: store, token keys, pools, metrics. Started in the order in which
 * the parts need each other, stopped in the opposite one. */
#ifndef MAIN_PROGRAM_H
#define MAIN_PROGRAM_H

#include "base/settings.h"
#include "call/app.h"
#include "outside/cognito.h"
#include "sec/identity.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Zero but for settings at first; lives as long as anything of it. */
struct program {
    struct settings settings;
    struct app app;
    struct tokens_options tokens_options;
    struct identity identity;
    struct cognito *cognito; /* NULL: logins are built in */
    volatile int stopping;
};

/* Signals are for the thread that waits for them; those that the parts start inherit the mask. */
void signals_block(sigset_t *signals);

/* Both complain if they fail; program_close() then takes apart what there is. */
bool program_open(struct program *program); /* the store, the keys of tokens, the demo data */
/* rate_limit: requests a minute, 0: none. */
bool program_parts(struct program *program, size_t hash_threads, size_t rate_limit);
/* The provider of logins that the settings name. False, with a complaint, if it cannot be made; what it made
 * is freed by program_close(). For app.tokens NULL it makes accounts, and no more. */
bool identity_start(struct program *program);
void program_close(struct program *program);

#endif
