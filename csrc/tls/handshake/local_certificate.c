/* local_certificate.c - see local_certificate.h. */
#include "handshake/local_certificate.h"

#include "crypto/hash.h"
#include "handshake/ech.h"
#include "key/signature.h"
#include "x509/certificate.h"
#include "x509/hostname.h"
#include "x509/key_use.h"

/* ---- Which ---- */

/* What a peer wishes of a chain, weightier first; a chain that does not suit is better than none
 * (RFC 8446 sections 4.2.4 and 4.4.2.2). */
enum { NOT_EVEN_FIT = -1, SIGNED = 1, ISSUED = 2, SUITS = SIGNED + ISSUED };

/* suits: a mask of these. Without signature_algorithms_cert the other list is meant (section
 * 4.2.3). */
static int
suits(const tls_credential *credential, const tls_authority_digests *authorities,
    tls_u16_list schemes_cert, tls_u16_list schemes)
{
    return (tls_credential_issued_by(credential, authorities) ? ISSUED : 0) +
           (tls_credential_signed_by(credential, schemes_cert.length > 0 ? schemes_cert : schemes)
                   ? SIGNED
                   : 0);
}

const tls_credential *
tls_pick_client_credential(const tls_handshake *h, const tls_certificate_request_message *request,
    tls_credential_fit fit, void *data)
{
    const tls_context *context = h->host->context;
    const tls_credential *best = NULL;
    tls_authority_digests authorities;
    int found = NOT_EVEN_FIT;
    size_t i;

    tls_authorities_digest(&authorities, request->certificate_authorities);
    /* RFC 9849 section 6.1.7: who this is, is for the server behind alone. */
    for (i = 0; i < context->credential_count && !tls_ech_rejected(h); i++) {
        const tls_credential *credential = &context->credentials[i];
        int suitable = fit(data, credential)
                           ? suits(credential, &authorities, request->signature_algorithms_cert,
                                 request->signature_algorithms)
                           : NOT_EVEN_FIT;

        if (suitable > found) {
            found = suitable;
            best = credential;
        }
    }
    return best;
}

static int
has_name(const tls_certificate *certificate, const tls_general_name *wanted)
{
    tls_general_name name;
    tls_der der;

    tls_general_names_begin(&der, certificate->alternative_names);
    while (tls_general_names_next(&der, &name))
        if (name.kind == wanted->kind && tls_bytes_equal(name.value, wanted->value))
            return 1;
    return 0;
}

static int
has_names(const tls_certificate *certificate, const tls_certificate *other)
{
    tls_general_name name;
    tls_der der;

    if (tls_bytes_equal(certificate->alternative_names, other->alternative_names))
        return 1;
    tls_general_names_begin(&der, other->alternative_names);
    while (tls_general_names_next(&der, &name))
        if (!has_name(certificate, &name))
            return 0;
    return 1;
}

enum those { NAMED, DEFAULT, ANY };

/* is_of: whether a credential is for the client's name, or is the first of the context's or one of
 * the same names (another kind of key, say), which is what a client gets that names nobody. */
static int
is_of(const tls_handshake *h, enum those those, const tls_credential *credential)
{
    const tls_credential *initial =
        h->host->context->credential_count > 0 ? &h->host->context->credentials[0] : credential;
    const tls_certificate *leaf, *first;

    if (h->terms.credential_fixed || those == ANY)
        return 1;
    /* A key alone is for no name. */
    if (those == DEFAULT && (credential->chain_count == 0 || initial->chain_count == 0))
        return credential == initial;
    if (credential->chain_count == 0)
        return 0;
    leaf = credential->chain[0];
    if (those == NAMED)
        return tls_hostname_verify(leaf, tls_bytes_of_string(h->host->server_name)) == TLS_OK;
    first = initial->chain[0];
    return has_names(leaf, first) && has_names(first, leaf);
}

static const tls_credential *
pick(const tls_handshake *h, enum those those, const tls_authority_digests *authorities,
    size_t preferences, tls_credential_fit_for fit, void *data, size_t *preference)
{
    const tls_terms *terms = &h->terms;
    const tls_context *context = h->host->context;
    const tls_credential *credentials =
        terms->credential_fixed ? &terms->credential : context->credentials;
    size_t count = terms->credential_fixed ? 1 : context->credential_count;
    const tls_client_hello *hello = &h->client_hello.hello;
    const tls_credential *best = NULL;
    int found = NOT_EVEN_FIT;
    size_t i, j;

    for (i = 0; i < preferences && found < SUITS; i++)
        for (j = 0; j < count && found < SUITS; j++) {
            int suitable = fit(data, i, &credentials[j]) && is_of(h, those, &credentials[j])
                               ? suits(&credentials[j], authorities,
                                     hello->signature_algorithms_cert, hello->signature_algorithms)
                               : NOT_EVEN_FIT;

            if (suitable > found) {
                found = suitable;
                *preference = i;
                best = &credentials[j];
            }
        }
    return best;
}

