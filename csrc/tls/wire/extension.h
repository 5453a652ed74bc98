/* extension.h - hello extensions: in which message each may stand, walking a block of them, what
 * the known ones say, and writing them. Views only; nothing is allocated by reading. */
#ifndef TLS_EXTENSION_H
#define TLS_EXTENSION_H

#include "base/bytes.h"
#include "wire/codec.h"
#include "wire/registry.h"

TLS_PUBLIC_BEGIN

/* Places where extensions stand (RFC 8446 section 4.2), as a mask. ServerHello is two of them: what
 * may stand there depends on the version that it selects. */
#define TLS_IN_CLIENT_HELLO 0x01u
#define TLS_IN_SERVER_HELLO_12 0x02u
#define TLS_IN_SERVER_HELLO_13 0x04u
#define TLS_IN_HELLO_RETRY_REQUEST 0x08u
#define TLS_IN_ENCRYPTED_EXTENSIONS 0x10u
#define TLS_IN_CERTIFICATE 0x20u
#define TLS_IN_CERTIFICATE_REQUEST 0x40u
#define TLS_IN_NEW_SESSION_TICKET 0x80u

/* tls_extension_places: the mask of places of a known extension, 0 for one that we do not know. */
unsigned tls_extension_places(unsigned type);

typedef struct tls_extension {
    unsigned type;
    tls_bytes data; /* extension_data, without its length */
} tls_extension;

/* A block is the contents of `Extension extensions<0..2^16-1>`, without the length prefix.
 * tls_extensions_next returns 1 and the next extension, or 0 at the end or when the block is broken
 * (tls_reader_failed tells which). Begin with tls_reader_init(reader, block). */
int tls_extensions_next(tls_reader *reader, tls_extension *extension);
/* tls_extensions_find returns 1 and the data of the first extension of that type, or 0. */
int tls_extensions_find(tls_bytes block, unsigned type, tls_bytes *data);

/* tls_extensions_check checks a block as a whole: well formed (DECODE), none twice
 * (ILLEGAL_PARAMETER), known ones only where they may stand (ILLEGAL_PARAMETER), pre_shared_key
 * last in a ClientHello (ILLEGAL_PARAMETER), and the value of every known one parses. `place` is
 * one TLS_IN_* bit. `culprit` (may be NULL) is set to the type at fault. */
enum tls_reason tls_extensions_check(tls_bytes block, unsigned place, unsigned *culprit);

/* What is wrong with a ClientHello whose version is not chosen yet, by the version: its faults lie
 * in extensions that only one handshake reads, and there is no fault where the other one goes on.
 */
typedef struct tls_hello_faults {
    enum tls_reason before_13, in_13;
} tls_hello_faults;

/* tls_extension_fault: where such a fault belongs, or NULL for an extension that both read. */
enum tls_reason *tls_extension_fault(tls_hello_faults *faults, unsigned type);

/* tls_extensions_check_hello is tls_extensions_check for a ClientHello, but for such faults: the
 * first of each is kept. */
enum tls_reason tls_extensions_check_hello(tls_bytes block, tls_hello_faults *faults);

/* tls_extensions_check_offered: UNSUPPORTED_EXTENSION and `culprit` (may be NULL) when `reply` has
 * an extension that `offer` (both are blocks) has not, or a GREASE one. Not counted:
 * renegotiation_info when `scsv_offered` (RFC 5746 section 3.4), cookie in a HelloRetryRequest (RFC
 * 8446 section 4.2). */
enum tls_reason tls_extensions_check_offered(
    tls_bytes reply, unsigned place, tls_bytes offer, int scsv_offered, unsigned *culprit);

