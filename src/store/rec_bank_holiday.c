/* rec_bank_holiday.c - imported corrections of the bank holidays.
 *
 * BANK_HOLIDAY, part "all": the rows. BANK_HOLIDAY, part "version": how often they have changed, in a record
 * of its own because every reading of a day asks for it. */
#include "store/rec_practice.h"

#include <string.h>

/* clang-format off */
static const struct field row_rows[] = {
    {.name = "nation", .tag = 1, .kind = FIELD_ENUM, .offset = offsetof(struct bank_holiday_row, nation),
     .values = nation_names},
    {.name = "date", .tag = 2, .kind = FIELD_DATE, .offset = offsetof(struct bank_holiday_row, date)},
    {.name = "title", .tag = 3, .kind = FIELD_TEXT, .offset = offsetof(struct bank_holiday_row, title)},
    {.name = "notes", .tag = 4, .kind = FIELD_TEXT, .offset = offsetof(struct bank_holiday_row, notes)},
};
/* clang-format on */
static const struct field_set row_fields = {
    .name = "BankHolidayRow", .size = sizeof(struct bank_holiday_row), FIELDS(row_rows)};

/* clang-format off */
static const struct field corrections_rows[] = {
    {.name = "rows", .tag = 1, .kind = FIELD_OBJECTS,
     .offset = offsetof(struct bank_holiday_corrections, rows), .of = &row_fields},
};
/* clang-format on */
static const struct field_set corrections_fields = {.name = "BankHolidayCorrections",
                                                    .size = sizeof(struct bank_holiday_corrections),
                                                    FIELDS(corrections_rows)};

static const struct key all_key = {.table = TABLE_BANK_HOLIDAY, .part = "all"};
static const struct key version_key = {.table = TABLE_BANK_HOLIDAY, .part = "version"};

enum err bank_holidays_version(struct tx *tx, int64_t *version)
{
    struct span value;

    enum err e = tx_get(tx, &version_key, &value);
    if (e == ERR_NOT_FOUND) {
        *version = 0;
        return ERR_OK;
    }
    if (e)
        return e;
    struct reader reader = reader_of(value);
    int64_t found = read_zigzag(&reader);
    if (!reader_done(&reader))
        return ERR_DAMAGED;
    *version = found;
    return ERR_OK;
}

enum err bank_holidays_load(struct tx *tx, struct bank_holiday_corrections *corrections)
{
    struct span value;

    enum err e = tx_get(tx, &all_key, &value);
    if (e == ERR_NOT_FOUND) {
        *corrections = (struct bank_holiday_corrections){.rows = {NULL, 0}};
        return ERR_OK;
    }
    return e ? e : fields_decode(&corrections_fields, value, tx_arena(tx), corrections);
}

enum err bank_holidays_save(struct tx *tx, const struct bank_holiday_corrections *corrections)
{
    struct buf rows;
    struct buf number;
    int64_t version;

    enum err e = bank_holidays_version(tx, &version);
    if (e)
        return e;
    buf_init(&rows, tx_arena(tx));
    buf_init(&number, tx_arena(tx));
    fields_encode(&corrections_fields, corrections, &rows);
    buf_zigzag(&number, version + 1);
    if (!buf_ok(&rows) || !buf_ok(&number))
        return ERR_MEMORY;
    if (buf_span(&rows).size > VALUE_BYTES_MAX)
        return ERR_FIELD_TOO_LONG;
    e = tx_put(tx, &all_key, NULL, buf_span(&rows));
    return e ? e : tx_put(tx, &version_key, NULL, buf_span(&number));
}
