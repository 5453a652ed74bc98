/* verify_text.c - see verify_text.h. */
#include "x509/verify_text.h"

#include <string.h>

#include "key/key_describe.h"
#include "x509/crl.h"
#include "x509/distinguished_name.h"

static void
put(tls_buffer *out, const char *string)
{
    tls_buffer_append(out, string, strlen(string));
}

static void
put_number(tls_buffer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    tls_buffer_append(out, digits + at, sizeof digits - at);
}

/* "3 days", "1 hour", ... the largest unit that fits. */
static void
put_duration(tls_buffer *out, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, " day"}, {3600, " hour"}, {60, " minute"}, {1, " second"}};
    size_t i = 0;

    while (i < 3 && seconds < units[i].seconds)
        i++;
    put_number(out, (uint64_t)(seconds / units[i].seconds));
    put(out, units[i].name);
    if (seconds / units[i].seconds != 1)
        put(out, "s");
}

/* "certificate" or "certificate 2 (CN=Some CA)", counted from the leaf, which needs no number. */
static void
put_certificate(tls_buffer *out, const tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate)
{
    if (verdict->index >= request->count)
        put(out, "trusted certificate");
    else
        put(out, "certificate");
    if (certificate == NULL || verdict->index == 0)
        return;
    if (verdict->index < request->count) {
        put(out, " ");
        put_number(out, verdict->index + 1);
    }
    put(out, " (");
    tls_name_text(out, certificate->subject);
    put(out, ")");
}

static void
put_names(tls_buffer *out, const tls_certificate *certificate)
{
    tls_der reader;
    tls_general_name name;
    unsigned count = 0;

    tls_general_names_begin(&reader, certificate->alternative_names);
    while (tls_general_names_next(&reader, &name)) {
        if (name.kind != TLS_NAME_DNS && name.kind != TLS_NAME_IP)
            continue;
        if (count == 4) {
            put(out, ", ...");
            return;
        }
        put(out, count++ ? ", " : " ");
        tls_general_name_text(out, &name);
    }
    if (count == 0)
        put(out, " no DNS name or address at all (the common name does not count, RFC 9525)");
}

static void
put_expiry(tls_buffer *out, const tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate)
{
    char when[21];

    if (verdict->reason == TLS_REASON_CERTIFICATE_EXPIRED) {
        put(out, " expired ");
        put_duration(out, request->time - certificate->not_after);
        put(out, " ago (");
        tls_time_text(when, certificate->not_after);
    } else {
        put(out, " is not valid for another ");
        put_duration(out, certificate->not_before - request->time);
        put(out, " (until ");
        tls_time_text(when, certificate->not_before);
    }
    put(out, when);
    put(out, ")");
}

/* " 3 days ago (2026-01-31T23:59:59Z", or " in 3 days (…": the parenthesis stays open. */
static void
put_moment(tls_buffer *out, int64_t time, int64_t now)
{
    char when[21];

    put(out, time > now ? " in " : " ");
    put_duration(out, time > now ? time - now : now - time);
    put(out, time > now ? " (" : " ago (");
    tls_time_text(when, time);
    put(out, when);
}

static void
put_why(tls_buffer *out, const char *why, const char *otherwise)
{
    put(out, " ");
    put(out, why != NULL ? why : otherwise);
}

