/* record_protection_test.c - specs of aead, record_protection and the TLS 1.3 half of record.
 *   VERBOSE=1 prints what passes */
#include <stdlib.h>
#include <string.h>

#include "record/record_protection.h"
#include "support/check.h"
#include "support/exact_bytes.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FRAGMENT TLS_RECORD_PLAINTEXT_MAXIMUM
#define HEADER TLS_RECORD_HEADER_LENGTH

/* Two records of each suite as OpenSSL's AEADs make them, under the traffic secret 40 41 42 ..:
 * "the first record" as application data, and "padded" as handshake, its inner plaintext filled up
 * to 32 bytes. */
static const struct {
    const char *name;
    unsigned id;
    const char *first;  /* sequence number 0 */
    const char *padded; /* 0102030405060708 */
} suites[] = {
    {"AES-128-GCM", 0x1301,
        "170303002183d04a1bfaba90f65819d0046258cf8abb3f7865d138610bdbb5c96b4d230134ec",
        "170303003006ba2e88f5605b9895af9104c5eeb50d7ba7e8470698288a9ce70a199f26fdca4803e09486238a73"
        "467fc9fa854c5f80"},
    {"AES-256-GCM", 0x1302,
        "1703030021f3b27bf04c5cfb801900e44e04ef54dbfa1bfb7c82f00b89f5c8265ef91e709d89",
        "17030300303f828eb87b6b1b03aed8659a598e681a07294245532ce9f5b9a790813f3f43d46ca0c574f75402b7"
        "3b7c06204a4c7bb3"},
    {"ChaCha20-Poly1305", 0x1303,
        "17030300218ea1c230ddcc56031eb7c3933400a5fb8d0448b7cea27dcc85410af9f257188125",
        "17030300305e87c6c0b093e0a739cfb255dc063288c6de3afdd16983c222ec2d02171364386bb9f268ec713397"
        "aabf5ae4253f2805"},
    {"AES-128-CCM", 0x1304,
        "1703030021e3b1a6c465f534f8636c8514a0634ec91e34656eccadf27e1bae8eed1dfb16a660",
        "1703030030ae858a684b3200baa825c052059febfa40ba539ab707f3bc918d5977a32f1e7ad5bc493f3224eea8"
        "2fc1f4f24ff6f86d"},
    {"AES-128-CCM_8", 0x1305, "1703030019e3b1a6c465f534f8636c8514a0634ec91e78d85b5b8d8f4da5",
        "1703030028ae858a684b3200baa825c052059febfa40ba539ab707f3bc918d5977a32f1e7af801aca6f2abea3"
        "0"},
};

typedef struct pair {
    const char *name;
    const tls_suite *suite;
    tls_record_sealer sealer;
    tls_record_opener opener;
} pair;

static void
counting(unsigned char *out, unsigned first, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = (unsigned char)(first + i);
}

static void
start(pair *p, size_t index)
{
    unsigned char secret[48];

    counting(secret, 0x40, sizeof secret);
    memset(p, 0, sizeof *p);
    p->name = suites[index].name;
    p->suite = tls_suite_find(suites[index].id);
    tls_record_sealer_protect(&p->sealer, p->suite, secret);
    tls_record_opener_protect(&p->opener, p->suite, secret);
}

/* seal makes one record in memory of its own. */
static tls_bytes
seal(pair *p, enum tls_content_type type, const void *content, size_t length)
{
    size_t room = length + p->sealer.padding + TLS_RECORD_OVERHEAD_MAXIMUM + 1, consumed, written;
    unsigned char *record = allocate(room);

    written = tls_record_seal(&p->sealer, &consumed, record, room, type, content, length, FRAGMENT);
    check(consumed == length && written > length, "%s: sealed", p->name);
    return tls_bytes_make(record, written);
}

/* seal_inner protects whatever a hostile peer might take for an inner plaintext. */
static tls_bytes
seal_inner(pair *p, const void *inner, size_t length)
{
    const br_sslrec_out_class **protection = &p->sealer.protection.vtable;
    unsigned char *record = allocate(HEADER + length + TLS_AEAD_TAG_MAXIMUM);

    memcpy(record + HEADER, inner, length);
    (*protection)
        ->encrypt(protection, TLS_CONTENT_APPLICATION_DATA, 0x0303, record + HEADER, &length);
    return tls_bytes_make(record, length);
}

