/* certificate_parse.c - from DER to the fields of tls_certificate. Section numbers are RFC 5280's.
 */
#include "x509/certificate_parse.h"

#include <string.h>

#include "x509/distinguished_name_match.h"

/* Extensions are compared with each other, so their number must have a bound. Real ones have a
 * dozen. */
#define EXTENSION_MAXIMUM 64

static const unsigned char oid_authority_information[] = {0x2B, 6, 1, 5, 5, 7, 1, 1};
static const unsigned char oid_tls_feature[] = {0x2B, 6, 1, 5, 5, 7, 1, 24};
static const unsigned char arc_purpose[] = {0x2B, 6, 1, 5, 5, 7, 3}; /* id-kp */
static const unsigned char oid_any_purpose[] = {0x55, 0x1D, 37, 0};

static int
is_oid(tls_bytes oid, const unsigned char *data, size_t length)
{
    return oid.length == length && memcmp(oid.data, data, length) == 0;
}
#define IS_OID(view, array) is_oid(view, array, sizeof(array))

/* ---- Extensions, section 4.2 ---- */

int
tls_certificate_extension_next(tls_der *reader, tls_extension_view *extension)
{
    tls_der inner;

    if (tls_der_at_end(reader))
        return 0;
    tls_der_enter(reader, &inner, TLS_DER_SEQUENCE);
    extension->oid = tls_der_oid(&inner);
    /* critical DEFAULT FALSE: DER forbids to write it out, but some do, and it harms nobody. */
    extension->critical = tls_der_peek(&inner) == TLS_DER_BOOLEAN ? tls_der_boolean(&inner) : 0;
    extension->value = tls_der_read(&inner, TLS_DER_OCTET_STRING);
    tls_der_leave(reader, &inner);
    return !tls_der_failed(reader);
}

void
tls_general_names_begin(tls_der *reader, tls_bytes names)
{
    tls_der_init(reader, names);
}

int
tls_general_names_next(tls_der *reader, tls_general_name *name)
{
    unsigned tag;
    tls_bytes value, whole;
    tls_der directory;

    if (tls_der_at_end(reader))
        return 0;
    value = tls_der_read_any(reader, &tag, &whole);
    if (tls_der_failed(reader))
        return 0;
    name->kind = (enum tls_general_name_kind)(tag & 0x1F);
    name->value = value;
    switch (tag) {
    case TLS_DER_CONTEXT(TLS_NAME_EMAIL):
    case TLS_DER_CONTEXT(TLS_NAME_DNS):
    case TLS_DER_CONTEXT(TLS_NAME_URI):
    case TLS_DER_CONTEXT(TLS_NAME_IP):
    case TLS_DER_CONTEXT(TLS_NAME_REGISTERED_ID):
    case TLS_DER_CONTEXT_CONSTRUCTED(TLS_NAME_OTHER):
    case TLS_DER_CONTEXT_CONSTRUCTED(TLS_NAME_X400):
    case TLS_DER_CONTEXT_CONSTRUCTED(TLS_NAME_EDI_PARTY):
        return 1;
    case TLS_DER_CONTEXT_CONSTRUCTED(TLS_NAME_DIRECTORY):
        /* Name is a CHOICE, so this tag is explicit. */
        tls_der_init(&directory, value);
        name->value = tls_der_read_whole(&directory, TLS_DER_SEQUENCE);
        if (tls_der_finish(&directory) && tls_name_check(name->value))
            return 1;
        break;
    }
    tls_der_fail(reader);
    return 0;
}

int
tls_general_subtree_next(tls_der *reader, tls_general_name *base)
{
    tls_der inner;
    tls_bytes minimum;

    if (tls_der_at_end(reader))
        return 0;
    tls_der_enter(reader, &inner, TLS_DER_SEQUENCE);
    if (!tls_general_names_next(&inner, base))
        tls_der_fail(&inner);
    /* 4.2.1.10: minimum is 0, maximum is absent. DER leaves the 0 out; some write it. */
    if (tls_der_optional(&inner, &minimum, TLS_DER_CONTEXT(0)) &&
        (minimum.length != 1 || minimum.data[0] != 0))
        tls_der_fail(&inner);
    tls_der_leave(reader, &inner);
    return !tls_der_failed(reader);
}

