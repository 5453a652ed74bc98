/* record.h - the record layer of both engines (RFC 5246 section 6, RFC 8446 section 5): records are
 * sealed from and opened in caller-owned memory, without allocation.
 *
 * Protection itself is done by BearSSL's record classes (br_sslrec_*), public structs whose vtable
 * stands first. engine12.c moves BearSSL's keyed contexts here at each ChangeCipherSpec; a TLS 1.3
 * engine brings classes of the same shape. */
#ifndef TLS_RECORD_H
#define TLS_RECORD_H

#include <bearssl.h>

#include "bytes.h"

enum tls_content_type {
    TLS_CONTENT_CHANGE_CIPHER_SPEC = 20,
    TLS_CONTENT_ALERT = 21,
    TLS_CONTENT_HANDSHAKE = 22,
    TLS_CONTENT_APPLICATION_DATA = 23
};

#define TLS_RECORD_HEADER_LENGTH 5
#define TLS_RECORD_PLAINTEXT_MAXIMUM 16384
/* RFC 5246 section 6.2.3: the fragment's length MUST NOT exceed 2^14 + 2048. */
#define TLS_RECORD_PROTECTED_MAXIMUM (16384 + 2048)

typedef struct tls_record_opener {
    union {
        const br_sslrec_in_class *vtable; /* NULL while records are in the clear */
        br_sslrec_in_cbc_context cbc;
        br_sslrec_gcm_context gcm;
        br_sslrec_chapol_context chapol;
        br_sslrec_ccm_context ccm;
    } protection;
    unsigned version; /* that records must carry; 0 while none is negotiated */
    uint64_t count;
} tls_record_opener;

typedef struct tls_record_sealer {
    union {
        const br_sslrec_out_class *vtable; /* NULL while records are in the clear */
        br_sslrec_out_cbc_context cbc;
        br_sslrec_gcm_context gcm;
        br_sslrec_chapol_context chapol;
        br_sslrec_ccm_context ccm;
    } protection;
    unsigned version;
    uint64_t count;
} tls_record_sealer;

/* tls_record_measure looks at the header of the record at `data`: *total is its whole length, 0 while
 * fewer than five bytes are there. PROTOCOL_VERSION, UNEXPECTED_MESSAGE (an unknown content type),
 * RECORD_OVERFLOW, DECODE (an empty record in the clear, RFC 5246 section 6.2.1). */
enum tls_reason tls_record_measure(
    const tls_record_opener *opener, size_t *total, const unsigned char *data, size_t available);
/* tls_record_open opens a whole record in place. BAD_RECORD_MAC covers every failure of protection,
 * so that a peer learns nothing from which one it was (RFC 5246 section 7.2.2). */
enum tls_reason tls_record_open(tls_record_opener *opener, unsigned *type, unsigned char **content,
    size_t *content_length, unsigned char *record, size_t total);

/* tls_record_seal writes records of at most `fragment` bytes of plaintext to `out` until `data` or the
 * room is used up. Returns the bytes written; *consumed tells how much of `data` they hold. */
size_t tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment);
/* Room that one record needs besides its plaintext, at most: header, explicit IV, MAC, padding, and
 * the extra record of the 1/n-1 split of TLS 1.0 CBC. */
#define TLS_RECORD_OVERHEAD_MAXIMUM 128

void tls_record_opener_wipe(tls_record_opener *opener);
void tls_record_sealer_wipe(tls_record_sealer *sealer);

#endif
