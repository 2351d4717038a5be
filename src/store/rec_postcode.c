/* rec_postcode.c - where an imported postcode lies: POSTCODE, part postcode; latitude and longitude as
 * millionths of a degree, which is a tenth of a metre. */
#include "store/rec_practice.h"

#include <math.h>

#define MILLIONTHS 1e6

enum err postcode_load(struct tx *tx, const char *postcode, double *latitude, double *longitude)
{
    struct key key = {.table = TABLE_POSTCODE, .part = postcode};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e)
        return e;
    struct reader reader = reader_of(value);
    double north = (double)read_zigzag(&reader) / MILLIONTHS;
    double east = (double)read_zigzag(&reader) / MILLIONTHS;
    if (!reader_done(&reader) || fabs(north) > 90 || fabs(east) > 180)
        return ERR_DAMAGED;
    *latitude = north;
    *longitude = east;
    return ERR_OK;
}

enum err postcode_save(struct tx *tx, const char *postcode, double latitude, double longitude)
{
    struct key key = {.table = TABLE_POSTCODE, .part = postcode};
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    buf_zigzag(&buf, llround(latitude * MILLIONTHS));
    buf_zigzag(&buf, llround(longitude * MILLIONTHS));
    return buf_ok(&buf) ? tx_put(tx, &key, NULL, buf_span(&buf)) : ERR_MEMORY;
}
