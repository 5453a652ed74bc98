/* hostile13_after_test.c - a TLS 1.3 peer that breaks the rules once the handshake is over (RFC
 * 8446 section 4.6): tickets, key updates, authentication that comes late, and what has no place
 * there at all. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"
#include "support/exact_bytes.h"
#include "support/inside.h"

/* ---- Tickets ---- */

static const deviation tickets[] = {
    {"honest", EXTENSION('T', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"early_data", EXTENSION('T', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA), BYTES("\0\0\1\0"),
        TLS_OK},
    {"early_data without a number", EXTENSION('T', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA), NO_BYTES,
        TLS_REASON_DECODE},
    {"early_data of five bytes", EXTENSION('T', BLOCK_FIRST, TLS_EXTENSION_EARLY_DATA),
        BYTES("\0\0\0\1\0"), TLS_REASON_DECODE},
    {"an unknown extension", EXTENSION('T', BLOCK_FIRST, 0x1234), BYTES("x"), TLS_OK},
    {"a GREASE extension", EXTENSION('T', BLOCK_FIRST, 0x2A2A), NO_BYTES, TLS_OK},
};

static struct {
    uint32_t lifetime;
    tls_bytes nonce, ticket;
} ticket_fields;

static void
set_ticket(peer *p, char letter, void *message)
{
    tls_new_session_ticket *ticket = &((tls_message *)message)->u.new_session_ticket;

    (void)p;
    if (letter != 'T')
        return;
    ticket->lifetime = ticket_fields.lifetime;
    ticket->nonce = ticket_fields.nonce;
    ticket->ticket = ticket_fields.ticket;
}

static void
ticket_values(const peer_world *w)
{
    unsigned char *bytes = allocate(65535);
    const struct {
        const char *name;
        uint32_t lifetime;
        size_t nonce, ticket;
        enum tls_reason reason;
        int session; /* something to resume is left */
    } cases[] = {
        {"a week", 604800, 1, 32, TLS_OK, 1},
        {"a week and a second", 604801, 1, 32, TLS_REASON_ILLEGAL_PARAMETER, 0},
        {"2^32 - 1 seconds", UINT32_MAX, 1, 32, TLS_REASON_ILLEGAL_PARAMETER, 0},
        {"no lifetime", 0, 1, 32, TLS_OK, 0},
        {"no nonce", 7200, 0, 32, TLS_OK, 1},
        {"a nonce of 255 bytes", 7200, 255, 32, TLS_OK, 1},
        {"no ticket", 7200, 1, 0, TLS_REASON_DECODE, 0},
        {"a ticket of 16000 bytes", 7200, 1, 16000, TLS_OK, 1},
        {"a ticket that fits no ClientHello", 7200, 1, 65535, TLS_OK, 0},
    };
    size_t i;
    peer p;

    memset(bytes, 't', 65535);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tls_session *session;

        check_about("NewSessionTicket: %s", cases[i].name);
        peer_open(&p, w, TLS_ROLE_SERVER);
        ticket_fields.lifetime = cases[i].lifetime;
        ticket_fields.nonce = tls_bytes_make(bytes, cases[i].nonce);
        ticket_fields.ticket = tls_bytes_make(bytes, cases[i].ticket);
        p.fields = set_ticket;
        peer_judge(&p, "SECVFT", cases[i].reason);
        session = tls_connection_session(p.victim);
        if (cases[i].reason == TLS_OK)
            check((session != NULL) == cases[i].session, "a session, or none");
        peer_close(&p);
        if (session != NULL) {
            /* Whatever it is, it must not keep the client from the next handshake. */
            peer_open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
            peer_judge(&p, "SECVF", TLS_OK);
            peer_close(&p);
        }
        tls_session_release(session);
    }
    free(bytes);
}

/* ---- Lengths ---- */

static size_t keep;
static char cut_letter;
static int was_cut;

static void
cut_message(peer *p, char letter, tls_buffer *message)
{
    (void)p;
    was_cut = message->length - TLS_HANDSHAKE_HEADER_LENGTH > keep;
    if (letter != cut_letter || !was_cut)
        return;
    message->length = TLS_HANDSHAKE_HEADER_LENGTH + keep;
    tls_put24(message->data + 1, (uint32_t)keep);
}

static void
prefixes(const peer_world *w, enum tls_role role, const char *script, char letter)
{
    peer p;

    was_cut = 1;
    cut_letter = letter;
    for (keep = 0;; keep++) {
        check_about("%u bytes of %c", (unsigned)keep, letter);
        peer_open(&p, w, role);
        peer_play(&p, script);
        p.edit = cut_message;
        peer_say(&p, letter, 0);
        if (was_cut)
            peer_refuses(&p, TLS_REASON_DECODE);
        else
            peer_goes_on(&p, 1);
        peer_close(&p);
        if (!was_cut)
            return;
    }
}

/* ---- Key updates ---- */

static void
set_update(peer *p, char letter, tls_buffer *message)
{
    if (letter == 'U')
        message->data[TLS_HANDSHAKE_HEADER_LENGTH] = (unsigned char)p->parameter;
}

