/* record12_protection_test.c - TLS 1.2 records under AES-GCM and ChaCha20-Poly1305 beside BearSSL's
 * own classes with its portable code: with each kernel of this processor the same bytes, the same
 * room and the same lengths, and nothing is shown of what cannot be opened. */
#include <stdlib.h>
#include <string.h>

#include "kernel/build.h"
#include "kernel/kernel.h"
#include "record/gcm12.h"
#include "record/record.h"
#include "support/check.h"
#include "support/exact_bytes.h"

#define HEADER TLS_RECORD_HEADER_LENGTH
#define FRAGMENT TLS_RECORD_PLAINTEXT_MAXIMUM
#define ROOM (FRAGMENT + TLS_RECORD_OVERHEAD_MAXIMUM)
#define VERSION 0x0303

static const struct {
    const char *words; /* for tls_kernels_choose: from the best kernel down */
    const char *primitive;
} choices[] = {
    {"auto", "aes_gcm"},
    {"auto", "chacha20_poly1305"},
    {"none", "aes_gcm"},
    {"none", "chacha20_poly1305"},
#if TLS_KERNEL_X86_64
    {"-vaes512", "aes_gcm"},
    {"-vaes512,-vaes", "aes_gcm"},
    {"-avx512", "chacha20_poly1305"},
#endif
};

/* One key, in both implementations. */
typedef struct both {
    tls_record_sealer ours_out, bearssl_out;
    tls_record_opener ours_in, bearssl_in;
    size_t overhead, explicit_length;
} both;

static unsigned char text[FRAGMENT], out[ROOM], expected[ROOM];

static void
start_gcm(both *b, const unsigned char *key, size_t key_length, const unsigned char *salt)
{
    b->overhead = 24;
    b->explicit_length = 8;
    br_sslrec_in_gcm_vtable.init((void *)&b->bearssl_in.protection.vtable, &br_aes_ct64_ctr_vtable,
        key, key_length, br_ghash_ctmul64, salt);
    br_sslrec_out_gcm_vtable.init((void *)&b->bearssl_out.protection.vtable,
        &br_aes_ct64_ctr_vtable, key, key_length, br_ghash_ctmul64, salt);
    tls_gcm12_in_class.init(
        (void *)&b->ours_in.protection.vtable, NULL, key, key_length, NULL, salt);
    tls_gcm12_out_class.init(
        (void *)&b->ours_out.protection.vtable, NULL, key, key_length, NULL, salt);
}

static void
start_chacha20(both *b, const unsigned char *key, const unsigned char *iv)
{
    const tls_kernels *kernels = tls_kernels_chosen();

    b->overhead = 16;
    b->explicit_length = 0;
    br_sslrec_in_chapol_vtable.init((void *)&b->bearssl_in.protection.vtable, br_chacha20_ct_run,
        br_poly1305_ctmul_run, key, iv);
    br_sslrec_out_chapol_vtable.init((void *)&b->bearssl_out.protection.vtable, br_chacha20_ct_run,
        br_poly1305_ctmul_run, key, iv);
    br_sslrec_in_chapol_vtable.init((void *)&b->ours_in.protection.vtable, kernels->chacha20,
        kernels->chacha20_poly1305, key, iv);
    br_sslrec_out_chapol_vtable.init((void *)&b->ours_out.protection.vtable, kernels->chacha20,
        kernels->chacha20_poly1305, key, iv);
}

