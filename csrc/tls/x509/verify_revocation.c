/* verify_revocation.c - see verify_revocation.h. */
#include "x509/verify_revocation.h"

#include <string.h>

#include "x509/crl.h"
#include "x509/ocsp.h"

static tls_revocation_policy
policy_of(const tls_verify_request *request)
{
    /* request->budget: tls_verify has made sure that there is one. */
    tls_revocation_policy policy;

    policy.time = request->time;
    policy.clock_skew = request->clock_skew;
    policy.min_rsa_bits = request->min_rsa_bits;
    policy.allow_sha1 = request->allow_sha1;
    policy.budget = request->budget;
    return policy;
}

static void
fail(tls_revocation *out, enum tls_reason reason, const char *why, int64_t time)
{
    out->reason = reason;
    out->why = why;
    out->time = time;
}

static void
fail_revoked(tls_revocation *out, int64_t time, int because)
{
    out->reason = TLS_REASON_CERTIFICATE_REVOKED;
    out->why = NULL;
    out->time = time;
    out->revoked_because = because;
}

/* judge_response looks at one response. Returns 1 if it says that the certificate is good;
 * otherwise `out` says what is wrong. `about` becomes 1 if it is about this certificate. */
static int
judge_response(tls_revocation *out, int *about, const tls_ocsp_response *response,
    const tls_certificate *certificate, const tls_certificate *issuer,
    const tls_revocation_policy *policy)
{
    tls_ocsp_single single;
    const char *why;
    enum tls_reason reason;

    *about = response->status == TLS_OCSP_SUCCESSFUL &&
             tls_ocsp_find(response, &single, certificate, issuer);
    reason = tls_ocsp_check(response, &single, &why, certificate, issuer, policy);
    if (reason != TLS_OK) {
        fail(out, reason, why,
            single.this_update > policy->time ? single.this_update : single.next_update);
        return 0;
    }
    switch (single.status) {
    case TLS_OCSP_GOOD:
        return 1;
    case TLS_OCSP_REVOKED:
        fail_revoked(out, single.revocation_time, single.reason);
        return 0;
    default:
        fail(out, TLS_REASON_BAD_OCSP_RESPONSE, "says that its responder does not know it", 0);
        return 0;
    }
}

/* check_responses returns 1 if one of the responses says that the certificate is good. One that
 * says revoked outweighs it; of others the first trouble counts when none is good. RFC 6066 section
 * 8: a stapled response that does not satisfy ends the handshake, so among many one must be about
 * the leaf. */
static int
check_responses(tls_revocation *out, const tls_verify_request *request, size_t position,
    const tls_certificate *certificate, const tls_certificate *issuer)
{
    tls_revocation_policy policy = policy_of(request);
    tls_revocation trouble, one;
    size_t i;
    int good = 0, about;

    memset(&trouble, 0, sizeof trouble);
    for (i = 0; i < request->ocsp_response_count; i++) {
        memset(&one, 0, sizeof one);
        if (judge_response(
                &one, &about, request->ocsp_responses[i], certificate, issuer, &policy)) {
            good = 1;
        } else if (one.reason == TLS_REASON_CERTIFICATE_REVOKED) {
            *out = one;
            return 0;
        } else if ((about || position == 0) && (trouble.reason == TLS_OK || about)) {
            trouble = one;
        }
    }
    if (!good && trouble.reason != TLS_OK)
        *out = trouble;
    return good;
}

/* is_other_key: two CAs have one name, and the CRL says that it is by the other. Only what the
 * signature says too is believed: one key may have certificates with several identifiers, and a
 * peer chooses which of them it sends. */
static int
is_other_key(const tls_crl *crl, const tls_certificate *issuer)
{
    return crl->authority_key_identifier.length != 0 &&
           issuer->subject_key_identifier.length != 0 &&
           !tls_bytes_equal(crl->authority_key_identifier, issuer->subject_key_identifier);
}

static enum tls_reason
check_once(tls_crl_cache *cache, const tls_crl *crl, const tls_certificate *issuer,
    const tls_revocation_policy *policy)
{
    enum tls_reason reason;
    size_t i;

    for (i = 0; i < cache->count; i++)
        if (cache->checked[i].crl == crl &&
            tls_bytes_equal(cache->checked[i].issuer_key, issuer->public_key_info))
            return cache->checked[i].reason;
    reason = tls_crl_check(crl, issuer, policy);
    if (cache->count < TLS_CRL_CHECKS_MAXIMUM) {
        cache->checked[cache->count].crl = crl;
        cache->checked[cache->count].issuer_key = issuer->public_key_info;
        cache->checked[cache->count].reason = reason;
        cache->count++;
    }
    return reason;
}

