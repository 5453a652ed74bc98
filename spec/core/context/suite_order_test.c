/* suite_order_test.c - a client that names no suites prefers AES-GCM where instructions for it are
 * used, by a kernel or by BearSSL, and ChaCha20-Poly1305 elsewhere. */
#include <bearssl.h>
#include <string.h>

#include "context/internal.h"
#include "kernel/choice.h"
#include "support/check.h"
#include "support/kernels.h"
#include "wire/suite.h"

static void
test_choice(const char *words)
{
    tls_context_options options = {0};
    tls_context *context = NULL;
    int has_aes = br_aes_x86ni_ctr_get_vtable() != NULL || br_aes_pwr8_ctr_get_vtable() != NULL;

    require(tls_kernels_choose(words), "%s", words);
    if (strcmp(kernel_of("aes_gcm"), "bearssl") != 0)
        has_aes = 1;
    require(tls_context_new(&context, &options) == TLS_OK, "a context");
    check_number(tls_suite_find(context->suites[0])->mode,
        has_aes ? TLS_MODE_GCM : TLS_MODE_POLY1305, "%s: the first suite", words);
    tls_context_release(context);
}

int
main(void)
{
    test_choice("auto");
    test_choice("none");
    return check_end();
}
