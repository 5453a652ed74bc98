/* verification.c - a chain, anchors, CRLs and OCSP responses of the input through tls_verify.
 * Signatures are taken to be good, or bad, by their last bit (tls_verify_signature is wrapped), so
 * that what stands behind them is reached: paths, name constraints, revocation. The input is a word
 * of options, then pieces: what it is, its length in two bytes, DER. */
#include "fuzz.h"

#include "x509/crl.h"
#include "x509/distinguished_name.h"
#include "x509/name_constraints.h"
#include "x509/ocsp.h"
#include "x509/verify.h"

#define ANCHORS_MAXIMUM 8
#define CRLS_MAXIMUM 8
#define RESPONSES_MAXIMUM 4
/* What one verification may check, with the pass that words the error, and a CRL or response for
 * each. */
#define CHECKS_MAXIMUM (4 * TLS_SIGNATURE_CHECKS_MAXIMUM)

enum piece { CERTIFICATE, ANCHOR, CRL, RESPONSE, PIECES };

typedef struct world {
    tls_certificate *chain[TLS_CHAIN_MAXIMUM];
    tls_crl *crls[CRLS_MAXIMUM];
    tls_ocsp_response *responses[RESPONSES_MAXIMUM];
    size_t count, anchor_count, crl_count, response_count;
    tls_trust_store *trust;
} world;

static unsigned checks;

enum tls_reason __wrap_tls_verify_signature(const tls_public_key *key,
    const tls_signature_algorithm *algorithm, tls_bytes data, tls_bytes signature);

enum tls_reason
__wrap_tls_verify_signature(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    tls_bytes data, tls_bytes signature)
{
    (void)key;
    (void)algorithm;
    (void)data;
    checks++;
    return signature.length > 0 && (signature.data[signature.length - 1] & 1) != 0
               ? TLS_REASON_BAD_CERTIFICATE_SIGNATURE
               : TLS_OK;
}

static void
take_anchor(world *w, tls_bytes der)
{
    tls_certificate *anchor = NULL;

    if (w->anchor_count == ANCHORS_MAXIMUM || tls_certificate_from_der(&anchor, der) != TLS_OK)
        return;
    fuzz_check(tls_trust_store_add(w->trust, anchor) == TLS_OK);
    tls_certificate_release(anchor);
    w->anchor_count++;
}

static void
take_piece(world *w, unsigned what, tls_bytes der)
{
    switch ((enum piece)(what % PIECES)) {
    case CERTIFICATE:
        if (w->count < TLS_CHAIN_MAXIMUM)
            w->count += tls_certificate_from_der(&w->chain[w->count], der) == TLS_OK;
        break;
    case ANCHOR:
        take_anchor(w, der);
        break;
    case CRL:
        if (w->crl_count < CRLS_MAXIMUM)
            w->crl_count += tls_crl_from_der(&w->crls[w->crl_count], der) == TLS_OK;
        break;
    default:
        if (w->response_count < RESPONSES_MAXIMUM)
            w->response_count +=
                tls_ocsp_response_from_der(&w->responses[w->response_count], der) == TLS_OK;
        break;
    }
}

static void
release(world *w)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        tls_certificate_release(w->chain[i]);
    for (i = 0; i < w->crl_count; i++)
        tls_crl_release(w->crls[i]);
    for (i = 0; i < w->response_count; i++)
        tls_ocsp_response_release(w->responses[i]);
    tls_trust_store_release(w->trust);
}

