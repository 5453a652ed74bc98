/* sha3_test.c - SHA-3 and SHAKE: NIST's examples, and messages of every length around a block, in
 * pieces of any. */
#include <string.h>

#include "crypto/sha3.h"
#include "support/check.h"

static unsigned char message[1600];

static void
digest(void (*start)(tls_sha3 *sha3), unsigned char *out, size_t out_length, tls_bytes data,
    size_t piece)
{
    tls_sha3 sha3;
    size_t i;

    start(&sha3);
    for (i = 0; i < data.length; i += piece)
        tls_sha3_absorb(&sha3, data.data + i, data.length - i < piece ? data.length - i : piece);
    for (i = 0; i < out_length; i += piece)
        tls_sha3_squeeze(&sha3, out + i, out_length - i < piece ? out_length - i : piece);
}

/* NIST, "Cryptographic Standards and Guidelines: Example Values", of no bytes, of "abc" and of 200
 * bytes A3. */
static const struct {
    void (*start)(tls_sha3 *sha3);
    size_t length;
    const char *nothing, *abc, *a3;
} examples[] = {
    {tls_sha3_256_start, 32, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"},
    {tls_sha3_512_start, 64,
        "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c"
        "3ac558f500199d95b6d3e301758586281dcd26",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647"
        "e3934057340b4cf408d5a56592f8274eec53f0",
        "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca81b7c13c30adf52a3659584739a"
        "2df46be589c51ca1a4a8416df6545a1ce8ba00"},
    {tls_shake128_start, 64,
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef263cb1eea988004b93103cfb0aee"
        "fd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2",
        "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc844c50af32acd3f2cdd06656870"
        "6f509bc1bdde58295dae3f891a9a0fca578378",
        "131ab8d2b594946b9c81333f9bb6e0ce75c3b93104fa3469d3917457385da037cf232ef7164a6d1eb448c89081"
        "86ad852d3f85a5cf28da1ab6fe343817197846"},
    {tls_shake256_start, 64,
        "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762fd75dc4ddd8c0f200cb05019d67"
        "b592f6fc821c49479ab48640292eacb3b7c4be",
        "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739d5a15bef186a5386c75744c052"
        "7e1faa9f8726e462a12a4feb06bd8801e751e4",
        "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d2d700caae7396ece9660444057"
        "7da4f3aa22aeb8857f961c4cd8e06f0ae6610b"},
};

static void
test_examples(void)
{
    unsigned char out[64], a3[200];
    size_t i;

    memset(a3, 0xA3, sizeof a3);
    for (i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        tls_bytes view = tls_bytes_make(out, examples[i].length);

        digest(examples[i].start, out, view.length, tls_bytes_make("", 0), 1);
        check_hex(view, examples[i].nothing, "of nothing");
        digest(examples[i].start, out, view.length, tls_bytes_make("abc", 3), 3);
        check_hex(view, examples[i].abc, "of abc");
        digest(examples[i].start, out, view.length, tls_bytes_make(a3, sizeof a3), 200);
        check_hex(view, examples[i].a3, "of A3");
    }
}

/* What all of these give, one behind the other, hashed: by Python's hashlib. */
static void
test_lengths(void)
{
    static const size_t pieces[] = {1, 7, 8, 64, 135, 136, 1600};
    static const char expected[] =
        "291748a81ac527c0d3fb6aa3db00efb5caefc1a9ea1a35cfca585dbb047cbce8";
    unsigned char out[600], sum[32];
    tls_sha3 all;
    size_t length, piece, i;

    for (piece = 0; piece < sizeof pieces / sizeof pieces[0]; piece++) {
        tls_shake256_start(&all);
        for (length = 0; length < 340; length += piece == 0 ? 1 : 3)
            for (i = 0; i < sizeof examples / sizeof examples[0]; i++) {
                size_t wanted = i < 2 ? examples[i].length : length + 1;

                digest(
                    examples[i].start, out, wanted, tls_bytes_make(message, length), pieces[piece]);
                tls_sha3_absorb(&all, out, wanted);
            }
        tls_sha3_squeeze(&all, sum, sizeof sum);
        check_hex(tls_bytes_make(sum, sizeof sum),
            piece == 0 ? expected
                       : "68db2f5d97870b100b3d6181ed9360fc821d603198f30a19faa56c02eb7307f9",
            "in pieces of %u", (unsigned)pieces[piece]);
    }
}

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)(i * 251 >> 3 ^ i);
    test_examples();
    test_lengths();
    return check_end();
}
