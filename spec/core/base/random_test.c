/* random_test.c - tls_random: how often it asks the system, by amount and time; what a child gets,
 * however it came to be; threads; what is left behind. The system's functions are wrapped (see the
 * Makefile), so that they can be counted, and fail. */
#include "base/random.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "support/check.h"

#define SEED_BYTES 65536 /* that are given of one seed, and how long */
#define SEED_SECONDS 60

/* ---- The system ---- */

static int system_calls, system_fails, advice_fails;
static time_t later;
static const unsigned char *page; /* the generator's; NULL where the system cannot wipe it */
static size_t page_length;
static void (*in_the_middle)(void); /* of a draw that seeds */

int __real_getentropy(void *out, size_t length);
int __wrap_getentropy(void *out, size_t length);
int
__wrap_getentropy(void *out, size_t length)
{
    void (*act)(void) = in_the_middle;
    int result = system_fails ? -1 : __real_getentropy(out, length);

    __atomic_fetch_add(&system_calls, 1, __ATOMIC_RELAXED);
    in_the_middle = NULL;
    if (act != NULL)
        act();
    return result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
    return system_fails > 1 ? -1 : __real_open(path, flags);
}

int __real_madvise(void *at, size_t length, int advice);
int __wrap_madvise(void *at, size_t length, int advice);
int
__wrap_madvise(void *at, size_t length, int advice)
{
    int result = advice_fails == advice ? -1 : __real_madvise(at, length, advice);

#ifdef MADV_WIPEONFORK
    if (advice == MADV_WIPEONFORK && result == 0) {
        page = at;
        page_length = length;
    }
#endif
    return result;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = __real_clock_gettime(clock, now);

    now->tv_sec += later;
    return result;
}

/* calls_for returns how often `count` draws of `length` bytes ask the system. */
static int
calls_for(int count, size_t length)
{
    unsigned char bytes[1024];
    int i, before = system_calls, wrong = 0;

    for (i = 0; i < count; i++)
        wrong += tls_random(bytes, length) != TLS_OK;
    check_number(wrong, 0, "draws that fail");
    return system_calls - before;
}

/* ---- How often ---- */

static void
test_amount(void)
{
    int i, calls;

    calls_for(1, 1);
    later += SEED_SECONDS;
    check_number(calls_for(1, 32), 1, "a seed");
    check_number(calls_for(SEED_BYTES / 32 - 1, 32), page ? 0 : SEED_BYTES / 32 - 1, "out of it");
    check_number(calls_for(1, 32), 1, "the next seed");
    later += SEED_SECONDS - 1;
    check_number(calls_for(1, 32), page ? 0 : 1, "within a minute");
    later += 2;
    check_number(calls_for(1, 32), 1, "after a minute");
    calls = calls_for(1, 257) + calls_for(1, 1024);
    check_number(calls, 2 + 4, "much at once is the system's");
    calls = 0;
    for (i = 0; i <= 256; i++)
        calls += calls_for(1, (size_t)i);
    check_number(calls, page ? 0 : 256, "each length up to 256");
}

static void
test_failure(void)
{
    unsigned char bytes[32];
    int i, before;

    later += SEED_SECONDS;
    system_fails = 2;
    for (i = 0; i < 3; i++)
        check_number(tls_random(bytes, sizeof bytes), TLS_REASON_NO_RANDOM, "no seed");
    system_fails = 1; /* a system without getentropy has a device */
    check_number(tls_random(bytes, sizeof bytes), TLS_OK, "the device");
    system_fails = 2;
    check_number(tls_random(bytes, sizeof bytes), page ? TLS_OK : TLS_REASON_NO_RANDOM, "kept");
    system_fails = 0;
    before = system_calls;
    later += SEED_SECONDS;
    check_number(tls_random(bytes, sizeof bytes), TLS_OK, "a seed again");
    check_number(system_calls, before + 1, "as ever");
}

/* ---- What it gives ---- */

static void
test_lengths(void)
{
    unsigned char bytes[1100 + 2];
    size_t length, i;
    int beyond = 0, zeros = 0;

    for (length = 0; length <= 1100; length++) {
        size_t run = 0;

        memset(bytes, 0, sizeof bytes);
        bytes[0] = bytes[length + 1] = 0xA5;
        tls_random(bytes + 1, length);
        beyond += bytes[0] != 0xA5 || bytes[length + 1] != 0xA5;
        for (i = 1; i <= length; i++) {
            run = bytes[i] == 0 ? run + 1 : 0;
            zeros += run == 6;
        }
    }
    check_number(beyond, 0, "bytes beside");
    check_number(zeros, 0, "runs of zeros: what nobody wrote");
}

#define BLOCK 16
#define BLOCKS 20000
#define THREADS 4
static unsigned char blocks[THREADS * BLOCKS][BLOCK];

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, BLOCK);
}

static int
repeated(unsigned char (*of)[BLOCK], size_t count)
{
    size_t i;
    int n = 0;

    qsort(of, count, BLOCK, compare);
    for (i = 1; i < count; i++)
        n += memcmp(of[i - 1], of[i], BLOCK) == 0;
    return n;
}

