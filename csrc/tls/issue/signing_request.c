/* signing_request.c - see signing_request.h. Section numbers are RFC 2986's. */
#include "issue/signing_request.h"

#include <stdlib.h>
#include <string.h>

#include "x509/certificate_parse.h"
#include "asn1/der_write.h"
#include "x509/distinguished_name.h"
#include "key/key_encode.h"
#include "asn1/pem.h"
#include "x509/signed_structure.h"

/* extensionRequest, RFC 2985 section 5.4.2; Microsoft's older number for the same */
static const unsigned char oid_extension_request[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 14};
static const unsigned char oid_microsoft_request[] = {0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14};

static int
is_extension_request(tls_bytes oid)
{
    return tls_bytes_equal(
               oid, tls_bytes_make(oid_extension_request, sizeof oid_extension_request)) ||
           tls_bytes_equal(
               oid, tls_bytes_make(oid_microsoft_request, sizeof oid_microsoft_request));
}

/* parse_attributes looks for the requested extensions among [0] IMPLICIT SET OF Attribute. */
static int
parse_attributes(tls_certificate *wanted, tls_bytes attributes)
{
    tls_der der, attribute, values;
    tls_bytes oid;
    int found = 0;

    tls_der_init(&der, attributes);
    while (!tls_der_at_end(&der)) {
        tls_der_enter(&der, &attribute, TLS_DER_SEQUENCE);
        oid = tls_der_oid(&attribute);
        if (is_extension_request(oid)) {
            tls_der_enter(&attribute, &values, TLS_DER_SET);
            wanted->extensions = tls_der_read(&values, TLS_DER_SEQUENCE);
            tls_der_leave(&attribute, &values);
            if (found++)
                return 0;
        } else {
            tls_der_read(&attribute, TLS_DER_SET);
        }
        tls_der_leave(&der, &attribute);
    }
    return tls_der_finish(&der);
}

static int
parse(tls_certificate_request *out)
{
    tls_certificate *wanted = &out->wanted;
    tls_signed_structure parts;
    tls_der der, inner;
    tls_bytes attributes = {NULL, 0};

    tls_der_init(&der, out->der);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (!tls_signed_read(&inner, &parts))
        return 0;
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der))
        return 0;
    out->to_be_signed = parts.to_be_signed;
    out->signature_algorithm = parts.algorithm;
    out->signature = parts.signature;
    tls_der_init(&der, out->to_be_signed);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_small(&inner, 0); /* version: v1(0) */
    wanted->subject = tls_der_read_whole(&inner, TLS_DER_SEQUENCE);
    wanted->public_key_info = tls_der_read_whole(&inner, TLS_DER_SEQUENCE);
    /* Attributes are not OPTIONAL (4.1), but some writers leave an empty set out. */
    tls_der_optional(&inner, &attributes, TLS_DER_CONTEXT_CONSTRUCTED(0));
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der) || !tls_name_check(wanted->subject) ||
        tls_public_key_parse(&wanted->public_key, wanted->public_key_info) != TLS_OK)
        return 0;
    wanted->version = 3;
    wanted->path_length = -1;
    wanted->key_usage = (1u << TLS_KEY_USAGE_COUNT) - 1;
    wanted->issuer = wanted->subject;
    return parse_attributes(wanted, attributes) && tls_certificate_parse_extensions(wanted);
}

