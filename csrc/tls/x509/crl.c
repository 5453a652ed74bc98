/* crl.c - see crl.h. Section numbers are RFC 5280's. */
#include "x509/crl.h"

#include <stdlib.h>
#include <string.h>

#include "x509/certificate_parse.h"
#include "x509/distinguished_name_match.h"
#include "asn1/pem.h"
#include "x509/key_use.h"
#include "x509/signed_structure.h"

#define CRL_EXTENSION_MAXIMUM 32

/* id-ce: 2.5.29 */
enum {
    CE_CRL_NUMBER = 20,
    CE_REASON_CODE = 21,
    CE_INVALIDITY_DATE = 24,
    CE_DELTA_CRL_INDICATOR = 27,
    CE_ISSUING_DISTRIBUTION_POINT = 28,
    CE_AUTHORITY_KEY_IDENTIFIER = 35,
    CE_FRESHEST_CRL = 46
};

/* The last arc of an OID under id-ce, or -1. */
static int
ce_arc(tls_bytes oid)
{
    return oid.length == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1D ? oid.data[2] : -1;
}

/* ---- Reasons, 5.3.1 ---- */

static const char *const reason_names[] = {"unspecified", "keyCompromise", "cACompromise",
    "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", NULL,
    "removeFromCRL", "privilegeWithdrawn", "aACompromise"};
#define REASON_COUNT ((int)(sizeof reason_names / sizeof reason_names[0]))

const char *
tls_revocation_reason_name(int reason)
{
    return reason >= 0 && reason < REASON_COUNT ? reason_names[reason] : NULL;
}

int
tls_revocation_reason_from_name(tls_bytes name)
{
    size_t i;
    int reason;

    for (reason = 0; reason < REASON_COUNT; reason++) {
        if (reason_names[reason] == NULL || strlen(reason_names[reason]) != name.length)
            continue;
        for (i = 0; i < name.length; i++)
            if ((name.data[i] | 0x20) != (reason_names[reason][i] | 0x20))
                break;
        if (i == name.length)
            return reason;
    }
    return -1;
}

/* ---- Entries, 5.1.2.6 and 5.3 ---- */

static void
parse_entry_extension(tls_der *reader, tls_crl_entry *entry, const tls_extension_view *extension)
{
    tls_der der;
    tls_bytes value;

    tls_der_init(&der, extension->value);
    switch (ce_arc(extension->oid)) {
    case CE_REASON_CODE:
        value = tls_der_read(&der, TLS_DER_ENUMERATED);
        if (value.length != 1 || !tls_der_finish(&der))
            tls_der_fail(reader);
        else
            entry->reason = value.data[0];
        break;
    case CE_INVALIDITY_DATE:
        entry->invalidity_date = tls_der_time(&der);
        entry->has_invalidity_date = 1;
        if (!tls_der_finish(&der))
            tls_der_fail(reader);
        break;
    default:
        entry->unknown_critical |= extension->critical;
    }
}

int
tls_crl_next(tls_der *reader, tls_crl_entry *entry)
{
    tls_der inner, extensions;
    tls_extension_view extension;

    if (tls_der_at_end(reader))
        return 0;
    memset(entry, 0, sizeof *entry);
    entry->reason = TLS_REVOKED_NO_REASON;
    tls_der_enter(reader, &inner, TLS_DER_SEQUENCE);
    entry->serial = tls_der_integer(&inner);
    entry->revocation_date = tls_der_time(&inner);
    if (tls_der_peek(&inner) == TLS_DER_SEQUENCE) {
        tls_der_enter(&inner, &extensions, TLS_DER_SEQUENCE);
        while (tls_certificate_extension_next(&extensions, &extension))
            parse_entry_extension(&extensions, entry, &extension);
        tls_der_leave(&inner, &extensions);
    }
    tls_der_leave(reader, &inner);
    return !tls_der_failed(reader);
}

/* Any total order will do: by length, then by bytes. */
static int
compare_serials(const unsigned char *a, size_t a_length, const unsigned char *b, size_t b_length)
{
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return memcmp(a, b, a_length);
}

