/* certificate_extensions.c - see certificate_extensions.h. Section numbers are RFC 5280's. */
#include "issue/certificate_extensions.h"

#include <string.h>

#include "x509/certificate_parse.h"
#include "asn1/der_write.h"
#include "issue/general_name_build.h"

/* id-ce: 2.5.29 */
enum {
    CE_SUBJECT_KEY_IDENTIFIER = 14,
    CE_KEY_USAGE = 15,
    CE_SUBJECT_ALTERNATIVE_NAME = 17,
    CE_BASIC_CONSTRAINTS = 19,
    CE_NAME_CONSTRAINTS = 30,
    CE_CRL_DISTRIBUTION_POINTS = 31,
    CE_AUTHORITY_KEY_IDENTIFIER = 35,
    CE_EXTENDED_KEY_USAGE = 37
};

static const unsigned char oid_authority_information[] = {0x2B, 6, 1, 5, 5, 7, 1, 1};
static const unsigned char oid_tls_feature[] = {0x2B, 6, 1, 5, 5, 7, 1, 24};
static const unsigned char arc_purpose[] = {0x2B, 6, 1, 5, 5, 7, 3}; /* id-kp */

/* An extension that is being written: extnValue is open between begin and end. */
typedef struct open_extension {
    size_t extension;
    size_t value;
} open_extension;

static open_extension
begin_oid(tls_buffer *out, tls_bytes oid, int critical)
{
    open_extension at;

    at.extension = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, oid);
    if (critical) /* DEFAULT FALSE */
        tls_der_put_boolean(out, 1);
    at.value = tls_der_open(out, TLS_DER_OCTET_STRING);
    return at;
}

static open_extension
begin(tls_buffer *out, int arc, int critical)
{
    unsigned char oid[3] = {0x55, 0x1D, (unsigned char)arc};

    return begin_oid(out, tls_bytes_make(oid, sizeof oid), critical);
}

static void
end(tls_buffer *out, open_extension at)
{
    tls_der_close(out, at.value);
    tls_der_close(out, at.extension);
}

/* 4.2.1.1, 4.2.1.2 */
static void
put_key_identifiers(tls_buffer *out, const tls_extension_fields *fields)
{
    open_extension at;
    size_t mark;

    if (fields->subject_key_identifier.length != 0) {
        at = begin(out, CE_SUBJECT_KEY_IDENTIFIER, 0);
        tls_der_put(out, TLS_DER_OCTET_STRING, fields->subject_key_identifier);
        end(out, at);
    }
    if (fields->authority_key_identifier.length != 0) {
        at = begin(out, CE_AUTHORITY_KEY_IDENTIFIER, 0);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put(out, TLS_DER_CONTEXT(0), fields->authority_key_identifier);
        tls_der_close(out, mark);
        end(out, at);
    }
}

/* 4.2.1.9 */
static void
put_basic_constraints(tls_buffer *out, const tls_extension_fields *fields)
{
    open_extension at;
    size_t mark;

    if (fields->basic_constraints == TLS_BASIC_CONSTRAINTS_ABSENT)
        return;
    at = begin(out, CE_BASIC_CONSTRAINTS, 1);
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    if (fields->basic_constraints == TLS_BASIC_CONSTRAINTS_CA)
        tls_der_put_boolean(out, 1);
    if (fields->has_path_length)
        tls_der_put_small(out, fields->path_length);
    tls_der_close(out, mark);
    end(out, at);
}

/* 4.2.1.3, 4.2.1.12 */
static void
put_usages(tls_buffer *out, const tls_extension_fields *fields)
{
    open_extension at;
    size_t mark, i;

    if (fields->key_usage != 0) {
        at = begin(out, CE_KEY_USAGE, 1);
        tls_der_put_named_bits(out, TLS_DER_BIT_STRING, fields->key_usage);
        end(out, at);
    }
    if (fields->extended_key_usage_count != 0) {
        at = begin(out, CE_EXTENDED_KEY_USAGE, 0);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        for (i = 0; i < fields->extended_key_usage_count; i++)
            tls_der_put_oid(out, fields->extended_key_usages[i]);
        tls_der_close(out, mark);
        end(out, at);
    }
}

