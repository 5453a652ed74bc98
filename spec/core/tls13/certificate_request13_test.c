/* certificate_request13_test.c - whom a server of TLS 1.3 says in its CertificateRequest that it
 * trusts (RFC 8446 section 4.2.4: a list is never empty, so without anybody there is none). */
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"
#include "wire/message.h"

static pair p;
static unsigned requests, lists;
static size_t length;

static void
seen(side *s, const tls_stage_event *event)
{
    tls_message message;
    tls_extension extension;
    tls_reader reader;

    if (s != &p.server || event->stage != TLS_STAGE_CERTIFICATE_REQUEST)
        return;
    requests++;
    require(tls_message_parse(&message, event->raw, event->version, event->suite) == TLS_OK,
        "CertificateRequest");
    tls_reader_init(&reader, message.u.certificate_request.extensions);
    while (tls_extensions_next(&reader, &extension))
        if (extension.type == TLS_EXTENSION_CERTIFICATE_AUTHORITIES) {
            lists++;
            length = extension.data.length;
        }
}

/* asked: a server that trusts these asks a client without a certificate. */
static void
asked(tls_trust_store *trust, unsigned expected_lists, size_t expected_length)
{
    check_about("%u lists of %u bytes", expected_lists, (unsigned)expected_length);
    requests = lists = 0;
    length = 0;
    pair_init(&p, &identities[P256]);
    pair_watch(&p);
    p.server_options.trust = trust;
    p.server_options.verify = TLS_VERIFY_OPTIONAL;
    p.server.seen = seen;
    pair_open(&p);
    pair_pump(&p);
    check_number(requests, 1, "it asked");
    check_number(lists, expected_lists, "lists of authorities");
    check_number(length, expected_length, "bytes of the list");
    check(told(p.client.c).established && told(p.server.c).established, "established: %s",
        trouble(&p));
    pair_free(&p);
}

int
main(void)
{
    tls_trust_store *nobody;
    size_t subject;

    load_identities();
    subject = tls_trust_store_at(identities[P384].trust, 0)->subject.length;
    asked(identities[P384].trust, 1, 2 + 2 + subject);
    require(tls_trust_store_new(&nobody) == TLS_OK, "a store");
    asked(nobody, 0, 0);
    tls_trust_store_release(nobody);
    unload_identities();
    return check_end();
}
