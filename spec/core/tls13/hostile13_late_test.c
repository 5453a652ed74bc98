/* hostile13_late_test.c - who is named, and when (RFC 8446 sections 4.4 and 4.6.2): a peer that
 * shows a certificate and does not prove that it is its own, in a late authentication of a client
 * and in the handshake itself. */
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/inside.h"
#include "support/resumption.h"

static void
with_late_authentication(tls_context_options *client, tls_context_options *server)
{
    client->post_handshake_auth = 1;
    server->verify = TLS_VERIFY_OPTIONAL;
}

/* ---- What a late answer may be ---- */

static void
open_asked(peer *p, const peer_world *w, const char *what)
{
    check_about("%s", what);
    peer_open(p, w, TLS_ROLE_CLIENT);
    peer_play(p, "K");
    /* The victim's mode asks in the handshake too. */
    p->chain_count = 0;
    peer_play(p, "CF");
    p->chain_count = 1;
    check(told(p->victim).established, "established");
    peer_take_output(p);
    check(tls_connection_request_certificate(p->victim) == TLS_OK, "asked");
    peer_take_output(p);
    check(p->requested && p->context.length > 0, "the request came");
}

static void
flip_last(peer *p, char letter, tls_buffer *message)
{
    if (letter == p->parameter)
        message->data[message->length - 1] ^= 1;
}

