/* unreadable_test.c - whatever bytes a loader refuses, a sentence about them can be asked for: cut,
 * changed, as PEM and as DER, for whatever was wanted. unreadable.sh runs it. */
#include "x509/unreadable.h"

#include <string.h>

#include "asn1/pem.h"
#include "key/key.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/der_kind.h"

#include "support/buffers.h"
#include "support/check.h"
#include "support/corpus.h"
#include "support/damage.h"

static unsigned silent, explained, unprintable;

/* explains asks about bytes as each thing that can be wanted. Returns whether a certificate was
 * read. */
static int
explains(tls_bytes bytes)
{
    tls_bytes password = tls_bytes_of_string("x");
    tls_certificate_list *list;
    tls_buffer out = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_certificates_load(&list, bytes);
    size_t i;
    int wanted;

    for (wanted = TLS_WANTED_CERTIFICATE; wanted <= TLS_WANTED_OCSP_RESPONSE; wanted++) {
        tls_buffer_clear(&out);
        tls_unreadable(&out, (enum tls_wanted)wanted, bytes, &password, TLS_REASON_UNSUPPORTED_KEY);
        for (i = 0; i < out.length; i++)
            unprintable += out.data[i] < ' ' || out.data[i] == 0x7F;
        if (wanted == TLS_WANTED_CERTIFICATE && reason != TLS_OK) {
            silent += out.length == 0;
            explained++;
        }
    }
    tls_certificate_list_release(list);
    tls_buffer_release(&out);
    return reason == TLS_OK;
}

static void
test_damage(unsigned rounds)
{
    static const char *const files[] = {"p256.pem", "ed448.key", "encrypted8.key", "encrypted1.key",
        "k1.key", "rsa4104.key", "p256.traditional.der", "p256.pkcs8.der"};
    tls_certificate *leaf = corpus_certificate("p256");
    tls_bytes bytes;
    size_t i;

    check_damage("certificate", leaf->der, explains, rounds);
    check_number(silent, 0, "certificates are refused without a word, of %u", explained);
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        bytes = corpus_read(files[i]);
        damage_mutations(bytes, explains, rounds);
        damage_prefixes_fail(bytes, explains);
        corpus_free(bytes);
    }
    check_number(unprintable, 0, "bytes that no sentence has");
    tls_certificate_release(leaf);
}

static void
test_kinds(void)
{
    /* BER with indefinite lengths, as browsers and Java export it: RFC 7292 section 4, RFC 5652 */
    static const unsigned char pfx[] = {
        0x30, 0x80, 2, 1, 3, 0x30, 0x80, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1};
    static const unsigned char signed_data[] = {
        0x30, 0x80, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2, 0xA0, 0x80};
    static const unsigned char longest[] = {0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 2, 1, 3};

    check_number(tls_der_kind(tls_bytes_make(pfx, sizeof pfx)), TLS_DER_KIND_PKCS12, "PKCS#12");
    check_number(tls_der_kind(tls_bytes_make(signed_data, sizeof signed_data)), TLS_DER_KIND_PKCS7,
        "PKCS#7");
    check_number(tls_der_length(tls_bytes_make(pfx, sizeof pfx)), 0, "indefinite length");
    check_number(tls_der_length(tls_bytes_make(longest, sizeof longest)), 0x100000005, "length");
    check_number(tls_der_length(tls_bytes_make(longest, 5)), 0, "length that is cut");
    check_number(tls_der_kind(tls_bytes_make(longest, sizeof longest)), TLS_DER_KIND_UNKNOWN,
        "nothing known");
    check(tls_looks_like_path(tls_bytes_of_string("server.pem")), "path");
    check(tls_looks_like_path(tls_bytes_of_string("./server")), "path");
    check(tls_looks_like_path(tls_bytes_of_string("0.pem")), "0 is 0x30, as a SEQUENCE");
    check(!tls_looks_like_path(tls_bytes_of_string("")), "no path");
    check(!tls_looks_like_path(tls_bytes_of_string("MIIB/abc+def=")), "base64");
    check(!tls_looks_like_path(tls_bytes_of_string("a\nb.pem")), "lines");
}

/* says: whether that is told of bytes that are no certificate. */
static int
says(const char *bytes, size_t length, const char *words)
{
    tls_buffer out = {NULL, 0, 0, 0};
    int contains;

    tls_unreadable(&out, TLS_WANTED_CERTIFICATE, tls_bytes_make(bytes, length), NULL,
        TLS_REASON_BAD_CERTIFICATE);
    contains = buffer_contains(&out, words);
    tls_buffer_release(&out);
    return contains;
}

#define SAYS(bytes, words) says(bytes, sizeof(bytes) - 1, words)
#define PEM(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----\n"

static void
test_sentences(void)
{
    check(SAYS("\0t\0e\0x\0t\0\n", "UTF-16 text"), "the high byte first");
    check(SAYS("t\0e\0x\0t\0\n\0", "UTF-16 text"), "the low byte first");
    check(!SAYS("t\0e\0x\0text\n\0", "UTF-16 text"), "not all through");
    check(SAYS(PEM("AAAA\nA"), "characters or padding are missing"), "too short");
    check(SAYS(PEM("AAAA\nAA*A"), "its base64 is damaged"), "a character that is none");
    check(!SAYS(PEM("AAAA\nAA*A"), "characters or padding are missing"), "and nothing else");
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_kinds();
    test_damage(corpus_rounds(300));
    test_sentences();
    return check_end();
}
