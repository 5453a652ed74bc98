/* lists.h - what a context has, and a connection may have of its own instead: protocols and pins.
 */
#ifndef TLS_LISTS_H
#define TLS_LISTS_H

#include "base/bytes.h"
#include "base/error.h"
#include "x509/verify.h"

typedef struct tls_lists {
    char **alpn; /* NUL-terminated copies: BearSSL takes them so, and no name may hold a NUL */
    size_t alpn_count;
    unsigned char (*pins)[TLS_PIN_LENGTH];
    size_t pin_count;
} tls_lists;

/* tls_lists_copy fills `out`, which is zeroed. ILLEGAL_PARAMETER for a protocol's name that is not
 * 1 to 255 bytes or holds a NUL; OUT_OF_MEMORY. In each case tls_lists_clear frees what there is.
 */
enum tls_reason tls_lists_copy(tls_lists *out, const tls_bytes *alpn, size_t alpn_count,
    const unsigned char (*pins)[TLS_PIN_LENGTH], size_t pin_count);
void tls_lists_clear(tls_lists *lists);
/* tls_lists_either is a view: of each list one's own, or the other where one has none. */
tls_lists tls_lists_either(const tls_lists *own, const tls_lists *other);
/* tls_lists_has_protocol: whether the name is among them. */
int tls_lists_has_protocol(const tls_lists *lists, tls_bytes name);

#endif