static int
compare_index(const void *a, const void *b)
{
    const tls_crl_index *x = a, *y = b;

    return compare_serials(x->serial, x->serial_length, y->serial, y->serial_length);
}

/* build_index checks every entry and sorts their serials, so that a lookup is a binary search. */
static enum tls_reason
build_index(tls_crl *crl)
{
    tls_der der;
    tls_crl_entry entry;
    const unsigned char *start;
    size_t count = 0, i;

    tls_der_init(&der, crl->revoked);
    while (tls_crl_next(&der, &entry)) {
        count++;
        if (entry.unknown_critical && crl->unsupported == NULL)
            crl->unsupported = "has an entry with a critical extension that is not understood";
    }
    if (!tls_der_finish(&der))
        return TLS_REASON_BAD_CRL;
    crl->revoked_count = count;
    if (count == 0)
        return TLS_OK;
    crl->index = malloc(count * sizeof *crl->index);
    if (crl->index == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_der_init(&der, crl->revoked);
    for (i = 0; i < count; i++) {
        start = der.next;
        tls_crl_next(&der, &entry);
        crl->index[i].serial = entry.serial.data;
        crl->index[i].serial_length = (uint32_t)entry.serial.length;
        crl->index[i].offset = (uint32_t)(start - crl->revoked.data);
    }
    qsort(crl->index, count, sizeof *crl->index, compare_index);
    return TLS_OK;
}

int
tls_crl_find(const tls_crl *crl, tls_crl_entry *entry, tls_bytes serial)
{
    size_t low = 0, high = crl->revoked_count, middle;
    const tls_crl_index *at;
    tls_der der;
    int order;

    while (low < high) {
        middle = low + (high - low) / 2;
        at = &crl->index[middle];
        order = compare_serials(serial.data, serial.length, at->serial, at->serial_length);
        if (order == 0) {
            tls_der_init(&der,
                tls_bytes_make(crl->revoked.data + at->offset, crl->revoked.length - at->offset));
            return tls_crl_next(&der, entry);
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

/* ---- Extensions, 5.2 ---- */

/* 5.2.5 */
static int
parse_distribution_point(tls_crl *out, tls_bytes value)
{
    tls_der der, inner, point;
    tls_bytes flag, part;
    int i;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (tls_der_peek(&inner) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&inner, &point, TLS_DER_CONTEXT_CONSTRUCTED(0));
        if (!tls_der_optional(&point, &out->distribution_point, TLS_DER_CONTEXT_CONSTRUCTED(0))) {
            /* nameRelativeToCRLIssuer, which nobody uses */
            tls_der_read_any(&point, NULL, NULL);
            out->unsupported = "has a distribution point relative to its issuer's name";
        }
        tls_der_leave(&inner, &point);
    }
    for (i = 1; i <= 5; i++) {
        if (i == 3) { /* onlySomeReasons */
            if (tls_der_optional(&inner, &part, TLS_DER_CONTEXT(3)))
                out->unsupported = "is about some reasons only";
            continue;
        }
        if (!tls_der_optional(&inner, &flag, TLS_DER_CONTEXT(i)))
            continue;
        if (flag.length != 1 || (flag.data[0] != 0x00 && flag.data[0] != 0xFF))
            return 0;
        if (flag.data[0] == 0x00)
            continue;
        switch (i) {
        case 1:
            out->only_user = 1;
            break;
        case 2:
            out->only_ca = 1;
            break;
        case 4:
            out->unsupported = "is an indirect CRL";
            break;
        case 5:
            out->unsupported = "is about attribute certificates only";
            break;
        }
    }
    tls_der_leave(&der, &inner);
    return tls_der_finish(&der);
}

static int
parse_authority_key_identifier(tls_crl *out, tls_bytes value)
{
    tls_der der, inner;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_optional(&inner, &out->authority_key_identifier, TLS_DER_CONTEXT(0));
    return tls_der_finish(&der) && !tls_der_failed(&inner);
}

/* must_not_be_critical: 5.2.1, 5.2.3, 5.2.6, 5.2.7 */
static int
must_not_be_critical(tls_bytes oid)
{
    static const unsigned char oid_authority_information[] = {0x2B, 6, 1, 5, 5, 7, 1, 1};

    switch (ce_arc(oid)) {
    case CE_CRL_NUMBER:
    case CE_AUTHORITY_KEY_IDENTIFIER:
    case CE_FRESHEST_CRL:
        return 1;
    default:
        return tls_bytes_equal(
            oid, tls_bytes_make(oid_authority_information, sizeof oid_authority_information));
    }
}

static int
parse_extension(tls_crl *out, const tls_extension_view *extension)
{
    tls_der der;

    if (extension->critical && must_not_be_critical(extension->oid) && out->unsupported == NULL) {
        out->unsupported = "has a critical extension that must not be critical";
        out->unsupported_oid = extension->oid;
    }
    switch (ce_arc(extension->oid)) {
    case CE_CRL_NUMBER:
        tls_der_init(&der, extension->value);
        out->number = tls_der_integer(&der);
        return tls_der_finish(&der);
    case CE_DELTA_CRL_INDICATOR:
        out->unsupported = "is a delta CRL";
        return 1;
    case CE_ISSUING_DISTRIBUTION_POINT:
        return parse_distribution_point(out, extension->value);
    case CE_AUTHORITY_KEY_IDENTIFIER:
        return parse_authority_key_identifier(out, extension->value);
    default:
        if (extension->critical && out->unsupported == NULL) {
            out->unsupported = "has a critical extension that is not understood";
            out->unsupported_oid = extension->oid;
        }
        return 1;
    }
}

static int
parse_extensions(tls_crl *out)
{
    tls_bytes seen[CRL_EXTENSION_MAXIMUM];
    tls_extension_view extension;
    size_t count = 0, i;
    tls_der der;

    tls_der_init(&der, out->extensions);
    while (tls_certificate_extension_next(&der, &extension)) {
        if (count == CRL_EXTENSION_MAXIMUM)
            return 0;
        for (i = 0; i < count; i++)
            if (tls_bytes_equal(seen[i], extension.oid))
                return 0;
        seen[count++] = extension.oid;
        if (!parse_extension(out, &extension))
            return 0;
    }
    return tls_der_finish(&der);
}

/* ---- CertificateList, 5.1 ---- */

static int
parse_to_be_signed(tls_crl *out, tls_bytes outer_algorithm)
{
    tls_der der, tbs, part;
    tls_bytes algorithm;

    tls_der_init(&der, out->to_be_signed);
    tls_der_enter(&der, &tbs, TLS_DER_SEQUENCE);
    out->version = 1;
    if (tls_der_peek(&tbs) == TLS_DER_INTEGER)
        out->version = tls_der_small(&tbs, 1) + 1;
    algorithm = tls_der_read_whole(&tbs, TLS_DER_SEQUENCE);
    out->issuer = tls_der_read_whole(&tbs, TLS_DER_SEQUENCE);
    out->this_update = tls_der_time(&tbs);
    out->next_update = INT64_MAX;
    if (tls_der_peek(&tbs) == TLS_DER_UTC_TIME || tls_der_peek(&tbs) == TLS_DER_GENERALIZED_TIME)
        out->next_update = tls_der_time(&tbs);
    tls_der_optional(&tbs, &out->revoked, TLS_DER_SEQUENCE);
    if (tls_der_peek(&tbs) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0)) {
        tls_der_enter(&tbs, &part, TLS_DER_CONTEXT_CONSTRUCTED(0));
        out->extensions = tls_der_read(&part, TLS_DER_SEQUENCE);
        tls_der_leave(&tbs, &part);
        if (out->version != 2) /* 5.1.2.1 */
            return 0;
    }
    tls_der_leave(&der, &tbs);
    /* 5.1.1.2: the two AlgorithmIdentifiers are the same. */
    return tls_der_finish(&der) && tls_bytes_equal(algorithm, outer_algorithm) &&
           tls_name_check(out->issuer);
}

static enum tls_reason
parse(tls_crl *out)
{
    tls_signed_structure parts;
    tls_der der, inner;

    tls_der_init(&der, out->der);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (!tls_signed_read(&inner, &parts))
        return TLS_REASON_BAD_CRL;
    tls_der_leave(&der, &inner);
    out->to_be_signed = parts.to_be_signed;
    out->signature_algorithm = parts.algorithm;
    out->signature = parts.signature;
    if (!tls_der_finish(&der) || !parse_to_be_signed(out, parts.algorithm_whole) ||
        !parse_extensions(out))
        return TLS_REASON_BAD_CRL;
    tls_name_digest(out->issuer_digest, out->issuer);
    return build_index(out);
}

enum tls_reason
tls_crl_from_der(tls_crl **out, tls_bytes der)
{
    tls_crl *crl;
    enum tls_reason reason;

    *out = NULL;
    if (der.length == 0 || der.length > TLS_CRL_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_CRL;
    crl = calloc(1, sizeof *crl + der.length);
    if (crl == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    crl->references = 1;
    memcpy(crl + 1, der.data, der.length);
    crl->der = tls_bytes_make(crl + 1, der.length);
    reason = parse(crl);
    if (reason != TLS_OK) {
        free(crl->index);
        free(crl);
        return reason;
    }
    *out = crl;
    return TLS_OK;
}

tls_crl *
tls_crl_retain(tls_crl *crl)
{
    crl->references++;
    return crl;
}

void
tls_crl_release(tls_crl *crl)
{
    if (crl == NULL || --crl->references != 0)
        return;
    free(crl->index);
    free(crl);
}

/* ---- Lists ---- */

static enum tls_reason
load_pem(tls_buffer *found, tls_bytes text)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_crl *crl;
    enum tls_reason reason = TLS_OK;

    tls_pem_init(&pem, text);
    while (reason == TLS_OK && tls_pem_next(&pem, &block, &der)) {
        if (!tls_bytes_equal_string(block.label, "X509 CRL"))
            continue;
        reason = TLS_REASON_BAD_CRL;
        if (block.valid)
            reason = tls_crl_from_der(&crl, tls_buffer_view(&der));
        if (reason == TLS_OK) {
            tls_buffer_append(found, &crl, sizeof crl);
            if (found->failed) {
                tls_crl_release(crl);
                reason = TLS_REASON_OUT_OF_MEMORY;
            }
        }
    }
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    return reason == TLS_OK && found->length == 0 ? TLS_REASON_BAD_PEM : reason;
}

enum tls_reason
tls_crls_load(tls_crl_list **out, tls_bytes bytes)
{
    tls_buffer found = {NULL, 0, 0, 0};
    tls_crl_list *list = NULL;
    tls_crl *crl;
    enum tls_reason reason;
    size_t i;

    *out = NULL;
    if (tls_pem_looks_like(bytes)) {
        reason = load_pem(&found, bytes);
    } else if (bytes.length == 0 || bytes.data[0] != TLS_DER_SEQUENCE) {
        return TLS_REASON_BAD_PEM;
    } else {
        reason = tls_crl_from_der(&crl, bytes);
        if (reason == TLS_OK) {
            tls_buffer_append(&found, &crl, sizeof crl);
            if (found.failed) {
                tls_crl_release(crl);
                reason = TLS_REASON_OUT_OF_MEMORY;
            }
        }
    }
    if (reason == TLS_OK) {
        list = malloc(sizeof *list + found.length);
        if (list == NULL)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (list != NULL) {
        list->references = 1;
        list->count = found.length / sizeof crl;
        list->items = (tls_crl **)(list + 1);
        memcpy(list->items, found.data, found.length);
        *out = list;
    } else {
        for (i = 0; i < found.length; i += sizeof crl) {
            memcpy(&crl, found.data + i, sizeof crl);
            tls_crl_release(crl);
        }
    }
    tls_buffer_release(&found);
    return reason;
}

void
tls_crl_list_release(tls_crl_list *list)
{
    size_t i;

    if (list == NULL || --list->references != 0)
        return;
    for (i = 0; i < list->count; i++)
        tls_crl_release(list->items[i]);
    free(list);
}

/* ---- Use, 6.3.3 ---- */

enum tls_reason
tls_crl_check(
    const tls_crl *crl, const tls_certificate *issuer, const tls_revocation_policy *policy)
{
    enum tls_reason reason;

    if (crl->unsupported != NULL)
        return TLS_REASON_UNSUPPORTED_CRL;
    /* (f); the key identifiers are hints only: the signature says whose it is. */
    if (memcmp(crl->issuer_digest, issuer->subject_digest, sizeof crl->issuer_digest) != 0 ||
        !tls_certificate_allows(issuer, TLS_KEY_USE_CRLS))
        return TLS_REASON_BAD_CRL;
    reason = tls_signed_verify(&issuer->public_key, &crl->signature_algorithm, crl->to_be_signed,
        crl->signature, policy->min_rsa_bits, policy->allow_sha1, policy->budget);
    if (reason != TLS_OK)
        return reason == TLS_REASON_BAD_CERTIFICATE_SIGNATURE ? TLS_REASON_BAD_CRL : reason;
    /* (a) */
    if (crl->this_update > policy->time + policy->clock_skew)
        return TLS_REASON_CRL_NOT_YET_VALID;
    if (crl->next_update < policy->time - policy->clock_skew)
        return TLS_REASON_CRL_EXPIRED;
    return TLS_OK;
}

/* A name of a CRL's distribution point. A CRL has one or two. */
#define POINT_NAMES_MAXIMUM 16
typedef struct point_name {
    tls_general_name name;
    unsigned char digest[TLS_NAME_DIGEST_LENGTH]; /* of a directoryName */
} point_name;

static int
point_name_next(tls_der *reader, point_name *out)
{
    if (!tls_general_names_next(reader, &out->name))
        return 0;
    if (out->name.kind == TLS_NAME_DIRECTORY)
        tls_name_digest(out->digest, out->name.value);
    return 1;
}

static int
is_same_point(const point_name *a, const point_name *b)
{
    if (a->name.kind != b->name.kind)
        return 0;
    if (a->name.kind == TLS_NAME_DIRECTORY)
        return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
    return tls_bytes_equal(a->name.value, b->name.value);
}

/* names_meet returns 1 if the GeneralNames of a certificate and of a CRL have one in common. */
static int
names_meet(tls_bytes of_certificate, tls_bytes of_crl)
{
    point_name points[POINT_NAMES_MAXIMUM], one;
    size_t count = 0, i;
    tls_der der;

    tls_general_names_begin(&der, of_crl);
    while (count < POINT_NAMES_MAXIMUM && point_name_next(&der, &points[count]))
        count++;
    tls_general_names_begin(&der, of_certificate);
    while (point_name_next(&der, &one))
        for (i = 0; i < count; i++)
            if (is_same_point(&one, &points[i]))
                return 1;
    return 0;
}

/* 6.3.3 (b)(2)(i): the distribution point of the CRL is one of the certificate's. */
static int
is_distribution_point_of(const tls_crl *crl, const tls_certificate *certificate)
{
    tls_der der, point, name;
    tls_bytes names, full;

    tls_der_init(&der, certificate->distribution_points);
    while (!tls_der_at_end(&der)) {
        tls_der_enter(&der, &point, TLS_DER_SEQUENCE);
        if (!tls_der_optional(&point, &names, TLS_DER_CONTEXT_CONSTRUCTED(0)))
            continue;
        tls_der_init(&name, names);
        if (tls_der_optional(&name, &full, TLS_DER_CONTEXT_CONSTRUCTED(0)) &&
            names_meet(full, crl->distribution_point))
            return 1;
    }
    return 0;
}

int
tls_crl_covers(const tls_crl *crl, const tls_certificate *certificate)
{
    if (memcmp(crl->issuer_digest, certificate->issuer_digest, sizeof crl->issuer_digest) != 0)
        return 0;
    if ((crl->only_user && certificate->is_ca) || (crl->only_ca && !certificate->is_ca))
        return 0;
    return crl->distribution_point.length == 0 || is_distribution_point_of(crl, certificate);
}

void
tls_crl_number_text(tls_buffer *out, const tls_crl *crl)
{
    tls_certificate holder;

    if (crl->number.length == 0)
        return;
    memset(&holder, 0, sizeof holder);
    holder.serial = crl->number;
    tls_certificate_serial_text(out, &holder);
}
