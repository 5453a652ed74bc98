/* ocsp.c - OCSP responses; see ocsp.h. Section numbers are RFC 6960's. */
#include "x509/ocsp.h"

#include <stdlib.h>
#include <string.h>

#include "x509/certificate_parse.h"
#include "x509/distinguished_name_match.h"
#include "x509/key_use.h"
#include "x509/signed_structure.h"

/* id-pkix-ocsp: 1.3.6.1.5.5.7.48.1; basic is 1, nonce 2 */
static const unsigned char oid_basic[] = {0x2B, 6, 1, 5, 5, 7, 48, 1, 1};
static const unsigned char oid_nonce[] = {0x2B, 6, 1, 5, 5, 7, 48, 1, 2};

const char *
tls_ocsp_response_status_name(enum tls_ocsp_response_status status)
{
    static const char *const names[] = {"successful", "malformedRequest", "internalError",
        "tryLater", NULL, "sigRequired", "unauthorized"};

    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : NULL;
}

const char *
tls_ocsp_certificate_status_name(enum tls_ocsp_certificate_status status)
{
    static const char *const names[] = {"unknown", "good", "revoked"};

    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : "unknown";
}

/* ---- Single responses, 4.2.1 ---- */

static void
read_certificate_id(tls_der *der, tls_ocsp_single *out)
{
    tls_der inner;

    tls_der_enter(der, &inner, TLS_DER_SEQUENCE);
    out->hash = tls_hash_algorithm_read(&inner);
    out->issuer_name_hash = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    out->issuer_key_hash = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    out->serial = tls_der_integer(&inner);
    tls_der_leave(der, &inner);
}

