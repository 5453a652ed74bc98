/* codec.c - see codec.h. */
#include "wire/codec.h"

#include <string.h>

/* tls_buffer.failed is 1 when memory ran out; this other value keeps the two failures apart. */
#define FAILED_OVERLONG 2

void
tls_reader_init(tls_reader *reader, tls_bytes input)
{
    reader->next = input.data;
    /* No arithmetic on a NULL pointer, not even with 0 (C99 6.5.6). */
    reader->end = input.length ? input.data + input.length : input.data;
    reader->failed = 0;
}

int
tls_reader_failed(const tls_reader *reader)
{
    return reader->failed;
}

void
tls_reader_fail(tls_reader *reader)
{
    reader->failed = 1;
}

size_t
tls_reader_left(const tls_reader *reader)
{
    if (reader->failed || reader->next == reader->end)
        return 0;
    return (size_t)(reader->end - reader->next);
}

int
tls_reader_at_end(const tls_reader *reader)
{
    return tls_reader_left(reader) == 0;
}

int
tls_reader_finish(const tls_reader *reader)
{
    return !reader->failed && tls_reader_at_end(reader);
}

tls_bytes
tls_read_bytes(tls_reader *reader, size_t length)
{
    tls_bytes bytes = {NULL, 0};

    if (length > tls_reader_left(reader))
        reader->failed = 1;
    if (reader->failed || length == 0)
        return bytes;
    bytes = tls_bytes_make(reader->next, length);
    reader->next += length;
    return bytes;
}

tls_bytes
tls_read_rest(tls_reader *reader)
{
    return tls_read_bytes(reader, tls_reader_left(reader));
}

static uint32_t
read_integer(tls_reader *reader, size_t width)
{
    tls_bytes bytes = tls_read_bytes(reader, width);
    uint32_t value = 0;
    size_t i;

    for (i = 0; i < bytes.length; i++)
        value = (value << 8) | bytes.data[i];
    return value;
}

uint32_t
tls_read_u8(tls_reader *reader)
{
    return read_integer(reader, 1);
}

uint32_t
tls_read_u16(tls_reader *reader)
{
    return read_integer(reader, 2);
}

uint32_t
tls_read_u32(tls_reader *reader)
{
    return read_integer(reader, 4);
}

static tls_bytes
read_vector(tls_reader *reader, size_t prefix, size_t minimum)
{
    size_t length = read_integer(reader, prefix);

    if (length < minimum)
        reader->failed = 1;
    return tls_read_bytes(reader, length);
}

tls_bytes
tls_read_vector8(tls_reader *reader, size_t minimum)
{
    return read_vector(reader, 1, minimum);
}

tls_bytes
tls_read_vector16(tls_reader *reader, size_t minimum)
{
    return read_vector(reader, 2, minimum);
}

tls_bytes
tls_read_vector24(tls_reader *reader, size_t minimum)
{
    return read_vector(reader, 3, minimum);
}

static void
enter(tls_reader *reader, tls_reader *inner, size_t prefix, size_t minimum)
{
    tls_reader_init(inner, read_vector(reader, prefix, minimum));
    inner->failed = reader->failed;
}

void
tls_reader_enter16(tls_reader *reader, tls_reader *inner, size_t minimum)
{
    enter(reader, inner, 2, minimum);
}

void
tls_reader_enter24(tls_reader *reader, tls_reader *inner, size_t minimum)
{
    enter(reader, inner, 3, minimum);
}

void
tls_reader_leave(tls_reader *reader, const tls_reader *inner)
{
    if (!tls_reader_finish(inner))
        reader->failed = 1;
}

size_t
tls_u16_list_count(tls_u16_list list)
{
    return list.length / 2;
}

unsigned
tls_u16_list_at(tls_u16_list list, size_t index)
{
    return (unsigned)tls_get16(list.data + 2 * index);
}

int
tls_u16_list_contains(tls_u16_list list, unsigned value)
{
    size_t count = tls_u16_list_count(list);
    size_t i;

    for (i = 0; i < count; i++)
        if (tls_u16_list_at(list, i) == value)
            return 1;
    return 0;
}

void
tls_u16_set_clear(tls_u16_set *set)
{
    set->touched = 0;
}

