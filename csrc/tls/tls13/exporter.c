/* exporter.c - keying material of TLS 1.3 (RFC 8446 section 7.5). */
#include "tls13/internal.h"

enum tls_reason
tls13_export(const tls_host *host, int early, unsigned char *out, size_t length, const char *label,
    const tls_bytes *context)
{
    const tls_traffic *traffic = host->traffic;

    if (traffic == NULL || (early && !traffic->has_early_exporter))
        return TLS_REASON_NOT_READY;
    /* No context and an empty one are the same. */
    return tls_exporter(traffic->hash, out, length,
               early ? traffic->early_exporter : traffic->exporter, label,
               context != NULL ? *context : tls_bytes_make(NULL, 0))
               ? TLS_OK
               : TLS_REASON_ILLEGAL_PARAMETER;
}

/* RFC 8446 appendix C.5: TLS 1.3 has no tls-unique. */
enum tls_reason
tls13_unique(const tls_host *host, tls_bytes *binding)
{
    (void)host;
    (void)binding;
    return TLS_REASON_UNSAFE_BINDING;
}