/* receive measures and opens a copy of the record; the content goes to `out`, if that is not NULL.
 */
static enum tls_reason
receive(tls_record_opener *opener, tls_bytes record, unsigned *type, tls_buffer *out)
{
    unsigned char *copy = allocate(record.length), *content;
    size_t total, length;
    enum tls_reason reason;

    memcpy(copy, record.data, record.length);
    reason = tls_record_measure(opener, &total, copy, record.length);
    if (reason == TLS_OK)
        check(total == record.length, "measure: the record's length");
    if (reason == TLS_OK)
        reason = tls_record_open(opener, type, &content, &length, copy, record.length);
    if (reason == TLS_OK && out != NULL)
        tls_buffer_append(out, content, length);
    free(copy);
    return reason;
}

static void
check_received(
    pair *p, tls_bytes record, unsigned type, const void *content, size_t length, const char *what)
{
    tls_buffer got = {NULL, 0, 0, 0};
    unsigned got_type = 0;

    check_reason(receive(&p->opener, record, &got_type, &got), TLS_OK, "%s: %s", p->name, what);
    check(got_type == type, "%s: content type", p->name);
    check(tls_bytes_equal(tls_buffer_view(&got), tls_bytes_make(content, length)), "%s: content",
        p->name);
    tls_buffer_release(&got);
}

static void
check_refused(pair *p, tls_bytes record, enum tls_reason reason, const char *what)
{
    unsigned type;

    check_reason(receive(&p->opener, record, &type, NULL), reason, "%s: %s", p->name, what);
}

/* ---- What every suite does ---- */

static void
spec_known_answers(size_t index)
{
    pair p;
    tls_bytes record;

    start(&p, index);
    record = seal(&p, TLS_CONTENT_APPLICATION_DATA, "the first record", 16);
    check_hex(record, suites[index].first, "%s: the first record", p.name);
    check_received(&p, record, TLS_CONTENT_APPLICATION_DATA, "the first record", 16, "opens");
    release(record);
    p.sealer.protection.aead.sequence = p.opener.protection.aead.sequence = 0x0102030405060708u;
    p.sealer.padding = 32;
    record = seal(&p, TLS_CONTENT_HANDSHAKE, "padded", 6);
    check_hex(record, suites[index].padded, "%s: a padded record", p.name);
    check_received(&p, record, TLS_CONTENT_HANDSHAKE, "padded", 6, "opens");
    release(record);
    check(p.sealer.count == 2 && p.opener.count == 2, "%s: both count", p.name);
    check(p.sealer.protection.aead.sequence == 0x0102030405060709u, "%s: the sequence goes on",
        p.name);
    check(tls_record_limit(p.suite) >= (uint64_t)1 << 23 &&
              tls_record_limit(p.suite) <= (uint64_t)1 << (index == 2 ? 36 : 24),
        "%s: limit of records under a key", p.name);
}

/* Every byte is authenticated, and a record that was refused leaves the sequence number as it was.
 */
static void
spec_altered(size_t index)
{
    pair p;
    tls_bytes record;
    unsigned char *bytes, *content;
    size_t i, length;
    unsigned type;

    start(&p, index);
    record = seal(&p, TLS_CONTENT_APPLICATION_DATA, "altered", 7);
    bytes = allocate(record.length);
    for (i = HEADER; i < record.length; i++) {
        memcpy(bytes, record.data, record.length);
        bytes[i] ^= (unsigned char)(1u << i % 8);
        check_refused(
            &p, tls_bytes_make(bytes, record.length), TLS_REASON_BAD_RECORD_MAC, "altered");
    }
    /* The version is checked before, but it is authenticated too (RFC 8446 section 5.2). */
    memcpy(bytes, record.data, record.length);
    bytes[2] = 1;
    check_refused(&p, tls_bytes_make(bytes, record.length), TLS_REASON_PROTOCOL_VERSION, "version");
    check_reason(tls_record_open(&p.opener, &type, &content, &length, bytes, record.length),
        TLS_REASON_BAD_RECORD_MAC, "%s: version as additional data", p.name);
    for (i = HEADER; i < record.length && bytes[i] == 0; i++)
        continue;
    check_number(i, record.length, "%s: nothing is shown", p.name);
    for (length = 0; length < record.length - HEADER; length++) {
        memcpy(bytes, record.data, record.length);
        tls_put16(bytes + 3, (uint32_t)length);
        check_refused(
            &p, tls_bytes_make(bytes, HEADER + length), TLS_REASON_BAD_RECORD_MAC, "short");
    }
    check_received(&p, record, TLS_CONTENT_APPLICATION_DATA, "altered", 7, "the same unaltered");
    check_refused(&p, record, TLS_REASON_BAD_RECORD_MAC, "the same again");
    release(record);
    free(bytes);
}

