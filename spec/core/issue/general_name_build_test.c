/* general_name_build_test.c - specs of alternative names and subtrees from text. */
#include "issue/general_name_build.h"

#include "support/check.h"

static void
general_name(enum tls_general_name_kind kind, const char *text, int constraint, int good)
{
    tls_buffer value = {NULL, 0, 0, 0};

    check((tls_general_name_from_text(&value, kind, tls_bytes_of_string(text), constraint) ==
              TLS_OK) == good,
        "%s%s \"%s\"", constraint ? "constraint " : "", tls_general_name_kind_name(kind), text);
    check(good || value.length == 0 || value.failed, "nothing is left of \"%s\"", text);
    tls_buffer_release(&value);
}

static void
test_general_names(void)
{
    general_name(TLS_NAME_DNS, "www.example.com", 0, 1);
    general_name(TLS_NAME_DNS, "*.example.com", 0, 1);
    general_name(TLS_NAME_DNS, "", 0, 0);
    general_name(TLS_NAME_DNS, "a b", 0, 0);
    general_name(TLS_NAME_DNS, ".example.com", 0, 0);
    general_name(TLS_NAME_DNS, ".example.com", 1, 1);
    general_name(TLS_NAME_DNS, "", 1, 1);
    general_name(TLS_NAME_DNS, "\xC3\xA4.example", 0, 0);
    general_name(TLS_NAME_EMAIL, "a@example.com", 0, 1);
    general_name(TLS_NAME_EMAIL, "example.com", 0, 0);
    general_name(TLS_NAME_EMAIL, "example.com", 1, 1);
    general_name(TLS_NAME_EMAIL, "@example.com", 0, 0);
    general_name(TLS_NAME_URI, "https://example.com/", 0, 1);
    general_name(TLS_NAME_URI, "urn:x", 0, 1);
    general_name(TLS_NAME_URI, "//example.com", 0, 0);
    general_name(TLS_NAME_URI, "1a:b", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.1", 0, 1);
    general_name(TLS_NAME_IP, "2001:db8::1", 0, 1);
    general_name(TLS_NAME_IP, "192.0.2", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/24", 0, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/24", 1, 1);
    general_name(TLS_NAME_IP, "192.0.2.0/255.255.255.0", 1, 1);
    general_name(TLS_NAME_IP, "2001:db8::/32", 1, 1);
    general_name(TLS_NAME_IP, "192.0.2.0/33", 1, 0);
    general_name(TLS_NAME_IP, "192.0.2.0/", 1, 0);
    general_name(TLS_NAME_IP, "192.0.2.0", 1, 0);
    general_name(TLS_NAME_DIRECTORY, "CN=x,O=y", 0, 1);
    general_name(TLS_NAME_DIRECTORY, "x", 0, 0);
    general_name(TLS_NAME_REGISTERED_ID, "1.2.3", 0, 1);
    general_name(TLS_NAME_REGISTERED_ID, "1", 0, 0);
    general_name(TLS_NAME_OTHER, "x", 0, 0);
    check(tls_general_name_kind_from_text(tls_bytes_of_string("dns")) == TLS_NAME_DNS &&
              tls_general_name_kind_from_text(tls_bytes_of_string("IP")) == TLS_NAME_IP &&
              tls_general_name_kind_from_text(tls_bytes_of_string("x")) == -1,
        "names of kinds");
}

int
main(void)
{
    test_general_names();
    return check_end();
}
