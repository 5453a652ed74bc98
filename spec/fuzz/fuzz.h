/* fuzz.h - what the libFuzzer targets share. Each is one file with LLVMFuzzerTestOneInput; fuzz.sh
 * builds and runs them. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

/* fuzz_check stops the fuzzer where something that must hold does not. */
#define fuzz_check(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* ---- fuzz_random.c: stands in for random.c, so that what is found can be found again ---- */
/* fuzz_random_use: tls_random takes its bytes from this state from now on, which it moves; NULL:
 * from a state of the file itself. */
void fuzz_random_use(uint64_t *state);

/* ---- The input as a list of instructions: zeros and empty views behind its end ---- */
static inline unsigned
fuzz_u8(tls_bytes *input)
{
    if (input->length == 0)
        return 0;
    input->length--;
    return *input->data++;
}

static inline unsigned
fuzz_u16(tls_bytes *input)
{
    unsigned high = fuzz_u8(input);

    return high << 8 | fuzz_u8(input);
}

static inline uint32_t
fuzz_u32(tls_bytes *input)
{
    uint32_t high = fuzz_u16(input);

    return high << 16 | fuzz_u16(input);
}

/* fuzz_take: as many of these bytes as there are. */
static inline tls_bytes
fuzz_take(tls_bytes *input, size_t length)
{
    tls_bytes taken;

    if (length > input->length)
        length = input->length;
    taken = tls_bytes_make(input->data, length);
    input->data += length;
    input->length -= length;
    return taken;
}

#endif
