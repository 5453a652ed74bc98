/* entropy.c - see entropy.h.
 *
 * BearSSL's own seeder asks the processor (CPUID, RDRAND) for each connection, which traps in
 * virtual machines; the kernel's generator is both faster there and what everyone else relies on.
 */
#include "base/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

/* getentropy's limit for one call. */
#define ENTROPY_CHUNK 256

static enum tls_reason
read_device(unsigned char *out, size_t length)
{
    int fd = open("/dev/urandom", O_RDONLY);

    if (fd < 0)
        return TLS_REASON_NO_RANDOM;
    while (length > 0) {
        ssize_t n = read(fd, out, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return TLS_REASON_NO_RANDOM;
        }
        out += n;
        length -= (size_t)n;
    }
    close(fd);
    return TLS_OK;
}

enum tls_reason
tls_entropy(void *out, size_t length)
{
    unsigned char *p = out;

    while (length > 0) {
        size_t n = length < ENTROPY_CHUNK ? length : ENTROPY_CHUNK;

        if (getentropy(p, n) != 0)
            return read_device(p, length);
        p += n;
        length -= n;
    }
    return TLS_OK;
}
