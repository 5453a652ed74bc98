/* verify_revocation_test.c - specs of what verification does with CRLs, OCSP responses and pins.
 * verify_revocation.sh runs it. */
#include <stdio.h>
#include <string.h>
#include <bearssl.h>

#include "issue/certificate_issue.h"
#include "x509/trust.h"
#include "x509/verify.h"

#include "support/shell.h"
#include "support/corpus.h"

/* How a verification is asked for: names of files. */
typedef struct question {
    const char *leaf;
    const char *crls;
    const char *responses;
    enum tls_revocation_mode mode;
    enum tls_staple_mode staple;
    enum tls_reason reason;
    const char *text;
} question;

/* each calls `load` for the words of `names`. Returns how many. */
static size_t
words(char out[8][32], const char *names)
{
    size_t count = 0, length;

    while (names != NULL && *names != '\0') {
        length = strcspn(names, " ");
        memcpy(out[count], names, length);
        out[count++][length] = '\0';
        names += length + (names[length] == ' ');
    }
    return count;
}

static void
ask(const question *q, const tls_trust_store *store)
{
    const tls_certificate *chain[3];
    tls_crl *crls[8];
    tls_ocsp_response *responses[8];
    char names[8][32];
    tls_certificate *leaf = corpus_certificate(q->leaf), *issuer = corpus_certificate("int"),
                    *nosign = corpus_certificate("nosign");
    tls_verify_request request;
    tls_verdict verdict;
    size_t i;

    memset(&request, 0, sizeof request);
    chain[0] = leaf;
    chain[1] = issuer;
    chain[2] = nosign;
    request.chain = chain;
    request.no_server_name = 1;
    request.count = 3;
    request.trust = store;
    request.time = corpus_now();
    request.revocation = q->mode;
    request.staple = q->staple;
    request.crl_count = words(names, q->crls);
    for (i = 0; i < request.crl_count; i++)
        crls[i] = corpus_crl(names[i]);
    request.crls = (const tls_crl *const *)crls;
    request.ocsp_response_count = words(names, q->responses);
    for (i = 0; i < request.ocsp_response_count; i++)
        responses[i] = corpus_ocsp(names[i]);
    request.ocsp_responses = (const tls_ocsp_response *const *)responses;
    tls_verify(&verdict, &request);
    check(verdict.reason == q->reason, "%s, CRLs %s, OCSP %s: %s (%s), expected %s", q->leaf,
        q->crls != NULL ? q->crls : "-", q->responses != NULL ? q->responses : "-",
        tls_reason_code(verdict.reason), verdict.text, tls_reason_code(q->reason));
    if (q->text != NULL)
        check(strstr(verdict.text, q->text) != NULL, "\"%s\" has \"%s\"", verdict.text, q->text);
    for (i = 0; i < request.crl_count; i++)
        tls_crl_release(crls[i]);
    for (i = 0; i < request.ocsp_response_count; i++)
        tls_ocsp_response_release(responses[i]);
    tls_certificate_release(leaf);
    tls_certificate_release(issuer);
    tls_certificate_release(nosign);
}

static tls_trust_store *
root_store(tls_certificate *root)
{
    tls_trust_store *store;

    require(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_add(store, root) == TLS_OK,
        "store");
    return store;
}

/* A path of two that may be asked about. */
struct path {
    tls_certificate *root;
    tls_certificate *issuer;
    tls_certificate *leaf;
    const tls_certificate *chain[2];
    tls_trust_store *store;
    tls_verify_request request;
};

static void
path_open(struct path *path, const char *leaf)
{
    memset(path, 0, sizeof *path);
    path->root = corpus_certificate("root");
    path->issuer = corpus_certificate("int");
    path->leaf = corpus_certificate(leaf);
    path->store = root_store(path->root);
    path->chain[0] = path->leaf;
    path->chain[1] = path->issuer;
    path->request.chain = path->chain;
    path->request.no_server_name = 1;
    path->request.count = 2;
    path->request.trust = path->store;
    path->request.time = corpus_now();
}

