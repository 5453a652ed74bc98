/* inside.c - see inside.h. */
#include "support/check.h"
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

int
inside_has_events(const tls_connection *c)
{
    return c->host.events.first != NULL;
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

/* ---- Memory ---- */

static size_t
sum(const tls_buffer *const *buffers)
{
    size_t total = 0;

    for (; *buffers != NULL; buffers++)
        total += (*buffers)->capacity;
    return total;
}

static size_t
memory_of_facts(const tls_facts *facts)
{
    const tls_buffer *const buffers[] = {&facts->alpn, &facts->peer.ocsp_response,
        &facts->peer.signed_certificate_timestamps, &facts->peer.psk_identity, NULL};
    size_t total = sum(buffers);

    if (facts->session != NULL)
        total += sizeof *facts->session;
    return total;
}

static size_t
memory_of_engine12(const tls12_engine *e)
{
    const tls_buffer *const buffers[] = {
        &e->written, &e->signature, &e->messages, &e->content, &e->replacement, &e->ticket, NULL};
    size_t total = sum(buffers);

    total += sizeof *e;
    if (e->snapshot != NULL)
        total += sizeof *e->snapshot;
    return total;
}

static size_t
memory_of_engine13(const tls13_engine *e)
{
    const tls_buffer *const buffers[] = {&e->cookie, &e->certificate_request, &e->peer_schemes,
        &e->signature, &e->certificate, NULL};
    size_t total = sum(buffers), i;

    for (i = 0; i < TLS13_SHARES_MAXIMUM; i++)
        if (e->shares[i].hybrid != NULL)
            total += sizeof *e->shares[i].hybrid + e->shares[i].hybrid->matrix_length +
                     e->shares[i].hybrid->share_length + e->shares[i].hybrid->private_length;
    total += sizeof *e;
    return total;
}

static size_t
memory_of_handshake(const tls_handshake *h)
{
    const tls_kept_hello *kept = &h->client_hello;
    const tls_buffer *const buffers[] = {
        &kept->raw, &kept->suites, &kept->groups, &kept->schemes, NULL};
    size_t total = sum(buffers);

    total += sizeof *h;
    total += memory_of_facts(&h->facts);
    if (h->engine == NULL)
        return total;
    if (h->engine_class == &tls12_class)
        total += memory_of_engine12(h->engine);
    else if (h->engine_class == &tls13_class)
        total += memory_of_engine13(h->engine);
    else
        total += h->engine_class->memory(h);
    return total;
}

size_t
inside_memory(const tls_connection *c)
{
    const tls_host *host = &c->host;
    const tls_buffer *const buffers[] = {&c->input.handshake, &c->input.held, &c->input.early,
        &c->output.handshake, &c->output.before, &host->early_out, &host->early_protocol, NULL};
    size_t total = sum(buffers);

    total += sizeof *c;
    total += strlen(host->server_name) + 1;
    total += memory_of_facts(&host->settled);
    total += c->input.room;
    if (c->output.buffer != NULL)
        total += TLS_POOL_BUFFER_LENGTH;
    if (host->opener.cbc != NULL)
        total += sizeof *host->opener.cbc;
    if (host->sealer.cbc != NULL)
        total += sizeof *host->sealer.cbc;
    if (host->handshake != NULL)
        total += memory_of_handshake(host->handshake);
    if (host->traffic == NULL)
        return total;
    total += sizeof *host->traffic;
    if (host->traffic->transcript != NULL)
        total += sizeof *host->traffic->transcript;
    if (host->traffic->requested != NULL)
        total += sizeof *host->traffic->requested;
    return total;
}

enum tls_event
inside_step(tls_connection *c)
{
    enum tls_event event = tls_connection_step(c);
    size_t says = told(c).memory, holds = inside_memory(c);

    /* Counted only where it fails: there are more steps than checks. */
    if (says != holds)
        check(0, "it says that it holds %lu bytes, and holds %lu", (unsigned long)says,
            (unsigned long)holds);
    return event;
}
