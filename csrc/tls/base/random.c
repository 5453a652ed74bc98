/* random.c - see random.h.
 *
 * ChaCha20 that erases its keys (D. J. Bernstein, "Fast-key-erasure random-number generators",
 * 2017): the first 32 bytes of each stream are the next key, the others are handed out, and what
 * was handed out is overwritten, so that whoever reads this memory learns nothing of what was. Its
 * seed is the system's, and is renewed by amount and time.
 *
 * It lives in a page of its own that the kernel wipes in a child (MADV_WIPEONFORK), however that
 * comes to be: pthread_atfork sees no clone() and no fork in a signal handler's way, and to compare
 * process numbers is a system call for each draw, and fails where a number is given again. A
 * wiped page says FRESH, and is seeded anew. Without such pages the system is asked each time.
 *
 * It belongs to the whole process. Whoever finds another thread in it, or himself (in a signal
 * handler), does not wait but asks the system. */
#include "base/random.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/bytes.h"
#include "base/declassify.h"
#include "base/entropy.h"

#if defined(__GNUC__) && defined(MADV_WIPEONFORK)

#define KEY_LENGTH 32
#define STREAM_LENGTH 1024  /* the next key, and what is handed out */
#define DRAW_MAXIMUM 256    /* more is no faster than the system's */
#define BYTES_MAXIMUM 65536 /* of one seed, and */
#define SECONDS_MAXIMUM 60  /* for how long: a copy of a virtual machine goes on as it was */
#define CHACHA20_STACK 1024 /* where BearSSL's leaves its key */
#ifdef CLOCK_MONOTONIC_COARSE
#define CLOCK CLOCK_MONOTONIC_COARSE /* read without a system call everywhere */
#else
#define CLOCK CLOCK_MONOTONIC
#endif

enum { FRESH, IDLE, BUSY }; /* FRESH is what a wiped page says */

typedef struct generator {
    int state;
    unsigned char stream[STREAM_LENGTH]; /* the key, zeros, and at the end what is left */
    size_t left, given;
    time_t seeded;
} generator;

/* NULL at first; UNAVAILABLE where there are no such pages. */
static generator *shared;
static generator unavailable;

static __attribute__((cold)) generator *
make_page(void)
{
    const size_t length = sizeof(generator); /* less than the smallest page, which is what counts */
    void *page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return &unavailable;
    /* An emulator may say yes to advice that it does not know: there is none of this number. */
    if (madvise(page, length, -1) == 0 || madvise(page, length, MADV_WIPEONFORK) != 0)
        return &unavailable;
    madvise(page, length, MADV_DONTDUMP);
    return page;
}

/* find: of threads that come at once, one has its page taken. The others' stay, and so does one
 * that the system will not wipe: nothing was written there, and they take up addresses alone. */
static generator *
find(void)
{
    generator *g = __atomic_load_n(&shared, __ATOMIC_ACQUIRE), *none = NULL;

    if (g == NULL) {
        g = make_page();
        if (!__atomic_compare_exchange_n(&shared, &none, g, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            g = none;
    }
    return g != &unavailable ? g : NULL;
}

static int
enter(generator *g, int from)
{
    return __atomic_compare_exchange_n(
        &g->state, &from, BUSY, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void
wipe_below(void)
{
    unsigned char below[CHACHA20_STACK];

    tls_wipe(below, sizeof below);
}

static __attribute__((noinline)) void
run_chacha20(unsigned char *stream)
{
    static const unsigned char nonce[12]; /* no key is used twice */
    unsigned char key[KEY_LENGTH];

    memcpy(key, stream, sizeof key);
    memset(stream, 0, STREAM_LENGTH);
    br_chacha20_ct_run(key, nonce, 0, stream, STREAM_LENGTH);
}

static void
refill(generator *g)
{
    run_chacha20(g->stream);
    wipe_below();
    g->left = STREAM_LENGTH - KEY_LENGTH;
}

/* seed: over the key that is there, so that neither alone must be good. */
static __attribute__((cold)) enum tls_reason
seed(generator *g, time_t now)
{
    unsigned char bytes[KEY_LENGTH];
    enum tls_reason reason = tls_entropy(bytes, sizeof bytes);
    size_t i;

    if (reason != TLS_OK)
        return reason;
    for (i = 0; i < sizeof bytes; i++)
        g->stream[i] ^= bytes[i];
    tls_wipe(bytes, sizeof bytes);
    g->left = g->given = 0;
    g->seeded = now;
    return TLS_OK;
}

static enum tls_reason
draw(generator *g, int is_fresh, unsigned char *out, size_t length)
{
    struct timespec now = {0, 0};
    enum tls_reason reason;

    if (clock_gettime(CLOCK, &now) != 0 || is_fresh || g->given >= BYTES_MAXIMUM ||
        now.tv_sec - g->seeded >= SECONDS_MAXIMUM) {
        reason = seed(g, now.tv_sec);
        if (reason != TLS_OK)
            return reason;
    }
    g->given += length;
    while (length > 0) {
        unsigned char *from;
        size_t n;

        if (g->left == 0)
            refill(g);
        n = length < g->left ? length : g->left;
        from = g->stream + STREAM_LENGTH - g->left;
        memcpy(out, from, n);
        tls_wipe(from, n);
        g->left -= n;
        out += n;
        length -= n;
    }
    return TLS_OK;
}

enum tls_reason
tls_random(void *out, size_t length)
{
    generator *g = length <= DRAW_MAXIMUM ? find() : NULL;
    int is_fresh, busy = BUSY;
    enum tls_reason reason;

    if (g == NULL)
        return tls_entropy(out, length);
    is_fresh = !enter(g, IDLE);
    if (is_fresh && !enter(g, FRESH))
        return tls_entropy(out, length);
    reason = draw(g, is_fresh, out, length);
    if (__atomic_compare_exchange_n(&g->state, &busy, reason == TLS_OK ? IDLE : FRESH, 0,
            __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        return reason;
    /* A signal handler forked, and this is the child: half of the state is the parent's. */
    __atomic_store_n(&g->state, FRESH, __ATOMIC_RELEASE);
    return tls_entropy(out, length);
}

#else

enum tls_reason
tls_random(void *out, size_t length)
{
    return tls_entropy(out, length);
}

#endif

enum tls_reason
tls_random_public(void *out, size_t length)
{
    enum tls_reason reason = tls_random(out, length);

    TLS_DECLASSIFY(out, length);
    return reason;
}

enum tls_reason
tls_random_generator(br_hmac_drbg_context *out)
{
    unsigned char seed[64];
    enum tls_reason reason = tls_entropy(seed, sizeof seed);

    if (reason == TLS_OK)
        br_hmac_drbg_init(out, &br_sha512_vtable, seed, sizeof seed);
    tls_wipe(seed, sizeof seed);
    return reason;
}
