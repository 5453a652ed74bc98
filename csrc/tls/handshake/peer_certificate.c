/* peer_certificate.c - see peer_certificate.h. */
#include "handshake/peer_certificate.h"

#include <string.h>

#include "handshake/ech.h"
#include "x509/ocsp.h"

enum tls_reason
tls_handshake_take_chain(tls_handshake *h, const tls_certificate_message *message)
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
        reason = tls_facts_set_chain(&h->facts.peer.chain, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    return reason;
}

/* server_name: whom the peer must prove to be (RFC 9849 section 6.1.7). */
static const char *
server_name(const tls_handshake *h)
{
    const char *public_name = tls_ech_public_name(h);

    return public_name != NULL ? public_name : h->host->server_name;
}

/* begin_request: all that the context says of verification, but for the stapled response. */
static void
begin_request(tls_handshake *h, tls_verify_request *request)
{
    const tls_context *context = h->host->context;
    tls_lists lists = tls_host_lists(h->host);

    memset(request, 0, sizeof *request);
    request->chain = (const tls_certificate *const *)h->facts.peer.chain->items;
    request->count = h->facts.peer.chain->count;
    request->trust = context->trust;
    request->time = tls_context_now(context);
    request->verify_depth = context->verify_depth;
    request->no_intermediates = context->verify_depth == 0;
    request->purpose = h->host->role == TLS_ROLE_CLIENT ? TLS_PURPOSE_SERVER : TLS_PURPOSE_CLIENT;
    if (h->host->role == TLS_ROLE_CLIENT && server_name(h)[0] != '\0')
        request->server_name = server_name(h);
    request->no_server_name = request->server_name == NULL;
    request->clock_skew = context->clock_skew;
    request->crls = (const tls_crl *const *)context->crls;
    request->crl_count = context->crl_count;
    request->revocation = context->revocation;
    request->staple = context->staple;
    request->pins = (const unsigned char(*)[TLS_PIN_LENGTH])lists.pins;
    /* Pins are of the server behind, which is not the one that rejects its hello. */
    request->pin_count = tls_ech_rejected(h) ? 0 : lists.pin_count;
    request->budget = &h->budget;
}

/* verify_chain fills h->verdict. demands_only: see verify.h. */
static void
verify_chain(tls_handshake *h, int demands_only)
{
    const tls_context *context = h->host->context;
    tls_verdict *verdict = &h->verdict;
    const tls_ocsp_response *stapled;
    tls_ocsp_response *response = NULL;
    enum tls_reason unreadable = TLS_OK;
    tls_verify_request request;
    int cached = h->facts.peer.verdict_cached;
    /* Where only demands count, a response is looked at when the status is demanded. */
    int uses_staple = !demands_only || tls_staple_demanded(context->staple) ||
                      context->crl_count > 0 || context->revocation != TLS_REVOCATION_IF_KNOWN;

    begin_request(h, &request);
    request.demands_only = demands_only;
    if (uses_staple && h->facts.peer.ocsp_response.length > 0)
        unreadable =
            tls_ocsp_response_from_der(&response, tls_buffer_view(&h->facts.peer.ocsp_response));
    stapled = response;
    request.ocsp_responses = &stapled;
    request.ocsp_response_count = response != NULL;
    /* RFC 7633 section 4.2.2: what was not asked for need not come. */
    if (h->host->role == TLS_ROLE_CLIENT && unreadable == TLS_OK &&
        request.staple == TLS_STAPLE_DEFAULT && !demands_only)
        request.staple = TLS_STAPLE_IF_MUST;
    if (tls_verify_cached(unreadable == TLS_OK ? context->verdicts : NULL, verdict, &request,
            &cached) == TLS_OK &&
        unreadable != TLS_OK) {
        static const char text[] = "the OCSP response that the server stapled cannot be parsed";

        verdict->reason = unreadable;
        if (unreadable == TLS_REASON_BAD_OCSP_RESPONSE)
            memcpy(verdict->text, text, sizeof text);
    }
    h->facts.peer.verdict_cached = (unsigned char)cached;
    tls_ocsp_response_release(response);
}

/* valid_until is when the first certificate of the path ends. */
static int64_t
valid_until(const tls_verdict *verdict)
{
    int64_t until = INT64_MAX;
    size_t i;

    for (i = 0; i < verdict->path_count; i++)
        if (verdict->path[i]->not_after < until)
            until = verdict->path[i]->not_after;
    return until;
}

/* judge notes by what it judges together with the verdict: the trust store may be another one when
 * a session is made of it. */
static enum tls_reason
judge(tls_handshake *h)
{
    tls_peer *peer = &h->facts.peer;
    tls_lists lists = tls_host_lists(h->host);

    verify_chain(h, 0);
    peer->judged = 1;
    peer->verdict = h->verdict.reason;
    peer->valid_until = valid_until(&h->verdict);
    tls_context_judge(h->host->context, peer->judge, &lists);
    tls_handshake_fix_policy(h);
    /* The store's certificates are counted too: it may be loaded anew while the connection lasts.
     */
    return tls_facts_set_chain(&peer->path, (tls_certificate *const *)h->verdict.path,
        h->verdict.reason == TLS_OK ? h->verdict.path_count : 0);
}

/* has_pin: whether the key is one that is pinned. */
static int
has_pin(const tls_lists *lists, tls_bytes key_info)
{
    unsigned char hash[TLS_FINGERPRINT_MAXIMUM];
    size_t i;

    (void)tls_fingerprint(hash, TLS_HASH_SHA256, key_info);
    for (i = 0; i < lists->pin_count; i++)
        if (memcmp(hash, lists->pins[i], TLS_PIN_LENGTH) == 0)
            return 1;
    return 0;
}

