/* subcommand.h - the subcommands, and what all of them need before they do anything. */
#ifndef MAIN_SUBCOMMAND_H
#define MAIN_SUBCOMMAND_H

#include "base/arena.h"
#include "base/settings.h"
#include "store/dynamo/dynamo.h"
#include "store/store.h"

#include <stddef.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct subcommand {
    const char *name; /* one or two words: "user add" */
    const char *arguments, *summary, *help;
    enum command settings;             /* 0: takes none */
    int (*run)(int argc, char **argv); /* argv: what stands behind the name; gives the exit status */
};

extern const struct subcommand *const subcommands[];
extern const size_t subcommand_count;

/* Prints what there is to say about one subcommand, or, with NULL, about all; gives the exit status. */
int help_show(const struct subcommand *one);

/* For the people in front of it: "opendoor: ...", on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was complained about last, for who is told about a failed start in another way; "" if nothing was. */
const char *complaint(void);

/* No file of ours is for others, a closed pipe is an error like others, as many files as the system gives;
 * the libraries are ready. False (and a complaint) if not. */
bool process_start(void);

/* Reads the settings of the subcommand and starts the log; complains about each mistake. */
bool settings_start(enum command command, int argc, char **argv, struct arena *arena,
                    struct settings *settings);

enum store_use {
    STORE_SERVE,  /* the one server; makes the store on first use */
    STORE_BESIDE, /* beside a server perhaps; makes it too */
    STORE_LOOK,   /* must be there */
    STORE_CREATE, /* DynamoDB: the one time when a key file may be made */
    STORE_SOURCE, /* of a copy: must be there, and nobody else's */
    STORE_TARGET, /* of a copy: nobody else's */
};
/* Complains and gives NULL if it cannot be opened. */
struct dynamo_options dynamo_options_of(const struct settings *settings);
struct store *store_start_with(const struct settings *settings, enum store_use use);
/* The target of a copy (store/copy.h). */
struct store *store_start_copy(const struct settings *settings, struct store *copy_of);

#endif
