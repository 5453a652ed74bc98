/* message_rules_test.c - specs of what a message must be, one message each. */
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/messages.h"

/* clang-format off */

static void
rule(const char *hex, unsigned version, unsigned suite, enum tls_reason expected, const char *what)
{
    tls_bytes raw = from_hex(hex);
    tls_message message;

    check_reason(tls_message_parse(&message, raw, version, suite), expected, "%s", what);
    release(raw);
}

/* The rules of an extension that one version reads are those of a hello that ends in it. */
static void
spec_version_rules(void)
{
    rule("010000390303" R32 "000002c02f0100000e" "0017000100" "002b00050403040303", 0, 0, TLS_OK,
        "extended_master_secret with a body, while the version is open");
    rule("010000390303" R32 "000002c02f0100000e" "0017000100" "002b00050403040303", 0x0304, 0, TLS_OK,
        "the same in TLS 1.3");
    rule("010000390303" R32 "000002c02f0100000e" "0017000100" "002b00050403040303", 0x0303, 0,
        TLS_REASON_DECODE, "the same in TLS 1.2");
    rule("010000370303" R32 "000002c02f0100000c" "0017000100" "002b0003020304", 0, 0, TLS_OK,
        "the same, where only TLS 1.3 is offered");
    rule("0100003b0303" R32 "000002c02f01000010" "002b00050403040303" "003300030001ff", 0x0303, 0,
        TLS_OK, "half a key_share in TLS 1.2");
    rule("0100003b0303" R32 "000002c02f01000010" "002b00050403040303" "003300030001ff", 0x0304, 0,
        TLS_REASON_DECODE, "half a key_share in TLS 1.3");
    rule("010000390303" R32 "000002c02f0100000e" "002b0003020304" "003300030001ff", 0, 0,
        TLS_REASON_DECODE, "half a key_share, where only TLS 1.3 is offered");
    rule("010000320303" R32 "000002c02f01000007" "003300030001ff", 0, 0, TLS_OK,
        "half a key_share, where TLS 1.3 is not offered");
}

