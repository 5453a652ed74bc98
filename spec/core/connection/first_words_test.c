/* first_words_test.c - of a peer whose first bytes no record begins with it is told that it does
 * not speak TLS, and of no other (RFC 8446 section 5.1: types 20 to 23, then a version 3.x). */
#include <string.h>

#include "record/record.h"

#include "support/check.h"
#include "support/pair12.h"

/* told_of: what a side says that first hears a short record of this type and version, and fails. */
static void
told_of(world12 *w, int by_client, unsigned type, unsigned major, int speaks)
{
    unsigned char record[TLS_RECORD_HEADER_LENGTH + 4] = {0, 0, 3, 0, 4, 99};
    tls_connection *client, *server, *c;
    const char *text;

    check_about("%s, type %u, version %u: ", by_client ? "client" : "server", type, major);
    pair12_open(w, &client, &server, NULL);
    c = by_client ? client : server;
    pair12_settle(c);
    record[0] = (unsigned char)type;
    record[1] = (unsigned char)major;
    pair12_give(c, record, sizeof record);
    pair12_settle(c);
    check(tls_connection_failure(c) != TLS_OK, "it fails");
    text = tls_connection_failure_text(c);
    check_number(text == NULL || strstr(text, "does not speak TLS") == NULL, speaks, "%s",
        text != NULL ? text : "no text");
    tls_connection_free(client);
    tls_connection_free(server);
}

int
main(void)
{
    static const unsigned strange[] = {0, 9, 19, 24, 25, 128, 255};
    world12 w;
    unsigned type;
    size_t i;
    int by_client;

    world12_open(&w, NULL);
    for (by_client = 0; by_client < 2; by_client++) {
        for (type = TLS_CONTENT_CHANGE_CIPHER_SPEC; type <= TLS_CONTENT_APPLICATION_DATA; type++) {
            told_of(&w, by_client, type, 3, 1);
            told_of(&w, by_client, type, 2, 0);
        }
        for (i = 0; i < sizeof strange / sizeof strange[0]; i++)
            told_of(&w, by_client, strange[i], 3, 0);
    }
    world12_close(&w);
    return check_end();
}
