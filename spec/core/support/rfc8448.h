/* rfc8448.h - the traces of RFC 8448 as steps, in its order: each gives what the library is to
 * compute at that point, in hex. tls13/key_schedule_test.c walks them. */
#ifndef RFC8448_H
#define RFC8448_H

#include <stddef.h>

enum rfc8448_kind {
    STEP_START,      /* a: the PSK or nothing; b: the Early Secret */
    STEP_ADVANCE,    /* a: (EC)DHE or nothing; b: the next secret */
    STEP_SECRET,     /* name: its label; a: transcript hash; b: the secret */
    STEP_MESSAGE,    /* a: a handshake message that its sender constructs */
    STEP_RESTART,    /* the first ClientHello becomes a message_hash */
    STEP_BINDER,     /* a: ClientHello without its binders; b: its hash; c: the binder */
    STEP_BINDER_KEY, /* a: the key that the binder is made with */
    STEP_KEYS,       /* name: who sends with them from now on; a: traffic secret; b: key; c: IV */
    STEP_FINISHED,   /* a: traffic secret; b: finished_key; c: verify_data */
    STEP_TICKET,     /* a: ticket_nonce; b: the PSK */
    STEP_CLEAR,      /* a: content, "" for the messages constructed since; b: the record's header */
    STEP_RECORD      /* a: content, the same way; b: the protected record */
};

struct rfc8448_step {
    enum rfc8448_kind kind;
    const char *name, *a, *b, *c;
};

typedef struct rfc8448_trace {
    const char *name;
    const struct rfc8448_step *steps;
    size_t count;
} rfc8448_trace;

#define RFC8448_TRACES 5
extern const rfc8448_trace rfc8448_traces[RFC8448_TRACES];

#endif
