/* ed25519.c - a public key, a signature and a message: what the implementations of the curve say of
 * them is the same; a signature that verifies does not with another bit; and what is signed with
 * the first bytes as a private key verifies. */
#include "fuzz.h"

#include "crypto/ed25519.h"
#include "kernel/kernel.h"

/* compare: any strings, as points and as numbers. */
static void
compare(const unsigned char point[32], const unsigned char number[32])
{
    const tls_edwards25519 *a = tls_kernels_chosen()->edwards25519, *b = &tls_edwards25519_portable;
    unsigned char below[32], p[32], q[32];
    int is;

    memcpy(below, number, sizeof below);
    below[31] &= 0x7F;
    fuzz_check(a->is_public_key(point) == b->is_public_key(point));
    is = a->combine(p, point, below, below);
    fuzz_check(is == b->combine(q, point, below, below));
    fuzz_check(!is || memcmp(p, q, sizeof p) == 0);
    a->generate(p, below);
    b->generate(q, below);
    fuzz_check(memcmp(p, q, sizeof p) == 0);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    unsigned char key[32] = {0}, signature[64] = {0}, public_key[32];
    tls_bytes input = tls_bytes_make(data, length), taken, view = tls_bytes_make(signature, 64);
    unsigned bit;

    taken = fuzz_take(&input, sizeof key);
    if (taken.length > 0)
        memcpy(key, taken.data, taken.length);
    taken = fuzz_take(&input, sizeof signature);
    if (taken.length > 0)
        memcpy(signature, taken.data, taken.length);
    compare(key, signature + 32);
    bit = (unsigned)length % 512;
    if (tls_ed25519_is_public(key) && tls_ed25519_verify(key, input, view)) {
        signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
        fuzz_check(!tls_ed25519_verify(key, input, view));
    }
    tls_ed25519_public(public_key, key);
    fuzz_check(tls_ed25519_is_public(public_key));
    fuzz_check(tls_ed25519_sign(signature, key, public_key, input) == 1);
    signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
    fuzz_check(!tls_ed25519_verify(public_key, input, view));
    return 0;
}
