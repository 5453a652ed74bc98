/* lists.c - see lists.h. */
#include "context/lists.h"

#include <stdlib.h>
#include <string.h>

static enum tls_reason
copy_protocols(tls_lists *out, const tls_bytes *alpn, size_t count)
{
    size_t i;

    out->alpn = calloc(count, sizeof *out->alpn);
    if (out->alpn == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < count; i++) {
        tls_bytes name = alpn[i];

        /* RFC 7301 section 3.1: ProtocolName<1..2^8-1>. */
        if (name.length == 0 || name.length > 255 || memchr(name.data, 0, name.length) != NULL)
            return TLS_REASON_ILLEGAL_PARAMETER;
        out->alpn[i] = tls_bytes_to_string(name);
        if (out->alpn[i] == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        out->alpn_count++;
    }
    return TLS_OK;
}

enum tls_reason
tls_lists_copy(tls_lists *out, const tls_bytes *alpn, size_t alpn_count,
    const unsigned char (*pins)[TLS_PIN_LENGTH], size_t pin_count)
{
    if (pin_count > 0) {
        out->pins = calloc(pin_count, sizeof *out->pins);
        if (out->pins == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        memcpy(out->pins, pins, pin_count * sizeof *out->pins);
        out->pin_count = pin_count;
    }
    return alpn_count > 0 ? copy_protocols(out, alpn, alpn_count) : TLS_OK;
}

void
tls_lists_clear(tls_lists *lists)
{
    size_t i;

    for (i = 0; i < lists->alpn_count; i++)
        free(lists->alpn[i]);
    free(lists->alpn);
    free(lists->pins);
    memset(lists, 0, sizeof *lists);
}

tls_lists
tls_lists_either(const tls_lists *own, const tls_lists *other)
{
    tls_lists lists = *other;

    if (own->alpn_count > 0) {
        lists.alpn = own->alpn;
        lists.alpn_count = own->alpn_count;
    }
    if (own->pin_count > 0) {
        lists.pins = own->pins;
        lists.pin_count = own->pin_count;
    }
    return lists;
}

int
tls_lists_has_protocol(const tls_lists *lists, tls_bytes name)
{
    size_t i;

    for (i = 0; i < lists->alpn_count; i++)
        if (tls_bytes_equal_string(name, lists->alpn[i]))
            return 1;
    return 0;
}
