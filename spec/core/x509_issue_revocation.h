/* x509_issue_revocation.h - the part of x509_issue_test.c about CRLs, OCSP responses, what
 * verification does with them, and trust stores that are replaced. */
#ifndef X509_ISSUE_REVOCATION_H
#define X509_ISSUE_REVOCATION_H

#include "issue/certificate_issue.h"
#include "issue/crl_build.h"
#include "issue/ocsp_build.h"
#include "x509/trust.h"
#include "x509/verify.h"
#include "x509_issue_support.h"

static tls_crl *
crl(const char *name)
{
    char file[64];
    tls_bytes bytes;
    tls_crl_list *list;
    tls_crl *first;

    snprintf(file, sizeof file, "%s.crl", name);
    bytes = slurp(file);
    must(tls_crls_load(&list, bytes) == TLS_OK, file);
    drop(bytes);
    first = tls_crl_retain(list->items[0]);
    tls_crl_list_release(list);
    return first;
}

static tls_ocsp_response *
ocsp(const char *name)
{
    char file[64];
    tls_bytes bytes;
    tls_ocsp_response *response;

    snprintf(file, sizeof file, "%s.ocsp", name);
    bytes = slurp(file);
    must(tls_ocsp_response_from_der(&response, bytes) == TLS_OK, file);
    drop(bytes);
    return response;
}

static tls_revocation_policy
policy(void)
{
    tls_revocation_policy p;

    memset(&p, 0, sizeof p);
    p.time = now();
    return p;
}

/* ---- CRLs ---- */

static int
parse_crl(tls_bytes bytes)
{
    tls_crl *parsed;
    tls_crl_entry entry;
    enum tls_reason reason = tls_crl_from_der(&parsed, bytes);

    if (reason == TLS_OK)
        tls_crl_find(parsed, &entry, tls_bytes_make("\x12", 1));
    tls_crl_release(parsed);
    return reason == TLS_OK;
}

