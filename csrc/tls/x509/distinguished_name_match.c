/* distinguished_name_match.c - see distinguished_name_match.h. What RFC 4518 does with characters
 * beyond ASCII is done for the case of Latin, Greek and Cyrillic letters only; where more could
 * matter the answer is "unclear", which counts against whoever asks to be let in. */
#include "x509/distinguished_name_match.h"

#include <bearssl.h>
#include <string.h>

#include "crypto/sha256.h"

/* Real ones have one attribute, rarely two or three. */
#define RDN_MAXIMUM 16
/* How much of the end of two strings is looked at. */
#define TAIL_LENGTH 64

enum relation { EQUAL, UNCLEAR, DIFFERENT };

/* ---- Characters, RFC 4518 section 2 ---- */

#define OPAQUE 0xFFFDu /* what has no meaning as text */
#define END 0xFFFFFFFFu

static int
is_blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static uint32_t
lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xC0 && c <= 0xDE)
        return c == 0xD7 ? c : c + 32;
    if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    if (c >= 0x391 && c <= 0x3A9)
        return c == 0x3A2 ? c : c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c >= 0x410 && c <= 0x42F ? c + 32 : c;
}

/* A string read as the comparison sees it: letters in lower case, leading and trailing blanks gone,
 * inner runs of blanks as one space. */
typedef struct folded {
    tls_bytes text;
    unsigned tag;
    size_t at;
    int started;
} folded;

static folded
fold(const tls_name_attribute *attribute)
{
    folded f = {attribute->value, attribute->tag, 0, 0};

    return f;
}

static uint32_t
next_folded(folded *f)
{
    uint32_t c;
    int space = 0;
    size_t before;

    while (f->at < f->text.length) {
        before = f->at;
        c = tls_name_next_character(f->tag, f->text, &f->at);
        if (is_blank(c)) {
            space = f->started;
            continue;
        }
        if (space) {
            f->at = before;
            f->started = 0; /* the space is given once; the character comes next */
            return ' ';
        }
        f->started = 1;
        return (c >= 0xD800 && c < 0xE000) || c > 0x10FFFF ? OPAQUE : lower(c);
    }
    return END;
}

/* is_text: may the value be compared by its characters? */
static int
is_text(const tls_name_attribute *attribute)
{
    folded f = fold(attribute);
    uint32_t c;

    if (!tls_name_is_string(attribute->tag))
        return 0;
    while ((c = next_folded(&f)) != END)
        if (c == OPAQUE)
            return 0;
    return 1;
}

/* ---- Attributes ---- */

/* is_plain: another character, or none, in its place makes another string. Of those beyond ASCII
 * some have several forms, and RFC 4518 drops control characters. */
static int
is_plain(uint32_t c)
{
    return (c >= 0x20 && c < 0x7F) || c == END;
}

/* read_tail keeps the last characters of a string, the last first; returns how many. */
static size_t
read_tail(uint32_t tail[TAIL_LENGTH], const tls_name_attribute *attribute)
{
    uint32_t ring[TAIL_LENGTH], c;
    folded f = fold(attribute);
    size_t count = 0, kept, i;

    while ((c = next_folded(&f)) != END)
        ring[count++ % TAIL_LENGTH] = c;
    kept = count < TAIL_LENGTH ? count : TAIL_LENGTH;
    for (i = 0; i < kept; i++)
        tail[i] = ring[(count - 1 - i) % TAIL_LENGTH];
    return kept;
}

/* ends_differ: two plain characters from the ends differ before any other character comes: then no
 * composition or folding makes the strings equal. */
static int
ends_differ(const tls_name_attribute *a, const tls_name_attribute *b)
{
    uint32_t x[TAIL_LENGTH], y[TAIL_LENGTH];
    size_t x_count = read_tail(x, a), y_count = read_tail(y, b), i;

    for (i = 0; i < x_count && i < y_count; i++) {
        if (!is_plain(x[i]) || !is_plain(y[i]))
            return 0;
        if (x[i] != y[i])
            return 1;
    }
    return 0;
}

static enum relation
compare_text(const tls_name_attribute *a, const tls_name_attribute *b)
{
    folded x = fold(a), y = fold(b);
    uint32_t c, d;

    do {
        c = next_folded(&x);
        d = next_folded(&y);
        if (c != d)
            return (is_plain(c) && is_plain(d)) || ends_differ(a, b) ? DIFFERENT : UNCLEAR;
    } while (c != END);
    return EQUAL;
}

static enum relation
compare_attributes(const tls_name_attribute *a, const tls_name_attribute *b)
{
    if (!tls_bytes_equal(a->oid, b->oid))
        return DIFFERENT;
    if (a->tag == b->tag && tls_bytes_equal(a->value, b->value))
        return EQUAL;
    return is_text(a) && is_text(b) ? compare_text(a, b) : UNCLEAR;
}

/* ---- Relative distinguished names ---- */

typedef struct rdn {
    tls_name_attribute attributes[RDN_MAXIMUM];
    size_t count;
    int whole; /* it has no more than these */
} rdn;

static int
next_rdn(tls_name_reader *reader, rdn *out)
{
    tls_name_attribute surplus;

    if (!tls_name_next(reader, &out->attributes[0]))
        return 0;
    out->count = out->whole = 1;
    while (!tls_der_at_end(&reader->attributes)) {
        out->whole = out->count < RDN_MAXIMUM;
        if (!tls_name_next(reader, out->whole ? &out->attributes[out->count++] : &surplus))
            return 0;
    }
    return 1;
}