const tls_credential *
tls_pick_server_credential(const tls_handshake *h, size_t preferences, tls_credential_fit_for fit,
    void *data, size_t *preference)
{
    const tls_credential *credential = NULL;
    tls_authority_digests authorities;

    tls_authorities_digest(&authorities, h->client_hello.hello.certificate_authorities);
    if (h->host->server_name[0] != '\0')
        credential = pick(h, NAMED, &authorities, preferences, fit, data, preference);
    if (credential == NULL)
        credential = pick(h, DEFAULT, &authorities, preferences, fit, data, preference);
    return credential != NULL ? credential
                              : pick(h, ANY, &authorities, preferences, fit, data, preference);
}

/* signs_13: by a scheme that the client verifies, in TLS 1.3. */
static int
signs_13(const tls_handshake *h, const tls_credential *credential)
{
    const tls_context *context = h->host->context;
    size_t i;

    if (!tls_credential_signs(credential))
        return 0;
    for (i = 0; i < context->signature_scheme_count; i++)
        if (tls_u16_list_contains(
                h->client_hello.hello.signature_algorithms, context->signature_schemes[i]) &&
            tls_scheme_fits_key(context->signature_schemes[i],
                tls_private_key_public(credential->key), TLS_VERSION_13))
            return 1;
    return 0;
}

int
tls_may_sign_13(const tls_handshake *h)
{
    const tls_client_hello *hello = &h->client_hello.hello;
    const tls_context *context = h->host->context;
    size_t i;

    if (hello->psk_offered || hello->signature_algorithms.length == 0)
        return 1;
    if (h->terms.credential_fixed)
        return signs_13(h, &h->terms.credential);
    for (i = 0; i < context->credential_count; i++)
        if (signs_13(h, &context->credentials[i]))
            return 1;
    return context->credential_count == 0;
}

enum tls_reason
tls_decide_client_certificate(tls_handshake *h, tls_bytes certificate_request, int *ready)
{
    tls_answer *answer = tls_host_take_answer(h->host);
    enum tls_reason reason = TLS_OK;

    *ready = answer != NULL || tls_ech_rejected(h) ||
             !tls_host_decides(h->host, TLS_DECISION_CLIENT_CERTIFICATE);
    if (!*ready) {
        h->host->events.question.u.client_certificate.certificate_request = certificate_request;
        tls_host_ask(h->host, TLS_DECISION_CLIENT_CERTIFICATE);
        return TLS_OK;
    }
    if (answer == NULL)
        return TLS_OK;
    h->terms.credential_fixed = !answer->is_default;
    if (answer->has_credential) {
        reason = tls_credential_check(&answer->credential, tls_context_shows_raw(h->host->context));
        if (reason == TLS_OK)
            reason = tls_credential_copy(&h->terms.credential, &answer->credential);
    }
    tls_host_answer_clear(h->host);
    return reason;
}

enum tls_reason
tls_show_credential(tls_handshake *h)
{
    return tls_facts_set_chain(&h->facts.local_chain,
        (tls_certificate *const *)(uintptr_t)h->terms.credential.chain,
        h->terms.credential.chain_count);
}

/* ---- Signatures ---- */

int
tls_signs_elsewhere(const tls_handshake *h)
{
    return tls_host_decides(h->host, TLS_DECISION_SIGN) ||
           tls_private_key_is_external(h->terms.credential.key);
}

void
tls_ask_signature(tls_handshake *h, unsigned scheme, int hash, tls_bytes message, tls_bytes digest)
{
    tls_question *question = &h->host->events.question;

    question->u.sign.scheme = scheme;
    if (tls_scheme_hashes_itself(scheme))
        digest = tls_bytes_make(NULL, 0);
    question->u.sign.hash = tls_scheme_hashes_itself(scheme) ? NULL : tls_hash_name(hash);
    question->u.sign.message = message;
    question->u.sign.digest = digest;
    question->u.sign.certificate =
        h->terms.credential.chain_count > 0 ? h->terms.credential.chain[0] : NULL;
    question->u.sign.key = h->terms.credential.key;
    tls_host_ask(h->host, TLS_DECISION_SIGN);
}

enum tls_reason
tls_take_signature(tls_handshake *h, const tls_answer *answer, tls_buffer *signature, int *local)
{
    enum tls_reason reason = TLS_OK;

    *local = answer->is_default;
    if (*local) {
        if (tls_private_key_is_external(h->terms.credential.key))
            reason = TLS_REASON_SIGN_FAILED;
    } else {
        tls_buffer_clear(signature);
        tls_buffer_append(signature, answer->bytes.data, answer->bytes.length);
        if (signature->failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
        else if (signature->length == 0 || signature->length > TLS_SIGNATURE_MAXIMUM)
            reason = TLS_REASON_SIGN_FAILED;
    }
    tls_host_answer_clear(h->host);
    return reason;
}