static void
test_crl_reading(unsigned rounds)
{
    static const struct {
        const char *name;
        enum tls_reason reason;
        const char *unsupported;
    } cases[] = {
        {"int", TLS_OK, NULL},
        {"empty", TLS_OK, NULL},
        {"sha512", TLS_OK, NULL},
        {"user", TLS_OK, NULL},
        {"onlyca", TLS_OK, NULL},
        {"point", TLS_OK, NULL},
        {"sha1", TLS_REASON_WEAK_SIGNATURE, NULL},
        {"by_twin", TLS_REASON_BAD_CRL, NULL},
        {"by_other", TLS_REASON_BAD_CRL, NULL},
        {"delta", TLS_REASON_UNSUPPORTED_CRL, "is a delta CRL"},
        {"indirect", TLS_REASON_UNSUPPORTED_CRL, "is an indirect CRL"},
        {"reasons", TLS_REASON_UNSUPPORTED_CRL, "is about some reasons only"},
        {"critical", TLS_REASON_UNSUPPORTED_CRL, "has a critical extension that is not understood"},
    };
    tls_certificate *issuer = certificate("int"), *revoked = certificate("revoked"),
                    *hold = certificate("hold"), *good = certificate("good"),
                    *nosign = certificate("nosign");
    tls_revocation_policy p = policy();
    tls_crl_entry entry;
    tls_crl *list;
    tls_buffer number = {NULL, 0, 0, 0};
    unsigned char *flipped;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        list = crl(cases[i].name);
        is(tls_crl_check(list, issuer, &p), cases[i].reason, cases[i].name);
        ok((list->unsupported == NULL) == (cases[i].unsupported == NULL) &&
                (list->unsupported == NULL || strcmp(list->unsupported, cases[i].unsupported) == 0),
            "%s: %s", cases[i].name, list->unsupported != NULL ? list->unsupported : "supported");
        tls_crl_release(list);
    }
    list = crl("int");
    ok(list->version == 2 && list->revoked_count == 2 && list->number.length != 0 &&
            list->next_update - list->this_update == 30 * 86400,
        "fields");
    tls_crl_number_text(&number, list);
    ok(number.length == 2, "number");
    ok(tls_crl_find(list, &entry, revoked->serial) && entry.reason == TLS_REVOKED_KEY_COMPROMISE &&
            entry.has_invalidity_date && entry.invalidity_date == 1704164645,
        "revoked, with the date of the compromise");
    ok(tls_crl_find(list, &entry, hold->serial) && entry.reason == TLS_REVOKED_CERTIFICATE_HOLD,
        "on hold");
    ok(!tls_crl_find(list, &entry, good->serial), "good");
    ok(tls_crl_covers(list, good) && !tls_crl_covers(list, issuer),
        "covers what its issuer issued");
    p.time = list->next_update + 10;
    is(tls_crl_check(list, issuer, &p), TLS_REASON_CRL_EXPIRED, "expired");
    p.clock_skew = 10;
    is(tls_crl_check(list, issuer, &p), TLS_OK, "within the skew");
    p.time = list->this_update - 11;
    is(tls_crl_check(list, issuer, &p), TLS_REASON_CRL_NOT_YET_VALID, "not yet");
    p = policy();
    flipped = malloc(list->der.length);
    memcpy(flipped, list->der.data, list->der.length);
    damage("CRL", list->der, parse_crl, rounds);
    flipped[list->der.length - 1] ^= 1;
    {
        tls_crl *wrong;

        must(tls_crl_from_der(&wrong, tls_bytes_make(flipped, list->der.length)) == TLS_OK,
            "flipped");
        is(tls_crl_check(wrong, issuer, &p), TLS_REASON_BAD_CRL, "wrong signature");
        tls_crl_release(wrong);
    }
    free(flipped);
    tls_crl_release(list);
    list = crl("nosign");
    is(tls_crl_check(list, nosign, &p), TLS_REASON_BAD_CRL, "issuer without cRLSign");
    tls_crl_release(list);
    list = crl("point");
    ok(!tls_crl_covers(list, good), "distribution point of no certificate");
    tls_crl_release(list);
    list = crl("onlyca");
    ok(!tls_crl_covers(list, good), "only CAs");
    tls_crl_release(list);
    ok(strcmp(tls_revocation_reason_name(1), "keyCompromise") == 0 &&
            tls_revocation_reason_name(7) == NULL && tls_revocation_reason_name(-1) == NULL &&
            tls_revocation_reason_name(11) == NULL &&
            tls_revocation_reason_from_name(view("CACompromise")) == 2 &&
            tls_revocation_reason_from_name(view("x")) == -1,
        "names of reasons");
    tls_buffer_release(&number);
    tls_certificate_release(issuer);
    tls_certificate_release(revoked);
    tls_certificate_release(hold);
    tls_certificate_release(good);
    tls_certificate_release(nosign);
}

