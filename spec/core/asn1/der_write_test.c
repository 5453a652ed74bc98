/* der_write_test.c - specs of writing DER. */
#include <string.h>

#include "asn1/der.h"
#include "asn1/der_write.h"

#include "support/buffers.h"

static void
test_der(void)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};
    static const int64_t times[] = {
        0, -631152000, -631152001, 2524607999, 2524608000, 253402300799};
    tls_buffer out = {NULL, 0, 0, 0}, contents = {NULL, 0, 0, 0};
    tls_bytes back;
    tls_der der;
    size_t i, mark;
    int all = 1;

    tls_der_put_small(&out, 0);
    check_buffer_hex(&out, "020100");
    tls_der_put_small(&out, 127);
    check_buffer_hex(&out, "02017F");
    tls_der_put_small(&out, 128);
    check_buffer_hex(&out, "02020080");
    tls_der_put_small(&out, 65537);
    check_buffer_hex(&out, "0203010001");
    tls_der_put_small(&out, 0xFFFFFFFF);
    check_buffer_hex(&out, "020500FFFFFFFF");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 0);
    check_buffer_hex(&out, "030100");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 1 << 5 | 1 << 6);
    check_buffer_hex(&out, "03020106");
    tls_der_put_named_bits(&out, TLS_DER_BIT_STRING, 1 << 8);
    check_buffer_hex(&out, "0303070080");
    tls_der_put_boolean(&out, 2);
    check_buffer_hex(&out, "0101FF");
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        tls_buffer_clear(&contents);
        memset(tls_buffer_reserve(&contents, lengths[i] + 1), 0xA5, lengths[i]);
        contents.length = lengths[i];
        tls_buffer_clear(&out);
        tls_der_put(&out, TLS_DER_OCTET_STRING, tls_buffer_view(&contents));
        mark = tls_der_open(&out, TLS_DER_OCTET_STRING);
        tls_buffer_append(&out, contents.data, contents.length);
        tls_der_close(&out, mark);
        tls_der_init(&der, tls_buffer_view(&out));
        back = tls_der_read(&der, TLS_DER_OCTET_STRING);
        all = all && tls_bytes_equal(back, tls_buffer_view(&contents));
        back = tls_der_read(&der, TLS_DER_OCTET_STRING);
        all = all && tls_bytes_equal(back, tls_buffer_view(&contents)) && tls_der_finish(&der);
    }
    check(all, "lengths up to 70000, put and opened");
    for (i = 0, all = 1; i < sizeof times / sizeof times[0]; i++) {
        tls_buffer_clear(&out);
        tls_der_put_time(&out, times[i]);
        tls_der_init(&der, tls_buffer_view(&out));
        all = all && tls_der_time(&der) == times[i] && tls_der_finish(&der);
    }
    check(all, "times of 1949, 1950, 2049, 2050, 9999");
    check(!tls_der_time_is_writable(253402300800) && tls_der_time_is_writable(253402300799),
        "no year 10000");
    tls_buffer_release(&out);
    tls_buffer_release(&contents);
}

int
main(void)
{
    test_der();
    return check_end();
}
