/* extension_test.c - specs of what the data of an extension must be, one extension each. */
#include "wire/extension.h"

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

/* clang-format off */

static void
extension_rule(unsigned type, unsigned place, const char *hex, enum tls_reason expected,
    const char *what)
{
    tls_bytes data = from_hex(hex);
    tls_extension_value value;

    check_reason(tls_extension_parse(&value, type, place, data), expected, "%s", what);
    if (expected == TLS_OK)
        touch_extension_value(&value);
    release(data);
}

static void
spec_extension_rules(void)
{
    const unsigned ch = TLS_IN_CLIENT_HELLO;
    const unsigned sh12 = TLS_IN_SERVER_HELLO_12;
    const unsigned sh13 = TLS_IN_SERVER_HELLO_13;
    tls_buffer block = {NULL, 0, 0, 0};
    unsigned culprit = 0;
    unsigned i;

    extension_rule(0, ch, "0004000001" "41", TLS_OK, "server_name");
    extension_rule(0, ch, "", TLS_REASON_DECODE, "server_name, empty, of a client");
    extension_rule(0, sh12, "", TLS_OK, "server_name, empty, of a server");
    extension_rule(0, sh12, "00", TLS_REASON_DECODE, "server_name, not empty, of a server");
    extension_rule(0, ch, "000401000141", TLS_OK, "another name type");
    extension_rule(0, ch, "000400000100", TLS_REASON_ILLEGAL_PARAMETER, "a NUL in the name");
    extension_rule(0, ch, "0003000000", TLS_REASON_DECODE, "an empty name");
    extension_rule(0, ch, "0008000001" "41" "00000142", TLS_REASON_ILLEGAL_PARAMETER, "two names");
    extension_rule(0, ch, "000b0000024142" "01000143" "0500", TLS_REASON_DECODE, "a name and a half");
    extension_rule(0, ch, "00090000024142" "01000143", TLS_OK, "a name of another type too");
    extension_rule(0, ch, "000801000143" "01000144", TLS_REASON_ILLEGAL_PARAMETER,
        "two names of another type");
    extension_rule(1, ch, "01", TLS_OK, "max_fragment_length");
    extension_rule(1, ch, "05", TLS_REASON_ILLEGAL_PARAMETER, "max_fragment_length of 5");
    extension_rule(5, ch, "0100000000", TLS_OK, "status_request");
    extension_rule(5, ch, "01000400014100" "00", TLS_REASON_DECODE, "status_request, broken");
    extension_rule(5, ch, "02abcd", TLS_OK, "status_request of another type");
    extension_rule(5, sh12, "", TLS_OK, "status_request of a server");
    extension_rule(10, ch, "0002001d", TLS_OK, "supported_groups");
    extension_rule(10, ch, "0000", TLS_REASON_DECODE, "supported_groups, none");
    extension_rule(10, ch, "0003001d00", TLS_REASON_DECODE, "supported_groups, odd");
    extension_rule(11, ch, "00", TLS_REASON_DECODE, "ec_point_formats, none");
    extension_rule(13, ch, "00020403", TLS_OK, "signature_algorithms");
    extension_rule(16, ch, "0003026832", TLS_OK, "alpn");
    extension_rule(16, ch, "000100", TLS_REASON_DECODE, "alpn, an empty name");
    extension_rule(16, ch, "0000", TLS_REASON_DECODE, "alpn, none");
    extension_rule(16, sh12, "00050141024242", TLS_REASON_DECODE, "alpn, a server's two names");
    extension_rule(28, ch, "003f", TLS_REASON_ILLEGAL_PARAMETER, "record_size_limit of 63");
    extension_rule(28, ch, "0040", TLS_OK, "record_size_limit of 64");
    extension_rule(41, ch, "0007000141000000000021" "20" R32, TLS_OK, "pre_shared_key");
    extension_rule(41, ch, "000e0001410000000000014200000000" "002120" R32,
        TLS_REASON_ILLEGAL_PARAMETER, "fewer binders than identities");
    extension_rule(41, sh13, "0000", TLS_OK, "pre_shared_key of a server");
    extension_rule(42, TLS_IN_NEW_SESSION_TICKET, "00000001", TLS_OK, "early_data of a ticket");
    extension_rule(42, ch, "00", TLS_REASON_DECODE, "early_data with a body");
    extension_rule(43, ch, "020304", TLS_OK, "supported_versions");
    extension_rule(43, ch, "03030400", TLS_REASON_DECODE, "supported_versions, odd");
    extension_rule(43, sh13, "0304", TLS_OK, "supported_versions of a server");
    extension_rule(44, ch, "0000", TLS_REASON_DECODE, "an empty cookie");
    extension_rule(45, ch, "00", TLS_REASON_DECODE, "psk_key_exchange_modes, none");
    extension_rule(47, ch, "0003000141", TLS_OK, "certificate_authorities");
    extension_rule(51, ch, "0000", TLS_OK, "key_share, none");
    extension_rule(51, ch, "000a001d000141" "001d000142", TLS_REASON_ILLEGAL_PARAMETER,
        "two key shares of one group");
    extension_rule(51, ch, "0004001d0000", TLS_REASON_DECODE, "an empty key share");
    extension_rule(51, TLS_IN_HELLO_RETRY_REQUEST, "001d", TLS_OK, "key_share of a retry");
    extension_rule(0xFF01, ch, "00", TLS_OK, "renegotiation_info");
    extension_rule(0xFF01, ch, "", TLS_REASON_DECODE, "renegotiation_info without its length");
    extension_rule(0xABCD, ch, "00010203", TLS_OK, "an unknown one");

    tls_extension_write(&block, 41, tls_bytes_make("", 0));
    check_reason(tls_extensions_check(tls_buffer_view(&block), ch, &culprit), TLS_REASON_DECODE, "a broken value is found in its block");
    check(culprit == 41, "and named");
    tls_buffer_clear(&block);
    for (i = 0; i < 16000; i++)
        tls_extension_write_empty(&block, 0x1000 + i);
    check_reason(tls_extensions_check(tls_buffer_view(&block), ch, NULL), TLS_OK, "sixteen thousand unknown extensions");
    tls_extension_write_empty(&block, 0x1000);
    check_reason(tls_extensions_check(tls_buffer_view(&block), ch, &culprit), TLS_REASON_ILLEGAL_PARAMETER, "and one of them twice");
    tls_buffer_release(&block);
}
/* clang-format on */

int
main(void)
{
    spec_extension_rules();
    return check_end();
}
