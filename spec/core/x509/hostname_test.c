/* hostname_test.c - specs of host names, wildcards and addresses. hostname.sh runs it. */
#include <string.h>

#include "x509/hostname.h"

#include "support/buffers.h"
#include "support/corpus.h"

static void
address(const char *text, const char *expected)
{
    unsigned char bytes[16];
    size_t length = tls_address_parse(bytes, tls_bytes_of_string(text));
    tls_buffer out = {NULL, 0, 0, 0};

    if (length != 0)
        tls_address_text(&out, tls_bytes_make(bytes, length));
    check_buffer(&out, expected);
    tls_buffer_release(&out);
}

static void
test_hostnames(void)
{
    static const char *const match[][2] = {{"www.example.com", "WWW.example.COM"},
        {"www.example.com", "www.example.com."}, {"*.example.com", "a.example.com"},
        {"*.xn--fsq.com", "a.XN--FSQ.com"}, {"host", "host"},
        {"*.example.com", "xn--a.example.com"}, {"a_b.example.com", "a_b.example.com"}};
    static const char *const mismatch[][2] = {{"*.example.com", "example.com"},
        {"*.example.com", "a.b.example.com"}, {"*.com", "example.com"}, {"*", "host"},
        {"w*.example.com", "www.example.com"}, {"*w.example.com", "www.example.com"},
        {"a.*.com", "a.b.com"}, {"*.*.com", "a.b.com"}, {"www.example.com", "www.example.org"},
        {"", "x"}, {"x", ""}, {".example.com", "a.example.com"}, {"*..com", "a..com"},
        {"*.example.com", ".example.com"}, {"www.example.com", "www.example.com.."},
        {"www.example.com.", "www.example.com"}, {"www.example.com.", "www.example.com."},
        {"*.example.com.", "www.example.com"}, {"a.example.com", "b.example.com"},
        {"**example.com", "a.example.com"}, {"**.example.com", "a.*.example.com"}};
    size_t i;
    tls_certificate *leaf = corpus_certificate("p256"), *cn = corpus_certificate("cn_only");

    for (i = 0; i < sizeof match / sizeof match[0]; i++)
        check(
            tls_hostname_match(tls_bytes_of_string(match[i][0]), tls_bytes_of_string(match[i][1])),
            "%s", match[i][1]);
    for (i = 0; i < sizeof mismatch / sizeof mismatch[0]; i++)
        check(!tls_hostname_match(
                  tls_bytes_of_string(mismatch[i][0]), tls_bytes_of_string(mismatch[i][1])),
            "%s", mismatch[i][1]);
    check(!tls_hostname_match(
              tls_bytes_make("a.example.com\0.evil", 19), tls_bytes_of_string("a.example.com")),
        "NUL in a pattern");
    address("192.0.2.1", "192.0.2.1");
    address("0.0.0.0", "0.0.0.0");
    address("1.2.3", "");
    address("1.2.3.256", "");
    address("01.2.3.4", "");
    address("1.2.3.4.", "");
    address("::", "::");
    address("::1", "::1");
    address("[2001:DB8::1]", "2001:db8::1");
    address("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    address("2001:db8::", "2001:db8::");
    address("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    address("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    address("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    address("::ffff:192.0.2.1", "::ffff:c000:201");
    address("1:2:3:4:5:6:7:8:9", "");
    address("1::2::3", "");
    address("1:2:3:4:5:6:7:8::", "");
    address(":1", "");
    address("1:", "");
    address(":::", "");
    address("12345::", "");
    address("1:2:3:4:5:6:7:1.2.3.4", "");
    address("fe80::1%eth0", "");
    address("[]", "");
    address("[", "");
    address("]", "");
    address("[::1", "");
    address("::1]", "");
    check(tls_hostname_verify(leaf, tls_bytes_of_string("www.example.com")) == TLS_OK, "SAN");
    check(tls_hostname_verify(leaf, tls_bytes_of_string("x.wild.example.com")) == TLS_OK,
        "wildcard SAN");
    check(tls_hostname_verify(leaf, tls_bytes_of_string("192.0.2.1")) == TLS_OK, "IPv4 SAN");
    check(tls_hostname_verify(leaf, tls_bytes_of_string("2001:0db8:0::0:1")) == TLS_OK, "IPv6 SAN");
    check(tls_hostname_verify(leaf, tls_bytes_of_string("192.0.2.2")) != TLS_OK, "other IPv4");
    check(tls_hostname_verify(cn, tls_bytes_of_string("www.example.com")) != TLS_OK,
        "no fallback to CN");
    tls_certificate_release(leaf);
    tls_certificate_release(cn);
}

/* Letters, digits, hyphen and underscore make a label, and no other byte does. */
static void
test_characters(void)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    char name[] = "a?b";
    unsigned c;

    for (c = 0; c < 256; c++) {
        name[1] = (char)c;
        check_number(tls_hostname_is_valid(tls_bytes_make(name, 3)),
            memchr(good, (int)c, sizeof good - 1) != NULL || c == '.', "byte %u", c);
    }
    check(tls_hostname_match(
              tls_bytes_of_string("AZaz.example"), tls_bytes_of_string("azAZ.example")),
        "both cases of the first letter and the last");
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_hostnames();
    test_characters();
    return check_end();
}
