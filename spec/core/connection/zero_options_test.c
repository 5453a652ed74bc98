/* Zeroed options are the safe ones: whoever fills in nothing gets verification, and nothing that
 * weakens (tls.h). */
#include <string.h>

#include "support/check.h"
#include "support/clock.h"
#include "support/identity.h"
#include "issue/ocsp_build.h"
#include "wire/registry.h"

/* Two sides, whose options a case changes before they are made. */
typedef struct pair {
    tls_credential credential;
    tls_context_options client_context, server_context;
    tls_connection_options client_options, server_options;
    tls_context *contexts[2];
    tls_connection *client, *server;
} pair;

/* prepare zeroes everything but what a handshake cannot do without. */
static void
prepare(pair *p, const identity *id, unsigned version)
{
    memset(p, 0, sizeof *p);
    p->credential.chain = (const tls_certificate **)(void *)id->list->items;
    p->credential.chain_count = id->list->count;
    p->credential.key = id->key;
    p->client_context.now = p->server_context.now = test_clock;
    p->client_context.version_min = p->client_context.version_max = version;
    p->server_context.role = TLS_ROLE_SERVER;
    p->server_context.credentials = &p->credential;
    p->server_context.credential_count = 1;
    p->client_options.server_name = "localhost";
    check_about("%s", version == TLS_VERSION_13 ? "TLS 1.3" : "TLS 1.2");
}

static void
open_pair(pair *p)
{
    require(tls_context_new(&p->contexts[0], &p->client_context) == TLS_OK &&
                tls_context_new(&p->contexts[1], &p->server_context) == TLS_OK &&
                tls_connection_new(&p->client, p->contexts[0], &p->client_options) == TLS_OK &&
                tls_connection_new(&p->server, p->contexts[1], &p->server_options) == TLS_OK,
        "two sides");
}

static void
close_pair(pair *p)
{
    tls_connection_free(p->client);
    tls_connection_free(p->server);
    tls_context_release(p->contexts[0]);
    tls_context_release(p->contexts[1]);
}

/* settle steps until the peer is needed. */
static void
settle(tls_connection *c)
{
    enum tls_event event;

    do
        event = tls_connection_step(c);
    while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION ||
           (event == TLS_EVENT_DATA && tls_connection_plaintext(c).length == 0));
}

static int
move(tls_connection *from, tls_connection *to)
{
    tls_bytes output = tls_connection_output(from);
    size_t length = output.length;

    if (length > 0 && tls_connection_feed(to, output.data, length) < length)
        length = tls_connection_failure(to) != TLS_OK ? length : 0;
    tls_connection_output_consume(from, length);
    settle(to);
    return length > 0;
}

/* shake returns how the client's handshake ended. */
static enum tls_reason
shake(pair *p)
{
    settle(p->client);
    settle(p->server);
    while (move(p->client, p->server) | move(p->server, p->client))
        ;
    return tls_connection_failure(p->client);
}

static tls_connection_info
info_of(const tls_connection *c)
{
    tls_connection_info info;

    tls_connection_get_info(c, &info);
    return info;
}

static void
test_client(const identity *id, unsigned version)
{
    pair p;
    enum tls_reason reason;

    prepare(&p, id, version);
    open_pair(&p);
    reason = shake(&p);
    check(reason == TLS_REASON_SELF_SIGNED || reason == TLS_REASON_UNKNOWN_CA,
        "a zeroed client refuses a server that it has no reason to trust");
    check(!info_of(p.client).established, "and has no connection");
    close_pair(&p);

    prepare(&p, id, version);
    p.client_context.trust = id->trust;
    p.client_options.server_name = "elsewhere.example";
    open_pair(&p);
    check(shake(&p) == TLS_REASON_NAME_MISMATCH, "and one of another name");
    close_pair(&p);

    prepare(&p, id, version);
    p.client_context.trust = id->trust;
    open_pair(&p);
    check(shake(&p) == TLS_OK && info_of(p.client).established, "it takes the one that it trusts");
    check(info_of(p.client).peer_verified, "which it has verified");
    close_pair(&p);
}

static void
test_server(const identity *id, unsigned version)
{
    pair p;

    prepare(&p, id, version);
    p.client_context.trust = id->trust;
    p.client_context.credentials = &p.credential;
    p.client_context.credential_count = 1;
    open_pair(&p);
    check(shake(&p) == TLS_OK && info_of(p.server).established, "handshake");
    check(info_of(p.server).peer_chain_count == 0, "a zeroed server asks nobody who he is");
    check(tls_context_session_count(p.contexts[1]) == 0 && !info_of(p.client).ticket,
        "it keeps no sessions and gives no tickets");
    check(tls_connection_renegotiate(p.server, TLS_VERIFY_DEFAULT) ==
              (version == TLS_VERSION_13 ? TLS_REASON_UNSUPPORTED_VERSION
                                         : TLS_REASON_NO_RENEGOTIATION),
        "and does not renegotiate");
    close_pair(&p);
}

