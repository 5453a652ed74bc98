/* record.c - see record.h. */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"

static const br_sslrec_in_class **
opening(tls_record_opener *opener)
{
    return opener->cbc != NULL ? &opener->cbc->vtable : &opener->protection.vtable;
}

static const br_sslrec_out_class **
sealing(tls_record_sealer *sealer)
{
    return sealer->cbc != NULL ? &sealer->cbc->vtable : &sealer->protection.vtable;
}

/* RFC 8446 section 5: with keys in place, everything travels as application_data but the
 * change_cipher_spec of compatibility mode, and the alert of a peer that has none yet. */
static int
passes_in_clear(const tls_record_opener *opener, unsigned type)
{
    return opener->protection.vtable == NULL ||
           (opener->is_13 && (type == TLS_CONTENT_CHANGE_CIPHER_SPEC ||
                                 (type == TLS_CONTENT_ALERT && opener->plain_alerts)));
}

static int
version_fits(const tls_record_opener *opener, unsigned type, unsigned version)
{
    if ((version >> 8) != 3)
        return 0;
    if (opener->version == 0 || version == opener->version)
        return 1;
    /* A client that fails before it has read ServerHello sends its alert with the version of its
     * ClientHello: it must be understood. In TLS 1.3 the version in the clear means nothing (RFC
     * 8446 section 5.1). */
    return passes_in_clear(opener, type) && (opener->is_13 || type == TLS_CONTENT_ALERT);
}

static size_t
length_limit(const tls_record_opener *opener, unsigned type)
{
    /* Also in the clear: early data that a server passes over (RFC 8446 section 4.2.10). */
    if (opener->is_13 && type == TLS_CONTENT_APPLICATION_DATA)
        return TLS_RECORD_13_MAXIMUM;
    return passes_in_clear(opener, type) ? TLS_RECORD_PLAINTEXT_MAXIMUM
                                         : TLS_RECORD_PROTECTED_MAXIMUM;
}

enum tls_reason
tls_record_measure(
    const tls_record_opener *opener, size_t *total, const unsigned char *data, size_t available)
{
    size_t length;

    *total = 0;
    if (available < TLS_RECORD_HEADER_LENGTH)
        return TLS_OK;
    if (data[0] < TLS_CONTENT_CHANGE_CIPHER_SPEC || data[0] > TLS_CONTENT_APPLICATION_DATA)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (!version_fits(opener, data[0], (unsigned)tls_get16(data + 1)))
        return TLS_REASON_PROTOCOL_VERSION;
    if (opener->is_13 && data[0] != TLS_CONTENT_APPLICATION_DATA &&
        !passes_in_clear(opener, data[0]))
        return TLS_REASON_UNEXPECTED_MESSAGE;
    length = tls_get16(data + 3);
    if (length > length_limit(opener, data[0]))
        return TLS_REASON_RECORD_OVERFLOW;
    /* RFC 5246 section 6.2.1: zero-length fragments of Handshake, Alert and ChangeCipherSpec MUST
     * NOT be sent, and application data never travels in the clear, whatever its length. */
    if (length == 0 && passes_in_clear(opener, data[0]))
        return opener->is_13 || data[0] == TLS_CONTENT_APPLICATION_DATA
                   ? TLS_REASON_UNEXPECTED_MESSAGE
                   : TLS_REASON_DECODE;
    *total = TLS_RECORD_HEADER_LENGTH + length;
    return TLS_OK;
}

static int
is_zero(const unsigned char *byte)
{
    TLS_DECLASSIFY(byte, 1);
    return *byte == 0;
}

