/* negotiation.c - see negotiation.h. */
#include "connection/negotiation.h"

#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"
#include "tls12/engine.h"
#include "tls13/engine.h"
#include "x509/hostname.h"
#include "wire/message.h"
#include "connection/renegotiation.h"
#include "wire/suite.h"

/* ---- Terms ---- */

void
tls_terms_init(tls_terms *terms, const tls_context *context)
{
    memset(terms, 0, sizeof *terms);
    terms->version_min = context->version_min;
    terms->version_max = context->version_max;
    terms->suites = context->suites;
    terms->suite_count = context->suite_count;
}

void
tls_terms_clear(tls_terms *terms)
{
    tls_credential_clear(&terms->credential);
    free(terms->own_suites);
    free(terms->alpn_selected);
    tls_buffer_release(&terms->ocsp_response);
    tls_buffer_release(&terms->hello);
    memset(terms, 0, sizeof *terms);
}

int
tls_terms_allow_suite(const tls_terms *terms, unsigned suite)
{
    size_t i;

    for (i = 0; i < terms->suite_count; i++)
        if (terms->suites[i] == suite)
            return 1;
    return 0;
}

enum tls_reason
tls_terms_fit(tls_terms *terms)
{
    return tls_suites_narrow(
               terms->suites, terms->suite_count, &terms->version_min, &terms->version_max)
               ? TLS_OK
               : TLS_REASON_PROTOCOL_VERSION;
}

/* ---- The engine ---- */

enum phase { READ, SELECT };

typedef struct negotiation {
    tls_terms terms;
    enum phase phase;
    tls_bytes message; /* the front of connection->handshake_in */
} negotiation;

