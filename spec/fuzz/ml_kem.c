/* ml_kem.c - shares of the hybrid groups as a peer may send them: the first byte says of which
 * group, and whether they are a client's or a server's. What is taken makes the same secret with
 * every kernel. */
#include "fuzz.h"

#include "crypto/hybrid.h"
#include "crypto/key_exchange.h"
#include "kernel/choice.h"
#include "wire/registry.h"

typedef struct outcome {
    enum tls_reason reason;
    size_t length;
    unsigned char secret[TLS_SHARED_SECRET_MAXIMUM], share[TLS_HYBRID_SHARE_MAXIMUM];
} outcome;

/* run: our own numbers are the same each time. */
static void
run(outcome *o, unsigned group, int from_server, tls_bytes share, const char *kernels)
{
    uint64_t random = 1;
    tls_key_exchange_key key;

    memset(o, 0, sizeof *o);
    fuzz_check(tls_kernels_choose(kernels));
    fuzz_random_use(&random);
    if (from_server) {
        fuzz_check(tls_key_exchange_generate(&key, group, NULL, 0) == TLS_OK);
        o->reason = tls_key_exchange_shared(&key, o->secret, &o->length, share);
    } else {
        o->reason = tls_key_exchange_answer(&key, group, o->secret, &o->length, share);
    }
    if (o->reason == TLS_OK)
        memcpy(o->share, tls_key_exchange_share(&key).data, tls_key_exchange_share(&key).length);
    else
        fuzz_check(o->reason == TLS_REASON_ILLEGAL_PARAMETER && o->length == 0);
    tls_key_exchange_wipe(&key);
    fuzz_random_use(NULL);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    static const unsigned groups[] = {
        TLS_GROUP_X25519MLKEM768, TLS_GROUP_SECP256R1MLKEM768, TLS_GROUP_SECP384R1MLKEM1024};
    tls_bytes input = tls_bytes_make(data, length);
    unsigned first = fuzz_u8(&input);
    outcome quick, in_c;

    run(&quick, groups[first / 2 % 3], first & 1, input, "auto");
    run(&in_c, groups[first / 2 % 3], first & 1, input, "none");
    fuzz_check(memcmp(&quick, &in_c, sizeof quick) == 0);
    return 0;
}
