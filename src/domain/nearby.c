/* nearby.c - great circles by the haversine formula, which keeps its precision for places close together. */
#include "domain/nearby.h"

#include <math.h>

#define EARTH_RADIUS_METRES 6371008.8
#define HALF_CIRCLE         180.0
#define BOX_MARGIN          1.000001 /* so that rounding never leaves out a place on the edge */

static double radians(double degrees)
{
    return degrees * (M_PI / HALF_CIRCLE);
}

static double degrees(double angle)
{
    return angle * (HALF_CIRCLE / M_PI);
}

static double square_of_half_chord(double angle)
{
    double sine = sin(angle / 2.0);
    return sine * sine;
}

double distance_metres(double latitude1, double longitude1, double latitude2, double longitude2)
{
    double h = square_of_half_chord(radians(latitude2 - latitude1)) +
               cos(radians(latitude1)) * cos(radians(latitude2)) *
                   square_of_half_chord(radians(longitude2 - longitude1));
    if (isnan(h))
        return h;
    /* Opposite points may come out a hair above 1. */
    return 2.0 * EARTH_RADIUS_METRES * asin(sqrt(h < 1.0 ? h : 1.0));
}

struct box box_around(double latitude, double longitude, double metres)
{
    double angle = metres * BOX_MARGIN / EARTH_RADIUS_METRES;
    struct box box = {latitude - degrees(angle), latitude + degrees(angle), -HALF_CIRCLE, HALF_CIRCLE};

    if (box.south <= -HALF_CIRCLE / 2.0 || box.north >= HALF_CIRCLE / 2.0)
        return box;
    /* The widest meridians lie towards the pole from the centre; see the law of sines on a sphere. */
    double width = degrees(asin(sin(angle) / cos(radians(latitude))));
    if (longitude - width >= -HALF_CIRCLE && longitude + width <= HALF_CIRCLE) {
        box.west = longitude - width;
        box.east = longitude + width;
    }
    return box;
}

bool box_has(const struct box *box, double latitude, double longitude)
{
    return latitude >= box->south && latitude <= box->north && longitude >= box->west &&
           longitude <= box->east;
}
