/* bounds_test.c - every number that an option takes: both ends of its bounds, and what lies beyond
 * them (base/bounds.h). */
#include "context/bounds.h"

#include <time.h>

#include "context/internal.h"
#include "session/ticket.h"
#include "support/check.h"
#include "x509/verify.h"

/* ---- Contexts ---- */

static enum tls_reason
make_context(const tls_context_options *options)
{
    tls_context *context = NULL;
    enum tls_reason reason = tls_context_new(&context, options);

    check((context != NULL) == (reason == TLS_OK), "a context, or a reason");
    tls_context_release(context);
    return reason;
}

#define TRY(option, minimum, maximum, otherwise)                                                   \
    static enum tls_reason try_##option(uint64_t value)                                            \
    {                                                                                              \
        tls_context_options options = {0};                                                         \
                                                                                                   \
        options.role = TLS_ROLE_SERVER;                                                            \
        options.version_min = TLS_VERSION_10;                                                      \
        options.version_max = TLS_VERSION_13;                                                      \
        options.suites = every_suite;                                                              \
        options.suite_count = 2;                                                                   \
        options.option = value;                                                                    \
        return make_context(&options);                                                             \
    }

static const uint16_t every_suite[] = {0xC013, 0x1301}; /* of TLS 1.0 to 1.2; of 1.3 */

TLS_CONTEXT_BOUNDS(TRY)

#define TRY_ROW(option, minimum, maximum, otherwise) try_##option,

static void
test_context_bounds(void)
{
    static enum tls_reason (*const tries[])(uint64_t) = {TLS_CONTEXT_BOUNDS(TRY_ROW)};
    size_t i;

    for (i = 0; tls_context_bounds[i].option != NULL; i++) {
        const tls_bounds *row = &tls_context_bounds[i];

        check(tries[i](row->minimum) == TLS_OK, "%s: the minimum is taken", row->option);
        check(tries[i](row->maximum) == TLS_OK, "%s: the maximum is taken", row->option);
        check(tries[i](0) == TLS_OK, "%s: 0 is the default", row->option);
        check(tries[i](row->maximum + 1) == TLS_REASON_ILLEGAL_PARAMETER, "%s: more is refused",
            row->option);
        if (row->minimum > 1)
            check(tries[i](row->minimum - 1) == TLS_REASON_ILLEGAL_PARAMETER, "%s: less is refused",
                row->option);
        check(row->otherwise == 0 ||
                  (row->otherwise >= row->minimum && row->otherwise <= row->maximum),
            "%s: the default is within", row->option);
    }
    check(i == sizeof tries / sizeof *tries, "context: every option is in the table");
    check(try_max_fragment_length(513) == TLS_REASON_ILLEGAL_PARAMETER,
        "max_fragment_length: a choice of four");
    check(try_clock_skew((uint64_t)-1) == TLS_REASON_ILLEGAL_PARAMETER, "clock_skew: not below 0");
}

static void
test_context_defaults(void)
{
    tls_context_options options = {0};
    tls_context *context = NULL;

    require(tls_context_new(&context, &options) == TLS_OK, "context: no option is needed");
    check(context->version_min == TLS_VERSION_12 && context->version_max == TLS_VERSION_13,
        "versions: 1.2 and 1.3");
    check(context->verify_depth == 8 && context->session_lifetime == 7200 &&
              context->record_size == 16384 && context->key_share_count == 0 &&
              context->early_data_window == 10,
        "defaults: what tls.h says");
    tls_context_release(context);
}

/* ---- Verification and ticket keys ---- */

static enum tls_reason
verify(unsigned verify_depth, unsigned min_rsa_bits, int64_t clock_skew)
{
    tls_verify_request request = {0};
    tls_verdict verdict;
    enum tls_reason reason;

    request.verify_depth = verify_depth;
    request.min_rsa_bits = min_rsa_bits;
    request.clock_skew = clock_skew;
    reason = tls_verify(&verdict, &request);
    check(verdict.reason == reason, "verify: the verdict says the same");
    return reason;
}

static void
test_verify_bounds(void)
{
    const enum tls_reason refused = TLS_REASON_ILLEGAL_PARAMETER;

    /* There is no chain, which is found out next. */
    check(verify(0, 0, 0) == TLS_REASON_CERTIFICATE_REQUIRED, "all: 0 is the default");
    check(verify(TLS_PATH_MAXIMUM, 4096, TLS_SECONDS_MAXIMUM) == TLS_REASON_CERTIFICATE_REQUIRED,
        "all: the maximum is taken");
    check(verify(TLS_PATH_MAXIMUM + 1, 0, 0) == refused, "verify_depth: more is refused");
    check(verify(0, 1023, 0) == refused, "min_rsa_bits: less is refused");
    check(verify(0, TLS_RSA_MAXIMUM_BITS + 1, 0) == refused, "min_rsa_bits: more is refused");
    check(verify(0, 0, -1) == refused, "clock_skew: less is refused");
    check(verify(0, 0, INT64_MAX) == refused, "clock_skew: more is refused");
}

static enum tls_reason
make_keys(unsigned rotation, unsigned overlap)
{
    tls_ticket_keys *keys = NULL;
    enum tls_reason reason = tls_ticket_keys_new(&keys, rotation, overlap, 0);

    check((keys != NULL) == (reason == TLS_OK), "ticket_keys: keys, or a reason");
    tls_ticket_keys_release(keys);
    return reason;
}

static void
test_ticket_keys_bounds(void)
{
    const unsigned year = 31536000;

    check(make_keys(0, 0) == TLS_OK, "all: 0 is the default");
    check(make_keys(1, year) == TLS_OK && make_keys(year, 1) == TLS_OK, "all: both ends");
    check(make_keys(year + 1, 0) == TLS_REASON_ILLEGAL_PARAMETER, "rotation: more is refused");
    check(make_keys(0, year + 1) == TLS_REASON_ILLEGAL_PARAMETER, "overlap: more is refused");
}

static void
test_table(void)
{
    const tls_bounds *row = tls_bounds_find(tls_context_bounds, "key_share_count");

    check(row != NULL && row->minimum == 1 && row->maximum == 4 && row->otherwise == 0,
        "key_share_count: found by its name");
    check(tls_bounds_find(tls_context_bounds, "key_shares") == NULL, "key_shares: not found");
}

int
main(void)
{
    test_context_bounds();
    test_context_defaults();
    test_verify_bounds();
    test_ticket_keys_bounds();
    test_table();
    return check_end();
}
