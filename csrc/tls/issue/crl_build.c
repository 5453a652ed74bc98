/* crl_build.c - see crl_build.h. Section numbers are RFC 5280's. */
#include "issue/crl_build.h"

#include <string.h>

#include "issue/certificate_extensions.h"
#include "asn1/der_write.h"
#include "x509/signed_structure.h"

static size_t
begin_extension(tls_buffer *out, size_t *value, unsigned char arc, int critical)
{
    const unsigned char oid[] = {0x55, 0x1D, arc};
    size_t extension = tls_der_open(out, TLS_DER_SEQUENCE);

    tls_der_put_oid(out, tls_bytes_make(oid, sizeof oid));
    if (critical)
        tls_der_put_boolean(out, 1);
    *value = tls_der_open(out, TLS_DER_OCTET_STRING);
    return extension;
}

static void
end_extension(tls_buffer *out, size_t extension, size_t value)
{
    tls_der_close(out, value);
    tls_der_close(out, extension);
}

/* 5.3 */
static void
put_entry_extensions(tls_buffer *out, const tls_crl_entry *entry)
{
    size_t mark, extension, value;
    unsigned char reason = (unsigned char)entry->reason;

    /* 5.3.1: "unspecified" should be absent. */
    if (entry->reason <= TLS_REVOKED_UNSPECIFIED && !entry->has_invalidity_date)
        return;
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    if (entry->reason > TLS_REVOKED_UNSPECIFIED) {
        extension = begin_extension(out, &value, 21, 0);
        tls_der_put(out, TLS_DER_ENUMERATED, tls_bytes_make(&reason, 1));
        end_extension(out, extension, value);
    }
    if (entry->has_invalidity_date) {
        extension = begin_extension(out, &value, 24, 0);
        tls_der_put_generalized_time(out, entry->invalidity_date);
        end_extension(out, extension, value);
    }
    tls_der_close(out, mark);
}

static enum tls_reason
put_entries(tls_buffer *out, const tls_crl_fields *fields)
{
    const tls_crl_entry *entry;
    size_t all, one, i;

    if (fields->entry_count == 0) /* 5.1.2.6: absent then */
        return TLS_OK;
    all = tls_der_open(out, TLS_DER_SEQUENCE);
    for (i = 0; i < fields->entry_count; i++) {
        entry = &fields->entries[i];
        if (entry->serial.length == 0 || !tls_der_time_is_writable(entry->revocation_date) ||
            (entry->has_invalidity_date && !tls_der_time_is_writable(entry->invalidity_date)) ||
            (entry->reason >= 0 && tls_revocation_reason_name(entry->reason) == NULL) ||
            entry->reason == TLS_REVOKED_REMOVE_FROM_CRL)
            return TLS_REASON_BAD_FIELD;
        one = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_unsigned(out, TLS_DER_INTEGER, entry->serial);
        tls_der_put_time(out, entry->revocation_date);
        put_entry_extensions(out, entry);
        tls_der_close(out, one);
    }
    tls_der_close(out, all);
    return TLS_OK;
}

/* 5.2.1, 5.2.3 */
static enum tls_reason
put_extensions(tls_buffer *out, const tls_crl_fields *fields)
{
    unsigned char computed[20];
    tls_bytes identifier = fields->issuer->subject_key_identifier;
    size_t outer, sequence, extension, value, mark, i;

    if (identifier.length == 0) {
        if (!tls_key_identifier(computed, fields->issuer->public_key_info))
            return TLS_REASON_BAD_FIELD;
        identifier = tls_bytes_make(computed, sizeof computed);
    }
    outer = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    sequence = tls_der_open(out, TLS_DER_SEQUENCE);
    extension = begin_extension(out, &value, 35, 0);
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put(out, TLS_DER_CONTEXT(0), identifier);
    tls_der_close(out, mark);
    end_extension(out, extension, value);
    extension = begin_extension(out, &value, 20, 0);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, fields->number);
    end_extension(out, extension, value);
    for (i = 0; i < fields->extra_count; i++) {
        extension = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_oid(out, fields->extra[i].oid);
        if (fields->extra[i].critical)
            tls_der_put_boolean(out, 1);
        tls_der_put(out, TLS_DER_OCTET_STRING, fields->extra[i].value);
        tls_der_close(out, extension);
    }
    tls_der_close(out, sequence);
    tls_der_close(out, outer);
    return TLS_OK;
}

/* TBSCertList, 5.1 */
static enum tls_reason
build(tls_buffer *out, const tls_crl_fields *fields, int hash)
{
    size_t tbs = tls_der_open(out, TLS_DER_SEQUENCE);
    enum tls_reason reason;

    tls_der_put_small(out, 1); /* v2 */
    reason = tls_signature_algorithm_write(out, fields->key, hash);
    if (reason != TLS_OK)
        return reason;
    tls_der_put_encoded(out, fields->issuer->subject);
    tls_der_put_time(out, fields->this_update);
    tls_der_put_time(out, fields->next_update);
    reason = put_entries(out, fields);
    if (reason == TLS_OK)
        reason = put_extensions(out, fields);
    tls_der_close(out, tbs);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}

static int
has_serial_twice(const tls_crl *crl)
{
    size_t i;

    for (i = 1; i < crl->revoked_count; i++)
        if (crl->index[i].serial_length == crl->index[i - 1].serial_length &&
            memcmp(crl->index[i].serial, crl->index[i - 1].serial, crl->index[i].serial_length) ==
                0)
            return 1;
    return 0;
}

enum tls_reason
tls_crl_issue(tls_crl **out, const tls_crl_fields *fields)
{
    tls_buffer tbs = {NULL, 0, 0, 0}, whole = {NULL, 0, 0, 0};
    int hash = tls_signing_hash(fields->key, fields->hash);
    enum tls_reason reason;
    size_t mark;

    *out = NULL;
    if (!tls_private_key_matches(fields->key, &fields->issuer->public_key))
        return TLS_REASON_KEY_MISMATCH;
    if (hash == 0 || fields->number.length > 20 || fields->this_update > fields->next_update ||
        !tls_der_time_is_writable(fields->this_update) ||
        !tls_der_time_is_writable(fields->next_update))
        return TLS_REASON_BAD_FIELD;
    reason = build(&tbs, fields, hash);
    if (reason == TLS_OK) {
        mark = tls_der_open(&whole, TLS_DER_SEQUENCE);
        reason = tls_signed_write(&whole, fields->key, hash, tls_buffer_view(&tbs));
        tls_der_close(&whole, mark);
        if (whole.failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (reason == TLS_OK) {
        reason = tls_crl_from_der(out, tls_buffer_view(&whole));
        if (reason == TLS_OK && has_serial_twice(*out)) {
            tls_crl_release(*out);
            *out = NULL;
            reason = TLS_REASON_BAD_FIELD;
        }
        if (reason == TLS_REASON_BAD_CRL) /* an extra extension is malformed or there twice */
            reason = TLS_REASON_BAD_FIELD;
    }
    tls_buffer_release(&tbs);
    tls_buffer_release(&whole);
    return reason;
}
