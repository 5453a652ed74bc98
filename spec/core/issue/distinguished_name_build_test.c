/* distinguished_name_build_test.c - specs of names from text. distinguished_name_build.sh runs it.
 */
#include <stdlib.h>
#include <string.h>

#include "issue/distinguished_name_build.h"
#include "issue/signing_request.h"
#include "x509/distinguished_name_match.h"

#include "support/buffers.h"
#include "support/corpus.h"

static void
name_round_trip(const char *text, const char *expected)
{
    tls_buffer name = {NULL, 0, 0, 0}, back = {NULL, 0, 0, 0}, again = {NULL, 0, 0, 0};

    check_reason(tls_name_from_text(&name, tls_bytes_of_string(text)), TLS_OK, "%s", text);
    tls_name_text(&back, tls_buffer_view(&name));
    check(tls_bytes_equal_string(tls_buffer_view(&back), expected), "%s, got %.*s", expected,
        (int)back.length, back.length ? (char *)back.data : "");
    check(tls_name_from_text(&again, tls_buffer_view(&back)) == TLS_OK &&
              tls_name_equal(tls_buffer_view(&again), tls_buffer_view(&name)),
        "%s: again", text);
    tls_buffer_release(&name);
    tls_buffer_release(&back);
    tls_buffer_release(&again);
}

static void
test_names(void)
{
    static const char *const bad[] = {"CN", "=x", "CN=", "CN=x,", ",CN=x", "CN=x,,O=y", "XX=y",
        "CN=\\", "CN=\"x\"", "CN=a<b", "CN=#1", "CN=#1301", "C=DEU", "C=1x", "C=D",
        "serialNumber=\\C3\\A4", "CN=\xFF", "CN=\\00", "1.2.3", "emailAddress=\\C3\\A4", "CN=\\x",
        "3.1=x", "CN=a\\ZZ"};
    tls_buffer name = {NULL, 0, 0, 0}, openssl = {NULL, 0, 0, 0};
    tls_name_part parts[3];
    tls_certificate_request *request;
    tls_bytes bytes;
    size_t i;

    name_round_trip(
        "CN=www.example.com,O=Test\\, Inc.,C=DE", "CN=www.example.com,O=Test\\, Inc.,C=DE");
    name_round_trip(" cn = a  b , o=  x y  ,c=de", "CN=a  b,O=x y,C=de");
    name_round_trip("CN=\\ a\\ ", "CN=\\ a\\ ");
    name_round_trip("CN=\\#x,O=\\C3\\A4\\2B\\+", "CN=\\#x,O=\xC3\xA4\\+\\+");
    name_round_trip("OU=a+CN=b+O=c,DC=example,DC=com", "OU=a+O=c+CN=b,DC=example,DC=com");
    name_round_trip("1.2.3.4=#0C0141,CN=x", "1.2.3.4=#0C0141,CN=x");
    name_round_trip("emailAddress=a@example.com", "emailAddress=a@example.com");
    name_round_trip("", "");
    name_round_trip("OID.2.5.4.3=x", "CN=x");
    name_round_trip("CN=\xEF\xBF\xBD", "CN=\xEF\xBF\xBD");
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_reason(tls_name_from_text(&name, tls_bytes_of_string(bad[i])), TLS_REASON_BAD_NAME,
            "%s", bad[i]);
        check(name.length == 0, "nothing is left of %s", bad[i]);
    }
    /* The same bytes as openssl's, with a set that has to be sorted. */
    memset(parts, 0, sizeof parts);
    parts[0].type = tls_bytes_of_string("C");
    parts[0].value = tls_bytes_of_string("DE");
    parts[1].type = tls_bytes_of_string("OU");
    parts[1].value = tls_bytes_of_string("Unit");
    parts[2].type = tls_bytes_of_string("2.5.4.10");
    parts[2].value = tls_bytes_of_string("Org");
    parts[2].joined = 1;
    check_reason(tls_name_build(&name, parts, 3), TLS_OK, "parts");
    tls_name_text(&openssl, tls_buffer_view(&name));
    check(buffer_contains(&openssl, "OU=Unit+O=Org,C=DE"), "attributes of one RDN are sorted");
    tls_buffer_clear(&name);
    bytes = corpus_read("full.csr");
    require(tls_certificate_request_load(&request, bytes) == TLS_OK, "full.csr");
    corpus_free(bytes);
    tls_name_from_text(&name, tls_bytes_of_string("CN=Requester,OU=Unit+O=Org,C=DE"));
    check(
        tls_bytes_equal(tls_buffer_view(&name), request->wanted.subject), "as openssl encodes it");
    tls_certificate_request_release(request);
    tls_buffer_release(&name);
    tls_buffer_release(&openssl);
}

/* Whatever is read as a name is one, and its text, when it can be read (a country that was given in
 * hex may have one letter), is the same name. */
/* has_replacement: the text has a U+FFFD. */
static int
has_replacement(tls_bytes text)
{
    size_t i;

    for (i = 0; i + 3 <= text.length; i++)
        if (memcmp(text.data + i, "\xEF\xBF\xBD", 3) == 0)
            return 1;
    return 0;
}

static void
test_name_damage(unsigned rounds)
{
    static const char text[] = "CN=#0C0141,O=\\C3\\A4+OU=\\#x\\ ,C=DE";
    static const char characters[] = "=,+\\#\" ;<>a0C\0\xFF";
    tls_buffer name = {NULL, 0, 0, 0}, again = {NULL, 0, 0, 0}, back = {NULL, 0, 0, 0};
    char copy[sizeof text];
    unsigned round, taken = 0, flips;
    int all = 1;

    for (round = 0; round < rounds * 10; round++) {
        memcpy(copy, text, sizeof text);
        for (flips = 1 + (unsigned)rand() % 4; flips > 0; flips--)
            copy[(size_t)rand() % (sizeof text - 1)] =
                characters[(size_t)rand() % (sizeof characters - 1)];
        tls_buffer_clear(&name);
        tls_buffer_clear(&again);
        tls_buffer_clear(&back);
        if (tls_name_from_text(&name, tls_bytes_make(copy, (size_t)rand() % sizeof text)) != TLS_OK)
            continue;
        taken++;
        tls_name_text(&again, tls_buffer_view(&name));
        all = all && tls_name_check(tls_buffer_view(&name));
        /* A value that is not valid in its type is equal to its own encoding only. */
        if (has_replacement(tls_buffer_view(&again)))
            continue;
        if (tls_name_from_text(&back, tls_buffer_view(&again)) == TLS_OK)
            all = all && tls_name_equal(tls_buffer_view(&back), tls_buffer_view(&name));
    }
    check(all && taken > 0, "mutated names, %u of %u taken", taken, rounds * 10);
    tls_buffer_release(&name);
    tls_buffer_release(&again);
    tls_buffer_release(&back);
}

int
main(int argc, char **argv)
{
    corpus_begin(argc, argv);
    test_names();
    test_name_damage(corpus_rounds(300));
    return check_end();
}