/* contents_of returns the contents of a value that is one SEQUENCE and nothing else. */
static tls_bytes
contents_of(tls_bytes value, int *good)
{
    tls_der der;
    tls_bytes contents;

    tls_der_init(&der, value);
    contents = tls_der_read(&der, TLS_DER_SEQUENCE);
    if (!tls_der_finish(&der))
        *good = 0;
    return contents;
}

static int
parse_basic_constraints(tls_certificate *out, tls_bytes value)
{
    tls_der der, inner;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (tls_der_peek(&inner) == TLS_DER_BOOLEAN)
        out->is_ca = tls_der_boolean(&inner);
    if (tls_der_peek(&inner) == TLS_DER_INTEGER)
        out->path_length = (int)tls_der_small(&inner, 0x7FFFFFFF);
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der);
}

static int
parse_key_usage(tls_certificate *out, tls_bytes value)
{
    tls_der der;
    tls_bytes bits;
    unsigned unused, i;

    tls_der_init(&der, value);
    bits = tls_der_bit_string(&der, &unused);
    out->key_usage = 0;
    for (i = 0; i < TLS_KEY_USAGE_COUNT && i / 8 < bits.length; i++)
        if ((bits.data[i / 8] & (0x80 >> i % 8)) != 0)
            out->key_usage |= 1u << i;
    return tls_der_finish(&der);
}

int
tls_purpose_next(tls_der *reader, tls_bytes *oid)
{
    if (tls_der_at_end(reader))
        return 0;
    *oid = tls_der_oid(reader);
    return !tls_der_failed(reader);
}

static int
parse_extended_key_usage(tls_certificate *out, tls_bytes value)
{
    tls_der der;
    tls_bytes oid;
    int good = 1;

    out->extended_key_usages = contents_of(value, &good);
    tls_der_init(&der, out->extended_key_usages);
    while (tls_purpose_next(&der, &oid)) {
        unsigned purpose = TLS_EXTENDED_OTHER;

        if (IS_OID(oid, oid_any_purpose)) {
            purpose = TLS_EXTENDED_ANY;
        } else if (oid.length == sizeof arc_purpose + 1 &&
                   memcmp(oid.data, arc_purpose, sizeof arc_purpose) == 0) {
            switch (oid.data[sizeof arc_purpose]) {
            case 1:
                purpose = TLS_EXTENDED_SERVER_AUTH;
                break;
            case 2:
                purpose = TLS_EXTENDED_CLIENT_AUTH;
                break;
            case 9:
                purpose = TLS_EXTENDED_OCSP_SIGNING;
                break;
            }
        }
        out->extended_key_usage |= purpose;
    }
    /* SIZE (1..MAX) */
    return good && tls_der_finish(&der) && out->extended_key_usage != 0;
}

static int
parse_alternative_names(tls_certificate *out, tls_bytes value)
{
    tls_der der;
    tls_general_name name;
    int good = 1;

    out->alternative_names = contents_of(value, &good);
    tls_general_names_begin(&der, out->alternative_names);
    while (tls_general_names_next(&der, &name))
        ;
    return good && tls_der_finish(&der);
}

/* read_subtrees: GeneralSubtrees under [n], if it is there. Returns 0 if it is malformed. */
static int
read_subtrees(tls_der *reader, tls_bytes *subtrees, unsigned n)
{
    tls_der der;
    tls_general_name base;

    tls_der_optional(reader, subtrees, TLS_DER_CONTEXT_CONSTRUCTED(n));
    tls_der_init(&der, *subtrees);
    while (tls_general_subtree_next(&der, &base))
        ;
    return tls_der_finish(&der);
}