static void
read_status(tls_der *der, tls_ocsp_single *out)
{
    tls_der info, part;
    tls_bytes value;

    switch (tls_der_peek(der)) {
    case 0x80: /* good [0] IMPLICIT NULL */
        out->status = TLS_OCSP_GOOD;
        break;
    case 0x82: /* unknown [2] IMPLICIT NULL */
        out->status = TLS_OCSP_UNKNOWN;
        break;
    case 0xA1: /* revoked [1] IMPLICIT RevokedInfo */
        out->status = TLS_OCSP_REVOKED;
        tls_der_enter(der, &info, TLS_DER_CONTEXT_CONSTRUCTED(1));
        out->revocation_time = tls_der_time(&info);
        if (tls_der_peek(&info) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
            tls_der_enter(&info, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
            value = tls_der_read(&part, TLS_DER_ENUMERATED);
            tls_der_leave(&info, &part);
            if (value.length != 1)
                tls_der_fail(&info);
            else
                out->reason = value.data[0];
        }
        tls_der_leave(der, &info);
        return;
    default:
        tls_der_fail(der);
        return;
    }
    if (tls_der_read_any(der, NULL, NULL).length != 0)
        tls_der_fail(der);
}

int
tls_ocsp_next(tls_der *reader, tls_ocsp_single *single)
{
    tls_der inner, part, extensions;
    tls_extension_view extension;

    if (tls_der_at_end(reader))
        return 0;
    memset(single, 0, sizeof *single);
    single->reason = TLS_REVOKED_NO_REASON;
    single->next_update = INT64_MAX;
    tls_der_enter(reader, &inner, TLS_DER_SEQUENCE);
    read_certificate_id(&inner, single);
    read_status(&inner, single);
    single->this_update = tls_der_time(&inner);
    if (tls_der_peek(&inner) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&inner, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        single->next_update = tls_der_time(&part);
        tls_der_leave(&inner, &part);
    }
    if (tls_der_peek(&inner) == (int)TLS_DER_CONTEXT_CONSTRUCTED(1)) {
        tls_der_enter(&inner, &part, TLS_DER_CONTEXT_CONSTRUCTED(1));
        tls_der_enter(&part, &extensions, TLS_DER_SEQUENCE);
        while (tls_certificate_extension_next(&extensions, &extension))
            single->unknown_critical |= extension.critical;
        tls_der_leave(&part, &extensions);
        tls_der_leave(&inner, &part);
    }
    tls_der_leave(reader, &inner);
    return !tls_der_failed(reader);
}

/* ---- The response, 4.2.1 ---- */

static void
read_response_extensions(tls_der *der, tls_ocsp_response *out)
{
    tls_der part, extensions;
    tls_extension_view extension;

    tls_der_enter(der, &part, TLS_DER_CONTEXT_CONSTRUCTED(1));
    tls_der_enter(&part, &extensions, TLS_DER_SEQUENCE);
    while (tls_certificate_extension_next(&extensions, &extension)) {
        if (tls_bytes_equal(extension.oid, tls_bytes_make(oid_nonce, sizeof oid_nonce))) {
            tls_der nonce;

            /* RFC 8954 section 2.1: an OCTET STRING in extnValue; older ones put bare bytes there.
             */
            tls_der_init(&nonce, extension.value);
            out->nonce = tls_der_read(&nonce, TLS_DER_OCTET_STRING);
            if (!tls_der_finish(&nonce))
                out->nonce = extension.value;
        } else {
            out->unknown_critical |= extension.critical;
        }
    }
    tls_der_leave(&part, &extensions);
    tls_der_leave(der, &part);
}

/* ResponseData */
static int
parse_data(tls_ocsp_response *out)
{
    tls_der der, data, part, singles;
    tls_ocsp_single single;

    tls_der_init(&der, out->to_be_signed);
    tls_der_enter(&der, &data, TLS_DER_SEQUENCE);
    if (tls_der_peek(&data) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&data, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_small(&part, 0); /* version v1(0), which DER would leave out */
        tls_der_leave(&data, &part);
    }
    if (tls_der_peek(&data) == (int)TLS_DER_CONTEXT_CONSTRUCTED(1)) { /* byName */
        tls_der_enter(&data, &part, TLS_DER_CONTEXT_CONSTRUCTED(1));
        out->responder_name = tls_der_read_whole(&part, TLS_DER_SEQUENCE);
        tls_der_leave(&data, &part);
        if (tls_der_failed(&data) || !tls_name_check(out->responder_name))
            return 0;
    } else { /* byKey */
        tls_der_enter(&data, &part, TLS_DER_CONTEXT_CONSTRUCTED(2));
        out->responder_key = tls_der_read(&part, TLS_DER_OCTET_STRING);
        tls_der_leave(&data, &part);
    }
    out->produced_at = tls_der_time(&data);
    out->responses = tls_der_read(&data, TLS_DER_SEQUENCE);
    if (tls_der_peek(&data) == (int)TLS_DER_CONTEXT_CONSTRUCTED(1))
        read_response_extensions(&data, out);
    tls_der_leave(&der, &data);
    tls_der_init(&singles, out->responses);
    while (tls_ocsp_next(&singles, &single))
        ;
    return tls_der_finish(&der) && tls_der_finish(&singles);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate. One that cannot be read is passed over: it may not
 * matter. */
static enum tls_reason
parse_certificates(tls_ocsp_response *out, tls_bytes certificates)
{
    tls_certificate *items[TLS_OCSP_CERTIFICATES_MAXIMUM];
    tls_der der, sequence;
    enum tls_reason reason = TLS_OK;
    tls_bytes whole;
    size_t count = 0, i;

    tls_der_init(&der, certificates);
    tls_der_enter(&der, &sequence, TLS_DER_SEQUENCE);
    while (!tls_der_at_end(&sequence) && count < TLS_OCSP_CERTIFICATES_MAXIMUM) {
        whole = tls_der_read_whole(&sequence, TLS_DER_SEQUENCE);
        if (tls_der_failed(&sequence))
            break;
        reason = tls_certificate_from_der(&items[count], whole);
        if (reason == TLS_REASON_OUT_OF_MEMORY)
            break;
        count += reason == TLS_OK;
    }
    if (reason != TLS_REASON_OUT_OF_MEMORY)
        reason = tls_der_failed(&sequence) || !tls_der_finish(&der)
                     ? TLS_REASON_BAD_OCSP_RESPONSE
                     : tls_certificate_list_make(&out->certificates, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    return reason;
}

/* BasicOCSPResponse */
static enum tls_reason
parse_basic(tls_ocsp_response *out, tls_bytes basic)
{
    tls_signed_structure parts;
    tls_der der, inner;
    tls_bytes certificates = {NULL, 0};

    tls_der_init(&der, basic);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (!tls_signed_read(&inner, &parts))
        return TLS_REASON_BAD_OCSP_RESPONSE;
    tls_der_optional(&inner, &certificates, TLS_DER_CONTEXT_CONSTRUCTED(0));
    tls_der_leave(&der, &inner);
    out->to_be_signed = parts.to_be_signed;
    out->signature_algorithm = parts.algorithm;
    out->signature = parts.signature;
    if (!tls_der_finish(&der) || !parse_data(out))
        return TLS_REASON_BAD_OCSP_RESPONSE;
    return certificates.length != 0 ? parse_certificates(out, certificates) : TLS_OK;
}

/* OCSPResponse */
static enum tls_reason
parse(tls_ocsp_response *out)
{
    tls_der der, response, part, bytes;
    tls_bytes status, type, basic;

    tls_der_init(&der, out->der);
    tls_der_enter(&der, &response, TLS_DER_SEQUENCE);
    status = tls_der_read(&response, TLS_DER_ENUMERATED);
    if (status.length != 1)
        return TLS_REASON_BAD_OCSP_RESPONSE;
    out->status = (enum tls_ocsp_response_status)status.data[0];
    if (out->status != TLS_OCSP_SUCCESSFUL) {
        tls_der_leave(&der, &response);
        return tls_der_finish(&der) ? TLS_OK : TLS_REASON_BAD_OCSP_RESPONSE;
    }
    tls_der_enter(&response, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
    tls_der_enter(&part, &bytes, TLS_DER_SEQUENCE);
    type = tls_der_oid(&bytes);
    basic = tls_der_read(&bytes, TLS_DER_OCTET_STRING);
    tls_der_leave(&part, &bytes);
    tls_der_leave(&response, &part);
    tls_der_leave(&der, &response);
    if (!tls_der_finish(&der) ||
        !tls_bytes_equal(type, tls_bytes_make(oid_basic, sizeof oid_basic)))
        return TLS_REASON_BAD_OCSP_RESPONSE;
    return parse_basic(out, basic);
}

enum tls_reason
tls_ocsp_response_from_der(tls_ocsp_response **out, tls_bytes der)
{
    tls_ocsp_response *response;
    enum tls_reason reason;

    *out = NULL;
    if (der.length == 0 || der.length > TLS_OCSP_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_OCSP_RESPONSE;
    response = calloc(1, sizeof *response + der.length);
    if (response == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    response->references = 1;
    memcpy(response + 1, der.data, der.length);
    response->der = tls_bytes_make(response + 1, der.length);
    reason = parse(response);
    if (reason != TLS_OK) {
        tls_certificate_list_release(response->certificates);
        free(response);
        return reason;
    }
    *out = response;
    return TLS_OK;
}

tls_ocsp_response *
tls_ocsp_response_retain(tls_ocsp_response *response)
{
    response->references++;
    return response;
}

void
tls_ocsp_response_release(tls_ocsp_response *response)
{
    if (response == NULL || --response->references != 0)
        return;
    tls_certificate_list_release(response->certificates);
    free(response);
}

/* ---- Judging, 3.2 and 4.2.2 ---- */

/* The bytes that a key hash covers: subjectPublicKey without tag, length and unused bits. */
static tls_bytes
key_bits(const tls_certificate *certificate)
{
    tls_der der, inner;

    tls_der_init(&der, certificate->public_key_info);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_read(&inner, TLS_DER_SEQUENCE);
    return tls_der_bit_string(&inner, NULL);
}

static int
hash_is(tls_bytes expected, int hash, tls_bytes bytes)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    size_t length = tls_fingerprint(digest, hash, bytes);

    return length != 0 && tls_bytes_equal(expected, tls_bytes_make(digest, length));
}

/* is_about: the hash is over the issuer's name, which both certificates have, in encodings that may
 * differ. */
static int
is_about(const tls_ocsp_single *single, const tls_certificate *certificate,
    const tls_certificate *issuer)
{
    return single->hash != 0 && tls_bytes_equal(single->serial, certificate->serial) &&
           (hash_is(single->issuer_name_hash, single->hash, certificate->issuer) ||
               hash_is(single->issuer_name_hash, single->hash, issuer->subject)) &&
           hash_is(single->issuer_key_hash, single->hash, key_bits(issuer));
}

int
tls_ocsp_find(const tls_ocsp_response *response, tls_ocsp_single *single,
    const tls_certificate *certificate, const tls_certificate *issuer)
{
    tls_ocsp_single one;
    tls_der der;
    int found = 0;

    tls_der_init(&der, response->responses);
    while (tls_ocsp_next(&der, &one)) {
        if ((found && one.this_update <= single->this_update) ||
            !is_about(&one, certificate, issuer))
            continue;
        *single = one;
        found = 1;
    }
    return found;
}

/* names_responder: responderID is about this certificate. */
static int
names_responder(const tls_ocsp_response *response, const tls_certificate *certificate)
{
    if (response->responder_name.length != 0)
        return tls_name_equal(response->responder_name, certificate->subject);
    return hash_is(response->responder_key, TLS_HASH_SHA1, key_bits(certificate));
}

static enum tls_reason
verify_with(const tls_ocsp_response *response, const tls_certificate *responder,
    const tls_revocation_policy *policy)
{
    return tls_signed_verify(&responder->public_key, &response->signature_algorithm,
        response->to_be_signed, response->signature, policy->min_rsa_bits, policy->allow_sha1,
        policy->budget);
}

/* 4.2.2.2: a responder that the issuer of the certificate itself certified for this; all but the
 * signatures. */
static enum tls_reason
judge_delegate(const tls_certificate *delegate, const char **why, const tls_certificate *issuer,
    const tls_revocation_policy *policy)
{
    if ((delegate->present & TLS_HAS_EXTENDED_KEY_USAGE) == 0 ||
        (delegate->extended_key_usage & TLS_EXTENDED_OCSP_SIGNING) == 0 ||
        !tls_certificate_allows(delegate, TLS_KEY_USE_SIGNATURE) || delegate->unknown_critical) {
        *why = "is signed by a certificate that is not for OCSP signing";
        return TLS_REASON_BAD_OCSP_RESPONSE;
    }
    if (delegate->not_after < policy->time - policy->clock_skew ||
        delegate->not_before > policy->time + policy->clock_skew) {
        *why = "is signed by a responder whose certificate is not in date";
        return TLS_REASON_BAD_OCSP_RESPONSE;
    }
    *why = "is signed by a responder that the certificate's issuer did not certify";
    if (memcmp(delegate->issuer_digest, issuer->subject_digest, sizeof issuer->subject_digest) != 0)
        return TLS_REASON_BAD_OCSP_RESPONSE;
    return TLS_OK;
}

/* verify_by_delegate: `why` was set by judge_delegate. */
static enum tls_reason
verify_by_delegate(const tls_ocsp_response *response, const tls_certificate *delegate,
    const char **why, const tls_certificate *issuer, const tls_revocation_policy *policy)
{
    enum tls_reason reason = tls_signed_verify(&issuer->public_key, &delegate->signature_algorithm,
        delegate->to_be_signed, delegate->signature, policy->min_rsa_bits, policy->allow_sha1,
        policy->budget);

    if (reason != TLS_OK)
        return reason;
    *why = "has a signature that does not verify";
    return verify_with(response, delegate, policy);
}

static enum tls_reason
check_signature(const tls_ocsp_response *response, const char **why, const tls_certificate *issuer,
    const tls_revocation_policy *policy)
{
    enum tls_reason reason = TLS_REASON_BAD_OCSP_RESPONSE, tried;
    const tls_certificate *delegate;
    const char *trouble;
    size_t i;
    int found = 0;

    *why = "is signed by nobody that it names";
    if (names_responder(response, issuer)) {
        reason = verify_with(response, issuer, policy);
        if (reason == TLS_OK)
            return TLS_OK;
        *why = "has a signature that does not verify";
    }
    /* One delegate that could be it is looked at: no honest response brings several. */
    for (i = 0; response->certificates != NULL && i < response->certificates->count && !found;
         i++) {
        delegate = response->certificates->items[i];
        if (!names_responder(response, delegate) ||
            tls_public_key_equal(&delegate->public_key, &issuer->public_key))
            continue;
        tried = judge_delegate(delegate, &trouble, issuer, policy);
        if (tried == TLS_OK) {
            found = 1;
            tried = verify_by_delegate(response, delegate, &trouble, issuer, policy);
        }
        if (tried == TLS_OK)
            return TLS_OK;
        reason = tried;
        *why = trouble;
    }
    if (reason == TLS_REASON_LIMIT)
        return reason;
    if (reason == TLS_REASON_WEAK_KEY || reason == TLS_REASON_WEAK_SIGNATURE) {
        *why = "has a weak signature";
        return reason;
    }
    return TLS_REASON_BAD_OCSP_RESPONSE;
}

enum tls_reason
tls_ocsp_check(const tls_ocsp_response *response, tls_ocsp_single *single, const char **why,
    const tls_certificate *certificate, const tls_certificate *issuer,
    const tls_revocation_policy *policy)
{
    enum tls_reason reason;
    const char *unwanted;

    if (why == NULL)
        why = &unwanted;
    *why = NULL;
    memset(single, 0, sizeof *single);
    if (response->status != TLS_OCSP_SUCCESSFUL) {
        *why = "is an error message of the responder";
        return TLS_REASON_BAD_OCSP_RESPONSE;
    }
    if (!tls_ocsp_find(response, single, certificate, issuer)) {
        *why = "is about another certificate";
        return TLS_REASON_BAD_OCSP_RESPONSE;
    }
    if (response->unknown_critical || single->unknown_critical) {
        *why = "has a critical extension that is not understood";
        return TLS_REASON_BAD_OCSP_RESPONSE;
    }
    /* 4.2.2.1: in date; cheap, so before the signature. */
    if (single->this_update > policy->time + policy->clock_skew) {
        *why = "is not valid yet";
        return TLS_REASON_OCSP_EXPIRED;
    }
    if (single->next_update == INT64_MAX)
        single->next_update = single->this_update + TLS_OCSP_MAXIMUM_AGE;
    if (single->next_update < policy->time - policy->clock_skew) {
        *why = "has expired";
        return TLS_REASON_OCSP_EXPIRED;
    }
    reason = check_signature(response, why, issuer, policy);
    if (reason == TLS_OK)
        *why = NULL;
    return reason;
}