static void
path_close(struct path *path)
{
    tls_trust_store_release(path->store);
    tls_certificate_release(path->root);
    tls_certificate_release(path->issuer);
    tls_certificate_release(path->leaf);
}

static void
test_questions(void)
{
    static const question questions[] = {
        {"good", NULL, NULL, 0, 0, TLS_OK, NULL},
        {"good", "int", NULL, 0, 0, TLS_OK, NULL},
        {"revoked", NULL, NULL, 0, 0, TLS_OK, NULL},
        {"revoked", "int", NULL, 0, 0, TLS_REASON_CERTIFICATE_REVOKED, ", keyCompromise)"},
        {"hold", "int", NULL, 0, 0, TLS_REASON_CERTIFICATE_REVOKED, ", certificateHold)"},
        {"revoked", "empty int", NULL, 0, 0, TLS_REASON_CERTIFICATE_REVOKED, NULL},
        {"revoked", "root", NULL, 0, 0, TLS_OK, NULL},
        {"good", "root_revokes_int", NULL, 0, 0, TLS_REASON_CERTIFICATE_REVOKED,
            "certificate 2 (CN=Intermediate,O=Test) was revoked"},
        {"good", "root_revokes_int int", NULL, TLS_REVOCATION_PATH, 0,
            TLS_REASON_CERTIFICATE_REVOKED, "cACompromise"},
        {"good", "root int", NULL, TLS_REVOCATION_PATH, 0, TLS_OK, NULL},
        {"good", "int", NULL, TLS_REVOCATION_PATH, 0, TLS_REASON_REVOCATION_UNKNOWN,
            "whether certificate 2 (CN=Intermediate"},
        {"good", "int", NULL, TLS_REVOCATION_LEAF, 0, TLS_OK, NULL},
        {"good", "root", NULL, TLS_REVOCATION_LEAF, 0, TLS_REASON_REVOCATION_UNKNOWN,
            "whether certificate is revoked"},
        {"good", NULL, "good", TLS_REVOCATION_LEAF, 0, TLS_OK, NULL},
        {"good", "root", "delegated", TLS_REVOCATION_PATH, 0, TLS_OK, NULL},
        {"good", "delta", NULL, 0, 0, TLS_REASON_UNSUPPORTED_CRL, "is a delta CRL"},
        {"good", "delta int", NULL, 0, 0, TLS_OK, NULL},
        {"good", "sha1", NULL, 0, 0, TLS_REASON_WEAK_SIGNATURE, NULL},
        {"good", "by_twin", NULL, 0, 0, TLS_OK, NULL},
        {"good", "by_twin", NULL, TLS_REVOCATION_LEAF, 0, TLS_REASON_REVOCATION_UNKNOWN, NULL},
        {"good", "by_other", NULL, 0, 0, TLS_OK, NULL},
        {"good", "onlyca", NULL, TLS_REVOCATION_LEAF, 0, TLS_REASON_REVOCATION_UNKNOWN, NULL},
        {"good", "user", NULL, TLS_REVOCATION_LEAF, 0, TLS_OK, NULL},
        {"good", "point", NULL, TLS_REVOCATION_LEAF, 0, TLS_REASON_REVOCATION_UNKNOWN, NULL},
        {"below", "nosign", NULL, 0, 0, TLS_REASON_BAD_CRL, "CRL of the issuer (CN=NoSign,O=Test)"},
        {"good", NULL, "good", 0, 0, TLS_OK, NULL},
        {"revoked", NULL, "revoked", 0, 0, TLS_REASON_CERTIFICATE_REVOKED, ", keyCompromise)"},
        {"good", NULL, "revoked", 0, 0, TLS_REASON_BAD_OCSP_RESPONSE,
            "is about another certificate"},
        {"revoked", NULL, "good revoked", 0, 0, TLS_REASON_CERTIFICATE_REVOKED, NULL},
        {"good", NULL, "revoked good", 0, 0, TLS_OK, NULL},
        {"unknown", NULL, "unknown", 0, 0, TLS_REASON_BAD_OCSP_RESPONSE, "does not know it"},
        {"good", NULL, "stranger", 0, 0, TLS_REASON_BAD_OCSP_RESPONSE, "did not certify"},
        {"good", NULL, "wronguse", 0, 0, TLS_REASON_BAD_OCSP_RESPONSE, "not for OCSP signing"},
        {"staple", NULL, NULL, 0, 0, TLS_OK, NULL},
        {"staple", NULL, NULL, 0, TLS_STAPLE_IF_MUST, TLS_REASON_STAPLE_REQUIRED, "must-staple"},
        {"staple", NULL, "staple", 0, TLS_STAPLE_IF_MUST, TLS_OK, NULL},
        {"good", NULL, NULL, 0, TLS_STAPLE_IF_MUST, TLS_OK, NULL},
        {"good", NULL, NULL, 0, TLS_STAPLE_REQUIRED, TLS_REASON_STAPLE_REQUIRED, "one is required"},
        {"good", NULL, "good", 0, TLS_STAPLE_REQUIRED, TLS_OK, NULL},
    };
    tls_certificate *root = corpus_certificate("root");
    tls_trust_store *store = root_store(root);
    size_t i;

    for (i = 0; i < sizeof questions / sizeof questions[0]; i++)
        ask(&questions[i], store);
    tls_trust_store_release(store);
    tls_certificate_release(root);
}

