/* hostile13_world.h - certificates, contexts, sessions, and pairs of a peer and its victim. */
#ifndef HOSTILE13_WORLD_H
#define HOSTILE13_WORLD_H

#include "connection_test_keys.h"
#include "hostile13_script.h"
#include "hostile13_keys.h"

typedef struct identity {
    tls_certificate_list *list;
    tls_private_key *key;
} identity;

/* Made once for all tests. `wrong_usage` may agree on keys and not sign. */
static struct {
    identity ec, rsa, p384, wrong_usage;
    tls_trust_store *trust;
} materials;

static int64_t
fixed_clock(void *data)
{
    (void)data;
    return 1893456000; /* 2030: inside the certificates' validity */
}

static inline void
load_identity(identity *out, const char *certificate, const char *key)
{
    must(tls_certificates_load(&out->list, tls_bytes_of_string(certificate)) == TLS_OK &&
             tls_private_key_decode(&out->key, tls_bytes_of_string(key)) == TLS_OK,
        "an identity loads");
}

static inline void
make_materials(void)
{
    load_identity(&materials.ec, ec_certificate, ec_key);
    load_identity(&materials.rsa, rsa_certificate, rsa_key);
    load_identity(&materials.p384, p384_certificate, p384_key);
    load_identity(&materials.wrong_usage, agreement_certificate, agreement_key);
    must(tls_trust_store_new(&materials.trust) == TLS_OK &&
             tls_trust_store_add(materials.trust, materials.ec.list->items[0]) == TLS_OK &&
             tls_trust_store_add(materials.trust, materials.rsa.list->items[0]) == TLS_OK &&
             tls_trust_store_add(materials.trust, materials.p384.list->items[0]) == TLS_OK,
        "a trust store");
}

static inline void
release_identity(identity *i)
{
    tls_certificate_list_release(i->list);
    tls_private_key_release(i->key);
}

static inline void
release_materials(void)
{
    release_identity(&materials.ec);
    release_identity(&materials.rsa);
    release_identity(&materials.p384);
    release_identity(&materials.wrong_usage);
    tls_trust_store_release(materials.trust);
}

/* ---- Contexts ---- */

typedef struct world {
    tls_context *client, *server;
    tls_ticket_keys *tickets;
} world;

/* What a test wants otherwise than open_world does it. */
typedef void tweak(tls_context_options *client, tls_context_options *server);

static inline void
use_identity(tls_context_options *options, tls_credential *credential, const identity *i)
{
    memset(credential, 0, sizeof *credential);
    credential->chain = (const tls_certificate **)(void *)i->list->items;
    credential->chain_count = i->list->count;
    credential->key = i->key;
    options->credentials = credential;
    options->credential_count = 1;
}

static inline void
open_world(world *w, tweak *f)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0xC02B},
                          schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256,
                              TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_RSA_PKCS1_SHA256,
                              TLS_SCHEME_ECDSA_SECP384R1_SHA384};
    tls_context_options client, server;
    tls_credential credential;

    must(tls_ticket_keys_new(&w->tickets, 0, 0, fixed_clock(NULL)) == TLS_OK, "ticket keys");
    memset(&client, 0, sizeof client);
    client.role = TLS_ROLE_CLIENT;
    client.version_min = client.version_max = TLS_VERSION_13;
    client.suites = suites;
    client.suite_count = sizeof suites / sizeof suites[0];
    client.signature_schemes = schemes;
    client.signature_scheme_count = sizeof schemes / sizeof schemes[0];
    client.groups = peer_groups;
    client.group_count = sizeof peer_groups / sizeof peer_groups[0];
    client.trust = materials.trust;
    client.now = fixed_clock;
    client.verify = TLS_VERIFY_REQUIRED;
    use_identity(&client, &credential, &materials.ec);
    server = client;
    server.role = TLS_ROLE_SERVER;
    server.verify = TLS_VERIFY_NONE;
    server.ticket_keys = w->tickets;
    server.ticket_count = 1;
    if (f != NULL)
        f(&client, &server);
    must(tls_context_new(&w->client, &client) == TLS_OK &&
             tls_context_new(&w->server, &server) == TLS_OK,
        "contexts");
}

static inline void
close_world(world *w)
{
    check(w->client->pool.lent_count == 0 && w->server->pool.lent_count == 0,
        "every record buffer came back");
    tls_context_release(w->client);
    tls_context_release(w->server);
    tls_ticket_keys_release(w->tickets);
}

/* ---- The two sides ---- */

static inline void
open_victim(peer *p, const world *w, enum tls_role role, tls_session *session, tls_bytes early_data)
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
    must(tls_connection_new(
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

/* open_peer: a peer of this role, and a victim of the other. */
static inline void
open_peer(peer *p, const world *w, enum tls_role role)
{
    open_victim(p, w, role, NULL, tls_bytes_make(NULL, 0));
}

static inline void
present(peer *p, const identity *i, unsigned scheme)
{
    p->chain = (const tls_certificate *const *)(void *)i->list->items;
    p->chain_count = i->list->count;
    p->key = i->key;
    p->scheme = scheme;
}

static inline void
close_peer(peer *p)
{
    tls_connection_free(p->victim);
    tls_buffer_release(&p->hello);
    tls_buffer_release(&p->cookie);
    tls_buffer_release(&p->context);
    tls_buffer_release(&p->held);
    tls_buffer_release(&p->wire);
    tls_buffer_release(&p->messages);
    tls_buffer_release(&p->ticket);
    memset(p, 0, sizeof *p);
}

/* ---- Sessions ---- */

static inline int
carry(tls_connection *from, tls_connection *to)
{
    tls_bytes output = tls_connection_output(from);
    size_t n = tls_connection_feed(to, output.data, output.length);

    tls_connection_output_consume(from, n);
    return n > 0;
}

static inline void
run(tls_connection *c)
{
    enum tls_event event;

    do
        event = tls_connection_step(c);
    while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION || event == TLS_EVENT_DATA);
}

/* make_session: the client's end of an honest handshake between the world's contexts. */
static inline tls_session *
make_session(const world *w)
{
    tls_connection_options options;
    tls_connection *client, *server;
    tls_session *session;
    int busy = 1;

    memset(&options, 0, sizeof options);
    /* As the victims do it: a watched decision belongs to a session's policy. */
    options.decision_mask = 1u << TLS_DECISION_KEYLOG;
    must(tls_connection_new(&server, w->server, &options) == TLS_OK, "a server");
    options.server_name = "localhost";
    must(tls_connection_new(&client, w->client, &options) == TLS_OK, "a client");
    while (busy) {
        run(client);
        busy = carry(client, server);
        run(server);
        busy |= carry(server, client);
    }
    session = tls_connection_session(client);
    must(session != NULL && session->ticket.length > 0, "a session with a ticket");
    tls_connection_free(client);
    tls_connection_free(server);
    return session;
}

#endif
