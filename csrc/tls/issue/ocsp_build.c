/* ocsp_build.c - see ocsp_build.h. Section numbers are RFC 6960's. */
#include "issue/ocsp_build.h"

#include <string.h>

#include "issue/certificate_extensions.h"
#include "asn1/der_write.h"
#include "x509/signed_structure.h"

#define NONCE_MAXIMUM_LENGTH 128 /* RFC 9654 section 2.1 */

static const unsigned char oid_basic[] = {0x2B, 6, 1, 5, 5, 7, 48, 1, 1};
static const unsigned char oid_nonce[] = {0x2B, 6, 1, 5, 5, 7, 48, 1, 2};
static const unsigned char oid_sha1[] = {0x2B, 0x0E, 0x03, 0x02, 0x1A};
static const unsigned char oid_sha256[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1};

/* CertID, 4.1.1 */
int
tls_ocsp_certificate_id_write(
    tls_buffer *out, const tls_certificate *certificate, const tls_certificate *issuer, int hash)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    tls_der der, inner;
    tls_bytes bits;
    size_t mark, algorithm, length;

    if (hash != TLS_HASH_SHA1 && hash != TLS_HASH_SHA256)
        return 0;
    tls_der_init(&der, issuer->public_key_info);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_read(&inner, TLS_DER_SEQUENCE);
    bits = tls_der_bit_string(&inner, NULL);
    if (tls_der_failed(&inner))
        return 0;
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    algorithm = tls_der_open(out, TLS_DER_SEQUENCE);
    if (hash == TLS_HASH_SHA1)
        tls_der_put_oid(out, tls_bytes_make(oid_sha1, sizeof oid_sha1));
    else
        tls_der_put_oid(out, tls_bytes_make(oid_sha256, sizeof oid_sha256));
    tls_der_put_null(out);
    tls_der_close(out, algorithm);
    length = tls_fingerprint(digest, hash, certificate->issuer);
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(digest, length));
    length = tls_fingerprint(digest, hash, bits);
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(digest, length));
    tls_der_put(out, TLS_DER_INTEGER, certificate->serial);
    tls_der_close(out, mark);
    return 1;
}

/* put_nonce appends [tag] EXPLICIT Extensions with a nonce, RFC 8954 section 2.1. */
static void
put_nonce(tls_buffer *out, unsigned tag, tls_bytes nonce)
{
    size_t outer, sequence, extension, value;

    if (nonce.length == 0)
        return;
    outer = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(tag));
    sequence = tls_der_open(out, TLS_DER_SEQUENCE);
    extension = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_nonce, sizeof oid_nonce));
    value = tls_der_open(out, TLS_DER_OCTET_STRING);
    tls_der_put(out, TLS_DER_OCTET_STRING, nonce);
    tls_der_close(out, value);
    tls_der_close(out, extension);
    tls_der_close(out, sequence);
    tls_der_close(out, outer);
}

/* OCSPRequest, 4.1.1 */
enum tls_reason
tls_ocsp_request_build(tls_buffer *out, const tls_certificate *certificate,
    const tls_certificate *issuer, int hash, tls_bytes nonce)
{
    tls_buffer id = {NULL, 0, 0, 0};
    size_t whole, tbs, list, one;

    if (nonce.length > NONCE_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_FIELD;
    if (!tls_ocsp_certificate_id_write(
            &id, certificate, issuer, hash == 0 ? TLS_HASH_SHA1 : hash)) {
        tls_buffer_release(&id);
        return TLS_REASON_BAD_FIELD;
    }
    whole = tls_der_open(out, TLS_DER_SEQUENCE);
    tbs = tls_der_open(out, TLS_DER_SEQUENCE);
    list = tls_der_open(out, TLS_DER_SEQUENCE);
    one = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_encoded(out, tls_buffer_view(&id));
    tls_der_close(out, one);
    tls_der_close(out, list);
    put_nonce(out, 2, nonce);
    tls_der_close(out, tbs);
    tls_der_close(out, whole);
    out->failed |= id.failed;
    tls_buffer_release(&id);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* ---- Responses, 4.2.1 ---- */

static void
put_status(tls_buffer *out, const tls_ocsp_fields *fields)
{
    unsigned char reason = (unsigned char)fields->reason;
    size_t mark, part;

    if (fields->status != TLS_OCSP_REVOKED) {
        tls_der_put(
            out, TLS_DER_CONTEXT(fields->status == TLS_OCSP_GOOD ? 0 : 2), tls_bytes_make(NULL, 0));
        return;
    }
    mark = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(1));
    tls_der_put_generalized_time(out, fields->revocation_time);
    if (fields->reason >= 0) {
        part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_put(out, TLS_DER_ENUMERATED, tls_bytes_make(&reason, 1));
        tls_der_close(out, part);
    }
    tls_der_close(out, mark);
}

/* ResponseData */
static enum tls_reason
build_data(tls_buffer *out, const tls_ocsp_fields *fields, const tls_certificate *responder)
{
    unsigned char key_hash[20];
    size_t data, part, list, one;

    data = tls_der_open(out, TLS_DER_SEQUENCE);
    if (fields->responder_by_key) {
        if (!tls_key_identifier(key_hash, responder->public_key_info))
            return TLS_REASON_BAD_FIELD;
        part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(2));
        tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(key_hash, sizeof key_hash));
    } else {
        part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(1));
        tls_der_put_encoded(out, responder->subject);
    }
    tls_der_close(out, part);
    tls_der_put_generalized_time(out, fields->produced_at);
    list = tls_der_open(out, TLS_DER_SEQUENCE);
    one = tls_der_open(out, TLS_DER_SEQUENCE);
    if (!tls_ocsp_certificate_id_write(out, fields->certificate, fields->issuer,
            fields->id_hash == 0 ? TLS_HASH_SHA1 : fields->id_hash))
        return TLS_REASON_BAD_FIELD;
    put_status(out, fields);
    tls_der_put_generalized_time(out, fields->this_update);
    if (fields->next_update != INT64_MAX) {
        part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_put_generalized_time(out, fields->next_update);
        tls_der_close(out, part);
    }
    tls_der_close(out, one);
    tls_der_close(out, list);
    put_nonce(out, 1, fields->nonce);
    tls_der_close(out, data);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static int
