/* client_13.c - a client of TLS 1.3, or TLS 1.2 and 1.3 whose peer is the input. */
#include "fuzz_pair.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    fuzz_stream(TLS_ROLE_CLIENT, FUZZ_13, data, length);
    return 0;
}
