/* ocsp_test.c - specs of reading OCSP responses. ocsp.sh runs it. */
#include <string.h>

#include "x509/ocsp.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/damage.h"
#include "support/exact_bytes.h"

static int
parse_ocsp(tls_bytes bytes)
{
    tls_ocsp_response *parsed;
    enum tls_reason reason = tls_ocsp_response_from_der(&parsed, bytes);

    tls_ocsp_response_release(parsed);
    return reason == TLS_OK;
}

static void
test_checking(void)
{
    static const struct {
        const char *file;
        const char *certificate;
        enum tls_reason reason;
        enum tls_ocsp_certificate_status status;
        const char *why;
    } cases[] = {
        {"good", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"revoked", "revoked", TLS_OK, TLS_OCSP_REVOKED, NULL},
        {"hold", "hold", TLS_OK, TLS_OCSP_REVOKED, NULL},
        {"unknown", "unknown", TLS_OK, TLS_OCSP_UNKNOWN, NULL},
        {"delegated", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"by_key", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"sha256", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"nonce", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"good", "revoked", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is about another certificate"},
        {"no_certificates", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by nobody that it names"},
        {"wronguse", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by a certificate that is not for OCSP signing"},
        {"stranger", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by a responder that the certificate's issuer did not certify"},
    };
    tls_certificate *issuer = corpus_certificate("int"), *subject;
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *response;
    tls_ocsp_single single;
    const char *why;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        response = corpus_ocsp(cases[i].file);
        subject = corpus_certificate(cases[i].certificate);
        check_reason(tls_ocsp_check(response, &single, &why, subject, issuer, &p), cases[i].reason,
            "%s", cases[i].file);
        check(cases[i].reason != TLS_OK || single.status == cases[i].status, "%s: %s",
            cases[i].file, tls_ocsp_certificate_status_name(single.status));
        check((why == NULL) == (cases[i].why == NULL) &&
                  (why == NULL || strcmp(why, cases[i].why) == 0),
            "%s: %s", cases[i].file, why != NULL ? why : "good");
        if (strcmp(cases[i].file, "revoked") == 0)
            check(single.reason == TLS_REVOKED_KEY_COMPROMISE &&
                      single.revocation_time > corpus_now() - 86400,
                "when and why it was revoked");
        if (strcmp(cases[i].file, "nonce") == 0)
            check(response->nonce.length >= 16, "nonce");
        tls_ocsp_response_release(response);
        tls_certificate_release(subject);
    }
    tls_certificate_release(issuer);
}

static void
test_times(void)
{
    tls_certificate *issuer = corpus_certificate("int"), *subject = corpus_certificate("good");
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *response = corpus_ocsp("good");
    tls_ocsp_single single;
    const char *why;

    require(tls_ocsp_check(response, &single, &why, subject, issuer, &p) == TLS_OK, "good");
    p.time = single.next_update + 1;
    check_reason(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
        TLS_REASON_OCSP_EXPIRED, "expired");
    p.clock_skew = 1;
    check_reason(
        tls_ocsp_check(response, &single, &why, subject, issuer, &p), TLS_OK, "within the skew");
    p.time = single.this_update - 2;
    check_reason(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
        TLS_REASON_OCSP_EXPIRED, "not yet");
    tls_ocsp_response_release(response);
    tls_certificate_release(subject);
    tls_certificate_release(issuer);
}

static void
test_wrong_signer(void)
{
    tls_certificate *issuer = corpus_certificate("int"), *subject = corpus_certificate("good");
    tls_revocation_policy p = corpus_policy();
    tls_certificate *twin = corpus_certificate("twin");
    tls_ocsp_response *response = corpus_ocsp("good");
    tls_bytes flipped = exact_bytes(response->der);
    tls_ocsp_single single;
    const char *why;

    check_reason(tls_ocsp_check(response, &single, &why, subject, twin, &p),
        TLS_REASON_BAD_OCSP_RESPONSE, "an issuer of the same name");
    exact_change(flipped, (size_t)(response->signature.data - response->der.data) + 9, 1);
    tls_ocsp_response_release(response);
    require(tls_ocsp_response_from_der(&response, flipped) == TLS_OK, "flipped");
    check_reason(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
        TLS_REASON_BAD_OCSP_RESPONSE, "wrong signature");
    release(flipped);
    tls_ocsp_response_release(response);
    tls_certificate_release(subject);
    tls_certificate_release(issuer);
    tls_certificate_release(twin);
}

static void
test_damage(unsigned rounds)
{
    tls_ocsp_response *response = corpus_ocsp("delegated");

    check_damage("OCSP response", response->der, parse_ocsp, rounds);
    tls_ocsp_response_release(response);
}

static void
test_no_answer(void)
{
    tls_certificate *issuer = corpus_certificate("int"), *subject = corpus_certificate("good");
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *response;
    tls_ocsp_single single;
    const char *why;

    check_reason(tls_ocsp_response_from_der(&response, tls_bytes_make("\x30\x03\x0A\x01\x03", 5)),
        TLS_OK, "tryLater");
    check(response->status == TLS_OCSP_TRY_LATER &&
              strcmp(tls_ocsp_response_status_name(response->status), "tryLater") == 0,
        "is its status");
    check_reason(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
        TLS_REASON_BAD_OCSP_RESPONSE, "and no answer");
    tls_certificate_release(subject);
    tls_ocsp_response_release(response);
    tls_certificate_release(issuer);
}

/* A response whose list of answers is no list, in a frame that is whole, and one whose frame is
 * not, round a whole list. */
static void
test_broken_inside(void)
{
    tls_ocsp_response *good = corpus_ocsp("good");
    tls_bytes copy = exact_bytes(good->der);
    size_t list = (size_t)(good->responses.data - good->der.data);

    check(parse_ocsp(copy), "as it was");
    exact_change(copy, list, 1);
    check(!parse_ocsp(copy), "an answer that is no SEQUENCE");
    exact_change(copy, list, 1);
    /* In front of the list stand its header and the time of production, whose tag changes. */
    exact_change(copy, list - (good->responses.length < 128 ? 2 : 3) - 17, 1);
    check(!parse_ocsp(copy), "a time that is none");
    release(copy);
    tls_ocsp_response_release(good);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_checking();
    test_times();
    test_wrong_signer();
    test_damage(corpus_rounds(300));
    test_no_answer();
    test_broken_inside();
    return check_end();
}
