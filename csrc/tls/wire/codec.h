/* codec.h - the presentation language of TLS (RFC 8446 section 3): integers and vectors with a
 * length prefix, read with sticky bounds checks and written with lengths patched at the end.
 *
 * Reading: after the first error every read returns 0 or an empty view and the reader says so, so a
 * parser reads a whole structure and checks once. Nothing is copied; views point into the input.
 * Writing: into a tls_buffer, whose failure is sticky too; tls_write_result tells at the end. */
#ifndef TLS_CODEC_H
#define TLS_CODEC_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

/* A zero-initialised reader is valid and at its end. */
typedef struct tls_reader {
    const unsigned char *next;
    const unsigned char *end;
    int failed;
} tls_reader;

void tls_reader_init(tls_reader *reader, tls_bytes input);
int tls_reader_failed(const tls_reader *reader);
/* tls_reader_fail makes the reader fail: for checks that the caller makes on what it read. */
void tls_reader_fail(tls_reader *reader);
/* tls_reader_at_end returns 1 when nothing is left or the reader has failed. */
int tls_reader_at_end(const tls_reader *reader);
/* tls_reader_left: bytes not read yet; 0 after a failure. */
size_t tls_reader_left(const tls_reader *reader);
/* tls_reader_finish returns 1 if everything was read without a failure. */
int tls_reader_finish(const tls_reader *reader);

uint32_t tls_read_u8(tls_reader *reader);
uint32_t tls_read_u16(tls_reader *reader);
uint32_t tls_read_u32(tls_reader *reader);
/* tls_read_time reads 64 bits: seconds since the epoch, in encodings of our own. */
int64_t tls_read_time(tls_reader *reader);
tls_bytes tls_read_bytes(tls_reader *reader, size_t length);
/* tls_read_rest returns what is left. */
tls_bytes tls_read_rest(tls_reader *reader);
/* tls_read_vector8/16/24 read a vector with a length prefix of 1, 2 or 3 bytes and return its
 * contents; fewer than `minimum` bytes is a failure (the floor in "<1..2^16-1>"). */
tls_bytes tls_read_vector8(tls_reader *reader, size_t minimum);
tls_bytes tls_read_vector16(tls_reader *reader, size_t minimum);
tls_bytes tls_read_vector24(tls_reader *reader, size_t minimum);

/* tls_reader_enter16/24 read a vector and set `inner` to read its contents; `inner` is failed if
 * that fails. tls_reader_leave demands that `inner` was read to its end, and hands failure on. */
void tls_reader_enter16(tls_reader *reader, tls_reader *inner, size_t minimum);
void tls_reader_enter24(tls_reader *reader, tls_reader *inner, size_t minimum);
void tls_reader_leave(tls_reader *reader, const tls_reader *inner);

/* A list of 16-bit values as it stands on the wire, without its length prefix: suites, groups,
 * schemes, versions. Parsers guarantee an even length. */
typedef tls_bytes tls_u16_list;

size_t tls_u16_list_count(tls_u16_list list);
/* tls_u16_list_at: `index` must be less than the count. */
unsigned tls_u16_list_at(tls_u16_list list, size_t index);
int tls_u16_list_contains(tls_u16_list list, unsigned value);

/* A set of 16-bit values: finds what a peer sends twice, in time that grows with the list only. The
 * values of a list lie close together, so only the pages that it touches are cleared and read. */
typedef struct tls_u16_set {
    uint64_t touched; /* bit n: pages[n] has been cleared */
    unsigned char pages[64][65536 / 64 / 8];
} tls_u16_set;

void tls_u16_set_clear(tls_u16_set *set);
/* tls_u16_set_add returns 1 when the value is new, 0 when it was there. */
int tls_u16_set_add(tls_u16_set *set, unsigned value);

/* Writers. Values are cut to their width. */
void tls_write_u8(tls_buffer *buffer, uint32_t value);
void tls_write_u16(tls_buffer *buffer, uint32_t value);
void tls_write_u32(tls_buffer *buffer, uint32_t value);
void tls_write_time(tls_buffer *buffer, int64_t time);
void tls_write_bytes(tls_buffer *buffer, tls_bytes bytes);
void tls_write_u16_values(tls_buffer *buffer, const uint16_t *values, size_t count);

/* tls_write_begin8/16/24 leave room for a length prefix and return where its contents start;
 * tls_write_end8/16/24 take that value and patch the prefix. They nest. Contents that are too long
 * for the prefix make the buffer fail. */
size_t tls_write_begin8(tls_buffer *buffer);
size_t tls_write_begin16(tls_buffer *buffer);
size_t tls_write_begin24(tls_buffer *buffer);
void tls_write_end8(tls_buffer *buffer, size_t start);
void tls_write_end16(tls_buffer *buffer, size_t start);
void tls_write_end24(tls_buffer *buffer, size_t start);
/* tls_write_vector8/16/24 write a prefix and the bytes. */
void tls_write_vector8(tls_buffer *buffer, tls_bytes bytes);
void tls_write_vector16(tls_buffer *buffer, tls_bytes bytes);
void tls_write_vector24(tls_buffer *buffer, tls_bytes bytes);

/* tls_write_result: TLS_OK; OUT_OF_MEMORY; LIMIT when some contents did not fit their prefix. */
enum tls_reason tls_write_result(const tls_buffer *buffer);

TLS_PUBLIC_END

#endif
