/* distinguished_name_match_test.c - which Names are equal, which lie within others, and what is
 * unclear. A name is written as RDNs separated by "/", attributes by "+", each as a letter for the
 * type and one for the kind of string, then the value: "Cu" is a commonName in UTF8String. */
#include <string.h>

#include "asn1/der_write.h"
#include "x509/distinguished_name_match.h"

#include "support/check.h"

static unsigned
tag_of(char letter)
{
    switch (letter) {
    case 'p':
        return TLS_DER_PRINTABLE_STRING;
    case 'i':
        return TLS_DER_IA5_STRING;
    case 't':
        return TLS_DER_T61_STRING;
    case 'g':
        return 0x1B; /* GeneralString */
    case 'o':
        return TLS_DER_OCTET_STRING;
    case 'b':
        return TLS_DER_BMP_STRING;
    default:
        return TLS_DER_UTF8_STRING;
    }
}

static void
put_value(tls_buffer *out, char kind, const char *text, size_t length)
{
    size_t mark, i;

    if (kind != 'b') {
        tls_der_put(out, tag_of(kind), tls_bytes_make(text, length));
        return;
    }
    mark = tls_der_open(out, TLS_DER_BMP_STRING);
    for (i = 0; i < length; i++) {
        tls_buffer_append(out, "", 1);
        tls_buffer_append(out, text + i, 1);
    }
    tls_der_close(out, mark);
}

static tls_buffer
name_of(const char *text)
{
    tls_buffer out = {NULL, 0, 0, 0};
    size_t name = tls_der_open(&out, TLS_DER_SEQUENCE), set, pair, length;
    unsigned char oid[3] = {0x55, 4, 0};

    while (*text != '\0') {
        set = tls_der_open(&out, TLS_DER_SET);
        do {
            text += *text == '+';
            oid[2] = (unsigned char)*text;
            length = strcspn(text + 2, "+/");
            pair = tls_der_open(&out, TLS_DER_SEQUENCE);
            tls_der_put_oid(&out, tls_bytes_make(oid, sizeof oid));
            put_value(&out, text[1], text + 2, length);
            tls_der_close(&out, pair);
            text += 2 + length;
        } while (*text == '+');
        tls_der_close(&out, set);
        text += *text == '/';
    }
    tls_der_close(&out, name);
    return out;
}

static int
equal(const char *a, const char *b)
{
    tls_buffer x = name_of(a), y = name_of(b);
    int there = tls_name_equal(tls_buffer_view(&x), tls_buffer_view(&y)),
        back = tls_name_equal(tls_buffer_view(&y), tls_buffer_view(&x));

    check(there == back, "%s and %s: both ways", a, b);
    tls_buffer_release(&x);
    tls_buffer_release(&y);
    return there;
}

static void
test_equal(void)
{
    static const char *const same[][2] = {{"CuTest CA", "CpTEST  ca"}, {"Cp a ", "Cba"},
        {"CuM\xC3\xBCller", "CuM\xC3\x9CLLER"}, {"CuM\xC3\xBCller", "CtM\xFCller"},
        {"Cu\xD0\x96", "Cu\xD0\xB6"}, {"Cu\xCE\xA9", "Cu\xCF\x89"}, {"Cua\xC2\xA0z", "Cua z"},
        {"Cux+Ouy", "Opy+CpX"}, {"Cux/Ouy", "CiX/OiY"}, {"Coabc", "Coabc"}, {"", ""},
        {"Cu\xFF", "Cu\xFF"}};
    static const char *const other[][2] = {{"Cufoobar", "Cpfoo bar"}, {"Cufoo", "Cpfoo bar"},
        {"Cux", "Oux"}, {"Cux+Ouy", "Cux/Ouy"}, {"Cux", "Cux/Ouy"}, {"Cux", ""}, {"Coabc", "Cuabc"},
        {"Coabc", "Cgabc"}, {"Cu\xFF", "Cu\xFE"}, {"Cux+Ouy", "Cux+Ouz"}, {"Cu\xFF", "Cp\xFF"}};
    size_t i;

    for (i = 0; i < sizeof same / sizeof same[0]; i++)
        check(equal(same[i][0], same[i][1]), "%s is %s", same[i][0], same[i][1]);
    for (i = 0; i < sizeof other / sizeof other[0]; i++)
        check(!equal(other[i][0], other[i][1]), "%s is not %s", other[i][0], other[i][1]);
}

/* utf8 writes one character of up to three bytes. */
static void
utf8(char *out, unsigned c)
{
    if (c >= 0x800) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
    } else if (c >= 0x80) {
        *out++ = (char)(0xC0 | c >> 6);
    }
    *out++ = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
    *out = '\0';
}

static int
characters_equal(unsigned a, unsigned b)
{
    char one[8] = "Cu", other[8] = "Cu";

    utf8(one + 2, a);
    utf8(other + 2, b);
    return equal(one, other);
}

/* Both ends of each range of letters, with its small one, and what stands beside it without one:
 * the Unicode characters of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic. */