/* Returns as parse_extension. Constraints of nothing, which 4.2.1.10 does not let an authority
 * write, cannot be what it meant: they are not understood. */
static int
parse_name_constraints(tls_certificate *out, tls_bytes value)
{
    tls_der der, inner;
    int good;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    good = read_subtrees(&inner, &out->permitted_subtrees, 0) &&
           read_subtrees(&inner, &out->excluded_subtrees, 1);
    tls_der_leave(&der, &inner);
    if (!good || !tls_der_finish(&der))
        return -1;
    return out->permitted_subtrees.length + out->excluded_subtrees.length != 0;
}

static int
parse_key_identifiers(tls_certificate *out, tls_bytes value, int authority)
{
    tls_der der, inner;

    tls_der_init(&der, value);
    if (!authority) {
        out->subject_key_identifier = tls_der_read(&der, TLS_DER_OCTET_STRING);
        return tls_der_finish(&der);
    }
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_optional(&inner, &out->authority_key_identifier, TLS_DER_CONTEXT(0));
    return tls_der_finish(&der) && !tls_der_failed(&inner);
}

/* RFC 7633 section 4.1: the numbers of TLS extensions that the server must answer. */
static int
parse_tls_feature(tls_certificate *out, tls_bytes value)
{
    tls_der der, inner;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    while (!tls_der_at_end(&inner))
        if (tls_der_small(&inner, 65535) == 5)
            out->must_staple = 1;
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der);
}

/* 4.2.1.11: only requireExplicitPolicy can make a path invalid for a verifier that accepts any
 * policy. */
static int
requires_explicit_policy(tls_bytes value)
{
    tls_der der, inner;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    return tls_der_failed(&der) || tls_der_peek(&inner) == (int)TLS_DER_CONTEXT(0);
}

/* parse_extension returns 1 if it was understood, 0 if it is unknown, -1 if it is malformed. */
static int
parse_extension(tls_certificate *out, const tls_extension_view *extension)
{
    tls_bytes oid = extension->oid, value = extension->value;
    unsigned flag;
    int good = 1;

    if (IS_OID(oid, oid_authority_information)) {
        out->present |= TLS_HAS_AUTHORITY_INFORMATION_ACCESS;
        out->authority_information = contents_of(value, &good);
        return good ? 1 : -1;
    }
    if (IS_OID(oid, oid_tls_feature)) {
        out->present |= TLS_HAS_TLS_FEATURE;
        return parse_tls_feature(out, value) ? 1 : -1;
    }
    if (oid.length != 3 || oid.data[0] != 0x55 || oid.data[1] != 0x1D) /* id-ce */
        return 0;
    switch (oid.data[2]) {
    case 14:
        flag = TLS_HAS_SUBJECT_KEY_IDENTIFIER;
        good = parse_key_identifiers(out, value, 0);
        break;
    case 15:
        flag = TLS_HAS_KEY_USAGE;
        good = parse_key_usage(out, value);
        break;
    case 17:
        flag = TLS_HAS_SUBJECT_ALTERNATIVE_NAME;
        good = parse_alternative_names(out, value);
        break;
    case 19:
        flag = TLS_HAS_BASIC_CONSTRAINTS;
        good = parse_basic_constraints(out, value);
        break;
    case 30:
        out->present |= TLS_HAS_NAME_CONSTRAINTS;
        return parse_name_constraints(out, value);
    case 31:
        flag = TLS_HAS_CRL_DISTRIBUTION_POINTS;
        out->distribution_points = contents_of(value, &good);
        break;
    case 32:
        flag = TLS_HAS_CERTIFICATE_POLICIES;
        break;
    case 33: /* policyMappings, inhibitAnyPolicy: without effect when any policy will do */
    case 54:
        return 1;
    case 35:
        flag = TLS_HAS_AUTHORITY_KEY_IDENTIFIER;
        good = parse_key_identifiers(out, value, 1);
        break;
    case 36:
        out->present |= TLS_HAS_POLICY_CONSTRAINTS;
        return requires_explicit_policy(value) ? 0 : 1;
    case 37:
        flag = TLS_HAS_EXTENDED_KEY_USAGE;
        good = parse_extended_key_usage(out, value);
        break;
    default:
        return 0;
    }
    out->present |= flag;
    return good ? 1 : -1;
}

