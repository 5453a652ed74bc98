/* sha256.h - SHA-256 for our own digests, by whichever implementation runs. */
#ifndef TLS_SHA256_H
#define TLS_SHA256_H

#include <bearssl.h>

#include "kernel/kernel.h"

static inline void
tls_sha256_init(br_sha256_context *context)
{
    tls_kernels_chosen()->sha256->init(&context->vtable);
}

static inline void
tls_sha256_update(br_sha256_context *context, const void *data, size_t length)
{
    context->vtable->update(&context->vtable, data, length);
}

static inline void
tls_sha256_out(const br_sha256_context *context, unsigned char *out)
{
    context->vtable->out(&context->vtable, out);
}

#endif
