/* certificate_issue_test.c - specs of issuing certificates, which openssl verifies and prints as we
 * do. certificate_issue.sh runs it. */
#include <string.h>
#include <bearssl.h>

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "issue/distinguished_name_build.h"
#include "issue/signing_request.h"

#include "support/buffers.h"
#include "support/shell.h"
#include "support/corpus.h"
#include "support/issued.h"

static const unsigned char private_oid[] = {0x2A, 3, 4, 5};
static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};

#define KINDS (sizeof kinds / sizeof kinds[0])

static tls_certificate *
make_ca(tls_private_key *key, const char *subject, int hash)
{
    tls_buffer name = {NULL, 0, 0, 0};
    tls_certificate *ca = NULL;
    tls_issue_fields fields;

    require(tls_name_from_text(&name, tls_bytes_of_string(subject)) == TLS_OK, "%s", subject);
    memset(&fields, 0, sizeof fields);
    fields.key = key;
    fields.hash = hash;
    fields.subject = tls_buffer_view(&name);
    fields.not_before = corpus_now() - 3600;
    fields.not_after = corpus_now() + 86400 * 3650;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.has_path_length = 1;
    fields.extensions.path_length = 1;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_CERT_SIGN | TLS_KEY_USAGE_CRL_SIGN;
    check_reason(tls_certificate_issue(&ca, &fields), TLS_OK, "%s", subject);
    require(ca != NULL, "%s", subject);
    tls_buffer_release(&name);
    return ca;
}

/* Every extension there is a field for. The arrays belong to the caller. */
struct leaf_arrays {
    tls_general_name names[5];
    tls_bytes usages[2];
    tls_bytes uri;
};

static void
every_extension(tls_extension_fields *extensions, struct leaf_arrays *arrays)
{
    static const unsigned char server_auth[] = {0x2B, 6, 1, 5, 5, 7, 3, 1}, ip4[] = {192, 0, 2, 1};
    static const unsigned char ip6[] = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    arrays->uri = tls_bytes_of_string("http://example.com/x");
    arrays->names[0].kind = TLS_NAME_DNS;
    arrays->names[0].value = tls_bytes_of_string("www.example.com");
    arrays->names[1].kind = TLS_NAME_IP;
    arrays->names[1].value = tls_bytes_make(ip4, sizeof ip4);
    arrays->names[2].kind = TLS_NAME_IP;
    arrays->names[2].value = tls_bytes_make(ip6, sizeof ip6);
    arrays->names[3].kind = TLS_NAME_EMAIL;
    arrays->names[3].value = tls_bytes_of_string("a@example.com");
    arrays->names[4].kind = TLS_NAME_URI;
    arrays->names[4].value = arrays->uri;
    arrays->usages[0] = tls_bytes_make(server_auth, sizeof server_auth);
    arrays->usages[1] = tls_bytes_make(private_oid, sizeof private_oid);
    extensions->basic_constraints = TLS_BASIC_CONSTRAINTS_LEAF;
    extensions->key_usage =
        TLS_KEY_USAGE_DIGITAL_SIGNATURE | TLS_KEY_USAGE_DECIPHER_ONLY | TLS_KEY_USAGE_KEY_AGREEMENT;
    extensions->extended_key_usages = arrays->usages;
    extensions->extended_key_usage_count = 2;
    extensions->alternative_names = arrays->names;
    extensions->alternative_name_count = 5;
    extensions->ocsp_uris = &arrays->uri;
    extensions->ocsp_uri_count = 1;
    extensions->issuer_uris = &arrays->uri;
    extensions->issuer_uri_count = 1;
    extensions->crl_uris = &arrays->uri;
    extensions->crl_uri_count = 1;
    extensions->must_staple = 1;
}

/* check_extra: an extension of one's own is in the certificate. */
static void
check_extra(tls_issue_fields fields)
{
    static const unsigned char utf8_string[] = {0x0C, 1, 'x'};
    tls_extension_view extra, found;
    tls_certificate *made;

    memset(&extra, 0, sizeof extra);
    extra.oid = tls_bytes_make(private_oid, sizeof private_oid);
    extra.value = tls_bytes_make(utf8_string, sizeof utf8_string);
    fields.extensions.extra = &extra;
    fields.extensions.extra_count = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "with an extension of one's own");
    check(tls_certificate_extension(made, &found, extra.oid) &&
              tls_bytes_equal(found.value, extra.value),
        "it is there");
    tls_certificate_release(made);
}