/* Expired CRLs, in words; and clocks that differ. */
static void
test_crl_times(void)
{
    tls_crl *list = corpus_crl("short");
    tls_verdict verdict;
    struct path path;

    path_open(&path, "good");
    path.request.crls = (const tls_crl *const *)&list;
    path.request.crl_count = 1;
    path.request.time = list->next_update + 86400;
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_CRL_EXPIRED, "expired CRL");
    check(strstr(verdict.text, "has expired: 1 day ago (") != NULL, "%s", verdict.text);
    path.request.clock_skew = 86400;
    check_reason(tls_verify(&verdict, &path.request), TLS_OK, "within the skew");
    path.request.clock_skew = 0;
    path.request.time = list->this_update - 60;
    tls_verify(&verdict, &path.request);
    check(verdict.reason == TLS_REASON_CRL_NOT_YET_VALID ||
              verdict.reason == TLS_REASON_CERTIFICATE_NOT_YET_VALID,
        "CRL of the future: %s", verdict.text);
    tls_crl_release(list);
    path_close(&path);
}

static void
test_certificate_times(void)
{
    tls_verdict verdict;
    struct path path;

    path_open(&path, "good");
    path.request.time = path.leaf->not_after + 100;
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_CERTIFICATE_EXPIRED, "expired");
    /* The issuers were made, and end, up to a minute before the leaf. */
    path.request.clock_skew = 160;
    check_reason(tls_verify(&verdict, &path.request), TLS_OK, "within the skew");
    path.request.clock_skew = 99;
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_CERTIFICATE_EXPIRED, "just not");
    path.request.time = path.root->not_before - 100;
    check_reason(
        tls_verify(&verdict, &path.request), TLS_REASON_CERTIFICATE_NOT_YET_VALID, "not yet");
    path_close(&path);
}

static void
test_pins(void)
{
    tls_certificate *other = corpus_certificate("other");
    const tls_certificate *pinned[3];
    unsigned char pins[2][TLS_PIN_LENGTH], hash[TLS_FINGERPRINT_MAXIMUM];
    tls_verdict verdict;
    struct path path;
    size_t i;

    path_open(&path, "good");
    pinned[0] = path.leaf;
    pinned[1] = path.issuer;
    pinned[2] = path.root;
    tls_fingerprint(hash, br_sha256_ID, other->public_key_info);
    memcpy(pins[0], hash, TLS_PIN_LENGTH);
    memcpy(pins[1], hash, TLS_PIN_LENGTH);
    path.request.pins = (const unsigned char(*)[TLS_PIN_LENGTH])pins;
    path.request.pin_count = 2;
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_PIN_MISMATCH, "another's pin");
    check(strstr(verdict.text, "pinned keys") != NULL, "%s", verdict.text);
    for (i = 0; i < 3; i++) {
        tls_fingerprint(hash, br_sha256_ID, pinned[i]->public_key_info);
        memcpy(pins[1], hash, TLS_PIN_LENGTH);
        check_reason(
            tls_verify(&verdict, &path.request), TLS_OK, "pinned leaf, intermediate, root");
    }
    tls_trust_store_add(path.store, path.leaf);
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_PIN_MISMATCH,
        "the path of a directly trusted leaf is itself");
    path_close(&path);
    tls_certificate_release(other);
}

