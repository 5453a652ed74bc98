/* signing_request_test.c - specs of certificate requests. signing_request.sh runs it. */
#include "issue/certificate_dump.h"
#include "issue/signing_request.h"

#include "support/buffers.h"
#include "support/corpus.h"
#include "support/damage.h"

static int
parse_request(tls_bytes bytes)
{
    tls_certificate_request *request;
    tls_buffer text = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_certificate_request_from_der(&request, bytes);

    if (reason == TLS_OK) {
        tls_certificate_request_verify(request);
        tls_certificate_request_dump(&text, request);
        tls_buffer_release(&text);
    }
    tls_certificate_request_release(request);
    return reason == TLS_OK;
}

static void
test_requests(unsigned rounds)
{
    static const struct {
        const char *file;
        enum tls_reason verdict;
    } files[] = {{"full.csr", TLS_OK}, {"plain.csr", TLS_OK}, {"nobody.csr", TLS_OK},
        {"sha1.csr", TLS_REASON_WEAK_SIGNATURE}};
    tls_certificate_request *request;
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    tls_bytes bytes;
    size_t i;

    for (i = 0; i < 4; i++) {
        bytes = corpus_read(files[i].file);
        check_reason(tls_certificate_request_load(&request, bytes), TLS_OK, "%s", files[i].file);
        check_reason(
            tls_certificate_request_verify(request), files[i].verdict, "%s", files[i].file);
        if (i == 0) {
            tls_buffer_append(&der, request->der.data, request->der.length);
            tls_certificate_request_dump(&text, request);
            check(buffer_contains(&text, "DNS:a.example.com, IP Address:192.0.2.1") &&
                      buffer_contains(&text, "Subject: CN=Requester,OU=Unit+O=Org,C=DE"),
                "dump of a request");
        }
        tls_certificate_request_release(request);
        corpus_free(bytes);
    }
    check_damage("request", tls_buffer_view(&der), parse_request, rounds);
    der.data[der.length - 1] ^= 1;
    require(tls_certificate_request_from_der(&request, tls_buffer_view(&der)) == TLS_OK, "request");
    check(tls_certificate_request_verify(request) == TLS_REASON_BAD_REQUEST, "wrong signature");
    tls_certificate_request_release(request);
    bytes = corpus_read("root.pem");
    check_reason(
        tls_certificate_request_load(&request, bytes), TLS_REASON_BAD_PEM, "a certificate is none");
    corpus_free(bytes);
    tls_buffer_release(&der);
    tls_buffer_release(&text);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_requests(corpus_rounds(300));
    return check_end();
}
