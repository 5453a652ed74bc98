/* declassify.h - what may be told of secrets. */
#ifndef TLS_DECLASSIFY_H
#define TLS_DECLASSIFY_H

/* TLS_DECLASSIFY: what stands here may be told from here on. `make constant-time` marks secrets as
 * undefined for memcheck, and looks for branches and indexes that depend on them. */
#ifdef TLS_CONSTANT_TIME
#include <valgrind/memcheck.h>
#define TLS_DECLASSIFY(data, length) (void)VALGRIND_MAKE_MEM_DEFINED(data, length)
#else
#define TLS_DECLASSIFY(data, length) (void)0
#endif

#endif
