/* pem.h - the textual encoding of RFC 7468, read laxly: text around and between blocks, CRLF, CR or
 * LF, white space inside the base64, any number of blocks, RFC 1421 headers. */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include "asn1/base64.h"

TLS_PUBLIC_BEGIN

typedef struct tls_pem {
    const char *next;
    const char *end;
} tls_pem;

enum tls_pem_fault {
    TLS_PEM_OK = 0,
    TLS_PEM_NO_END,    /* the text, or another block, comes before the END line */
    TLS_PEM_OTHER_END, /* the END line has another label */
    TLS_PEM_BASE64     /* what stands between is empty or no base64 */
};

/* The views point into the text. */
typedef struct tls_pem_block {
    tls_bytes label;      /* such as "CERTIFICATE"; at most 64 characters */
    tls_bytes body;       /* the base64, without the headers before it */
    tls_bytes encryption; /* what the header DEK-Info says, such as "AES-256-CBC,00112233…" */
    int encrypted;        /* it has "Proc-Type: 4,ENCRYPTED": the bytes are ciphertext */
    int valid;            /* the base64 and the END line are well formed; if not, `der` is empty */
    enum tls_pem_fault fault; /* why not */
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

TLS_PUBLIC_END

#endif
