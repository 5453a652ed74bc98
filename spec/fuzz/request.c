/* request.c - certification requests: parsed, verified, dumped, and certificates issued for them.
 */
#include <bearssl.h>

#include "fuzz.h"

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "key/key_generate.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    static tls_private_key *key;
    tls_certificate_request *request;
    tls_certificate *issued;
    tls_issue_fields fields;
    tls_buffer text = {NULL, 0, 0, 0};

    if (tls_certificate_request_from_der(&request, tls_bytes_make(data, length)) != TLS_OK)
        return 0;
    tls_certificate_request_dump(&text, request);
    tls_certificate_request_verify(request);
    /* What it asks for, with its signature out of the way. */
    if (key == NULL)
        fuzz_check(tls_private_key_generate_ec(&key, BR_EC_secp256r1) == TLS_OK);
    memset(&fields, 0, sizeof fields);
    fields.key = key;
    fields.subject = request->wanted.subject;
    fields.not_after = 1;
    if (tls_certificate_issue(&issued, &fields) == TLS_OK)
        tls_certificate_release(issued);
    fields.request = request;
    fields.accept = ~0u;
    if (tls_certificate_issue(&issued, &fields) == TLS_OK)
        tls_certificate_release(issued);
    tls_buffer_release(&text);
    tls_certificate_request_release(request);
    return 0;
}
