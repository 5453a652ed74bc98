/* issue_fields_test.c - specs of what is refused when a certificate is issued, and of what is taken
 * over from requests. issue_fields.sh runs it. */
#include <string.h>
#include <bearssl.h>

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "issue/distinguished_name_build.h"
#include "issue/signing_request.h"

#include "support/shell.h"
#include "support/corpus.h"
#include "support/issued.h"

/* The issuer, a request, and fields that are good. */
static tls_certificate *root;
static tls_private_key *key;
static tls_certificate_request *request;
static tls_issue_fields good;

static void
prepare(void)
{
    tls_bytes bytes = corpus_read("full.csr");

    root = corpus_certificate("root");
    key = corpus_key("root");
    require(tls_certificate_request_load(&request, bytes) == TLS_OK, "full.csr");
    corpus_free(bytes);
    memset(&good, 0, sizeof good);
    good.issuer = root;
    good.key = key;
    good.request = request;
    good.not_before = corpus_now() - 60;
    good.not_after = corpus_now() + 60;
}

static void
test_taken_over(void)
{
    tls_general_name name = {TLS_NAME_DNS, {NULL, 0}};
    tls_issue_fields fields;
    tls_certificate *made;

    fields = good;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "from a request");
    check(made->present == (TLS_HAS_SUBJECT_KEY_IDENTIFIER | TLS_HAS_AUTHORITY_KEY_IDENTIFIER) &&
              made->serial.length == 20 && made->serial.data[0] < 0x80 &&
              tls_bytes_equal(made->authority_key_identifier, root->subject_key_identifier),
        "nothing that it asks for is taken over, serial and identifiers are made");
    tls_certificate_release(made);
    fields.accept = TLS_HAS_SUBJECT_ALTERNATIVE_NAME | TLS_HAS_KEY_USAGE |
                    TLS_HAS_EXTENDED_KEY_USAGE | TLS_HAS_TLS_FEATURE | TLS_HAS_BASIC_CONSTRAINTS;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "what it asks for");
    check(made->must_staple && !made->is_ca &&
              made->extended_key_usage == TLS_EXTENDED_SERVER_AUTH &&
              made->key_usage == TLS_KEY_USAGE_DIGITAL_SIGNATURE &&
              tls_bytes_equal(made->alternative_names, request->wanted.alternative_names),
        "is taken over, but never to be a CA");
    tls_certificate_release(made);
    name.value = tls_bytes_of_string("b.example.com");
    fields.extensions.alternative_names = &name;
    fields.extensions.alternative_name_count = 1;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_AGREEMENT;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "what the issuer sets");
    check(made->key_usage == TLS_KEY_USAGE_KEY_AGREEMENT && made->alternative_names.length == 15,
        "comes first");
    tls_certificate_release(made);
}

static void
test_keys(void)
{
    tls_private_key *other = corpus_key("p256");
    tls_issue_fields fields;
    tls_certificate *made;

    fields = good;
    fields.key = other;
    check_reason(
        tls_certificate_issue(&made, &fields), TLS_REASON_KEY_MISMATCH, "not the issuer's key");
    fields = good;
    fields.issuer = NULL;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_KEY_MISMATCH,
        "self-signed for another's request");
    fields = good;
    fields.request = NULL;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "no public key");
    fields.public_key_info = tls_bytes_of_string("x");
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "bad public key");
    tls_private_key_release(other);
}

static void
test_values(void)
{
    static const unsigned char long_serial[21] = {1}, top_serial[20] = {0x80};
    tls_issue_fields fields;
    tls_certificate *made;

    fields = good;
    fields.not_after = fields.not_before - 1;
    check_reason(
        tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "ends before it begins");
    fields = good;
    fields.not_after = 253402300800;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "year 10000");
    fields = good;
    fields.hash = br_sha1_ID;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "SHA-1");
    fields = good;
    fields.serial = tls_bytes_make(long_serial, sizeof long_serial);
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "serial of 21 bytes");
    fields.serial = tls_bytes_make(top_serial, sizeof top_serial);
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD,
        "serial of 21 bytes with its sign");
    fields.serial = tls_bytes_make("\0\0", 2);
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "serial zero");
    fields = good;
    fields.subject = tls_bytes_of_string("x");
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_NAME, "bad subject");
    fields = good;
    fields.extensions.has_path_length = 1;
    check_reason(
        tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "path length without a CA");
    fields = good;
    fields.extensions.key_usage = 1 << 9;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "key usage bit 9");
}

static void
test_extra_extensions(void)
{
    tls_extension_view twice[2];
    tls_issue_fields fields;
    tls_certificate *made;

    fields = good;
    memset(twice, 0, sizeof twice);
    twice[0].oid = twice[1].oid = tls_bytes_make("\x2A\x03", 2);
    twice[0].value = twice[1].value = tls_bytes_make("\x05\0", 2);
    fields.extensions.extra = twice;
    fields.extensions.extra_count = 2;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "extension twice");
    twice[1].oid = tls_bytes_make("\x55\x1D\x0F", 3);
    twice[1].value = tls_bytes_make("\x03\x02\x07\x80", 4);
    fields.extensions.key_usage = TLS_KEY_USAGE_DIGITAL_SIGNATURE;
    check_reason(
        tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "extension and field");
    fields.extensions.key_usage = 0;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "or just the extension");
    tls_certificate_release(made);
    twice[1].value = tls_bytes_of_string("xy");
    check_reason(
        tls_certificate_issue(&made, &fields), TLS_REASON_BAD_FIELD, "value that is no DER");
}