/* for_server: where a client goes on and reports, a server may do without a certificate. */
static enum tls_verify_mode
for_server(enum tls_verify_mode mode)
{
    return mode == TLS_VERIFY_REPORT ? TLS_VERIFY_OPTIONAL : mode;
}

/* What the context says holds where the connection says nothing, and the other way round. */
static void
test_modes(const identity *id, unsigned version)
{
    static const struct {
        enum tls_verify_mode context, connection;
        int taken;
    } cases[] = {
        {TLS_VERIFY_DEFAULT, TLS_VERIFY_DEFAULT, 0},
        {TLS_VERIFY_REQUIRED, TLS_VERIFY_DEFAULT, 0},
        {TLS_VERIFY_REPORT, TLS_VERIFY_DEFAULT, 1},
        {TLS_VERIFY_NONE, TLS_VERIFY_DEFAULT, 1},
        {TLS_VERIFY_NONE, TLS_VERIFY_REQUIRED, 0},
        {TLS_VERIFY_DEFAULT, TLS_VERIFY_NONE, 1},
        {TLS_VERIFY_DEFAULT, TLS_VERIFY_REPORT, 1},
    };
    size_t i;
    pair p;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        prepare(&p, id, version);
        p.client_context.verify = cases[i].context;
        p.client_options.verify = cases[i].connection;
        open_pair(&p);
        check_about("%x, context %d, connection %d", version, (int)cases[i].context,
            (int)cases[i].connection);
        check((shake(&p) == TLS_OK) == cases[i].taken, "taken or refused");
        check(!info_of(p.client).peer_verified, "never verified");
        close_pair(&p);

        /* The same of a server, whose client has no certificate. */
        prepare(&p, id, version);
        p.client_context.trust = id->trust;
        p.server_context.verify = for_server(cases[i].context);
        p.server_options.verify = for_server(cases[i].connection);
        open_pair(&p);
        shake(&p);
        check((tls_connection_failure(p.server) == TLS_REASON_CERTIFICATE_REQUIRED) ==
                  (cases[i].context == TLS_VERIFY_REQUIRED ||
                      cases[i].connection == TLS_VERIFY_REQUIRED),
            "a server demands a certificate or not");
        close_pair(&p);
    }
}

/* new_client: what tls_connection_new says to a client's options. */
static enum tls_reason
new_client(tls_context *context, const char *name, int no_server_name, enum tls_verify_mode verify)
{
    tls_connection_options options;
    tls_connection *connection = NULL;
    enum tls_reason reason;

    memset(&options, 0, sizeof options);
    options.server_name = name;
    options.no_server_name = no_server_name;
    options.verify = verify;
    reason = tls_connection_new(&connection, context, &options);
    check((reason == TLS_OK) == (connection != NULL), "a connection or none");
    tls_connection_free(connection);
    return reason;
}

static void
test_names(void)
{
    static const enum tls_verify_mode modes[] = {
        TLS_VERIFY_DEFAULT, TLS_VERIFY_NONE, TLS_VERIFY_REPORT, TLS_VERIFY_REQUIRED};
    tls_context_options options;
    tls_context *context;
    size_t i;

    memset(&options, 0, sizeof options);
    require(tls_context_new(&context, &options) == TLS_OK, "a context");
    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        check_about("names, mode %d", (int)modes[i]);
        check(new_client(context, NULL, 0, modes[i]) == TLS_REASON_ILLEGAL_PARAMETER, "no name");
        check(new_client(context, "", 0, modes[i]) == TLS_REASON_ILLEGAL_PARAMETER, "an empty one");
        check(new_client(context, "a.example", 1, modes[i]) == TLS_REASON_ILLEGAL_PARAMETER,
            "a name and none");
        check(new_client(context, NULL, 1, modes[i]) == TLS_OK, "none, and said so");
        check(new_client(context, "a.example", 0, modes[i]) == TLS_OK, "a name");
    }
    check(new_client(context, "a.example", 0, (enum tls_verify_mode)(TLS_VERIFY_REPORT + 1)) ==
              TLS_REASON_ILLEGAL_PARAMETER,
        "a mode that is none");
    check(new_client(context, "a.example", 0, (enum tls_verify_mode) - 1) ==
              TLS_REASON_ILLEGAL_PARAMETER,
        "another");
    check(new_client(context, "a.example", 0, TLS_VERIFY_OPTIONAL) == TLS_REASON_ILLEGAL_PARAMETER,
        "a mode of servers");
    tls_context_release(context);
    options.verify = TLS_VERIFY_OPTIONAL;
    check(tls_context_new(&context, &options) == TLS_REASON_ILLEGAL_PARAMETER,
        "a context with a mode of servers");
    tls_context_release(context);
    options.role = TLS_ROLE_SERVER;
    options.verify = TLS_VERIFY_REPORT;
    check(tls_context_new(&context, &options) == TLS_REASON_ILLEGAL_PARAMETER,
        "a context with a mode of clients");
    tls_context_release(context);
}

