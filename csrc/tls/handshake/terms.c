/* terms.c - see terms.h. */
#include "handshake/terms.h"

#include <stdlib.h>
#include <string.h>

#include "wire/suite.h"

void
tls_terms_init(tls_terms *terms, const tls_context *context)
{
    memset(terms, 0, sizeof *terms);
    terms->version_min = context->version_min;
    terms->version_max = context->version_max;
    terms->suites = context->suites;
    terms->suite_count = context->suite_count;
}

void
tls_terms_clear(tls_terms *terms)
{
    tls_credential_clear(&terms->credential);
    free(terms->own_suites);
    free(terms->alpn_selected);
    tls_buffer_release(&terms->ocsp_response);
    memset(terms, 0, sizeof *terms);
}

int
tls_terms_allow_suite(const tls_terms *terms, unsigned suite)
{
    size_t i;

    for (i = 0; i < terms->suite_count; i++)
        if (terms->suites[i] == suite)
            return 1;
    return 0;
}

enum tls_reason
tls_terms_fit(tls_terms *terms)
{
    return tls_suites_narrow(
               terms->suites, terms->suite_count, &terms->version_min, &terms->version_max)
               ? TLS_OK
               : TLS_REASON_NO_COMMON_VERSION;
}
