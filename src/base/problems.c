/* problems.c - see problems.h. */
#include "base/problems.h"

#include <string.h>

enum { FIRST_ROOM = 8 };

void problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){.arena = arena};
}

static enum err make_room(struct problems *problems)
{
    if (problems->count < problems->room)
        return ERR_OK;
    size_t room = problems->room ? problems->room * 2 : FIRST_ROOM;
    struct problem *items = arena_alloc(problems->arena, room * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    if (problems->count > 0)
        memcpy(items, problems->items, problems->count * sizeof *items);
    problems->items = items;
    problems->room = room;
    return ERR_OK;
}

enum err problems_add(struct problems *problems, const char *pointer, enum err err, const char *message)
{
    struct problem problem = {.err = err};

    if (problems->count >= PROBLEMS_MAX) {
        problems->items[PROBLEMS_MAX - 1].message = "There are more mistakes than are listed here.";
        return ERR_OK;
    }
    problem.pointer = arena_dup(problems->arena, pointer);
    problem.message = message ? arena_dup(problems->arena, message) : err_info(err)->text;
    if (!problem.pointer || !problem.message)
        return ERR_MEMORY;
    enum err e = make_room(problems);
    if (!e)
        problems->items[problems->count++] = problem;
    return e;
}