static void *
draw_blocks(void *from)
{
    unsigned char(*p)[BLOCK] = from;
    int i;

    for (i = 0; i < BLOCKS; i++)
        if (tls_random(p[i], BLOCK) != TLS_OK)
            return p;
    return NULL;
}

static void
test_threads(void)
{
    pthread_t threads[THREADS];
    void *failed;
    int i, wrong = 0;

    for (i = 0; i < THREADS; i++)
        require(pthread_create(&threads[i], NULL, draw_blocks, blocks + (size_t)i * BLOCKS) == 0,
            "a thread");
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &failed);
        wrong += failed != NULL;
    }
    check_number(wrong, 0, "threads that fail");
    check_number(repeated(blocks, THREADS * BLOCKS), 0, "blocks that come twice");
}

/* What was given is in the page no more. */
static void
test_erased(void)
{
    unsigned char bytes[32];
    size_t i;
    int round, found = 0;

    for (round = 0; round < 100 && page != NULL; round++) {
        tls_random(bytes, sizeof bytes);
        for (i = 0; i + 8 <= page_length; i++)
            found += memcmp(page + i, bytes, 8) == 0;
    }
    check_number(found, 0, "traces of what was given");
}

/* ---- Children ---- */

static int to_parent[2];

/* child_speaks: it draws blocks and tells them; its exit status is 0 if it could. */
static void
child_speaks(void)
{
    unsigned char mine[8][BLOCK];
    int i, good = 1;

    for (i = 0; i < 8; i++)
        good &= tls_random(mine[i], BLOCK) == TLS_OK;
    good &= write(to_parent[1], mine, sizeof mine) == (ssize_t)sizeof mine;
    _exit(good ? 0 : 1);
}

/* hear puts the child's blocks beside 8 of this process's own, and counts what comes twice. */
static void
hear(pid_t child, const char *name)
{
    unsigned char both[16][BLOCK];
    int i, status = -1;

    for (i = 0; i < 8; i++)
        tls_random(both[i], BLOCK);
    require(read(to_parent[0], both + 8, 8 * BLOCK) == 8 * BLOCK, "%s speaks", name);
    require(waitpid(child, &status, 0) == child, "%s ends", name);
    check_number(status, 0, "%s", name);
    check_number(repeated(both, 16), 0, "%s says what its parent says", name);
}

static void
test_fork(void)
{
    pid_t child;
    int i;

    for (i = 0; i < 3; i++) { /* with much left, and with little */
        calls_for(i * 15, 32);
        if ((child = fork()) == 0)
            child_speaks();
        hear(child, "a fork");
    }
#if defined(__linux__) && defined(SYS_clone) && !defined(__s390x__)
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* of which libc knows nothing */
    if (child == 0)
        child_speaks();
    hear(child, "a clone");
#endif
}

static pid_t forked;
static int child_draws;

static void
fork_here(void)
{
    unsigned char bytes[BLOCK];

    forked = fork();
    if (forked == 0 && child_draws)
        tls_random(bytes, sizeof bytes);
}

/* As in a signal handler that forks while the generator is at work: of the first draw, so that
 * parent and child add the same seed to the same nothing. */
static void
test_fork_in_the_middle(void)
{
    unsigned char first[BLOCK], other[BLOCK];

    in_the_middle = fork_here;
    require(tls_random(first, sizeof first) == TLS_OK, "a draw");
    if (page == NULL) /* that was the system's, and there is no generator */
        return;
    if (forked == 0) {
        require(write(to_parent[1], first, BLOCK) == BLOCK, "the child's");
        child_speaks();
    }
    require(read(to_parent[0], other, BLOCK) == BLOCK, "the child's");
    check(memcmp(other, first, BLOCK) != 0, "the draw that was forked in");
    hear(forked, "a child of the middle");
}

/* in_child runs a test in a process of its own, where nothing was drawn yet. */
static void
in_child(void (*test)(void), const char *name)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        test();
        fflush(stdout); /* what failed */
        _exit(check_failures() != 0);
    }
    require(waitpid(child, &status, 0) == child, "%s ends", name);
    check_number(status, 0, "%s", name);
}

#ifdef MADV_WIPEONFORK
static void
test_without_page(void)
{
    advice_fails = MADV_WIPEONFORK;
    check_number(calls_for(100, 32), 100, "each draw is the system's");
    test_fork();
    advice_fails = 0;
    check_number(calls_for(1, 32), 1, "nor is it tried again");
}
#endif

static void
test_first_failure(void)
{
    unsigned char bytes[32];

    system_fails = 2;
    check_number(tls_random(bytes, sizeof bytes), TLS_REASON_NO_RANDOM, "the first seed");
    system_fails = 0;
    check_number(tls_random(bytes, sizeof bytes), TLS_OK, "the second");
}

int
main(void)
{
    require(pipe(to_parent) == 0, "a pipe");
#ifdef MADV_WIPEONFORK
    in_child(test_without_page, "a system that cannot wipe");
#endif
    in_child(test_first_failure, "a system without a seed");
    in_child(test_fork_in_the_middle, "a fork in the middle");
    child_draws = 1;
    in_child(test_fork_in_the_middle, "one after which the child draws");
    in_child(test_threads, "threads that come at once");
    test_amount();
    test_failure();
    test_lengths();
    test_erased();
    test_threads();
    test_fork();
    return check_end();
}
