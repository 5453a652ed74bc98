/* aes_gcm_groups.h - AES-GCM of eight vectors, see aes_gcm_x86_64.h. It is included by a file that
 * has defined what a vector is:
 *   vector, BLOCKS, SHORTEST      its type, how many blocks it has, and the shortest text for it
 *   VECTOR_TARGET                 the instructions
 *   LOAD, STORE, XOR, ADD32, SHUFFLE8, SHUFFLE32, AES, AES_LAST, MULTIPLY
 *   BROADCAST(block)              each block of a vector is this one
 *   FIRST(block)                  the first is this one, the others are zero
 *   STEPS                         0, 1, 2 ...: what the counters of a vector's blocks differ by
 *   FOLD(vector)                  the sum of its blocks
 */

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

/* Counters are added modulo 2^32, as SP 800-38D section 6.2 has it. */
#define COUNT(x, i)                                                                                \
    do {                                                                                           \
        (x) = XOR(SHUFFLE8(counters, bytes_round), round_key);                                     \
        counters = ADD32(counters, step);                                                          \
    } while (0)
#define ROUND(x, i) (x) = AES(x, round_key)
/* The last round key, the text and the last round's result are one sum. */
#define FINISH(x, i)                                                                               \
    STORE(data + sizeof(vector) * (i),                                                             \
        AES_LAST(x, XOR(round_key, LOAD(data + sizeof(vector) * (i)))))

/* xor_group: eight vectors, from this counter on. */
VECTOR_TARGET static __attribute__((noinline)) void
xor_group(const tls_aes_gcm_key *key, __m128i counter, unsigned char *data)
{
    const vector bytes_round = BROADCAST(BYTES_ROUND);
    const vector step = BROADCAST(_mm_set_epi32(0, 0, 0, BLOCKS));
    vector round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[0]));
    vector counters = ADD32(BROADCAST(counter), STEPS);
    vector x0, x1, x2, x3, x4, x5, x6, x7;
    unsigned r;

    EIGHT(COUNT);
    for (r = 1; r < key->as.blocks.rounds; r++) {
        round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[r]));
        EIGHT(ROUND);
    }
    round_key = BROADCAST(LOAD128(key->as.blocks.round_keys[r]));
    EIGHT(FINISH);
}

/* hash_vectors: of `count` vectors, by as many powers. */
VECTOR_TARGET static __attribute__((noinline)) __m128i
hash_vectors(__m128i hash, const unsigned char *powers, const unsigned char *text, size_t count)
{
    const vector bytes_round = BROADCAST(BYTES_ROUND);
    const vector zero = FIRST(_mm_setzero_si128());
    vector low = zero, middle = zero, high = zero, first = FIRST(hash);

    for (; count > 0; count--, powers += sizeof(vector), text += sizeof(vector)) {
        vector x = XOR(SHUFFLE8(LOAD(text), bytes_round), first), power = LOAD(powers);

        low = XOR(low, MULTIPLY(x, power, 0x00));
        high = XOR(high, MULTIPLY(x, power, 0x11));
        middle = XOR(middle, XOR(MULTIPLY(x, power, 0x01), MULTIPLY(x, power, 0x10)));
        first = zero;
    }
    return gcm_reduce(FOLD(low), FOLD(middle), FOLD(high));
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

/* make_powers: those of the eight vectors, of the eight powers that are kept. */
VECTOR_TARGET static void
make_powers(unsigned char *powers, const tls_aes_gcm_key *key)
{
    const vector highest = BROADCAST(LOAD128(key->as.blocks.powers[0]));
    size_t at = 8 * sizeof(vector) - sizeof key->as.blocks.powers;

    memcpy(powers + at, key->as.blocks.powers, sizeof key->as.blocks.powers);
    while (at > 0) {
        at -= sizeof(vector);
        STORE(powers + at, times(LOAD(powers + at + sizeof key->as.blocks.powers), highest));
    }
}

#define MAKE_POWERS make_powers
#else
#define MAKE_POWERS NULL
#endif

static const tls_aes_gcm_width width = {
    8 * sizeof(vector), SHORTEST, xor_group, hash_vectors, MAKE_POWERS};

static void
start(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length)
{
    tls_aes_gcm_start_x86_64(key, bytes, length, &width);
}

static void
install(tls_kernels *kernels)
{
    kernels->aes_gcm = start;
}
