/* ocsp_build_test.c - specs of OCSP requests and responses, which openssl reads. ocsp_build.sh runs
 * it. */
#include <string.h>
#include <bearssl.h>

#include "issue/ocsp_build.h"

#include "support/shell.h"
#include "support/corpus.h"

/* Who signs, and about what. */
static tls_certificate *issuer, *responder, *good;
static tls_private_key *issuer_key, *responder_key;

static void
test_requests(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    tls_ocsp_response *made;

    check_reason(
        tls_ocsp_request_build(&out, good, issuer, 0, tls_bytes_of_string("0123456789abcdef")),
        TLS_OK, "request");
    corpus_write("out.req", tls_buffer_view(&out));
    check_shell("30313233343536373839616263646566",
        "openssl ocsp -reqin out.req -req_text -noverify | tr -d ':' ");
    check_shell("good",
        "cat root.pem int.pem >ca.pem; openssl ocsp -reqin out.req -index index.txt "
        "-CA int.pem -rsigner int.pem "
        "-rkey int.key -ndays 7 -respout answer.ocsp && openssl ocsp -respin "
        "answer.ocsp -no_nonce -CAfile ca.pem "
        "-issuer int.pem -cert good.pem");
    made = corpus_ocsp("answer");
    check(made->nonce.length == 16 && memcmp(made->nonce.data, "0123456789abcdef", 16) == 0,
        "the nonce comes back");
    tls_ocsp_response_release(made);
    tls_buffer_clear(&out);
    check_reason(tls_ocsp_request_build(&out, good, issuer, br_sha256_ID, tls_bytes_of_string("")),
        TLS_OK, "request with SHA-256");
    corpus_write("out.req", tls_buffer_view(&out));
    check_shell("Hash Algorithm: sha256", "openssl ocsp -reqin out.req -req_text -noverify");
    check_reason(tls_ocsp_request_build(&out, good, issuer, br_md5_ID, tls_bytes_of_string("")),
        TLS_REASON_BAD_FIELD, "with MD5");
    tls_buffer_release(&out);
}

#define KINDS 24

/* kind_of gives one of KINDS combinations of status, responder, names and hashes. */
static tls_ocsp_fields
kind_of(unsigned i)
{
    tls_ocsp_fields fields;

    memset(&fields, 0, sizeof fields);
    fields.certificate = good;
    fields.issuer = issuer;
    fields.responder = i / 3 % 2 ? responder : NULL;
    fields.key = i / 3 % 2 ? responder_key : issuer_key;
    fields.responder_by_key = i / 6 % 2;
    fields.id_hash = i / 12 ? br_sha256_ID : 0;
    fields.status = (enum tls_ocsp_certificate_status)(i % 3);
    fields.revocation_time = corpus_now() - 86400;
    fields.reason = i / 6 % 2 ? TLS_REVOKED_KEY_COMPROMISE : TLS_REVOKED_NO_REASON;
    fields.produced_at = fields.this_update = corpus_now() - 3600;
    fields.next_update = i / 12 ? INT64_MAX : corpus_now() + 3600;
    return fields;
}

static void
test_response(unsigned i)
{
    static const char *const expected[] = {
        "good.pem: unknown", "good.pem: good", "good.pem: revoked"};
    tls_ocsp_fields fields = kind_of(i);
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *made;
    tls_ocsp_single single;
    const char *command =
        fields.id_hash == br_sha256_ID
            ? "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -sha256 -cert good.pem"
            : "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -cert good.pem";

    check_reason(tls_ocsp_response_build(&made, &fields), TLS_OK, "response");
    check_reason(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_OK, "is good");
    check(single.status == fields.status &&
              (single.status != TLS_OCSP_REVOKED || single.reason == fields.reason),
        "its status");
    corpus_write("out.ocsp", made->der);
    check_shell("Response verify OK", command);
    check_shell(expected[i % 3], command);
    tls_ocsp_response_release(made);
}

static void
test_without_an_end(void)
{
    tls_ocsp_fields fields = kind_of(KINDS - 1);
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *made;
    tls_ocsp_single single;

    check_reason(tls_ocsp_response_build(&made, &fields), TLS_OK, "without an end");
    p.time = fields.this_update + TLS_OCSP_MAXIMUM_AGE;
    check_reason(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_OK, "holds for a day");
    p.time++;
    check_reason(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_REASON_OCSP_EXPIRED,
        "and no longer");
    tls_ocsp_response_release(made);
}

static void
test_refused(void)
{
    tls_ocsp_fields fields = kind_of(KINDS - 1);
    tls_revocation_policy p = corpus_policy();
    tls_ocsp_response *made;
    tls_ocsp_single single;

    fields.key = issuer_key;
    check_reason(tls_ocsp_response_build(&made, &fields), TLS_REASON_KEY_MISMATCH, "another's key");
    fields.key = responder_key;
    fields.without_certificate = 1;
    check_reason(
        tls_ocsp_response_build(&made, &fields), TLS_OK, "without the responder's certificate");
    check_reason(tls_ocsp_check(made, &single, NULL, good, issuer, &p),
        TLS_REASON_BAD_OCSP_RESPONSE, "nobody knows it");
    tls_ocsp_response_release(made);
    fields.next_update = fields.this_update - 1;
    check_reason(
        tls_ocsp_response_build(&made, &fields), TLS_REASON_BAD_FIELD, "ends before it begins");
}

int
main(int argc, char **argv)
{
    unsigned i;

    corpus_begin(argc, argv);
    issuer = corpus_certificate("int");
    responder = corpus_certificate("responder");
    good = corpus_certificate("good");
    issuer_key = corpus_key("int");
    responder_key = corpus_key("responder");
    test_requests();
    for (i = 0; i < KINDS; i++)
        test_response(i);
    test_without_an_end();
    test_refused();
    tls_certificate_release(issuer);
    tls_certificate_release(responder);
    tls_certificate_release(good);
    tls_private_key_release(issuer_key);
    tls_private_key_release(responder_key);
    return check_end();
}