static void
put_subtrees(tls_buffer *out, unsigned tag, const tls_general_name *names, size_t count)
{
    size_t mark, subtree, i;

    if (count == 0)
        return;
    mark = tls_der_open(out, tag);
    for (i = 0; i < count; i++) {
        subtree = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_general_name_write(out, &names[i]);
        tls_der_close(out, subtree);
    }
    tls_der_close(out, mark);
}

/* 4.2.1.6, 4.2.1.10 */
static void
put_names(tls_buffer *out, const tls_extension_fields *fields, int empty_subject)
{
    open_extension at;
    size_t mark;

    if (fields->alternative_name_count != 0) {
        at = begin(out, CE_SUBJECT_ALTERNATIVE_NAME, empty_subject);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_general_names_write(out, fields->alternative_names, fields->alternative_name_count);
        tls_der_close(out, mark);
        end(out, at);
    }
    if (fields->permitted_name_count != 0 || fields->excluded_name_count != 0) {
        at = begin(out, CE_NAME_CONSTRAINTS, 1);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        put_subtrees(out, TLS_DER_CONTEXT_CONSTRUCTED(0), fields->permitted_names,
            fields->permitted_name_count);
        put_subtrees(out, TLS_DER_CONTEXT_CONSTRUCTED(1), fields->excluded_names,
            fields->excluded_name_count);
        tls_der_close(out, mark);
        end(out, at);
    }
}

/* 4.2.1.13: one point for each URI */
static void
put_distribution_points(tls_buffer *out, const tls_extension_fields *fields)
{
    open_extension at;
    size_t mark, point, name, full, i;

    if (fields->crl_uri_count == 0)
        return;
    at = begin(out, CE_CRL_DISTRIBUTION_POINTS, 0);
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    for (i = 0; i < fields->crl_uri_count; i++) {
        point = tls_der_open(out, TLS_DER_SEQUENCE);
        name = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        full = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_put(out, TLS_DER_CONTEXT(TLS_NAME_URI), fields->crl_uris[i]);
        tls_der_close(out, full);
        tls_der_close(out, name);
        tls_der_close(out, point);
    }
    tls_der_close(out, mark);
    end(out, at);
}

static void
put_access(tls_buffer *out, unsigned char last_arc, const tls_bytes *uris, size_t count)
{
    const unsigned char oid[] = {0x2B, 6, 1, 5, 5, 7, 48, last_arc}; /* id-ad */
    size_t mark, i;

    for (i = 0; i < count; i++) {
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_oid(out, tls_bytes_make(oid, sizeof oid));
        tls_der_put(out, TLS_DER_CONTEXT(TLS_NAME_URI), uris[i]);
        tls_der_close(out, mark);
    }
}

/* 4.2.2.1 */
static void
put_authority_information(tls_buffer *out, const tls_extension_fields *fields)
{
    open_extension at;
    size_t mark;

    if (fields->ocsp_uri_count == 0 && fields->issuer_uri_count == 0)
        return;
    at = begin_oid(
        out, tls_bytes_make(oid_authority_information, sizeof oid_authority_information), 0);
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    put_access(out, 1, fields->ocsp_uris, fields->ocsp_uri_count);
    put_access(out, 2, fields->issuer_uris, fields->issuer_uri_count);
    tls_der_close(out, mark);
    end(out, at);
}

/* RFC 7633 section 4.1 */
static void
put_tls_feature(tls_buffer *out)
{
    open_extension at = begin_oid(out, tls_bytes_make(oid_tls_feature, sizeof oid_tls_feature), 0);
    size_t mark = tls_der_open(out, TLS_DER_SEQUENCE);

    tls_der_put_small(out, 5); /* status_request */
    tls_der_close(out, mark);
    end(out, at);
}

static int
are_uris(const tls_bytes *uris, size_t count)
{
    size_t i, j;

    for (i = 0; i < count; i++) {
        if (uris[i].length == 0)
            return 0;
        for (j = 0; j < uris[i].length; j++)
            if (uris[i].data[j] <= 0x20 || uris[i].data[j] >= 0x7F)
                return 0;
    }
    return 1;
}

static int
is_one_element(tls_bytes value)
{
    tls_der der;

    tls_der_init(&der, value);
    tls_der_read_any(&der, NULL, NULL);
    return tls_der_finish(&der);
}