static void
test_letters(void)
{
    static const unsigned pairs[][2] = {{'A', 'a'}, {'Z', 'z'}, {0xC0, 0xE0}, {0xDE, 0xFE},
        {0x100, 0x101}, {0x12E, 0x12F}, {0x132, 0x133}, {0x136, 0x137}, {0x139, 0x13A},
        {0x147, 0x148}, {0x14A, 0x14B}, {0x176, 0x177}, {0x179, 0x17A}, {0x17D, 0x17E},
        {0x391, 0x3B1}, {0x3A9, 0x3C9}, {0x400, 0x450}, {0x40F, 0x45F}, {0x410, 0x430},
        {0x42F, 0x44F}};
    static const unsigned alone[][2] = {{'@', '`'}, {'[', '{'}, {0xBF, 0xDF}, {0xD7, 0xF7},
        {0xDF, 0xFF}, {0x130, 0x131}, {0x138, 0x139}, {0x149, 0x14A}, {0x178, 0x179},
        {0x17F, 0x180}, {0x390, 0x3B0}, {0x3A2, 0x3C2}, {0x3AA, 0x3CA}, {0x430, 0x450}};
    size_t i;

    for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        check(characters_equal(pairs[i][0], pairs[i][1]), "U+%04X and U+%04X", pairs[i][0],
            pairs[i][1]);
    for (i = 0; i < sizeof alone / sizeof alone[0]; i++)
        check(!characters_equal(alone[i][0], alone[i][1]), "U+%04X is not U+%04X", alone[i][0],
            alone[i][1]);
}

/* Each blank (RFC 4518 section 2.2 maps them to a space), and what stands beside one. */
static void
test_blanks(void)
{
    static const unsigned blanks[] = {' ', '\t', '\r', 0x85, 0xA0, 0x1680, 0x2000, 0x200A, 0x2028,
        0x2029, 0x202F, 0x205F, 0x3000};
    static const unsigned others[] = {0x08, 0x0E, 0x84, 0x86, 0x9F, 0xA1, 0x167F, 0x1681, 0x1FFF,
        0x200B, 0x2027, 0x202A, 0x202E, 0x2030, 0x205E, 0x2060, 0x2FFF, 0x3001};
    char text[16] = "Cua";
    size_t i;

    for (i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        utf8(text + 3, blanks[i]);
        strcat(text, "z");
        check(equal(text, "Cua z"), "U+%04X is a blank", blanks[i]);
    }
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        utf8(text + 3, others[i]);
        strcat(text, "z");
        check(!equal(text, "Cua z"), "U+%04X is none", others[i]);
    }
}

static void
test_within(void)
{
    static const struct {
        const char *name, *base;
        int permitted, excluded;
    } rows[] = {
        {"OuEvil/Cux", "OpEVIL", 1, 1},
        {"OuGood/Cux", "OpEvil", 0, 0},
        {"OuEvil/Cux", "", 1, 1},
        {"", "OuEvil", 0, 0},
        {"Cux/OuEvil", "OuEvil", 0, 0},
        /* a set, in any order, whole */
        {"OuEvil+UuUnit/Cux", "UuUnit+OuEvil", 1, 1},
        {"UuUnit+OuEvil/Cux", "OuEvil+UuUnit", 1, 1},
        {"OuEvil+UuUnit", "OuEvil", 0, 0},
        {"OuEvil", "OuEvil+UuUnit", 0, 0},
        /* two of one type have no meaning */
        {"OuEvil+OuGood", "OuEvil", 0, 1},
        {"OuEvil+OuEvil", "OuEvil", 1, 1},
        /* not text */
        {"OgEvil", "OuEvil", 0, 1},
        {"OoEvil", "OuEvil", 0, 1},
        {"OuEvil", "OoEvil", 0, 1},
        {"OoEvil", "OoEvil", 1, 1},
        {"CoEvil", "OuEvil", 0, 0},
        {"OuEv\xFFl", "OuEvil", 0, 1},
        {"OuEv\x01il", "OuEvil", 0, 1},
        /* beyond ASCII: what differs before and behind is another name */
        {"OuE\xCC\x81vil", "Ou\xC3\x89vil", 0, 1},
        {"Ou\xEF\xBC\xA5vil", "OuEvil", 0, 1},
        {"OuEv\xC2\xADil", "OuEvil", 0, 1},
        {"Ou\xC3\x96sterreich AG", "OuEvil", 0, 0},
        {"OuG\xC3\xBCtig", "OuEvil", 0, 0},
        {"OuEvil \xC3\x96", "OuEvil A", 0, 1},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tls_buffer name = name_of(rows[i].name), base = name_of(rows[i].base);

        check(tls_name_is_within(tls_buffer_view(&name), tls_buffer_view(&base), 0) ==
                  rows[i].permitted,
            "row %u: %s within %s, permitted", (unsigned)i, rows[i].name, rows[i].base);
        check(tls_name_is_within(tls_buffer_view(&name), tls_buffer_view(&base), 1) ==
                  rows[i].excluded,
            "row %u: %s within %s, excluded", (unsigned)i, rows[i].name, rows[i].base);
        tls_buffer_release(&name);
        tls_buffer_release(&base);
    }
}

/* More attributes in one RDN than are compared. */
static void
test_many(void)
{
    char text[200], other[200];
    size_t i;

    for (i = 0; i < 20; i++) {
        memcpy(text + 4 * i, "Aux+", 4);
        text[4 * i] = (char)('A' + i);
    }
    text[4 * i - 1] = '\0';
    strcpy(other, text);
    other[2] = 'X';
    check(equal(text, text), "itself");
    check(!equal(text, other), "not in another case");
    {
        tls_buffer name = name_of(text), base = name_of(other), good = name_of("Oux");

        check(!tls_name_is_within(tls_buffer_view(&name), tls_buffer_view(&base), 0),
            "never permitted");
        check(tls_name_is_within(tls_buffer_view(&name), tls_buffer_view(&good), 1),
            "always excluded");
        tls_buffer_release(&name);
        tls_buffer_release(&base);
        tls_buffer_release(&good);
    }
}

int
main(void)
{
    test_equal();
    test_letters();
    test_blanks();
    test_within();
    test_many();
    return check_end();
}