/* must_not_be_critical: 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2.1, 4.2.2.2. Where an authority
 * says otherwise, a verifier cannot know what it wants. */
static int
must_not_be_critical(tls_bytes oid)
{
    static const unsigned char oid_subject_information[] = {0x2B, 6, 1, 5, 5, 7, 1, 11};

    if (IS_OID(oid, oid_authority_information) || IS_OID(oid, oid_subject_information))
        return 1;
    if (oid.length != 3 || oid.data[0] != 0x55 || oid.data[1] != 0x1D)
        return 0;
    switch (oid.data[2]) {
    case 9:  /* subjectDirectoryAttributes */
    case 14: /* subjectKeyIdentifier */
    case 35: /* authorityKeyIdentifier */
    case 46: /* freshestCRL */
        return 1;
    default:
        return 0;
    }
}

int
tls_certificate_parse_extensions(tls_certificate *certificate)
{
    tls_bytes seen[EXTENSION_MAXIMUM];
    tls_extension_view extension;
    tls_der der;
    size_t count = 0, i;
    int result;

    tls_der_init(&der, certificate->extensions);
    while (tls_certificate_extension_next(&der, &extension)) {
        certificate->fault_oid = extension.oid;
        if (count == EXTENSION_MAXIMUM) {
            certificate->fault = "it has more than 64 extensions";
            return 0;
        }
        /* 4.2: no extension twice. */
        for (i = 0; i < count; i++) {
            if (tls_bytes_equal(seen[i], extension.oid)) {
                certificate->fault = "it has an extension twice";
                return 0;
            }
        }
        seen[count++] = extension.oid;
        certificate->fault = "an extension is malformed";
        result = parse_extension(certificate, &extension);
        if (result < 0)
            return 0;
        if (extension.critical && (result == 0 || must_not_be_critical(extension.oid)) &&
            !certificate->unknown_critical) {
            certificate->unknown_critical = 1;
            certificate->unknown_critical_oid = extension.oid;
        }
    }
    certificate->fault = "its extensions are malformed";
    certificate->fault_oid = tls_bytes_make(NULL, 0);
    return tls_der_finish(&der);
}

/* ---- Certificate, section 4.1 ---- */

/* reading notes what is read next: what stands there when a reader fails is the fault. */
static void
reading(tls_certificate *out, const tls_der *der, const char *fault)
{
    if (!tls_der_failed(der))
        out->fault = fault;
}

