/* codec_test.c - specs of readers and writers. */
#include <string.h>

#include "wire/codec.h"

#include "support/check.h"

static void
spec_codec(void)
{
    static const unsigned char too_long[256];
    tls_buffer out = {NULL, 0, 0, 0};
    tls_reader reader;
    tls_reader inner;
    tls_bytes empty = {NULL, 0};
    size_t a, b;

    tls_write_u8(&out, 1);
    tls_write_u16(&out, 0x0203);
    tls_write_u32(&out, 0x0708090A);
    a = tls_write_begin24(&out);
    b = tls_write_begin8(&out);
    tls_write_bytes(&out, tls_bytes_of_string("xyz"));
    tls_write_end8(&out, b);
    tls_write_end24(&out, a);
    check(out.length == 14 && memcmp(out.data, "\1\2\3\7\10\11\12\0\0\4\3xyz", 14) == 0, "writers");
    tls_reader_init(&reader, tls_buffer_view(&out));
    check(tls_read_u8(&reader) == 1 && tls_read_u16(&reader) == 0x0203 &&
              tls_read_u32(&reader) == 0x0708090A,
        "readers");
    tls_reader_enter24(&reader, &inner, 1);
    check(tls_bytes_equal_string(tls_read_vector8(&inner, 3), "xyz"), "nested vectors");
    tls_reader_leave(&reader, &inner);
    check(tls_reader_finish(&reader), "all is read");
    (void)tls_read_u8(&reader);
    check(tls_reader_failed(&reader) && tls_read_u32(&reader) == 0 &&
              tls_reader_left(&reader) == 0 && tls_reader_at_end(&reader) &&
              !tls_reader_finish(&reader),
        "failure is sticky");
    tls_reader_init(&reader, tls_bytes_make("\2a", 2));
    (void)tls_read_vector8(&reader, 0);
    check(tls_reader_failed(&reader), "a vector past the end");
    tls_reader_init(&reader, tls_bytes_make("\1a", 2));
    (void)tls_read_vector8(&reader, 2);
    check(tls_reader_failed(&reader), "a vector below its floor");
    tls_reader_init(&reader, tls_bytes_make("\0\2ab", 4));
    tls_reader_enter16(&reader, &inner, 0);
    (void)tls_read_u8(&inner);
    tls_reader_leave(&reader, &inner);
    check(tls_reader_failed(&reader), "leaving what was not read to its end");
    tls_reader_init(&reader, empty);
    check(tls_reader_at_end(&reader) && tls_reader_finish(&reader) &&
              tls_read_rest(&reader).length == 0,
        "nothing to read");
    tls_buffer_clear(&out);
    a = tls_write_begin8(&out);
    tls_write_bytes(&out, tls_bytes_make(too_long, sizeof too_long));
    tls_write_end8(&out, a);
    check_reason(tls_write_result(&out), TLS_REASON_LIMIT, "too long for its prefix");
    tls_buffer_release(&out);
    check(tls_write_result(&out) == TLS_OK, "released");
    out.failed = 1;
    check_reason(tls_write_result(&out), TLS_REASON_OUT_OF_MEMORY, "out of memory");
    tls_write_u8(&out, 1);
    a = tls_write_begin16(&out);
    tls_write_end16(&out, a);
    check(out.length == 0, "nothing is written after a failure");
}

/* Every value, from memory that holds anything: new once, then known, and no other one with it. */
static void
spec_set(void)
{
    static tls_u16_set set;
    unsigned value, wrong = 0;

    memset(&set, 0xFF, sizeof set);
    tls_u16_set_clear(&set);
    for (value = 0; value < 65536; value += 3)
        wrong += !tls_u16_set_add(&set, value);
    check_number(wrong, 0, "each is new");
    for (value = 0; value < 65536; value++)
        wrong += tls_u16_set_add(&set, value) != (value % 3 != 0);
    check_number(wrong, 0, "each third is known, the others are new");
    for (value = 0; value < 65536; value++)
        wrong += tls_u16_set_add(&set, value);
    check_number(wrong, 0, "all are known");
    tls_u16_set_clear(&set);
    check(
        tls_u16_set_add(&set, 0xFFFF) && tls_u16_set_add(&set, 0) && !tls_u16_set_add(&set, 0xFFFF),
        "cleared, all are new");
}

int
main(void)
{
    spec_codec();
    spec_set();
    return check_end();
}