static void
spec_message_rules(void)
{
    rule("", 0, 0, TLS_REASON_DECODE, "nothing");
    rule("0e000000", 0x0303, 0, TLS_OK, "ServerHelloDone");
    rule("0e00000100", 0x0303, 0, TLS_REASON_DECODE, "ServerHelloDone with a body");
    rule("0e000000", 0x0304, 0, TLS_REASON_UNEXPECTED_MESSAGE, "ServerHelloDone in TLS 1.3");
    rule("05000000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE, "EndOfEarlyData in TLS 1.2");
    rule("080000020000", 0, 0, TLS_REASON_UNEXPECTED_MESSAGE, "EncryptedExtensions, no version");
    rule("63000000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE, "an unknown type");
    rule("1800000102", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER, "KeyUpdate of 2");
    rule("1400000b0000000000000000000000", 0x0303, 0, TLS_REASON_DECODE, "Finished of 11 bytes");
    rule("140000020000", 0x0304, 0x1301, TLS_REASON_DECODE, "Finished of 2 bytes in TLS 1.3");
    rule("010000290303", 0, 0, TLS_REASON_DECODE, "half a ClientHello");
    rule("010000290303" R32 "000002c02f0100", 0, 0, TLS_OK, "the smallest ClientHello");
    rule("010000270303" R32 "000000" "0100", 0, 0, TLS_REASON_DECODE, "no suites");
    rule("0100002a0303" R32 "000003c02f000100", 0, 0, TLS_REASON_DECODE, "an odd list of suites");
    rule("010000280303" R32 "000002c02f00", 0, 0, TLS_REASON_DECODE, "no compression methods");
    rule("010000290303" R32 "000002c02f0101", 0, 0, TLS_REASON_ILLEGAL_PARAMETER, "not null");
    rule("0100002a0303" R32 "000002c02f020100", 0, 0, TLS_OK, "DEFLATE and null in TLS 1.2");
    rule("010000330303" R32 "000002c02f0201000007002b0003020304", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "DEFLATE and null in TLS 1.3");
    rule("0100004a0303" R32 "21" R32 "99" "0002c02f0100", 0, 0, TLS_REASON_DECODE,
        "a session_id of 33 bytes");
    rule("0100002b0303" R32 "000002c02f01000000", 0, 0, TLS_OK, "an empty block");
    rule("0100002a0303" R32 "000002c02f010000", 0, 0, TLS_REASON_DECODE, "half a block length");
    rule("0100002f0303" R32 "000002c02f0100000400170000", 0, 0, TLS_OK, "extended_master_secret");
    rule("010000300303" R32 "000002c02f010000050017000100", 0, 0, TLS_REASON_DECODE,
        "extended_master_secret with a body");
    rule("0200002e0303" R32 "00c02f000006" "000b00020100", 0, 0, TLS_OK,
        "ServerHello with the uncompressed point format");
    rule("0200002e0303" R32 "00c02f000006" "000b00020101", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "ServerHello without it");
    rule("010000330303" R32 "000002c02f010000080017000000170000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "twice the same extension");
    rule("010000330303" R32 "000002c02f010000080a0a00000a0a0000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "twice the same unknown extension");
    rule("010000310303" R32 "000002c02f01000006003000020000", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "oid_filters in a ClientHello");
    rule("0200002b0303" R32 "00c02f00" "0004001700", 0x0303, 0, TLS_REASON_DECODE,
        "ServerHello, one byte short");
    rule("0200002c0303" R32 "00c02f000004" "00170000", 0x0303, 0, TLS_OK, "ServerHello");
    rule("020000260303" R32 "00c02f01", 0x0303, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "ServerHello with compression");
    rule("0200002e0303" R32 "00c02f000006002b00020303", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "supported_versions that selects TLS 1.2");
    rule("0200002e0301" R32 "00130100" "0006002b00020304", 0, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "TLS 1.3 with another legacy_version");
    rule("020000320303" R32 "00130100" "000a002b00020304" "00170000", 0, 0,
        TLS_REASON_ILLEGAL_PARAMETER, "extended_master_secret in a TLS 1.3 ServerHello");
    rule("020000260303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c00130100", 0, 0,
        TLS_REASON_MISSING_EXTENSION, "HelloRetryRequest without supported_versions");
    rule("0c00000903001d0141" "04010000", 0x0303, EC_SUITE, TLS_OK, "ServerKeyExchange");
    rule("0c00000901001d0141" "04010000", 0x0303, EC_SUITE, TLS_REASON_ILLEGAL_PARAMETER,
        "an explicit curve");
    rule("0c00000803001d00" "04010000", 0x0303, EC_SUITE, TLS_REASON_DECODE, "an empty point");
    rule("0c00000903001d0141" "04010000", 0x0303, RSA_SUITE, TLS_REASON_UNEXPECTED_MESSAGE,
        "ServerKeyExchange with static RSA");
    rule("0c00000903001d0141" "04010000", 0x0303, 0, TLS_REASON_UNEXPECTED_MESSAGE,
        "ServerKeyExchange without a suite");
    rule("10000000", 0x0303, EC_SUITE, TLS_REASON_DECODE, "an implicit point with ECDHE");
    rule("0b0000060000030000" "00", 0x0303, 0, TLS_REASON_DECODE, "an empty certificate");
    rule("0d00000402010000", 0x0303, 0, TLS_REASON_DECODE, "CertificateRequest without schemes");
    rule("0d0000050001030000" , 0x0303, 0, TLS_REASON_DECODE, "CertificateRequest without types");
    rule("0d00000b0000080010000400020403", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "alpn in a CertificateRequest");
    rule("0d000007000004aaaa0000", 0x0304, 0, TLS_REASON_MISSING_EXTENSION,
        "CertificateRequest without signature_algorithms in TLS 1.3");
    rule("160000050200000141", 0x0303, 0, TLS_REASON_ILLEGAL_PARAMETER, "another status type");
    rule("0400000e00093a8100000000000001410000", 0x0304, 0, TLS_REASON_ILLEGAL_PARAMETER,
        "a ticket for more than a week");
    rule("0400000e00093a8000000000000001410000", 0x0304, 0, TLS_OK, "a ticket for a week");
}
/* clang-format on */

static void
spec_server_random(void)
{
    tls_server_hello hello;
    tls_bytes raw = from_hex("02000026030341424344454647484950515253545556575859606162"
                             "63646566444f574e4752440100c02f00");
    unsigned char *data = (unsigned char *)(uintptr_t)raw.data;

    /* 2 + 24 + 8 bytes, session_id, suite, compression. */
    memset(data + 6, 'x', 24);
    memcpy(data + 30, "DOWNGRD\1", 8);
    memcpy(data + 38, "\0\xC0\x2F\0", 4);
    check_reason(tls_server_hello_parse(&hello, tls_bytes_make(data, 42)), TLS_OK, "a sentinel");
    check(hello.downgrade_sentinel == 0x0304, "DOWNGRD 1");
    data[37] = 0;
    (void)tls_server_hello_parse(&hello, tls_bytes_make(data, 42));
    check(hello.downgrade_sentinel == 0x0302, "DOWNGRD 0");
    data[37] = 2;
    (void)tls_server_hello_parse(&hello, tls_bytes_make(data, 42));
    check(hello.downgrade_sentinel == 0, "no sentinel");
    release(raw);
}

static void
spec_alert(void)
{
    tls_alert_message alert;
    tls_buffer out = {NULL, 0, 0, 0};

    check_reason(tls_alert_build(&out, 2, 40), TLS_OK, "an alert");
    check(tls_alert_parse(&alert, tls_buffer_view(&out)) == TLS_OK && alert.level == 2 &&
              alert.description == 40,
        "and back");
    check_reason(
        tls_alert_parse(&alert, tls_bytes_make("\2", 1)), TLS_REASON_DECODE, "half an alert");
    check_reason(tls_alert_parse(&alert, tls_bytes_make("\2\0\2", 3)), TLS_REASON_DECODE,
        "an alert and a half");
    check_reason(tls_alert_parse(&alert, tls_bytes_make("\3\0", 2)), TLS_REASON_ILLEGAL_PARAMETER,
        "an alert level of 3");
    check_reason(tls_change_cipher_spec_parse(tls_bytes_make("\1", 1)), TLS_OK, "ChangeCipherSpec");
    check_reason(tls_change_cipher_spec_parse(tls_bytes_make("\2", 1)), TLS_REASON_DECODE,
        "ChangeCipherSpec of 2");
    check_reason(tls_change_cipher_spec_parse(tls_bytes_make("", 0)), TLS_REASON_DECODE,
        "ChangeCipherSpec, empty");
    tls_buffer_release(&out);
}

int
main(void)
{
    spec_version_rules();
    spec_message_rules();
    spec_server_random();
    spec_alert();
    return check_end();
}