static int
parse_to_be_signed(tls_certificate *out, tls_der *tbs, tls_bytes *algorithm)
{
    tls_der part, validity;
    tls_bytes unused;

    out->version = 1;
    reading(out, tbs, "its version is none of 1, 2 and 3");
    if (tls_der_peek(tbs) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(tbs, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        out->version = tls_der_small(&part, 2) + 1;
        tls_der_leave(tbs, &part);
    }
    reading(out, tbs, "its serial number is malformed");
    out->serial = tls_der_integer(tbs);
    reading(out, tbs, "its signature algorithm is malformed");
    *algorithm = tls_der_read_whole(tbs, TLS_DER_SEQUENCE);
    reading(out, tbs, "its issuer's name is malformed");
    out->issuer = tls_der_read_whole(tbs, TLS_DER_SEQUENCE);
    reading(out, tbs, "its validity period has no well-formed times");
    tls_der_enter(tbs, &validity, TLS_DER_SEQUENCE);
    out->not_before = tls_der_time(&validity);
    out->not_after = tls_der_time(&validity);
    tls_der_leave(tbs, &validity);
    reading(out, tbs, "its subject's name is malformed");
    out->subject = tls_der_read_whole(tbs, TLS_DER_SEQUENCE);
    reading(out, tbs, "its public key is malformed");
    out->public_key_info = tls_der_read_whole(tbs, TLS_DER_SEQUENCE);
    reading(out, tbs, "what follows its public key is malformed");
    /* issuerUniqueID, subjectUniqueID: nobody uses them */
    tls_der_optional(tbs, &unused, TLS_DER_CONTEXT(1));
    tls_der_optional(tbs, &unused, TLS_DER_CONTEXT(2));
    if (tls_der_peek(tbs) == (int)TLS_DER_CONTEXT_CONSTRUCTED(3)) {
        reading(out, tbs, "its extensions are malformed");
        tls_der_enter(tbs, &part, TLS_DER_CONTEXT_CONSTRUCTED(3));
        out->extensions = tls_der_read(&part, TLS_DER_SEQUENCE);
        tls_der_leave(tbs, &part);
        reading(out, tbs, "it has extensions, and a version below 3");
        if (out->version != 3) /* 4.1.2.9 */
            return 0;
        reading(out, tbs, "something follows its extensions");
    }
    return tls_der_finish(tbs);
}

/* parse_parts reads what parse_to_be_signed has found. */
static int
parse_parts(tls_certificate *out, tls_bytes algorithm)
{
    out->fault = "its signature algorithm is malformed";
    if (!tls_signature_algorithm_parse(&out->signature_algorithm, algorithm))
        return 0;
    out->fault = "its issuer's name is malformed";
    if (!tls_name_check(out->issuer))
        return 0;
    out->fault = "its subject's name is malformed";
    if (!tls_name_check(out->subject))
        return 0;
    out->fault = "its public key is malformed";
    if (tls_public_key_parse(&out->public_key, out->public_key_info) != TLS_OK)
        return 0;
    return tls_certificate_parse_extensions(out);
}

enum tls_reason
tls_certificate_parse(tls_certificate *out)
{
    tls_der der, outer, inner;
    tls_bytes inner_algorithm, outer_algorithm;

    out->path_length = -1;
    out->key_usage = (1u << TLS_KEY_USAGE_COUNT) - 1;
    out->fault = "its outer structure is malformed";
    tls_der_init(&der, out->der);
    tls_der_enter(&der, &outer, TLS_DER_SEQUENCE);
    out->to_be_signed = tls_der_read_whole(&outer, TLS_DER_SEQUENCE);
    outer_algorithm = tls_der_read_whole(&outer, TLS_DER_SEQUENCE);
    reading(out, &outer, "its signature is malformed");
    out->signature = tls_der_bit_string(&outer, NULL);
    tls_der_leave(&der, &outer);
    reading(out, &der, "bytes follow it");
    if (!tls_der_finish(&der))
        return TLS_REASON_BAD_CERTIFICATE;
    out->fault = "its contents are malformed";
    tls_der_init(&outer, out->to_be_signed);
    tls_der_enter(&outer, &inner, TLS_DER_SEQUENCE);
    if (!parse_to_be_signed(out, &inner, &inner_algorithm))
        return TLS_REASON_BAD_CERTIFICATE;
    /* 4.1.1.2: the two AlgorithmIdentifiers are the same. */
    out->fault = "its two signature algorithms differ";
    if (!tls_bytes_equal(inner_algorithm, outer_algorithm) || !parse_parts(out, inner_algorithm))
        return TLS_REASON_BAD_CERTIFICATE;
    tls_name_digest(out->issuer_digest, out->issuer);
    tls_name_digest(out->subject_digest, out->subject);
    out->self_issued =
        memcmp(out->issuer_digest, out->subject_digest, sizeof out->issuer_digest) == 0;
    out->fault = NULL;
    return TLS_OK;
}
