/* signed_certificate_timestamp_test.c - specs of SCT lists. signed_certificate_timestamp.sh runs
 * it. */
#include <string.h>

#include "issue/certificate_dump.h"
#include "issue/certificate_issue.h"
#include "x509/signed_certificate_timestamp.h"

#include "support/buffers.h"
#include "support/shell.h"
#include "support/corpus.h"
#include "support/damage.h"
#include "support/exact_bytes.h"

static int
parse_scts(tls_bytes list)
{
    tls_sct_reader reader;
    tls_sct sct;
    int count = 0;

    tls_sct_begin(&reader, list);
    while (tls_sct_next(&reader, &sct))
        count++;
    return !reader.failed && count > 0;
}

static void
test_scts(unsigned rounds)
{
    unsigned char list[2 + 2 * (2 + 1 + 32 + 8 + 2 + 4 + 6)], value[sizeof list + 2];
    static const unsigned char oid[] = {0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 2};
    tls_private_key *key = corpus_key("p256");
    tls_certificate *made;
    tls_extension_view extra;
    tls_issue_fields fields;
    tls_sct_reader reader;
    tls_buffer text = {NULL, 0, 0, 0};
    tls_sct sct;
    unsigned char *p = list;
    int i;

    tls_put16(p, sizeof list - 2);
    p += 2;
    for (i = 0; i < 2; i++) {
        tls_put16(p, 53);
        p[2] = 0;
        memset(p + 3, 0xA0 + i, 32);
        memcpy(p + 35, "\0\0\x01\x8B\xCF\xE5\x68\x00", 8); /* 1700000000000 */
        memcpy(p + 43,
            "\0\0\x04\x03\0\x06"
            "012345",
            12);
        p += 55;
    }
    memcpy(value, "\x04", 1);
    value[1] = sizeof list;
    memcpy(value + 2, list, sizeof list);
    memset(&extra, 0, sizeof extra);
    extra.oid = tls_bytes_make(oid, sizeof oid);
    extra.value = tls_bytes_make(value, sizeof value);
    memset(&fields, 0, sizeof fields);
    fields.key = key;
    fields.not_after = corpus_now();
    fields.extensions.extra = &extra;
    fields.extensions.extra_count = 1;
    check_reason(tls_certificate_issue(&made, &fields), TLS_OK, "with SCTs");
    tls_sct_begin(&reader, tls_certificate_sct_list(made));
    check(tls_sct_next(&reader, &sct) && sct.version == 1 && sct.timestamp == 1700000000000u &&
              sct.log_id.length == 32 && sct.log_id.data[0] == 0xA0 && sct.hash_algorithm == 4 &&
              sct.signature_algorithm == 3 && sct.signature.length == 6 &&
              sct.extensions.length == 0,
        "first SCT");
    check(tls_sct_next(&reader, &sct) && sct.log_id.data[0] == 0xA1 &&
              !tls_sct_next(&reader, &sct) && !reader.failed,
        "second, and no more");
    tls_certificate_dump(&text, made);
    check(buffer_contains(&text, "Timestamp : Nov 14 22:13:20 2023 GMT"), "in the dump");
    corpus_write_pem("out.pem", "CERTIFICATE", made->der);
    check_shell(
        "Timestamp : Nov 14 22:13:20.000 2023 GMT", "openssl x509 -in out.pem -noout -text");
    check_damage("SCT list", tls_bytes_make(list, sizeof list), parse_scts, rounds);
    tls_certificate_release(made);
    tls_private_key_release(key);
    tls_buffer_release(&text);
}

/* RFC 6962 section 3.3: a list has at least one, and its length is that of what follows. */
static void
test_lists(void)
{
    static const struct {
        const char *list;
        size_t length;
        int failed;
    } rows[] = {{"", 0, 0}, {"\0", 1, 1}, {"\0\0", 2, 1}, {"\0\3\0\1", 4, 1},
        {"\0\3\0\1\0\0", 6, 1}, {"\0\3\0\1\0", 5, 0}};
    tls_sct_reader reader;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tls_bytes list = exact_bytes(tls_bytes_make(rows[i].list, rows[i].length));

        tls_sct_begin(&reader, list);
        check_number(reader.failed, rows[i].failed, "list %u", (unsigned)i);
        release(list);
    }
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_scts(corpus_rounds(300));
    test_lists();
    return check_end();
}
