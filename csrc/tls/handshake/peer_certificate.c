/* peer_certificate.c - see peer_certificate.h. */
#include "handshake/peer_certificate.h"

#include <string.h>

#include "x509/ocsp.h"
#include "connection/renegotiation.h"

/* ---- Claimed and proven ---- */

void
tls_peer_clear(tls_peer *peer)
{
    tls_certificate_list_release(peer->chain);
    tls_buffer_release(&peer->psk_identity);
    tls_buffer_release(&peer->ocsp_response);
    tls_buffer_release(&peer->signed_certificate_timestamps);
    memset(peer, 0, sizeof *peer);
}

void
tls_peer_move(tls_peer *to, tls_peer *from)
{
    tls_peer_clear(to);
    *to = *from;
    memset(from, 0, sizeof *from);
}

enum tls_reason
tls_connection_claim_session(
    tls_connection *c, const tls_session *session, enum tls_verification_level level)
{
    c->claimed.level = level;
    if (session->peer_chain == NULL)
        return TLS_OK;
    return tls_connection_set_chain(
        &c->claimed.chain, session->peer_chain->items, session->peer_chain->count);
}

void
tls_connection_prove_peer(tls_connection *c)
{
    /* A client that authenticates late does not change how the first handshake was keyed. */
    if (c->peer.psk) {
        c->claimed.psk = 1;
        tls_buffer_release(&c->claimed.psk_identity);
        c->claimed.psk_identity = c->peer.psk_identity;
        memset(&c->peer.psk_identity, 0, sizeof c->peer.psk_identity);
    }
    tls_peer_move(&c->peer, &c->claimed);
}

void
tls_connection_disown_peer(tls_connection *c, enum tls_reason reason)
{
    enum tls_reason verdict = c->claimed.verdict != TLS_OK ? c->claimed.verdict : reason;

    tls_peer_clear(&c->claimed);
    tls_peer_clear(&c->peer);
    c->peer.verdict = verdict;
    if (c->renegotiation != NULL)
        tls_renegotiation_disown_peer(c->renegotiation, verdict);
    tls_session_release(c->session);
    c->session = NULL;
}

/* ---- The chain ---- */

enum tls_reason
tls_connection_take_chain(tls_connection *c, const tls_certificate_message *message)
{
    tls_certificate *items[TLS_CHAIN_MAXIMUM];
    enum tls_reason reason = TLS_OK;
    tls_certificate_entry entry;
    tls_reader reader;
    size_t count = 0, i;

    if (message->certificate_count > TLS_CHAIN_MAXIMUM)
        return TLS_REASON_LIMIT;
    tls_reader_init(&reader, message->certificate_list);
    while (reason == TLS_OK && tls_certificate_next(&reader, &entry, message->is_13)) {
        reason = tls_certificate_from_der(&items[count], entry.certificate);
        if (reason == TLS_OK)
            count++;
    }
    if (reason == TLS_OK)
        reason = tls_connection_set_chain(&c->claimed.chain, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    return reason;
}

static void
judge(tls_connection *c, tls_verdict *verdict)
{
    const tls_ocsp_response *stapled;
    tls_ocsp_response *response = NULL;
    enum tls_reason unreadable = TLS_OK;
    tls_verify_request request;

    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)c->claimed.chain->items;
    request.count = c->claimed.chain->count;
    request.trust = c->context->trust;
    request.time = tls_context_now(c->context);
    request.depth = c->context->verify_depth;
    request.purpose = c->role == TLS_ROLE_CLIENT ? TLS_PURPOSE_SERVER : TLS_PURPOSE_CLIENT;
    if (c->role == TLS_ROLE_CLIENT && c->server_name[0] != '\0')
        request.server_name = c->server_name;
    request.no_server_name = request.server_name == NULL;
    request.clock_skew = c->context->clock_skew;
    request.crls = (const tls_crl *const *)c->context->crls;
    request.crl_count = c->context->crl_count;
    request.revocation = c->context->revocation;
    request.staple = c->context->staple;
    request.pins = (const unsigned char(*)[TLS_PIN_LENGTH])c->context->pins;
    request.pin_count = c->context->pin_count;
    if (c->claimed.ocsp_response.length > 0)
        unreadable =
            tls_ocsp_response_from_der(&response, tls_buffer_view(&c->claimed.ocsp_response));
    stapled = response;
    request.ocsp_responses = &stapled;
    request.ocsp_response_count = response != NULL;
    /* RFC 7633 section 4.2.2: what was not asked for need not come. */
    if (c->role == TLS_ROLE_CLIENT && !c->context->no_status_request && unreadable == TLS_OK &&
        request.staple == TLS_STAPLE_NOT_NEEDED)
        request.staple = TLS_STAPLE_IF_MUST;
    if (tls_verify(verdict, &request) == TLS_OK && unreadable != TLS_OK) {
        static const char text[] = "the OCSP response that the server stapled cannot be parsed";

        verdict->reason = unreadable;
        if (unreadable == TLS_REASON_BAD_OCSP_RESPONSE)
            memcpy(verdict->text, text, sizeof text);
    }
    c->claimed.verdict = verdict->reason;
    tls_ocsp_response_release(response);
}

/* takes_any: a client that wants no verification. A server of that mode asks nobody during the
 * handshake: what it asked for afterwards must verify. */
static int
takes_any(const tls_connection *c)
{
    return c->verify == TLS_VERIFY_NONE && c->role == TLS_ROLE_CLIENT;
}

/* apply_verdict is what happens when no handler says otherwise. */
static enum tls_reason
apply_verdict(tls_connection *c, const tls_verdict *verdict)
{
    if (verdict->reason == TLS_OK) {
        c->claimed.level = TLS_LEVEL_VERIFIED;
        return TLS_OK;
    }
    if (takes_any(c) || (c->verify == TLS_VERIFY_OPTIONAL && c->role == TLS_ROLE_CLIENT))
        return TLS_OK;
    if (verdict->text[0] != '\0')
        tls_connection_explain(c, verdict->text);
    return verdict->reason;
}

enum tls_reason
tls_connection_decide_verify(tls_connection *c, tls_verdict *verdict, int *ready)
{
    tls_answer *answer = tls_connection_take_answer(c);
    enum tls_reason reason = TLS_OK;

    if (answer == NULL) {
        if (takes_any(c) && !tls_connection_decides(c, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return TLS_OK;
        }
        judge(c, verdict);
        if (!tls_connection_decides(c, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return apply_verdict(c, verdict);
        }
        c->question.u.verify.chain = (const tls_certificate *const *)c->claimed.chain->items;
        c->question.u.verify.chain_count = c->claimed.chain->count;
        c->question.u.verify.verdict = verdict;
        c->question.u.verify.server_name = c->server_name;
        tls_connection_ask(c, TLS_DECISION_VERIFY);
        return TLS_OK;
    }
    *ready = 1;
    if (answer->is_default)
        reason = apply_verdict(c, verdict);
    else if (answer->verify == TLS_OK)
        c->claimed.level = verdict->reason == TLS_OK ? TLS_LEVEL_VERIFIED : TLS_LEVEL_ACCEPTED;
    else
        reason = answer->verify;
    tls_connection_answer_clear(c);
    return reason;
}
