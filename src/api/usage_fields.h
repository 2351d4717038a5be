/* usage_fields.h - how usage is shown. */
#ifndef API_USAGE_FIELDS_H
#define API_USAGE_FIELDS_H

/* The four counts, for a struct with a member `counts` of struct usage_counts. */
#define USAGE_COUNT_FIELDS(type)                                                                             \
    {.name = "total_appointments",                                                                           \
     .kind = FIELD_INTEGER,                                                                                  \
     .offset = offsetof(type, counts.total_appointments),                                                    \
     .help = "All that were booked, mistakes and unconfirmed holds aside.",                                  \
     .example = "4"},                                                                                        \
        {.name = "attended",                                                                                 \
         .kind = FIELD_INTEGER,                                                                              \
         .offset = offsetof(type, counts.attended),                                                          \
         .example = "2"},                                                                                    \
        {.name = "cancelled",                                                                                \
         .kind = FIELD_INTEGER,                                                                              \
         .offset = offsetof(type, counts.cancelled),                                                         \
         .example = "1"},                                                                                    \
    {                                                                                                        \
        .name = "missed", .kind = FIELD_INTEGER, .offset = offsetof(type, counts.missed), .example = "0"     \
    }

#endif
