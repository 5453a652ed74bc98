/* verify_test.c - specs of the verification of paths. verify.sh runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x509/trust.h"
#include "x509/verify.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/exact_bytes.h"

static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};

/* What the next verification is told, and what the last one answered. */
static int64_t at_time;
static enum tls_purpose at_purpose;
static unsigned at_depth;
static int at_sha1;
static tls_verdict verdict;

/* changed: with the last byte of its signature changed. */
static tls_certificate *
changed(const char *name)
{
    tls_certificate *good = corpus_certificate(name), *wrong;
    tls_bytes copy = exact_bytes(good->der);

    exact_change(copy, copy.length - 1, 1);
    require(tls_certificate_from_der(&wrong, copy) == TLS_OK, "%s changed", name);
    release(copy);
    tls_certificate_release(good);
    return wrong;
}

/* certificates reads those whose names the text has, separated by spaces; "!" before a name gives
 * a changed one. Returns how many. */
static size_t
certificates(tls_certificate *list[8], const char *names)
{
    char copy[128], *name;
    size_t count = 0;

    strcpy(copy, names);
    for (name = strtok(copy, " "); name != NULL; name = strtok(NULL, " "))
        list[count++] = *name == '!' ? changed(name + 1) : corpus_certificate(name);
    return count;
}

/* verify checks a chain against anchors. */
static enum tls_reason
verify(const char *names, const char *anchors, const char *server_name)
{
    tls_certificate *list[8];
    tls_trust_store *store;
    tls_verify_request request;
    size_t i, count;

    tls_trust_store_new(&store);
    count = certificates(list, anchors);
    for (i = 0; i < count; i++) {
        tls_trust_store_add(store, list[i]);
        tls_certificate_release(list[i]);
    }
    count = certificates(list, names);
    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)list;
    request.count = count;
    request.trust = store;
    request.server_name = server_name;
    request.no_server_name = server_name == NULL;
    request.time = at_time;
    request.purpose = at_purpose;
    request.verify_depth = at_depth;
    request.allow_sha1 = at_sha1;
    tls_verify(&verdict, &request);
    for (i = 0; i < count; i++)
        tls_certificate_release(list[i]);
    tls_trust_store_release(store);
    return verdict.reason;
}

#define HOST "www.example.com"

static void
expect(enum tls_reason reason, const char *names, const char *anchors, const char *server_name)
{
    enum tls_reason got = verify(names, anchors, server_name);

    check(got == reason && (reason == TLS_OK) == (verdict.text[0] == '\0'), "%s", names);
    if (got != reason)
        printf("#   got %s, expected %s\n", tls_reason_code(got), tls_reason_code(reason));
    if (got != TLS_OK && getenv("VERBOSE") != NULL)
        printf("#   %s [%u]: %s\n", tls_reason_code(got), (unsigned)verdict.index, verdict.text);
}

static void
test_algorithms(void)
{
    static const char *const hashes[] = {"sha256", "sha384", "sha512"};
    char names[64], anchor[32];
    size_t i;

    for (i = 0; i < 6; i++) {
        snprintf(names, sizeof names, "%s int", kinds[i]);
        expect(TLS_OK, names, "root", HOST);
    }
    check(verdict.path_count == 3, "path of three");
    for (i = 0; i < 18; i++) {
        snprintf(anchor, sizeof anchor, "ca_%s", kinds[i / 3]);
        snprintf(names, sizeof names, "by_%s_%s", kinds[i / 3], hashes[i % 3]);
        expect(TLS_OK, names, anchor, HOST);
        snprintf(names, sizeof names, "!by_%s_%s", kinds[i / 3], hashes[i % 3]);
        expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, names, anchor, HOST);
    }
    expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "!pss", "root2", HOST);
    expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "!pkcs1", "root2", HOST);
    expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "!p256 int", "root", HOST);
    expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "p256 !int", "root", HOST);
    check(verdict.index == 1, "the intermediate is at fault");
    expect(TLS_REASON_BAD_CERTIFICATE_SIGNATURE, "p256 int_other", "root", HOST);
}