/* compare_halves: has each attribute of `a` its like in `b`? */
static enum relation
compare_halves(const rdn *a, const rdn *b)
{
    enum relation worst = EQUAL, best, one;
    size_t i, j;

    for (i = 0; i < a->count; i++) {
        best = DIFFERENT;
        for (j = 0; j < b->count && best != EQUAL; j++) {
            one = compare_attributes(&a->attributes[i], &b->attributes[j]);
            if (one < best)
                best = one;
        }
        if (best > worst)
            worst = best;
    }
    return worst;
}

/* has_type_twice: X.501 section 9.3 does not allow that, so that it has no meaning. */
static int
has_type_twice(const rdn *r)
{
    size_t i, j;

    for (i = 0; i < r->count; i++)
        for (j = i + 1; j < r->count; j++)
            if (tls_bytes_equal(r->attributes[i].oid, r->attributes[j].oid))
                return 1;
    return 0;
}

static enum relation
compare_rdns(const rdn *a, const rdn *b)
{
    enum relation there, back;

    if (!a->whole || !b->whole)
        return UNCLEAR;
    there = compare_halves(a, b);
    back = compare_halves(b, a);
    if (back > there)
        there = back;
    return there == DIFFERENT && (has_type_twice(a) || has_type_twice(b)) ? UNCLEAR : there;
}

int
tls_name_is_within(tls_bytes name, tls_bytes base, int excluded)
{
    tls_name_reader name_reader, base_reader;
    enum relation relation;
    rdn a, b;

    tls_name_begin(&name_reader, name);
    tls_name_begin(&base_reader, base);
    while (next_rdn(&base_reader, &b)) {
        if (!next_rdn(&name_reader, &a))
            return 0;
        relation = compare_rdns(&a, &b);
        if (relation == DIFFERENT || (relation == UNCLEAR && !excluded))
            return 0;
    }
    return tls_der_finish(&base_reader.rdns) || excluded;
}

/* ---- One form for equal names ---- */

static void
digest_number(br_sha256_context *digest, uint32_t value)
{
    unsigned char bytes[4];

    tls_put16(bytes, value >> 16);
    tls_put16(bytes + 2, value & 0xFFFF);
    tls_sha256_update(digest, bytes, sizeof bytes);
}

static void
digest_text(br_sha256_context *digest, const tls_name_attribute *attribute)
{
    unsigned char chunk[64];
    const unsigned char end = 0xFE;
    size_t length = 0;
    folded f = fold(attribute);
    uint32_t c;

    digest_number(digest, 0);
    while ((c = next_folded(&f)) != END) {
        if (length > sizeof chunk - 4) {
            tls_sha256_update(digest, chunk, length);
            length = 0;
        }
        if (c < 0x80) {
            chunk[length++] = (unsigned char)c;
        } else {
            chunk[length++] = 0xFF;
            chunk[length++] = (unsigned char)(c >> 16);
            tls_put16(chunk + length, c & 0xFFFF);
            length += 2;
        }
    }
    tls_sha256_update(digest, chunk, length);
    tls_sha256_update(digest, &end, 1);
}

static void
digest_attribute(br_sha256_context *digest, const tls_name_attribute *attribute)
{
    digest_number(digest, (uint32_t)attribute->oid.length);
    tls_sha256_update(digest, attribute->oid.data, attribute->oid.length);
    if (is_text(attribute)) {
        digest_text(digest, attribute);
        return;
    }
    digest_number(digest, attribute->tag); /* not 0 */
    digest_number(digest, (uint32_t)attribute->value.length);
    tls_sha256_update(digest, attribute->value.data, attribute->value.length);
}

static int
comes_before(const tls_name_attribute *a, const tls_name_attribute *b)
{
    if (a->oid.length != b->oid.length)
        return a->oid.length < b->oid.length;
    return memcmp(a->oid.data, b->oid.data, a->oid.length) < 0;
}

/* digest_rdn goes by the order of types, since that of the encoding depends on string types. */
static void
digest_rdn(br_sha256_context *digest, rdn *r)
{
    tls_name_attribute moved;
    size_t i, j;

    for (i = 1; i < r->count; i++) {
        moved = r->attributes[i];
        for (j = i; j > 0 && comes_before(&moved, &r->attributes[j - 1]); j--)
            r->attributes[j] = r->attributes[j - 1];
        r->attributes[j] = moved;
    }
    digest_number(digest, (uint32_t)r->count);
    for (i = 0; i < r->count; i++)
        digest_attribute(digest, &r->attributes[i]);
}

void
tls_name_digest(unsigned char out[TLS_NAME_DIGEST_LENGTH], tls_bytes name)
{
    br_sha256_context digest;
    tls_name_reader reader;
    int comparable = 1;
    rdn r;

    tls_sha256_init(&digest);
    tls_name_begin(&reader, name);
    while (next_rdn(&reader, &r)) {
        comparable &= r.whole;
        digest_rdn(&digest, &r);
    }
    if (!comparable || !tls_der_finish(&reader.rdns)) {
        tls_sha256_init(&digest);
        digest_number(&digest, END);
        tls_sha256_update(&digest, name.data, name.length);
    }
    tls_sha256_out(&digest, out);
}

int
tls_name_equal(tls_bytes a, tls_bytes b)
{
    unsigned char x[TLS_NAME_DIGEST_LENGTH], y[TLS_NAME_DIGEST_LENGTH];

    if (tls_bytes_equal(a, b))
        return 1;
    tls_name_digest(x, a);
    tls_name_digest(y, b);
    return memcmp(x, y, sizeof x) == 0;
}
