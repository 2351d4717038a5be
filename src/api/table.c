/* table.c - every endpoint, in the order of the document. One line here and one file make an endpoint. */
#include "api/endpoint.h"

/* clang-format off */
#define ENDPOINTS(ROW) \
    ROW(patient_create) \
    ROW(patient_find) \
    ROW(patient_read) \
    ROW(patient_update) \
    ROW(patient_usage) \
    ROW(practice_usage) \
    ROW(appointment_create) \
    ROW(appointment_group_create) \
    ROW(appointment_list) \
    ROW(appointment_read) \
    ROW(appointment_update) \
    ROW(appointment_cancel)
/* clang-format on */

#define ENDPOINT_DECLARE(name) extern const struct endpoint endpoint_##name;
ENDPOINTS(ENDPOINT_DECLARE)
#undef ENDPOINT_DECLARE

const struct endpoint *const endpoints[] = {
#define ENDPOINT_ROW(name) &endpoint_##name,
    ENDPOINTS(ENDPOINT_ROW)
#undef ENDPOINT_ROW
};

const size_t endpoint_count = sizeof endpoints / sizeof endpoints[0];
