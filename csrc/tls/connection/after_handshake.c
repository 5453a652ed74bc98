/* after_handshake.c - what TLS 1.3 does on an established connection: KeyUpdate, late
 * authentication, more tickets (RFC 8446 section 4.6). */
#include "connection/internal.h"

static enum tls_reason
check(const tls_connection *c, int has)
{
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->host.close_sent)
        return TLS_REASON_CLOSED;
    if (!c->established)
        return TLS_REASON_NOT_READY;
    return has ? TLS_OK : TLS_REASON_UNSUPPORTED_VERSION;
}

enum tls_reason
tls_connection_checked(tls_connection *c, enum tls_reason reason)
{
    if (reason == TLS_REASON_OUT_OF_MEMORY || reason == TLS_REASON_NO_RANDOM ||
        reason == TLS_REASON_INTERNAL)
        tls_connection_fail(c, reason, TLS_ALERT_NONE, NULL);
    return reason;
}

enum tls_reason
tls_connection_update_keys(tls_connection *c, int request)
{
    const tls_engine_class *class = c->settled_class;
    enum tls_reason reason = check(c, class != NULL && class->update_keys != NULL);

    return reason == TLS_OK ? tls_connection_checked(c, class->update_keys(&c->host, request))
                            : reason;
}

enum tls_reason
tls_connection_request_certificate(tls_connection *c)
{
    const tls_engine_class *class = c->settled_class;
    enum tls_reason reason = check(
        c, class != NULL && class->request_certificate != NULL && c->host.role == TLS_ROLE_SERVER);

    return reason == TLS_OK ? tls_connection_checked(c, class->request_certificate(&c->host))
                            : reason;
}

int
tls_connection_authenticating(const tls_connection *c)
{
    const tls_engine_class *class = c->settled_class;

    return c->failure == TLS_OK && class != NULL && class->requests_certificate != NULL &&
           (c->host.handshake != NULL || class->requests_certificate(&c->host));
}

enum tls_reason
tls_connection_send_ticket(tls_connection *c)
{
    const tls_engine_class *class = c->settled_class;
    enum tls_reason reason =
        check(c, class != NULL && class->send_ticket != NULL && c->host.role == TLS_ROLE_SERVER);

    return reason == TLS_OK ? tls_connection_checked(c, class->send_ticket(&c->host)) : reason;
}
