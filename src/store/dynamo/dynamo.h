/* dynamo.h - the engine on DynamoDB: any number of servers on the same data.
 *
 * Four DynamoDB tables hold all tables of store.h (which is where: dynamo_home() and docs/dynamodb.md). An
 * item has pk and sk (the stored key in two halves), v (the sealed value) and ver (a number that is new with
 * every write). A job reads with strong consistency, remembers what it has read, and commits with one request
 * that is conditional on all of it; after a conflict it runs again. (docs/decisions/040 to 042) */
#ifndef STORE_DYNAMO_DYNAMO_H
#define STORE_DYNAMO_DYNAMO_H

#include "outside/aws_credentials.h"
#include "store/store.h"

enum dynamo_table { DYNAMO_APPOINTMENTS, DYNAMO_PATIENTS, DYNAMO_PRACTICES, DYNAMO_SYSTEM, DYNAMO_TABLES };

struct dynamo_options {
    const char *names[DYNAMO_TABLES]; /* of the tables in DynamoDB */
    const char *region;
    const char *endpoint;       /* NULL: AWS; else like http://127.0.0.1:8000 */
    size_t threads;             /* that run jobs; 0 = 32 */
    aws_getenv *get;            /* where credentials come from; it has to work from any thread */
    struct store_options store; /* key_file or key_hex, must_exist, queue_max */
};

/* The tables have to be there. Errors as of store_open_lmdb. */
enum err store_open_dynamo(const struct dynamo_options *options, struct store **store,
                           char message[static 256]);

/* Tells of one table. what: "was made", "is there", "is not there", or what is wrong with it. */
typedef void dynamo_tell(void *arg, const char *name, bool right, const char *what);
/* Makes those that are not there (on-demand, encrypted, kept by point-in-time recovery where the service has
 * it) and waits until all are ready. ERR_STORE, with the message of what cannot be done. */
enum err dynamo_tables_create(const struct dynamo_options *options, dynamo_tell *tell, void *arg,
                              char message[static 256]);
/* Compares them with what the engine needs; changes nothing. ERR_STORE: at least one is not right. */
enum err dynamo_tables_check(const struct dynamo_options *options, dynamo_tell *tell, void *arg,
                             char message[static 256]);

/* Where the records of a table are kept. False: nobody has said so yet, which a test forbids. */
bool dynamo_home(enum table table, enum dynamo_table *home);

#endif
