/* inside.c - see inside.h. */
#include "support/inside.h"
#include "tls12/internal.h"

tls_connection_info
told(const tls_connection *c)
{
    tls_connection_info info;

    tls_connection_get_info(c, &info);
    return info;
}

/* ---- The handshake ---- */

int
inside_has_engine(const tls_connection *c)
{
    return c->host.handshake != NULL && c->host.handshake->engine != NULL;
}

tls13_engine *
inside_engine13(const tls_connection *c)
{
    const tls_handshake *h = c->host.handshake;

    return h != NULL && h->engine_class == &tls13_class ? tls13_of(h) : NULL;
}

br_multihash_context *
inside_transcript12(const tls_connection *c)
{
    return &tls12_of(c->host.handshake)->transcript;
}

tls_facts *
inside_settled(tls_connection *c)
{
    return &c->host.settled;
}

tls_context *
inside_context(const tls_connection *c)
{
    return c->host.context;
}

/* ---- Records and keys ---- */

tls_record_sealer *
inside_sealer(tls_connection *c)
{
    return &c->host.sealer;
}

const tls_record_opener *
inside_opener(const tls_connection *c)
{
    return &c->host.opener;
}

int
inside_seals(const tls_connection *c)
{
    return c->host.sealer.protection.vtable != NULL;
}

tls_traffic *
inside_traffic(const tls_connection *c)
{
    return c->host.traffic;
}

int
inside_is_bare(const tls_connection *c)
{
    return c->input.buffer == NULL && c->output.buffer == NULL && c->host.handshake == NULL;
}

int
inside_has_no_keys(const tls_connection *c)
{
    return c->host.traffic == NULL && c->host.sealer.protection.vtable == NULL &&
           c->host.opener.protection.vtable == NULL;
}

size_t
inside_reassembly(const tls_connection *c)
{
    return c->input.handshake.capacity;
}

void
inside_set_fragment_limit(tls_connection *c, size_t limit)
{
    c->host.fragment_limit = limit;
}

void
inside_forget_idle_records(tls_connection *c)
{
    c->host.idle_records = 0;
}

/* ---- What was negotiated ---- */

char *
inside_server_name(tls_connection *c)
{
    return c->host.server_name;
}

void
inside_change_alpn(tls_connection *c, size_t index, unsigned char byte)
{
    c->host.settled.alpn.data[index] = byte;
    if (c->host.handshake != NULL && c->host.handshake->facts.alpn.length > index)
        c->host.handshake->facts.alpn.data[index] = byte;
}

void
inside_deny_secure_renegotiation(tls_connection *c)
{
    c->host.settled.secure_renegotiation = 0;
}

enum tls_verification_level
inside_level(const tls_connection *c)
{
    return tls_facts_peer(&c->host.settled)->level;
}

const tls_session *
inside_session(const tls_connection *c)
{
    return tls_host_facts(&c->host)->session;
}

const unsigned char *
inside_master_secret(const tls_connection *c)
{
    return c->host.settled.master_secret;
}
