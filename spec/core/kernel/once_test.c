/* once_test.c - tables that are made once: by one of several threads, and again by a child that was
 * forked while another thread made them. */
#include "kernel/once.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

#include "support/check.h"

static tls_once once;
static int made, hold, is_making;

static void
make(void)
{
    __atomic_store_n(&is_making, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&hold, __ATOMIC_SEQ_CST))
        sched_yield();
    __atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST);
}

static void *
run(void *unused)
{
    (void)unused;
    tls_once_run(&once, make);
    return NULL;
}

static void
begin(int held)
{
    memset(&once, 0, sizeof once);
    made = is_making = 0;
    hold = held;
}

static void
test_threads(void)
{
    pthread_t threads[8];
    int i;

    begin(1);
    for (i = 0; i < 8; i++)
        require(pthread_create(&threads[i], NULL, run, NULL) == 0, "a thread");
    while (!__atomic_load_n(&is_making, __ATOMIC_SEQ_CST))
        sched_yield();
    __atomic_store_n(&hold, 0, __ATOMIC_SEQ_CST);
    for (i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    tls_once_run(&once, make);
    check_number(made, 1, "how often it is made");
}

static void
test_fork(void)
{
    pthread_t thread;
    pid_t child;
    int status = -1;

    begin(1);
    require(pthread_create(&thread, NULL, run, NULL) == 0, "a thread");
    while (!__atomic_load_n(&is_making, __ATOMIC_SEQ_CST))
        sched_yield();
    child = fork();
    if (child == 0) {
        alarm(20);
        hold = 0;
        tls_once_run(&once, make);
        tls_once_run(&once, make);
        _exit(made == 1 && once.state == TLS_ONCE_MADE ? 0 : 1);
    }
    require(child > 0 && waitpid(child, &status, 0) == child, "a child");
    check_number(status, 0, "how the child ends, which has no thread that makes it");
    __atomic_store_n(&hold, 0, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    check_number(made, 1, "how often the parent makes it");
}

int
main(void)
{
    test_threads();
    test_fork();
    return check_end();
}
