/* ocsp.c - OCSP responses, judged with a certificate that comes with them. */
#include "fuzz.h"

#include "x509/ocsp.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_ocsp_response *response;
    tls_ocsp_single single;
    tls_revocation_policy policy;
    const tls_certificate *certificate;
    const char *why;
    tls_der der;

    if (tls_ocsp_response_from_der(&response, tls_bytes_make(data, length)) != TLS_OK)
        return 0;
    memset(&policy, 0, sizeof policy);
    tls_ocsp_response_status_name(response->status);
    if (response->status == TLS_OCSP_SUCCESSFUL) {
        tls_der_init(&der, response->responses);
        while (tls_ocsp_next(&der, &single)) {
            tls_ocsp_certificate_status_name(single.status);
            policy.time = single.this_update;
        }
        fuzz_check(tls_der_finish(&der));
    }
    if (response->certificates != NULL && response->certificates->count > 0) {
        certificate = response->certificates->items[0];
        if (tls_ocsp_check(response, &single, &why, certificate, certificate, &policy) != TLS_OK)
            fuzz_check(why != NULL);
    }
    tls_ocsp_response_release(response);
    return 0;
}
