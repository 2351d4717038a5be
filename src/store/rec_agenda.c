/* rec_agenda.c - a person's live appointments, packed, sealed under the person's own key. */
#include "store/rec_day.h"

#include "store/pack.h"

enum { FORM_1 = 1, FLAG_EXPIRES = 1, ENTRY_MINUTES_MAX = 24 * 60 };

static struct key agenda_key(const char *patient_id)
{
    return (struct key){.table = TABLE_AGENDA, .part = patient_id};
}

void agenda_encode(const struct agenda *agenda, struct buf *buf)
{
    int64_t last_ms = 0;

    buf_byte(buf, FORM_1);
    pack_id(buf, agenda->patient_id);
    buf_varint(buf, agenda->count);
    for (size_t i = 0; i < agenda->count; i++) {
        const struct agenda_entry *entry = &agenda->entries[i];
        bool expires = entry->expires_at != INSTANT_NONE;
        pack_id(buf, entry->appointment_id);
        buf_zigzag(buf, entry->start_ms - last_ms);
        buf_varint(buf, (uint64_t)entry->duration_minutes);
        buf_byte(buf, expires ? FLAG_EXPIRES : 0);
        if (expires)
            buf_zigzag(buf, entry->expires_at - entry->start_ms);
        last_ms = entry->start_ms;
    }
}

static bool take_instant(struct reader *reader, int64_t base_ms, int64_t *ms)
{
    bool over = __builtin_add_overflow(base_ms, read_zigzag(reader), ms);
    return !over && *ms != INSTANT_NONE && !reader->failed;
}

static bool take_entry(struct reader *reader, struct arena *arena, int64_t last_ms,
                       struct agenda_entry *entry, bool *memory)
{
    entry->appointment_id = unpack_id(reader, arena, memory);
    bool good = entry->appointment_id && take_instant(reader, last_ms, &entry->start_ms);
    uint64_t minutes = read_varint(reader);
    uint8_t flags = read_byte(reader);
    entry->duration_minutes = minutes <= ENTRY_MINUTES_MAX ? (int32_t)minutes : 0;
    entry->expires_at = INSTANT_NONE;
    if (flags & FLAG_EXPIRES)
        good = good && take_instant(reader, entry->start_ms, &entry->expires_at);
    return good && flags <= FLAG_EXPIRES && entry->duration_minutes > 0 && entry->start_ms >= last_ms &&
           !reader->failed;
}

enum err agenda_decode(struct span bytes, struct arena *arena, struct agenda *agenda)
{
    struct reader reader = reader_of(bytes);
    bool memory = false;
    bool good = read_byte(&reader) == FORM_1;
    struct agenda decoded = {.patient_id = unpack_id(&reader, arena, &memory)};
    uint64_t count = read_varint(&reader);

    if (memory)
        return ERR_MEMORY;
    if (!good || reader.failed || !decoded.patient_id || count > AGENDA_MAX)
        return ERR_DAMAGED;
    decoded.entries = arena_zero(arena, (size_t)count + 1, sizeof *decoded.entries);
    if (!decoded.entries)
        return ERR_MEMORY;
    for (; good && decoded.count < count; decoded.count++) {
        int64_t last_ms = decoded.count ? decoded.entries[decoded.count - 1].start_ms : 0;
        good = take_entry(&reader, arena, last_ms, &decoded.entries[decoded.count], &memory);
    }
    if (memory)
        return ERR_MEMORY;
    if (!good || !reader_done(&reader))
        return ERR_DAMAGED;
    *agenda = decoded;
    return ERR_OK;
}

enum err agenda_load(struct tx *tx, const char *patient_id, struct agenda *agenda)
{
    struct key key = agenda_key(patient_id);
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e == ERR_NOT_FOUND) {
        *agenda = (struct agenda){.patient_id = patient_id};
        return ERR_OK;
    }
    return e ? e : agenda_decode(value, tx_arena(tx), agenda);
}

enum err agenda_save(struct tx *tx, const struct agenda *agenda)
{
    struct key key = agenda_key(agenda->patient_id);
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    agenda_encode(agenda, &buf);
    return buf_ok(&buf) ? tx_put(tx, &key, agenda->patient_id, buf_span(&buf)) : ERR_MEMORY;
}