static void
test_crl_issuing(void)
{
    static const char *const issuers[] = {"int", "root"};
    tls_certificate *issuer, *revoked = certificate("revoked");
    tls_private_key *key;
    tls_revocation_policy p = policy();
    tls_crl_entry *entries = calloc(3000, sizeof *entries), entry;
    unsigned char *serials = malloc(3000 * 3);
    tls_crl_fields fields;
    tls_crl *made;
    size_t i, j;
    int all = 1;

    for (i = 0; i < 2; i++) {
        issuer = certificate(issuers[i]);
        key = private_key(issuers[i]);
        memset(&fields, 0, sizeof fields);
        fields.issuer = issuer;
        fields.key = key;
        fields.this_update = now() - 3600;
        fields.next_update = now() + 3600;
        fields.number = tls_bytes_make("\x80\x01", 2);
        is(tls_crl_issue(&made, &fields), TLS_OK, "empty CRL");
        is(tls_crl_check(made, issuer, &p), TLS_OK, "is good");
        tls_crl_release(made);
        fields.entries = entries;
        fields.entry_count = 2;
        memset(entries, 0, 2 * sizeof *entries);
        entries[0].serial = revoked->serial;
        entries[0].revocation_date = now() - 7200;
        entries[0].reason = TLS_REVOKED_SUPERSEDED;
        entries[1].serial = view("\x7F");
        entries[1].revocation_date = 2524608000;
        entries[1].reason = TLS_REVOKED_NO_REASON;
        entries[1].has_invalidity_date = 1;
        entries[1].invalidity_date = 1000000000;
        is(tls_crl_issue(&made, &fields), TLS_OK, "CRL of two");
        ok(tls_crl_find(made, &entry, revoked->serial) && entry.reason == TLS_REVOKED_SUPERSEDED &&
                tls_crl_find(made, &entry, view("\x7F")) && entry.invalidity_date == 1000000000,
            "both are found");
        spit_pem("out.crl", "X509 CRL", made->der);
        expect_sh("verify OK", i == 0 ? "cat root.pem int.pem >ca.pem; openssl crl -in out.crl "
                                        "-CAfile ca.pem -noout -text"
                                      : "openssl crl -in out.crl -CAfile root.pem -noout -text");
        expect_sh("Superseded", "openssl crl -in out.crl -noout -text");
        expect_sh("Sep  9 01:46:40 2001", "openssl crl -in out.crl -noout -text");
        if (i == 0) {
            expect_sh("revoked",
                "openssl verify -crl_check -CAfile ca.pem -CRLfile out.crl revoked.pem || true");
            expect_sh(": OK", "openssl verify -crl_check -CAfile ca.pem -CRLfile out.crl good.pem");
        }
        tls_crl_release(made);
        entries[1].serial = revoked->serial;
        is(tls_crl_issue(&made, &fields), TLS_REASON_BAD_FIELD, "a serial twice");
        entries[1].serial = view("");
        is(tls_crl_issue(&made, &fields), TLS_REASON_BAD_FIELD, "no serial");
        fields.entry_count = 1;
        entries[0].reason = 7;
        is(tls_crl_issue(&made, &fields), TLS_REASON_BAD_FIELD, "reason 7");
        fields.entry_count = 0;
        fields.next_update = fields.this_update - 1;
        is(tls_crl_issue(&made, &fields), TLS_REASON_BAD_FIELD, "ends before it begins");
        fields.next_update = now();
        if (i == 1) { /* Many, in no order. */
            for (j = 0; j < 3000; j++) {
                serials[3 * j] = 0x40;
                serials[3 * j + 1] = (unsigned char)(j * 7919 >> 8);
                serials[3 * j + 2] = (unsigned char)(j * 7919);
                memset(&entries[j], 0, sizeof entries[j]);
                entries[j].serial = tls_bytes_make(serials + 3 * j, 3);
                entries[j].revocation_date = (int64_t)j;
                entries[j].reason = TLS_REVOKED_NO_REASON;
            }
            fields.entries = entries;
            fields.entry_count = 3000;
            is(tls_crl_issue(&made, &fields), TLS_OK, "CRL of 3000");
            for (j = 0; j < 3000; j++)
                all = all && tls_crl_find(made, &entry, entries[j].serial) &&
                      entry.revocation_date == (int64_t)j;
            ok(all && made->revoked_count == 3000 &&
                    !tls_crl_find(made, &entry, view("\x41\x42\x43")),
                "all are found");
            tls_crl_release(made);
        }
        tls_private_key_release(key);
        key = private_key("p256");
        fields.key = key;
        is(tls_crl_issue(&made, &fields), TLS_REASON_KEY_MISMATCH, "another's key");
        tls_private_key_release(key);
        tls_certificate_release(issuer);
    }
    free(entries);
    free(serials);
    tls_certificate_release(revoked);
}

/* ---- OCSP ---- */

static int
parse_ocsp(tls_bytes bytes)
{
    tls_ocsp_response *parsed;
    enum tls_reason reason = tls_ocsp_response_from_der(&parsed, bytes);

    tls_ocsp_response_release(parsed);
    return reason == TLS_OK;
}

