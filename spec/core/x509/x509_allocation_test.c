/* x509_allocation_test.c - each allocation fails once while keys, certificates and trust stores are
 * loaded. x509_allocation.sh runs it. */
#include <stdio.h>
#include <string.h>

#include "x509/trust.h"

#include "support/allocations.h"
#include "support/check.h"
#include "support/corpus.h"

static enum tls_reason
load_everything(tls_bytes key_text, tls_bytes bundle)
{
    tls_private_key *key;
    tls_certificate_list *list;
    tls_trust_store *store;
    enum tls_reason reason;

    reason = tls_private_key_decode(&key, key_text);
    if (reason != TLS_OK)
        return reason;
    tls_private_key_release(key);
    reason = tls_certificates_load(&list, bundle);
    if (reason != TLS_OK)
        return reason;
    tls_certificate_list_release(list);
    reason = tls_trust_store_new(&store);
    if (reason != TLS_OK)
        return reason;
    reason = tls_trust_store_load(store, NULL, bundle);
    tls_trust_store_release(store);
    return reason;
}

static void
test_allocation_failures(void)
{
    tls_bytes key = corpus_read("p256.key"), bundle = corpus_read(CORPUS_BUNDLE);
    enum tls_reason reason = TLS_OK;
    long n;
    int all = 1;

    bundle.length = bundle.length / 8; /* cut in the middle of a block: */
    while (memcmp(bundle.data + bundle.length, "-----BEGIN", 10) != 0)
        bundle.length--;
    for (n = 0;; n++) {
        allocations_fail_at(n);
        reason = load_everything(key, bundle);
        if (!allocations_end())
            break;
        all = all && reason == TLS_REASON_OUT_OF_MEMORY;
    }
    check(all && reason == TLS_OK && n > 20, "each failed allocation is reported");
    printf("# %ld allocations failed one by one\n", n);
    corpus_free(key);
    corpus_free(bundle);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_allocation_failures();
    return check_end();
}