static void
test_good_paths(void)
{
    expect(TLS_OK, "p256 int", "root", "2001:db8::1");
    expect(TLS_OK, "p256 int", "root", "a.wild.example.com");
    expect(TLS_OK, "p256 int", "root", NULL);
    expect(TLS_OK, "p256 int root", "root", HOST);
    expect(TLS_OK, "p256 root int", "root", HOST);
    expect(TLS_OK, "p256 root2 plen int int", "root", HOST);
    expect(TLS_OK, "p256 int_cross", "root2", HOST);
    expect(TLS_OK, "p256 int int_cross", "root2", HOST);
    expect(TLS_OK, "p256 int_other int", "root", HOST);
    expect(TLS_OK, "p256", "int", HOST);
    expect(TLS_OK, "p256", "root int", HOST);
    expect(TLS_OK, "selfsigned", "selfsigned", HOST);
    expect(TLS_OK, "p256", "p256", HOST);
    expect(TLS_OK, "utf8 int", "root", HOST);
    expect(TLS_OK, "psskey int", "root", HOST);
    expect(TLS_OK, "pss", "root2", HOST);
    expect(TLS_OK, "pss512", "root2", HOST);
    expect(TLS_OK, "pkcs1", "root2", HOST);
}

static void
test_refused_paths(void)
{
    expect(TLS_REASON_UNKNOWN_CA, "p256", "root", HOST);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int", "root2", HOST);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int root", "root2", HOST);
    expect(TLS_REASON_UNKNOWN_CA, "p256 int root", "", HOST);
    expect(TLS_REASON_SELF_SIGNED, "selfsigned", "root", HOST);
    expect(TLS_REASON_CERTIFICATE_REQUIRED, "", "root", HOST);
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "www.example.org");
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "192.0.2.2");
    expect(TLS_REASON_NAME_MISMATCH, "p256 int", "root", "");
    expect(TLS_REASON_NAME_MISMATCH, "cn_only int", "root", HOST);
    expect(TLS_REASON_NAME_MISMATCH, "p256", "p256", "www.example.org");
    expect(TLS_REASON_WEAK_SIGNATURE, "sha1 int", "root", HOST);
    expect(TLS_REASON_WEAK_KEY, "weak int", "root", HOST);
    expect(TLS_OK, "ed int", "root", HOST);
    expect(TLS_REASON_UNSUPPORTED_CERTIFICATE, "ed448 int", "root", HOST);
    check(strstr(verdict.text, "an Ed448 key") != NULL, "the verdict names it: %s", verdict.text);
    expect(TLS_REASON_CRITICAL_EXTENSION, "critical int", "root", HOST);
    expect(TLS_REASON_NOT_A_CA, "by_leaf p256 int", "root", HOST);
    expect(TLS_REASON_NOT_A_CA, "by_leaf", "p256", HOST);
    expect(TLS_REASON_NOT_A_CA, "nosign_leaf nosign", "root", HOST);
    expect(TLS_REASON_PATH_TOO_LONG, "plen_leaf plen2 plen", "root", HOST);
    expect(TLS_OK, "plen_good plen", "root", HOST);
}

static void
test_purposes(void)
{
    expect(TLS_REASON_WRONG_PURPOSE, "client int", "root", HOST);
    expect(TLS_REASON_WRONG_PURPOSE, "signonly int", "root", HOST);
    expect(TLS_REASON_WRONG_PURPOSE, "ekuint_leaf ekuint", "root", HOST);
    at_purpose = TLS_PURPOSE_CLIENT;
    expect(TLS_OK, "client int", "root", NULL);
    expect(TLS_OK, "ekuint_leaf ekuint", "root", NULL);
    at_purpose = TLS_PURPOSE_SERVER;
}

