/* name_constraints_test.c - name constraints, of names and bases that a peer, or a careless
 * authority, may write: what cannot be compared with an excluded name is excluded, and is never
 * permitted. */
#include <string.h>

#include "asn1/der_write.h"
#include "x509/certificate_parse.h"
#include "x509/name_constraints.h"

#include "support/check.h"
#include "support/exact_bytes.h"

/* A string, its length in front, where it may hold a NUL. */
#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const unsigned char *)(text), sizeof(text) - 1                                            \
    }

enum verdict { PERMITTED = 1, EXCLUDED = 2, BOTH = 3, NEITHER = 0 };

typedef struct row {
    enum tls_general_name_kind kind;
    tls_bytes base;
    tls_bytes name;
    /* PERMITTED: a permitted base lets the name in; EXCLUDED: an excluded one keeps it out. */
    enum verdict verdict;
} row;

static const row rows[] = {
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("evil.example"), BOTH},
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("www.EVIL.example"), BOTH},
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("good.example"), NEITHER},
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("www.evil.example."), BOTH},
    {TLS_NAME_DNS, TEXT(".evil.example"), TEXT("www.evil.example"), BOTH},
    {TLS_NAME_DNS, TEXT(".evil.example"), TEXT("evil.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT(".evil.example"), TEXT("good.example"), NEITHER},
    {TLS_NAME_DNS, TEXT("..evil.example"), TEXT("good.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("."), TEXT("good.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT(""), TEXT("good.example"), BOTH},
    {TLS_NAME_DNS, TEXT("az.example"), TEXT("AZ.example"), BOTH},
    {TLS_NAME_DNS, TEXT(""), TEXT("*.good.example"), BOTH},
    {TLS_NAME_DNS, TEXT(""), TEXT(""), EXCLUDED},
    {TLS_NAME_DNS, TEXT(""), TEXT("."), EXCLUDED},
    {TLS_NAME_DNS, TEXT(""), TEXT("good.example.."), EXCLUDED},
    {TLS_NAME_DNS, TEXT(""), TEXT("good.example\0"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("https://evil.example"), TEXT("evil.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("evil .example"), TEXT("evil.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("*.evil.example"), TEXT("www.evil.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("evil.example\0"), TEXT("evil.example"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("evil.example\0"), EXCLUDED},
    {TLS_NAME_DNS, TEXT("evil.example"), TEXT("evil.example "), EXCLUDED},
    {TLS_NAME_DNS, TEXT("www.evil.example"), TEXT("*.evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@evil.example"), BOTH},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@good.example"), NEITHER},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@evil.example."), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@evil.example\0"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@evil.example "), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT(" a@good.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@evil.example@good.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@good.example@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("\"a@b\"@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@[192.0.2.1]"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a@"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT(""), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("!~@evil.example"), BOTH},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a @evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("evil.example"), TEXT("a\x7F@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT(""), TEXT("a@good.example"), BOTH},
    {TLS_NAME_EMAIL, TEXT(""), TEXT("a@"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT(""), TEXT("good.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT(".evil.example"), TEXT("a@mx.evil.example"), BOTH},
    {TLS_NAME_EMAIL, TEXT(".evil.example"), TEXT("a@evil.example"), NEITHER},
    {TLS_NAME_EMAIL, TEXT("evil.example."), TEXT("a@good.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("@evil.example"), TEXT("a@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("a@evil.example"), TEXT("a@EVIL.example"), BOTH},
    {TLS_NAME_EMAIL, TEXT("a@evil.example"), TEXT("b@evil.example"), NEITHER},
    {TLS_NAME_EMAIL, TEXT("a@b@evil.example"), TEXT("a@b@evil.example"), EXCLUDED},
    {TLS_NAME_EMAIL, TEXT("a@.evil.example"), TEXT("a@mx.evil.example"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://evil.example/x"), BOTH},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://u@evil.example:443?x"), BOTH},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://evil.example./"), BOTH},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://good.example/"), NEITHER},
    {TLS_NAME_URI, TEXT(".evil.example"), TEXT("https://www.evil.example/"), BOTH},
    {TLS_NAME_URI, TEXT("https://evil.example"), TEXT("https://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example:443"), TEXT("https://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example/"), TEXT("https://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("good.example"), TEXT("urn:x://good.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("good.example"), TEXT("/://good.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("good.example"), TEXT("https://evil.example\\@good.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("good.example"), TEXT("https://a@evil.example@good.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("good.example"), TEXT("https://good.example\0.evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://%65vil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://evil.example:x/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("192.0.2.1"), TEXT("https://192.0.2.1/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("mailto:a@evil.example"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("aAzZ09+-.://evil.example:0123456789/"), BOTH},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("a`://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("a{://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("a/://evil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://evil.example:8:/"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://evil.example:8.0/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://good.example/"), BOTH},
    {TLS_NAME_URI, TEXT(""), TEXT("a://"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https:///etc"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://a@"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://:443/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://./"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://good.example../"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://*.good.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://%65vil.example/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://192.0.2.1/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://192.0.2.1./"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://[2001:db8::1]/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("https://[v1.a]/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("urn:x"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("a:/"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("a:"), EXCLUDED},
    {TLS_NAME_URI, TEXT(""), TEXT("a"), EXCLUDED},
    {TLS_NAME_URI, TEXT("evil.example"), TEXT("https://192.0.2.1./"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\xFF\xFF\0"), TEXT("\xC0\0\2\1"), BOTH},
    {TLS_NAME_IP, TEXT(""), TEXT("\xC0\0\2\1"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\xFF\xFF\0"), TEXT("\xC0\0\3\1"), NEITHER},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\xFF\xFE\0"), TEXT("\xC0\0\3\1"), BOTH},
    {TLS_NAME_IP, TEXT("\0\0\0\0\0\0\0\0"), TEXT("\xC0\0\3\1"), BOTH},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\0\xFF\0"), TEXT("\x0A\0\0\1"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\0\xFF\0"), TEXT("\xC0\1\2\1"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\xFF\xFD\0"), TEXT("\xC0\0\2\1"), EXCLUDED},
    {TLS_NAME_IP, TEXT("evil.exa"), TEXT("\xC0\0\2\1"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0"), TEXT("\xC0\0\2\0"), EXCLUDED},
    {TLS_NAME_IP, TEXT("\xC0\0\2\0\xFF\xFF\xFF\0"), TEXT("\xC0\0\2\1\0"), EXCLUDED},
    {TLS_NAME_REGISTERED_ID, TEXT("\x2A\3"), TEXT("\x2A\4"), EXCLUDED},
};

static void
put_name(tls_buffer *out, enum tls_general_name_kind kind, tls_bytes value)
{
    tls_der_put(out, TLS_DER_CONTEXT(kind), value);
}

/* obeys: a certificate with these names and this subject, under an authority with one base; each
 * ends where its memory does. */
static int
obeys(const tls_buffer *subtree, int excluded, tls_bytes names, tls_bytes subject)
{
    tls_certificate authority, certificate;
    unsigned long budget = 1000;
    tls_general_name offender;
    tls_bytes base = exact_bytes(tls_buffer_view(subtree));
    int permitted;

    memset(&authority, 0, sizeof authority);
    memset(&certificate, 0, sizeof certificate);
    authority.present = TLS_HAS_NAME_CONSTRAINTS;
    *(excluded ? &authority.excluded_subtrees : &authority.permitted_subtrees) = base;
    certificate.alternative_names = exact_bytes(names);
    certificate.subject = exact_bytes(subject);
    permitted = tls_name_constraints_permit(&authority, &certificate, &budget, &offender);
    release(base);
    release(certificate.alternative_names);
    release(certificate.subject);
    return permitted;
}

static tls_buffer
subtree_of(enum tls_general_name_kind kind, tls_bytes base)
{
    tls_buffer out = {NULL, 0, 0, 0};
    size_t mark = tls_der_open(&out, TLS_DER_SEQUENCE);

    put_name(&out, kind, base);
    tls_der_close(&out, mark);
    return out;
}

static void
test_rows(void)
{
    static const tls_bytes nobody = TEXT("\x30\0");
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row *r = &rows[i];
        tls_buffer subtree = subtree_of(r->kind, r->base), names = {NULL, 0, 0, 0};

        put_name(&names, r->kind, r->name);
        check(obeys(&subtree, 0, tls_buffer_view(&names), nobody) == !!(r->verdict & PERMITTED),
            "row %u: %s permitted, %s", (unsigned)i, (const char *)r->base.data,
            (const char *)r->name.data);
        check(obeys(&subtree, 1, tls_buffer_view(&names), nobody) == !(r->verdict & EXCLUDED),
            "row %u: %s excluded, %s", (unsigned)i, (const char *)r->base.data,
            (const char *)r->name.data);
        tls_buffer_release(&subtree);
        tls_buffer_release(&names);
    }
}

/* ---- Mailboxes in the subject, of each string type ---- */

static tls_buffer
subject_with(unsigned tag, tls_bytes mailbox)
{
    static const unsigned char email[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1};
    tls_buffer out = {NULL, 0, 0, 0};
    size_t name = tls_der_open(&out, TLS_DER_SEQUENCE), set = tls_der_open(&out, TLS_DER_SET),
           pair = tls_der_open(&out, TLS_DER_SEQUENCE);

    tls_der_put_oid(&out, tls_bytes_make(email, sizeof email));
    tls_der_put(&out, tag, mailbox);
    tls_der_close(&out, pair);
    tls_der_close(&out, set);
    tls_der_close(&out, name);
    return out;
}

static void
test_subject(void)
{
    static const tls_bytes base = TEXT("e.example"), none = {NULL, 0};
    static const struct {
        unsigned tag;
        tls_bytes mailbox;
        enum verdict verdict;
    } subjects[] = {
        {TLS_DER_IA5_STRING, TEXT("a@e.example"), BOTH},
        {TLS_DER_IA5_STRING, TEXT("a@g.example"), NEITHER},
        {TLS_DER_UTF8_STRING, TEXT("a@e.example"), BOTH},
        {TLS_DER_BMP_STRING, TEXT("\0a\0@\0e\0.\0e\0x\0a\0m\0p\0l\0e"), BOTH},
        {TLS_DER_BMP_STRING, TEXT("\0a\0@\0g\0.\0e\0x\0a\0m\0p\0l\0e"), NEITHER},
        {TLS_DER_UNIVERSAL_STRING,
            TEXT("\0\0\0a\0\0\0@\0\0\0e\0\0\0.\0\0\0e\0\0\0x\0\0\0a\0\0\0m\0\0\0p\0\0\0l\0\0\0e"),
            BOTH},
        {TLS_DER_OCTET_STRING, TEXT("a@g.example"), EXCLUDED},
        {0x1B /* GeneralString */, TEXT("a@g.example"), EXCLUDED},
        {TLS_DER_IA5_STRING, TEXT("a@e.example@g.example"), EXCLUDED},
        {TLS_DER_UTF8_STRING, TEXT("a@g.ex\xC3\xA4mple"), EXCLUDED},
    };
    tls_buffer subtree = subtree_of(TLS_NAME_EMAIL, base), good = {NULL, 0, 0, 0};
    size_t i;

    put_name(&good, TLS_NAME_EMAIL, tls_bytes_of_string("a@e.example"));
    for (i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        tls_buffer subject = subject_with(subjects[i].tag, subjects[i].mailbox);

        check(obeys(&subtree, 0, none, tls_buffer_view(&subject)) ==
                  !!(subjects[i].verdict & PERMITTED),
            "mailbox %u in the subject, permitted", (unsigned)i);
        check(obeys(&subtree, 1, none, tls_buffer_view(&subject)) ==
                  !(subjects[i].verdict & EXCLUDED),
            "mailbox %u in the subject, excluded", (unsigned)i);
        /* Section 4.2.1.10: with one in the alternative names, the subject's need not be permitted.
         */
        check(obeys(&subtree, 0, tls_buffer_view(&good), tls_buffer_view(&subject)),
            "mailbox %u in the subject and one in the names", (unsigned)i);
        tls_buffer_release(&subject);
    }
    tls_buffer_clear(&good);
    put_name(&good, TLS_NAME_EMAIL, tls_bytes_of_string("a@g.example"));
    {
        tls_buffer subject = subject_with(TLS_DER_IA5_STRING, tls_bytes_of_string("a@e.example"));

        check(!obeys(&subtree, 1, tls_buffer_view(&good), tls_buffer_view(&subject)),
            "an excluded one in the subject beside a good one in the names");
        tls_buffer_release(&subject);
    }
    tls_buffer_release(&good);
    tls_buffer_release(&subtree);
}

/* ---- The extension itself ---- */

static enum tls_reason
parse(const char *value, size_t length, int critical, int *not_understood)
{
    static const unsigned char name_constraints[] = {0x55, 0x1D, 30};
    tls_buffer extensions = {NULL, 0, 0, 0};
    size_t mark = tls_der_open(&extensions, TLS_DER_SEQUENCE);
    tls_certificate certificate;
    int good;

    tls_der_put_oid(&extensions, tls_bytes_make(name_constraints, sizeof name_constraints));
    if (critical)
        tls_der_put_boolean(&extensions, 1);
    tls_der_put(&extensions, TLS_DER_OCTET_STRING, tls_bytes_make(value, length));
    tls_der_close(&extensions, mark);
    memset(&certificate, 0, sizeof certificate);
    certificate.extensions = tls_buffer_view(&extensions);
    good = tls_certificate_parse_extensions(&certificate);
    *not_understood = certificate.unknown_critical;
    tls_buffer_release(&extensions);
    return good ? TLS_OK : TLS_REASON_BAD_CERTIFICATE;
}

static void
test_extension(void)
{
#define VALUE(text) (text), sizeof(text) - 1
    int not_understood;

    check_reason(parse(VALUE("\x30\7\xA1\5\x30\3\x82\1x"), 1, &not_understood), TLS_OK, "a base");
    check(!not_understood, "that is understood");
    check_reason(parse(VALUE("\x30\x0A\xA1\x08\x30\6\x82\1x\x80\1\0"), 1, &not_understood), TLS_OK,
        "minimum 0, written");
    check(!not_understood, "that is understood");
    check_reason(parse(VALUE("\x30\x0A\xA1\x08\x30\6\x82\1x\x80\1\1"), 1, &not_understood),
        TLS_REASON_BAD_CERTIFICATE, "minimum 1");
    check_reason(parse(VALUE("\x30\x0A\xA1\x08\x30\6\x82\1x\x81\1\0"), 1, &not_understood),
        TLS_REASON_BAD_CERTIFICATE, "a maximum");
    check_reason(parse(VALUE("\x30\0"), 1, &not_understood), TLS_OK, "nothing");
    check(not_understood, "which nobody can mean");
    check_reason(parse(VALUE("\x30\2\xA0\0"), 1, &not_understood), TLS_OK, "no permitted one");
    check(not_understood, "which nobody can mean");
    check_reason(parse(VALUE("\x30\4\xA0\0\xA1\0"), 0, &not_understood), TLS_OK, "not critical");
    check(!not_understood, "which does not matter");
}

int
main(void)
{
    test_rows();
    test_subject();
    test_extension();
    return check_end();
}
