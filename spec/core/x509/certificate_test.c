/* certificate_test.c - specs of what is read from certificates, beside openssl. certificate.sh runs
 * it. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "x509/distinguished_name.h"
#include "x509/certificate.h"
#include "asn1/der.h"
#include "asn1/der_write.h"
#include "x509/certificate_parse.h"

#include "support/buffers.h"
#include "support/corpus.h"

static void
test_certificate(void)
{
    tls_certificate *leaf = corpus_certificate("rsa3072"), *root = corpus_certificate("root");
    tls_buffer out = {NULL, 0, 0, 0};
    tls_der der;
    tls_general_name name;
    tls_extension_view extension;
    tls_bytes oid;
    const char *known;
    unsigned count = 0;

    tls_general_names_begin(&der, leaf->alternative_names);
    while (tls_general_names_next(&der, &name)) {
        tls_buffer_append(&out, tls_general_name_kind_name(name.kind),
            strlen(tls_general_name_kind_name(name.kind)));
        tls_buffer_append(&out, ":", 1);
        tls_general_name_text(&out, &name);
        tls_buffer_append(&out, " ", 1);
    }
    check_buffer(&out,
        "DNS:www.example.com DNS:*.wild.example.com IP:192.0.2.1 IP:2001:db8::1 "
        "email:a@example.com URI:https://example.com/x dirName:CN=Inner,O=Some Org ");
    tls_der_init(&der, leaf->extended_key_usages);
    while (tls_purpose_next(&der, &oid)) {
        known = tls_extended_key_usage_name(oid);
        if (known != NULL)
            tls_buffer_append(&out, known, strlen(known));
        else
            tls_oid_text(&out, oid);
        tls_buffer_append(&out, " ", 1);
    }
    check_buffer(&out, "serverAuth clientAuth 1.2.3.4 ");
    check(leaf->version == 3 && !leaf->is_ca && leaf->path_length == -1 && leaf->must_staple &&
              leaf->key_usage == (TLS_KEY_USAGE_DIGITAL_SIGNATURE | TLS_KEY_USAGE_KEY_ENCIPHERMENT),
        "leaf fields");
    check(root->is_ca && root->self_issued && tls_certificate_is_self_signed(root) &&
              root->key_usage == TLS_KEY_USAGE_KEY_CERT_SIGN,
        "root fields");
    check(!tls_certificate_is_self_signed(leaf), "leaf is not self-signed");
    check(
        strcmp(tls_signature_algorithm_name(&leaf->signature_algorithm), "ecdsa-with-SHA256") == 0,
        "signature algorithm name");
    check(
        tls_bytes_equal_string(tls_certificate_ocsp_uri(leaf, 0), "http://ocsp.example/") &&
            tls_certificate_ocsp_uri(leaf, 1).length == 0 &&
            tls_bytes_equal_string(
                tls_certificate_issuer_uri(leaf, 0), "http://ca.example/i.der") &&
            tls_bytes_equal_string(tls_certificate_crl_uri(leaf, 0), "http://crl.example/c.crl") &&
            tls_bytes_equal_string(tls_certificate_crl_uri(leaf, 1), "http://crl2.example/c.crl") &&
            tls_certificate_crl_uri(leaf, 2).length == 0,
        "AIA and CRL URIs");
    tls_der_init(&der, leaf->extensions);
    while (tls_certificate_extension_next(&der, &extension))
        count += tls_extension_name(extension.oid) != NULL;
    check(count == 9, "extensions, all known");
    tls_buffer_release(&out);
    tls_certificate_release(leaf);
    tls_certificate_release(root);
}

static void
describe(tls_buffer *out, const tls_certificate *c)
{
    unsigned char hash[TLS_FINGERPRINT_MAXIMUM];
    size_t length = tls_fingerprint(hash, br_sha256_ID, c->der), i, start;
    char text[21], byte[4];

    tls_buffer_append(out, "subject=", 8);
    tls_name_text(out, c->subject);
    tls_buffer_append(out, "\nissuer=", 8);
    tls_name_text(out, c->issuer);
    tls_buffer_append(out, "\nserial=", 8);
    start = out->length;
    tls_certificate_serial_text(out, c);
    for (i = start; i < out->length; i++)
        if (out->data[i] >= 'a')
            out->data[i] -= 32;
    tls_time_text(text, c->not_before);
    text[10] = ' ';
    tls_buffer_append(out, "\nnotBefore=", 11);
    tls_buffer_append(out, text, 20);
    tls_time_text(text, c->not_after);
    text[10] = ' ';
    tls_buffer_append(out, "\nnotAfter=", 10);
    tls_buffer_append(out, text, 20);
    tls_buffer_append(out, "\nsha256 Fingerprint", 19);
    for (i = 0; i < length; i++) {
        snprintf(byte, sizeof byte, "%c%02X", i ? ':' : '=', hash[i]);
        tls_buffer_append(out, byte, 3);
    }
    tls_buffer_append(out, "\n", 1);
}

/* same_lines prints the lines that differ. Returns how many there are, and 0 when any differs. */
static size_t
same_lines(tls_bytes openssl, tls_bytes ours)
{
    const unsigned char *theirs = openssl.data, *theirs_end = theirs + openssl.length;
    const unsigned char *mine = ours.data, *mine_end = mine + ours.length;
    const unsigned char *next, *mine_next;
    size_t lines = 0;
    int same = 1;

    while (theirs < theirs_end && mine < mine_end) {
        next = memchr(theirs, '\n', (size_t)(theirs_end - theirs));
        mine_next = memchr(mine, '\n', (size_t)(mine_end - mine));
        lines++;
        if (!tls_bytes_equal(tls_bytes_make(theirs, (size_t)(next - theirs)),
                tls_bytes_make(mine, (size_t)(mine_next - mine)))) {
            same = 0;
            printf("# openssl: %.*s\n# ours:    %.*s\n", (int)(next - theirs), theirs,
                (int)(mine_next - mine), mine);
        }
        theirs = next + 1;
        mine = mine_next + 1;
    }
    return same && theirs == theirs_end && mine == mine_end ? lines : 0;
}

