/* verdict_cache_test.c - specs of what a remembered verdict is found by: everything that the
 * verification looks at, and nothing that has a time of its own. */
#include <string.h>
#include <time.h>

#include "issue/certificate_issue.h"
#include "issue/crl_build.h"
#include "issue/ocsp_build.h"
#include "key/key_encode.h"
#include "key/key_generate.h"
#include "x509/verdict_cache.h"

#include "support/check.h"
#include "support/exact_bytes.h"

#define HOST "www.example.com"
#define HOUR 3600

/* CN=A, CN=B, CN=R */
static const unsigned char names[3][14] = {
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'A'},
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'B'},
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'R'}};
enum { A, B, R };

static int64_t now;
static tls_private_key *root_key, *ca_key, *leaf_key;
static tls_certificate *root, *ca, *leaf;
static tls_trust_store *trust;

static tls_certificate *
issue(int subject, const tls_private_key *key, const tls_certificate *issuer,
    const tls_private_key *by, int64_t until)
{
    tls_buffer info = {NULL, 0, 0, 0};
    tls_general_name host;
    tls_issue_fields fields;
    tls_certificate *made;

    memset(&host, 0, sizeof host);
    host.kind = TLS_NAME_DNS;
    host.value = tls_bytes_of_string(HOST);
    memset(&fields, 0, sizeof fields);
    fields.issuer = issuer;
    fields.key = by;
    fields.subject = tls_bytes_make(names[subject], sizeof names[0]);
    if (issuer != NULL)
        require(tls_public_key_encode(&info, tls_private_key_public(key)) == TLS_OK, "its key");
    fields.public_key_info = tls_buffer_view(&info);
    fields.not_before = now - HOUR;
    fields.not_after = until;
    if (subject == B) {
        fields.extensions.alternative_names = &host;
        fields.extensions.alternative_name_count = 1;
    } else {
        fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    }
    require(tls_certificate_issue(&made, &fields) == TLS_OK, "a certificate");
    tls_buffer_release(&info);
    return made;
}

static void
open_world(void)
{
    now = (int64_t)time(NULL);
    require(tls_private_key_generate_ec(&root_key, TLS_GROUP_SECP256R1) == TLS_OK &&
                tls_private_key_generate_ec(&ca_key, TLS_GROUP_SECP256R1) == TLS_OK &&
                tls_private_key_generate_ec(&leaf_key, TLS_GROUP_SECP256R1) == TLS_OK,
        "keys");
    root = issue(R, root_key, NULL, root_key, now + HOUR);
    ca = issue(A, ca_key, root, root_key, now + 40);
    leaf = issue(B, leaf_key, ca, ca_key, now + HOUR);
    require(tls_trust_store_new(&trust) == TLS_OK && tls_trust_store_add(trust, root) == TLS_OK,
        "a trust store");
}

static void
close_world(void)
{
    tls_trust_store_release(trust);
    tls_certificate_release(root);
    tls_certificate_release(ca);
    tls_certificate_release(leaf);
    tls_private_key_release(root_key);
    tls_private_key_release(ca_key);
    tls_private_key_release(leaf_key);
}

/* request_of names every field by its place, so that the compiler warns of one that is added: the
 * cache must say what it does with it, and test_each_field or test_never must try it. */
static tls_verify_request
request_of(tls_certificate **chain, size_t count)
{
    tls_verify_request request = {
        (const tls_certificate *const *)chain, /* chain */
        count,                                 /* count */
        trust,                                 /* trust */
        HOST,                                  /* server_name */
        0,                                     /* no_server_name */
        now,                                   /* time */
        TLS_PURPOSE_SERVER,                    /* purpose */
        0,                                     /* verify_depth */
        0,                                     /* no_intermediates */
        0,                                     /* min_rsa_bits */
        0,                                     /* allow_sha1 */
        0,                                     /* clock_skew */
        TLS_REVOCATION_IF_KNOWN,               /* revocation */
        NULL,                                  /* crls */
        0,                                     /* crl_count */
        NULL,                                  /* ocsp_responses */
        0,                                     /* ocsp_response_count */
        TLS_STAPLE_DEFAULT,                    /* staple */
        NULL,                                  /* pins */
        0,                                     /* pin_count */
        0,                                     /* demands_only */
        NULL,                                  /* budget */
    };

    return request;
}