fields_make_sense(const tls_ocsp_fields *fields)
{
    if ((unsigned)fields->status > TLS_OCSP_REVOKED || fields->nonce.length > NONCE_MAXIMUM_LENGTH)
        return 0;
    if (!tls_der_time_is_writable(fields->produced_at) ||
        !tls_der_time_is_writable(fields->this_update))
        return 0;
    if (fields->next_update != INT64_MAX && (fields->next_update < fields->this_update ||
                                                !tls_der_time_is_writable(fields->next_update)))
        return 0;
    return fields->status != TLS_OCSP_REVOKED ||
           (tls_der_time_is_writable(fields->revocation_time) &&
               (fields->reason < 0 || tls_revocation_reason_name(fields->reason) != NULL));
}

/* wrap appends the whole OCSPResponse around a BasicOCSPResponse. */
static enum tls_reason
wrap(tls_buffer *out, const tls_ocsp_fields *fields, int hash, tls_bytes data)
{
    static const unsigned char successful = 0;
    size_t whole, part, bytes, octets, basic, certificates, sequence;
    enum tls_reason reason;

    whole = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put(out, TLS_DER_ENUMERATED, tls_bytes_make(&successful, 1));
    part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    bytes = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_basic, sizeof oid_basic));
    octets = tls_der_open(out, TLS_DER_OCTET_STRING);
    basic = tls_der_open(out, TLS_DER_SEQUENCE);
    reason = tls_signed_write(out, fields->key, hash, data);
    if (fields->responder != NULL && !fields->without_certificate) {
        certificates = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        sequence = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_encoded(out, fields->responder->der);
        tls_der_close(out, sequence);
        tls_der_close(out, certificates);
    }
    tls_der_close(out, basic);
    tls_der_close(out, octets);
    tls_der_close(out, bytes);
    tls_der_close(out, part);
    tls_der_close(out, whole);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

enum tls_reason
tls_ocsp_response_build(tls_ocsp_response **out, const tls_ocsp_fields *fields)
{
    const tls_certificate *responder =
        fields->responder != NULL ? fields->responder : fields->issuer;
    tls_buffer data = {NULL, 0, 0, 0}, whole = {NULL, 0, 0, 0};
    int hash = tls_signing_hash(fields->key, fields->hash);
    enum tls_reason reason;

    *out = NULL;
    if (!tls_private_key_matches(fields->key, &responder->public_key))
        return TLS_REASON_KEY_MISMATCH;
    if (hash == 0 || !fields_make_sense(fields))
        return TLS_REASON_BAD_FIELD;
    reason = build_data(&data, fields, responder);
    if (reason == TLS_OK)
        reason = wrap(&whole, fields, hash, tls_buffer_view(&data));
    if (reason == TLS_OK)
        reason = tls_ocsp_response_from_der(out, tls_buffer_view(&whole));
    tls_buffer_release(&data);
    tls_buffer_release(&whole);
    return reason;
}