static void
start(both *b, const char *primitive, size_t key_length)
{
    unsigned char key[32], iv[12];
    size_t i;

    for (i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(0x40 + 7 * i + key_length);
    for (i = 0; i < sizeof iv; i++)
        iv[i] = (unsigned char)(0xA0 + 3 * i);
    memset(b, 0, sizeof *b);
    if (strcmp(primitive, "aes_gcm") == 0)
        start_gcm(b, key, key_length, iv);
    else
        start_chacha20(b, key, iv);
    b->ours_out.version = b->bearssl_out.version = VERSION;
    b->ours_in.version = b->bearssl_in.version = VERSION;
}

/* seal gives the length of one record in `record`. */
static size_t
seal(tls_record_sealer *sealer, unsigned char *record, size_t length)
{
    size_t consumed, written;

    written = tls_record_seal(
        sealer, &consumed, record, ROOM, TLS_CONTENT_APPLICATION_DATA, text, length, FRAGMENT);
    check(consumed == length, "sealed");
    return written;
}

/* opens: whether a copy of the record is opened, and is the first `length` bytes of the text. */
static int
opens(tls_record_opener *opener, const unsigned char *record, size_t total, size_t length)
{
    unsigned char *copy = allocate(total), *content = NULL;
    size_t got = 0;
    unsigned type = 0;
    int good;

    memcpy(copy, record, total);
    good = tls_record_open(opener, &type, &content, &got, copy, total) == TLS_OK &&
           type == TLS_CONTENT_APPLICATION_DATA && got == length &&
           (length == 0 || memcmp(content, text, length) == 0);
    free(copy);
    return good;
}

/* One record after the other, so that sequence numbers count too. */
static void
test_same(both *b)
{
    size_t length, wrong = 0;

    for (length = 1; length <= FRAGMENT; length += length < 600 ? 1 : 1973) {
        size_t total = seal(&b->ours_out, out, length);

        wrong += seal(&b->bearssl_out, expected, length) != total ||
                 total != HEADER + b->overhead + length || memcmp(out, expected, total) != 0 ||
                 !opens(&b->ours_in, expected, total, length) ||
                 !opens(&b->bearssl_in, out, total, length);
    }
    check_number(wrong, 0, "records that BearSSL makes or reads otherwise");
}

static void
test_room(both *b)
{
    const br_sslrec_out_class **ours = &b->ours_out.protection.vtable;
    const br_sslrec_out_class **bearssl = &b->bearssl_out.protection.vtable;
    const br_sslrec_in_class **ours_in = &b->ours_in.protection.vtable;
    const br_sslrec_in_class **bearssl_in = &b->bearssl_in.protection.vtable;
    size_t length, wrong = 0;

    for (length = HEADER + b->overhead; length <= ROOM; length++) {
        size_t start = HEADER, end = length, bearssl_start = HEADER, bearssl_end = length;

        (*ours)->max_plaintext(ours, &start, &end);
        (*bearssl)->max_plaintext(bearssl, &bearssl_start, &bearssl_end);
        wrong += start != bearssl_start || end != bearssl_end;
    }
    check_number(wrong, 0, "rooms for plaintext");
    for (length = 0, wrong = 0; length <= ROOM; length++)
        wrong += (*ours_in)->check_length(ours_in, length) !=
                 (*bearssl_in)->check_length(bearssl_in, length);
    check_number(wrong, 0, "lengths of records");
}

static int
is_zero(const unsigned char *bytes, size_t length)
{
    unsigned char any = 0;
    size_t i;

    for (i = 0; i < length; i++)
        any |= bytes[i];
    return any == 0;
}

static void
test_altered(both *b, size_t length)
{
    size_t total = seal(&b->ours_out, out, length), i, accepted = 0, shown = 0;
    tls_record_opener again;
    unsigned char *content;
    unsigned type;

    for (i = 0; i < total; i += i < 64 || i + 64 > total ? 1 : 61) {
        tls_record_opener opener = b->ours_in; /* the connection is over after it */
        size_t got;

        if (i == 3 || i == 4) /* the length, which comes back as what was read */
            continue;
        memcpy(expected, out, total);
        expected[i] ^= (unsigned char)(1u << i % 8);
        accepted += tls_record_open(&opener, &type, &content, &got, expected, total) !=
                    TLS_REASON_BAD_RECORD_MAC;
        shown += !is_zero(expected + HEADER, total - HEADER);
    }
    check_number(accepted, 0, "%d bytes: altered ones accepted", (int)length);
    check_number(shown, 0, "%d bytes: altered ones shown", (int)length);
    check(opens(&b->ours_in, out, total, length), "%d bytes: the same unaltered", (int)length);
    again = b->ours_in;
    check(!opens(&again, out, total, length), "%d bytes: the same again", (int)length);
    check(opens(&b->bearssl_in, out, total, length), "%d bytes: and with BearSSL", (int)length);
}

static void
test_key(size_t choice, size_t key_length)
{
    both b;

    check_about(
        "%s of %s, %d bits", choices[choice].primitive, choices[choice].words, (int)key_length * 8);
    require(tls_kernels_choose(choices[choice].words), "a choice");
    start(&b, choices[choice].primitive, key_length);
    test_same(&b);
    test_room(&b);
    test_altered(&b, 1);
    test_altered(&b, 100);
    test_altered(&b, FRAGMENT);
}

/* A connection holds one of each for as long as it lives, whatever its suite is. */
static void
test_size(void)
{
    check_about("what every connection holds");
    check(sizeof(tls_record_opener) < sizeof(br_sslrec_in_cbc_context),
        "an opener has no room for the keys of CBC");
    check(sizeof(tls_record_sealer) < sizeof(br_sslrec_out_cbc_context),
        "a sealer has no room for the keys of CBC");
}

int
main(void)
{
    size_t i;

    test_size();
    for (i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * 31 >> 2);
    for (i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        test_key(i, 32);
        if (strcmp(choices[i].primitive, "aes_gcm") == 0)
            test_key(i, 16);
    }
    return check_end();
}
