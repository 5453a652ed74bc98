/* pool.h - record buffers that busy connections borrow and idle ones give back, so that an idle
 * connection holds none. One pool belongs to one context. */
#ifndef TLS_POOL_H
#define TLS_POOL_H

#include <stddef.h>

/* Room for four records of the largest protected size (RFC 5246 section 6.2.3: 2^14 + 2048, of
 * which BearSSL's suites use 325 at most) with their headers: several records per system call. */
#define TLS_POOL_BUFFER_LENGTH ((size_t)4 * (5 + 16384 + 325))
/* More than this many idle buffers go back to the allocator. */
#define TLS_POOL_IDLE_MAXIMUM 16

typedef struct tls_pool {
    unsigned char *idle[TLS_POOL_IDLE_MAXIMUM];
    size_t idle_count;
    size_t lent_count;
} tls_pool;

/* tls_pool_take returns a buffer of TLS_POOL_BUFFER_LENGTH bytes, or NULL when there is no memory.
 */
unsigned char *tls_pool_take(tls_pool *pool);
/* tls_pool_give wipes the first `used` bytes: plaintext must not wait in a free buffer. */
void tls_pool_give(tls_pool *pool, unsigned char *buffer, size_t used);
/* tls_pool_release frees the idle buffers. */
void tls_pool_release(tls_pool *pool);

#endif
