/* server_name_test.c - specs of what a client may ask for. */
#include "x509/server_name.h"

#include <string.h>

#include "support/check.h"

static void
judge(tls_bytes name, const char *expected)
{
    tls_buffer fault = {NULL, 0, 0, 0};
    int good = tls_server_name_check(&fault, name);

    check_number(good, expected == NULL, "%.*s", (int)name.length, (const char *)name.data);
    check_string(tls_buffer_view(&fault), expected != NULL ? expected : "", "%.*s",
        (int)name.length, (const char *)name.data);
    tls_buffer_release(&fault);
}

int
main(void)
{
    static const char *const good[] = {"example.org", "example.org.", "EXAMPLE.org", "localhost",
        "foo_bar.example.org", "xn--exmple-cua.org", "127.0.0.1", "::1", "[::1]", "2001:db8::1",
        "r3---sn.example.org", "1and1.com", "127.0.0.1.example.org",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"};
    static const char empty_label[] = "it has an empty label";
    static const char *const bad[][2] = {
        {"", "it is empty"},
        {"example.org:443", "it has a port: give \"example.org\""},
        {"127.0.0.1:443", "it has a port: give \"127.0.0.1\""},
        {"[::1]:443", "it has a port, or is no IPv6 address: give \"[::1]\""},
        {"https://example.org", "it is a URL, or has a path: give \"example.org\""},
        {"https://u:p@example.org:8443/a:b@c?d#e", "it is a URL, or has a path: give "
                                                   "\"example.org\""},
        {"https://[2001:db8::1]:8443/", "it is a URL, or has a path: give \"[2001:db8::1]\""},
        {"example.org/", "it is a URL, or has a path: give \"example.org\""},
        {"10.0.0.0/8", "it is a URL, or has a path: give \"10.0.0.0\""},
        {"https:///", "it is a URL, or a path, without a host"},
        {"/etc/hosts", "it is a URL, or a path, without a host"},
        {"user@example.org", "it has a user in it: give \"example.org\""},
        {"ex\xC3\xA4mple.org", "it is not ASCII: give its A-label form (\"xn--…\", RFC 5890)"},
        {"*.example.org", "it is a pattern: give the name of one host"},
        {"fe80::1%eth0", "it has a zone, which no certificate has: give \"fe80::1\""},
        {"a..b", empty_label},
        {".example.org", empty_label},
        {"example.org..", empty_label},
        {"a b", "it has white space or a control character in it"},
        {"a\tb", "it has white space or a control character in it"},
        {"127.0.0.1.", "an address has no trailing dot: give \"127.0.0.1\""},
        {"256.1.1.1", "it is no IPv4 address of four numbers from 0 to 255, without leading zeros"},
        {"127.0.0.01",
            "it is no IPv4 address of four numbers from 0 to 255, without leading zeros"},
        {"127.1", "it is no IPv4 address of four numbers from 0 to 255, without leading zeros"},
        {"1::2::3", "it is no IPv6 address"},
        {"::g", "it is no IPv6 address"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org",
            "it has a label of more than 63 characters, or a character that no host name has"},
    };
    char long_name[256];
    size_t i;

    for (i = 0; i < sizeof good / sizeof good[0]; i++)
        judge(tls_bytes_of_string(good[i]), NULL);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        judge(tls_bytes_of_string(bad[i][0]), bad[i][1]);
    judge(tls_bytes_make("a\0b", 3), "it has white space or a control character in it");
    for (i = 0; i < sizeof long_name; i++)
        long_name[i] = i % 2 ? '.' : 'a';
    judge(tls_bytes_make(long_name, 253), NULL);
    judge(tls_bytes_make(long_name, 255), "it is longer than 253 characters");
    check_string(tls_server_name_canonical(tls_bytes_of_string("example.org.")), "example.org",
        "without the dot");
    check_string(
        tls_server_name_canonical(tls_bytes_of_string("example.org")), "example.org", "none");
    check_string(tls_server_name_canonical(tls_bytes_of_string("")), "", "no name");
    return check_end();
}
