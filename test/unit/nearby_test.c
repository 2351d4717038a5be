/* nearby_test.c - distances that can be looked up, and boxes that leave nothing out. */
#include "domain/nearby.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <math.h>

#define LONDON    51.5074, -0.1278
#define EDINBURGH 55.9533, -3.1883
#define METRE     1.0

static void known_distances(void **state)
{
    (void)state;
    /* A quarter of a meridian of the sphere, and one degree of it. */
    assert_float_equal(distance_metres(0, 0, 90, 0), 10007557.2, METRE);
    assert_float_equal(distance_metres(50, 10, 51, 10), 111195.1, METRE);
    /* Across the equator, over the date line, and to the opposite point. */
    assert_float_equal(distance_metres(0, 179.5, 0, -179.5), 111195.1, METRE);
    assert_float_equal(distance_metres(12, 34, -12, -146), 20015114.4, METRE);
    /* London to Edinburgh is 534 km. */
    assert_float_equal(distance_metres(LONDON, EDINBURGH), 534000, 1000);
    assert_float_equal(distance_metres(EDINBURGH, LONDON), distance_metres(LONDON, EDINBURGH), 1e-6);
}

static void short_distances_keep_their_precision(void **state)
{
    (void)state;
    assert_float_equal(distance_metres(LONDON, LONDON), 0, 1e-9);
    assert_float_equal(distance_metres(51.5, 0, 51.500009, 0), 1.0008, 0.001);
}

static void an_unknown_place_is_at_no_distance(void **state)
{
    (void)state;
    assert_true(isnan(distance_metres((double)NAN, 0, 51, 0)));
    assert_true(isnan(distance_metres(51, 0, 51, (double)NAN)));
}

static void a_box_holds_all_that_is_near(void **state)
{
    (void)state;
    for (int km = 1; km <= 1000; km *= 10) {
        struct box box = box_around(EDINBURGH, km * 1000.0);
        int inside = 0;
        for (int i = -60; i <= 60; i++) {
            for (int j = -60; j <= 60; j++) {
                double latitude = 55.9533 + i * km / 5000.0;
                double longitude = -3.1883 + j * km / 2500.0;
                bool near = distance_metres(EDINBURGH, latitude, longitude) <= km * 1000.0;
                inside += near ? 1 : 0;
                assert_false(near && !box_has(&box, latitude, longitude));
            }
        }
        assert_true(inside > 100);
    }
}

static void a_box_is_no_larger_than_it_must_be(void **state)
{
    struct box box = box_around(LONDON, 10000);
    (void)state;

    assert_true(box_has(&box, 51.5074 + 0.0899, -0.1278));
    assert_false(box_has(&box, 51.5074 + 0.0901, -0.1278));
    assert_false(box_has(&box, 51.5074 - 0.0901, -0.1278));
    assert_false(box_has(&box, 51.5074, -0.1278 + 0.1450));
    assert_false(box_has(&box, 51.5074, -0.1278 - 0.1450));
    assert_false(box_has(&box, (double)NAN, -0.1278));
    assert_false(box_has(&box, 51.5074, (double)NAN));
}

static void a_box_over_a_pole_or_the_date_line_holds_all_longitudes(void **state)
{
    struct box pole = box_around(89.99, 0, 10000);
    struct box line = box_around(0, 179.99, 10000);
    (void)state;

    assert_true(box_has(&pole, 89.95, 170));
    assert_true(box_has(&line, 0, -179.99));
    assert_false(box_has(&line, 1, 179.99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_distances),
        cmocka_unit_test(short_distances_keep_their_precision),
        cmocka_unit_test(an_unknown_place_is_at_no_distance),
        cmocka_unit_test(a_box_holds_all_that_is_near),
        cmocka_unit_test(a_box_is_no_larger_than_it_must_be),
        cmocka_unit_test(a_box_over_a_pole_or_the_date_line_holds_all_longitudes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
