/* issue_allocation_test.c - each allocation fails once while something is issued and read again.
 * issue_allocation.sh runs it. */
#include <stdio.h>
#include <string.h>

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "issue/distinguished_name_build.h"
#include "issue/signing_request.h"
#include "key/key_encrypted.h"

#include "support/allocations.h"
#include "support/check.h"
#include "support/corpus.h"

static enum tls_reason
issue_everything(tls_private_key *key, const tls_certificate *root, tls_bytes csr,
    tls_bytes crl_bytes, tls_bytes ocsp)
{
    tls_certificate_request *request = NULL;
    tls_certificate *made = NULL;
    tls_crl_list *crls = NULL;
    tls_ocsp_response *response = NULL;
    tls_private_key *back = NULL;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_issue_fields fields;
    enum tls_reason reason;

    memset(&fields, 0, sizeof fields);
    reason = tls_certificate_request_load(&request, csr);
    if (reason == TLS_OK) {
        fields.issuer = root;
        fields.key = key;
        fields.request = request;
        fields.accept = TLS_HAS_SUBJECT_ALTERNATIVE_NAME;
        fields.not_after = 1;
        reason = tls_certificate_issue(&made, &fields);
    }
    if (reason == TLS_OK)
        reason = tls_private_key_encode_encrypted_pem(&out, key, tls_bytes_make("x", 1), 1000);
    if (reason == TLS_OK)
        reason =
            tls_private_key_decode_encrypted(&back, tls_buffer_view(&out), tls_bytes_make("x", 1));
    if (reason == TLS_OK) {
        tls_buffer_clear(&out);
        reason = tls_name_from_text(&out, tls_bytes_make("CN=a\\, b+O=c,C=DE", 17));
    }
    if (reason == TLS_OK)
        reason = tls_crls_load(&crls, crl_bytes);
    if (reason == TLS_OK)
        reason = tls_ocsp_response_from_der(&response, ocsp);
    if (reason == TLS_OK) {
        tls_buffer_clear(&out);
        tls_certificate_dump(&out, made);
        tls_certificate_request_dump(&out, request);
        reason = out.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
    }
    tls_certificate_request_release(request);
    tls_certificate_release(made);
    tls_crl_list_release(crls);
    tls_ocsp_response_release(response);
    tls_private_key_release(back);
    tls_buffer_release(&out);
    return reason;
}

static void
test_allocation_failures(void)
{
    tls_private_key *key = corpus_key("root");
    tls_certificate *root = corpus_certificate("root");
    tls_bytes csr = corpus_read("full.csr"), crl = corpus_read("int.crl"),
              ocsp = corpus_read("delegated.ocsp");
    enum tls_reason reason = TLS_OK;
    long n;
    int all = 1;

    for (n = 0;; n++) {
        allocations_fail_at(n);
        reason = issue_everything(key, root, csr, crl, ocsp);
        if (!allocations_end())
            break;
        all = all && reason == TLS_REASON_OUT_OF_MEMORY;
    }
    check(all && reason == TLS_OK && n > 40, "each failed allocation is reported");
    printf("# %ld allocations failed one by one\n", n);
    tls_private_key_release(key);
    tls_certificate_release(root);
    corpus_free(csr);
    corpus_free(crl);
    corpus_free(ocsp);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_allocation_failures();
    return check_end();
}
