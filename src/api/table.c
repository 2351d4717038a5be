/* table.c - every endpoint, in the order of the document. One line here and one file make an endpoint. */
#include "api/endpoint.h"

/* clang-format off */
#define ENDPOINTS(ROW) \
    ROW(auth_register) \
    ROW(auth_login) \
    ROW(auth_refresh) \
    ROW(auth_logout) \
    ROW(auth_me) \
    ROW(auth_password_change) \
    ROW(auth_password_reset_request) \
    ROW(auth_password_reset) \
    ROW(jwks) \
    ROW(user_create) \
    ROW(user_list) \
    ROW(user_read) \
    ROW(user_update) \
    ROW(user_delete) \
    ROW(practice_list) \
    ROW(practice_create) \
    ROW(practice_read) \
    ROW(practice_update) \
    ROW(practice_availability) \
    ROW(availability) \
    ROW(session_list) \
    ROW(session_create) \
    ROW(session_read) \
    ROW(session_update) \
    ROW(session_delete) \
    ROW(closure_list) \
    ROW(closure_create) \
    ROW(closure_delete) \
    ROW(bank_holiday_list) \
    ROW(bank_holiday_import) \
    ROW(postcode_import) \
    ROW(patient_create) \
    ROW(patient_find) \
    ROW(patient_read) \
    ROW(patient_update) \
    ROW(patient_usage) \
    ROW(proxy_create) \
    ROW(proxy_list) \
    ROW(proxy_end) \
    ROW(practice_usage) \
    ROW(appointment_create) \
    ROW(appointment_group_create) \
    ROW(appointment_list) \
    ROW(appointment_read) \
    ROW(appointment_update) \
    ROW(appointment_cancel) \
    ROW(health) \
    ROW(ready) \
    ROW(metrics) \
    ROW(home_read) \
    ROW(docs_read) \
    ROW(docs_page_css) \
    ROW(docs_icon_svg) \
    ROW(docs_start_js) \
    ROW(docs_swagger_css) \
    ROW(docs_swagger_js) \
    ROW(openapi_read) \
    ROW(problem_list) \
    ROW(problem_read)
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