static tls_certificate *
make_leaf(const tls_certificate *issuer, tls_private_key *issuer_key,
    const tls_certificate_request *request)
{
    struct leaf_arrays arrays;
    tls_issue_fields fields;
    tls_certificate *leaf = NULL;

    memset(&fields, 0, sizeof fields);
    memset(&arrays, 0, sizeof arrays);
    fields.issuer = issuer;
    fields.key = issuer_key;
    fields.request = request;
    fields.not_before = corpus_now() - 3600;
    fields.not_after = corpus_now() + 86400;
    fields.serial = tls_bytes_of_string("\x12\x34");
    every_extension(&fields.extensions, &arrays);
    check_reason(tls_certificate_issue(&leaf, &fields), TLS_OK, "leaf");
    require(leaf != NULL, "leaf");
    check_extra(fields); /* apart: openssl prints unknown ones in its own way */
    return leaf;
}

static tls_certificate_request *
make_request(tls_private_key *key, const char *subject)
{
    tls_general_name name = {TLS_NAME_DNS, {NULL, 0}};
    tls_buffer encoded = {NULL, 0, 0, 0};
    tls_certificate_request *request = NULL;
    tls_request_fields fields;

    name.value = tls_bytes_of_string("requested.example.com");
    memset(&fields, 0, sizeof fields);
    tls_name_from_text(&encoded, tls_bytes_of_string(subject));
    fields.key = key;
    fields.subject = tls_buffer_view(&encoded);
    if (subject[0] != '\0') {
        fields.extensions.alternative_names = &name;
        fields.extensions.alternative_name_count = 1;
    }
    check_reason(tls_certificate_request_build(&request, &fields), TLS_OK, "request");
    require(request != NULL, "request");
    tls_buffer_release(&encoded);
    return request;
}

static void
test_issue(void)
{
    static const int hashes[] = {0, br_sha256_ID, br_sha384_ID, br_sha512_ID};
    tls_certificate *ca, *leaf;
    tls_certificate_request *request;
    tls_private_key *key, *leaf_key = corpus_key("p256");
    tls_certificate_request *requests[2];
    size_t i;

    requests[0] = make_request(leaf_key, "CN=leaf,O=Org");
    corpus_write_pem("out.csr", "CERTIFICATE REQUEST", requests[0]->der);
    check_shell("DNS:requested.example.com", "openssl req -in out.csr -noout -verify -text 2>&1");
    requests[1] = make_request(leaf_key, "");
    corpus_write_pem("out.csr", "CERTIFICATE REQUEST", requests[1]->der);
    check_shell("verify OK", "openssl req -in out.csr -noout -verify -text 2>&1");
    for (i = 0; i < KINDS * 4; i++) {
        key = corpus_key(kinds[i / 4]);
        request = requests[i & 1];
        ca = make_ca(key, "CN=CA \xC3\xA4,O=Test\\, Inc.,C=DE", hashes[i & 3]);
        check_issued("out_ca.pem", ca);
        leaf = make_leaf(ca, key, request);
        check_issued("out.pem", leaf);
        check(leaf->must_staple && leaf->serial.length == 2 && !leaf->is_ca &&
                  leaf->extensions.length != 0 &&
                  tls_bytes_equal(leaf->public_key_info, request->wanted.public_key_info) &&
                  tls_bytes_equal(leaf->subject, request->wanted.subject) &&
                  tls_certificate_is_self_signed(ca),
            "fields are what was asked for");
        check_shell(": OK", "openssl verify -x509_strict -CAfile out_ca.pem -verify_hostname "
                            "www.example.com out.pem");
        check_shell(": OK", "openssl verify -x509_strict -purpose sslserver -CAfile out_ca.pem "
                            "-verify_ip 2001:db8::1 out.pem");
        tls_certificate_release(ca);
        tls_certificate_release(leaf);
        tls_private_key_release(key);
    }
    tls_certificate_request_release(requests[0]);
    tls_certificate_request_release(requests[1]);
    tls_private_key_release(leaf_key);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_issue();
    return check_end();
}