static void
spec_inner(size_t index)
{
    static const struct {
        const char *inner;
        size_t length;
        enum tls_reason reason;
        unsigned type;
        size_t content;
        const char *what;
    } cases[] = {
        {"", 0, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "nothing"},
        {"\0", 1, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "one zero"},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "all zeros"},
        {"\26", 1, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "empty handshake"},
        {"\26\0\0", 3, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "empty handshake, padded"},
        {"\25", 1, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "empty alert"},
        {"\25\0\0", 3, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "empty alert, padded"},
        {"\1\24", 2, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "protected change_cipher_spec"},
        {"x\30", 2, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "heartbeat"},
        {"x\1", 2, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "type 1"},
        {"x\377\0", 3, TLS_REASON_UNEXPECTED_MESSAGE, 0, 0, "type 255"},
        {"\27", 1, TLS_OK, 23, 0, "empty application data"},
        {"\27\0\0", 3, TLS_OK, 23, 0, "empty application data, padded"},
        {"\0\0\27\0", 4, TLS_OK, 23, 2, "zeros as content"},
        {"\1\0\25", 3, TLS_OK, 21, 2, "close_notify"},
        {"hello\26\0\0\0\0\0\0\0\0\0\0\0\0", 18, TLS_OK, 22, 5, "handshake, padded"},
    };
    size_t i;
    pair p;

    start(&p, index);
    for (i = 0; i < COUNT(cases); i++) {
        tls_bytes record = seal_inner(&p, cases[i].inner, cases[i].length);

        if (cases[i].reason == TLS_OK)
            check_received(
                &p, record, cases[i].type, cases[i].inner, cases[i].content, cases[i].what);
        else
            check_refused(&p, record, cases[i].reason, cases[i].what);
        release(record);
    }
}

/* RFC 8446 section 5.1, 5.2 and 5.4: 2^14 bytes of content, 2^14 + 1 of inner plaintext, 2^14 + 256
 * of what is sent. */
static void
spec_lengths(size_t index)
{
    size_t most = TLS_RECORD_13_MAXIMUM + 1;
    unsigned char *inner = allocate(most), header[HEADER] = {23, 3, 3, 0, 0};
    size_t tag, total;
    tls_bytes record;
    pair p;

    start(&p, index);
    tag = p.suite->tag_length;
    memset(inner, 'x', most);
    inner[16384] = 23;
    record = seal_inner(&p, inner, 16385);
    check_received(&p, record, 23, inner, 16384, "the longest content");
    release(record);
    memset(inner + 1, 0, most - 1);
    inner[1] = 23;
    record = seal_inner(&p, inner, 16385);
    check_received(&p, record, 23, inner, 1, "the longest padding");
    release(record);
    record = seal_inner(&p, inner, 16386);
    check_refused(&p, record, TLS_REASON_RECORD_OVERFLOW, "padding that is too long");
    release(record);
    inner[1] = 'x';
    inner[16385] = 23;
    record = seal_inner(&p, inner, 16386);
    check_refused(&p, record, TLS_REASON_RECORD_OVERFLOW, "content that is too long");
    release(record);
    record = seal_inner(&p, inner, TLS_RECORD_13_MAXIMUM - tag);
    check_refused(&p, record, TLS_REASON_RECORD_OVERFLOW, "the longest record");
    release(record);
    record = seal_inner(&p, inner, TLS_RECORD_13_MAXIMUM - tag + 1);
    check_refused(&p, record, TLS_REASON_RECORD_OVERFLOW, "a longer one");
    tls_put16(header + 3, TLS_RECORD_13_MAXIMUM + 1);
    check_reason(tls_record_measure(&p.opener, &total, header, sizeof header),
        TLS_REASON_RECORD_OVERFLOW, "%s: already its header is refused", p.name);
    release(record);
    free(inner);
}

