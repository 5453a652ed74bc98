/* record.c - see record.h. */
#include "record.h"

#include <string.h>

enum tls_reason
tls_record_measure(
    const tls_record_opener *opener, size_t *total, const unsigned char *data, size_t available)
{
    unsigned version;
    size_t length;
    size_t limit;

    *total = 0;
    if (available < TLS_RECORD_HEADER_LENGTH)
        return TLS_OK;
    if (data[0] < TLS_CONTENT_CHANGE_CIPHER_SPEC || data[0] > TLS_CONTENT_APPLICATION_DATA)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    version = (unsigned)tls_get16(data + 1);
    /* A client that fails before it has read ServerHello sends its alert with the version of its ClientHello:
     * it must be understood. */
    if ((version >> 8) != 3 ||
        (opener->version != 0 && version != opener->version &&
            (opener->protection.vtable != NULL || data[0] != TLS_CONTENT_ALERT)))
        return TLS_REASON_PROTOCOL_VERSION;
    length = tls_get16(data + 3);
    limit = opener->protection.vtable != NULL ? TLS_RECORD_PROTECTED_MAXIMUM
                                              : TLS_RECORD_PLAINTEXT_MAXIMUM;
    if (length > limit)
        return TLS_REASON_RECORD_OVERFLOW;
    /* RFC 5246 section 6.2.1: zero-length fragments of Handshake, Alert and ChangeCipherSpec MUST NOT
     * be sent, and application data never travels in the clear. */
    if (length == 0 && opener->protection.vtable == NULL)
        return TLS_REASON_DECODE;
    *total = TLS_RECORD_HEADER_LENGTH + length;
    return TLS_OK;
}

enum tls_reason
tls_record_open(tls_record_opener *opener, unsigned *type, unsigned char **content,
    size_t *content_length, unsigned char *record, size_t total)
{
    size_t length = total - TLS_RECORD_HEADER_LENGTH;
    unsigned char *plaintext = record + TLS_RECORD_HEADER_LENGTH;

    *type = record[0];
    opener->count++;
    if (opener->protection.vtable != NULL) {
        const br_sslrec_in_class **protection = &opener->protection.vtable;

        /* BearSSL's check_length also refuses what would decrypt to more than 2^14 bytes under AEAD. */
        if (!(*protection)->check_length(protection, length))
            return length > TLS_RECORD_PLAINTEXT_MAXIMUM ? TLS_REASON_RECORD_OVERFLOW
                                                         : TLS_REASON_BAD_RECORD_MAC;
        plaintext = (*protection)->decrypt(
            protection, record[0], (unsigned)tls_get16(record + 1), plaintext, &length);
        if (plaintext == NULL)
            return TLS_REASON_BAD_RECORD_MAC;
        if (length > TLS_RECORD_PLAINTEXT_MAXIMUM)
            return TLS_REASON_RECORD_OVERFLOW;
    }
    *content = plaintext;
    *content_length = length;
    return TLS_OK;
}

/* seal_one seals the first min(length, fragment) bytes of `data`, as far as they fit. */
static size_t
seal_one(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment)
{
    const br_sslrec_out_class **protection = &sealer->protection.vtable;
    size_t start = TLS_RECORD_HEADER_LENGTH;
    size_t end = room;
    size_t n;
    unsigned char *record;

    *consumed = 0;
    if (room <= TLS_RECORD_OVERHEAD_MAXIMUM)
        return 0;
    if (sealer->protection.vtable != NULL)
        (*protection)->max_plaintext(protection, &start, &end);
    n = length < fragment ? length : fragment;
    if (n > end - start)
        n = end - start;
    if (n > 0)
        memcpy(out + start, data, n);
    *consumed = n;
    sealer->count++;
    if (sealer->protection.vtable == NULL) {
        out[0] = (unsigned char)type;
        tls_put16(out + 1, sealer->version);
        tls_put16(out + 3, (uint32_t)n);
        return TLS_RECORD_HEADER_LENGTH + n;
    }
    record = (*protection)->encrypt(protection, (int)type, sealer->version, out + start, &n);
    /* A TLS 1.0 CBC record that was not split starts later than its split would have. */
    if (record != out)
        memmove(out, record, n);
    return n;
}

size_t
tls_record_seal(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment)
{
    size_t written = 0;

    *consumed = 0;
    while (*consumed < length) {
        size_t left = length - *consumed;
        size_t wanted = left < fragment ? left : fragment;
        size_t used;
        size_t n;

        /* Rather wait for an empty buffer than send a short record at the end of a full one. */
        if (written > 0 && room - written < wanted + TLS_RECORD_OVERHEAD_MAXIMUM)
            break;
        n = seal_one(sealer, &used, out + written, room - written, type, data + *consumed,
            left, fragment);

        if (n == 0)
            break;
        written += n;
        *consumed += used;
    }
    return written;
}

void
tls_record_opener_wipe(tls_record_opener *opener)
{
    tls_wipe(&opener->protection, sizeof opener->protection);
}

void
tls_record_sealer_wipe(tls_record_sealer *sealer)
{
    tls_wipe(&sealer->protection, sizeof sealer->protection);
}
