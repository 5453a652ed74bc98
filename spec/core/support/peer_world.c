/* peer_world.c - making and releasing them. */
#include <string.h>

#include "support/inside.h"
#include "support/check.h"
#include "support/clock.h"
#include "support/peer_world.h"

struct peer_materials materials;

void
make_materials(void)
{
    materials.ec = identity_load(ec_certificate, ec_key);
    materials.rsa = identity_load(rsa_certificate, rsa_key);
    materials.p384 = identity_load(p384_certificate, p384_key);
    materials.wrong_usage = identity_load(agreement_certificate, agreement_key);
    require(tls_trust_store_new(&materials.trust) == TLS_OK &&
                tls_trust_store_add(materials.trust, materials.ec.list->items[0]) == TLS_OK &&
                tls_trust_store_add(materials.trust, materials.rsa.list->items[0]) == TLS_OK &&
                tls_trust_store_add(materials.trust, materials.p384.list->items[0]) == TLS_OK,
        "a trust store");
}

void
release_materials(void)
{
    identity_unload(&materials.ec);
    identity_unload(&materials.rsa);
    identity_unload(&materials.p384);
    identity_unload(&materials.wrong_usage);
    tls_trust_store_release(materials.trust);
}

static void
use_identity(tls_context_options *options, tls_credential *credential, const identity *i)
{
    *credential = identity_credential(i, 0);
    options->credentials = credential;
    options->credential_count = 1;
}

void
peer_world_open(peer_world *w, tweak *f)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0xC02B},
                          schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256,
                              TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_RSA_PKCS1_SHA256,
                              TLS_SCHEME_ECDSA_SECP384R1_SHA384};
    tls_context_options client, server;
    tls_credential credential;

    require(tls_ticket_keys_new(&w->tickets, 0, 0, clock_now) == TLS_OK, "ticket keys");
    memset(&client, 0, sizeof client);
    client.role = TLS_ROLE_CLIENT;
    client.version_min = client.version_max = TLS_VERSION_13;
    client.suites = suites;
    client.suite_count = sizeof suites / sizeof suites[0];
    client.signature_schemes = schemes;
    client.signature_scheme_count = sizeof schemes / sizeof schemes[0];
    client.groups = peer_groups;
    client.group_count = PEER_GROUPS;
    client.trust = materials.trust;
    client.now = test_clock;
    client.verify = TLS_VERIFY_REQUIRED;
    use_identity(&client, &credential, &materials.ec);
    server = client;
    server.role = TLS_ROLE_SERVER;
    server.verify = TLS_VERIFY_NONE;
    server.ticket_keys = w->tickets;
    server.ticket_count = 1;
    if (f != NULL)
        f(&client, &server);
    require(tls_context_new(&w->client, &client) == TLS_OK &&
                tls_context_new(&w->server, &server) == TLS_OK,
        "contexts");
}

void
peer_world_close(peer_world *w)
{
    check(w->client->pool.lent_count == 0 && w->server->pool.lent_count == 0,
        "every record buffer came back");
    tls_context_release(w->client);
    tls_context_release(w->server);
    tls_ticket_keys_release(w->tickets);
}

/* ---- The two sides ---- */

void
peer_open_victim(
    peer *p, const peer_world *w, enum tls_role role, tls_session *session, tls_bytes early_data)
{
    tls_connection_options options;

    memset(p, 0, sizeof *p);
    memset(&options, 0, sizeof options);
    options.stage_mask = UINT32_MAX;
    options.decision_mask = 1u << TLS_DECISION_KEYLOG;
    if (role == TLS_ROLE_SERVER) {
        options.server_name = "localhost";
        options.session = session;
        options.early_data = early_data;
    }
    p->role = role;
    require(tls_connection_new(
                &p->victim, role == TLS_ROLE_SERVER ? w->client : w->server, &options) == TLS_OK,
        "a connection");
    p->record_version = TLS_VERSION_12;
    p->alert = TLS_ALERT_NONE;
    p->suite_id = 0x1301;
    p->group = role == TLS_ROLE_SERVER ? 0 : TLS_GROUP_X25519;
    p->chain = (const tls_certificate *const *)(void *)materials.ec.list->items;
    p->chain_count = materials.ec.list->count;
    p->key = materials.ec.key;
    p->scheme = TLS_SCHEME_ECDSA_SECP256R1_SHA256;
    memset(p->session_id, 0x5A, sizeof p->session_id);
    tls_transcript_init(&p->transcript);
    if (session == NULL)
        return;
    p->session = session;
    p->psk_length = tls_suite_find(session->suite)->prf_hash == 5 ? 48 : 32;
    memcpy(p->psk, session->master_secret, p->psk_length);
}

void
peer_open(peer *p, const peer_world *w, enum tls_role role)
{
    peer_open_victim(p, w, role, NULL, tls_bytes_make(NULL, 0));
}

void
peer_present(peer *p, const identity *i, unsigned scheme)
{
    p->chain = (const tls_certificate *const *)(void *)i->list->items;
    p->chain_count = i->list->count;
    p->key = i->key;
    p->scheme = scheme;
}

void
peer_close(peer *p)
{
    tls_connection_free(p->victim);
    tls_buffer_release(&p->hello);
    tls_buffer_release(&p->cookie);
    tls_buffer_release(&p->context);
    tls_buffer_release(&p->held);
    tls_buffer_release(&p->wire);
    tls_buffer_release(&p->messages);
    tls_buffer_release(&p->ticket);
    tls_key_exchange_wipe(&p->share);
    memset(p, 0, sizeof *p);
}

/* ---- Sessions ---- */

static int
carry(tls_connection *from, tls_connection *to)
{
    tls_bytes output = tls_connection_output(from);
    size_t n = tls_connection_feed(to, output.data, output.length);

    tls_connection_output_consume(from, n);
    return n > 0;
}

static void
run(tls_connection *c)
{
    enum tls_event event;

    do
        event = inside_step(c);
    while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION || event == TLS_EVENT_DATA);
}

tls_session *
peer_world_session(const peer_world *w)
{
    tls_connection_options options;
    tls_connection *client, *server;
    tls_session *session;
    int busy = 1;

    memset(&options, 0, sizeof options);
    /* As the victims do it: a watched decision belongs to a session's policy. */
    options.decision_mask = 1u << TLS_DECISION_KEYLOG;
    require(tls_connection_new(&server, w->server, &options) == TLS_OK, "a server");
    options.server_name = "localhost";
    require(tls_connection_new(&client, w->client, &options) == TLS_OK, "a client");
    while (busy) {
        run(client);
        busy = carry(client, server);
        run(server);
        busy |= carry(server, client);
    }
    session = tls_connection_session(client);
    require(session != NULL && session->ticket.length > 0, "a session with a ticket");
    tls_connection_free(client);
    tls_connection_free(server);
    return session;
}