static enum tls_reason
received_client_hello(tls_connection *c, negotiation *n, const tls_client_hello *hello)
{
    enum tls_reason reason = tls_renegotiation_check_client_hello(c, hello);

    if (reason != TLS_OK)
        return reason;
    /* RFC 6066 section 3: a HostName is ASCII without a trailing dot. What is no host name would
     * later be compared with certificates and sessions, so it is refused here. In a renegotiation
     * it is the one that there is, which others look at meanwhile. */
    if (hello->server_name.length > 0 && c->renegotiation == NULL) {
        char *name;

        if (hello->server_name.length > 255 || !tls_hostname_is_valid(hello->server_name))
            return TLS_REASON_ILLEGAL_PARAMETER;
        name = tls_bytes_to_string(hello->server_name);
        if (name == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        free(c->server_name);
        c->server_name = name;
    }
    memcpy(c->client_random, hello->random.data, sizeof c->client_random);
    c->secure_renegotiation = hello->secure_renegotiation;
    tls_buffer_append(&n->terms.hello, n->message.data, n->message.length);
    return n->terms.hello.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
read_client_hello(tls_connection *c, negotiation *n, enum tls_progress *progress)
{
    tls_client_hello hello;
    enum tls_reason reason = tls_connection_next_message(c, &n->message);

    if (reason != TLS_OK || n->message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    /* Which message it is comes first: without a version there is no way to read another. */
    if (n->message.data[0] != TLS_HANDSHAKE_CLIENT_HELLO)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    reason = tls_client_hello_parse(&hello, n->message);
    if (reason == TLS_OK)
        reason = received_client_hello(c, n, &hello);
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(c, TLS_STAGE_CLIENT_HELLO, TLS_RECEIVED, n->message);
    n->phase = SELECT;
    return reason;
}

/* ---- select ---- */

static enum tls_reason
apply_selected_context(tls_connection *c, tls_terms *terms, tls_context *context)
{
    if (context->role != TLS_ROLE_SERVER)
        return TLS_REASON_HANDLER;
    tls_context_retain(context);
    tls_context_release(c->context);
    c->context = context;
    terms->suites = context->suites;
    terms->suite_count = context->suite_count;
    terms->version_min = context->version_min;
    terms->version_max = context->version_max;
    c->fragment_limit = context->record_size;
    if (!c->verify_given)
        c->verify = context->verify;
    return TLS_OK;
}

static enum tls_reason
apply_selected_alpn(
    tls_connection *c, tls_terms *terms, const tls_client_hello *hello, tls_bytes name)
{
    /* RFC 7301 section 3.2: only what the client offered. */
    if (!tls_protocol_listed(hello->alpn, name) || memchr(name.data, 0, name.length) != NULL) {
        tls_connection_explain(c, "the select handler chose an ALPN protocol that was not offered");
        return TLS_REASON_HANDLER;
    }
    terms->alpn_selected = tls_bytes_to_string(name);
    return terms->alpn_selected != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

static enum tls_reason
apply_selection(
    tls_connection *c, tls_terms *terms, const tls_client_hello *hello, tls_answer *answer)
{
    const tls_selection *selection = &answer->selection;
    enum tls_reason reason = TLS_OK;

    if (selection->context != NULL)
        reason = apply_selected_context(c, terms, selection->context);
    if (reason == TLS_OK && selection->credential != NULL) {
        reason = tls_credential_check(selection->credential);
        if (reason == TLS_OK)
            reason = tls_credential_copy(&terms->credential, selection->credential);
        terms->credential_fixed = reason == TLS_OK;
    }
    if (reason == TLS_OK && selection->alpn.length > 0)
        reason = apply_selected_alpn(c, terms, hello, selection->alpn);
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
    if (terms->version_min < TLS_VERSION_10 || terms->version_max > TLS_VERSION_13 ||
        terms->version_min > terms->version_max || terms->version_min < c->context->version_min ||
        tls_terms_fit(terms) != TLS_OK)
        return TLS_REASON_HANDLER;
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

static enum tls_reason
choose_version(tls_connection *c, tls_terms *terms, const tls_client_hello *hello)
{
    unsigned version;

    tls_renegotiation_narrow(c, terms);
    version = terms->version_max;
    /* RFC 8446 appendix D.5: nobody may say SSL 3.0, whatever supported_versions says. */
    if (hello->legacy_version <= TLS_VERSION_SSL30)
        return TLS_REASON_PROTOCOL_VERSION;
    /* RFC 7507 section 3: the client says that it could do better than this. */
    if (hello->fallback && hello->maximum_version < terms->version_max)
        return TLS_REASON_INAPPROPRIATE_FALLBACK;
    while (version >= terms->version_min && !client_has(hello, version))
        version--;
    if (version < terms->version_min)
        return TLS_REASON_PROTOCOL_VERSION;
    terms->version_chosen = version;
    return version == TLS_VERSION_13 ? tls13_take_over(c, terms) : tls12_take_over(c, terms);
}

static enum tls_reason
decide(tls_connection *c, negotiation *n)
{
    tls_answer *answer = tls_connection_take_answer(c);
    tls_client_hello hello;
    enum tls_reason reason = tls_client_hello_parse(&hello, n->message);

    if (reason != TLS_OK)
        return reason;
    if (answer == NULL && tls_connection_decides(c, TLS_DECISION_SELECT)) {
        c->question.u.select.client_hello = n->message;
        tls_connection_ask(c, TLS_DECISION_SELECT);
        return TLS_OK;
    }
    if (answer != NULL && !answer->is_default)
        reason = apply_selection(c, &n->terms, &hello, answer);
    tls_connection_answer_clear(c);
    if (reason == TLS_OK)
        reason = tls_renegotiation_keep_alpn(c, &n->terms, &hello);
    if (reason == TLS_OK)
        reason = choose_version(c, &n->terms, &hello);
    /* The engine that took over has the terms and c->engine; this one is done. */
    if (c->engine != n) {
        tls_terms_clear(&n->terms);
        free(n);
    }
    return reason;
}

/* limit_versions applies the connection's own limits, which lie within the context's. */
static enum tls_reason
limit_versions(const tls_connection *c, tls_terms *terms)
{
    if (c->version_min > terms->version_min)
        terms->version_min = c->version_min;
    if (c->version_max != 0 && c->version_max < terms->version_max)
        terms->version_max = c->version_max;
    return tls_terms_fit(terms);
}

static enum tls_reason
advance(tls_connection *c, enum tls_progress *progress)
{
    negotiation *n = c->engine;

    *progress = TLS_PROGRESS_MORE;
    if (n == NULL) {
        tls_terms terms;

        enum tls_reason reason;

        tls_terms_init(&terms, c->context);
        reason = limit_versions(c, &terms);
        if (reason != TLS_OK)
            return reason;
        tls_renegotiation_narrow(c, &terms);
        if (c->role == TLS_ROLE_CLIENT)
            return terms.version_max == TLS_VERSION_13 ? tls13_take_over(c, &terms)
                                                       : tls12_take_over(c, &terms);
        n = calloc(1, sizeof *n);
        if (n == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        n->terms = terms;
        c->engine = n;
        return TLS_OK;
    }
    return n->phase == READ ? read_client_hello(c, n, progress) : decide(c, n);
}

static enum tls_reason
unexpected_change_cipher_spec(tls_connection *c)
{
    (void)c;
    return TLS_REASON_UNEXPECTED_MESSAGE;
}

static enum tls_reason
unexpected_message(tls_connection *c, tls_bytes message)
{
    (void)c;
    (void)message;
    return TLS_REASON_UNEXPECTED_MESSAGE;
}

static void
release(tls_connection *c)
{
    negotiation *n = c->engine;

    tls_terms_clear(&n->terms);
    free(n);
    c->engine = NULL;
}

static size_t
memory(const tls_connection *c)
{
    const negotiation *n = c->engine;

    return sizeof *n + n->terms.hello.capacity;
}

const tls_engine_class tls_negotiation_class = {advance, unexpected_change_cipher_spec,
    unexpected_message, release, memory, NULL, NULL, NULL, NULL};
