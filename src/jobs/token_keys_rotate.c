/* token_keys_rotate.c - makes the next signing key of access tokens when it is time, drops dead ones, and
 * fetches those that another server has made. A key is published a day before it signs, so a few minutes do
 * not matter. */
#include "jobs/job.h"

#include "store/rec_token_keys.h"

enum { EVERY_MS = 5 * 60 * 1000 };

static enum err run(const struct app *app, struct arena *arena, int64_t now_ms, bool *more)
{
    (void)arena;
    *more = false;
    return token_keys_refresh(app->store, app->tokens, now_ms);
}

const struct job job_token_keys_rotate = {.name = "token_keys_rotate",
                                          .every_ms = EVERY_MS,
                                          .run = run,
                                          .summary = "Rotates the keys that sign access tokens."};
