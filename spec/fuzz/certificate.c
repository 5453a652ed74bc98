/* certificate.c - certificates: parsed, dumped, matched, verified against themselves; what is
 * parsed can be issued again with the same extensions. */
#include "fuzz.h"

#include "x509/certificate.h"
#include "issue/certificate_dump.h"
#include "x509/hostname.h"
#include "x509/signed_certificate_timestamp.h"
#include "x509/verify.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_certificate *certificate;
    const tls_certificate *chain[2];
    tls_buffer text = {NULL, 0, 0, 0};
    tls_trust_store *store;
    tls_verify_request request;
    tls_verdict verdict;
    tls_sct_reader reader;
    tls_sct sct;
    size_t i;

    tls_sct_begin(&reader, tls_bytes_make(data, length));
    while (tls_sct_next(&reader, &sct))
        ;
    if (tls_certificate_from_der(&certificate, tls_bytes_make(data, length)) != TLS_OK)
        return 0;
    tls_certificate_dump(&text, certificate);
    fuzz_check(!text.failed && text.length > 0);
    for (i = 0; i < text.length; i++)
        fuzz_check(text.data[i] == '\n' || (text.data[i] >= 0x20 && text.data[i] != 0x7F));
    tls_hostname_verify(certificate, tls_bytes_of_string("www.example.com"));
    for (i = 0; i < 3; i++) {
        tls_certificate_ocsp_uri(certificate, i);
        tls_certificate_issuer_uri(certificate, i);
        tls_certificate_crl_uri(certificate, i);
    }
    chain[0] = chain[1] = certificate;
    memset(&request, 0, sizeof request);
    request.chain = chain;
    request.count = 2;
    request.server_name = "www.example.com";
    request.time = certificate->not_after;
    if (tls_trust_store_new(&store) == TLS_OK) {
        request.trust = store;
        tls_verify(&verdict, &request);
        fuzz_check(verdict.reason != TLS_OK);
        tls_trust_store_add(store, certificate);
        tls_verify(&verdict, &request);
        tls_trust_store_release(store);
    }
    tls_buffer_release(&text);
    tls_certificate_release(certificate);
    return 0;
}