static void
test_ocsp_reading(unsigned rounds)
{
    static const struct {
        const char *file;
        const char *certificate;
        enum tls_reason reason;
        enum tls_ocsp_certificate_status status;
        const char *why;
    } cases[] = {
        {"good", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"revoked", "revoked", TLS_OK, TLS_OCSP_REVOKED, NULL},
        {"hold", "hold", TLS_OK, TLS_OCSP_REVOKED, NULL},
        {"unknown", "unknown", TLS_OK, TLS_OCSP_UNKNOWN, NULL},
        {"delegated", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"by_key", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"sha256", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"nonce", "good", TLS_OK, TLS_OCSP_GOOD, NULL},
        {"good", "revoked", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is about another certificate"},
        {"no_certificates", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by nobody that it names"},
        {"wronguse", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by a certificate that is not for OCSP signing"},
        {"stranger", "good", TLS_REASON_BAD_OCSP_RESPONSE, TLS_OCSP_GOOD,
            "is signed by a responder that the certificate's issuer did not certify"},
    };
    tls_certificate *issuer = certificate("int"), *twin = certificate("twin"), *subject;
    tls_revocation_policy p = policy();
    tls_ocsp_response *response;
    tls_ocsp_single single;
    const char *why;
    unsigned char *flipped;
    size_t i, length;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        response = ocsp(cases[i].file);
        subject = certificate(cases[i].certificate);
        is(tls_ocsp_check(response, &single, &why, subject, issuer, &p), cases[i].reason,
            cases[i].file);
        ok(cases[i].reason != TLS_OK || single.status == cases[i].status, "%s: %s", cases[i].file,
            tls_ocsp_certificate_status_name(single.status));
        ok((why == NULL) == (cases[i].why == NULL) &&
                (why == NULL || strcmp(why, cases[i].why) == 0),
            "%s: %s", cases[i].file, why != NULL ? why : "good");
        if (strcmp(cases[i].file, "revoked") == 0)
            ok(single.reason == TLS_REVOKED_KEY_COMPROMISE &&
                    single.revocation_time > now() - 86400,
                "when and why it was revoked");
        if (strcmp(cases[i].file, "nonce") == 0)
            ok(response->nonce.length >= 16, "nonce");
        if (i == 0) {
            p.time = single.next_update + 1;
            is(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
                TLS_REASON_OCSP_EXPIRED, "expired");
            p.clock_skew = 1;
            is(tls_ocsp_check(response, &single, &why, subject, issuer, &p), TLS_OK,
                "within the skew");
            p.time = single.this_update - 2;
            is(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
                TLS_REASON_OCSP_EXPIRED, "not yet");
            p = policy();
            is(tls_ocsp_check(response, &single, &why, subject, twin, &p),
                TLS_REASON_BAD_OCSP_RESPONSE, "an issuer of the same name");
            length = response->der.length;
            flipped = malloc(length);
            memcpy(flipped, response->der.data, length);
            flipped[(size_t)(response->signature.data - response->der.data) + 9] ^= 1;
            tls_ocsp_response_release(response);
            must(tls_ocsp_response_from_der(&response, tls_bytes_make(flipped, length)) == TLS_OK,
                "flipped");
            is(tls_ocsp_check(response, &single, &why, subject, issuer, &p),
                TLS_REASON_BAD_OCSP_RESPONSE, "wrong signature");
            free(flipped);
        }
        tls_ocsp_response_release(response);
        tls_certificate_release(subject);
    }
    response = ocsp("delegated");
    damage("OCSP response", response->der, parse_ocsp, rounds);
    tls_ocsp_response_release(response);
    is(tls_ocsp_response_from_der(&response, tls_bytes_make("\x30\x03\x0A\x01\x03", 5)), TLS_OK,
        "tryLater");
    ok(response->status == TLS_OCSP_TRY_LATER &&
            strcmp(tls_ocsp_response_status_name(response->status), "tryLater") == 0,
        "is its status");
    subject = certificate("good");
    is(tls_ocsp_check(response, &single, &why, subject, issuer, &p), TLS_REASON_BAD_OCSP_RESPONSE,
        "and no answer");
    tls_certificate_release(subject);
    tls_ocsp_response_release(response);
    tls_certificate_release(issuer);
    tls_certificate_release(twin);
}

static void
test_ocsp_building(void)
{
    static const char *const expected[] = {
        "good.pem: unknown", "good.pem: good", "good.pem: revoked"};
    tls_certificate *issuer = certificate("int"), *responder = certificate("responder"),
                    *good = certificate("good");
    tls_private_key *key = private_key("int"), *responder_key = private_key("responder");
    tls_revocation_policy p = policy();
    tls_ocsp_response *made;
    tls_ocsp_single single;
    tls_ocsp_fields fields;
    tls_buffer out = {NULL, 0, 0, 0};
    unsigned i;

    is(tls_ocsp_request_build(&out, good, issuer, 0, view("0123456789abcdef")), TLS_OK, "request");
    spit("out.req", tls_buffer_view(&out));
    expect_sh("30313233343536373839616263646566",
        "openssl ocsp -reqin out.req -req_text -noverify | tr -d ':' ");
    expect_sh("good", "cat root.pem int.pem >ca.pem; openssl ocsp -reqin out.req -index index.txt "
                      "-CA int.pem -rsigner int.pem "
                      "-rkey int.key -ndays 7 -respout answer.ocsp && openssl ocsp -respin "
                      "answer.ocsp -no_nonce -CAfile ca.pem "
                      "-issuer int.pem -cert good.pem");
    made = ocsp("answer");
    ok(made->nonce.length == 16 && memcmp(made->nonce.data, "0123456789abcdef", 16) == 0,
        "the nonce comes back");
    tls_ocsp_response_release(made);
    tls_buffer_clear(&out);
    is(tls_ocsp_request_build(&out, good, issuer, br_sha256_ID, view("")), TLS_OK,
        "request with SHA-256");
    spit("out.req", tls_buffer_view(&out));
    expect_sh("Hash Algorithm: sha256", "openssl ocsp -reqin out.req -req_text -noverify");
    is(tls_ocsp_request_build(&out, good, issuer, br_md5_ID, view("")), TLS_REASON_BAD_FIELD,
        "with MD5");
    for (i = 0; i < 24; i++) {
        memset(&fields, 0, sizeof fields);
        fields.certificate = good;
        fields.issuer = issuer;
        fields.responder = i / 3 % 2 ? responder : NULL;
        fields.key = i / 3 % 2 ? responder_key : key;
        fields.responder_by_key = i / 6 % 2;
        fields.id_hash = i / 12 ? br_sha256_ID : 0;
        fields.status = (enum tls_ocsp_certificate_status)(i % 3);
        fields.revocation_time = now() - 86400;
        fields.reason = i / 6 % 2 ? TLS_REVOKED_KEY_COMPROMISE : TLS_REVOKED_NO_REASON;
        fields.produced_at = fields.this_update = now() - 3600;
        fields.next_update = i / 12 ? INT64_MAX : now() + 3600;
        is(tls_ocsp_response_build(&made, &fields), TLS_OK, "response");
        is(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_OK, "is good");
        ok(single.status == fields.status &&
                (single.status != TLS_OCSP_REVOKED || single.reason == fields.reason),
            "its status");
        spit("out.ocsp", made->der);
        expect_sh("Response verify OK",
            i / 12 ? "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -sha256 -cert "
                     "good.pem"
                   : "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -cert good.pem");
        expect_sh(expected[i % 3],
            i / 12 ? "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -sha256 -cert "
                     "good.pem"
                   : "openssl ocsp -respin out.ocsp -CAfile ca.pem -issuer int.pem -cert good.pem");
        tls_ocsp_response_release(made);
    }
    is(tls_ocsp_response_build(&made, &fields), TLS_OK, "without an end");
    p.time = fields.this_update + TLS_OCSP_MAXIMUM_AGE;
    is(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_OK, "holds for a day");
    p.time++;
    is(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_REASON_OCSP_EXPIRED,
        "and no longer");
    p = policy();
    tls_ocsp_response_release(made);
    fields.key = key;
    is(tls_ocsp_response_build(&made, &fields), TLS_REASON_KEY_MISMATCH, "another's key");
    fields.key = responder_key;
    fields.without_certificate = 1;
    is(tls_ocsp_response_build(&made, &fields), TLS_OK, "without the responder's certificate");
    is(tls_ocsp_check(made, &single, NULL, good, issuer, &p), TLS_REASON_BAD_OCSP_RESPONSE,
        "nobody knows it");
    tls_ocsp_response_release(made);
    fields.next_update = fields.this_update - 1;
    is(tls_ocsp_response_build(&made, &fields), TLS_REASON_BAD_FIELD, "ends before it begins");
    tls_buffer_release(&out);
    tls_certificate_release(issuer);
    tls_certificate_release(responder);
    tls_certificate_release(good);
    tls_private_key_release(key);
    tls_private_key_release(responder_key);
}

/* ---- Verification ---- */

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
    tls_certificate *leaf = certificate(q->leaf), *issuer = certificate("int"),
                    *nosign = certificate("nosign");
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
    request.time = now();
    request.revocation = q->mode;
    request.staple = q->staple;
    request.crl_count = words(names, q->crls);
    for (i = 0; i < request.crl_count; i++)
        crls[i] = crl(names[i]);
    request.crls = (const tls_crl *const *)crls;
    request.ocsp_response_count = words(names, q->responses);
    for (i = 0; i < request.ocsp_response_count; i++)
        responses[i] = ocsp(names[i]);
    request.ocsp_responses = (const tls_ocsp_response *const *)responses;
    tls_verify(&verdict, &request);
    ok(verdict.reason == q->reason, "%s, CRLs %s, OCSP %s: %s (%s), expected %s", q->leaf,
        q->crls != NULL ? q->crls : "-", q->responses != NULL ? q->responses : "-",
        tls_reason_code(verdict.reason), verdict.text, tls_reason_code(q->reason));
    if (q->text != NULL)
        ok(strstr(verdict.text, q->text) != NULL, "\"%s\" has \"%s\"", verdict.text, q->text);
    for (i = 0; i < request.crl_count; i++)
        tls_crl_release(crls[i]);
    for (i = 0; i < request.ocsp_response_count; i++)
        tls_ocsp_response_release(responses[i]);
    tls_certificate_release(leaf);
    tls_certificate_release(issuer);
    tls_certificate_release(nosign);
}

static void
test_verification(void)
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
            "certificate 1 (CN=Intermediate,O=Test) was revoked"},
        {"good", "root_revokes_int int", NULL, TLS_REVOCATION_PATH, 0,
            TLS_REASON_CERTIFICATE_REVOKED, "cACompromise"},
        {"good", "root int", NULL, TLS_REVOCATION_PATH, 0, TLS_OK, NULL},
        {"good", "int", NULL, TLS_REVOCATION_PATH, 0, TLS_REASON_REVOCATION_UNKNOWN,
            "whether certificate 1 (CN=Intermediate"},
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
    tls_trust_store *store;
    tls_certificate *root = certificate("root"), *leaf = certificate("good"),
                    *issuer = certificate("int"), *other = certificate("other");
    const tls_certificate *chain[2];
    tls_crl *list;
    tls_verify_request request;
    tls_verdict verdict;
    unsigned char pins[2][TLS_PIN_LENGTH], hash[TLS_FINGERPRINT_MAXIMUM];
    size_t i;

    must(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_add(store, root) == TLS_OK,
        "store");
    for (i = 0; i < sizeof questions / sizeof questions[0]; i++)
        ask(&questions[i], store);

    memset(&request, 0, sizeof request);
    chain[0] = leaf;
    chain[1] = issuer;
    request.chain = chain;
    request.no_server_name = 1;
    request.count = 2;
    request.trust = store;
    /* Expired CRLs and responses, in words; and clocks that differ. */
    list = crl("short");
    request.crls = (const tls_crl *const *)&list;
    request.crl_count = 1;
    request.time = list->next_update + 86400;
    is(tls_verify(&verdict, &request), TLS_REASON_CRL_EXPIRED, "expired CRL");
    ok(strstr(verdict.text, "has expired: 1 day ago (") != NULL, "%s", verdict.text);
    request.clock_skew = 86400;
    is(tls_verify(&verdict, &request), TLS_OK, "within the skew");
    request.clock_skew = 0;
    request.time = list->this_update - 60;
    tls_verify(&verdict, &request);
    ok(verdict.reason == TLS_REASON_CRL_NOT_YET_VALID ||
            verdict.reason == TLS_REASON_CERTIFICATE_NOT_YET_VALID,
        "CRL of the future: %s", verdict.text);
    tls_crl_release(list);
    request.crl_count = 0;
    request.time = leaf->not_after + 100;
    is(tls_verify(&verdict, &request), TLS_REASON_CERTIFICATE_EXPIRED, "expired");
    request.clock_skew = 160; /* the issuers were made, and end, up to a minute before the leaf */
    is(tls_verify(&verdict, &request), TLS_OK, "within the skew");
    request.clock_skew = 99;
    is(tls_verify(&verdict, &request), TLS_REASON_CERTIFICATE_EXPIRED, "just not");
    request.time = root->not_before - 100;
    is(tls_verify(&verdict, &request), TLS_REASON_CERTIFICATE_NOT_YET_VALID, "not yet");

    /* Pins */
    request.clock_skew = 0;
    request.time = now();
    tls_fingerprint(hash, br_sha256_ID, other->public_key_info);
    memcpy(pins[0], hash, TLS_PIN_LENGTH);
    memcpy(pins[1], hash, TLS_PIN_LENGTH);
    request.pins = (const unsigned char(*)[TLS_PIN_LENGTH])pins;
    request.pin_count = 2;
    is(tls_verify(&verdict, &request), TLS_REASON_PIN_MISMATCH, "another's pin");
    ok(strstr(verdict.text, "pinned keys") != NULL, "%s", verdict.text);
    for (i = 0; i < 3; i++) {
        tls_fingerprint(hash, br_sha256_ID,
            (i == 0      ? leaf
                : i == 1 ? issuer
                         : root)
                ->public_key_info);
        memcpy(pins[1], hash, TLS_PIN_LENGTH);
        is(tls_verify(&verdict, &request), TLS_OK, "pinned leaf, intermediate, root");
    }
    tls_trust_store_add(store, leaf);
    is(tls_verify(&verdict, &request), TLS_REASON_PIN_MISMATCH,
        "the path of a directly trusted leaf is itself");
    tls_trust_store_release(store);
    tls_certificate_release(root);
    tls_certificate_release(leaf);
    tls_certificate_release(issuer);
    tls_certificate_release(other);
}

