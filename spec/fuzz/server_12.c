/* server_12.c - a server of TLS 1.2 and below whose peer is the input. */
#include "fuzz_pair.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    fuzz_stream(TLS_ROLE_SERVER, FUZZ_12, data, length);
    return 0;
}
