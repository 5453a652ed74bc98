/* bytes.c - see bytes.h. */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"

tls_bytes
tls_bytes_make(const void *data, size_t length)
{
    tls_bytes bytes = {data, length};

    return bytes;
}

tls_bytes
tls_bytes_of_string(const char *string)
{
    return tls_bytes_make(string, strlen(string));
}

int
tls_bytes_equal(tls_bytes a, tls_bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

int
tls_bytes_equal_string(tls_bytes a, const char *string)
{
    return tls_bytes_equal(a, tls_bytes_of_string(string));
}

char *
tls_bytes_to_string(tls_bytes bytes)
{
    char *string = malloc(bytes.length + 1);

    if (string == NULL)
        return NULL;
    if (bytes.length > 0)
        memcpy(string, bytes.data, bytes.length);
    string[bytes.length] = '\0';
    return string;
}

/* grow moves the contents to a block of `capacity` bytes. Not realloc: the old block must be wiped
 * before it goes back to the allocator. */
static unsigned char *
grow(tls_buffer *buffer, size_t capacity)
{
    unsigned char *grown = malloc(capacity);

    if (grown == NULL) {
        buffer->failed = 1;
        return NULL;
    }
    if (buffer->data != NULL) {
        memcpy(grown, buffer->data, buffer->length);
        tls_wipe(buffer->data, buffer->length);
        free(buffer->data);
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return grown + buffer->length;
}

static int
has_room(const tls_buffer *buffer, size_t extra)
{
    return buffer->data != NULL && extra <= buffer->capacity - buffer->length;
}

unsigned char *
tls_buffer_reserve(tls_buffer *buffer, size_t extra)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 64;

    if (buffer->failed)
        return NULL;
    if (has_room(buffer, extra))
        return buffer->data + buffer->length;
    while (capacity - buffer->length < extra) {
        if (capacity > SIZE_MAX / 2) {
            buffer->failed = 1;
            return NULL;
        }
        capacity *= 2;
    }
    return grow(buffer, capacity);
}

unsigned char *
tls_buffer_reserve_steps(tls_buffer *buffer, size_t extra, size_t step)
{
    size_t steps = (buffer->length + extra) / step + 1;

    if (buffer->failed)
        return NULL;
    return has_room(buffer, extra) ? buffer->data + buffer->length : grow(buffer, steps * step);
}

void
tls_buffer_append(tls_buffer *buffer, const void *data, size_t length)
{
    unsigned char *room;

    if (length == 0)
        return;
    room = tls_buffer_reserve(buffer, length);
    if (room == NULL)
        return;
    memcpy(room, data, length);
    buffer->length += length;
}

void
tls_buffer_append_last(tls_buffer *buffer, const void *data, size_t length)
{
    if (length > 0 && tls_buffer_reserve_steps(buffer, length, 1) != NULL)
        tls_buffer_append(buffer, data, length);
}

void
tls_buffer_consume(tls_buffer *buffer, size_t length)
{
    if (length >= buffer->length) {
        tls_buffer_clear(buffer);
        return;
    }
    memmove(buffer->data, buffer->data + length, buffer->length - length);
    buffer->length -= length;
    /* What stood behind is not seen by the wipe of what is left. */
    tls_wipe(buffer->data + buffer->length, length);
}

void
tls_buffer_clear(tls_buffer *buffer)
{
    if (buffer->data != NULL)
        tls_wipe(buffer->data, buffer->length);
    buffer->length = 0;
    buffer->failed = 0;
}

void
tls_buffer_release(tls_buffer *buffer)
{
    if (buffer->data != NULL) {
        tls_wipe(buffer->data, buffer->length);
        free(buffer->data);
    }
    memset(buffer, 0, sizeof *buffer);
}

tls_bytes
tls_buffer_view(const tls_buffer *buffer)
{
    return tls_bytes_make(buffer->data, buffer->length);
}

/* Called through a volatile pointer: the compiler cannot know that it is memset and drop the call,
 * and a whole record buffer is wiped at memset's speed. */
static void *(*const volatile wipe_function)(void *, int, size_t) = memset;

void
tls_wipe(void *data, size_t length)
{
    if (length > 0)
        wipe_function(data, 0, length);
}

int
tls_secret_equal(const void *a, const void *b, size_t length)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    unsigned difference = 0, equal;
    size_t i;

    for (i = 0; i < length; i++)
        difference |= (unsigned)(x[i] ^ y[i]);
    equal = ((difference - 1) >> 8) & 1; /* it is below 256 */
    TLS_DECLASSIFY(&equal, sizeof equal);
    return (int)equal;
}
