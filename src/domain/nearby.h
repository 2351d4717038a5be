/* nearby.h - how far apart two places are, and which places are worth measuring.
 *
 * Positions are WGS 84 degrees. The earth is taken for a sphere with the mean radius of 6,371,008.8 m (IUGG),
 * which is wrong by at most 0.56 % and by less within the United Kingdom: enough to say "1.2 miles away". */
#ifndef DOMAIN_NEARBY_H
#define DOMAIN_NEARBY_H

#include <stdbool.h>

/* Great-circle distance; NAN if a coordinate is (a practice whose position is not known). */
double distance_metres(double latitude1, double longitude1, double latitude2, double longitude2);

/* Latitude and longitude limits that hold every place within that distance, and some more in the corners: a
 * cheap test before distance_metres. A box over a pole or over the date line holds all longitudes. */
struct box {
    double south, north, west, east;
};
struct box box_around(double latitude, double longitude, double metres);
bool box_has(const struct box *box, double latitude, double longitude); /* false for NAN */

#endif
