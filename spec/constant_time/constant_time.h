/* constant_time.h - a case is a computation with secrets; see constant_time.c. */
#ifndef CONSTANT_TIME_H
#define CONSTANT_TIME_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "kernel/kernel.h"

/* From here on a branch or an index that depends on it is reported; and from here on none is. */
#define SECRET(data, length) (void)VALGRIND_MAKE_MEM_UNDEFINED(data, length)
#define PUBLIC(data, length) (void)VALGRIND_MAKE_MEM_DEFINED(data, length)

/* run returns 1 if the result is right: what computes nothing has no reports either. */
typedef struct test_case {
    const char *name;
    int (*run)(int argument);
    int argument;
    /* It runs with each implementation of this one; "" for none in particular: then it runs once,
     * with the best that memcheck can run, as does whatever has no kernel in this build. */
    const char *primitive;
} test_case;

extern const test_case kernel_cases[]; /* up to one without a name, as all of these */
extern const test_case secret_cases[];
extern const test_case key_cases[];
extern const test_case handshake_cases[];

/* What the kernels are told that the processor has, and what it does have. */
extern unsigned pretended_features;
unsigned real_processor_features(void);

#endif
