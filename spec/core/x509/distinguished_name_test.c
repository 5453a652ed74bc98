/* distinguished_name_test.c - specs of names as text, and of which are equal. */
#include <string.h>

#include "x509/distinguished_name.h"
#include "x509/distinguished_name_match.h"

#include "support/buffers.h"

static tls_bytes
build_name(unsigned char *out, unsigned char tag, const char *value, size_t length)
{
    unsigned char n = (unsigned char)length;
    unsigned char head[] = {0x30, (unsigned char)(n + 11), 0x31, (unsigned char)(n + 9), 0x30,
        (unsigned char)(n + 7), 6, 3, 0x55, 4, 3, tag, n};

    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, value, length);
    return tls_bytes_make(out, sizeof head + length);
}

static void
test_names(void)
{
    tls_buffer out = {NULL, 0, 0, 0};
    unsigned char a[128], b[128];

    tls_name_text(&out, build_name(a, 0x0C, "\xEF\xB7\xB0\xEF\xB8\x80\xEF\xBB\xBF", 9));
    check_buffer(&out, "CN=\xEF\xB7\xB0\xEF\xB8\x80\xEF\xBB\xBF");
    tls_name_text(&out, build_name(a, 0x1E, "\0A\0\xE9\xFE\0\xD8\x3D\xDE\0", 10));
    check_buffer(&out, "CN=A\xC3\xA9\xEF\xB8\x80\xF0\x9F\x98\x80");
    tls_name_text(&out, build_name(a, 0x14, "M\xFCller", 6));
    check_buffer(&out, "CN=M\xC3\xBCller");
    tls_name_text(&out, build_name(a, 0x1C, "\0\1\xF6\0", 4));
    check_buffer(&out, "CN=\xF0\x9F\x98\x80");
    tls_name_text(&out, build_name(a, 0x0C, "a\xC0\x80\xFFz", 5));
    check_buffer(&out, "CN=a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
    tls_name_text(&out, build_name(a, 0x13, " #a,b+c\"d\\e<f>g;h ", 18));
    check_buffer(&out, "CN=\\ #a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\ ");
    tls_name_text(&out, build_name(a, 0x0C, "#a\0\n", 4));
    check_buffer(&out, "CN=\\#a\\00\\0A");
    tls_name_text(&out, build_name(a, 0x02, "\x05", 1));
    check_buffer(&out, "CN=#020105");
    check(tls_name_equal(build_name(a, 0x0C, " Foo  BAR ", 10), build_name(b, 0x13, "foo bar", 7)),
        "names fold case and space across types");
    check(!tls_name_equal(build_name(a, 0x0C, "foobar", 6), build_name(b, 0x13, "foo bar", 7)),
        "but a space is a space");
    check(!tls_name_equal(build_name(a, 0x0C, "foo", 3), build_name(b, 0x13, "foo bar", 7)),
        "prefix is not equal");
    check(tls_name_is_within(build_name(a, 0x0C, "x", 1), tls_bytes_make("\x30\0", 2), 0),
        "all is within the empty name");
    tls_buffer_release(&out);
}

/* The first and the last character of each length of UTF-8, and what comes before and behind. */
static void
test_utf8(void)
{
    static const struct {
        const char *text;
        int good;
    } rows[] = {{"\xC2\x80", 1}, {"\xC1\xBF", 0}, {"\xDF\xBF", 1}, {"\xE0\xA0\x80", 1},
        {"\xE0\x9F\xBF", 0}, {"\xED\x9F\xBF", 1}, {"\xED\xA0\x80", 0}, {"\xED\xBF\xBF", 0},
        {"\xEE\x80\x80", 1}, {"\xEF\xBF\xBF", 1}, {"\xF0\x90\x80\x80", 1}, {"\xF0\x8F\xBF\xBF", 0},
        {"\xF4\x8F\xBF\xBF", 1}, {"\xF4\x90\x80\x80", 0}, {"\xF5\x80\x80\x80", 0}, {"\xBF", 0}};
    tls_buffer out = {NULL, 0, 0, 0};
    unsigned char name[64];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_about("row %u: ", (unsigned)i);
        tls_buffer_clear(&out);
        tls_name_text(&out, build_name(name, 0x0C, rows[i].text, strlen(rows[i].text)));
        check_number(out.length == 3 + strlen(rows[i].text) &&
                         memcmp(out.data + 3, rows[i].text, out.length - 3) == 0,
            rows[i].good, "kept as it is");
    }
    tls_buffer_release(&out);
}

/* test_keyword: the word, with every letter turned to the other case, and nothing near it. */
static void
test_keyword(const char *word)
{
    tls_bytes oid = tls_name_attribute_oid(tls_bytes_of_string(word)), other;
    char near[32];
    size_t i, length = strlen(word);

    check_about("%s: ", word);
    check(oid.length > 0, "is known");
    check_text(tls_name_attribute_keyword(oid), word, "its name");
    for (i = 0; i < length; i++)
        near[i] = (char)(word[i] >= 'A' ? word[i] ^ 0x20 : word[i]);
    other = tls_name_attribute_oid(tls_bytes_make(near, length));
    check(tls_bytes_equal(other, oid), "in the other case");
    for (i = 0; i < length; i++) {
        memcpy(near, word, length);
        near[i] ^= word[i] >= 'A' ? 0x40 : 0x20;
        other = tls_name_attribute_oid(tls_bytes_make(near, length));
        check(!tls_bytes_equal(other, oid), "another byte %u", (unsigned)i);
    }
    other = tls_name_attribute_oid(tls_bytes_make(word, length - 1));
    check(!tls_bytes_equal(other, oid), "cut short");
}

static void
test_keywords(void)
{
    static const char *const words[] = {"CN", "C", "ST", "O", "emailAddress", "DC", "UID",
        "x500UniqueIdentifier", "organizationIdentifier"};
    size_t i;

    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        test_keyword(words[i]);
}

int
main(void)
{
    test_names();
    test_keywords();
    test_utf8();
    return check_end();
}
