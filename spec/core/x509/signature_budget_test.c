/* signature_budget_test.c - specs of how many signatures a verification checks: counted, not timed.
 * A peer that sends whatever costs most makes no more work than ten honest ones with its keys. */
#include <string.h>
#include <time.h>

#include "asn1/der_write.h"
#include "issue/certificate_issue.h"
#include "issue/ocsp_build.h"
#include "key/key_encode.h"
#include "key/key_generate.h"
#include "x509/signed_structure.h"
#include "x509/verify.h"

#include "support/check.h"

#define HOST "www.example.com"
#define DAY 86400

/* CN=A, CN=B, CN=R: what counts is that names are equal or not. */
static const unsigned char names[3][14] = {
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'A'},
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'B'},
    {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, 'R'}};
enum { A, B, R };

static int64_t now;
static tls_verdict verdict;

static tls_private_key *
new_key(int curve)
{
    tls_private_key *key;

    require(tls_private_key_generate_ec(&key, curve) == TLS_OK, "a key");
    return key;
}

typedef struct wish {
    int subject;
    const tls_private_key *key;     /* whose certificate it is */
    const tls_certificate *issuer;  /* NULL: self-signed */
    const tls_private_key *by;      /* the issuer's key */
    int leaf, responder, anonymous; /* anonymous: without key identifiers */
    int64_t until;
} wish;

static tls_certificate *
issue(const wish *w)
{
    static const unsigned char ocsp_signing[] = {0x2B, 6, 1, 5, 5, 7, 3, 9};
    tls_bytes usage = tls_bytes_make(ocsp_signing, sizeof ocsp_signing);
    tls_buffer info = {NULL, 0, 0, 0};
    tls_general_name host;
    tls_issue_fields fields;
    tls_certificate *made;

    memset(&host, 0, sizeof host);
    host.kind = TLS_NAME_DNS;
    host.value = tls_bytes_of_string(HOST);
    memset(&fields, 0, sizeof fields);
    fields.issuer = w->issuer;
    fields.key = w->issuer != NULL ? w->by : w->key;
    fields.subject = tls_bytes_make(names[w->subject], sizeof names[0]);
    if (w->issuer != NULL)
        require(tls_public_key_encode(&info, tls_private_key_public(w->key)) == TLS_OK,
            "its public key");
    fields.public_key_info = tls_buffer_view(&info);
    fields.not_before = now - DAY;
    fields.not_after = w->until != 0 ? w->until : now + DAY;
    fields.without_subject_key_identifier = fields.without_authority_key_identifier = w->anonymous;
    if (w->leaf) {
        fields.extensions.alternative_names = &host;
        fields.extensions.alternative_name_count = 1;
    } else if (w->responder) {
        fields.extensions.key_usage = TLS_KEY_USAGE_DIGITAL_SIGNATURE;
        fields.extensions.extended_key_usages = &usage;
        fields.extensions.extended_key_usage_count = 1;
    } else {
        fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    }
    require(tls_certificate_issue(&made, &fields) == TLS_OK, "a certificate");
    tls_buffer_release(&info);
    return made;
}

/* An honest chain, its root, and a responder of the intermediate's. */
static tls_private_key *root_key, *ca_key, *leaf_key, *responder_key;
static tls_certificate *root, *ca, *leaf, *responder;

static void
open_world(int curve)
{
    root_key = new_key(curve);
    ca_key = new_key(curve);
    leaf_key = new_key(curve);
    responder_key = new_key(curve);
    root = issue(&(wish){.subject = R, .key = root_key});
    ca = issue(&(wish){.subject = A, .key = ca_key, .issuer = root, .by = root_key});
    leaf = issue(&(wish){.subject = B, .key = leaf_key, .issuer = ca, .by = ca_key, .leaf = 1});
    responder = issue(
        &(wish){.subject = B, .key = responder_key, .issuer = ca, .by = ca_key, .responder = 1});
}

static void
close_world(void)
{
    tls_certificate_release(root);
    tls_certificate_release(ca);
    tls_certificate_release(leaf);
    tls_certificate_release(responder);
    tls_private_key_release(root_key);
    tls_private_key_release(ca_key);
    tls_private_key_release(leaf_key);
    tls_private_key_release(responder_key);
}

/* Another anchor, found before the root. */
static tls_certificate *anchor_before;
static unsigned clock_skew;