/* Numbers that name nothing must not stand for the weakest choice. */
static void
test_unknown_choices(void)
{
    int option;

    check_about("unknown choices");
    for (option = 0; option < 8; option++) {
        tls_context_options options;
        tls_context *context = NULL;
        int number = option % 2 ? -1 : 5;

        memset(&options, 0, sizeof options);
        if (option / 2 == 0)
            options.role = (enum tls_role)number;
        else if (option / 2 == 1)
            options.verify = (enum tls_verify_mode)number;
        else if (option / 2 == 2)
            options.revocation = (enum tls_revocation_mode)number;
        else
            options.staple = (enum tls_staple_mode)number;
        check(tls_context_new(&context, &options) == TLS_REASON_ILLEGAL_PARAMETER, "refused");
        tls_context_release(context);
    }
}

static void
test_verify(const identity *id)
{
    tls_verify_request request;
    tls_verdict verdict;

    check_about("tls_verify");
    memset(&request, 0, sizeof request);
    request.chain = (const tls_certificate *const *)id->list->items;
    request.count = id->list->count;
    request.trust = id->trust;
    request.time = clock_now;
    check(tls_verify(&verdict, &request) == TLS_REASON_NAME_MISMATCH, "no name to check");
    check(strstr(verdict.text, "no server name") != NULL, "%s", verdict.text);
    request.server_name = "localhost";
    check(tls_verify(&verdict, &request) == TLS_OK, "a name that fits");
    request.server_name = NULL;
    request.no_server_name = 1;
    check(tls_verify(&verdict, &request) == TLS_OK, "whoever it is");
    request.no_server_name = 0;
    request.purpose = TLS_PURPOSE_ANY;
    check(tls_verify(&verdict, &request) == TLS_OK, "only servers have a name to check");
    request.trust = NULL;
    check(tls_verify(&verdict, &request) != TLS_OK, "no trust");
    request.trust = id->trust;
    request.purpose = (enum tls_purpose)(TLS_PURPOSE_ANY + 1);
    check(tls_verify(&verdict, &request) == TLS_REASON_ILLEGAL_PARAMETER, "no such purpose");
    request.purpose = TLS_PURPOSE_ANY;
    request.revocation = (enum tls_revocation_mode)(TLS_REVOCATION_PATH + 1);
    check(tls_verify(&verdict, &request) == TLS_REASON_ILLEGAL_PARAMETER, "no such mode");
    request.revocation = TLS_REVOCATION_IF_KNOWN;
    request.staple = (enum tls_staple_mode)(TLS_STAPLE_REQUIRED + 1);
    check(tls_verify(&verdict, &request) == TLS_REASON_ILLEGAL_PARAMETER, "no such need");
    request.staple = TLS_STAPLE_NOT_NEEDED;
    request.time = 0;
    check(tls_verify(&verdict, &request) == TLS_REASON_CERTIFICATE_NOT_YET_VALID, "no time");
}

/* A responder that forgot to say what it knows has not said that all is well. */
static void
test_ocsp(const identity *id)
{
    tls_ocsp_response *response = NULL;
    tls_ocsp_fields fields;
    tls_ocsp_single single;

    check_about("OCSP");
    memset(&fields, 0, sizeof fields);
    memset(&single, 0, sizeof single);
    check(single.status == TLS_OCSP_UNKNOWN, "nothing is known of nothing");
    fields.certificate = fields.issuer = id->list->items[0];
    fields.key = id->key;
    fields.this_update = fields.produced_at = clock_now;
    fields.next_update = clock_now + 60;
    check(tls_ocsp_response_build(&response, &fields) == TLS_OK, "build");
    if (response == NULL)
        return;
    check(tls_ocsp_find(response, &single, fields.certificate, fields.issuer), "find");
    check(single.status == TLS_OCSP_UNKNOWN, "a zeroed status is unknown");
    tls_ocsp_response_release(response);
}

int
main(void)
{
    static const unsigned versions[] = {TLS_VERSION_12, TLS_VERSION_13};
    const identity *id = &identities[P256];
    size_t i;

    load_identities();
    for (i = 0; i < 2; i++) {
        test_client(id, versions[i]);
        test_server(id, versions[i]);
        test_modes(id, versions[i]);
    }
    test_names();
    test_unknown_choices();
    test_verify(id);
    test_ocsp(id);
    unload_identities();
    return check_end();
}
