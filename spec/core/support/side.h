/* side.h - one side of a connection, and a record of what it saw, said and sent. */
#ifndef SIDE_H
#define SIDE_H

#include "record/record.h"
#include "support/clock.h"
#include "support/identity.h"

#define DATA_MAXIMUM 70000
#define RECORDS_MAXIMUM 2000
#define TEXT_MAXIMUM 8192

/* What tells stages or handshake messages apart is left out of masks: records of data are too many.
 */
#define STAGES (UINT32_MAX & ~(1u << TLS_STAGE_APPLICATION_DATA))

typedef struct sent_record {
    unsigned type;
    size_t length;
} sent_record;

typedef struct side {
    tls_connection *c;
    enum tls_event last;
    const identity *id; /* whose key signs where the connection's own is external */
    /* answer: NULL, or it answers and returns 1, or returns 0 for the default. */
    int (*answer)(struct side *side, const tls_question *question);
    void (*seen)(struct side *side, const tls_stage_event *event);
    void *data_of_test;
    int late;    /* rounds that every decision waits */
    int waiting; /* of them, for the present one */
    int keep;    /* plaintext and early data are left in the connection */
    char stages[TEXT_MAXIMUM];
    char keylog[TEXT_MAXIMUM];
    unsigned decisions[TLS_DECISION_COUNT];
    unsigned early_events;
    unsigned char early[DATA_MAXIMUM];
    size_t early_length;
    unsigned char data[DATA_MAXIMUM];
    size_t data_length;
    /* Records on the wire. */
    sent_record records[RECORDS_MAXIMUM];
    size_t record_count, record_left, header_length;
    unsigned char header[TLS_RECORD_HEADER_LENGTH];
} side;

/* side_run steps one side until it waits for the peer, or for the test; returns 1 if anything
 * happened.
 */
int side_run(side *s);

int side_move(side *from, side *to, size_t chunk);

/* side_forget drops what a side has seen, but keeps how it behaves. */
void side_forget(side *s);

tls_connection_info info_of(const side *s);

/* sent_of_type counts the records of a type that a side has sent. */
size_t sent_of_type(const side *s, unsigned type);

#endif