/* The same verdict as openssl verify -crl_check_all. */
static void
test_same_as_openssl(void)
{
    static const char *const leaves[] = {"good", "revoked", "hold", "staple", "unknown"};
    static const char *const sets[] = {"int root", "empty root", "int root_revokes_int", "int",
        "root", "sha512 root", "user root", "by_twin root"};
    char names[8][32], command[512];
    tls_trust_store *store;
    tls_certificate *root = certificate("root"), *issuer = certificate("int"), *leaf;
    const tls_certificate *chain[2];
    tls_crl *crls[8];
    tls_verify_request request;
    tls_verdict verdict;
    size_t i, j, k;
    int openssl;

    must(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_add(store, root) == TLS_OK,
        "store");
    for (i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        for (j = 0; j < sizeof sets / sizeof sets[0]; j++) {
            leaf = certificate(leaves[i]);
            memset(&request, 0, sizeof request);
            chain[0] = leaf;
            chain[1] = issuer;
            request.chain = chain;
            request.no_server_name = 1;
            request.count = 2;
            request.trust = store;
            request.time = now();
            request.revocation = TLS_REVOCATION_PATH;
            request.crl_count = words(names, sets[j]);
            strcpy(command, "cat");
            for (k = 0; k < request.crl_count; k++) {
                crls[k] = crl(names[k]);
                strcat(strcat(strcat(command, " "), names[k]), ".crl");
            }
            request.crls = (const tls_crl *const *)crls;
            snprintf(command + strlen(command), 256,
                " >all.crl; openssl verify -crl_check_all -extended_crl -CAfile root.pem "
                "-untrusted int.pem -CRLfile all.crl %s.pem",
                leaves[i]);
            openssl = sh(NULL, "%s", command);
            tls_verify(&verdict, &request);
            ok((verdict.reason == TLS_OK) == openssl, "%s with %s: %s, openssl %s", leaves[i],
                sets[j], tls_reason_code(verdict.reason), openssl ? "accepts" : "refuses");
            for (k = 0; k < request.crl_count; k++)
                tls_crl_release(crls[k]);
            tls_certificate_release(leaf);
        }
    }
    tls_trust_store_release(store);
    tls_certificate_release(root);
    tls_certificate_release(issuer);
}