static void
spec_sequence(size_t index)
{
    unsigned char out[256];
    tls_bytes first, second;
    size_t consumed;
    pair p;

    start(&p, index);
    first = seal(&p, 23, "first", 5);
    second = seal(&p, 23, "second", 6);
    check_refused(&p, second, TLS_REASON_BAD_RECORD_MAC, "the second before the first");
    check_received(&p, first, 23, "first", 5, "the first");
    check_refused(&p, first, TLS_REASON_BAD_RECORD_MAC, "the first again");
    check_received(&p, second, 23, "second", 6, "the second");
    release(first);
    release(second);

    p.sealer.protection.aead.sequence = p.opener.protection.aead.sequence = UINT64_MAX - 1;
    first = seal(&p, 23, "last", 4);
    check_received(&p, first, 23, "last", 4, "the last sequence number");
    release(first);
    check(tls_record_seal(&p.sealer, &consumed, out, sizeof out, 23, out, 1, FRAGMENT) == 0 &&
              consumed == 0,
        "%s: nothing is sealed after it", p.name);
    check(p.sealer.protection.aead.sequence == UINT64_MAX, "%s: it does not wrap", p.name);
    first = seal_inner(&p, "x\27", 2);
    check_refused(&p, first, TLS_REASON_LIMIT, "nothing is opened after it");
    check(p.opener.protection.aead.sequence == UINT64_MAX, "%s: nor does that wrap", p.name);
    release(first);
}

/* open_all opens record after record and compares the contents with the start of `data`. */
static void
open_all(pair *p, tls_bytes records, const unsigned char *data, size_t length, size_t longest)
{
    unsigned char *copy = allocate(records.length), *content;
    size_t position = 0, seen = 0, total = 0, n = 0;
    unsigned type;
    int good = 1;

    memcpy(copy, records.data, records.length);
    while (good && position < records.length) {
        good = tls_record_measure(&p->opener, &total, copy + position, records.length - position) ==
                   TLS_OK &&
               total > 0 && total <= records.length - position &&
               tls_record_open(&p->opener, &type, &content, &n, copy + position, total) == TLS_OK &&
               type == 23 && n > 0 && n <= longest && n <= length - seen &&
               memcmp(content, data + seen, n) == 0;
        if (good && p->sealer.padding > 0)
            good = total - HEADER - p->suite->tag_length <= longest + 1;
        position += total;
        seen += n;
    }
    check(good && seen == length, "%s: what was sealed opens again", p->name);
    free(copy);
}

/* Several records in one buffer, buffers of every small size, and no byte behind their end. */
static void
spec_rooms(size_t index)
{
    static const size_t fragments[] = {1, 64, 100, FRAGMENT};
    static const size_t paddings[] = {0, 1, 16, 100, 1000, SIZE_MAX};
    unsigned char data[700];
    size_t i, j, room, most = 0;
    pair p;

    counting(data, 0, sizeof data);
    start(&p, index);
    for (i = 0; i < COUNT(fragments); i++) {
        for (j = 0; j < COUNT(paddings); j++) {
            p.sealer.padding = paddings[j];
            for (room = 0; room < 900; room += 1 + room / 130) {
                unsigned char *out = allocate(room);
                uint64_t before = p.sealer.count;
                size_t consumed;
                size_t written = tls_record_seal(
                    &p.sealer, &consumed, out, room, 23, data, sizeof data, fragments[i]);

                check(written <= room && (written > 0) == (room > TLS_RECORD_OVERHEAD_MAXIMUM) &&
                          (written > 0) == (consumed > 0),
                    "%s: what fits is sealed", p.name);
                open_all(&p, tls_bytes_make(out, written), data, consumed, fragments[i]);
                if (p.sealer.count - before > most)
                    most = (size_t)(p.sealer.count - before);
                free(out);
            }
        }
    }
    check(most > 10, "%s: many records at once", p.name);
}

