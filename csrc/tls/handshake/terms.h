/* terms.h - what a handshake may settle on. They begin as the context's; the connection's own
 * limits and `select` change them. */
#ifndef TLS_TERMS_H
#define TLS_TERMS_H

#include "context/internal.h"

typedef struct tls_terms {
    unsigned version_min, version_max;
    unsigned version_chosen; /* a server's, from what the client offers; 0 before */
    const uint16_t *suites;  /* the context's or own_suites */
    size_t suite_count;
    uint16_t *own_suites;
    tls_credential credential; /* what this side authenticates with; empty: nothing yet */
    int credential_fixed;      /* by a handler's answer */
    char *alpn_selected;       /* by `select`, or NULL */
    tls_buffer
        ocsp_response; /* to be stapled instead of the credential's; empty: the credential's */
} tls_terms;

void tls_terms_init(tls_terms *terms, const tls_context *context);
/* tls_terms_fit narrows the versions to those that some suite of the list belongs to.
 * NO_COMMON_VERSION when none is left. */
enum tls_reason tls_terms_fit(tls_terms *terms);
void tls_terms_clear(tls_terms *terms);
int tls_terms_allow_suite(const tls_terms *terms, unsigned suite);

#endif
