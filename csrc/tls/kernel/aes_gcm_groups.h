/* aes_gcm_groups.h - the bulk of a long record, in groups of eight vectors. It is included by a
 * file that has defined what a vector is:
 *   vector, BLOCKS, SHORTEST      its type, how many blocks it has, and the shortest bulk
 *   VECTOR_TARGET                 the instructions
 *   LOAD, STORE, XOR, ADD32, SHUFFLE8, SHUFFLE32, AES, AES_LAST, MULTIPLY
 *   BROADCAST(block)              each block of a vector is this one
 *   FIRST(block)                  the first is this one, the others are zero
 *   STEPS                         0, 1, 2 …: the counters of a vector's blocks
 *   FOLD(vector)                  the sum of its blocks
 *
 * AES of one group and GHASH of another use different units of the processor, so that their
 * instructions are mixed: a round of the one, then one vector of the other (Gopal et al.,
 * "Optimized Galois-Counter-Mode Implementation on Intel Architecture Processors", 2010). What is
 * opened is hashed as it is decrypted, what is sealed is hashed one group later.
 *
 * A group of n = 8 BLOCKS blocks needs one reduction: the hash after it is
 *     (Y + X1) H^n + X2 H^(n-1) + ... + Xn H.
 * Block j of a vector is multiplied by the power that belongs to it, and all blocks of the products
 * are summed up at the end. Counters are added modulo 2^32, as SP 800-38D section 6.2 has it. */

#define GROUP (8 * BLOCKS * (size_t)16)

typedef struct products {
    vector low, middle, high;
} products;

#define EIGHT(step)                                                                                \
    do {                                                                                           \
        step(x0, 0);                                                                               \
        step(x1, 1);                                                                               \
        step(x2, 2);                                                                               \
        step(x3, 3);                                                                               \
        step(x4, 4);                                                                               \
        step(x5, 5);                                                                               \
        step(x6, 6);                                                                               \
        step(x7, 7);                                                                               \
    } while (0)

#define COUNT(x, i)                                                                                \
    do {                                                                                           \
        (x) = XOR(SHUFFLE8(counter, bytes_round), round_key);                                      \
        counter = ADD32(counter, step);                                                            \
    } while (0)
#define ROUND(x, i) (x) = AES(x, round_key)
/* The last round key, the text and the last round's result are one sum. */
#define FINISH(x, i)                                                                               \
    STORE(data + sizeof(vector) * (i),                                                             \
        AES_LAST(x, XOR(round_key, LOAD(data + sizeof(vector) * (i)))))

/* multiply_add adds the products of the blocks of `text` (and what is hashed already) to the sums.
 */
AES_GCM_INLINE VECTOR_TARGET void
multiply_add(products *sum, const unsigned char *text, vector hash, vector power)
{
    vector x = XOR(SHUFFLE8(LOAD(text), BROADCAST(BYTES_ROUND)), hash);

    sum->low = XOR(sum->low, MULTIPLY(x, power, 0x00));
    sum->high = XOR(sum->high, MULTIPLY(x, power, 0x11));
    sum->middle = XOR(sum->middle, MULTIPLY(x, power, 0x01));
    sum->middle = XOR(sum->middle, MULTIPLY(x, power, 0x10));
}

/* group_hash is GHASH of one group for which nobody waits. */
AES_GCM_INLINE VECTOR_TARGET __m128i
group_hash(__m128i hash, const vector powers[8], const unsigned char *text)
{
    const vector zero = FIRST(_mm_setzero_si128());
    products sum = {zero, zero, zero};
    vector first = FIRST(hash);
    unsigned i;

    for (i = 0; i < 8; i++) {
        multiply_add(&sum, text + i * sizeof(vector), first, powers[i]);
        first = zero;
    }
    return gcm_reduce(FOLD(sum.low), FOLD(sum.middle), FOLD(sum.high));
}

#if BLOCKS > 1

/* times: the products of two vectors of powers. See gcm_reduce. */
AES_GCM_INLINE VECTOR_TARGET vector
times(vector a, vector b)
{
    const vector modulus = BROADCAST(_mm_set_epi64x((long long)0xC200000000000000, 0));
    vector low = MULTIPLY(a, b, 0x00), high = MULTIPLY(a, b, 0x11);
    vector middle = XOR(MULTIPLY(a, b, 0x01), MULTIPLY(a, b, 0x10));

    middle = XOR(middle, XOR(SHUFFLE32(low), MULTIPLY(modulus, low, 0x01)));
    return XOR(high, XOR(SHUFFLE32(middle), MULTIPLY(modulus, middle, 0x01)));
}

#endif

/* make_powers: those of the eight vectors, of the eight powers that are kept. */
AES_GCM_INLINE VECTOR_TARGET void
make_powers(vector powers[8], const tls_aes_gcm_key *key)
{
    const unsigned kept = 8 / BLOCKS; /* vectors */
    unsigned i;

    for (i = 0; i < kept; i++)
        powers[8 - kept + i] = LOAD(key->as.blocks.powers[i * BLOCKS]);
#if BLOCKS > 1
    for (i = 8 - kept; i-- > 0;)
        powers[i] = times(powers[i + kept], BROADCAST(LOAD128(key->as.blocks.powers[0])));
#endif
}

static VECTOR_TARGET size_t
bulk(const tls_aes_gcm_key *key, aes_gcm_state *state, int encrypt, unsigned char *data,
    size_t length)
{
    const vector zero = FIRST(_mm_setzero_si128()), bytes_round = BROADCAST(BYTES_ROUND);
    const vector step = BROADCAST(_mm_set_epi32(0, 0, 0, BLOCKS));
    unsigned rounds = key->as.blocks.rounds, r;
    vector counter = ADD32(BROADCAST(LOAD128(state->counter)), STEPS);
    __m128i hash = LOAD128(state->hash);
    const unsigned char *hashed = encrypt ? NULL : data;
    size_t left = length;
    vector powers[8];

    if (length < SHORTEST)
        return 0;
    make_powers(powers, key);
    for (; left >= GROUP; left -= GROUP) {
        vector x0, x1, x2, x3, x4, x5, x6, x7;
        vector round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[0]));

        EIGHT(COUNT);
        r = 1;
        if (hashed != NULL) {
            vector first = FIRST(hash);
            products sum = {zero, zero, zero};

            for (; r <= 8; r++) {
                round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[r]));
                EIGHT(ROUND);
                multiply_add(&sum, hashed + (r - 1) * sizeof(vector), first, powers[r - 1]);
                first = zero;
            }
            hash = gcm_reduce(FOLD(sum.low), FOLD(sum.middle), FOLD(sum.high));
        }
        for (; r < rounds; r++) {
            round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[r]));
            EIGHT(ROUND);
        }
        round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[r]));
        EIGHT(FINISH);
        data += GROUP;
        hashed = encrypt ? data - GROUP : data;
    }
    if (encrypt)
        hash = group_hash(hash, powers, hashed);
    STORE128(state->hash, hash);
    STORE128(state->counter, FIRST_OF(counter));
    tls_wipe(powers, sizeof powers);
    return length - left;
}

/* ---- The kernel ---- */

static void
run(const tls_aes_gcm_key *key, int encrypt, const unsigned char *nonce, tls_bytes additional,
    unsigned char *data, size_t length, unsigned char *tag)
{
    tls_aes_gcm_run_x86_64(key, encrypt, nonce, additional, data, length, tag, bulk);
}

static void
start(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    tls_aes_gcm_key_x86_64(key, bytes, length);
    key->run = run;
}

static void
install(tls_kernels *kernels)
{
    kernels->aes_gcm = start;
}
