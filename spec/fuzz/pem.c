/* pem.c - text: PEM of every kind, trust stores, distinguished names. */
#include "fuzz.h"

#include "issue/signing_request.h"
#include "x509/crl.h"
#include "issue/distinguished_name_build.h"
#include "issue/general_name_build.h"
#include "key/key.h"
#include "asn1/pem.h"
#include "x509/trust.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes bytes = tls_bytes_make(data, length);
    tls_certificate_list *list;
    tls_certificate_request *request;
    tls_crl_list *crls;
    tls_private_key *key;
    tls_trust_store *store;
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    int kind;

    tls_pem_init(&pem, bytes);
    while (tls_pem_next(&pem, &block, &der)) {
        if (!block.valid)
            continue;
        tls_buffer_clear(&text);
        tls_base64_encode(&text, tls_buffer_view(&der));
        fuzz_check(text.length == (der.length + 2) / 3 * 4);
    }
    if (tls_certificates_load(&list, bytes) == TLS_OK)
        tls_certificate_list_release(list);
    if (tls_certificate_request_load(&request, bytes) == TLS_OK)
        tls_certificate_request_release(request);
    if (tls_crls_load(&crls, bytes) == TLS_OK)
        tls_crl_list_release(crls);
    if (tls_private_key_decode(&key, bytes) == TLS_OK)
        tls_private_key_release(key);
    if (tls_trust_store_new(&store) == TLS_OK) {
        tls_trust_store_load(store, NULL, bytes);
        tls_trust_store_release(store);
    }
    tls_buffer_clear(&der);
    if (tls_name_from_text(&der, bytes) == TLS_OK) {
        fuzz_check(tls_name_check(tls_buffer_view(&der)));
        tls_buffer_clear(&text);
        tls_name_text(&text, tls_buffer_view(&der));
    }
    for (kind = TLS_NAME_OTHER; kind <= TLS_NAME_REGISTERED_ID; kind++) {
        tls_buffer_clear(&der);
        tls_general_name_from_text(
            &der, (enum tls_general_name_kind)kind, bytes, (int)(length & 1));
    }
    tls_buffer_release(&der);
    tls_buffer_release(&text);
    return 0;
}
