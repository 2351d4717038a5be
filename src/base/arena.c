/* arena.c - blocks in a list, newest first; an allocation takes the front of the newest block. A request
 * larger than a block gets a block of its own. Under the address sanitizer each allocation is a block. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define BLOCK_BYTES 0U
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCK_BYTES 0U
#endif
#endif
#ifndef BLOCK_BYTES
#define BLOCK_BYTES ((size_t)16 * 1024)
#endif

struct block {
    struct block *before;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *newest;
    size_t cap;
    size_t total;
    bool secrets;
};

static _Thread_local unsigned fail_after, fail_asked;

bool arena_fail_after(unsigned nth)
{
    bool has_failed = fail_asked > 0 && fail_after == 0;

    fail_after = fail_asked = nth;
    return has_failed;
}

static bool told_to_fail(void)
{
    return fail_after > 0 && --fail_after == 0;
}

struct arena *arena_new(size_t cap_bytes)
{
    struct arena *arena = told_to_fail() ? NULL : malloc(sizeof *arena);
    if (arena)
        *arena = (struct arena){.cap = cap_bytes};
    return arena;
}

static void free_blocks_until(struct arena *arena, const struct block *stop)
{
    while (arena->newest != stop) {
        struct block *block = arena->newest;
        arena->newest = block->before;
        if (arena->secrets)
            explicit_bzero(block->data, block->used);
        free(block);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks_until(arena, NULL);
    free(arena);
}

void arena_hold_secrets(struct arena *arena)
{
    arena->secrets = true;
}

static struct block *block_add(struct arena *arena, size_t needed)
{
    size_t size = needed > BLOCK_BYTES ? needed : BLOCK_BYTES;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct block){.before = arena->newest, .size = size};
    arena->newest = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (told_to_fail() || size > arena->cap - arena->total)
        return NULL;
#if defined(__SANITIZE_ADDRESS__)
    size_t taken = size ? size : 1; /* exact, so that one byte too far is seen */
#else
    size_t taken = size ? (size + align - 1) & ~(align - 1) : align;
#endif
    if (taken > arena->cap - arena->total)
        return NULL;
    struct block *block = arena->newest;
    (void)align;
    if (!block || BLOCK_BYTES == 0 || taken > block->size - block->used)
        block = block_add(arena, taken);
    if (!block)
        return NULL;
    void *memory = block->data + block->used;
    block->used += taken;
    arena->total += taken;
    return memory;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *memory = arena_alloc(arena, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *memory = arena_alloc(arena, size);
    if (memory && size > 0)
        memcpy(memory, data, size);
    return memory;
}

char *arena_text(struct arena *arena, const char *text, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : arena_alloc(arena, size + 1);
    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *arena_dup(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list first;
    va_list second;

    va_start(first, format);
    va_copy(second, first);
    int size = vsnprintf(NULL, 0, format, first);
    va_end(first);
    char *text = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
    if (text)
        (void)vsnprintf(text, (size_t)size + 1, format, second);
    va_end(second);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->newest, arena->newest ? arena->newest->used : 0, arena->total};
}

void arena_reset(struct arena *arena, struct arena_mark mark)
{
    free_blocks_until(arena, mark.block);
    if (arena->newest && arena->secrets)
        explicit_bzero(arena->newest->data + mark.used, arena->newest->used - mark.used);
    if (arena->newest)
        arena->newest->used = mark.used;
    arena->total = mark.total;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}
