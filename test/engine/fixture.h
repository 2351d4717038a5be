/* fixture.h - a store to test, on any engine: the table of engines, a place for its data, and short ways to
 * do one thing in one transaction. */
#ifndef TEST_ENGINE_FIXTURE_H
#define TEST_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/dynamo/dynamo.h"
#include "store/store.h"

enum { PLACE_PATH_MAX = 200 };

struct mem_disk;

struct place {
    const struct engine_row *engine;
    char folder[PLACE_PATH_MAX]; /* temporary; the store is in it */
    char dir[PLACE_PATH_MAX + 40];
    char key_file[PLACE_PATH_MAX + 60];
    struct mem_disk *disk;
    struct store_options options; /* for the next opening */
    struct dynamo_options dynamo;
    struct store *store;
    struct arena *arena;
    char message[256];
};

struct engine_row {
    const char *name;
    enum err (*open)(struct place *place);
    size_t writes_max; /* of one transaction */
    enum err too_many; /* what more of them get */
    int rounds;        /* of the test in which threads count: a request takes its time elsewhere */
};

struct engine_row *engine_named(const char *name); /* NULL if there is none */

/* cmocka's set-up and tear-down: *state is the engine's row before, the place after; the store is open. */
int place_set_up(void **state);
int place_tear_down(void **state);
void place_init(struct place *place, const struct engine_row *engine);
void place_done(struct place *place);
enum err place_open(struct place *place);
void place_close(struct place *place);
void place_reopen(struct place *place); /* which has to work */

/* One thing in a transaction of its own. Values are texts. */
enum err put_text(struct place *place, const struct key *key, const char *person, const char *text);
enum err get_text(struct place *place, const struct key *key, const char **text); /* in the place's arena */
enum err delete_key(struct place *place, const struct key *key);
enum err run_write(struct place *place, tx_fn *fn, void *arg);
enum err run_read(struct place *place, tx_fn *fn, void *arg);

struct span span_of(const char *text);

#define assert_err(expected, actual) assert_string_equal(err_info(expected)->code, err_info(actual)->code)
#define assert_text(place, key, expected)                                                                    \
    do {                                                                                                     \
        const char *seen_text;                                                                               \
        assert_err(ERR_OK, get_text(place, key, &seen_text));                                                \
        assert_string_equal(seen_text, expected);                                                            \
    } while (0)
#define assert_absent(place, key)                                                                            \
    do {                                                                                                     \
        const char *seen_text;                                                                               \
        assert_err(ERR_NOT_FOUND, get_text(place, key, &seen_text));                                         \
    } while (0)

#endif