/* same_as_openssl compares the verdicts on a leaf with some CRLs, of which each issuer must have
 * one. */
static void
same_as_openssl(const char *leaf, const char *set)
{
    char names[8][32], command[512];
    tls_crl *crls[8];
    tls_verdict verdict;
    struct path path;
    size_t i;
    int openssl;

    path_open(&path, leaf);
    path.request.revocation = TLS_REVOCATION_PATH;
    path.request.crl_count = words(names, set);
    strcpy(command, "cat");
    for (i = 0; i < path.request.crl_count; i++) {
        crls[i] = corpus_crl(names[i]);
        strcat(strcat(strcat(command, " "), names[i]), ".crl");
    }
    path.request.crls = (const tls_crl *const *)crls;
    snprintf(command + strlen(command), 256,
        " >all.crl; openssl verify -crl_check_all -extended_crl -CAfile root.pem "
        "-untrusted int.pem -CRLfile all.crl %s.pem",
        leaf);
    openssl = shell_run(NULL, "%s", command);
    tls_verify(&verdict, &path.request);
    check((verdict.reason == TLS_OK) == openssl, "%s with %s: %s, openssl %s", leaf, set,
        tls_reason_code(verdict.reason), openssl ? "accepts" : "refuses");
    for (i = 0; i < path.request.crl_count; i++)
        tls_crl_release(crls[i]);
    path_close(&path);
}

/* The same verdict as openssl verify -crl_check_all. */
static void
test_same_as_openssl(void)
{
    static const char *const leaves[] = {"good", "revoked", "hold", "staple", "unknown"};
    static const char *const sets[] = {"int root", "empty root", "int root_revokes_int", "int",
        "root", "sha512 root", "user root", "by_twin root"};
    size_t i, j;

    for (i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
        for (j = 0; j < sizeof sets / sizeof sets[0]; j++)
            same_as_openssl(leaves[i], sets[j]);
}

/* A peer cannot get round a CRL with another certificate of its issuer, whose identifier differs.
 */
static void
test_other_identifier(void)
{
    tls_private_key *root_key = corpus_key("root");
    tls_certificate *variant, *good = corpus_certificate("good");
    tls_crl *list = corpus_crl("int");
    tls_issue_fields fields;
    tls_verdict verdict;
    struct path path;

    path_open(&path, "revoked");
    memset(&fields, 0, sizeof fields);
    fields.issuer = path.root;
    fields.key = root_key;
    fields.subject = path.issuer->subject;
    fields.public_key_info = path.issuer->public_key_info;
    fields.not_before = corpus_now() - 3600;
    fields.not_after = corpus_now() + 3600;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.subject_key_identifier = tls_bytes_of_string("another");
    check_reason(tls_certificate_issue(&variant, &fields), TLS_OK, "variant");
    path.chain[1] = variant;
    path.request.crls = (const tls_crl *const *)&list;
    path.request.crl_count = 1;
    check_reason(tls_verify(&verdict, &path.request), TLS_REASON_CERTIFICATE_REVOKED,
        "revoked below the variant");
    path.chain[0] = good;
    path.request.revocation = TLS_REVOCATION_LEAF;
    check_reason(tls_verify(&verdict, &path.request), TLS_OK, "good below the variant");
    path_close(&path);
    tls_crl_release(list);
    tls_certificate_release(variant);
    tls_certificate_release(good);
    tls_private_key_release(root_key);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_questions();
    test_crl_times();
    test_certificate_times();
    test_pins();
    test_same_as_openssl();
    test_other_identifier();
    return check_end();
}