/* ---- Values ---- */
enum tls_extension_kind {
    TLS_EXTENSION_KIND_OPAQUE,         /* not known here: only the raw data */
    TLS_EXTENSION_KIND_EMPTY,          /* its presence is what it says */
    TLS_EXTENSION_KIND_HOST_NAME,      /* bytes: server_name of a ClientHello */
    TLS_EXTENSION_KIND_U16_LIST,       /* list: groups, schemes, versions */
    TLS_EXTENSION_KIND_U8_LIST,        /* bytes: point formats, PSK modes */
    TLS_EXTENSION_KIND_NUMBER,         /* number: version, group, size, index of the PSK, … */
    TLS_EXTENSION_KIND_BYTES,          /* bytes: cookie, ticket, renegotiated connection, padding */
    TLS_EXTENSION_KIND_PROTOCOLS,      /* bytes: ALPN names, each a vector8; count */
    TLS_EXTENSION_KIND_VECTORS,        /* bytes: each a vector16: SCTs, DNs; count */
    TLS_EXTENSION_KIND_KEY_SHARES,     /* bytes: { u16 group, vector16 key }; count */
    TLS_EXTENSION_KIND_KEY_SHARE,      /* number: the group; bytes: the key */
    TLS_EXTENSION_KIND_STATUS_REQUEST, /* number: status type; bytes: the request as it stands */
    TLS_EXTENSION_KIND_STATUS,         /* number: status type; bytes: the OCSP response */
    TLS_EXTENSION_KIND_PRE_SHARED_KEYS, /* bytes: { vector16 identity, u32 age }; binders; count */
    TLS_EXTENSION_KIND_ECH,             /* number: enum tls_ech_type; bytes: the whole: see ech.h */
    TLS_EXTENSION_KIND_TICKET_REQUEST   /* number: new_session_count; count: resumption_count */
};

typedef struct tls_extension_value {
    enum tls_extension_kind kind;
    tls_bytes bytes;
    tls_u16_list list;
    tls_bytes binders; /* PRE_SHARED_KEYS: each a vector8 */
    uint32_t number;
    size_t count; /* of the elements in `bytes` or `list` */
} tls_extension_value;

/* tls_extension_parse reads extension_data as it must look in `place`. DECODE when it is malformed,
 * ILLEGAL_PARAMETER for values that their RFC forbids; OPAQUE and TLS_OK for what is not known. */
enum tls_reason tls_extension_parse(
    tls_extension_value *value, unsigned type, unsigned place, tls_bytes data);

/* Walking the elements of a parsed value; 0 at the end.
 *     tls_reader_init(&reader, value.bytes);
 *     while (tls_protocol_next(&reader, &name)) … */
int tls_protocol_next(tls_reader *reader, tls_bytes *name); /* PROTOCOLS */
/* tls_protocol_listed: whether a name is among the elements of PROTOCOLS. */
int tls_protocol_listed(tls_bytes protocols, tls_bytes name);
int tls_vector16_next(tls_reader *reader, tls_bytes *item); /* VECTORS */
int tls_key_share_next(tls_reader *reader, unsigned *group, tls_bytes *key);
int tls_psk_identity_next(tls_reader *reader, tls_bytes *identity, uint32_t *obfuscated_age);

/* ---- Writing: each appends a whole extension (type, length, data) to a block ---- */
void tls_extension_write(tls_buffer *block, unsigned type, tls_bytes data);
void tls_extension_write_empty(tls_buffer *block, unsigned type);
void tls_extension_write_server_name(tls_buffer *block, tls_bytes host_name);
/* A vector16 of 16-bit values: supported_groups, signature_algorithms(_cert). */
void tls_extension_write_u16_list(
    tls_buffer *block, unsigned type, const uint16_t *values, size_t count);
/* A vector8 of 16-bit values. */
void tls_extension_write_supported_versions(
    tls_buffer *block, const uint16_t *versions, size_t count);
/* A vector8 of bytes: ec_point_formats, psk_key_exchange_modes, renegotiation_info. */
void tls_extension_write_vector8(tls_buffer *block, unsigned type, tls_bytes contents);
/* A vector16 of bytes: cookie. */
void tls_extension_write_vector16(tls_buffer *block, unsigned type, tls_bytes contents);
void tls_extension_write_alpn(tls_buffer *block, const tls_bytes *names, size_t count);
/* One 16-bit number: supported_versions of a ServerHello, key_share of a HelloRetryRequest,
 * record_size_limit, pre_shared_key of a ServerHello. */
void tls_extension_write_u16(tls_buffer *block, unsigned type, unsigned number);
void tls_extension_write_u8(tls_buffer *block, unsigned type, unsigned number);
/* key_share of a ServerHello; of a ClientHello, all its shares. */
void tls_extension_write_key_share(tls_buffer *block, unsigned group, tls_bytes key);
void tls_extension_write_key_shares(
    tls_buffer *block, const uint16_t *groups, const tls_bytes *keys, size_t count);
/* status_request of a ClientHello: OCSP, any responder, no extensions (RFC 6066 section 8). */
void tls_extension_write_status_request(tls_buffer *block);
/* tls_extensions_copy_except appends `block` to `out` without the extensions of the types listed. A
 * broken block is copied up to where it breaks. */
void tls_extensions_copy_except(
    tls_buffer *out, tls_bytes block, const uint16_t *types, size_t count);

TLS_PUBLIC_END

#endif
