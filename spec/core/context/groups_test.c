/* groups_test.c - what the groups of a context rule out: suites of elliptic curves need a curve. */
#include "context/internal.h"
#include "crypto/key_exchange.h"
#include "support/check.h"

static const uint16_t ffdhe[] = {TLS_GROUP_FFDHE2048, TLS_GROUP_FFDHE3072};
/* ECDHE, RSA, static ECDH, TLS 1.3 */
static const uint16_t suites[] = {0xC02F, 0x009C, 0xC02D, 0x1301};

static tls_context *
make(size_t suite_count, size_t group_count, unsigned version_max)
{
    tls_context_options options = {0};
    tls_context *context = NULL;
    enum tls_reason reason;

    options.suites = suites;
    options.suite_count = suite_count;
    options.groups = group_count > 0 ? ffdhe : NULL;
    options.group_count = group_count;
    options.version_max = version_max;
    reason = tls_context_new(&context, &options);
    check(context != NULL || reason == TLS_REASON_ILLEGAL_PARAMETER, "a context, or that reason");
    return context;
}

static void
test_suites_that_stay(void)
{
    tls_context *context = make(4, 2, 0);

    check(context != NULL, "groups without a curve");
    check_number(context->suite_count, 2, "what needs a curve is gone");
    check(context->suites[0] == 0x009C && context->suites[1] == 0x1301, "in order");
    tls_context_release(context);
    context = make(4, 0, 0);
    check_number(context->suite_count, 4, "the default groups have curves");
    tls_context_release(context);
}

static void
test_versions_that_stay(void)
{
    tls_context *context = make(4, 1, TLS_VERSION_12);

    check(context != NULL && context->version_max == TLS_VERSION_12, "RSA needs no group");
    tls_context_release(context);
    context = make(1, 1, TLS_VERSION_12);
    check(context == NULL, "nothing is left");
    tls_context_release(context);
}

static void
test_curves(void)
{
    check(tls_group_is_curve(TLS_GROUP_SECP256R1) && tls_group_is_curve(TLS_GROUP_SECP384R1) &&
              tls_group_is_curve(TLS_GROUP_SECP521R1) && tls_group_is_curve(TLS_GROUP_X25519),
        "curves");
    check(!tls_group_is_curve(TLS_GROUP_FFDHE2048) && !tls_group_is_curve(TLS_GROUP_FFDHE3072) &&
              !tls_group_is_curve(TLS_GROUP_X25519MLKEM768) && !tls_group_is_curve(0),
        "no curves");
}

int
main(void)
{
    test_suites_that_stay();
    test_versions_that_stay();
    test_curves();
    return check_end();
}
