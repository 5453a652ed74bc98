/* pem_test.c - specs of PEM and base64. */
#include <string.h>

#include "asn1/pem.h"

#include "support/check.h"

static void
test_pem(void)
{
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    tls_pem pem;
    tls_pem_block block;
    unsigned char data[100];
    size_t length, i;
    int all = 1;

    tls_pem_init(
        &pem, tls_bytes_of_string(
                  "junk\r\n# comment - dash\r\n-----BEGIN A-----\r\nAAEC\r\nAw==\r\n"
                  "-----END A-----\r\nmore\n-----BEGIN B C-----\nx\n-----END B C-----"
                  "-----BEGIN CUT-----\nAAAA\n-----BEGIN D-----\n//79\n-----END D-----\n"));
    check(tls_pem_next(&pem, &block, &der) && block.valid &&
              tls_bytes_equal_string(block.label, "A") && der.length == 4 &&
              memcmp(der.data, "\0\1\2\3", 4) == 0,
        "CRLF, junk before");
    check(tls_pem_next(&pem, &block, &der) && !block.valid &&
              tls_bytes_equal_string(block.label, "B C"),
        "bad base64 is reported");
    check(tls_pem_next(&pem, &block, &der) && !block.valid &&
              tls_bytes_equal_string(block.label, "CUT"),
        "block without an end is reported");
    check(tls_pem_next(&pem, &block, &der) && block.valid &&
              tls_bytes_equal_string(block.label, "D") && der.length == 3 &&
              memcmp(der.data, "\xFF\xFE\xFD", 3) == 0,
        "and the next one is found");
    check(!tls_pem_next(&pem, &block, &der), "end");
    tls_pem_init(&pem,
        tls_bytes_of_string("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nAAEC\n"
                            "-----END K-----\n"));
    check(tls_pem_next(&pem, &block, &der) && block.valid && block.encrypted && der.length == 3,
        "headers, encrypted");
    for (length = 1; length <= sizeof data; length++) {
        for (i = 0; i < length; i++)
            data[i] = (unsigned char)(i * 37 + length);
        tls_buffer_clear(&text);
        tls_pem_encode(&text, "X Y", tls_bytes_make(data, length));
        tls_pem_init(&pem, tls_buffer_view(&text));
        all = all && tls_pem_next(&pem, &block, &der) && block.valid && der.length == length &&
              memcmp(der.data, data, length) == 0;
    }
    check(all, "encode and decode, 1..100 bytes");
    check(!tls_base64_decode(&der, tls_bytes_of_string("A")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB=")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB==C")) &&
              tls_base64_decode(&der, tls_bytes_of_string("AAE")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB==")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("A*BC")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("====")),
        "bad base64");
    tls_buffer_release(&der);
    tls_buffer_release(&text);
}

int
main(void)
{
    test_pem();
    return check_end();
}
