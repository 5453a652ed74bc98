/* once.h - tables that are made when they are first wanted, by whichever thread comes first. */
#ifndef TLS_KERNEL_ONCE_H
#define TLS_KERNEL_ONCE_H

#include <sched.h>

typedef struct tls_once {
    int state; /* 0, then 1 while it is made, then 2 */
} tls_once;

/* tls_once_run calls make() unless it was called before; who comes in between waits. */
static inline void
tls_once_run(tls_once *once, void (*make)(void))
{
    int expected = 0;

    if (__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) == 2)
        return;
    if (__atomic_compare_exchange_n(
            &once->state, &expected, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
        make();
        __atomic_store_n(&once->state, 2, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) != 2)
        sched_yield();
}

#endif
