/* pem_test.c - specs of PEM and base64. */
#include <string.h>
#include <time.h>

#include "asn1/pem.h"

#include "support/check.h"

static void
test_pem(void)
{
    tls_buffer der = {NULL, 0, 0, 0}, text = {NULL, 0, 0, 0};
    tls_pem pem;
    tls_pem_block block;
    unsigned char data[100];
    size_t length, i;
    int all = 1;

    tls_pem_init(
        &pem, tls_bytes_of_string(
                  "junk\r\n# comment - dash\r\n-----BEGIN A-----\r\nAAEC\r\nAw==\r\n"
                  "-----END A-----\r\nmore\n-----BEGIN B C-----\nx\n-----END B C-----"
                  "-----BEGIN CUT-----\nAAAA\n-----BEGIN D-----\n//79\n-----END D-----\n"));
    check(tls_pem_next(&pem, &block, &der) && block.valid &&
              tls_bytes_equal_string(block.label, "A") && der.length == 4 &&
              memcmp(der.data, "\0\1\2\3", 4) == 0,
        "CRLF, junk before");
    check(tls_pem_next(&pem, &block, &der) && !block.valid &&
              tls_bytes_equal_string(block.label, "B C"),
        "bad base64 is reported");
    check(tls_pem_next(&pem, &block, &der) && !block.valid &&
              tls_bytes_equal_string(block.label, "CUT"),
        "block without an end is reported");
    check(tls_pem_next(&pem, &block, &der) && block.valid &&
              tls_bytes_equal_string(block.label, "D") && der.length == 3 &&
              memcmp(der.data, "\xFF\xFE\xFD", 3) == 0,
        "and the next one is found");
    check(!tls_pem_next(&pem, &block, &der), "end");
    tls_pem_init(&pem,
        tls_bytes_of_string("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nAAEC\n"
                            "-----END K-----\n"));
    check(tls_pem_next(&pem, &block, &der) && block.valid && block.encrypted && der.length == 3,
        "headers, encrypted");
    for (length = 1; length <= sizeof data; length++) {
        for (i = 0; i < length; i++)
            data[i] = (unsigned char)(i * 37 + length);
        tls_buffer_clear(&text);
        tls_pem_encode(&text, "X Y", tls_bytes_make(data, length));
        tls_pem_init(&pem, tls_buffer_view(&text));
        all = all && tls_pem_next(&pem, &block, &der) && block.valid && der.length == length &&
              memcmp(der.data, data, length) == 0;
    }
    check(all, "encode and decode, 1..100 bytes");
    check(!tls_base64_decode(&der, tls_bytes_of_string("A")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB=")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB==C")) &&
              tls_base64_decode(&der, tls_bytes_of_string("AAE")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("AB==")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("A*BC")) &&
              !tls_base64_decode(&der, tls_bytes_of_string("====")),
        "bad base64");
    tls_buffer_release(&der);
    tls_buffer_release(&text);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* reads_wrongly: the byte among digits that stand for 0, of `length` together. Without it, what is
 * left ends in a group of three digits. */
static int
reads_wrongly(tls_buffer *out, unsigned c, unsigned place, unsigned length)
{
    const char *digit = c != 0 ? strchr(digits, (int)c) : NULL;
    int is_good =
        digit != NULL || (c >= 9 && c <= 13) || c == ' ' || (c == '=' && place + 1 == length);
    unsigned char expected[12] = {0};
    char text[16];

    memset(text, 'A', length);
    text[place] = (char)c;
    tls_buffer_clear(out);
    if (!tls_base64_decode(out, tls_bytes_make(text, length)))
        return is_good;
    if (digit != NULL)
        tls_put24(expected + place / 4 * 3, (uint32_t)(digit - digits) << (18 - 6 * (place % 4)));
    return !is_good || out->length != length / 4 * 3 - (digit == NULL) ||
           memcmp(out->data, expected, out->length) != 0;
}

