/* protocol.c - see protocol.h. */
#include "wire/protocol.h"

#include <stddef.h>

#include "wire/registry.h"

static const tls_protocol protocols[] = {
    {TLS_VERSION_13, 1, 0, TLS_ALERT_CERTIFICATE_REQUIRED},
    {TLS_VERSION_12, 0, 1, TLS_ALERT_HANDSHAKE_FAILURE},
    {TLS_VERSION_11, 0, 1, TLS_ALERT_HANDSHAKE_FAILURE},
    {TLS_VERSION_10, 0, 1, TLS_ALERT_HANDSHAKE_FAILURE},
    {0, 0, 0, TLS_ALERT_HANDSHAKE_FAILURE},
};

const tls_protocol *
tls_protocol_of(unsigned version)
{
    size_t i = 0;

    while (protocols[i].version != 0 && protocols[i].version != version)
        i++;
    return &protocols[i];
}