static void
spec_padding(size_t index)
{
    static const struct {
        size_t padding, length, inner;
    } cases[] = {{0, 10, 11}, {1, 10, 11}, {16, 10, 16}, {16, 15, 16}, {16, 16, 32}, {512, 1, 512},
        {512, 511, 512}, {512, 512, 1024}, {512, 16383, 16384}, {512, 16384, 16385},
        {16384, 1, 16384}, {20000, 1, 16385}, {SIZE_MAX, 5, 16385}};
    unsigned char *data = allocate(FRAGMENT), *out = allocate((size_t)2 * FRAGMENT);
    size_t i, consumed, written;
    pair p;

    memset(data, 'p', FRAGMENT);
    start(&p, index);
    for (i = 0; i < COUNT(cases); i++) {
        p.sealer.padding = cases[i].padding;
        written = tls_record_seal(
            &p.sealer, &consumed, out, (size_t)2 * FRAGMENT, 23, data, cases[i].length, FRAGMENT);
        check(
            consumed == cases[i].length && written == HEADER + cases[i].inner + p.suite->tag_length,
            "%s: the padded length", p.name);
        open_all(&p, tls_bytes_make(out, written), data, cases[i].length, FRAGMENT);
    }
    /* Padding counts when it is asked whether one more record fits: none is sent short of it. */
    p.sealer.padding = 600;
    written = tls_record_seal(&p.sealer, &consumed, out, 1300, 23, data, 600, 300);
    check(consumed == 600 && written == 2 * (HEADER + 301 + p.suite->tag_length),
        "%s: padding stays within the fragment", p.name);
    p.sealer.padding = 300;
    written = tls_record_seal(&p.sealer, &consumed, out, 700, 23, data, 450, 400);
    check(consumed == 400 && written == HEADER + 401 + p.suite->tag_length,
        "%s: a record whose padding has no room waits", p.name);
    free(data);
    free(out);
}

/* ---- What does not depend on the suite ---- */

static void
spec_in_clear(void)
{
    static const struct {
        const char *record;
        size_t length;
        int plain_alerts;
        enum tls_reason reason;
        const char *what;
    } cases[] = {
        {"\24\3\3\0\1\1", 6, 0, TLS_OK, "change_cipher_spec"},
        {"\24\3\1\0\1\1", 6, 0, TLS_OK, "change_cipher_spec of another version"},
        {"\24\3\3\0\1\7", 6, 0, TLS_OK, "a wrong change_cipher_spec is for the caller"},
        {"\24\3\3\0\0", 5, 0, TLS_REASON_UNEXPECTED_MESSAGE, "an empty change_cipher_spec"},
        {"\24\2\3\0\1\1", 6, 0, TLS_REASON_PROTOCOL_VERSION, "another protocol"},
        {"\25\3\3\0\2\2\50", 7, 0, TLS_REASON_UNEXPECTED_MESSAGE, "an alert"},
        {"\25\3\3\0\2\2\50", 7, 1, TLS_OK, "an alert where it is allowed"},
        {"\25\3\1\0\2\2\50", 7, 1, TLS_OK, "of another version"},
        {"\25\3\3\0\0", 5, 1, TLS_REASON_UNEXPECTED_MESSAGE, "an empty alert"},
        {"\25\3\3\100\1", 5, 1, TLS_REASON_RECORD_OVERFLOW, "a long alert"},
        {"\26\3\3\0\1\1", 6, 1, TLS_REASON_UNEXPECTED_MESSAGE, "handshake"},
        {"\30\3\3\0\1\1", 6, 1, TLS_REASON_UNEXPECTED_MESSAGE, "heartbeat"},
        {"\27\3\1\0\1\1", 6, 0, TLS_REASON_PROTOCOL_VERSION, "a protected record's version"},
        {"\27\3\3\0\0", 5, 0, TLS_REASON_BAD_RECORD_MAC, "an empty protected record"},
    };
    unsigned char handshake[] = {22, 3, 3, 0, 1, 1}, *content;
    tls_record_opener clear;
    size_t i, length, total;
    unsigned type;
    pair p;

    start(&p, 0);
    for (i = 0; i < COUNT(cases); i++) {
        tls_bytes record = tls_bytes_make(cases[i].record, cases[i].length);

        p.opener.plain_alerts = cases[i].plain_alerts;
        if (cases[i].reason == TLS_OK)
            check_received(&p, record, record.data[0], record.data + HEADER, record.length - HEADER,
                cases[i].what);
        else
            check_refused(&p, record, cases[i].reason, cases[i].what);
    }
    check(p.opener.protection.aead.sequence == 0, "%s: they have no sequence number", p.name);
    check_reason(tls_record_open(&p.opener, &type, &content, &length, handshake, sizeof handshake),
        TLS_REASON_UNEXPECTED_MESSAGE, "%s: handshake, without the measuring", p.name);

    memset(&clear, 0, sizeof clear);
    clear.version = 0x0303;
    clear.is_13 = 1;
    check_reason(tls_record_measure(&clear, &total, (const unsigned char *)"\26\3\1\0\1", 5),
        TLS_OK, "in the clear: the version means nothing");
    check_reason(tls_record_measure(&clear, &total, (const unsigned char *)"\27\3\3\101\0", 5),
        TLS_OK, "in the clear: early data may have the length of a protected record");
    check_reason(tls_record_measure(&clear, &total, (const unsigned char *)"\27\3\3\101\1", 5),
        TLS_REASON_RECORD_OVERFLOW, "in the clear: but no more");
    check_reason(tls_record_measure(&clear, &total, (const unsigned char *)"\26\3\3\100\1", 5),
        TLS_REASON_RECORD_OVERFLOW, "in the clear: handshake may not");
}