int
tls_u16_set_add(tls_u16_set *set, unsigned value)
{
    unsigned page = (value & 0xFFFF) / (8 * sizeof set->pages[0]);
    unsigned char *byte = &set->pages[page][value / 8 % sizeof set->pages[0]];
    unsigned char bit = (unsigned char)(1u << (value % 8));

    if ((set->touched >> page & 1) == 0) {
        memset(set->pages[page], 0, sizeof set->pages[page]);
        set->touched |= (uint64_t)1 << page;
    }
    if (*byte & bit)
        return 0;
    *byte |= bit;
    return 1;
}

static void
put_integer(unsigned char *p, uint32_t value, size_t width)
{
    while (width-- > 0) {
        p[width] = (unsigned char)value;
        value >>= 8;
    }
}

static void
write_integer(tls_buffer *buffer, uint32_t value, size_t width)
{
    unsigned char encoded[4];

    put_integer(encoded, value, width);
    tls_buffer_append(buffer, encoded, width);
}

void
tls_write_u8(tls_buffer *buffer, uint32_t value)
{
    write_integer(buffer, value, 1);
}

void
tls_write_u16(tls_buffer *buffer, uint32_t value)
{
    write_integer(buffer, value, 2);
}

void
tls_write_u32(tls_buffer *buffer, uint32_t value)
{
    write_integer(buffer, value, 4);
}

void
tls_write_bytes(tls_buffer *buffer, tls_bytes bytes)
{
    tls_buffer_append(buffer, bytes.data, bytes.length);
}

void
tls_write_u16_values(tls_buffer *buffer, const uint16_t *values, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        tls_write_u16(buffer, values[i]);
}

static size_t
begin(tls_buffer *buffer, size_t prefix)
{
    write_integer(buffer, 0, prefix);
    return buffer->length;
}

static void
end(tls_buffer *buffer, size_t start, size_t prefix)
{
    size_t length;

    if (buffer->failed)
        return;
    length = buffer->length - start;
    if (length >> (8 * prefix) != 0) {
        buffer->failed = FAILED_OVERLONG;
        return;
    }
    put_integer(buffer->data + start - prefix, (uint32_t)length, prefix);
}

size_t
tls_write_begin8(tls_buffer *buffer)
{
    return begin(buffer, 1);
}

size_t
tls_write_begin16(tls_buffer *buffer)
{
    return begin(buffer, 2);
}

size_t
tls_write_begin24(tls_buffer *buffer)
{
    return begin(buffer, 3);
}

void
tls_write_end8(tls_buffer *buffer, size_t start)
{
    end(buffer, start, 1);
}

void
tls_write_end16(tls_buffer *buffer, size_t start)
{
    end(buffer, start, 2);
}

void
tls_write_end24(tls_buffer *buffer, size_t start)
{
    end(buffer, start, 3);
}

static void
write_vector(tls_buffer *buffer, tls_bytes bytes, size_t prefix)
{
    size_t start = begin(buffer, prefix);

    tls_write_bytes(buffer, bytes);
    end(buffer, start, prefix);
}

void
tls_write_vector8(tls_buffer *buffer, tls_bytes bytes)
{
    write_vector(buffer, bytes, 1);
}

void
tls_write_vector16(tls_buffer *buffer, tls_bytes bytes)
{
    write_vector(buffer, bytes, 2);
}

void
tls_write_vector24(tls_buffer *buffer, tls_bytes bytes)
{
    write_vector(buffer, bytes, 3);
}

enum tls_reason
tls_write_result(const tls_buffer *buffer)
{
    if (!buffer->failed)
        return TLS_OK;
    return buffer->failed == FAILED_OVERLONG ? TLS_REASON_LIMIT : TLS_REASON_OUT_OF_MEMORY;
}

int64_t
tls_read_time(tls_reader *reader)
{
    uint64_t high = tls_read_u32(reader);

    return (int64_t)((high << 32) | tls_read_u32(reader));
}

void
tls_write_time(tls_buffer *buffer, int64_t time)
{
    tls_write_u32(buffer, (uint32_t)((uint64_t)time >> 32));
    tls_write_u32(buffer, (uint32_t)((uint64_t)time & 0xFFFFFFFFu));
}
