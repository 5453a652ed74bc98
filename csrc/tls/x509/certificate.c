/* certificate.c - certificate objects and lists, and what is asked of a parsed one; see
 * certificate.h. */
#include "x509/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "x509/certificate_parse.h"
#include "crypto/hkdf.h"
#include "asn1/pem.h"
#include "key/verify_signature.h"

enum tls_reason
tls_certificate_from_der(tls_certificate **out, tls_bytes der)
{
    tls_certificate *certificate;
    enum tls_reason reason;

    *out = NULL;
    if (der.length == 0 || der.length > TLS_CERTIFICATE_MAXIMUM_LENGTH)
        return TLS_REASON_BAD_CERTIFICATE;
    certificate = calloc(1, sizeof *certificate + der.length);
    if (certificate == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    certificate->references = 1;
    memcpy(certificate + 1, der.data, der.length);
    certificate->der = tls_bytes_make(certificate + 1, der.length);
    reason = tls_certificate_parse(certificate);
    if (reason != TLS_OK) {
        free(certificate);
        return reason;
    }
    *out = certificate;
    return TLS_OK;
}

void
tls_certificate_fault(tls_buffer *out, tls_bytes der)
{
    tls_certificate parsed;

    memset(&parsed, 0, sizeof parsed);
    parsed.der = der;
    if (der.length > TLS_CERTIFICATE_MAXIMUM_LENGTH)
        parsed.fault = "it is longer than 256 KiB";
    else
        tls_certificate_parse(&parsed);
    if (parsed.fault == NULL)
        return;
    tls_buffer_append(out, parsed.fault, strlen(parsed.fault));
    if (parsed.fault_oid.length != 0) {
        tls_buffer_append(out, " (", 2);
        tls_oid_text(out, parsed.fault_oid);
        tls_buffer_append(out, ")", 1);
    }
}

tls_certificate *
tls_certificate_retain(tls_certificate *certificate)
{
    certificate->references++;
    return certificate;
}

void
tls_certificate_release(tls_certificate *certificate)
{
    if (certificate != NULL && --certificate->references == 0)
        free(certificate);
}

/* ---- Lists ---- */

enum tls_reason
tls_certificate_list_make(tls_certificate_list **out, tls_certificate *const *items, size_t count)
{
    tls_certificate_list *list;
    size_t i;

    *out = NULL;
    if (count > (SIZE_MAX - sizeof *list) / sizeof *items)
        return TLS_REASON_OUT_OF_MEMORY;
    list = malloc(sizeof *list + count * sizeof *items);
    if (list == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    list->references = 1;
    list->count = count;
    list->items = (tls_certificate **)(list + 1);
    for (i = 0; i < count; i++)
        list->items[i] = tls_certificate_retain(items[i]);
    *out = list;
    return TLS_OK;
}

tls_certificate_list *
tls_certificate_list_retain(tls_certificate_list *list)
{
    list->references++;
    return list;
}

void
tls_certificate_list_release(tls_certificate_list *list)
{
    size_t i;

    if (list == NULL || --list->references != 0)
        return;
    for (i = 0; i < list->count; i++)
        tls_certificate_release(list->items[i]);
    free(list);
}

int
tls_certificate_block(tls_bytes *der, tls_bytes label, tls_bytes contents)
{
    tls_der reader;

    *der = contents;
    if (tls_bytes_equal_string(label, "TRUSTED CERTIFICATE")) {
        tls_der_init(&reader, contents);
        *der = tls_der_read_whole(&reader, TLS_DER_SEQUENCE);
        return 1;
    }
    return tls_bytes_equal_string(label, "CERTIFICATE") ||
           tls_bytes_equal_string(label, "X509 CERTIFICATE");
}

static enum tls_reason
load_pem(tls_buffer *found, tls_bytes text)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes contents;
    tls_certificate *certificate;
    enum tls_reason reason = TLS_OK;

    tls_pem_init(&pem, text);
    while (reason == TLS_OK && tls_pem_next(&pem, &block, &der)) {
        if (!tls_certificate_block(&contents, block.label, tls_buffer_view(&der)))
            continue;
        reason = tls_certificate_from_der(&certificate, contents);
        if (reason == TLS_OK) {
            tls_buffer_append(found, &certificate, sizeof certificate);
            if (found->failed)
                tls_certificate_release(certificate);
        }
        if (found->failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    if (reason == TLS_OK && found->length == 0)
        reason = TLS_REASON_BAD_PEM;
    return reason;
}

enum tls_reason
tls_certificates_load(tls_certificate_list **out, tls_bytes bytes)
{
    tls_buffer found = {NULL, 0, 0, 0};
    tls_certificate *certificate, **items;
    enum tls_reason reason;
    size_t count, i;

    *out = NULL;
    if (!tls_pem_looks_like(bytes)) {
        if (bytes.length == 0 || bytes.data[0] != TLS_DER_SEQUENCE)
            return TLS_REASON_BAD_PEM;
        reason = tls_certificate_from_der(&certificate, bytes);
        if (reason != TLS_OK)
            return reason;
        reason = tls_certificate_list_make(out, &certificate, 1);
        tls_certificate_release(certificate);
        return reason;
    }
    reason = load_pem(&found, bytes);
    count = found.length / sizeof *items;
    items = (tls_certificate **)(void *)found.data; /* malloc's alignment, whole pointers */
    if (reason == TLS_OK)
        reason = tls_certificate_list_make(out, items, count);
    for (i = 0; i < count; i++)
        tls_certificate_release(items[i]);
    tls_buffer_release(&found);
    return reason;
}

/* ---- Extensions ---- */

int
tls_certificate_extension(
    const tls_certificate *certificate, tls_extension_view *extension, tls_bytes oid)
{
    tls_der der;

    tls_der_init(&der, certificate->extensions);
    while (tls_certificate_extension_next(&der, extension))
        if (tls_bytes_equal(extension->oid, oid))
            return 1;
    return 0;
}

int
tls_access_next(tls_der *reader, tls_bytes *method, tls_general_name *location)
{
    tls_der inner;

    if (tls_der_at_end(reader))
        return 0;
    tls_der_enter(reader, &inner, TLS_DER_SEQUENCE);
    *method = tls_der_oid(&inner);
    if (!tls_general_names_next(&inner, location))
        tls_der_fail(&inner);
    tls_der_leave(reader, &inner);
    return !tls_der_failed(reader);
}

/* id-ad is 1.3.6.1.5.5.7.48; RFC 5280 section 4.2.2.1 */
static tls_bytes
access_uri(const tls_certificate *certificate, unsigned char last_arc, size_t index)
{
    const unsigned char oid[] = {0x2B, 6, 1, 5, 5, 7, 48, last_arc};
    tls_der der;
    tls_bytes method;
    tls_general_name location;

    tls_der_init(&der, certificate->authority_information);
    while (tls_access_next(&der, &method, &location))
        if (tls_bytes_equal(method, tls_bytes_make(oid, sizeof oid)) &&
            location.kind == TLS_NAME_URI && index-- == 0)
            return location.value;
    return tls_bytes_make(NULL, 0);
}

tls_bytes
tls_certificate_ocsp_uri(const tls_certificate *certificate, size_t index)
{
    return access_uri(certificate, 1, index);
}

tls_bytes
tls_certificate_issuer_uri(const tls_certificate *certificate, size_t index)
{
    return access_uri(certificate, 2, index);
}

/* RFC 5280 section 4.2.1.13: distributionPoint [0] { fullName [0] GeneralNames } */
tls_bytes
tls_certificate_crl_uri(const tls_certificate *certificate, size_t index)
{
    tls_der der, point, name;
    tls_bytes names, full;
    tls_general_name general;

    tls_der_init(&der, certificate->distribution_points);
    while (!tls_der_at_end(&der)) {
        tls_der_enter(&der, &point, TLS_DER_SEQUENCE);
        if (!tls_der_optional(&point, &names, TLS_DER_CONTEXT_CONSTRUCTED(0)))
            continue;
        tls_der_init(&name, names);
        if (!tls_der_optional(&name, &full, TLS_DER_CONTEXT_CONSTRUCTED(0)))
            continue;
        tls_general_names_begin(&name, full);
        while (tls_general_names_next(&name, &general))
            if (general.kind == TLS_NAME_URI && index-- == 0)
                return general.value;
    }
    return tls_bytes_make(NULL, 0);
}

int
tls_certificate_is_self_signed(const tls_certificate *certificate)
{
    return certificate->self_issued &&
           tls_verify_signature(&certificate->public_key, &certificate->signature_algorithm,
               certificate->to_be_signed, certificate->signature) == TLS_OK;
}