/* ---- Trust stores ---- */

static void
test_trust(void)
{
    tls_trust_store *store, *next = NULL;
    tls_certificate *root = certificate("root"), *other = certificate("other"),
                    *again = certificate("root");
    const tls_certificate *held;
    tls_trust_load_result result;
    tls_bytes files[4];
    size_t position, i;

    must(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_new(&next) == TLS_OK, "stores");
    files[0] = slurp("root.pem");
    files[1] = slurp("p256.key");
    files[2] = slurp("other.pem");
    files[3] = slurp("index.txt");
    is(tls_trust_store_load_files(store, &result, files, 4), TLS_OK, "files of a directory");
    ok(result.added == 2 && result.unusable == 2 && result.duplicates == 0, "what was in them");
    is(tls_trust_store_load_files(store, &result, files, 4), TLS_OK, "again");
    ok(result.added == 0 && result.duplicates == 2, "duplicates");
    is(tls_trust_store_load_files(next, &result, files + 3, 1), TLS_REASON_BAD_PEM,
        "nothing in them");
    is(tls_trust_store_load_files(next, NULL, NULL, 0), TLS_REASON_BAD_PEM, "no files");
    held = tls_trust_store_contains(store, root->der);
    ok(held != NULL && held != again, "held");
    tls_trust_store_add(next, again);
    is(tls_trust_store_replace(store, next), TLS_OK, "replace");
    ok(tls_trust_store_count(store) == 1 && tls_trust_store_contains(store, root->der) == held &&
            tls_trust_store_contains(store, other->der) == NULL,
        "one is gone, the other is the same object");
    position = 0;
    ok(tls_trust_store_find(store, &position, other->subject) == NULL, "nor is its subject found");
    tls_trust_store_release(next);
    must(tls_trust_store_new(&next) == TLS_OK, "store");
    is(tls_trust_store_replace(store, next), TLS_OK, "by an empty one");
    ok(tls_trust_store_count(store) == 0 && held->not_after > 0 &&
            tls_bytes_equal(held->der, root->der),
        "what was given away is still alive");
    for (i = 0; i < 100; i++) {
        tls_trust_store_release(next);
        must(tls_trust_store_new(&next) == TLS_OK, "store");
        if (i & 1)
            tls_trust_store_load_files(next, NULL, files, 4);
        tls_trust_store_replace(store, next);
    }
    ok(tls_trust_store_contains(store, root->der) == held, "the same object comes back");
    is(tls_trust_store_replace(store, store), TLS_OK, "by itself");
    ok(tls_trust_store_count(store) == 2, "changes nothing");
    for (i = 0; i < 4; i++)
        drop(files[i]);
    tls_trust_store_release(store);
    tls_trust_store_release(next);
    tls_certificate_release(root);
    tls_certificate_release(other);
    tls_certificate_release(again);
}

