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
    return c->engine != NULL;
}

tls13_engine *
inside_engine13(const tls_connection *c)
{
    return c->engine_class == &tls13_class ? tls13_of(c) : NULL;
}

br_multihash_context *
inside_transcript12(const tls_connection *c)
{
    return &tls12_of(c)->transcript;
}

tls_renegotiation *
inside_renegotiation(const tls_connection *c)
{
    return c->renegotiation;
}

tls_context *
inside_context(const tls_connection *c)
{
    return c->context;
}

/* ---- Records and keys ---- */

tls_record_sealer *
inside_sealer(tls_connection *c)
{
    return &c->sealer;
}

const tls_record_opener *
inside_opener(const tls_connection *c)
{
    return &c->opener;
}

int
inside_seals(const tls_connection *c)
{
    return c->sealer.protection.vtable != NULL;
}

tls_traffic *
inside_traffic(const tls_connection *c)
{
    return c->traffic;
}

int
inside_is_bare(const tls_connection *c)
{
    return c->input == NULL && c->output == NULL && c->engine == NULL;
}

int
inside_has_no_keys(const tls_connection *c)
{
    return c->traffic == NULL && c->sealer.protection.vtable == NULL &&
           c->opener.protection.vtable == NULL;
}

size_t
inside_reassembly(const tls_connection *c)
{
    return c->handshake_in.capacity;
}

void
inside_set_fragment_limit(tls_connection *c, size_t limit)
{
    c->fragment_limit = limit;
}

void
inside_forget_idle_records(tls_connection *c)
{
    c->idle_records = 0;
}

/* ---- What was negotiated ---- */

char *
inside_server_name(tls_connection *c)
{
    return c->server_name;
}

tls_buffer *
inside_alpn(tls_connection *c)
{
    return &c->alpn;
}

void
inside_deny_secure_renegotiation(tls_connection *c)
{
    c->secure_renegotiation = 0;
}

enum tls_verification_level
inside_level(const tls_connection *c)
{
    return c->peer.level;
}

const tls_session *
inside_session(const tls_connection *c)
{
    return c->session;
}

const unsigned char *
inside_master_secret(const tls_connection *c)
{
    return c->master_secret;
}