static void
test_signers(void)
{
    tls_private_key *pss = corpus_key("pss"), *external;
    tls_issue_fields fields;
    tls_certificate *made;

    memset(&fields, 0, sizeof fields);
    fields.key = pss;
    fields.not_after = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "PSS-only key");
    check(made->signature_algorithm.kind == TLS_SIGNATURE_RSA_PSS &&
              made->signature_algorithm.salt_length == 32 && tls_certificate_is_self_signed(made),
        "signs by PSS");
    tls_certificate_release(made);
    require(tls_private_key_external(&external, tls_private_key_public(key)) == TLS_OK, "external");
    fields.key = external;
    check_reason(tls_certificate_issue(&made, &fields), TLS_REASON_SIGN_FAILED, "external key");
    fields.key = key;
    fields.without_subject_key_identifier = fields.without_authority_key_identifier = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "no extensions at all");
    check(made->extensions.length == 0 && tls_certificate_is_self_signed(made), "none");
    check_issued("out.pem", made);
    tls_certificate_release(made);
    tls_private_key_release(pss);
    tls_private_key_release(external);
}

static void
test_name_constraints(void)
{
    static const unsigned char net[8] = {192, 0, 2, 0, 255, 255, 255, 0};
    tls_buffer subject = {NULL, 0, 0, 0}, org = {NULL, 0, 0, 0};
    tls_general_name subtree[4];
    tls_issue_fields fields;
    tls_certificate *made;

    tls_name_from_text(&subject, tls_bytes_of_string("CN=Constrained"));
    tls_name_from_text(&org, tls_bytes_of_string("O=Good"));
    fields = good;
    fields.request = NULL;
    fields.subject = tls_buffer_view(&subject);
    fields.public_key_info = root->public_key_info;
    fields.extensions.basic_constraints = TLS_BASIC_CONSTRAINTS_CA;
    fields.extensions.key_usage = TLS_KEY_USAGE_KEY_CERT_SIGN;
    subtree[0].kind = TLS_NAME_DNS;
    subtree[0].value = tls_bytes_of_string("example.com");
    subtree[1].kind = TLS_NAME_IP;
    subtree[1].value = tls_bytes_make(net, sizeof net);
    subtree[2].kind = TLS_NAME_EMAIL;
    subtree[2].value = tls_bytes_of_string(".example.com");
    subtree[3].kind = TLS_NAME_DIRECTORY;
    subtree[3].value = tls_buffer_view(&org);
    fields.extensions.permitted_names = subtree;
    fields.extensions.permitted_name_count = 4;
    fields.extensions.excluded_names = subtree;
    fields.extensions.excluded_name_count = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "name constraints");
    corpus_write_pem("out.pem", "CERTIFICATE", made->der);
    check_shell("IP:192.0.2.0/255.255.255.0",
        "openssl x509 -in out.pem -noout -text | grep -A8 'Name Constraints: critical'");
    check_shell("Excluded",
        "openssl x509 -in out.pem -noout -text | grep -A8 'Name Constraints: critical'");
    tls_certificate_release(made);
    tls_buffer_release(&subject);
    tls_buffer_release(&org);
}

static void
test_empty_subject(void)
{
    tls_general_name name = {TLS_NAME_DNS, {NULL, 0}};
    tls_issue_fields fields;
    tls_certificate *made;

    name.value = tls_bytes_of_string("b.example.com");
    fields = good;
    fields.request = NULL;
    fields.public_key_info = root->public_key_info;
    fields.extensions.alternative_names = &name;
    fields.extensions.alternative_name_count = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "empty subject");
    corpus_write_pem("out.pem", "CERTIFICATE", made->der);
    check_shell("Name: critical", "openssl x509 -in out.pem -noout -text");
    tls_certificate_release(made);
}

static void
test_usage_names(void)
{
    tls_buffer oid = {NULL, 0, 0, 0};
    size_t i;

    for (i = 0; i < TLS_KEY_USAGE_COUNT; i++)
        check(tls_key_usage_from_name(tls_bytes_of_string(tls_key_usage_name((unsigned)i))) ==
                  1u << i,
            "key usage name");
    check(tls_extended_key_usage_from_name(&oid, tls_bytes_of_string("OCSPsigning")) &&
              oid.length == 8 &&
              tls_extended_key_usage_from_name(&oid, tls_bytes_of_string("1.2.3")) &&
              !tls_extended_key_usage_from_name(&oid, tls_bytes_of_string("x")),
        "extended key usage names");
    tls_buffer_release(&oid);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    prepare();
    test_taken_over();
    test_keys();
    test_values();
    test_extra_extensions();
    test_signers();
    test_name_constraints();
    test_empty_subject();
    test_usage_names();
    tls_certificate_request_release(request);
    tls_certificate_release(root);
    tls_private_key_release(key);
    return check_end();
}
