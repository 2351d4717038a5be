/* appointment.c - the agenda of one person, and references that can be read out on the phone. */
#include "domain/appointment.h"

#include <string.h>

/* ---- agenda ---- */

static int64_t entry_end(const struct agenda_entry *entry)
{
    return entry->start_ms + entry->duration_minutes * MINUTE_MS;
}

static bool is_over(const struct agenda_entry *entry, int64_t now_ms)
{
    bool expired = entry->expires_at != INSTANT_NONE && entry->expires_at <= now_ms;
    return expired || entry_end(entry) < now_ms - AGENDA_PAST_MS;
}

static bool overlap(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->start_ms < entry_end(b) && b->start_ms < entry_end(a);
}

/* Goes before in the agenda: by start, then by id, so that the stored form does not depend on the way there.
 */
static bool goes_before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms;
    return strcmp(a->appointment_id, b->appointment_id) < 0;
}

static enum err agenda_conflict(const struct agenda *agenda, const struct agenda_entry *entry)
{
    for (size_t i = 0; i < agenda->count; i++) {
        if (overlap(&agenda->entries[i], entry))
            return ERR_PATIENT_BUSY;
    }
    return agenda->count >= AGENDA_MAX ? ERR_AGENDA_FULL : ERR_OK;
}

enum err agenda_add(struct agenda *agenda, const struct agenda_entry *entry, int64_t now_ms,
                    struct arena *arena)
{
    struct agenda next = *agenda;
    next.entries = arena_alloc(arena, (agenda->count + 1) * sizeof *next.entries);
    if (!next.entries)
        return ERR_MEMORY;
    next.count = 0;
    for (size_t i = 0; i < agenda->count; i++) {
        const struct agenda_entry *old = &agenda->entries[i];
        if (!is_over(old, now_ms) && strcmp(old->appointment_id, entry->appointment_id) != 0)
            next.entries[next.count++] = *old;
    }
    enum err e = agenda_conflict(&next, entry);
    if (e)
        return e;
    size_t at = next.count++;
    for (; at > 0 && goes_before(entry, &next.entries[at - 1]); at--)
        next.entries[at] = next.entries[at - 1];
    next.entries[at] = *entry;
    *agenda = next;
    return ERR_OK;
}

void agenda_remove(struct agenda *agenda, const char *appointment_id)
{
    size_t kept = 0;

    for (size_t i = 0; i < agenda->count; i++) {
        if (strcmp(agenda->entries[i].appointment_id, appointment_id) != 0)
            agenda->entries[kept++] = agenda->entries[i];
    }
    agenda->count = kept;
}

/* ---- references ---- */

enum { SYMBOLS = 8, SYMBOL_BITS = 5, GROUP = 4 };

/* Crockford's base 32: no I, L, O, U. https://www.crockford.com/base32.html */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void reference_format(const uint8_t random[static 5], char out[static 10])
{
    uint64_t bits = 0;
    size_t at = 0;

    for (int i = 0; i < 5; i++)
        bits = bits << 8 | random[i];
    for (int i = 0; i < SYMBOLS; i++) {
        if (i == GROUP)
            out[at++] = '-';
        out[at++] = alphabet[bits >> (SYMBOLS - 1 - i) * SYMBOL_BITS & 31];
    }
    out[at] = '\0';
}

bool reference_number(const char *reference, uint64_t *number)
{
    uint64_t bits = 0;
    size_t at = 0;

    for (int i = 0; i < SYMBOLS; i++) {
        if (i == GROUP && reference[at++] != '-')
            return false;
        const char *symbol = reference[at] ? strchr(alphabet, reference[at]) : NULL;
        if (!symbol)
            return false;
        bits = bits << SYMBOL_BITS | (uint64_t)(symbol - alphabet);
        at++;
    }
    if (reference[at] != '\0')
        return false;
    *number = bits;
    return true;
}

/* The symbol that a typed character means, or 0. */
static char symbol_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        return '0';
    if (c == 'I' || c == 'L')
        return '1';
    return c != '\0' && strchr(alphabet, c) ? c : '\0';
}

bool reference_parse(const char *text, size_t size, char out[static 10])
{
    char symbols[SYMBOLS];
    size_t count = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == ' ' || text[i] == '-')
            continue;
        char symbol = symbol_of(text[i]);
        if (!symbol || count == SYMBOLS)
            return false;
        symbols[count++] = symbol;
    }
    if (count != SYMBOLS)
        return false;
    memcpy(out, symbols, GROUP);
    out[GROUP] = '-';
    memcpy(out + GROUP + 1, symbols + GROUP, SYMBOLS - GROUP);
    out[SYMBOLS + 1] = '\0';
    return true;
}