static enum tls_reason
verify(tls_certificate **chain, size_t count, const tls_ocsp_response *stapled,
    tls_signature_budget *budget)
{
    tls_verify_request request;
    tls_trust_store *store;

    require(tls_trust_store_new(&store) == TLS_OK, "a trust store");
    if (anchor_before != NULL)
        require(tls_trust_store_add(store, anchor_before) == TLS_OK, "another anchor");
    require(tls_trust_store_add(store, root) == TLS_OK, "an anchor");
    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)chain;
    request.count = count;
    request.trust = store;
    request.server_name = HOST;
    request.time = now;
    request.clock_skew = clock_skew;
    request.ocsp_responses = &stapled;
    request.ocsp_response_count = stapled != NULL;
    request.budget = budget;
    tls_verify(&verdict, &request);
    tls_trust_store_release(store);
    return verdict.reason;
}

static tls_ocsp_response *
answer(const tls_certificate *signer, const tls_private_key *key)
{
    tls_ocsp_fields fields;
    tls_ocsp_response *made;

    memset(&fields, 0, sizeof fields);
    fields.certificate = leaf;
    fields.issuer = ca;
    fields.responder = signer;
    fields.key = key;
    fields.status = TLS_OCSP_GOOD;
    fields.reason = TLS_REVOKED_NO_REASON;
    fields.produced_at = fields.this_update = now - 60;
    fields.next_update = now + 3600;
    require(tls_ocsp_response_build(&made, &fields) == TLS_OK, "a response");
    return made;
}

/* with_delegates is `response` with other certificates in it, which no signature covers. */
static tls_ocsp_response *
with_delegates(const tls_ocsp_response *response, const tls_private_key *key,
    tls_certificate **delegates, size_t count)
{
    static const unsigned char basic[] = {0x2B, 6, 1, 5, 5, 7, 48, 1, 1};
    static const unsigned char successful[] = {0};
    tls_buffer out = {NULL, 0, 0, 0};
    tls_ocsp_response *made;
    size_t marks[7], i;

    marks[0] = tls_der_open(&out, TLS_DER_SEQUENCE);
    tls_der_put(&out, TLS_DER_ENUMERATED, tls_bytes_make(successful, 1));
    marks[1] = tls_der_open(&out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    marks[2] = tls_der_open(&out, TLS_DER_SEQUENCE);
    tls_der_put_oid(&out, tls_bytes_make(basic, sizeof basic));
    marks[3] = tls_der_open(&out, TLS_DER_OCTET_STRING);
    marks[4] = tls_der_open(&out, TLS_DER_SEQUENCE);
    tls_der_put_encoded(&out, response->to_be_signed);
    require(tls_signature_algorithm_write(&out, key, tls_signing_hash(key, 0)) == TLS_OK, "how");
    tls_der_put_bit_string(&out, response->signature);
    marks[5] = tls_der_open(&out, TLS_DER_CONTEXT_CONSTRUCTED(0));
    marks[6] = tls_der_open(&out, TLS_DER_SEQUENCE);
    for (i = 0; i < count; i++)
        tls_der_put_encoded(&out, delegates[i]->der);
    for (i = 7; i-- > 0;)
        tls_der_close(&out, marks[i]);
    require(tls_ocsp_response_from_der(&made, tls_buffer_view(&out)) == TLS_OK, "with delegates");
    tls_buffer_release(&out);
    return made;
}

/* ---- An honest handshake, and what others send ---- */

static void
test_honest(unsigned cost)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_ocsp_response *stapled = answer(responder, responder_key);

    check_reason(verify(chain, 2, NULL, NULL), TLS_OK, "two certificates");
    check_number(verdict.signature_checks, 2, "a check each");
    check_reason(verify(chain, 2, stapled, NULL), TLS_OK, "and a stapled response");
    check_number(verdict.signature_checks, 4, "one more, and one for its responder");
    check_number(verdict.signature_cost, 4 * cost, "weighted by the curve");
    tls_ocsp_response_release(stapled);
}

/* fill puts `count` CAs with the leaf's issuer's name into the chain, each with a key of its own
 * that has signed nothing here. */
static void
fill(tls_certificate **chain, size_t count, int curve, int subject)
{
    tls_private_key *key;
    size_t i;

    for (i = 0; i < count; i++) {
        key = new_key(curve);
        chain[i] = issue(&(wish){
            .subject = subject, .key = key, .issuer = root, .by = root_key, .anonymous = 1});
        tls_private_key_release(key);
    }
}

static void
empty(tls_certificate **chain, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        tls_certificate_release(chain[i]);
}

