/* error.c - see error.h. */
#include "base/error.h"

#include <string.h>

static const struct {
    enum tls_reason_kind kind;
    int alert;
    const char *code;
    const char *sentence;
} reasons[TLS_REASON_COUNT] = {
    {TLS_KIND_NONE, TLS_ALERT_NONE, "ok", "no error"},
#define TLS_REASON(name, kind, alert, code, sentence) {TLS_KIND_##kind, alert, code, sentence},
#include "base/error_table.h"
#undef TLS_REASON
};

enum tls_reason_kind
tls_reason_kind(enum tls_reason reason)
{
    return reasons[reason].kind;
}

const char *
tls_reason_kind_name(enum tls_reason_kind kind)
{
    static const char *const names[] = {
        NULL, "again", "end", "certificate", "protocol", "input", "handler", "local"};

    return names[kind];
}

int
tls_reason_alert(enum tls_reason reason)
{
    return reasons[reason].alert;
}

const char *
tls_reason_code(enum tls_reason reason)
{
    return reasons[reason].code;
}

const char *
tls_reason_sentence(enum tls_reason reason)
{
    return reasons[reason].sentence;
}

enum tls_reason
tls_reason_from_code(const char *code)
{
    int i;

    for (i = 1; i < TLS_REASON_COUNT; i++)
        if (strcmp(reasons[i].code, code) == 0)
            return (enum tls_reason)i;
    return TLS_OK;
}
