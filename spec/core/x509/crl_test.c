/* crl_test.c - specs of reading CRLs. crl.sh runs it. */
#include <string.h>

#include "asn1/der_write.h"
#include "x509/crl.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/damage.h"
#include "support/exact_bytes.h"

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

#define MUST_NOT "has a critical extension that must not be critical"

static void
test_checking(void)
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
        {"critical_identifier", TLS_REASON_UNSUPPORTED_CRL, MUST_NOT},
        {"critical_freshest", TLS_REASON_UNSUPPORTED_CRL, MUST_NOT},
        {"critical_number", TLS_REASON_UNSUPPORTED_CRL, MUST_NOT},
    };
    tls_certificate *issuer = corpus_certificate("int"), *nosign = corpus_certificate("nosign");
    tls_revocation_policy p = corpus_policy();
    tls_crl *list;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        list = corpus_crl(cases[i].name);
        check_reason(tls_crl_check(list, issuer, &p), cases[i].reason, "%s", cases[i].name);
        check(
            (list->unsupported == NULL) == (cases[i].unsupported == NULL) &&
                (list->unsupported == NULL || strcmp(list->unsupported, cases[i].unsupported) == 0),
            "%s: %s", cases[i].name, list->unsupported != NULL ? list->unsupported : "supported");
        tls_crl_release(list);
    }
    list = corpus_crl("nosign");
    check_reason(tls_crl_check(list, nosign, &p), TLS_REASON_BAD_CRL, "issuer without cRLSign");
    tls_crl_release(list);
    tls_certificate_release(issuer);
    tls_certificate_release(nosign);
}

static void
test_contents(void)
{
    tls_certificate *issuer = corpus_certificate("int"), *revoked = corpus_certificate("revoked"),
                    *hold = corpus_certificate("hold"), *good = corpus_certificate("good");
    tls_buffer number = {NULL, 0, 0, 0};
    tls_crl_entry entry;
    tls_crl *list;

    list = corpus_crl("int");
    check(list->version == 2 && list->revoked_count == 2 && list->number.length != 0 &&
              list->next_update - list->this_update == 30 * 86400,
        "fields");
    tls_crl_number_text(&number, list);
    check(number.length == 2, "number");
    check(tls_crl_find(list, &entry, revoked->serial) &&
              entry.reason == TLS_REVOKED_KEY_COMPROMISE && entry.has_invalidity_date &&
              entry.invalidity_date == 1704164645,
        "revoked, with the date of the compromise");
    check(tls_crl_find(list, &entry, hold->serial) && entry.reason == TLS_REVOKED_CERTIFICATE_HOLD,
        "on hold");
    check(!tls_crl_find(list, &entry, good->serial), "good");
    check(tls_crl_covers(list, good) && !tls_crl_covers(list, issuer),
        "covers what its issuer issued");
    tls_crl_release(list);
    list = corpus_crl("point");
    check(!tls_crl_covers(list, good), "distribution point of no certificate");
    tls_crl_release(list);
    list = corpus_crl("onlyca");
    check(!tls_crl_covers(list, good), "only CAs");
    tls_crl_release(list);
    tls_buffer_release(&number);
    tls_certificate_release(issuer);
    tls_certificate_release(revoked);
    tls_certificate_release(hold);
    tls_certificate_release(good);
}

static void
test_times(void)
{
    tls_certificate *issuer = corpus_certificate("int");
    tls_revocation_policy p = corpus_policy();
    tls_crl *list = corpus_crl("int");

    p.time = list->next_update + 10;
    check_reason(tls_crl_check(list, issuer, &p), TLS_REASON_CRL_EXPIRED, "expired");
    p.clock_skew = 10;
    check_reason(tls_crl_check(list, issuer, &p), TLS_OK, "within the skew");
    p.time = list->this_update - 11;
    check_reason(tls_crl_check(list, issuer, &p), TLS_REASON_CRL_NOT_YET_VALID, "not yet");
    tls_crl_release(list);
    tls_certificate_release(issuer);
}

static void
test_damage(unsigned rounds)
{
    tls_certificate *issuer = corpus_certificate("int");
    tls_revocation_policy p = corpus_policy();
    tls_crl *list = corpus_crl("int"), *wrong;
    tls_bytes flipped = exact_bytes(list->der);

    check_damage("CRL", list->der, parse_crl, rounds);
    exact_change(flipped, flipped.length - 1, 1);
    require(tls_crl_from_der(&wrong, flipped) == TLS_OK, "flipped");
    check_reason(tls_crl_check(wrong, issuer, &p), TLS_REASON_BAD_CRL, "wrong signature");
    tls_crl_release(wrong);
    release(flipped);
    tls_crl_release(list);
    tls_certificate_release(issuer);
}

static void
test_reason_names(void)
{
    check_text(tls_revocation_reason_name(0), "unspecified", "the first reason");
    check_text(tls_revocation_reason_name(10), "aACompromise", "the last reason");
    check(strcmp(tls_revocation_reason_name(1), "keyCompromise") == 0 &&
              tls_revocation_reason_name(7) == NULL && tls_revocation_reason_name(-1) == NULL &&
              tls_revocation_reason_name(11) == NULL &&
              tls_revocation_reason_from_name(tls_bytes_of_string("CACompromise")) == 2 &&
              tls_revocation_reason_from_name(tls_bytes_of_string("x")) == -1,
        "names of reasons");
}

/* ---- An entry's extensions ---- */

#define TIME                                                                                       \
    "\x17\x0D"                                                                                     \
    "260101000000Z"
