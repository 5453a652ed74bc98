/* pool.c - see pool.h. */
#include "base/pool.h"

#include <stdlib.h>

#include "base/bytes.h"

unsigned char *
tls_pool_take(tls_pool *pool)
{
    unsigned char *buffer;

    if (pool->idle_count > 0)
        buffer = pool->idle[--pool->idle_count];
    else
        buffer = malloc(TLS_POOL_BUFFER_LENGTH);
    if (buffer != NULL)
        pool->lent_count++;
    return buffer;
}

void
tls_pool_give(tls_pool *pool, unsigned char *buffer, size_t used)
{
    if (buffer == NULL)
        return;
    tls_wipe(buffer, used);
    pool->lent_count--;
    if (pool->idle_count < TLS_POOL_IDLE_MAXIMUM)
        pool->idle[pool->idle_count++] = buffer;
    else
        free(buffer);
}

void
tls_pool_release(tls_pool *pool)
{
    while (pool->idle_count > 0)
        free(pool->idle[--pool->idle_count]);
}