static void
test_many_issuers(int curve, unsigned cost)
{
    tls_certificate *chain[TLS_CHAIN_MAXIMUM];
    unsigned ten = 10 * 4 * cost;
    size_t count = TLS_CHAIN_MAXIMUM;

    chain[0] = leaf;
    fill(chain + 1, count - 1, curve, A);
    check_reason(verify(chain, count, NULL, NULL), TLS_REASON_LIMIT, "63 issuers of one name");
    check(verdict.signature_checks <= TLS_SIGNATURE_CHECKS_MAXIMUM &&
              verdict.signature_cost <= TLS_SIGNATURE_COST_MAXIMUM,
        "within the budget");
    check(verdict.signature_cost <= ten, "ten honest handshakes cost %u, this one %u", ten,
        verdict.signature_cost);
    check(verdict.signature_checks > 8, "but honest mistakes fit: %u", verdict.signature_checks);
    empty(chain + 1, count - 1);
}

static void
test_unrelated(int curve)
{
    tls_certificate *chain[TLS_CHAIN_MAXIMUM];
    size_t count = TLS_CHAIN_MAXIMUM;

    chain[0] = leaf;
    fill(chain + 1, count - 2, curve, B);
    chain[count - 1] = ca;
    check_reason(verify(chain, count, NULL, NULL), TLS_OK, "62 that have nothing to do with it");
    check_number(verdict.signature_checks, 2, "and cost nothing");
    empty(chain + 1, count - 2);
}

/* test_key_identifiers: of issuers with one name, the one that the certificate names by its key
 * comes first, so a CA that changes its key costs nobody a check (RFC 5280 section 4.2.1.1). */
static void
test_key_identifiers(int curve)
{
    tls_private_key *key = new_key(curve);
    tls_certificate *other_root = issue(&(wish){.subject = R, .key = key});
    tls_certificate *other_ca =
        issue(&(wish){.subject = A, .key = key, .issuer = root, .by = root_key});
    tls_certificate *chain[3] = {leaf, ca, NULL};

    anchor_before = other_root;
    check_reason(verify(chain, 2, NULL, NULL), TLS_OK, "two anchors of one name");
    check_number(verdict.signature_checks, 2, "the wrong one is not tried");
    anchor_before = NULL;
    chain[1] = other_ca;
    chain[2] = ca;
    check_reason(verify(chain, 3, NULL, NULL), TLS_OK, "two intermediates of one name");
    check_number(verdict.signature_checks, 2, "the wrong one is not tried either");
    tls_certificate_release(other_ca);
    tls_certificate_release(other_root);
    tls_private_key_release(key);
}

static void
test_delegates(int curve, unsigned cost)
{
    tls_certificate *chain[2] = {leaf, ca}, *delegates[TLS_OCSP_CERTIFICATES_MAXIMUM];
    tls_ocsp_response *honest = answer(responder, responder_key), *stapled;
    tls_private_key *key;
    size_t i;

    for (i = 0; i < TLS_OCSP_CERTIFICATES_MAXIMUM; i++) {
        key = new_key(curve);
        delegates[i] =
            issue(&(wish){.subject = B, .key = key, .issuer = ca, .by = ca_key, .responder = 1});
        tls_private_key_release(key);
    }
    stapled = with_delegates(honest, responder_key, delegates, TLS_OCSP_CERTIFICATES_MAXIMUM);
    check_reason(verify(chain, 2, stapled, NULL), TLS_REASON_BAD_OCSP_RESPONSE, "eight delegates");
    check_number(verdict.signature_checks, 4, "one of them is looked at");
    check_number(verdict.signature_cost, 4 * cost, "and paid");
    tls_ocsp_response_release(stapled);
    tls_certificate_release(delegates[1]);
    delegates[1] = tls_certificate_retain(responder);
    delegates[0] = (tls_certificate_release(delegates[0]), tls_certificate_retain(leaf));
    stapled = with_delegates(honest, responder_key, delegates, 2);
    check_reason(verify(chain, 2, stapled, NULL), TLS_OK, "what is no delegate does not count");
    tls_ocsp_response_release(stapled);
    tls_ocsp_response_release(honest);
    empty(delegates, TLS_OCSP_CERTIFICATES_MAXIMUM);
}

/* test_responder_dates: a responder's certificate holds to its last second, and by the skew of
 * clocks before and behind. */