static void
add_byte(peer *p, char letter, tls_buffer *message)
{
    (void)p;
    if (letter != 'U')
        return;
    tls_write_u8(message, 0);
    tls_put24(message->data + 1, 2);
}

static void
updates(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
    } sides[] = {{TLS_ROLE_SERVER, "SECVF"}, {TLS_ROLE_CLIENT, "KF"}};
    static const int values[] = {2, 3, 255};
    size_t i, j;
    int n;
    peer p;

    for (i = 0; i < 2; i++) {
        for (j = 0; j < 3; j++) {
            check_about("KeyUpdate %d behind %s", values[j], sides[i].script);
            peer_open(&p, w, sides[i].role);
            p.edit = set_update;
            p.parameter = values[j];
            peer_play(&p, sides[i].script);
            peer_judge(&p, "U", TLS_REASON_ILLEGAL_PARAMETER);
            peer_close(&p);
        }
        check_about("KeyUpdate of two bytes behind %s", sides[i].script);
        peer_open(&p, w, sides[i].role);
        p.edit = add_byte;
        peer_play(&p, sides[i].script);
        peer_judge(&p, "U", TLS_REASON_DECODE);
        peer_close(&p);

        check_about("the old key after KeyUpdate behind %s", sides[i].script);
        peer_open(&p, w, sides[i].role);
        peer_play(&p, sides[i].script);
        {
            tls_record_sealer old = p.sealer;

            old.protection.aead.sequence++;
            peer_play(&p, "U");
            p.sealer = old;
        }
        peer_judge(&p, "d", TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        check_about("the next key without KeyUpdate behind %s", sides[i].script);
        peer_open(&p, w, sides[i].role);
        peer_play(&p, sides[i].script);
        peer_change_keys(&p, 'U');
        peer_flush(&p);
        peer_judge(&p, "d", TLS_REASON_BAD_RECORD_MAC);
        peer_close(&p);

        /* Each that is asked for is answered at most once, and everybody still understands
         * everybody. */
        check_about("KeyUpdates that ask for more behind %s", sides[i].script);
        peer_open(&p, w, sides[i].role);
        peer_play(&p, sides[i].script);
        p.request_update = 1;
        for (n = 0; n < 100; n++)
            peer_play(&p, "Ud");
        peer_goes_on(&p, 1);
        check(p.data_read == 400, "all data came");
        check(told(p.victim).key_updates_received == 100 && told(p.victim).key_updates_sent <= 100,
            "and all updates");
        check(told(p.victim).key_updates_sent > 0, "and some were answered");
        peer_close(&p);
    }
    check_about("KeyUpdate inside of a handshake");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_judge(&p, "SUECVF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
    check_about("KeyUpdate inside of a handshake, to a server");
    peer_open(&p, w, TLS_ROLE_CLIENT);
    peer_judge(&p, "KUF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

/* ---- Floods ---- */

static void
floods(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script, *again;
        int request;
    } cases[] = {
        {TLS_ROLE_SERVER, "SECVF", "T", 0},
        {TLS_ROLE_SERVER, "SECVF", "U", 0},
        {TLS_ROLE_SERVER, "SECVF", "U", 1},
        {TLS_ROLE_SERVER, "SECVF", "TU", 0},
        {TLS_ROLE_CLIENT, "KF", "U", 0},
        {TLS_ROLE_CLIENT, "KF", "U", 1},
    };
    size_t i;
    int n;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("%s without end behind %s", cases[i].again, cases[i].script);
        peer_open(&p, w, cases[i].role);
        p.request_update = cases[i].request;
        peer_play(&p, cases[i].script);
        for (n = 0; n + (int)strlen(cases[i].again) <= TLS_IDLE_RECORDS_MAXIMUM;
             n += (int)strlen(cases[i].again))
            peer_play(&p, cases[i].again);
        peer_goes_on(&p, 1);
        peer_judge(&p, cases[i].again, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);

        check_about("%s and data without end behind %s", cases[i].again, cases[i].script);
        peer_open(&p, w, cases[i].role);
        p.request_update = cases[i].request;
        peer_play(&p, cases[i].script);
        for (n = 0; n < 3 * TLS_IDLE_RECORDS_MAXIMUM; n++) {
            peer_play(&p, cases[i].again);
            if (n % 8 == 0)
                peer_play(&p, "d");
        }
        peer_goes_on(&p, 1);
        peer_close(&p);
    }
}

/* ---- What has no place ---- */

static void
strangers(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
    } cases[] = {
        {TLS_ROLE_SERVER, "SECVFS"},
        {TLS_ROLE_SERVER, "SECVFE"},
        {TLS_ROLE_SERVER, "SECVFR"},
        {TLS_ROLE_SERVER, "SECVFC"},
        {TLS_ROLE_SERVER, "SECVFV"},
        {TLS_ROLE_SERVER, "SECVFF"},
        {TLS_ROLE_SERVER, "SECVFD"},
        {TLS_ROLE_CLIENT, "KFK"},
        {TLS_ROLE_CLIENT, "KFC"},
        {TLS_ROLE_CLIENT, "KFV"},
        {TLS_ROLE_CLIENT, "KFF"},
        {TLS_ROLE_CLIENT, "KFD"},
        {TLS_ROLE_CLIENT, "KFT"},
        {TLS_ROLE_CLIENT, "KFE"},
        {TLS_ROLE_CLIENT, "KFR"},
        {TLS_ROLE_SERVER, "SETCVF"},
        {TLS_ROLE_SERVER, "STECVF"},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("%s", cases[i].script);
        peer_open(&p, w, cases[i].role);
        peer_judge(&p, cases[i].script, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
    for (i = 0; i < 2; i++) {
        check_about("HelloRequest to a %s", i ? "server" : "client");
        peer_open(&p, w, i ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER);
        peer_play(&p, i ? "KF" : "SECVF");
        peer_send_record(&p, TLS_CONTENT_HANDSHAKE, "\0\0\0\0", 4);
        peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
}

/* ---- A client that is asked late (section 4.6.2) ---- */

static void
with_late_authentication(tls_context_options *client, tls_context_options *server)
{
    client->post_handshake_auth = 1;
    server->verify = TLS_VERIFY_OPTIONAL;
}

static void
ask(peer *p, const char *context)
{
    tls_buffer_clear(&p->context);
    tls_buffer_append(&p->context, context, strlen(context));
}

/* ended: what the victim said last. */
static int
ended(const peer *p, const char *letters)
{
    size_t length = strlen(letters);

    return p->heard_count >= length &&
           memcmp(p->heard + p->heard_count - length, letters, length) == 0;
}

static void
late_requests(const peer_world *w)
{
    size_t said;
    int n;
    peer p;

    check_about("a late CertificateRequest");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVFT");
    ask(&p, "one");
    peer_play(&p, "R");
    peer_goes_on(&p, 1);
    check(ended(&p, "FCVF"), "is answered");
    ask(&p, "two");
    peer_play(&p, "UdR");
    check(ended(&p, "FCVF") && p.heard_count > 8, "and another is, under other keys");
    peer_play(&p, "d");
    peer_goes_on(&p, 1);
    peer_close(&p);

    /* No key changes here, so it may share its record. */
    check_about("a late CertificateRequest and a ticket in one record");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVF");
    ask(&p, "one");
    peer_play(&p, "R+T");
    peer_goes_on(&p, 1);
    check(ended(&p, "FCVF"), "the request is answered");
    p.session = NULL;
    {
        tls_session *session = tls_connection_session(p.victim);

        check(session != NULL, "and the ticket is kept");
        tls_session_release(session);
    }
    peer_close(&p);

    check_about("a late CertificateRequest without a context");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVF");
    peer_judge(&p, "R", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);

    check_about("a late CertificateRequest without signature_algorithms");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_change_block(&p, 'R', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS, NULL, 0);
    peer_change_block(&p, 'R', BLOCK_LAST, 0x1234, NULL, 0);
    peer_play(&p, "SECVF");
    ask(&p, "one");
    peer_judge(&p, "R", TLS_REASON_MISSING_EXTENSION);
    peer_close(&p);

    check_about("late CertificateRequests without end");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVF");
    ask(&p, "one");
    for (n = 0; n < TLS_IDLE_RECORDS_MAXIMUM; n++)
        peer_play(&p, "R");
    peer_goes_on(&p, 1);
    peer_judge(&p, "R", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);

    /* Section 6.1: nothing follows close_notify. */
    check_about("a late CertificateRequest after our close_notify");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_play(&p, "SECVF");
    ask(&p, "one");
    tls_connection_close(p.victim);
    peer_take_output(&p);
    check(p.alerts == 1 && p.alert == TLS_ALERT_CLOSE_NOTIFY, "close_notify");
    said = p.heard_count;
    p.request_update = 1;
    peer_play(&p, "RUT");
    peer_take_output(&p);
    check(p.heard_count == said && p.after_alert == 0, "nothing is said any more");
    check(tls_connection_failure(p.victim) == TLS_OK, "and nothing is wrong");
    peer_play(&p, "d");
    check(p.data_read == 4, "data is still read");
    peer_close(&p);
}

/* ---- A server that asks late ---- */

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

int
main(void)
{
    peer_world w;

    make_materials();
    peer_world_open(&w, NULL);
    RUN(&w, TLS_ROLE_SERVER, "NewSessionTicket", "SECVFT", tickets, NULL);
    peer_misplaced(&w, TLS_ROLE_SERVER, 'T', "SECVFT", 0);
    ticket_values(&w);
    prefixes(&w, TLS_ROLE_SERVER, "SECVF", 'T');
    prefixes(&w, TLS_ROLE_SERVER, "SECVF", 'U');
    prefixes(&w, TLS_ROLE_CLIENT, "KF", 'U');
    updates(&w);
    floods(&w);
    strangers(&w);
    peer_world_close(&w);
    peer_world_open(&w, with_late_authentication);
    late_requests(&w);
    late_answers(&w);
    peer_world_close(&w);
    release_materials();
    return check_end();
}
