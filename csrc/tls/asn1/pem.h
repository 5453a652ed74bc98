/* pem.h - the textual encoding of RFC 7468, read laxly: text around and between blocks, CRLF, CR or
 * LF, white space inside the base64, any number of blocks, RFC 1421 headers. */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

typedef struct tls_pem {
    const char *next;
    const char *end;
} tls_pem;

typedef struct tls_pem_block {
    tls_bytes label; /* such as "CERTIFICATE"; points into the text */
    int encrypted;   /* it has "Proc-Type: 4,ENCRYPTED": the bytes are ciphertext */
    int valid;       /* the base64 and the END line are well formed; if not, `der` is empty */
} tls_pem_block;

void tls_pem_init(tls_pem *pem, tls_bytes text);
/* tls_pem_next finds the next block and puts its decoded bytes into `der`, which it empties first.
 * Returns 1 for a block (look at `valid`), 0 when there is none left. After a failed allocation it
 * returns 0 with `der->failed` set. */
int tls_pem_next(tls_pem *pem, tls_pem_block *block, tls_buffer *der);
/* tls_pem_looks_like returns 1 if the bytes contain "-----BEGIN ". */
int tls_pem_looks_like(tls_bytes bytes);
/* tls_pem_encode appends a block with 64 characters a line. */
void tls_pem_encode(tls_buffer *out, const char *label, tls_bytes der);
/* tls_base64_decode appends the decoded bytes; white space is skipped, padding must be right or
 * absent. Returns 0 on bad input. tls_base64_encode appends unbroken base64. */
int tls_base64_decode(tls_buffer *out, tls_bytes text);
void tls_base64_encode(tls_buffer *out, tls_bytes bytes);

TLS_PUBLIC_END

#endif
