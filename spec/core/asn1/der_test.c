/* der_test.c - specs of reading DER: elements, times, OIDs. */
#include <string.h>

#include "asn1/der.h"

#include "support/buffers.h"

static int
der_fails(const char *data, size_t length)
{
    tls_der der;

    tls_der_init(&der, tls_bytes_make(data, length));
    tls_der_read_any(&der, NULL, NULL);
    return tls_der_failed(&der);
}

static int64_t
time_of(unsigned char tag, const char *text)
{
    unsigned char data[32] = {tag, (unsigned char)strlen(text)};
    tls_der der;
    int64_t seconds;

    memcpy(data + 2, text, strlen(text));
    tls_der_init(&der, tls_bytes_make(data, strlen(text) + 2));
    seconds = tls_der_time(&der);
    return tls_der_failed(&der) ? INT64_MIN : seconds;
}

static void
test_der(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    char text[21];
    tls_der der;

    check(der_fails("", 0) && der_fails("\x30", 1), "truncated header");
    check(der_fails("\x30\x80\0\0", 4), "indefinite length");
    check(der_fails("\x04\x81\x01x", 4), "long form of a short length");
    check(der_fails("\x04\x82\x00\x80", 4), "leading zero in a length");
    check(der_fails("\x04\x85\x01\0\0\0\0", 7), "length of five bytes");
    check(der_fails("\x1F\x20\x01x", 4), "multi-byte tag");
    check(der_fails("\x04\x02x", 3), "contents cut short");
    check(!der_fails("\x04\x01x", 3), "plain element");
    tls_der_init(&der, tls_bytes_make("\x02\x02\x00\x01", 4));
    tls_der_integer(&der);
    check(tls_der_failed(&der), "padded integer");
    tls_der_init(&der, tls_bytes_make("\x06\x02\x80\x01", 4));
    tls_der_oid(&der);
    check(tls_der_failed(&der), "padded OID");
    tls_der_init(&der, tls_bytes_make("\x03\x02\x01\x01", 4));
    tls_der_bit_string(&der, NULL);
    check(tls_der_failed(&der), "unused bits set");

    check(time_of(0x17, "700101000000Z") == 0, "epoch");
    check(time_of(0x17, "491231235959Z") == 2524607999, "UTCTime 2049");
    check(time_of(0x17, "500101000000Z") == -631152000, "UTCTime 1950");
    check(time_of(0x17, "250101235960Z") == INT64_MIN &&
              time_of(0x18, "20500101000060Z") == INT64_MIN,
        "no leap second, RFC 5280 section 4.1.2.5");
    check(time_of(0x18, "20500101000000Z") == 2524608000, "GeneralizedTime 2050");
    check(time_of(0x18, "99991231235959Z") == 253402300799, "no expiry, 4.1.2.5");
    check(time_of(0x17, "240229000000Z") == 1709164800, "leap day");
    check(time_of(0x17, "230229000000Z") == INT64_MIN, "no leap day");
    check(time_of(0x17, "2401010000Z") == INT64_MIN, "no seconds");
    check(time_of(0x17, "240101000000+0100") == INT64_MIN, "zone");
    check(time_of(0x17, "241301000000Z") == INT64_MIN, "month 13");
    check(time_of(0x18, "20240101000000.5Z") == INT64_MIN, "fraction");
    tls_time_text(text, 1709251199);
    check(strcmp(text, "2024-02-29T23:59:59Z") == 0, "time text");
    tls_time_text(text, -1);
    check(strcmp(text, "1969-12-31T23:59:59Z") == 0, "time text before the epoch");
    tls_time_text(text, INT64_MAX);
    check(strcmp(text, "9999-12-31T23:59:59Z") == 0, "time text clamped");

    check(tls_oid_from_text(&out, "2.999.1.840.113549") && out.length == 8, "OID from text");
    check(!tls_oid_from_text(&out, "1.40.1") && !tls_oid_from_text(&out, "3.1") &&
              !tls_oid_from_text(&out, "1..2") && !tls_oid_from_text(&out, "1"),
        "bad OID texts");
    tls_buffer_clear(&out);
    tls_oid_from_text(&out, "2.999.1.840.113549");
    {
        tls_buffer back = {NULL, 0, 0, 0};

        tls_oid_text(&back, tls_buffer_view(&out));
        check_buffer(&back, "2.999.1.840.113549");
        tls_buffer_release(&back);
    }
    tls_buffer_release(&out);
}

int
main(void)
{
    test_der();
    return check_end();
}
