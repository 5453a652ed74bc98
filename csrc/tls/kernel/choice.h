/* choice.h - which implementation of a primitive runs: one of ours (a kernel), or BearSSL's. */
#ifndef TLS_KERNEL_CHOICE_H
#define TLS_KERNEL_CHOICE_H

#include <stddef.h>

#include "base/linkage.h"

TLS_PUBLIC_BEGIN

/* tls_kernels_entry tells the implementation of each primitive, for i from 0 until it returns 0:
 * "sha256" and "sha-ni", say. What BearSSL does is done by "bearssl"; ML-KEM, which it has not, by
 * "portable" code where no kernel does. */
int tls_kernels_entry(size_t i, const char **primitive, const char **implementation);

/* tls_kernels_choose chooses again. Without it the environment variable BEARSSL_LUA_KERNELS does,
 * once: words between commas, of
 *   auto        the first that this processor can run (so it is with no words at all)
 *   portable    only those that need no special instructions
 *   none        none: BearSSL does everything that it can
 *   NAME        only implementations of this name, and of the others that are named: "adx", say
 *   -NAME       not this one: a primitive or an implementation
 * A word that is none of these has the variable mean `none`.
 * Call it while no other thread is in the core and no context exists: what was made keeps what it
 * was made with. Returns 0, and changes nothing, for a word that is none of these. */
int tls_kernels_choose(const char *words);

TLS_PUBLIC_END

#endif
