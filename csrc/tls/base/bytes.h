/* bytes.h - views, growable buffers, and the two things one does with secrets: wipe and compare.
 *
 * Conventions of csrc/tls, stated once:
 *   - Functions return an enum tls_reason (error.h), TLS_OK on success, unless they cannot fail.
 *   - Argument order: object, outputs, inputs. `_length` counts bytes, `_count` counts objects.
 *   - A tls_bytes is a view: it owns nothing and lives no longer than what it points into.
 *   - Objects that are shared (certificates, keys, trust stores, sessions) are immutable after they
 *     are made and counted: tls_X_retain / tls_X_release; release accepts NULL.
 *   - Nothing here knows Lua, sockets, or global state.
 */
#ifndef TLS_BYTES_H
#define TLS_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

TLS_PUBLIC_BEGIN

/* tls_bytes is a read-only view of `length` bytes at `data`; `data` may be NULL when it is empty.
 */
typedef struct tls_bytes {
    const unsigned char *data;
    size_t length;
} tls_bytes;

tls_bytes tls_bytes_make(const void *data, size_t length);
tls_bytes tls_bytes_of_string(const char *string);
/* tls_bytes_equal compares public values; it is not constant-time. */
int tls_bytes_equal(tls_bytes a, tls_bytes b);
int tls_bytes_equal_string(tls_bytes a, const char *string);
/* tls_bytes_to_string: a copy from malloc with a NUL behind it, or NULL without memory. */
char *tls_bytes_to_string(tls_bytes bytes);

/* tls_buffer owns its memory and grows by doubling. Old memory is wiped on growth and on release,
 * so it may hold secrets. A failed allocation sets `failed`; later appends then do nothing, so a
 * caller may build a whole message and check once. Zero-initialised is a valid empty buffer. */
typedef struct tls_buffer {
    unsigned char *data;
    size_t length;
    size_t capacity;
    int failed;
} tls_buffer;

/* tls_buffer_reserve makes room for `extra` more bytes and returns where they go, or NULL. */
unsigned char *tls_buffer_reserve(tls_buffer *buffer, size_t extra);
/* The same, but the capacity grows to the next multiple of `step` and not twofold: for what a
 * stranger can have us keep. */
unsigned char *tls_buffer_reserve_steps(tls_buffer *buffer, size_t extra, size_t step);
void tls_buffer_append(tls_buffer *buffer, const void *data, size_t length);
/* The same for what is kept and grows no more: no room is left behind it. */
void tls_buffer_append_last(tls_buffer *buffer, const void *data, size_t length);
/* tls_buffer_consume drops `length` bytes from the front. */
void tls_buffer_consume(tls_buffer *buffer, size_t length);
/* tls_buffer_clear empties the buffer and keeps its memory; tls_buffer_release wipes and frees. */
void tls_buffer_clear(tls_buffer *buffer);
void tls_buffer_release(tls_buffer *buffer);
tls_bytes tls_buffer_view(const tls_buffer *buffer);

/* tls_wipe overwrites memory in a way that the compiler may not remove. */
void tls_wipe(void *data, size_t length);
/* tls_secret_equal takes a time that depends on `length` alone. Returns 1 when equal, which is no
 * secret any more. */
int tls_secret_equal(const void *a, const void *b, size_t length);

/* Big-endian integers, as TLS and DER write them. */
static inline uint32_t
tls_get16(const unsigned char *p)
{
    return ((uint32_t)p[0] << 8) | p[1];
}

static inline uint32_t
tls_get24(const unsigned char *p)
{
    return ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];
}

static inline void
tls_put16(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)(value >> 8);
    p[1] = (unsigned char)value;
}

static inline void
tls_put24(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)(value >> 16);
    p[1] = (unsigned char)(value >> 8);
    p[2] = (unsigned char)value;
}

TLS_PUBLIC_END

#endif