/* read_inner takes a TLSInnerPlaintext apart (RFC 8446 section 5.4): content, its type, zeros. */
static enum tls_reason
read_inner(unsigned *type, const unsigned char *inner, size_t *length)
{
    size_t n = *length;

    if (n > TLS_RECORD_INNER_MAXIMUM)
        return TLS_REASON_RECORD_OVERFLOW;
    /* How much of it is padding may be seen by the time that this takes (appendix E.3). */
    while (n > 0 && is_zero(inner + n - 1))
        n--;
    if (n == 0)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    *type = inner[--n];
    *length = n;
    switch (*type) {
    case TLS_CONTENT_ALERT:
    case TLS_CONTENT_HANDSHAKE:
        return n > 0 ? TLS_OK : TLS_REASON_UNEXPECTED_MESSAGE;
    case TLS_CONTENT_APPLICATION_DATA:
        return TLS_OK;
    default:
        return TLS_REASON_UNEXPECTED_MESSAGE;
    }
}

enum tls_reason
tls_record_open(tls_record_opener *opener, unsigned *type, unsigned char **content,
    size_t *content_length, unsigned char *record, size_t total)
{
    const br_sslrec_in_class **protection = opening(opener);
    size_t length = total - TLS_RECORD_HEADER_LENGTH;
    unsigned char *plaintext = record + TLS_RECORD_HEADER_LENGTH;
    enum tls_reason reason = TLS_OK;

    *type = record[0];
    opener->count++;
    if (!passes_in_clear(opener, record[0])) {
        if (opener->is_13 && record[0] != TLS_CONTENT_APPLICATION_DATA)
            return TLS_REASON_UNEXPECTED_MESSAGE;
        /* RFC 8446 section 5.3: sequence numbers MUST NOT wrap. */
        if (opener->is_13 && opener->protection.aead.sequence == UINT64_MAX)
            return TLS_REASON_LIMIT;
        /* BearSSL's check_length refuses what would decrypt to more than 2^14 bytes under AEAD. */
        if (!(*protection)->check_length(protection, length))
            return length > (opener->is_13 ? TLS_RECORD_13_MAXIMUM : TLS_RECORD_PLAINTEXT_MAXIMUM)
                       ? TLS_REASON_RECORD_OVERFLOW
                       : TLS_REASON_BAD_RECORD_MAC;
        plaintext = (*protection)
                        ->decrypt(protection, record[0], (unsigned)tls_get16(record + 1), plaintext,
                            &length);
        if (plaintext == NULL) {
            /* Nobody may see what did not come from the peer. */
            memset(record + TLS_RECORD_HEADER_LENGTH, 0, total - TLS_RECORD_HEADER_LENGTH);
            return TLS_REASON_BAD_RECORD_MAC;
        }
        if (opener->is_13)
            reason = read_inner(type, plaintext, &length);
        else if (length > TLS_RECORD_PLAINTEXT_MAXIMUM)
            reason = TLS_REASON_RECORD_OVERFLOW;
    }
    /* What a handshake says is known or meant for the other side's code to go by. */
    if (reason == TLS_OK && *type != TLS_CONTENT_APPLICATION_DATA)
        TLS_DECLASSIFY(plaintext, length);
    *content = plaintext;
    *content_length = length;
    return reason;
}

size_t
tls_record_inner_length(const tls_record_opener *opener, size_t total)
{
    return total - TLS_RECORD_HEADER_LENGTH - opener->protection.aead.tag_length;
}

/* inner_length of `n` bytes of content: with their type, and padded (RFC 8446 section 5.4). */
static size_t
inner_length(const tls_record_sealer *sealer, size_t n, size_t limit)
{
    size_t inner = n + 1;

    if (sealer->padding > 0 && inner % sealer->padding != 0)
        inner += sealer->padding - inner % sealer->padding;
    return inner < limit ? inner : limit;
}

/* seal_13 is seal_one for protected records of TLS 1.3. */
static size_t
seal_13(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment)
{
    const br_sslrec_out_class **protection = &sealer->protection.vtable;
    size_t start = TLS_RECORD_HEADER_LENGTH;
    size_t end = room;
    size_t limit, n, inner;

    /* RFC 8446 section 5.3: sequence numbers MUST NOT wrap. */
    if (sealer->protection.aead.sequence == UINT64_MAX)
        return 0;
    (*protection)->max_plaintext(protection, &start, &end);
    limit = end - start < fragment + 1 ? end - start : fragment + 1;
    n = length < limit - 1 ? length : limit - 1;
    inner = inner_length(sealer, n, limit);
    memcpy(out + start, data, n);
    out[start + n] = (unsigned char)type;
    memset(out + start + n + 1, 0, inner - n - 1);
    *consumed = n;
    sealer->count++;
    (*protection)
        ->encrypt(protection, TLS_CONTENT_APPLICATION_DATA, sealer->version, out + start, &inner);
    return inner;
}