static tls_verdict verdict;

/* finds: is the verdict one that was remembered? Every verdict must be that of tls_verify. */
static int
finds(tls_verdict_cache *cache, const tls_verify_request *request)
{
    tls_verdict plain;
    int found;

    tls_verify(&plain, request);
    check_reason(
        tls_verify_cached(cache, &verdict, request, &found), plain.reason, "as without a cache");
    check(verdict.reason == plain.reason && verdict.path_count == plain.path_count &&
              memcmp(verdict.path, plain.path, sizeof plain.path) == 0 &&
              strcmp(verdict.text, plain.text) == 0 && verdict.index == plain.index,
        "in each part");
    return found;
}

static tls_verdict_cache *
new_cache(size_t size)
{
    tls_verdict_cache *cache = tls_verdict_cache_new(trust, size);

    require(cache != NULL, "a cache");
    return cache;
}

static void
test_found(void)
{
    tls_certificate *chain[2] = {leaf, ca}, *copies[2];
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(4);
    tls_signature_budget budget = {0, 0, 0};
    int found;

    check(!finds(cache, &request), "the first is judged");
    check(finds(cache, &request), "the second is remembered");
    request.budget = &budget;
    check(finds(NULL, &request) == 0 && budget.checks == 4, "without a cache each is judged");
    tls_verify_cached(cache, &verdict, &request, &found);
    check(found && budget.checks == 4, "what is remembered costs nothing");
    check_number(verdict.signature_checks, 4, "and adds nothing to what was spent");
    request.budget = NULL;
    require(tls_certificate_from_der(&copies[0], leaf->der) == TLS_OK &&
                tls_certificate_from_der(&copies[1], ca->der) == TLS_OK,
        "copies");
    request.chain = (const tls_certificate *const *)copies;
    check(finds(cache, &request), "it is the bytes that count");
    check(verdict.path[0] == copies[0] && verdict.path[1] == copies[1] && verdict.path[2] == root,
        "and the path leads through what is at hand");
    tls_certificate_release(copies[0]);
    tls_certificate_release(copies[1]);
    tls_verdict_cache_free(cache);
}

/* Each byte of each certificate, one bit. */
static void
test_each_byte(void)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(4);
    size_t i, at, parsed = 0;

    finds(cache, &request);
    for (i = 0; i < 2; i++) {
        tls_certificate *good = chain[i], *wrong;

        for (at = 0; at < good->der.length; at++) {
            tls_bytes copy = exact_bytes(good->der);

            exact_change(copy, at, 1);
            if (tls_certificate_from_der(&wrong, copy) == TLS_OK) {
                chain[i] = wrong;
                parsed++;
                check(!finds(cache, &request) && verdict.reason != TLS_OK,
                    "byte %u of certificate %u", (unsigned)at, (unsigned)i);
                tls_certificate_release(wrong);
            }
            release(copy);
        }
        chain[i] = good;
    }
    check(parsed > 300, "most changes leave a certificate: %u", (unsigned)parsed);
    check(finds(cache, &request), "the good one is still there");
    tls_verdict_cache_free(cache);
}

static void
test_each_certificate(void)
{
    tls_certificate *chain[3] = {leaf, ca, ca}, *swapped[3] = {leaf, root, ca};
    tls_verify_request two = request_of(chain, 2), three = request_of(chain, 3);
    tls_verify_request more = request_of(swapped, 3), other = request_of(swapped, 3);
    tls_certificate *reversed[3] = {leaf, ca, root};
    tls_verdict_cache *cache = new_cache(8);

    other.chain = (const tls_certificate *const *)reversed;
    check(!finds(cache, &two) && !finds(cache, &three), "one more, though it is there twice");
    check(!finds(cache, &more) && !finds(cache, &other), "another one more, and another order");
    check(finds(cache, &two) && finds(cache, &three) && finds(cache, &more) && finds(cache, &other),
        "each is found by itself");
    tls_verdict_cache_free(cache);
}

