/* pem.c - see pem.h. */
#include "asn1/pem.h"

#include <string.h>

/* RFC 7468 section 2 sets no limit; the longest label in use has 23 characters. A bound keeps the
 * search for its end, and so the reading of any text, linear. */
#define LABEL_MAXIMUM_LENGTH 64

void
tls_pem_encode(tls_buffer *out, const char *label, tls_bytes der)
{
    size_t at, line;

    tls_buffer_append(out, "-----BEGIN ", 11);
    tls_buffer_append(out, label, strlen(label));
    tls_buffer_append(out, "-----\n", 6);
    for (at = 0; at < der.length; at += line) {
        line = der.length - at < 48 ? der.length - at : 48;
        tls_base64_encode(out, tls_bytes_make(der.data + at, line));
        tls_buffer_append(out, "\n", 1);
    }
    tls_buffer_append(out, "-----END ", 9);
    tls_buffer_append(out, label, strlen(label));
    tls_buffer_append(out, "-----\n", 6);
}

void
tls_pem_init(tls_pem *pem, tls_bytes text)
{
    pem->next = (const char *)text.data;
    pem->end = text.length ? pem->next + text.length : pem->next;
}

/* find returns where `word` begins in start..end, or NULL. `word` begins with a dash: memchr jumps
 * from dash to dash, and base64 has none. */
static const char *
find(const char *start, const char *end, const char *word)
{
    size_t length = strlen(word);

    while ((size_t)(end - start) >= length) {
        start = memchr(start, word[0], (size_t)(end - start) - length + 1);
        if (start == NULL)
            return NULL;
        if (memcmp(start, word, length) == 0)
            return start;
        start++;
    }
    return NULL;
}

int
tls_pem_looks_like(tls_bytes bytes)
{
    const char *start = (const char *)bytes.data;

    return bytes.length != 0 && find(start, start + bytes.length, "-----BEGIN ") != NULL;
}

static const char *
end_of_line(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

static int
begins_with(const char *p, size_t length, const char *word)
{
    return length >= strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* take_header looks at one header line (RFC 1421 section 4.6). */
static void
take_header(tls_pem_block *block, const char *line, size_t length)
{
    const char *p;

    if (begins_with(line, length, "Proc-Type:"))
        for (p = line; (size_t)(line + length - p) >= 9; p++)
            if (memcmp(p, "ENCRYPTED", 9) == 0)
                block->encrypted = 1;
    if (begins_with(line, length, "DEK-Info:")) {
        for (p = line + 9; p < line + length && (*p == ' ' || *p == '\t'); p++)
            ;
        block->encryption = tls_bytes_make(p, (size_t)(line + length - p));
    }
}

/* skip_headers passes the RFC 1421 header lines ("Name: value", continued by leading white space)
 * that may stand before the base64. */
static const char *
skip_headers(const char *p, const char *end, tls_pem_block *block)
{
    const char *line_end;
    size_t length;
    int in_headers = 0;

    for (;;) {
        line_end = end_of_line(p, end);
        length = (size_t)(line_end - p);
        if (length > 0 && memchr(p, ':', length) != NULL) {
            in_headers = 1;
            take_header(block, p, length);
        } else if (!in_headers || length == 0 || (*p != ' ' && *p != '\t')) {
            return p;
        }
        if (line_end == end)
            return end;
        p = line_end + 1;
        if (*line_end == '\r' && p < end && *p == '\n')
            p++;
    }
}

/* find_begin finds the next BEGIN line and sets the block's label; returns what follows it, or NULL
 * when there is none. */
static const char *
find_begin(tls_pem *pem, tls_pem_block *block)
{
    const char *start, *label, *limit, *dashes;

    while ((start = find(pem->next, pem->end, "-----BEGIN ")) != NULL) {
        label = start + 11;
        limit = pem->end;
        if ((size_t)(limit - label) > LABEL_MAXIMUM_LENGTH + 5)
            limit = label + LABEL_MAXIMUM_LENGTH + 5;
        dashes = find(label, end_of_line(label, limit), "-----");
        pem->next = label;
        if (dashes != NULL) {
            block->label = tls_bytes_make(label, (size_t)(dashes - label));
            return dashes + 5;
        }
    }
    pem->next = pem->end;
    return NULL;
}

/* find_end returns where the base64 ends, and sets the block's fault and where the search for the
 * next block goes on. */
static const char *
find_end(tls_pem *pem, tls_pem_block *block, const char *body)
{
    const char *close = find(body, pem->end, "-----");
    size_t length = block->label.length;

    block->fault = TLS_PEM_NO_END;
    if (close == NULL) {
        pem->next = pem->end;
        return pem->end;
    }
    pem->next = close;
    if (!begins_with(close, (size_t)(pem->end - close), "-----END "))
        return close;
    block->fault = TLS_PEM_OTHER_END;
    if ((size_t)(pem->end - close) < 9 + length + 5 ||
        memcmp(close + 9, block->label.data, length) != 0 ||
        memcmp(close + 9 + length, "-----", 5) != 0)
        return close;
    block->fault = TLS_PEM_OK;
    pem->next = close + 9 + length + 5;
    return close;
}

int
tls_pem_next(tls_pem *pem, tls_pem_block *block, tls_buffer *der)
{
    const char *body, *close;

    tls_buffer_clear(der);
    memset(block, 0, sizeof *block);
    if (pem->next == pem->end)
        return 0;
    body = find_begin(pem, block);
    if (body == NULL)
        return 0;
    close = find_end(pem, block, body);
    while (body < close && (*body == ' ' || *body == '\t' || *body == '\r' || *body == '\n'))
        body++;
    body = skip_headers(body, close, block);
    block->body = tls_bytes_make(body, (size_t)(close - body));
    if (block->fault != TLS_PEM_OK)
        return 1;
    if (!tls_base64_decode(der, block->body) || der->length == 0)
        block->fault = TLS_PEM_BASE64;
    if (der->failed)
        return 0;
    block->valid = block->fault == TLS_PEM_OK;
    if (!block->valid)
        tls_buffer_clear(der);
    return 1;
}
