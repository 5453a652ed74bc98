/* certificate_issue.c - see certificate_issue.h. Section numbers are RFC 5280's. */
#include "issue/certificate_issue.h"

#include <string.h>

#include "asn1/der_write.h"
#include "x509/distinguished_name.h"
#include "key/key_encode.h"
#include "base/random.h"
#include "x509/signed_structure.h"

/* What of a request may be taken over. */
static const struct {
    unsigned flag;
    unsigned char length;
    unsigned char oid[8];
} acceptable[] = {
    {TLS_HAS_SUBJECT_ALTERNATIVE_NAME, 3, {0x55, 0x1D, 17}},
    {TLS_HAS_KEY_USAGE, 3, {0x55, 0x1D, 15}},
    {TLS_HAS_EXTENDED_KEY_USAGE, 3, {0x55, 0x1D, 37}},
    {TLS_HAS_TLS_FEATURE, 8, {0x2B, 6, 1, 5, 5, 7, 1, 24}},
};

/* What the fields come to: everything that goes into the certificate. */
typedef struct plan {
    const tls_issue_fields *fields;
    int hash;
    tls_bytes subject;
    tls_bytes issuer;
    tls_bytes public_key_info;
    unsigned char serial[TLS_SERIAL_MAXIMUM_LENGTH];
    size_t serial_length;
    tls_extension_fields extensions;
    tls_extension_view extra[TLS_EXTENSION_FIELDS_MAXIMUM];
    unsigned char subject_key_identifier[20];
    unsigned char authority_key_identifier[20];
    tls_buffer own_key; /* the SubjectPublicKeyInfo of the signing key */
} plan;

static enum tls_reason
plan_keys(plan *p)
{
    const tls_issue_fields *fields = p->fields;
    const tls_public_key *own = tls_private_key_public(fields->key);
    tls_public_key key;
    enum tls_reason reason;

    if (fields->issuer != NULL &&
        !tls_private_key_matches(fields->key, &fields->issuer->public_key))
        return TLS_REASON_KEY_MISMATCH;
    reason = tls_public_key_encode(&p->own_key, own);
    if (reason != TLS_OK)
        return reason;
    p->public_key_info = fields->public_key_info;
    if (p->public_key_info.length == 0 && fields->request != NULL)
        p->public_key_info = fields->request->wanted.public_key_info;
    if (fields->issuer == NULL) {
        if (p->public_key_info.length == 0)
            p->public_key_info = tls_buffer_view(&p->own_key);
        else if (tls_public_key_parse(&key, p->public_key_info) != TLS_OK ||
                 !tls_public_key_equal(&key, own))
            return TLS_REASON_KEY_MISMATCH;
    }
    if (p->public_key_info.length == 0 || tls_public_key_parse(&key, p->public_key_info) != TLS_OK)
        return TLS_REASON_BAD_FIELD;
    return TLS_OK;
}

static enum tls_reason
plan_names(plan *p)
{
    static const unsigned char empty_name[] = {TLS_DER_SEQUENCE, 0};
    const tls_issue_fields *fields = p->fields;

    p->subject = fields->subject;
    if (p->subject.length == 0 && fields->request != NULL)
        p->subject = fields->request->wanted.subject;
    if (p->subject.length == 0)
        p->subject = tls_bytes_make(empty_name, sizeof empty_name);
    if (!tls_name_check(p->subject))
        return TLS_REASON_BAD_NAME;
    p->issuer = fields->issuer != NULL ? fields->issuer->subject : p->subject;
    return TLS_OK;
}

/* 4.1.2.2: positive, at most 20 octets as an INTEGER. */
static enum tls_reason
plan_serial(plan *p)
{
    tls_bytes serial = p->fields->serial;
    enum tls_reason reason;

    if (serial.length == 0) {
        p->serial_length = sizeof p->serial;
        reason = tls_random_public(p->serial, sizeof p->serial);
        /* Positive, and always of the same length. */
        p->serial[0] = (unsigned char)((p->serial[0] & 0x7F) | 0x40);
        return reason;
    }
    while (serial.length > 0 && serial.data[0] == 0)
        serial = tls_bytes_make(serial.data + 1, serial.length - 1);
    if (serial.length == 0 || serial.length > sizeof p->serial ||
        (serial.length == sizeof p->serial && serial.data[0] >= 0x80))
        return TLS_REASON_BAD_FIELD;
    memcpy(p->serial, serial.data, serial.length);
    p->serial_length = serial.length;
    return TLS_OK;
}

static int
is_set(const tls_extension_fields *fields, unsigned flag)
{
    switch (flag) {
    case TLS_HAS_SUBJECT_ALTERNATIVE_NAME:
        return fields->alternative_name_count != 0;
    case TLS_HAS_KEY_USAGE:
        return fields->key_usage != 0;
    case TLS_HAS_EXTENDED_KEY_USAGE:
        return fields->extended_key_usage_count != 0;
    default:
        return fields->must_staple;
    }
}

