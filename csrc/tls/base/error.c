/* error.c - see error.h. */
#include "base/error.h"

#include <string.h>

static const struct {
    int alert;
    const char *code;
    const char *sentence;
} reasons[TLS_REASON_COUNT] = {
    {TLS_ALERT_NONE, "ok", "no error"},
#define TLS_REASON(name, alert, code, sentence) {alert, code, sentence},
#include "base/error_table.h"
#undef TLS_REASON
};

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