/* Every field of a request that a verdict depends on. */
static void
test_each_field(void)
{
    static const unsigned char pins[2][TLS_PIN_LENGTH] = {{1}, {2}};
    tls_certificate *chain[2] = {leaf, ca};
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(64);

#define OTHER(field, value, what)                                                                  \
    do {                                                                                           \
        tls_verify_request changed = request;                                                      \
        changed.field = value;                                                                     \
        check(!finds(cache, &changed), "another %s", what);                                        \
    } while (0)

    finds(cache, &request);
    OTHER(server_name, "WWW.example.com", "spelling of the name");
    OTHER(server_name, "other.example.com", "name");
    OTHER(server_name, NULL, "kind of name: none");
    OTHER(no_server_name, 1, "no_server_name");
    OTHER(purpose, TLS_PURPOSE_ANY, "purpose");
    OTHER(purpose, TLS_PURPOSE_CLIENT, "purpose still");
    OTHER(verify_depth, 1, "verify_depth");
    OTHER(no_intermediates, 1, "no_intermediates");
    OTHER(min_rsa_bits, 4096, "min_rsa_bits");
    OTHER(allow_sha1, 1, "allow_sha1");
    OTHER(clock_skew, 1, "clock_skew");
    OTHER(clock_skew, 257, "clock_skew still");
    OTHER(staple, TLS_STAPLE_IF_MUST, "staple");
    request.pins = pins;
    OTHER(pin_count, 1, "pin");
    OTHER(pin_count, 2, "number of pins");
    request.pins = NULL;
    check(finds(cache, &request), "and the first is found again");
#undef OTHER
    tls_verdict_cache_free(cache);
}

static tls_crl *
empty_crl(void)
{
    tls_crl_fields fields;
    tls_crl *crl;

    memset(&fields, 0, sizeof fields);
    fields.issuer = ca;
    fields.key = ca_key;
    fields.this_update = now - HOUR;
    fields.next_update = now + HOUR;
    require(tls_crl_issue(&crl, &fields) == TLS_OK, "a CRL");
    return crl;
}

static tls_ocsp_response *
response_about_leaf(enum tls_ocsp_certificate_status status)
{
    tls_ocsp_fields fields;
    tls_ocsp_response *response;

    memset(&fields, 0, sizeof fields);
    fields.certificate = leaf;
    fields.issuer = ca;
    fields.key = ca_key;
    fields.status = status;
    fields.revocation_time = now - HOUR;
    fields.reason = TLS_REVOKED_NO_REASON;
    fields.produced_at = fields.this_update = now - HOUR;
    fields.next_update = now + HOUR;
    require(tls_ocsp_response_build(&response, &fields) == TLS_OK, "an OCSP response");
    return response;
}

/* What has times of its own, and what is no whole judgement. */
static void
test_never(void)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(64);
    tls_crl *crl = empty_crl();
    const tls_crl *crls = crl;
    tls_ocsp_response *good = response_about_leaf(TLS_OCSP_GOOD);
    tls_ocsp_response *revoked = response_about_leaf(TLS_OCSP_REVOKED);
    const tls_ocsp_response *response = good;

#define NEVER(field, value)                                                                        \
    do {                                                                                           \
        tls_verify_request changed = request;                                                      \
        changed.field = value;                                                                     \
        check(!finds(cache, &changed) && !finds(cache, &changed), "with %s", #field);              \
    } while (0)

    finds(cache, &request);
    request.crls = &crls;
    NEVER(crl_count, 1);
    check_reason(verdict.reason, TLS_OK, "which does not list it");
    request.crls = NULL;
    request.ocsp_responses = &response;
    NEVER(ocsp_response_count, 1);
    check_reason(verdict.reason, TLS_OK, "which says that it is good");
    response = revoked;
    NEVER(ocsp_response_count, 1);
    check_reason(verdict.reason, TLS_REASON_CERTIFICATE_REVOKED, "which says that it is not");
    request.ocsp_responses = NULL;
    NEVER(revocation, TLS_REVOCATION_LEAF);
    NEVER(revocation, TLS_REVOCATION_PATH);
    NEVER(staple, TLS_STAPLE_REQUIRED);
    NEVER(demands_only, 1);
    check_reason(verdict.reason, TLS_OK, "which demands nothing");
    NEVER(trust, NULL);
    NEVER(count, 0);
    NEVER(count, 1);
    check_reason(verdict.reason, TLS_REASON_UNKNOWN_CA, "which is bad");
    check(finds(cache, &request), "the good one is there all the time");
#undef NEVER
    tls_crl_release(crl);
    tls_ocsp_response_release(good);
    tls_ocsp_response_release(revoked);
    tls_verdict_cache_free(cache);
}