/* accept_requested takes over what the request asks for and the issuer lets through. */
static enum tls_reason
accept_requested(plan *p)
{
    const tls_issue_fields *fields = p->fields;
    tls_extension_view *added;
    size_t i;

    for (i = 0; i < sizeof acceptable / sizeof acceptable[0]; i++) {
        if ((fields->accept & acceptable[i].flag) == 0 ||
            (fields->request->wanted.present & acceptable[i].flag) == 0 ||
            is_set(&fields->extensions, acceptable[i].flag))
            continue;
        if (p->extensions.extra_count == TLS_EXTENSION_FIELDS_MAXIMUM)
            return TLS_REASON_BAD_FIELD;
        added = &p->extra[p->extensions.extra_count++];
        tls_certificate_extension(&fields->request->wanted, added,
            tls_bytes_make(acceptable[i].oid, acceptable[i].length));
        /* 4.2.1.6: critical exactly when there is nothing else to go by; 4.2.1.3: always. */
        if (acceptable[i].flag == TLS_HAS_SUBJECT_ALTERNATIVE_NAME)
            added->critical = tls_name_is_empty(p->subject);
        if (acceptable[i].flag == TLS_HAS_KEY_USAGE)
            added->critical = 1;
    }
    return TLS_OK;
}

static enum tls_reason
plan_extensions(plan *p)
{
    const tls_issue_fields *fields = p->fields;
    tls_extension_fields *extensions = &p->extensions;

    *extensions = fields->extensions;
    if (extensions->extra_count > TLS_EXTENSION_FIELDS_MAXIMUM)
        return TLS_REASON_BAD_FIELD;
    if (extensions->extra_count != 0)
        memcpy(p->extra, extensions->extra, extensions->extra_count * sizeof p->extra[0]);
    extensions->extra = p->extra;
    if (extensions->subject_key_identifier.length == 0 && !fields->without_subject_key_identifier) {
        if (!tls_key_identifier(p->subject_key_identifier, p->public_key_info))
            return TLS_REASON_BAD_FIELD;
        extensions->subject_key_identifier = tls_bytes_make(p->subject_key_identifier, 20);
    }
    if (extensions->authority_key_identifier.length == 0 &&
        !fields->without_authority_key_identifier) {
        /* 4.2.1.1: what the issuer calls its key. */
        if (fields->issuer == NULL) {
            extensions->authority_key_identifier = extensions->subject_key_identifier;
        } else if (fields->issuer->subject_key_identifier.length != 0) {
            extensions->authority_key_identifier = fields->issuer->subject_key_identifier;
        } else {
            tls_key_identifier(p->authority_key_identifier, fields->issuer->public_key_info);
            extensions->authority_key_identifier = tls_bytes_make(p->authority_key_identifier, 20);
        }
    }
    return fields->request != NULL ? accept_requested(p) : TLS_OK;
}

static enum tls_reason
make_plan(plan *p, const tls_issue_fields *fields)
{
    enum tls_reason reason;

    memset(p, 0, sizeof *p);
    p->fields = fields;
    p->hash = tls_signing_hash(fields->key, fields->hash);
    if (p->hash == 0 || fields->not_before > fields->not_after ||
        !tls_der_time_is_writable(fields->not_before) ||
        !tls_der_time_is_writable(fields->not_after))
        return TLS_REASON_BAD_FIELD;
    if (fields->request != NULL) {
        reason = tls_certificate_request_verify(fields->request);
        if (reason != TLS_OK)
            return reason;
    }
    reason = plan_keys(p);
    if (reason == TLS_OK)
        reason = plan_names(p);
    if (reason == TLS_OK)
        reason = plan_serial(p);
    if (reason == TLS_OK)
        reason = plan_extensions(p);
    return reason;
}

/* TBSCertificate, 4.1. */
static enum tls_reason
build(tls_buffer *out, const plan *p)
{
    size_t tbs, part, sequence, before;
    enum tls_reason reason;

    tbs = tls_der_open(out, TLS_DER_SEQUENCE);
    part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    tls_der_put_small(out, 2); /* v3 */
    tls_der_close(out, part);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(p->serial, p->serial_length));
    reason = tls_signature_algorithm_write(out, p->fields->key, p->hash);
    if (reason != TLS_OK)
        return reason;
    tls_der_put_encoded(out, p->issuer);
    part = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_time(out, p->fields->not_before);
    tls_der_put_time(out, p->fields->not_after);
    tls_der_close(out, part);
    tls_der_put_encoded(out, p->subject);
    tls_der_put_encoded(out, p->public_key_info);
    part = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(3));
    sequence = tls_der_open(out, TLS_DER_SEQUENCE);
    before = out->length;
    reason = tls_extensions_build(out, &p->extensions, tls_name_is_empty(p->subject));
    if (reason != TLS_OK)
        return reason;
    if (out->length == before) {
        /* SIZE (1..MAX): none at all. Both headers have two bytes. */
        out->length = part - 2;
    } else {
        tls_der_close(out, sequence);
        tls_der_close(out, part);
    }
    tls_der_close(out, tbs);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_certificate_issue(tls_certificate **out, const tls_issue_fields *fields)
{
    tls_buffer tbs = {NULL, 0, 0, 0}, whole = {NULL, 0, 0, 0};
    enum tls_reason reason;
    size_t mark;
    plan p;

    *out = NULL;
    reason = make_plan(&p, fields);
    if (reason == TLS_OK)
        reason = build(&tbs, &p);
    if (reason == TLS_OK) {
        mark = tls_der_open(&whole, TLS_DER_SEQUENCE);
        reason = tls_signed_write(&whole, fields->key, p.hash, tls_buffer_view(&tbs));
        tls_der_close(&whole, mark);
        if (whole.failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (reason == TLS_OK)
        reason = tls_certificate_from_der(out, tls_buffer_view(&whole));
    tls_buffer_release(&p.own_key);
    tls_buffer_release(&tbs);
    tls_buffer_release(&whole);
    return reason;
}