/* A server that has rejected early data passes over records that it has no key for (RFC 8446
 * section 4.2.10), and then finds the client's first record. */
static void
spec_passed_over(void)
{
    unsigned char early_secret[32] = {1};
    tls_record_sealer early;
    unsigned char out[256];
    size_t i, consumed, written;
    tls_bytes record;
    pair p;

    start(&p, 0);
    memset(&early, 0, sizeof early);
    tls_record_sealer_protect(&early, p.suite, early_secret);
    for (i = 0; i < 3; i++) {
        written = tls_record_seal(
            &early, &consumed, out, sizeof out, 23, (const unsigned char *)"early", 5, FRAGMENT);
        check_refused(&p, tls_bytes_make(out, written), TLS_REASON_BAD_RECORD_MAC, "early data");
    }
    record = seal(&p, TLS_CONTENT_HANDSHAKE, "Finished", 8);
    check_received(&p, record, TLS_CONTENT_HANDSHAKE, "Finished", 8, "the first record with a key");
    release(record);
}

/* Keys are changed in place, contexts may be moved, and nothing of a key stays behind. */
static void
spec_keys(size_t index)
{
    static const unsigned char zeros[sizeof(tls_record_opener)];
    unsigned char next[48];
    tls_bytes record;
    pair p, moved;

    start(&p, index);
    record = seal(&p, 23, "old", 3);
    check_received(&p, record, 23, "old", 3, "under the first key");
    release(record);
    counting(next, 0x90, sizeof next);
    p.opener.version = p.sealer.version = 0x0301;
    tls_record_sealer_protect(&p.sealer, p.suite, next);
    check(p.sealer.count == 0 && p.sealer.earlier_count == 1 && p.sealer.version == 0x0303 &&
              p.sealer.is_13 && p.sealer.protection.aead.sequence == 0,
        "%s: a new key to seal with", p.name);
    record = seal(&p, 23, "new", 3);
    p.opener.version = 0x0303;
    check_refused(&p, record, TLS_REASON_BAD_RECORD_MAC, "the old key opens nothing new");
    tls_record_opener_protect(&p.opener, p.suite, next);
    check(p.opener.count == 0 && p.opener.earlier_count == 2 && p.opener.version == 0x0303 &&
              p.opener.is_13 && p.opener.protection.aead.sequence == 0,
        "%s: a new key to open with", p.name);
    memcpy(&moved, &p, sizeof p);
    memset(&p, 0xFF, sizeof p);
    check_received(&moved, record, 23, "new", 3, "a moved context opens");
    release(record);
    record = seal(&moved, 23, "newer", 5);
    check_received(&moved, record, 23, "newer", 5, "and seals");
    release(record);
    tls_record_opener_wipe(&moved.opener);
    tls_record_sealer_wipe(&moved.sealer);
    check(memcmp(&moved.opener.protection, zeros, sizeof moved.opener.protection) == 0 &&
              memcmp(&moved.sealer.protection, zeros, sizeof moved.sealer.protection) == 0,
        "%s: wiped", moved.name);
}

int
main(void)
{
    size_t i;

    for (i = 0; i < COUNT(suites); i++) {
        spec_known_answers(i);
        spec_altered(i);
        spec_inner(i);
        spec_lengths(i);
        spec_sequence(i);
        spec_rooms(i);
        spec_padding(i);
        spec_keys(i);
    }
    spec_in_clear();
    spec_passed_over();
    check(sizeof(tls_record_opener) < 1024 && sizeof(tls_record_sealer) < 1024,
        "sizes: a connection's keys stay small");
    return check_end();
}
