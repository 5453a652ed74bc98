/* resumption.h - a client that has got a session, from a server that finds it again in one of three
 * ways. */
#ifndef RESUMPTION_H
#define RESUMPTION_H

#include "support/pair.h"

enum store { BY_TICKET, BY_CACHE, BY_HANDLER, STORES };
extern const char *const store_names[STORES];

/* resumption_begin makes a pair whose client has just got a session. */
void resumption_begin(pair *p, enum store store, const char *what, void (*change)(void));

void resumption_end(pair *p);

/* resumption_keep_and_load, as a server's `answer`, is its own store, of one session. */
int resumption_keep_and_load(side *s, const tls_question *q);

#endif
