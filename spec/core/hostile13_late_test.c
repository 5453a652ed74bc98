/* hostile13_late_test.c - who is named, and when (RFC 8446 sections 4.4 and 4.6.2): a peer that
 * shows a certificate and does not prove that it is its own, in a late authentication of a client
 * and in the handshake itself. */
#include "hostile13_cases.h"

static void
with_late_authentication(tls_context_options *client, tls_context_options *server)
{
    client->post_handshake_auth = 1;
    server->verify = TLS_VERIFY_OPTIONAL;
}

/* ---- What a late answer may be ---- */

static void
open_asked(peer *p, const world *w, const char *what)
{
    sprintf(current, "%s", what);
    open_peer(p, w, TLS_ROLE_CLIENT);
    play(p, "K");
    /* The victim's mode asks in the handshake too. */
    p->chain_count = 0;
    play(p, "CF");
    p->chain_count = 1;
    check(p->victim->established, "established");
    take_output(p);
    check(tls_connection_request_certificate(p->victim) == TLS_OK, "asked");
    take_output(p);
    check(p->requested && p->context.length > 0, "the request came");
}

static void
flip_last(peer *p, char letter, tls_buffer *message)
{
    if (letter == p->parameter)
        message->data[message->length - 1] ^= 1;
}

static void
late_answers(const world *w)
{
    static const struct {
        const char *name, *script;
        enum tls_reason reason;
    } cases[] = {
        {"a late certificate", "CVF", TLS_OK},
        {"a late certificate in one record", "C+V+F", TLS_OK},
        {"a late certificate and KeyUpdate in one record", "C+V+F+U", TLS_OK},
        {"data before a late certificate", "dCVF", TLS_OK},
        {"KeyUpdate before a late certificate", "UCVF", TLS_OK},
        {"data behind a late Certificate", "CdVF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"data behind a late CertificateVerify", "CVdF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"KeyUpdate behind a late Certificate", "CUVF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"ChangeCipherSpec behind a late Certificate", "CcVF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"no CertificateVerify behind a late Certificate", "CF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"a late CertificateVerify alone", "VF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"a late Finished alone", "F", TLS_REASON_UNEXPECTED_MESSAGE},
        {"a late Certificate twice", "CCVF", TLS_REASON_UNEXPECTED_MESSAGE},
        {"a late certificate once more", "CVFC", TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_asked(&p, w, cases[i].name);
        judge(&p, cases[i].script, cases[i].reason);
        if (cases[i].reason == TLS_OK) {
            check(p.victim->peer.chain != NULL && p.victim->peer.level == TLS_LEVEL_VERIFIED,
                "the client is known");
            play(&p, "d");
            goes_on(&p, 1);
        }
        close_peer(&p);
    }
    open_asked(&p, w, "a late certificate with another context");
    p.context.data[0] ^= 1;
    judge(&p, "CVF", TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);

    open_asked(&p, w, "a late certificate without a context");
    tls_buffer_clear(&p.context);
    judge(&p, "CVF", TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);

    open_asked(&p, w, "a late certificate with a wrong signature");
    p.edit = flip_last;
    p.parameter = 'V';
    judge(&p, "CVF", TLS_REASON_BAD_SIGNATURE);
    close_peer(&p);

    open_asked(&p, w, "a late certificate with a wrong Finished");
    p.edit = flip_last;
    p.parameter = 'F';
    judge(&p, "CVF", TLS_REASON_BAD_FINISHED);
    close_peer(&p);

    open_asked(&p, w, "a late certificate that nobody trusts");
    present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    judge(&p, "CVF", TLS_REASON_SELF_SIGNED);
    close_peer(&p);

    open_asked(&p, w, "no certificate, late");
    p.chain_count = 0;
    judge(&p, "CF", TLS_OK);
    close_peer(&p);

    open_asked(&p, w, "no certificate, late, and CertificateVerify");
    p.chain_count = 0;
    judge(&p, "CVF", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
}

/* ---- Who is named meanwhile ---- */

/* named: whether the victim names just this one, as verified, and keeps nobody else in its session.
 */
static int
named(const peer *p, const identity *who)
{
    tls_connection_info info;
    tls_session *session;
    tls_session_info kept;
    int ok;

    tls_connection_get_info(p->victim, &info);
    if (who == NULL) {
        ok = !info.peer_verified && info.peer_chain_count == 0 && info.peer_scheme == 0;
    } else {
        ok = info.peer_verified && info.peer_chain_count == who->list->count &&
             tls_bytes_equal(info.peer_chain[0]->der, who->list->items[0]->der);
    }
    session = tls_connection_session(p->victim);
    if (session != NULL) {
        tls_session_get_info(session, &kept);
        ok &= !kept.peer_verified ||
              (who != NULL && kept.peer_chain_count > 0 &&
                  tls_bytes_equal(kept.peer_chain[0]->der, who->list->items[0]->der));
        tls_session_release(session);
    }
    return ok;
}

/* open_known: established with `before` in the first handshake (NULL: without a certificate), and
 * asked again. */
static void
open_known(peer *p, const world *w, const identity *before)
{
    open_peer(p, w, TLS_ROLE_CLIENT);
    play(p, "K");
    if (before == NULL)
        p->chain_count = 0;
    else
        present(p, before, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    play(p, before == NULL ? "CF" : "CVF");
    check(named(p, before), "who it was");
    check(tls_connection_send_ticket(p->victim) == TLS_OK, "a ticket before");
    take_output(p);
    check(tls_connection_request_certificate(p->victim) == TLS_OK, "asked");
    take_output(p);
    present(p, &materials.p384, TLS_SCHEME_ECDSA_SECP384R1_SHA384);
}

static void
wait_for_proof(const world *w, const identity *before)
{
    static const char *const parts[] = {"", "C", "V"};
    tls_connection_info info;
    tls_session *session;
    size_t i;
    peer p;

    sprintf(
        current, "a late authentication of %s", before == NULL ? "a stranger" : "somebody known");
    open_known(&p, w, before);
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        play(&p, parts[i]);
        check(named(&p, before), "still who it was");
        check(tls_connection_send_ticket(p.victim) == TLS_REASON_BUSY, "no ticket");
        check(tls_connection_request_certificate(p.victim) == TLS_REASON_BUSY, "no other request");
        tls_connection_get_info(p.victim, &info);
        check(info.authenticating && info.authentications == 0, "under way");
    }
    play(&p, "F");
    tls_connection_get_info(p.victim, &info);
    check(!info.authenticating && info.authentications == 1 && !info.declined, "done");
    check(info.peer_verified && info.verdict == TLS_OK &&
              info.peer_scheme == TLS_SCHEME_ECDSA_SECP384R1_SHA384 &&
              tls_bytes_equal(info.peer_chain[0]->der, materials.p384.list->items[0]->der),
        "the new one");
    check(tls_connection_send_ticket(p.victim) == TLS_OK, "a ticket");
    session = tls_connection_session(p.victim);
    check(session != NULL && tls_bytes_equal(session->peer_chain->items[0]->der,
                                 materials.p384.list->items[0]->der),
        "for the new one");
    tls_session_release(session);
    close_peer(&p);

    sprintf(current, "%s declines", before == NULL ? "a stranger" : "somebody known");
    open_known(&p, w, before);
    p.chain_count = 0;
    judge(&p, "CF", TLS_OK);
    tls_connection_get_info(p.victim, &info);
    check(!info.authenticating && info.declined && info.authentications == 0, "told");
    check(named(&p, before), "still who it was");
    check(tls_connection_send_ticket(p.victim) == TLS_OK, "a ticket");
    close_peer(&p);
}

/* nobody: the handshake failed. */
static void
nobody(const peer *p, enum tls_reason reason)
{
    tls_connection_info info;
    tls_session *session = tls_connection_session(p->victim);

    tls_connection_get_info(p->victim, &info);
    check(tls_connection_failure(p->victim) == reason, "the failure");
    check(named(p, NULL), "nobody is named");
    check(info.verdict == reason, "the verdict says why");
    check(!info.resumable && session == NULL, "nothing to resume");
    tls_session_release(session);
}

static void
break_late(const world *w, const identity *before)
{
    static const struct {
        const char *script;
        char flip; /* the message whose last bit is wrong, 0: none, and the transport ends */
        enum tls_reason reason;
    } cases[] = {
        {"C", 0, TLS_REASON_TRUNCATED},
        {"CV", 0, TLS_REASON_TRUNCATED},
        {"CVF", 'V', TLS_REASON_BAD_SIGNATURE},
        {"CVF", 'F', TLS_REASON_BAD_FINISHED},
        {"CF", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"CVd", 0, TLS_REASON_UNEXPECTED_MESSAGE},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sprintf(current, "%s, late, %s", cases[i].script, tls_reason_code(cases[i].reason));
        open_known(&p, w, before);
        if (cases[i].flip != 0) {
            p.edit = flip_last;
            p.parameter = cases[i].flip;
        }
        play(&p, cases[i].script);
        if (cases[i].reason == TLS_REASON_TRUNCATED) {
            tls_connection_feed_end(p.victim);
            settle(&p);
        }
        nobody(&p, cases[i].reason);
        close_peer(&p);
    }
    sprintf(current, "closed in a late authentication");
    open_known(&p, w, before);
    play(&p, "CV");
    tls_connection_close(p.victim);
    check(named(&p, before), "still who it was");
    tls_connection_end(p.victim);
    check(named(&p, before), "and at the end");
    close_peer(&p);
}

/* ---- In the first handshake ---- */

static void
first_handshake(const world *w, enum tls_role role, const char *script)
{
    size_t count = strlen(script), i;
    char one[2] = {0};
    peer p;

    sprintf(current, "the first handshake, a hostile %s",
        role == TLS_ROLE_CLIENT ? "client" : "server");
    open_peer(&p, w, role);
    for (i = 0; i < count; i++) {
        check(named(&p, NULL), "nobody yet");
        one[0] = script[i];
        play(&p, one);
    }
    check(named(&p, &materials.ec), "named at the end");
    close_peer(&p);

    for (i = 0; i < 2; i++) {
        sprintf(current, "the first handshake, a hostile %s, a wrong %s",
            role == TLS_ROLE_CLIENT ? "client" : "server", i == 0 ? "signature" : "Finished");
        open_peer(&p, w, role);
        p.edit = flip_last;
        p.parameter = i == 0 ? 'V' : 'F';
        play(&p, script);
        nobody(&p, i == 0 ? TLS_REASON_BAD_SIGNATURE : TLS_REASON_BAD_FINISHED);
        close_peer(&p);
    }
}

/* resumption: the session names the peer; that it has the session is proven by Finished. */
static void
resumption(const world *w)
{
    tls_session *session = make_session(w);
    peer p;

    sprintf(current, "resumption, a hostile server");
    open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    play(&p, "SE");
    check(named(&p, NULL), "nobody yet");
    play(&p, "F");
    check(named(&p, &materials.ec), "named at the end");
    close_peer(&p);

    sprintf(current, "resumption, a hostile server, a wrong Finished");
    open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    p.edit = flip_last;
    p.parameter = 'F';
    play(&p, "SEF");
    nobody(&p, TLS_REASON_BAD_FINISHED);
    close_peer(&p);
    tls_session_release(session);
}

int
main(void)
{
    world w;

    make_materials();
    open_world(&w, with_late_authentication);
    late_answers(&w);
    wait_for_proof(&w, NULL);
    wait_for_proof(&w, &materials.ec);
    break_late(&w, NULL);
    break_late(&w, &materials.ec);
    first_handshake(&w, TLS_ROLE_CLIENT, "KCVF");
    first_handshake(&w, TLS_ROLE_SERVER, "SECVF");
    resumption(&w);
    close_world(&w);
    release_materials();
    return finish();
}
