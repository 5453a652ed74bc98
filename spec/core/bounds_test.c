/* bounds_test.c - every number that an option takes: both ends of its bounds, and what lies beyond
 * them (base/bounds.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context/bounds.h"
#include "context/context.h"
#include "session/ticket.h"
#include "x509/verify.h"

static unsigned checks;

static void
check(int condition, const char *what, const char *option)
{
    checks++;
    if (condition)
        return;
    fprintf(stderr, "bounds: %s: %s\n", option, what);
    exit(1);
}

/* ---- Contexts ---- */

static enum tls_reason
make_context(const tls_context_options *options)
{
    tls_context *context = NULL;
    enum tls_reason reason = tls_context_new(&context, options);

    check((context != NULL) == (reason == TLS_OK), "a context, or a reason", "context");
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

        check(tries[i](row->minimum) == TLS_OK, "the minimum is taken", row->option);
        check(tries[i](row->maximum) == TLS_OK, "the maximum is taken", row->option);
        check(tries[i](0) == TLS_OK, "0 is the default", row->option);
        check(tries[i](row->maximum + 1) == TLS_REASON_ILLEGAL_PARAMETER, "more is refused",
            row->option);
        if (row->minimum > 1)
            check(tries[i](row->minimum - 1) == TLS_REASON_ILLEGAL_PARAMETER, "less is refused",
                row->option);
        check(row->otherwise == 0 ||
                  (row->otherwise >= row->minimum && row->otherwise <= row->maximum),
            "the default is within", row->option);
    }
    check(i == sizeof tries / sizeof *tries, "every option is in the table", "context");
    check(try_max_fragment_length(513) == TLS_REASON_ILLEGAL_PARAMETER, "a choice of four",
        "max_fragment_length");
    check(
        try_clock_skew((uint64_t)-1) == TLS_REASON_ILLEGAL_PARAMETER, "not below 0", "clock_skew");
}

static void
test_context_defaults(void)
{
    tls_context_options options = {0};
    tls_context *context = NULL;

    check(tls_context_new(&context, &options) == TLS_OK, "no option is needed", "context");
    check(context->version_min == TLS_VERSION_12 && context->version_max == TLS_VERSION_13,
        "1.2 and 1.3", "versions");
    check(context->verify_depth == 8 && context->session_lifetime == 7200 &&
              context->record_size == 16384 && context->key_share_count == 1 &&
              context->early_data_window == 10,
        "what tls.h says", "defaults");
    tls_context_release(context);
}

/* ---- Verification and ticket keys ---- */

static enum tls_reason
verify(unsigned depth, unsigned minimum_rsa_bits, int64_t clock_skew)
{
    tls_verify_request request = {0};
    tls_verdict verdict;
    enum tls_reason reason;

    request.depth = depth;
    request.minimum_rsa_bits = minimum_rsa_bits;
    request.clock_skew = clock_skew;
    reason = tls_verify(&verdict, &request);
    check(verdict.reason == reason, "the verdict says the same", "verify");
    return reason;
}

static void
test_verify_bounds(void)
{
    const enum tls_reason refused = TLS_REASON_ILLEGAL_PARAMETER;

    /* There is no chain, which is found out next. */
    check(verify(0, 0, 0) == TLS_REASON_CERTIFICATE_REQUIRED, "0 is the default", "all");
    check(verify(TLS_PATH_MAXIMUM, 4096, TLS_SECONDS_MAXIMUM) == TLS_REASON_CERTIFICATE_REQUIRED,
        "the maximum is taken", "all");
    check(verify(TLS_PATH_MAXIMUM + 1, 0, 0) == refused, "more is refused", "depth");
    check(verify(0, 1023, 0) == refused, "less is refused", "minimum_rsa_bits");
    check(verify(0, TLS_RSA_MAXIMUM_BITS + 1, 0) == refused, "more is refused", "minimum_rsa_bits");
    check(verify(0, 0, -1) == refused, "less is refused", "clock_skew");
    check(verify(0, 0, INT64_MAX) == refused, "more is refused", "clock_skew");
}

static enum tls_reason
make_keys(unsigned rotation, unsigned overlap)
{
    tls_ticket_keys *keys = NULL;
    enum tls_reason reason = tls_ticket_keys_new(&keys, rotation, overlap, 0);

    check((keys != NULL) == (reason == TLS_OK), "keys, or a reason", "ticket_keys");
    tls_ticket_keys_release(keys);
    return reason;
}

static void
test_ticket_keys_bounds(void)
{
    const unsigned year = 31536000;

    check(make_keys(0, 0) == TLS_OK, "0 is the default", "all");
    check(make_keys(1, year) == TLS_OK && make_keys(year, 1) == TLS_OK, "both ends", "all");
    check(make_keys(year + 1, 0) == TLS_REASON_ILLEGAL_PARAMETER, "more is refused", "rotation");
    check(make_keys(0, year + 1) == TLS_REASON_ILLEGAL_PARAMETER, "more is refused", "overlap");
}

static void
test_table(void)
{
    const tls_bounds *row = tls_bounds_find(tls_context_bounds, "key_share_count");

    check(row != NULL && row->minimum == 1 && row->maximum == 4 && row->otherwise == 1,
        "found by its name", "key_share_count");
    check(tls_bounds_find(tls_context_bounds, "key_shares") == NULL, "not found", "key_shares");
}

int
main(void)
{
    test_context_bounds();
    test_context_defaults();
    test_verify_bounds();
    test_ticket_keys_bounds();
    test_table();
    printf("bounds_test: %u checks passed\n", checks);
    return 0;
}
