/* fuzz.h - what the libFuzzer targets share. Each is one file with LLVMFuzzerTestOneInput; fuzz.sh
 * builds and runs them. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

/* fuzz_check stops the fuzzer where something that must hold does not. */
#define fuzz_check(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#endif