#define ECDSA_SHA256 "\x30\x0A\6\x08\x2A\x86\x48\xCE\x3D\4\3\2"

static void
put_text(tls_buffer *out, const char *text, size_t length)
{
    tls_buffer_append(out, text, length);
}

#define PUT(out, text) put_text(out, text, sizeof(text) - 1)

/* crl_with_entry reads a CRL of one entry with one extension, "\x55\x1D" `arc`; NULL: it is none.
 */
static tls_crl *
crl_with_entry(unsigned char arc, int critical)
{
    unsigned char oid[] = {0x55, 0x1D, arc};
    tls_buffer out = {NULL, 0, 0, 0};
    tls_crl *crl = NULL;
    size_t marks[6];

    marks[0] = tls_der_open(&out, TLS_DER_SEQUENCE);
    marks[1] = tls_der_open(&out, TLS_DER_SEQUENCE);
    PUT(&out, "\2\1\1" ECDSA_SHA256 "\x30\x0C\x31\x0A\x30\x08\6\3\x55\4\3\x0C\1A" TIME TIME);
    marks[2] = tls_der_open(&out, TLS_DER_SEQUENCE);
    marks[3] = tls_der_open(&out, TLS_DER_SEQUENCE);
    PUT(&out, "\2\1\7" TIME);
    marks[4] = tls_der_open(&out, TLS_DER_SEQUENCE);
    marks[5] = tls_der_open(&out, TLS_DER_SEQUENCE);
    tls_der_put_oid(&out, tls_bytes_make(oid, sizeof oid));
    if (critical)
        tls_der_put_boolean(&out, 1);
    tls_der_put(&out, TLS_DER_OCTET_STRING, tls_bytes_make("\x0A\1\1", 3));
    tls_der_close(&out, marks[5]);
    tls_der_close(&out, marks[4]);
    tls_der_close(&out, marks[3]);
    tls_der_close(&out, marks[2]);
    tls_der_close(&out, marks[1]);
    PUT(&out, ECDSA_SHA256 "\3\x09\0\x30\6\2\1\1\2\1\1");
    tls_der_close(&out, marks[0]);
    check_reason(tls_crl_from_der(&crl, tls_buffer_view(&out)), TLS_OK, "a CRL");
    tls_buffer_release(&out);
    return crl;
}

/* RFC 5280 section 5.3: who does not understand an entry's critical extension may not use the CRL.
 */
static void
test_entry_extensions(void)
{
    static const struct {
        unsigned char arc;
        int critical, supported;
    } rows[] = {{21, 0, 1}, {21, 1, 1}, {99, 0, 1}, {99, 1, 0}};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tls_crl *crl = crl_with_entry(rows[i].arc, rows[i].critical);

        check_number(crl != NULL && crl->unsupported == NULL, rows[i].supported,
            "extension %u, critical %d", rows[i].arc, rows[i].critical);
        tls_crl_release(crl);
    }
}

/* ---- Distribution points ---- */

#define NAME_A "\xA4\x0E\x30\x0C\x31\x0A\x30\x08\6\3\x55\4\3\x0C\1A"
#define NAME_SMALL_A "\xA4\x0E\x30\x0C\x31\x0A\x30\x08\6\3\x55\4\3\x13\1a"
#define NAME_B "\xA4\x0E\x30\x0C\x31\x0A\x30\x08\6\3\x55\4\3\x0C\1B"
#define URI_A "\x86\3a:A"
#define URI_B "\x86\3a:B"
#define DNS_A "\x82\3a:A"
#define POINT(length, inner, names) "\x30" length "\xA0" inner "\xA0" names

/* RFC 5280 section 6.3.3 (b)(2)(i): one name of the CRL's point is one of a point of the
 * certificate's. */
static void
test_distribution_points(void)
{
    static const struct {
        tls_bytes of_crl, of_certificate;
        int covered;
    } rows[] = {
#define ROW(a, b, covered)                                                                         \
    {{(const unsigned char *)(a), sizeof(a) - 1}, {(const unsigned char *)(b), sizeof(b) - 1},     \
        covered}
        ROW("", "", 1),
        ROW(URI_A, "", 0),
        ROW(URI_A, POINT("\x09", "\7", "\5" URI_A), 1),
        ROW(URI_A, POINT("\x09", "\7", "\5" URI_B), 0),
        ROW(URI_A, POINT("\x09", "\7", "\5" DNS_A), 0),
        ROW(URI_B URI_A, POINT("\x0E", "\x0C", "\x0A" DNS_A URI_A), 1),
        ROW(URI_A, POINT("\x09", "\7", "\5" URI_B) POINT("\x09", "\7", "\5" URI_A), 1),
        ROW(URI_A, "\x30\0" POINT("\x09", "\7", "\5" URI_A), 1),
        ROW(NAME_A, POINT("\x14", "\x12", "\x10" NAME_SMALL_A), 1),
        ROW(NAME_A, POINT("\x14", "\x12", "\x10" NAME_B), 0),
    };
    tls_certificate certificate;
    tls_crl crl;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&certificate, 0, sizeof certificate);
        memset(&crl, 0, sizeof crl);
        crl.distribution_point = rows[i].of_crl;
        certificate.distribution_points = rows[i].of_certificate;
        check_number(tls_crl_covers(&crl, &certificate), rows[i].covered, "points %u", (unsigned)i);
    }
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_checking();
    test_contents();
    test_times();
    test_damage(corpus_rounds(300));
    test_reason_names();
    test_entry_extensions();
    test_distribution_points();
    return check_end();
}