/* is_newer: of two CRLs of one second, the greater number (RFC 5280 section 5.2.3) counts. */
static int
is_newer(const tls_crl *a, const tls_crl *b)
{
    if (a->this_update != b->this_update)
        return a->this_update > b->this_update;
    if (a->number.length != b->number.length)
        return a->number.length > b->number.length;
    return a->number.length != 0 && memcmp(a->number.data, b->number.data, a->number.length) > 0;
}

/* check_crls returns 1 if a CRL that can be relied on does not list the certificate. The newest one
 * counts: a certificate that was on hold may have left it. */
static int
check_crls(tls_revocation *out, const tls_verify_request *request, tls_crl_cache *cache,
    const tls_certificate *certificate, const tls_certificate *issuer)
{
    tls_revocation_policy policy = policy_of(request);
    const tls_crl *crl, *newest = NULL;
    tls_revocation trouble;
    tls_crl_entry entry;
    enum tls_reason reason;
    size_t i;

    memset(&trouble, 0, sizeof trouble);
    for (i = 0; i < request->crl_count; i++) {
        crl = request->crls[i];
        if (!tls_crl_covers(crl, certificate))
            continue;
        reason = check_once(cache, crl, issuer, &policy);
        if (reason == TLS_REASON_BAD_CRL && is_other_key(crl, issuer))
            continue;
        if (reason != TLS_OK) {
            if (trouble.reason == TLS_OK)
                fail(&trouble, reason, crl->unsupported,
                    reason == TLS_REASON_CRL_NOT_YET_VALID ? crl->this_update : crl->next_update);
        } else if (newest == NULL || is_newer(crl, newest)) {
            newest = crl;
        }
    }
    if (newest == NULL) {
        if (trouble.reason != TLS_OK)
            *out = trouble;
        return 0;
    }
    if (!tls_crl_find(newest, &entry, certificate->serial) ||
        entry.reason == TLS_REVOKED_REMOVE_FROM_CRL)
        return 1;
    fail_revoked(out, entry.revocation_date, entry.reason);
    return 0;
}

void
tls_revocation_check(tls_revocation *out, const tls_verify_request *request, tls_crl_cache *cache,
    size_t position, const tls_certificate *certificate, const tls_certificate *issuer)
{
    int known;

    memset(out, 0, sizeof *out);
    out->revoked_because = TLS_REVOKED_NO_REASON;
    known = check_responses(out, request, position, certificate, issuer);
    if (out->reason != TLS_OK)
        return;
    known |= check_crls(out, request, cache, certificate, issuer);
    if (out->reason != TLS_OK || known)
        return;
    if (request->revocation == TLS_REVOCATION_PATH ||
        (request->revocation == TLS_REVOCATION_LEAF && position == 0))
        out->reason = TLS_REASON_REVOCATION_UNKNOWN;
}

enum tls_reason
tls_revocation_end_check(
    const tls_verify_request *request, size_t position, const tls_certificate *certificate)
{
    size_t i;

    /* The status of a root is nobody's to tell. */
    if (position > 0 && certificate->self_issued)
        return TLS_OK;
    if (request->revocation == TLS_REVOCATION_PATH ||
        (position == 0 &&
            (request->revocation == TLS_REVOCATION_LEAF || request->staple == TLS_STAPLE_REQUIRED)))
        return TLS_REASON_REVOCATION_UNKNOWN;
    for (i = 0; i < request->crl_count; i++)
        if (tls_crl_covers(request->crls[i], certificate))
            return TLS_REASON_REVOCATION_UNKNOWN;
    return TLS_OK;
}

enum tls_reason
tls_staple_check(const tls_verify_request *request, const tls_certificate *leaf)
{
    if (request->ocsp_response_count != 0 || !tls_staple_demanded(request->staple) ||
        (request->staple == TLS_STAPLE_IF_MUST && !leaf->must_staple))
        return TLS_OK;
    return TLS_REASON_STAPLE_REQUIRED;
}