static void
test_time(void)
{
    tls_certificate *chain[2] = {leaf, ca}, *short_leaf = issue(B, leaf_key, ca, ca_key, now + 10);
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(4);

    check(!finds(cache, &request), "judged");
    request.time = now - 1;
    check(!finds(cache, &request), "before it was judged");
    request.time = now;
    check(finds(cache, &request), "what was judged last counts, from then on");
    request.time = now + 40;
    check(finds(cache, &request), "while the intermediate is valid");
    request.time = now + 41;
    check(!finds(cache, &request), "no longer");
    check_reason(verdict.reason, TLS_REASON_CERTIFICATE_EXPIRED, "that is bad");
    request.time = now;
    chain[0] = short_leaf;
    check(!finds(cache, &request), "another leaf");
    request.time = now + 10;
    check(finds(cache, &request), "while the leaf is valid");
    request.time = now + 11;
    check(!finds(cache, &request), "no longer");
    request.clock_skew = HOUR;
    check(!finds(cache, &request) && verdict.reason == TLS_OK, "good by the skew");
    check(!finds(cache, &request), "which is not remembered");
    request.time = now - HOUR - 1;
    check(!finds(cache, &request) && verdict.reason == TLS_OK, "good by the skew, too early");
    check(!finds(cache, &request), "which is not remembered either");
    chain[0] = ca; /* trusted itself, and so a path of one */
    tls_trust_store_add(trust, ca);
    request.no_server_name = 1;
    request.server_name = NULL;
    request.purpose = TLS_PURPOSE_ANY;
    request.time = now + 30;
    check(!finds(cache, &request) && finds(cache, &request), "what is trusted as it is");
    request.time = now + 41;
    check(!finds(cache, &request), "is so as long as it is valid");
    tls_verdict_cache_free(cache);
    tls_certificate_release(short_leaf);
}

static void
test_trust(void)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_verify_request request = request_of(chain, 2);
    tls_verdict_cache *cache = new_cache(4);
    tls_trust_store *empty;
    uint64_t before = tls_trust_store_generation(trust);

    require(tls_trust_store_new(&empty) == TLS_OK, "another store");
    check(!finds(cache, &request) && finds(cache, &request), "remembered");
    request.trust = empty;
    check(!finds(cache, &request), "of no other store");
    check_reason(verdict.reason, TLS_REASON_UNKNOWN_CA, "which trusts nobody");
    request.trust = trust;
    check(finds(cache, &request), "still remembered");
    require(tls_trust_store_replace(trust, empty) == TLS_OK, "nobody is trusted");
    check(tls_trust_store_generation(trust) != before, "another generation");
    check(!finds(cache, &request), "forgotten");
    check_reason(verdict.reason, TLS_REASON_UNKNOWN_CA, "and bad");
    require(tls_trust_store_add(trust, root) == TLS_OK, "trusted again");
    check(!finds(cache, &request) && finds(cache, &request), "it has to be judged again");
    require(
        tls_trust_store_replace(empty, trust) == TLS_OK, "another store with the same contents");
    request.trust = empty;
    check(!finds(cache, &request) && !finds(cache, &request), "is another store");
    check_reason(verdict.reason, TLS_OK, "though a good one");
    tls_trust_store_release(empty);
    tls_verdict_cache_free(cache);
}

static void
test_room(void)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_verify_request request[3];
    tls_verdict_cache *cache = new_cache(2);
    int i;

    for (i = 0; i < 3; i++) {
        request[i] = request_of(chain, 2);
        request[i].clock_skew = i;
    }
    check(!finds(cache, &request[0]) && !finds(cache, &request[1]), "two");
    check(finds(cache, &request[0]), "the first is used");
    check(!finds(cache, &request[2]), "a third");
    check(finds(cache, &request[0]), "takes not the place of the first");
    check(!finds(cache, &request[1]), "but of the second");
    tls_verdict_cache_free(cache);
}

int
main(void)
{
    open_world();
    test_found();
    test_each_byte();
    test_each_certificate();
    test_each_field();
    test_never();
    test_time();
    test_trust();
    test_room();
    close_world();
    return check_end();
}