static void
set_request(tls_verify_request *request, const world *w, uint32_t word)
{
    static const char *const names[] = {
        "www.example.com", "a.example.com", "192.0.2.1", "2001:db8::1", "example.org", NULL};
    static const int64_t ages[] = {60, 60, 60, -60, 400 * 86400, 5000 * (int64_t)86400, 60, 0};

    memset(request, 0, sizeof *request);
    request->chain = (const tls_certificate *const *)w->chain;
    request->count = w->count;
    request->trust = w->trust;
    request->server_name = names[(word & 7) % 6];
    request->no_server_name = request->server_name == NULL;
    request->purpose = (enum tls_purpose)((word >> 3 & 3) % 3);
    request->revocation = (enum tls_revocation_mode)((word >> 5 & 3) % 3);
    request->staple = (enum tls_staple_mode)((word >> 7 & 3) % 3);
    request->verify_depth = word >> 9 & 3;
    request->allow_sha1 = (word >> 11 & 1) != 0;
    request->min_rsa_bits = word >> 12 & 1 ? 1024 : 0;
    request->clock_skew = word >> 13 & 1 ? 120 : 0;
    /* The corpus is as old as it is: what counts is how old its leaf is. */
    request->time = w->count > 0 ? w->chain[0]->not_before + ages[word >> 14 & 7] : 0;
    request->crls = (const tls_crl *const *)w->crls;
    request->crl_count = w->crl_count;
    request->ocsp_responses = (const tls_ocsp_response *const *)w->responses;
    request->ocsp_response_count = w->response_count;
}

/* check_revocation: a CRL that would list the certificate lists it not, or takes it off. */
static void
check_revocation(const world *w, const tls_certificate *certificate)
{
    tls_crl_entry entry;
    size_t i;

    for (i = 0; i < w->crl_count; i++)
        if (tls_crl_covers(w->crls[i], certificate) &&
            tls_crl_find(w->crls[i], &entry, certificate->serial))
            fuzz_check(entry.reason == TLS_REVOKED_REMOVE_FROM_CRL);
}

/* check_issuer: what stands above in an accepted path may issue, and permits what is below. */
static void
check_issuer(const tls_verdict *verdict, size_t i)
{
    const tls_certificate *below = verdict->path[i - 1], *above = verdict->path[i];
    int is_anchor = i == verdict->path_count - 1;

    fuzz_check(tls_name_equal(below->issuer, above->subject));
    fuzz_check(above->is_ca || (is_anchor && above->version < 3));
    fuzz_check((above->present & TLS_HAS_KEY_USAGE) == 0 ||
               (above->key_usage & TLS_KEY_USAGE_KEY_CERT_SIGN) != 0);
    fuzz_check(below->signature.length > 0 &&
               (below->signature.data[below->signature.length - 1] & 1) == 0);
}

static void
check_accepted(const tls_verify_request *request, const tls_verdict *verdict, const world *w)
{
    size_t i;

    fuzz_check(verdict->path_count > 0 && verdict->path[0] == w->chain[0]);
    fuzz_check(
        tls_trust_store_contains(w->trust, verdict->path[verdict->path_count - 1]->der) != NULL);
    for (i = 0; i < verdict->path_count; i++) {
        const tls_certificate *one = verdict->path[i];

        fuzz_check(!one->unknown_critical);
        fuzz_check(request->time <= one->not_after + request->clock_skew);
        fuzz_check(request->time >= one->not_before - request->clock_skew);
        if (i > 0)
            check_issuer(verdict, i);
        if (i + 1 < verdict->path_count)
            check_revocation(w, one);
    }
    if (request->revocation != TLS_REVOCATION_IF_KNOWN && verdict->path_count > 1)
        fuzz_check(w->crl_count + w->response_count > 0);
    if (request->staple == TLS_STAPLE_REQUIRED)
        fuzz_check(w->response_count > 0);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    uint32_t word = fuzz_u32(&input);
    tls_verify_request request;
    tls_verdict verdict;
    world w;

    memset(&w, 0, sizeof w);
    fuzz_check(tls_trust_store_new(&w.trust) == TLS_OK);
    while (input.length > 3) {
        unsigned what = fuzz_u8(&input);

        take_piece(&w, what, fuzz_take(&input, fuzz_u16(&input)));
    }
    set_request(&request, &w, word);
    checks = 0;
    if (tls_verify(&verdict, &request) == TLS_OK)
        check_accepted(&request, &verdict, &w);
    else
        fuzz_check(verdict.text[0] != '\0');
    fuzz_check(checks <= CHECKS_MAXIMUM);
    release(&w);
    return 0;
}
