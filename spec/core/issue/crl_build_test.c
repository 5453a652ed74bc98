/* crl_build_test.c - specs of issuing CRLs, which openssl reads. crl_build.sh runs it. */
#include <string.h>

#include "issue/crl_build.h"

#include "support/shell.h"
#include "support/corpus.h"

/* An issuer, and a CRL of its that is good but empty. */
struct issuer {
    tls_certificate *certificate;
    tls_private_key *key;
    tls_crl_fields fields;
};

static void
issuer_open(struct issuer *issuer, const char *name)
{
    memset(issuer, 0, sizeof *issuer);
    issuer->certificate = corpus_certificate(name);
    issuer->key = corpus_key(name);
    issuer->fields.issuer = issuer->certificate;
    issuer->fields.key = issuer->key;
    issuer->fields.this_update = corpus_now() - 3600;
    issuer->fields.next_update = corpus_now() + 3600;
    issuer->fields.number = tls_bytes_make("\x80\x01", 2);
}

static void
issuer_close(struct issuer *issuer)
{
    tls_certificate_release(issuer->certificate);
    tls_private_key_release(issuer->key);
}

static void
two_entries(tls_crl_entry entries[2], const tls_certificate *revoked)
{
    memset(entries, 0, 2 * sizeof *entries);
    entries[0].serial = revoked->serial;
    entries[0].revocation_date = corpus_now() - 7200;
    entries[0].reason = TLS_REVOKED_SUPERSEDED;
    entries[1].serial = tls_bytes_of_string("\x7F");
    entries[1].revocation_date = 2524608000;
    entries[1].reason = TLS_REVOKED_NO_REASON;
    entries[1].has_invalidity_date = 1;
    entries[1].invalidity_date = 1000000000;
}

static void
test_issuing(const char *name, const char *verify)
{
    tls_certificate *revoked = corpus_certificate("revoked");
    tls_revocation_policy p = corpus_policy();
    tls_crl_entry entries[2], entry;
    struct issuer issuer;
    tls_crl *made;

    issuer_open(&issuer, name);
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_OK, "empty CRL");
    check_reason(tls_crl_check(made, issuer.certificate, &p), TLS_OK, "is good");
    tls_crl_release(made);
    two_entries(entries, revoked);
    issuer.fields.entries = entries;
    issuer.fields.entry_count = 2;
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_OK, "CRL of two");
    check(tls_crl_find(made, &entry, revoked->serial) && entry.reason == TLS_REVOKED_SUPERSEDED &&
              tls_crl_find(made, &entry, tls_bytes_of_string("\x7F")) &&
              entry.invalidity_date == 1000000000,
        "both are found");
    corpus_write_pem("out.crl", "X509 CRL", made->der);
    check_shell("verify OK", verify);
    check_shell("Superseded", "openssl crl -in out.crl -noout -text");
    check_shell("Sep  9 01:46:40 2001", "openssl crl -in out.crl -noout -text");
    tls_crl_release(made);
    issuer_close(&issuer);
    tls_certificate_release(revoked);
}

/* What is in out.crl after int issued it. */
static void
test_openssl_revokes(void)
{
    check_shell(
        "revoked", "openssl verify -crl_check -CAfile ca.pem -CRLfile out.crl revoked.pem || true");
    check_shell(": OK", "openssl verify -crl_check -CAfile ca.pem -CRLfile out.crl good.pem");
}

static void
test_refused(const char *name)
{
    tls_certificate *revoked = corpus_certificate("revoked");
    tls_private_key *key;
    tls_crl_entry entries[2];
    struct issuer issuer;
    tls_crl *made;

    issuer_open(&issuer, name);
    two_entries(entries, revoked);
    issuer.fields.entries = entries;
    issuer.fields.entry_count = 2;
    entries[1].serial = revoked->serial;
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_REASON_BAD_FIELD, "a serial twice");
    entries[1].serial = tls_bytes_of_string("");
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_REASON_BAD_FIELD, "no serial");
    issuer.fields.entry_count = 1;
    entries[0].reason = 7;
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_REASON_BAD_FIELD, "reason 7");
    issuer.fields.entry_count = 0;
    issuer.fields.next_update = issuer.fields.this_update - 1;
    check_reason(
        tls_crl_issue(&made, &issuer.fields), TLS_REASON_BAD_FIELD, "ends before it begins");
    issuer.fields.next_update = corpus_now();
    key = corpus_key("p256");
    issuer.fields.key = key;
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_REASON_KEY_MISMATCH, "another's key");
    tls_private_key_release(key);
    issuer_close(&issuer);
    tls_certificate_release(revoked);
}

#define MANY 3000

/* Many, in no order. */
static void
test_many(void)
{
    static tls_crl_entry entries[MANY];
    static unsigned char serials[MANY][3];
    tls_crl_entry entry;
    struct issuer issuer;
    tls_crl *made;
    size_t i;
    int all = 1;

    for (i = 0; i < MANY; i++) {
        serials[i][0] = 0x40;
        serials[i][1] = (unsigned char)(i * 7919 >> 8);
        serials[i][2] = (unsigned char)(i * 7919);
        entries[i].serial = tls_bytes_make(serials[i], 3);
        entries[i].revocation_date = (int64_t)i;
        entries[i].reason = TLS_REVOKED_NO_REASON;
    }
    issuer_open(&issuer, "root");
    issuer.fields.entries = entries;
    issuer.fields.entry_count = MANY;
    check_reason(tls_crl_issue(&made, &issuer.fields), TLS_OK, "CRL of many");
    for (i = 0; i < MANY; i++)
        all = all && tls_crl_find(made, &entry, entries[i].serial) &&
              entry.revocation_date == (int64_t)i;
    check(all && made->revoked_count == MANY &&
              !tls_crl_find(made, &entry, tls_bytes_of_string("\x41\x42\x43")),
        "all are found");
    tls_crl_release(made);
    issuer_close(&issuer);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_issuing("int", "cat root.pem int.pem >ca.pem; openssl crl -in out.crl -CAfile ca.pem "
                        "-noout -text");
    test_openssl_revokes();
    test_issuing("root", "openssl crl -in out.crl -CAfile root.pem -noout -text");
    test_refused("int");
    test_refused("root");
    test_many();
    return check_end();
}
