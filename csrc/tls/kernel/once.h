/* once.h - tables that are made when they are first wanted, by whichever thread comes first. */
#ifndef TLS_KERNEL_ONCE_H
#define TLS_KERNEL_ONCE_H

#include <sched.h>
#include <unistd.h>

#define TLS_ONCE_MADE (-1)

typedef struct tls_once {
    int state; /* 0; the process that makes it; or TLS_ONCE_MADE */
} tls_once;

/* tls_once_run calls make() unless it was called before; who comes in between waits. A child that
 * was forked meanwhile has no thread that goes on making: it makes the table from the beginning, so
 * make() must not mind what is there. Compilers without atomics of this kind have no kernels
 * either; hosts with several threads on such call tls_kernels_entry once before they start them. */
static inline void
tls_once_run(tls_once *once, void (*make)(void))
{
#if defined(__GNUC__)
    int state = __atomic_load_n(&once->state, __ATOMIC_ACQUIRE), here;

    if (state == TLS_ONCE_MADE)
        return;
    here = (int)getpid();
    while (state != TLS_ONCE_MADE) {
        if (state == here) {
            sched_yield();
            state = __atomic_load_n(&once->state, __ATOMIC_ACQUIRE);
        } else if (__atomic_compare_exchange_n(
                       &once->state, &state, here, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
            make();
            __atomic_store_n(&once->state, TLS_ONCE_MADE, __ATOMIC_RELEASE);
            return;
        }
    }
#else
    if (once->state != TLS_ONCE_MADE)
        make();
    once->state = TLS_ONCE_MADE;
#endif
}

#endif
