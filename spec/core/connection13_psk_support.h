/* connection13_psk_support.h - what connection13_psk_test.c and connection13_early_test.c share: a
 * client that has got a session, from a server that finds it again in one of three ways. */
#ifndef CONNECTION13_PSK_SUPPORT_H
#define CONNECTION13_PSK_SUPPORT_H

#include "connection13_support.h"

static pair p;

enum store { BY_TICKET, BY_CACHE, BY_HANDLER, STORES };
static const char *const store_names[STORES] = {"by ticket", "by cache", "by handler"};

/* keep_and_load is the server's own store, of one session. */
static inline int
keep_and_load(side *s, const tls_question *q)
{
    tls_session_info info;

    switch (q->decision) {
    case TLS_DECISION_SESSION_STORE:
        tls_session_release(p.stored);
        p.stored = tls_session_retain(q->u.session_store.session);
        return 0;
    case TLS_DECISION_SESSION_LOAD:
        if (p.stored == NULL)
            return tls_connection_answer_session(s->c, NULL) == TLS_OK;
        tls_session_get_info(p.stored, &info);
        return tls_connection_answer_session(s->c,
                   tls_bytes_equal(info.id, q->u.session_load.session_id) ? p.stored : NULL) ==
               TLS_OK;
    default:
        return 0;
    }
}

static inline void
use_store(enum store store)
{
    p.server_options.ticket_count = 1;
    if (store == BY_TICKET) {
        check(tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now) == TLS_OK,
            "ticket keys", "made");
    } else if (store == BY_CACHE) {
        p.server_options.session_cache_size = 8;
    } else {
        p.server_connection.decision_mask |=
            1u << TLS_DECISION_SESSION_STORE | 1u << TLS_DECISION_SESSION_LOAD;
        p.server.answer = keep_and_load;
    }
}

static inline void
done(void)
{
    forget_session(&p);
    pair_free(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
}

/* begin makes a pair whose client has just got a session. */
static inline void
begin(enum store store, const char *what, void (*change)(void))
{
    pair_init(&p, &identities[P256]);
    use_store(store);
    if (change != NULL)
        change();
    handshake(&p, what, TLS_VERSION_13);
    pair_pump(&p);
    check(!info_of(&p.client).resumed, what, "a full handshake first");
    check(resume_next(&p), what, "a session");
}

#endif
