/* resumption.c - the three ways, and a first handshake. */
#include "support/check.h"
#include "support/resumption.h"

const char *const store_names[STORES] = {"by ticket", "by cache", "by handler"};

int
resumption_keep_and_load(side *s, const tls_question *q)
{
    pair *p = s->data_of_test;
    tls_session_info info;

    switch (q->decision) {
    case TLS_DECISION_SESSION_STORE:
        tls_session_release(p->stored);
        p->stored = tls_session_retain(q->u.session_store.session);
        return 0;
    case TLS_DECISION_SESSION_LOAD:
        if (p->stored == NULL)
            return tls_connection_answer_session(s->c, NULL) == TLS_OK;
        tls_session_get_info(p->stored, &info);
        return tls_connection_answer_session(s->c,
                   tls_bytes_equal(info.id, q->u.session_load.session_id) ? p->stored : NULL) ==
               TLS_OK;
    default:
        return 0;
    }
}

static void
use_store(pair *p, enum store store)
{
    p->server.data_of_test = p;
    p->server_options.ticket_count = 1;
    if (store == BY_TICKET) {
        check(tls_ticket_keys_new(&p->server_options.ticket_keys, 0, 0, clock_now) == TLS_OK,
            "ticket keys: made");
    } else if (store == BY_CACHE) {
        p->server_options.session_cache_size = 8;
    } else {
        p->server_connection.decision_mask |=
            1u << TLS_DECISION_SESSION_STORE | 1u << TLS_DECISION_SESSION_LOAD;
        p->server.answer = resumption_keep_and_load;
    }
}

void
resumption_end(pair *p)
{
    forget_session(p);
    pair_free(p);
    tls_ticket_keys_release(p->server_options.ticket_keys);
}

void
resumption_begin(pair *p, enum store store, const char *what, void (*change)(void))
{
    pair_init(p, &identities[P256]);
    use_store(p, store);
    if (change != NULL)
        change();
    handshake(p, what, TLS_VERSION_13);
    pair_pump(p);
    check(!info_of(&p->client).resumed, "%s: a full handshake first", what);
    check(resume_next(p), "%s: a session", what);
}
