/* record.h - the record layer of both engines (RFC 5246 section 6, RFC 8446 section 5): records are
 * sealed from and opened in caller-owned memory, without allocation.
 *
 * Protection itself is done by BearSSL's record classes (br_sslrec_*), public structs whose vtable
 * stands first. tls12/filter.c moves those that BearSSL has keyed (its own, or gcm12.h's) here at
 * each ChangeCipherSpec; those of TLS 1.3 are of the same shape (aead.h) and are keyed by
 * record_protection.h. BearSSL's for CBC are half as large again as any other, because of Triple
 * DES: they are kept aside, so that an idle connection of another kind does not hold their room. */
#ifndef TLS_RECORD_H
#define TLS_RECORD_H

#include <bearssl.h>

#include "record/aead.h"
#include "base/bytes.h"

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
/* RFC 8446 section 5.2: of a TLSCiphertext, and section 5.4: of a TLSInnerPlaintext. */
#define TLS_RECORD_13_MAXIMUM (16384 + 256)
#define TLS_RECORD_INNER_MAXIMUM (16384 + 1)

typedef union tls_record_cbc_in {
    const br_sslrec_in_class *vtable;
    br_sslrec_in_cbc_context context;
} tls_record_cbc_in;

typedef union tls_record_cbc_out {
    const br_sslrec_out_class *vtable;
    br_sslrec_out_cbc_context context;
} tls_record_cbc_out;

typedef struct tls_record_opener {
    union {
        const br_sslrec_in_class *vtable; /* NULL while records are in the clear */
        br_sslrec_gcm_context gcm;
        br_sslrec_chapol_context chapol;
        br_sslrec_ccm_context ccm;
        tls_aead_context aead; /* TLS 1.3 */
    } protection;
    tls_record_cbc_in *cbc; /* what protects instead, if it is not NULL */
    unsigned version;       /* that records must carry; 0 while none is negotiated */
    int is_13;
    int plain_alerts; /* TLS 1.3: alerts in the clear come through: the peer may have no keys */
    uint64_t count;   /* of records; in TLS 1.3, under the present key */
    uint64_t earlier_count; /* and those before it */
} tls_record_opener;

typedef struct tls_record_sealer {
    union {
        const br_sslrec_out_class *vtable; /* NULL while records are in the clear */
        br_sslrec_gcm_context gcm;
        br_sslrec_chapol_context chapol;
        br_sslrec_ccm_context ccm;
        tls_aead_context aead; /* TLS 1.3 */
    } protection;
    tls_record_cbc_out *cbc; /* what protects instead, if it is not NULL */
    unsigned version;
    int is_13;
    size_t padding; /* TLS 1.3: inner plaintexts are filled up to a multiple of it; 0 for not */
    uint64_t count;
    uint64_t earlier_count;
} tls_record_sealer;

/* tls_record_measure looks at the header of the record at `data`: *total is its whole length, 0
 * while fewer than five bytes are there. PROTOCOL_VERSION, UNEXPECTED_MESSAGE (an unknown content
 * type, or one that TLS 1.3 does not allow here), RECORD_OVERFLOW, DECODE (an empty record in the
 * clear, RFC 5246 section 6.2.1; UNEXPECTED_MESSAGE in TLS 1.3). */
enum tls_reason tls_record_measure(
    const tls_record_opener *opener, size_t *total, const unsigned char *data, size_t available);
/* tls_record_open opens a whole record in place. BAD_RECORD_MAC covers every failure of protection,
 * so that a peer learns nothing from which one it was (RFC 5246 section 7.2.2).
 *
 * A protected TLS 1.3 record gives the inner content type, and UNEXPECTED_MESSAGE when there is
 * none or it may not stand there. A change_cipher_spec, and an alert while `plain_alerts` is set,
 * come through as they are: whether they have a place is the caller's to say. After BAD_RECORD_MAC
 * the next record may still be tried, under the same sequence number: that is how a server passes
 * over early data that it has no key for (RFC 8446 section 4.2.10). LIMIT at the end of the
 * sequence numbers. */
enum tls_reason tls_record_open(tls_record_opener *opener, unsigned *type, unsigned char **content,
    size_t *content_length, unsigned char *record, size_t total);

/* tls_record_inner_length: the length of the TLSInnerPlaintext in a protected TLS 1.3 record of
 * `total` bytes: content, type and padding (RFC 8446 section 5.4). */
size_t tls_record_inner_length(const tls_record_opener *opener, size_t total);

/* tls_record_seal writes records of at most `fragment` bytes of plaintext to `out` until `data` or
 * the room is used up. Returns the bytes written; *consumed tells how much of `data` they hold.
 * Padding never makes an inner plaintext longer than that of a full fragment, or than the room for
 * the first record; nothing is written where the sequence numbers end. */
size_t tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment);
/* Room that one record needs besides its plaintext, at most: header, explicit IV, MAC, padding (but
 * not that of TLS 1.3), and the extra record of the 1/n-1 split of TLS 1.0 CBC. */
#define TLS_RECORD_OVERHEAD_MAXIMUM 128

/* tls_record_opener_take and tls_record_sealer_take copy the protection that BearSSL has keyed, its
 * engine's `in` or `out`. OUT_OF_MEMORY leaves what there was. */
enum tls_reason tls_record_opener_take(
    tls_record_opener *opener, const br_ssl_engine_context *engine);
enum tls_reason tls_record_sealer_take(
    tls_record_sealer *sealer, const br_ssl_engine_context *engine);

void tls_record_opener_wipe(tls_record_opener *opener);
void tls_record_sealer_wipe(tls_record_sealer *sealer);

#endif
