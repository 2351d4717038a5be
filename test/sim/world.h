/* world.h - the whole program in one process for the simulation: every handler, the store in memory, a clock
 * and randomness that come from a seed. Nothing here sleeps or asks the machine for the time. */
#ifndef TEST_SIM_WORLD_H
#define TEST_SIM_WORLD_H

#include "base/settings.h"
#include "call/call.h"
#include "sec/identity.h"
#include "store/mem/mem.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORLD_PATIENTS = 6, WORLD_PRACTICES = 3, WORLD_HOLD_MINUTES = 10 };

/* Capacity at every moment of the opening hours: practice 2 has two overlapping sessions, see world.c. */
extern const char *const world_practice_ids[WORLD_PRACTICES];
extern const char *const world_patient_ids[WORLD_PATIENTS];
extern const int world_capacity[WORLD_PRACTICES];

struct world {
    uint64_t random; /* state of the seeded generator */
    struct mem_disk *disk;
    struct store *store;
    struct settings settings;
    struct tokens *tokens;
    struct identity identity;
    struct app app;
};

/* Makes the world of a seed, with practices and people in it. Fails the test if it cannot. */
void world_open(struct world *world, uint64_t seed);
void world_close(struct world *world);
/* After a loss of power: closes the store and opens what was synced. */
void world_reopen(struct world *world);

uint64_t world_random(struct world *world);
/* 0 to below - 1. */
uint64_t world_below(struct world *world, uint64_t below);
int64_t world_now(void);
void world_advance(int64_t ms);

/* A call of a patient (index), or of the admin (-1), ready for flow_start. body may be NULL. */
struct call *world_call(struct world *world, int who, enum method method, const char *path, const char *body,
                        const char *idempotency_key);

#endif