enum tls_reason
tls_certificate_request_from_der(tls_certificate_request **out, tls_bytes der)
{
    tls_certificate_request *request;

    *out = NULL;
    if (der.length == 0 || der.length > TLS_CERTIFICATE_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_REQUEST;
    request = calloc(1, sizeof *request + der.length);
    if (request == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    request->references = 1;
    memcpy(request + 1, der.data, der.length);
    request->der = tls_bytes_make(request + 1, der.length);
    if (!parse(request)) {
        free(request);
        return TLS_REASON_BAD_REQUEST;
    }
    *out = request;
    return TLS_OK;
}

enum tls_reason
tls_certificate_request_load(tls_certificate_request **out, tls_bytes bytes)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = TLS_REASON_BAD_PEM;

    *out = NULL;
    if (!tls_pem_looks_like(bytes)) {
        if (bytes.length == 0 || bytes.data[0] != TLS_DER_SEQUENCE)
            return TLS_REASON_BAD_PEM;
        return tls_certificate_request_from_der(out, bytes);
    }
    tls_pem_init(&pem, bytes);
    while (tls_pem_next(&pem, &block, &der)) {
        if (!tls_bytes_equal_string(block.label, "CERTIFICATE REQUEST") &&
            !tls_bytes_equal_string(block.label, "NEW CERTIFICATE REQUEST"))
            continue;
        reason = TLS_REASON_BAD_REQUEST;
        if (block.valid)
            reason = tls_certificate_request_from_der(out, tls_buffer_view(&der));
        break;
    }
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    return reason;
}

tls_certificate_request *
tls_certificate_request_retain(tls_certificate_request *request)
{
    request->references++;
    return request;
}

void
tls_certificate_request_release(tls_certificate_request *request)
{
    if (request != NULL && --request->references == 0)
        free(request);
}

enum tls_reason
tls_certificate_request_verify(const tls_certificate_request *request)
{
    enum tls_reason reason = tls_signed_verify(&request->wanted.public_key,
        &request->signature_algorithm, request->to_be_signed, request->signature, 0, 0, NULL);

    return reason == TLS_REASON_BAD_CERTIFICATE_SIGNATURE ? TLS_REASON_BAD_REQUEST : reason;
}

/* ---- Building ---- */

/* CertificationRequestInfo, 4.1. */
static enum tls_reason
build_info(tls_buffer *out, const tls_request_fields *fields)
{
    size_t info, attributes, attribute, values, extensions, before;
    enum tls_reason reason;
    int no_subject = fields->subject.length == 0;

    info = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_small(out, 0);
    if (no_subject)
        tls_der_put(out, TLS_DER_SEQUENCE, tls_bytes_make(NULL, 0));
    else
        tls_der_put_encoded(out, fields->subject);
    reason = tls_public_key_encode(out, tls_private_key_public(fields->key));
    if (reason != TLS_OK)
        return reason;
    attributes = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    attribute = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid_extension_request, sizeof oid_extension_request));
    values = tls_der_open(out, TLS_DER_SET);
    extensions = tls_der_open(out, TLS_DER_SEQUENCE);
    before = out->length;
    reason = tls_extensions_build(
        out, &fields->extensions, no_subject || tls_name_is_empty(fields->subject));
    if (reason != TLS_OK)
        return reason;
    if (out->length == before) {
        out->length = attributes; /* nothing is asked for: no attribute */
    } else {
        tls_der_close(out, extensions);
        tls_der_close(out, values);
        tls_der_close(out, attribute);
    }
    tls_der_close(out, attributes);
    tls_der_close(out, info);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_certificate_request_build(tls_certificate_request **out, const tls_request_fields *fields)
{
    tls_buffer info = {NULL, 0, 0, 0}, whole = {NULL, 0, 0, 0};
    int hash = tls_signing_hash(fields->key, fields->hash);
    enum tls_reason reason;
    size_t mark;

    *out = NULL;
    if (hash == 0)
        return TLS_REASON_BAD_FIELD;
    if (fields->subject.length != 0 && !tls_name_check(fields->subject))
        return TLS_REASON_BAD_NAME;
    reason = build_info(&info, fields);
    if (reason == TLS_OK) {
        mark = tls_der_open(&whole, TLS_DER_SEQUENCE);
        reason = tls_signed_write(&whole, fields->key, hash, tls_buffer_view(&info));
        tls_der_close(&whole, mark);
        if (whole.failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (reason == TLS_OK)
        reason = tls_certificate_request_from_der(out, tls_buffer_view(&whole));
    tls_buffer_release(&info);
    tls_buffer_release(&whole);
    return reason;
}