/* Each byte as a digit, at each place of a group, of two, which are read together, and of four. */
static void
test_base64_digits(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    unsigned c, place, length, wrong = 0;

    for (c = 0; c < 256; c++)
        for (length = 4; length <= 16; length *= 2)
            for (place = 0; place < length; place++)
                wrong += (unsigned)reads_wrongly(&out, c, place, length);
    check_number(wrong, 0, "digits read wrongly");
    for (c = 0; c < 64; c++) {
        unsigned char bytes[3];

        tls_put24(bytes, (uint32_t)c << 18 | c << 12 | c << 6 | c);
        tls_buffer_clear(&out);
        tls_base64_encode(&out, tls_bytes_make(bytes, 3));
        wrong += out.length != 4;
        for (place = 0; place < out.length; place++)
            wrong += out.data[place] != (unsigned char)digits[c];
    }
    check_number(wrong, 0, "digits written wrongly");
    tls_buffer_release(&out);
}

static void
test_faults(void)
{
    static const struct {
        const char *text, *label;
        enum tls_pem_fault fault;
    } cases[] = {
        {"-----BEGIN A-----\nAAEC\n-----END A-----\n", "A", TLS_PEM_OK},
        {"-----BEGIN A-----\nAAEC\n", "A", TLS_PEM_NO_END},
        {"-----BEGIN A-----\nAAEC\n-----BEGIN B-----\n", "A", TLS_PEM_NO_END},
        {"-----BEGIN A-----\nAAEC\n-----END B-----\n", "A", TLS_PEM_OTHER_END},
        {"-----BEGIN A-----\nAAEC\n-----END A", "A", TLS_PEM_OTHER_END},
        {"-----BEGIN A-----\nA*EC\n-----END A-----\n", "A", TLS_PEM_BASE64},
        {"-----BEGIN A-----\n-----END A-----\n", "A", TLS_PEM_BASE64},
    };
    tls_buffer der = {NULL, 0, 0, 0};
    tls_pem pem;
    tls_pem_block block;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("%s", cases[i].text);
        tls_pem_init(&pem, tls_bytes_of_string(cases[i].text));
        check(tls_pem_next(&pem, &block, &der), "a block");
        check_string(block.label, cases[i].label, "label");
        check_number(block.fault, cases[i].fault, "fault");
        check_number(block.valid, cases[i].fault == TLS_PEM_OK, "valid");
    }
    check_about("%s", "");
    tls_buffer_release(&der);
}

/* Reading is linear: a time that grows with the square of the size is two minutes here. A label has
 * at most 64 characters. */
static void
test_many_begins(void)
{
    static const char *const pieces[] = {"-----BEGIN ", "-----BEGIN x-----", "-----BEGIN x ",
        "-----BEGIN x-----\n", "-----BEGIN x-----a: b\n c\n", "-"};
    tls_buffer text = {NULL, 0, 0, 0}, der = {NULL, 0, 0, 0};
    tls_pem pem;
    tls_pem_block block;
    char label[66];
    size_t i, blocks, size;
    clock_t begin = clock();

    for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        tls_buffer_clear(&text);
        while (text.length < 4000000)
            tls_buffer_append(&text, pieces[i], strlen(pieces[i]));
        tls_pem_init(&pem, tls_buffer_view(&text));
        for (blocks = 0; tls_pem_next(&pem, &block, &der); blocks++)
            ;
        check((blocks != 0) == (strcmp(pieces[i], "-") != 0), "%s: blocks", pieces[i]);
    }
    check(clock() - begin < 20 * CLOCKS_PER_SEC, "linear");
    memset(label, 'L', sizeof label);
    for (size = 64; size <= 65; size++) {
        label[size] = '\0';
        tls_buffer_clear(&text);
        tls_pem_encode(&text, label, tls_bytes_of_string("abc"));
        tls_pem_init(&pem, tls_buffer_view(&text));
        check_number(tls_pem_next(&pem, &block, &der), size == 64, "a label's limit");
        label[size] = 'L';
    }
    tls_buffer_release(&text);
    tls_buffer_release(&der);
}

int
main(void)
{
    test_pem();
    test_base64_digits();
    test_faults();
    test_many_begins();
    return check_end();
}