/* put_revocation writes the sentence for the reasons that CRLs and OCSP responses give. */
static void
put_revocation(tls_buffer *out, const tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate, const tls_revocation *revocation)
{
    const char *name = tls_revocation_reason_name(revocation->revoked_because);

    if (verdict->reason == TLS_REASON_CERTIFICATE_REVOKED) {
        put_certificate(out, verdict, request, certificate);
        put(out, revocation->time > request->time ? " will be revoked" : " was revoked");
        put_moment(out, revocation->time, request->time);
        if (name != NULL) {
            put(out, ", ");
            put(out, name);
        }
        put(out, ")");
        return;
    }
    if (verdict->reason == TLS_REASON_BAD_OCSP_RESPONSE ||
        verdict->reason == TLS_REASON_OCSP_EXPIRED) {
        put(out, "the OCSP response for ");
        put_certificate(out, verdict, request, certificate);
        put_why(out, revocation->why, "cannot be relied on");
    } else {
        put(out, "the CRL of the issuer (");
        tls_name_text(out, certificate->issuer);
        put(out, ") of ");
        put_certificate(out, verdict, request, certificate);
        if (verdict->reason == TLS_REASON_CRL_EXPIRED)
            put(out, " has expired");
        else if (verdict->reason == TLS_REASON_CRL_NOT_YET_VALID)
            put(out, " is not valid yet");
        else if (verdict->reason == TLS_REASON_UNSUPPORTED_CRL)
            put_why(out, revocation->why, "is not supported");
        else
            put(out, " is not by its issuer: its signature does not verify");
    }
    if (verdict->reason == TLS_REASON_OCSP_EXPIRED || verdict->reason == TLS_REASON_CRL_EXPIRED ||
        verdict->reason == TLS_REASON_CRL_NOT_YET_VALID) {
        put(out, ":");
        put_moment(out, revocation->time, request->time);
        put(out, ")");
    }
}

/* put_unsupported names the algorithm: the key's, or the signature's. */
static void
put_unsupported(tls_buffer *out, const tls_certificate *certificate)
{
    const tls_signature_algorithm *algorithm =
        certificate != NULL ? &certificate->signature_algorithm : NULL;
    const char *name;

    put(out, " has ");
    if (certificate != NULL && certificate->public_key.kind == TLS_KEY_OTHER) {
        tls_public_key_describe(out, certificate->public_key_info);
    } else if (algorithm != NULL && algorithm->kind == TLS_SIGNATURE_OTHER) {
        name = tls_signature_algorithm_name(algorithm);
        put(out, "a signature by ");
        if (name != NULL)
            put(out, name);
        else
            tls_oid_text(out, algorithm->oid);
    } else {
        put(out, "a key or signature");
    }
    put(out, ", which is not supported");
    if (certificate != NULL && certificate->public_key.kind == TLS_KEY_OTHER &&
        strncmp(tls_public_key_type(&certificate->public_key), "rsa", 3) == 0 &&
        certificate->public_key.bits > TLS_RSA_MAXIMUM_BITS) {
        put(out, ": at most ");
        put_number(out, TLS_RSA_MAXIMUM_BITS);
    }
}