/* seal_one seals the first min(length, fragment) bytes of `data`, as far as they fit. */
static size_t
seal_one(tls_record_sealer *sealer, size_t *consumed, unsigned char *out, size_t room,
    enum tls_content_type type, const unsigned char *data, size_t length, size_t fragment)
{
    const br_sslrec_out_class **protection = sealing(sealer);
    size_t start = TLS_RECORD_HEADER_LENGTH;
    size_t end = room;
    size_t n;
    unsigned char *record;

    *consumed = 0;
    if (room <= TLS_RECORD_OVERHEAD_MAXIMUM)
        return 0;
    if (sealer->protection.vtable != NULL && sealer->is_13)
        return seal_13(sealer, consumed, out, room, type, data, length, fragment);
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

        if (sealer->is_13 && sealer->protection.vtable != NULL)
            wanted = inner_length(sealer, wanted, fragment + 1);
        /* Rather wait for an empty buffer than send a short record at the end of a full one. */
        if (written > 0 && room - written < wanted + TLS_RECORD_OVERHEAD_MAXIMUM)
            break;
        n = seal_one(
            sealer, &used, out + written, room - written, type, data + *consumed, left, fragment);

        if (n == 0)
            break;
        written += n;
        *consumed += used;
    }
    return written;
}

/* take_aside copies what is too large to stand in the opener or sealer; NULL without memory. */
static void *
take_aside(const void *state, size_t size)
{
    void *aside = malloc(size);

    if (aside != NULL)
        memcpy(aside, state, size);
    return aside;
}

enum tls_reason
tls_record_opener_take(tls_record_opener *opener, const br_ssl_engine_context *engine)
{
    tls_record_cbc_in *cbc = NULL;

    if (engine->in.vtable == &engine->icbc_in->inner) {
        cbc = take_aside(&engine->in.cbc, sizeof *cbc);
        if (cbc == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_record_opener_wipe(opener);
    if (cbc == NULL)
        memcpy(&opener->protection, &engine->in, sizeof opener->protection);
    opener->protection.vtable = engine->in.vtable;
    opener->cbc = cbc;
    return TLS_OK;
}

enum tls_reason
tls_record_sealer_take(tls_record_sealer *sealer, const br_ssl_engine_context *engine)
{
    tls_record_cbc_out *cbc = NULL;

    if (engine->out.vtable == &engine->icbc_out->inner) {
        cbc = take_aside(&engine->out.cbc, sizeof *cbc);
        if (cbc == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
    }
    tls_record_sealer_wipe(sealer);
    if (cbc == NULL)
        memcpy(&sealer->protection, &engine->out, sizeof sealer->protection);
    sealer->protection.vtable = engine->out.vtable;
    sealer->cbc = cbc;
    return TLS_OK;
}

/* release_aside wipes and frees what take_aside made. */
static void
release_aside(void *aside, size_t size)
{
    if (aside == NULL)
        return;
    tls_wipe(aside, size);
    free(aside);
}

void
tls_record_opener_wipe(tls_record_opener *opener)
{
    tls_wipe(&opener->protection, sizeof opener->protection);
    release_aside(opener->cbc, sizeof *opener->cbc);
    opener->cbc = NULL;
}

void
tls_record_sealer_wipe(tls_record_sealer *sealer)
{
    tls_wipe(&sealer->protection, sizeof sealer->protection);
    release_aside(sealer->cbc, sizeof *sealer->cbc);
    sealer->cbc = NULL;
}
