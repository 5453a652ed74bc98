/* error.h - every reason for which something can fail, in one table (error_table.h): its kind,
 * the alert it sends, the short stable code that callers compare, and a sentence that says what to
 * do.
 *
 * Handlers and engines return reasons; only the connection turns a reason into an alert. */
#ifndef TLS_ERROR_H
#define TLS_ERROR_H

#include "base/linkage.h"

TLS_PUBLIC_BEGIN

enum tls_reason {
    TLS_OK = 0,
#define TLS_REASON(name, kind, alert, code, sentence) TLS_REASON_##name,
#include "base/error_table.h"
#undef TLS_REASON
    TLS_REASON_COUNT
};

/* What a reason calls for. */
enum tls_reason_kind {
    TLS_KIND_NONE,        /* TLS_OK */
    TLS_KIND_AGAIN,       /* nothing has failed: the same call, later */
    TLS_KIND_END,         /* the conversation has ended, or what carries it */
    TLS_KIND_CERTIFICATE, /* a verdict on certificates, or on what tells of their revocation */
    TLS_KIND_PROTOCOL,    /* the two sides do not get along, or one broke a rule */
    TLS_KIND_INPUT,       /* a file, string or object that was given */
    TLS_KIND_HANDLER,     /* a handler refused or failed */
    TLS_KIND_LOCAL        /* this machine: memory, randomness, a defect */
};

/* Alert descriptions, RFC 8446 section 6 and RFC 5246 section 7.2. */
enum tls_alert {
    TLS_ALERT_CLOSE_NOTIFY = 0,
    TLS_ALERT_UNEXPECTED_MESSAGE = 10,
    TLS_ALERT_BAD_RECORD_MAC = 20,
    TLS_ALERT_DECRYPTION_FAILED = 21,
    TLS_ALERT_RECORD_OVERFLOW = 22,
    TLS_ALERT_DECOMPRESSION_FAILURE = 30,
    TLS_ALERT_HANDSHAKE_FAILURE = 40,
    TLS_ALERT_NO_CERTIFICATE = 41,
    TLS_ALERT_BAD_CERTIFICATE = 42,
    TLS_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    TLS_ALERT_CERTIFICATE_REVOKED = 44,
    TLS_ALERT_CERTIFICATE_EXPIRED = 45,
    TLS_ALERT_CERTIFICATE_UNKNOWN = 46,
    TLS_ALERT_ILLEGAL_PARAMETER = 47,
    TLS_ALERT_UNKNOWN_CA = 48,
    TLS_ALERT_ACCESS_DENIED = 49,
    TLS_ALERT_DECODE_ERROR = 50,
    TLS_ALERT_DECRYPT_ERROR = 51,
    TLS_ALERT_EXPORT_RESTRICTION = 60,
    TLS_ALERT_PROTOCOL_VERSION = 70,
    TLS_ALERT_INSUFFICIENT_SECURITY = 71,
    TLS_ALERT_INTERNAL_ERROR = 80,
    TLS_ALERT_INAPPROPRIATE_FALLBACK = 86,
    TLS_ALERT_USER_CANCELED = 90,
    TLS_ALERT_NO_RENEGOTIATION = 100,
    TLS_ALERT_MISSING_EXTENSION = 109,
    TLS_ALERT_UNSUPPORTED_EXTENSION = 110,
    TLS_ALERT_CERTIFICATE_UNOBTAINABLE = 111,
    TLS_ALERT_UNRECOGNIZED_NAME = 112,
    TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113,
    TLS_ALERT_BAD_CERTIFICATE_HASH_VALUE = 114,
    TLS_ALERT_UNKNOWN_PSK_IDENTITY = 115,
    TLS_ALERT_CERTIFICATE_REQUIRED = 116,
    TLS_ALERT_NO_APPLICATION_PROTOCOL = 120,
    TLS_ALERT_ECH_REQUIRED = 121,
    /* Not on the wire: the failure has nothing to tell the peer (bad local input, a broken
     * transport, an alert that the peer itself sent). */
    TLS_ALERT_NONE = 255
};

enum tls_reason_kind tls_reason_kind(enum tls_reason reason);
/* tls_reason_kind_name: "again", "end", "certificate" …, NULL for NONE. */
const char *tls_reason_kind_name(enum tls_reason_kind kind);
/* tls_reason_alert: the alert description to send, or TLS_ALERT_NONE. */
int tls_reason_alert(enum tls_reason reason);
/* tls_reason_code: the short stable string, e.g. "certificate_expired". */
const char *tls_reason_code(enum tls_reason reason);
/* tls_reason_sentence: what happened and what to do, without a full stop. */
const char *tls_reason_sentence(enum tls_reason reason);
/* tls_reason_from_code finds the reason that a handler named by its code; TLS_OK if unknown. */
enum tls_reason tls_reason_from_code(const char *code);

TLS_PUBLIC_END

#endif