/* The system's certificates and some of the corpus, as openssl prints them. */
static void
test_bundle(void)
{
    static const char *const names[] = {"utf8", "p256", "root"};
    tls_bytes bundle = corpus_read(CORPUS_BUNDLE);
    tls_bytes expected = corpus_read("bundle.expected");
    tls_buffer out = {NULL, 0, 0, 0};
    tls_certificate_list *list;
    size_t i, lines;

    check(tls_certificates_load(&list, bundle) == TLS_OK, "bundle as a list");
    for (i = 0; i < list->count; i++)
        describe(&out, list->items[i]);
    for (i = 0; i < 3; i++) {
        tls_certificate *extra = corpus_certificate(names[i]);

        describe(&out, extra);
        tls_certificate_release(extra);
    }
    lines = same_lines(expected, tls_buffer_view(&out));
    check(lines == (list->count + 3) * 6,
        "subjects, issuers, serials, dates, fingerprints as openssl prints them");
    printf("# %u certificates, %u lines compared\n", (unsigned)list->count, (unsigned)lines);
    tls_certificate_list_release(list);
    tls_buffer_release(&out);
    corpus_free(bundle);
    corpus_free(expected);
}

/* parse_authority_key_identifier reads a certificate's extensions, which are this one. */
static int
parse_authority_key_identifier(tls_bytes value)
{
    static const unsigned char identifier[] = {0x55, 0x1D, 35};
    tls_buffer extensions = {NULL, 0, 0, 0};
    size_t mark = tls_der_open(&extensions, TLS_DER_SEQUENCE);
    tls_certificate certificate;
    int good;

    tls_der_put_oid(&extensions, tls_bytes_make(identifier, sizeof identifier));
    tls_der_put(&extensions, TLS_DER_OCTET_STRING, value);
    tls_der_close(&extensions, mark);
    memset(&certificate, 0, sizeof certificate);
    certificate.extensions = tls_buffer_view(&extensions);
    good = tls_certificate_parse_extensions(&certificate);
    tls_buffer_release(&extensions);
    return good;
}

static void
test_key_identifiers(void)
{
    check(parse_authority_key_identifier(tls_bytes_make("\x30\3\x80\1x", 5)), "a key identifier");
    check(parse_authority_key_identifier(tls_bytes_make("\x30\0", 2)), "none");
    check(!parse_authority_key_identifier(tls_bytes_make("\x30\3\x80\2x", 5)),
        "longer than what is round it");
    check(!parse_authority_key_identifier(tls_bytes_make("\x30\3\x80\1x\5\0", 7)),
        "something behind");
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_certificate();
    test_bundle();
    test_key_identifiers();
    return check_end();
}