static void
put_sentence(tls_buffer *out, const tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate, const tls_general_name *offender,
    const tls_revocation *revocation)
{
    const char *name;

    switch (verdict->reason) {
    case TLS_REASON_CERTIFICATE_REVOKED:
    case TLS_REASON_BAD_CRL:
    case TLS_REASON_UNSUPPORTED_CRL:
    case TLS_REASON_CRL_EXPIRED:
    case TLS_REASON_CRL_NOT_YET_VALID:
    case TLS_REASON_BAD_OCSP_RESPONSE:
    case TLS_REASON_OCSP_EXPIRED:
        put_revocation(out, verdict, request, certificate, revocation);
        return;
    case TLS_REASON_REVOCATION_UNKNOWN:
        put(out, "no CRL and no OCSP response tells whether ");
        put_certificate(out, verdict, request, certificate);
        put(out, " is revoked");
        return;
    case TLS_REASON_STAPLE_REQUIRED:
        put(out, "no OCSP response came with the certificate although ");
        put(out, request->staple == TLS_STAPLE_REQUIRED ? "one is required"
                                                        : "it says that one must (must-staple)");
        return;
    case TLS_REASON_PIN_MISMATCH:
        put(out, "no certificate of the path has one of the ");
        put_number(out, request->pin_count);
        put(out, " pinned keys");
        return;
    case TLS_REASON_CERTIFICATE_EXPIRED:
    case TLS_REASON_CERTIFICATE_NOT_YET_VALID:
        put_certificate(out, verdict, request, certificate);
        put_expiry(out, verdict, request, certificate);
        return;
    case TLS_REASON_NAME_MISMATCH:
        if (request->server_name == NULL) {
            put(out, "there is no server name to check the certificate against");
            return;
        }
        put(out, "certificate is not for \"");
        put(out, request->server_name);
        put(out, "\" but for");
        put_names(out, certificate);
        return;
    case TLS_REASON_UNKNOWN_CA:
        put(out, "no trusted certificate for the issuer (");
        tls_name_text(out, certificate->issuer);
        put(out, ") of ");
        put_certificate(out, verdict, request, certificate);
        return;
    case TLS_REASON_SELF_SIGNED:
        put(out, "certificate (");
        tls_name_text(out, certificate->subject);
        put(out, ") is self-signed and not trusted");
        return;
    case TLS_REASON_BAD_CERTIFICATE_SIGNATURE:
        put(out, "signature of ");
        put_certificate(out, verdict, request, certificate);
        put(out, " does not verify with the key of its issuer");
        return;
    case TLS_REASON_WEAK_KEY:
        put_certificate(out, verdict, request, certificate);
        put(out, " has an RSA key of only ");
        put_number(out, certificate->public_key.bits);
        put(out, " bits");
        return;
    case TLS_REASON_WEAK_SIGNATURE:
        put_certificate(out, verdict, request, certificate);
        put(out, " is signed with a weak hash (");
        name = tls_signature_algorithm_name(&certificate->signature_algorithm);
        put(out, name != NULL ? name : "unknown");
        put(out, ")");
        return;
    case TLS_REASON_NAME_CONSTRAINT:
        put_certificate(out, verdict, request, certificate);
        put(out, " has a name that its issuers may not certify: ");
        if (offender != NULL) {
            put(out, tls_general_name_kind_name(offender->kind));
            put(out, " ");
            tls_general_name_text(out, offender);
        }
        return;
    case TLS_REASON_CRITICAL_EXTENSION:
        put_certificate(out, verdict, request, certificate);
        put(out, " has a critical extension that is not understood, or must not be critical: ");
        name = tls_extension_name(certificate->unknown_critical_oid);
        if (name != NULL)
            put(out, name);
        else
            tls_oid_text(out, certificate->unknown_critical_oid);
        return;
    case TLS_REASON_NOT_A_CA:
        put_certificate(out, verdict, request, certificate);
        put(out, " signed another certificate but is not a CA");
        return;
    case TLS_REASON_WRONG_PURPOSE:
        put_certificate(out, verdict, request, certificate);
        put(out, request->purpose == TLS_PURPOSE_CLIENT ? " may not be used by a TLS client"
                                                        : " may not be used by a TLS server");
        return;
    case TLS_REASON_UNSUPPORTED_CERTIFICATE:
        put_certificate(out, verdict, request, certificate);
        put_unsupported(out, certificate);
        return;
    case TLS_REASON_LIMIT:
        if (request->count <= TLS_CHAIN_MAXIMUM) {
            put(out, "the certificates ask for more signature checks than a verification may make");
            return;
        }
        put(out, "the chain has ");
        put_number(out, request->count);
        put(out, " certificates, more than ");
        put_number(out, TLS_CHAIN_MAXIMUM);
        return;
    case TLS_REASON_PATH_TOO_LONG:
        put(out, "certification path is too long: ");
        put_certificate(out, verdict, request, certificate);
        put(out, " may not stand where it does");
        return;
    default:
        put(out, tls_reason_sentence(verdict->reason));
    }
}

void
tls_verdict_describe(tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate, const tls_general_name *offender,
    const tls_revocation *revocation)
{
    tls_buffer out = {NULL, 0, 0, 0};
    size_t length, i;

    verdict->text[0] = '\0';
    if (verdict->reason == TLS_OK)
        return;
    put_sentence(&out, verdict, request, certificate, offender, revocation);
    if (!out.failed) {
        length = out.length;
        if (length >= sizeof verdict->text) {
            /* Cut at a character's beginning; every sentence has words of ours in front. */
            length = sizeof verdict->text - 1;
            while ((out.data[length] & 0xC0) == 0x80)
                length--;
        }
        memcpy(verdict->text, out.data, length);
        verdict->text[length] = '\0';
        /* A name may hold a NUL or control characters: this text goes into logs. */
        for (i = 0; i < length; i++)
            if ((unsigned char)verdict->text[i] < 0x20 || verdict->text[i] == 0x7F)
                verdict->text[i] = '?';
    }
    tls_buffer_release(&out);
}