static void
late_answers(const peer_world *w)
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
        peer_judge(&p, cases[i].script, cases[i].reason);
        if (cases[i].reason == TLS_OK) {
            check(
                told(p.victim).peer_chain_count > 0 && inside_level(p.victim) == TLS_LEVEL_VERIFIED,
                "the client is known");
            peer_play(&p, "d");
            peer_goes_on(&p, 1);
        }
        peer_close(&p);
    }
    open_asked(&p, w, "a late certificate with another context");
    p.context.data[0] ^= 1;
    peer_judge(&p, "CVF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);

    open_asked(&p, w, "a late certificate without a context");
    tls_buffer_clear(&p.context);
    peer_judge(&p, "CVF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);

    open_asked(&p, w, "a late certificate with a wrong signature");
    p.edit = flip_last;
    p.parameter = 'V';
    peer_judge(&p, "CVF", TLS_REASON_BAD_SIGNATURE);
    peer_close(&p);

    open_asked(&p, w, "a late certificate with a wrong Finished");
    p.edit = flip_last;
    p.parameter = 'F';
    peer_judge(&p, "CVF", TLS_REASON_BAD_FINISHED);
    peer_close(&p);

    open_asked(&p, w, "a late certificate that nobody trusts");
    peer_present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    peer_judge(&p, "CVF", TLS_REASON_SELF_SIGNED);
    peer_close(&p);

    open_asked(&p, w, "no certificate, late");
    p.chain_count = 0;
    peer_judge(&p, "CF", TLS_OK);
    peer_close(&p);

    open_asked(&p, w, "no certificate, late, and CertificateVerify");
    p.chain_count = 0;
    peer_judge(&p, "CVF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
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
open_known(peer *p, const peer_world *w, const identity *before)
{
    peer_open(p, w, TLS_ROLE_CLIENT);
    peer_play(p, "K");
    if (before == NULL)
        p->chain_count = 0;
    else
        peer_present(p, before, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    peer_play(p, before == NULL ? "CF" : "CVF");
    check(named(p, before), "who it was");
    check(tls_connection_send_ticket(p->victim) == TLS_OK, "a ticket before");
    peer_take_output(p);
    check(tls_connection_request_certificate(p->victim) == TLS_OK, "asked");
    peer_take_output(p);
    peer_present(p, &materials.p384, TLS_SCHEME_ECDSA_SECP384R1_SHA384);
}

static void
wait_for_proof(const peer_world *w, const identity *before)
{
    static const char *const parts[] = {"", "C", "V"};
    tls_connection_info info;
    tls_session *session;
    size_t i;
    peer p;

    check_about("a late authentication of %s", before == NULL ? "a stranger" : "somebody known");
    open_known(&p, w, before);
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        peer_play(&p, parts[i]);
        check(named(&p, before), "still who it was");
        check(tls_connection_send_ticket(p.victim) == TLS_REASON_BUSY, "no ticket");
        check(tls_connection_request_certificate(p.victim) == TLS_REASON_BUSY, "no other request");
        tls_connection_get_info(p.victim, &info);
        check(info.authenticating && info.authentications == 0, "under way");
    }
    peer_play(&p, "F");
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
    peer_close(&p);

    check_about("%s declines", before == NULL ? "a stranger" : "somebody known");
    open_known(&p, w, before);
    p.chain_count = 0;
    peer_judge(&p, "CF", TLS_OK);
    tls_connection_get_info(p.victim, &info);
    check(!info.authenticating && info.declined && info.authentications == 0, "told");
    check(named(&p, before), "still who it was");
    check(tls_connection_send_ticket(p.victim) == TLS_OK, "a ticket");
    peer_close(&p);
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
    check(info.judged == (info.verdict != TLS_OK), "a verdict only on a bad chain");
    check(!info.resumable && session == NULL, "nothing to resume");
    tls_session_release(session);
}

static void
break_late(const peer_world *w, const identity *before)
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
        check_about("%s, late, %s", cases[i].script, tls_reason_code(cases[i].reason));
        open_known(&p, w, before);
        if (cases[i].flip != 0) {
            p.edit = flip_last;
            p.parameter = cases[i].flip;
        }
        peer_play(&p, cases[i].script);
        if (cases[i].reason == TLS_REASON_TRUNCATED) {
            tls_connection_feed_end(p.victim);
            peer_settle(&p);
        }
        nobody(&p, cases[i].reason);
        peer_close(&p);
    }
    check_about("closed in a late authentication");
    open_known(&p, w, before);
    peer_play(&p, "CV");
    tls_connection_close(p.victim);
    check(named(&p, before), "still who it was");
    tls_connection_end(p.victim);
    check(named(&p, before), "and at the end");
    peer_close(&p);
}

/* ---- In the first handshake ---- */

static void
first_handshake(const peer_world *w, enum tls_role role, const char *script)
{
    size_t count = strlen(script), i;
    char one[2] = {0};
    peer p;

    check_about("the first handshake, a hostile %s", role == TLS_ROLE_CLIENT ? "client" : "server");
    peer_open(&p, w, role);
    for (i = 0; i < count; i++) {
        check(named(&p, NULL), "nobody yet");
        one[0] = script[i];
        peer_play(&p, one);
    }
    check(named(&p, &materials.ec), "named at the end");
    peer_close(&p);

    for (i = 0; i < 2; i++) {
        check_about("the first handshake, a hostile %s, a wrong %s",
            role == TLS_ROLE_CLIENT ? "client" : "server", i == 0 ? "signature" : "Finished");
        peer_open(&p, w, role);
        p.edit = flip_last;
        p.parameter = i == 0 ? 'V' : 'F';
        peer_play(&p, script);
        nobody(&p, i == 0 ? TLS_REASON_BAD_SIGNATURE : TLS_REASON_BAD_FINISHED);
        peer_close(&p);
    }
}

/* resumption: the session names the peer; that it has the session is proven by Finished. */
static void
resumption(const peer_world *w)
{
    tls_session *session = peer_world_session(w);
    peer p;

    check_about("resumption, a hostile server");
    peer_open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    peer_play(&p, "SE");
    check(named(&p, NULL), "nobody yet");
    peer_play(&p, "F");
    check(named(&p, &materials.ec), "named at the end");
    peer_close(&p);

    check_about("resumption, a hostile server, a wrong Finished");
    peer_open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    p.edit = flip_last;
    p.parameter = 'F';
    peer_play(&p, "SEF");
    nobody(&p, TLS_REASON_BAD_FINISHED);
    peer_close(&p);
    tls_session_release(session);
}

int
main(void)
{
    peer_world w;

    make_materials();
    peer_world_open(&w, with_late_authentication);
    late_answers(&w);
    wait_for_proof(&w, NULL);
    wait_for_proof(&w, &materials.ec);
    break_late(&w, NULL);
    break_late(&w, &materials.ec);
    first_handshake(&w, TLS_ROLE_CLIENT, "KCVF");
    first_handshake(&w, TLS_ROLE_SERVER, "SECVF");
    resumption(&w);
    peer_world_close(&w);
    release_materials();
    return check_end();
}