/* A peer cannot get round a CRL with another certificate of its issuer, whose identifier differs.
 */
static void
test_other_identifier(void)
{
    tls_certificate *root = certificate("root"), *issuer = certificate("int"), *variant,
                    *revoked = certificate("revoked"), *good = certificate("good");
    tls_private_key *root_key = private_key("root");
    const tls_certificate *chain[2];
    tls_crl *list = crl("int");
    tls_issue_fields fields;
    tls_trust_store *store;
    tls_verify_request request;
    tls_verdict verdict;

    memset(&fields, 0, sizeof fields);
    fields.issuer = root;
    fields.key = root_key;
    fields.subject = issuer->subject;
    fields.public_key_info = issuer->public_key_info;
    fields.not_before = now() - 3600;
    fields.not_after = now() + 3600;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.subject_key_identifier = view("another");
    is(tls_certificate_issue(&variant, &fields), TLS_OK, "variant");
    must(tls_trust_store_new(&store) == TLS_OK && tls_trust_store_add(store, root) == TLS_OK,
        "store");
    memset(&request, 0, sizeof request);
    chain[0] = revoked;
    chain[1] = variant;
    request.chain = chain;
    request.no_server_name = 1;
    request.count = 2;
    request.trust = store;
    request.time = now();
    request.crls = (const tls_crl *const *)&list;
    request.crl_count = 1;
    is(tls_verify(&verdict, &request), TLS_REASON_CERTIFICATE_REVOKED, "revoked below the variant");
    chain[0] = good;
    request.revocation = TLS_REVOCATION_LEAF;
    is(tls_verify(&verdict, &request), TLS_OK, "good below the variant");
    tls_trust_store_release(store);
    tls_crl_release(list);
    tls_certificate_release(root);
    tls_certificate_release(issuer);
    tls_certificate_release(variant);
    tls_certificate_release(revoked);
    tls_certificate_release(good);
    tls_private_key_release(root_key);
}

static void
test_revocation(unsigned rounds)
{
    test_crl_reading(rounds);
    test_crl_issuing();
    test_ocsp_reading(rounds);
    test_ocsp_building();
    test_verification();
    test_same_as_openssl();
    test_other_identifier();
    test_trust();
}

#endif
