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

/* The part of a pointer that follows `start`, or NULL. */
static const char *after(const char *pointer, const char *start, size_t size)
{
    return strncmp(pointer, start, size) == 0 ? pointer + size : NULL;
}

static bool is_end(const char *rest)
{
    return rest && (*rest == '\0' || *rest == '/');
}

bool problems_about(const struct problems *problems, const char *pointer)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (is_end(after(problems->items[i].pointer, pointer, strlen(pointer))))
            return true;
    }
    return false;
}

bool problems_about_member(const struct problems *problems, const char *prefix, const char *name)
{
    bool query = strcmp(prefix, "?") == 0;

    for (size_t i = 0; i < problems->count; i++) {
        const char *rest = after(problems->items[i].pointer, prefix, strlen(prefix));
        if (rest && !query)
            rest = *rest == '/' ? rest + 1 : NULL;
        if (rest && is_end(after(rest, name, strlen(name))))
            return true;
    }
    return false;
}

static bool is_there(const struct problems *problems, const char *pointer)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].pointer, pointer) == 0)
            return true;
    }
    return false;
}

enum err problems_add(struct problems *problems, const char *pointer, enum err err, const char *message)
{
    struct problem problem = {.err = err};

    if (is_there(problems, pointer))
        return ERR_OK;
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
