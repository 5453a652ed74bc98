/* certificate_damage_test.c - certificates that are cut short or changed. certificate_damage.sh
 * runs it. */
#include <stdio.h>
#include <string.h>

#include "x509/distinguished_name.h"
#include "x509/trust.h"
#include "x509/verify.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/damage.h"

static tls_certificate *source, *intermediate;
static tls_trust_store *store;
static unsigned forged;

/* verifies: an accepted certificate is verified like any other. */
static int
verifies(const tls_certificate *leaf)
{
    const tls_certificate *chain[2];
    tls_verify_request request;
    tls_verdict verdict;

    chain[0] = leaf;
    chain[1] = intermediate;
    memset(&request, 0, sizeof request);
    request.chain = chain;
    request.count = 2;
    request.trust = store;
    request.time = corpus_now();
    request.server_name = "www.example.com";
    return tls_verify(&verdict, &request) == TLS_OK;
}

static int
parse_certificate(tls_bytes der)
{
    tls_buffer text = {NULL, 0, 0, 0};
    tls_certificate *parsed;

    if (tls_certificate_from_der(&parsed, der) != TLS_OK)
        return 0;
    tls_name_text(&text, parsed->subject);
    tls_certificate_serial_text(&text, parsed);
    tls_certificate_ocsp_uri(parsed, 1);
    tls_certificate_crl_uri(parsed, 5);
    forged += verifies(parsed) && !tls_bytes_equal(parsed->der, source->der);
    tls_certificate_release(parsed);
    tls_buffer_release(&text);
    return 1;
}

static void
test_damage(unsigned rounds)
{
    tls_certificate *root = corpus_certificate("root");
    unsigned taken;

    source = corpus_certificate("p256");
    intermediate = corpus_certificate("int");
    require(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_add(store, root) == TLS_OK,
        "store");
    require(verifies(source), "what is not changed verifies");
    check(damage_prefixes_fail(source->der, parse_certificate),
        "every prefix of a certificate fails");
    taken = damage_mutations(source->der, parse_certificate, rounds);
    check(forged == 0, "no mutated certificate verifies, and none crashes");
    printf("# %u of %u mutated certificates still parse\n", taken, rounds);
    tls_trust_store_release(store);
    tls_certificate_release(intermediate);
    tls_certificate_release(root);
    tls_certificate_release(source);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_damage(corpus_rounds(200) * 10);
    return check_end();
}