/* judge_key judges a raw public key: nobody vouches for it but the pins (RFC 7250 section 6). */
static void
judge_key(tls_handshake *h)
{
    static const char unpinned[] = "nobody vouches for a raw public key: the option 'pins' names "
                                   "those that are trusted, or a 'verify' handler accepts them";
    tls_peer *peer = &h->facts.peer;
    tls_bytes key_info = tls_buffer_view(&peer->key_info);
    tls_lists lists = tls_host_lists(h->host);
    tls_public_key key;

    memset(&h->verdict, 0, sizeof h->verdict);
    h->verdict.reason = tls_public_key_parse(&key, key_info);
    if (h->verdict.reason == TLS_OK && key.kind == TLS_KEY_RSA && key.bits < TLS_RSA_MINIMUM_BITS)
        h->verdict.reason = TLS_REASON_WEAK_KEY;
    if (h->verdict.reason == TLS_OK && lists.pin_count == 0) {
        h->verdict.reason = TLS_REASON_UNKNOWN_CA;
        memcpy(h->verdict.text, unpinned, sizeof unpinned);
    } else if (h->verdict.reason == TLS_OK && !has_pin(&lists, key_info)) {
        h->verdict.reason = TLS_REASON_PIN_MISMATCH;
    }
    peer->judged = 1;
    peer->verdict = h->verdict.reason;
    peer->valid_until = INT64_MAX;
    tls_context_judge(h->host->context, peer->judge, &lists);
    tls_handshake_fix_policy(h);
}

static int
is_raw(const tls_handshake *h)
{
    return h->facts.peer.key_info.length > 0;
}

/* takes_any: a client that wants no verification. A server of that mode asks nobody during the
 * handshake: what it asked for afterwards must verify. */
static int
takes_any(const tls_handshake *h)
{
    return h->facts.verify == TLS_VERIFY_NONE && h->host->role == TLS_ROLE_CLIENT;
}

/* refuse ends the handshake with the verdict. */
static enum tls_reason
refuse(tls_handshake *h)
{
    static const char rejected[] = "the server rejected Encrypted ClientHello and must prove its "
                                   "public name then: ";
    tls_buffer text = {0};

    if (h->verdict.text[0] == '\0')
        return h->verdict.reason;
    if (tls_ech_rejected(h))
        tls_buffer_append(&text, rejected, sizeof rejected - 1);
    tls_buffer_append(&text, h->verdict.text, strlen(h->verdict.text) + 1);
    if (!text.failed)
        tls_host_explain(h->host, (const char *)text.data);
    tls_buffer_release(&text);
    return h->verdict.reason;
}

/* check_demands: pins, CRLs, revocation and a staple were asked for by name, so a mode in which a
 * client goes on without trust does not waive them. */
static enum tls_reason
check_demands(tls_handshake *h)
{
    tls_lists lists = tls_host_lists(h->host);

    if (!tls_context_demands(h->host->context, &lists))
        return TLS_OK;
    verify_chain(h, 1);
    if (h->verdict.reason == TLS_OK)
        return TLS_OK;
    h->facts.peer.judged = 1;
    h->facts.peer.verdict = h->verdict.reason;
    return refuse(h);
}

/* apply_verdict is what happens when no handler says otherwise. */
static enum tls_reason
apply_verdict(tls_handshake *h)
{
    const tls_verdict *verdict = &h->verdict;

    if (verdict->reason == TLS_OK) {
        h->facts.peer.level = TLS_LEVEL_VERIFIED;
        return TLS_OK;
    }
    /* No mode stands for the trust that a raw public key lacks. */
    if (!is_raw(h) && (takes_any(h) || h->facts.verify == TLS_VERIFY_REPORT))
        return check_demands(h);
    return refuse(h);
}

enum tls_reason
tls_handshake_decide_verify(tls_handshake *h, int *ready)
{
    tls_answer *answer = tls_host_take_answer(h->host);
    tls_question *question = &h->host->events.question;
    enum tls_reason reason = TLS_OK;

    if (answer == NULL) {
        if (!is_raw(h) && takes_any(h) && !tls_host_decides(h->host, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return check_demands(h);
        }
        if (is_raw(h))
            judge_key(h);
        else if ((reason = judge(h)) != TLS_OK)
            return reason;
        if (!tls_host_decides(h->host, TLS_DECISION_VERIFY)) {
            *ready = 1;
            return apply_verdict(h);
        }
        question->u.verify.chain = NULL;
        question->u.verify.chain_count = 0;
        if (!is_raw(h)) {
            question->u.verify.chain = (const tls_certificate *const *)h->facts.peer.chain->items;
            question->u.verify.chain_count = h->facts.peer.chain->count;
        }
        question->u.verify.key_info = tls_buffer_view(&h->facts.peer.key_info);
        question->u.verify.verdict = &h->verdict;
        question->u.verify.ocsp_response = tls_buffer_view(&h->facts.peer.ocsp_response);
        question->u.verify.server_name = server_name(h);
        tls_host_ask(h->host, TLS_DECISION_VERIFY);
        return TLS_OK;
    }
    *ready = 1;
    if (answer->is_default || answer->peer == TLS_PEER_AS_JUDGED)
        reason = apply_verdict(h);
    else if (answer->peer == TLS_PEER_ACCEPTED)
        h->facts.peer.level = h->verdict.reason == TLS_OK ? TLS_LEVEL_VERIFIED : TLS_LEVEL_ACCEPTED;
    else
        reason = TLS_REASON_CERTIFICATE_REFUSED;
    tls_host_answer_clear(h->host);
    return reason;
}