static void
test_responder_dates(void)
{
    static const struct {
        int64_t until;
        unsigned skew;
        enum tls_reason reason;
    } rows[] = {{0, 0, TLS_OK}, {-1, 0, TLS_REASON_BAD_OCSP_RESPONSE}, {-30, 30, TLS_OK},
        {-31, 30, TLS_REASON_BAD_OCSP_RESPONSE}};
    tls_certificate *chain[2] = {leaf, ca}, *dated;
    tls_ocsp_response *stapled;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        dated = issue(&(wish){.subject = B,
            .key = responder_key,
            .issuer = ca,
            .by = ca_key,
            .responder = 1,
            .until = now + rows[i].until});
        stapled = answer(dated, responder_key);
        clock_skew = rows[i].skew;
        check_reason(verify(chain, 2, stapled, NULL), rows[i].reason, "%d seconds left, skew %u",
            (int)rows[i].until, rows[i].skew);
        clock_skew = 0;
        tls_ocsp_response_release(stapled);
        tls_certificate_release(dated);
    }
}

/* ---- Wording ---- */

/* test_wording: a defect is told of a path that is one, since whoever is told "expired" may take
 * it; and finding it costs no more than the path. */
static void
test_wording(int curve)
{
    tls_private_key *other = new_key(curve);
    tls_certificate *wrong =
        issue(&(wish){.subject = A, .key = other, .issuer = root, .by = root_key, .anonymous = 1});
    tls_certificate *old = issue(&(wish){
        .subject = B, .key = leaf_key, .issuer = ca, .by = ca_key, .leaf = 1, .until = now - 60});
    tls_certificate *forged = issue(&(wish){.subject = B,
        .key = leaf_key,
        .issuer = wrong,
        .by = other,
        .leaf = 1,
        .anonymous = 1,
        .until = now - 60});
    tls_certificate *expired[3] = {old, wrong, ca}, *false_one[2] = {forged, ca};

    check_reason(verify(expired, 3, NULL, NULL), TLS_REASON_CERTIFICATE_EXPIRED, "an old leaf");
    check(verdict.signature_checks >= 2 && verdict.signature_checks <= 3,
        "its path was proven, with %u checks", verdict.signature_checks);
    check(verdict.path_count == 3 && verdict.path[1] == ca, "through the right issuer");
    check_reason(verify(false_one, 2, NULL, NULL), TLS_REASON_BAD_CERTIFICATE_SIGNATURE,
        "an old leaf that nobody signed is not merely old");
    check_number(verdict.signature_checks, 1, "one check tells");
    tls_certificate_release(wrong);
    tls_certificate_release(old);
    tls_certificate_release(forged);
    tls_private_key_release(other);
}

static void
test_shared_budget(void)
{
    tls_certificate *chain[2] = {leaf, ca};
    tls_signature_budget budget = {TLS_SIGNATURE_CHECKS_MAXIMUM - 3, 0, 0};

    check_reason(verify(chain, 2, NULL, &budget), TLS_OK, "out of another's budget");
    check_number(budget.checks, TLS_SIGNATURE_CHECKS_MAXIMUM - 1, "which it is taken from");
    check(verify(chain, 2, NULL, &budget) != TLS_OK, "until there is nothing left");
    check(budget.exhausted, "and that is noted");
    check_number(budget.checks, TLS_SIGNATURE_CHECKS_MAXIMUM, "no more is spent");
}

static void
test_rsa_costs(void)
{
    tls_public_key key;

    memset(&key, 0, sizeof key);
    key.kind = TLS_KEY_RSA;
    key.bits = 2048;
    key.exponent = tls_bytes_make("\1\0\1", 3);
    check_number(tls_signature_cost(&key), TLS_SIGNATURE_COST_RSA, "2048 bits are cheap");
    key.bits = 4096;
    check_number(tls_signature_cost(&key), 4 * TLS_SIGNATURE_COST_RSA, "4096 are four times that");
    key.exponent = tls_bytes_make("\1\0\0\0\0\0\0\1", 8);
    check_number(tls_signature_cost(&key), 12 * TLS_SIGNATURE_COST_RSA, "a long exponent");
}

int
main(void)
{
    static const struct {
        int curve;
        unsigned cost;
    } kinds[] = {{TLS_GROUP_SECP256R1, TLS_SIGNATURE_COST_P256},
        {TLS_GROUP_SECP384R1, TLS_SIGNATURE_COST_P384},
        {TLS_GROUP_SECP521R1, TLS_SIGNATURE_COST_P521}};
    size_t i;

    now = (int64_t)time(NULL);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        check_about("%s: ", tls_curve_name(kinds[i].curve));
        open_world(kinds[i].curve);
        test_honest(kinds[i].cost);
        test_many_issuers(kinds[i].curve, kinds[i].cost);
        test_unrelated(kinds[i].curve);
        test_key_identifiers(kinds[i].curve);
        test_delegates(kinds[i].curve, kinds[i].cost);
        test_responder_dates();
        test_wording(kinds[i].curve);
        test_shared_budget();
        close_world();
    }
    test_rsa_costs();
    return check_end();
}
