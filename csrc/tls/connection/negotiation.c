/* negotiation.c - see negotiation.h. */
#include "connection/negotiation.h"

#include <stdlib.h>
#include <string.h>

#include "handshake/client_session.h"
#include "handshake/ech.h"
#include "handshake/local_certificate.h"
#include "handshake/no_common.h"
#include "handshake/renegotiation_info.h"
#include "tls12/engine.h"
#include "tls13/engine.h"
#include "wire/suite.h"
#include "x509/hostname.h"

/* ---- ClientHello ---- */

enum phase { READ, SELECT };

typedef struct negotiation {
    enum phase phase;
} negotiation;

/* take_server_name: RFC 6066 section 3: a HostName is ASCII without a trailing dot. What is no host
 * name would later be compared with certificates and sessions, so it is refused here. Addresses are
 * not permitted in it either, but there are clients that send them wherever they were given one:
 * such a name is passed over, and not acknowledged, as if none had come. In a renegotiation it is
 * the one that there is, which others look at meanwhile. */
static enum tls_reason
take_server_name(tls_handshake *h, tls_bytes server_name)
{
    unsigned char address[16];
    char *name;

    if (server_name.length == 0 || tls_handshake_renegotiates(h) ||
        tls_address_parse(address, server_name) != 0)
        return TLS_OK;
    if (server_name.length > 255 || !tls_hostname_is_valid(server_name))
        return TLS_REASON_ILLEGAL_PARAMETER;
    name = tls_bytes_to_string(server_name);
    if (name == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    free(h->host->server_name);
    h->host->server_name = name;
    return TLS_OK;
}

static enum tls_reason
read_client_hello(tls_handshake *h, negotiation *n, enum tls_progress *progress)
{
    const tls_client_hello *hello = &h->client_hello.hello;
    tls_bytes message;
    enum tls_reason reason =
        tls_host_next_message(h->host, TLS_MESSAGE_BIT(TLS_HANDSHAKE_CLIENT_HELLO), &message);

    if (reason != TLS_OK || message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    reason = tls_kept_hello_take(&h->client_hello, message);
    if (reason == TLS_OK)
        reason = tls_ech_receive(h);
    if (reason == TLS_OK)
        reason = tls_renegotiation_check_client_hello(h, hello);
    if (reason == TLS_OK)
        reason = take_server_name(h, hello->server_name);
    if (reason != TLS_OK)
        return reason;
    memcpy(h->facts.client_random, hello->random.data, sizeof h->facts.client_random);
    h->facts.secure_renegotiation = hello->secure_renegotiation;
    reason = tls_host_happened(
        h->host, TLS_STAGE_CLIENT_HELLO, TLS_RECEIVED, tls_buffer_view(&h->client_hello.raw));
    n->phase = SELECT;
    return reason;
}

/* ---- select ---- */

static enum tls_reason
apply_selected_context(tls_handshake *h, tls_context *context)
{
    tls_host *host = h->host;
    tls_terms *terms = &h->terms;

    if (context->role != TLS_ROLE_SERVER)
        return TLS_REASON_HANDLER;
    tls_context_retain(context);
    tls_context_release(host->context);
    host->context = context;
    terms->suites = context->suites;
    terms->suite_count = context->suite_count;
    terms->version_min = context->version_min;
    terms->version_max = context->version_max;
    host->fragment_limit = context->record_size;
    if (!h->verify_given)
        h->facts.verify = context->verify;
    return TLS_OK;
}

static enum tls_reason
apply_selected_alpn(tls_handshake *h, tls_bytes name)
{
    /* RFC 7301 section 3.2: only what the client offered. */
    if (!tls_protocol_listed(h->client_hello.hello.alpn, name) ||
        memchr(name.data, 0, name.length) != NULL) {
        tls_host_explain(h->host, "the select handler chose an ALPN protocol that was not offered");
        return TLS_REASON_HANDLER;
    }
    h->terms.alpn_selected = tls_bytes_to_string(name);
    return h->terms.alpn_selected != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

/* narrow_versions: the limits that the connection itself was given hold whoever chooses the rest,
 * as its way to verify does. */
static void
narrow_versions(tls_terms *terms, const tls_host *host)
{
    if (host->version_min > terms->version_min)
        terms->version_min = host->version_min;
    if (host->version_max != 0 && host->version_max < terms->version_max)
        terms->version_max = host->version_max;
}

static enum tls_reason
apply_selection(tls_handshake *h, tls_answer *answer)
{
    tls_terms *terms = &h->terms;
    const tls_selection *selection = &answer->selection;
    enum tls_reason reason = TLS_OK;
    int is_beyond;

    if (selection->context != NULL)
        reason = apply_selected_context(h, selection->context);
    if (reason == TLS_OK && selection->credential != NULL) {
        reason =
            tls_credential_check(selection->credential, tls_context_shows_raw(h->host->context));
        if (reason == TLS_OK)
            reason = tls_credential_copy(&terms->credential, selection->credential);
        terms->credential_fixed = reason == TLS_OK;
    }
    if (reason == TLS_OK && selection->alpn.length > 0)
        reason = apply_selected_alpn(h, selection->alpn);
    tls_buffer_append(
        &terms->ocsp_response, selection->ocsp_response.data, selection->ocsp_response.length);
    if (reason == TLS_OK && terms->ocsp_response.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    if (selection->version_min != 0)
        terms->version_min = selection->version_min;
    if (selection->version_max != 0)
        terms->version_max = selection->version_max;
    if (selection->suites != NULL) {
        terms->suites = terms->own_suites = answer->suites; /* the answer's copy becomes ours */
        terms->suite_count = selection->suite_count;
        answer->suites = NULL;
    }
    if (reason != TLS_OK)
        return reason;
    is_beyond =
        terms->version_max > TLS_VERSION_13 || terms->version_min < h->host->context->version_min;
    narrow_versions(terms, h->host);
    if (is_beyond || terms->version_min > terms->version_max || tls_terms_fit(terms) != TLS_OK) {
        tls_host_explain(h->host, "the select handler leaves no version to speak within the "
                                  "context's and the connection's own limits");
        return TLS_REASON_HANDLER;
    }
    return TLS_OK;
}

/* ---- The version ---- */

static int
client_has(const tls_client_hello *hello, unsigned version)
{
    /* RFC 8446 section 4.2.1: where there is a list, only the list counts. */
    if (hello->supported_versions.length > 0)
        return tls_u16_list_contains(hello->supported_versions, version);
    return version <= hello->legacy_version && version <= TLS_VERSION_12;
}

/* has_suite: both sides have one of this version. */
static int
has_suite(const tls_handshake *h, unsigned version)
{
    tls_u16_list suites = h->client_hello.hello.cipher_suites;
    size_t i;

    for (i = 0; i < h->terms.suite_count; i++)
        if (tls_suite_fits(tls_suite_find(h->terms.suites[i]), version) &&
            tls_u16_list_contains(suites, h->terms.suites[i]))
            return 1;
    return 0;
}

/* without_13: TLS 1.3 is not for a server whose certificates cannot sign in it (RFC 8446 section
 * 4.4.2.2), where an older version goes. It then could not do better, and does not say that it
 * could (section 4.1.3). */
static void
without_13(tls_handshake *h)
{
    const tls_client_hello *hello = &h->client_hello.hello;
    tls_terms *terms = &h->terms;

    if (terms->version_max == TLS_VERSION_13 && terms->version_min <= TLS_VERSION_12 &&
        client_has(hello, TLS_VERSION_13) && client_has(hello, TLS_VERSION_12) &&
        has_suite(h, TLS_VERSION_12) && !tls_may_sign_13(h))
        terms->version_max = TLS_VERSION_12;
}

static enum tls_reason
choose_version(tls_handshake *h)
{
    const tls_client_hello *hello = &h->client_hello.hello;
    tls_terms *terms = &h->terms;
    unsigned version;
    enum tls_reason reason;

    tls_renegotiation_narrow(h);
    without_13(h);
    version = terms->version_max;
    /* RFC 8446 appendix D.5: nobody may say SSL 3.0, whatever supported_versions says. */
    if (hello->legacy_version <= TLS_VERSION_SSL30)
        return hello->supported_versions.length > 0 ? TLS_REASON_PROTOCOL_VERSION
                                                    : tls_no_common_versions(h);
    /* RFC 7507 section 3: the client says that it could do better than this. */
    if (hello->fallback && hello->max_version < terms->version_max)
        return TLS_REASON_INAPPROPRIATE_FALLBACK;
    while (version >= terms->version_min && !client_has(hello, version))
        version--;
    if (version < terms->version_min)
        return tls_no_common_versions(h);
    terms->version_chosen = version;
    reason = tls_client_hello_fault(hello, version);
    if (reason != TLS_OK)
        return reason;
    return version == TLS_VERSION_13 ? tls13_take_over(h) : tls12_take_over(h);
}

static enum tls_reason
decide(tls_handshake *h, negotiation *n)
{
    tls_host *host = h->host;
    tls_answer *answer = tls_host_take_answer(host);
    enum tls_reason reason = TLS_OK;

    if (answer == NULL && tls_host_decides(host, TLS_DECISION_SELECT)) {
        host->events.question.u.select.client_hello = tls_buffer_view(&h->client_hello.raw);
        tls_host_ask(host, TLS_DECISION_SELECT);
        return TLS_OK;
    }
    if (answer != NULL && !answer->is_default)
        reason = apply_selection(h, answer);
    tls_host_answer_clear(host);
    if (reason == TLS_OK)
        reason = tls_renegotiation_keep_alpn(h, &h->client_hello.hello);
    if (reason == TLS_OK)
        reason = choose_version(h);
    if (h->engine != n) /* another engine took over */
        free(n);
    return reason;
}

/* ---- The engine ---- */

/* begin: the connection's own limits lie within the context's. */
static enum tls_reason
begin(tls_handshake *h)
{
    const tls_host *host = h->host;
    tls_terms *terms = &h->terms;
    negotiation *n;
    int ready;

    tls_client_session_decide(h, &ready);
    if (!ready)
        return TLS_OK;
    tls_terms_init(terms, host->context);
    narrow_versions(terms, host);
    if (tls_terms_fit(terms) != TLS_OK)
        return TLS_REASON_NO_COMMON_VERSION;
    tls_renegotiation_narrow(h);
    /* A name that was to be hidden is not sent in the clear. */
    if (host->role == TLS_ROLE_CLIENT && terms->version_max < TLS_VERSION_13 &&
        (host->ech.length > 0 || host->context->ech.length > 0)) {
        tls_host_explain(h->host, "Encrypted ClientHello needs TLS 1.3, which this connection does "
                                  "not speak");
        return TLS_REASON_NO_COMMON_VERSION;
    }
    if (host->role == TLS_ROLE_CLIENT)
        return terms->version_max == TLS_VERSION_13 ? tls13_take_over(h) : tls12_take_over(h);
    n = calloc(1, sizeof *n);
    if (n == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    n->phase = READ;
    h->engine = n;
    return TLS_OK;
}

static enum tls_reason
advance(tls_handshake *h, enum tls_progress *progress)
{
    negotiation *n = h->engine;

    *progress = TLS_PROGRESS_MORE;
    if (n == NULL)
        return begin(h);
    return n->phase == READ ? read_client_hello(h, n, progress) : decide(h, n);
}

enum tls_reason
tls_negotiation_older(tls_handshake *h)
{
    h->engine_class->release(h);
    return tls12_take_over(h);
}

static enum tls_reason
unexpected_change_cipher_spec(tls_handshake *h)
{
    (void)h;
    return TLS_REASON_UNEXPECTED_MESSAGE;
}

static void
release(tls_handshake *h)
{
    free(h->engine);
    h->engine = NULL;
}

static size_t
memory(const tls_handshake *h)
{
    (void)h;
    return sizeof(negotiation);
}

static const char *
state(const tls_handshake *h)
{
    const negotiation *n = h->engine;

    if (n == NULL)
        return "begin";
    return n->phase == READ ? "wait_client_hello" : "select";
}

/* It never runs when no handshake does: nothing of what comes then is its. */
const tls_engine_class tls_negotiation_class = {advance, unexpected_change_cipher_spec, release,
    memory, state, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