static int
fields_agree(const tls_extension_fields *fields)
{
    size_t i;

    if (fields->has_path_length && (fields->basic_constraints != TLS_BASIC_CONSTRAINTS_CA ||
                                       fields->path_length > TLS_PATH_LENGTH_MAXIMUM))
        return 0;
    if (fields->key_usage >> TLS_KEY_USAGE_COUNT != 0)
        return 0;
    if (!are_uris(fields->ocsp_uris, fields->ocsp_uri_count) ||
        !are_uris(fields->issuer_uris, fields->issuer_uri_count) ||
        !are_uris(fields->crl_uris, fields->crl_uri_count))
        return 0;
    for (i = 0; i < fields->extra_count; i++)
        if (!is_one_element(fields->extra[i].value))
            return 0;
    return fields->extra_count <= TLS_EXTENSION_FIELDS_MAXIMUM;
}

enum tls_reason
tls_extensions_build(tls_buffer *out, const tls_extension_fields *fields, int empty_subject)
{
    tls_certificate check;
    open_extension at;
    size_t start = out->length, i;

    if (!fields_agree(fields))
        return TLS_REASON_BAD_FIELD;
    put_key_identifiers(out, fields);
    put_basic_constraints(out, fields);
    put_usages(out, fields);
    put_names(out, fields, empty_subject);
    put_distribution_points(out, fields);
    put_authority_information(out, fields);
    if (fields->must_staple)
        put_tls_feature(out);
    for (i = 0; i < fields->extra_count; i++) {
        at = begin_oid(out, fields->extra[i].oid, fields->extra[i].critical);
        tls_der_put_encoded(out, fields->extra[i].value);
        end(out, at);
    }
    if (out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    /* What we write, we can read: this finds bad OIDs and names, and extensions written twice. */
    memset(&check, 0, sizeof check);
    check.path_length = -1;
    check.extensions =
        tls_bytes_make(out->data != NULL ? out->data + start : NULL, out->length - start);
    if (tls_certificate_parse_extensions(&check))
        return TLS_OK;
    out->length = start;
    return TLS_REASON_BAD_FIELD;
}

int
tls_key_identifier(unsigned char out[20], tls_bytes public_key_info)
{
    unsigned char hash[TLS_FINGERPRINT_MAXIMUM];
    tls_der der, inner;
    tls_bytes bits;

    tls_der_init(&der, public_key_info);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_read(&inner, TLS_DER_SEQUENCE);
    bits = tls_der_bit_string(&inner, NULL);
    tls_der_leave(&der, &inner);
    if (!tls_der_finish(&der))
        return 0;
    memcpy(out, hash, tls_fingerprint(hash, TLS_HASH_SHA1, bits));
    return 1;
}

/* ---- Names of usages ---- */

static int
equal_without_case(tls_bytes text, const char *name)
{
    size_t i;

    if (text.length != strlen(name))
        return 0;
    for (i = 0; i < text.length; i++)
        if ((text.data[i] | 0x20) != (name[i] | 0x20))
            return 0;
    return 1;
}

unsigned
tls_key_usage_from_name(tls_bytes name)
{
    unsigned bit;

    for (bit = 0; bit < TLS_KEY_USAGE_COUNT; bit++)
        if (equal_without_case(name, tls_key_usage_name(bit)))
            return 1u << bit;
    if (equal_without_case(name, "contentCommitment")) /* X.509's newer name */
        return TLS_KEY_USAGE_NON_REPUDIATION;
    return 0;
}

int
tls_extended_key_usage_from_name(tls_buffer *out, tls_bytes name)
{
    static const unsigned char any[] = {0x55, 0x1D, 37, 0};
    unsigned char oid[sizeof arc_purpose + 1];
    char text[128];
    size_t before = out->length;
    unsigned char i;

    memcpy(oid, arc_purpose, sizeof arc_purpose);
    for (i = 1; i <= 9; i++) {
        oid[sizeof arc_purpose] = i;
        if (equal_without_case(
                name, tls_extended_key_usage_name(tls_bytes_make(oid, sizeof oid)))) {
            tls_buffer_append(out, oid, sizeof oid);
            return 1;
        }
    }
    if (equal_without_case(name, tls_extended_key_usage_name(tls_bytes_make(any, sizeof any)))) {
        tls_buffer_append(out, any, sizeof any);
        return 1;
    }
    if (name.length == 0 || name.length >= sizeof text ||
        memchr(name.data, '\0', name.length) != NULL)
        return 0;
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    if (tls_oid_from_text(out, text))
        return 1;
    if (!out->failed)
        out->length = before;
    return 0;
}