static void
test_name_constraints(void)
{
    static const char *const nc_bad[] = {
        "dns", "suffix", "excluded", "wildcard", "ip", "ip6", "email", "email_dn", "dn", "uri"};
    char names[64];
    size_t i;

    expect(TLS_OK, "nc_good nc", "root", HOST);
    expect(TLS_OK, "nc_good2 nc", "root", "a.www.example.com");
    for (i = 0; i < sizeof nc_bad / sizeof nc_bad[0]; i++) {
        snprintf(names, sizeof names, "nc_bad_%s nc", nc_bad[i]);
        expect(TLS_REASON_NAME_CONSTRAINT, names, "root", NULL);
    }
}

static void
test_depth_and_sha1(void)
{
    at_depth = 1;
    expect(TLS_OK, "p256 int", "root", HOST);
    at_depth = 2;
    expect(TLS_REASON_PATH_TOO_LONG, "plen_leaf plen2 plen", "root", HOST);
    at_depth = 1;
    expect(TLS_OK, "plen_leaf plen2", "plen2", HOST);
    at_depth = 0;
    at_sha1 = 1;
    expect(TLS_OK, "sha1 int", "root", HOST);
    at_sha1 = 0;
}

static void
test_times(void)
{
    int64_t today = at_time;

    at_time = today + 3 * 86400;
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "short int", "root", HOST);
    check(strstr(verdict.text, "expired 2 days ago") != NULL, "%s", verdict.text);
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "p256 int_expired", "root", HOST);
    check(verdict.index == 1, "the intermediate is expired");
    expect(TLS_OK, "p256 int_expired int", "root", HOST);
    expect(TLS_OK, "p256 int_expired int_cross", "root root2", HOST);
    expect(TLS_REASON_UNKNOWN_CA, "short int", "root2", HOST);
    expect(TLS_REASON_NAME_MISMATCH, "short int", "root", "www.example.org");
    expect(TLS_REASON_CERTIFICATE_EXPIRED, "short", "short", HOST);
    at_time = today - 30 * 86400;
    expect(TLS_REASON_CERTIFICATE_NOT_YET_VALID, "p256 int", "root", HOST);
    at_time = today;
}

/* A peer sends as many wrong issuers as it may: the work is bounded, and a good path within the
 * bound is still found. */
static void
test_bounds(void)
{
    const tls_certificate *chain[TLS_CHAIN_MAXIMUM + 1];
    tls_certificate *leaf = corpus_certificate("p256"), *wrong = corpus_certificate("int_other"),
                    *right = corpus_certificate("int"), *root = corpus_certificate("root");
    tls_trust_store *store;
    tls_verify_request request;
    size_t i;

    tls_trust_store_new(&store);
    tls_trust_store_add(store, root);
    chain[0] = leaf;
    for (i = 1; i <= TLS_CHAIN_MAXIMUM; i++)
        chain[i] = wrong;
    memset(&request, 0, sizeof request);
    request.chain = chain;
    request.no_server_name = 1;
    request.count = TLS_CHAIN_MAXIMUM + 1;
    request.trust = store;
    request.time = corpus_now();
    check(tls_verify(&verdict, &request) == TLS_REASON_LIMIT, "chain too long to look at");
    request.count = TLS_CHAIN_MAXIMUM;
    check(tls_verify(&verdict, &request) == TLS_REASON_BAD_CERTIFICATE_SIGNATURE,
        "all issuers are wrong");
    chain[TLS_CHAIN_MAXIMUM - 1] = right;
    check(tls_verify(&verdict, &request) == TLS_OK, "all but the last");
    request.trust = NULL;
    check(tls_verify(&verdict, &request) != TLS_OK, "no trust store");
    tls_trust_store_release(store);
    tls_certificate_release(leaf);
    tls_certificate_release(wrong);
    tls_certificate_release(right);
    tls_certificate_release(root);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    at_time = corpus_now();
    test_algorithms();
    test_good_paths();
    test_refused_paths();
    test_purposes();
    test_name_constraints();
    test_depth_and_sha1();
    test_times();
    test_bounds();
    return check_end();
}
