/* hostile.c - a handshake with a peer that breaks the rules (fuzz_breaker.h), and what follows.
 * What must hold whatever it does stands in check_authenticity. */
#include "fuzz_breaker.h"

#include "wire/message.h"

/* drop_requests leaves HelloRequest out, which is no part of the handshake (RFC 5246
 * section 7.4.1.1). */
static void
drop_requests(tls_buffer *out, tls_bytes stream)
{
    unsigned type;
    size_t length;

    while (tls_message_header(stream, &type, &length)) {
        if (type != TLS_HANDSHAKE_HELLO_REQUEST)
            tls_buffer_append(out, stream.data, length);
        stream.data += length;
        stream.length -= length;
    }
    tls_buffer_append(out, stream.data, stream.length);
}

/* bytes_hashed: of what the breaker meant. What it made of its Finished at the end is hashed by
 * nobody before the victim has judged it; two changes to it may undo each other. */
static size_t
bytes_hashed(const tls_buffer *meant, const tls_facts *facts)
{
    unsigned type;
    size_t length;

    if (facts->version != TLS_VERSION_13 ||
        !tls_message_header(tls_buffer_view(&hostile.finished), &type, &length) ||
        length > meant->length || !fuzz_finished_told())
        return meant->length;
    return meant->length - length;
}

/* check_authenticity: a victim that is established has seen the very messages that its peer hashed;
 * in TLS 1.3 a Finished among them, and a CertificateVerify where a certificate was due. */
static void
check_authenticity(const fuzz_pair *pair)
{
    const tls_connection *c = hostile.victim->c;
    const tls_facts *facts = &c->host.settled;
    const tls_peer *peer = tls_facts_peer(facts);
    tls_buffer meant = {NULL, 0, 0, 0}, told = {NULL, 0, 0, 0};
    size_t hashed;

    if (!c->established)
        return;
    drop_requests(&meant, tls_buffer_view(&hostile.meant));
    drop_requests(&told, tls_buffer_view(&hostile.told));
    /* What stands behind the end is on its way when that is read. */
    fuzz_check(told.length >= meant.length);
    hashed = bytes_hashed(&meant, facts);
    fuzz_check(hashed == 0 || memcmp(told.data, meant.data, hashed) == 0);
    tls_buffer_release(&meant);
    tls_buffer_release(&told);
    if (facts->version != TLS_VERSION_13)
        return;
    fuzz_check(fuzz_finished_told());
    /* A late authentication failed, and nobody is named any more. */
    if (c->failure != TLS_OK && peer->verdict != TLS_OK && peer->chain == NULL) {
        fuzz_check(peer->level == TLS_LEVEL_NONE);
        return;
    }
    if (!peer->psk && (c->host.role == TLS_ROLE_CLIENT || facts->verify == TLS_VERIFY_REQUIRED))
        fuzz_check(fuzz_verify_told());
    if (c->host.role == TLS_ROLE_SERVER && facts->verify == TLS_VERIFY_REQUIRED &&
        !(pair->options & FUZZ_PSK))
        fuzz_check(peer->chain != NULL);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    fuzz_pair pair;
    unsigned acts;
    uint32_t word;

    fuzz_breaker_begin(tls_bytes_make(data, length));
    word = fuzz_u32(&hostile.input);
    fuzz_pair_init(&pair, word);
    fuzz_resume(&pair);
    fuzz_pair_open(&pair, &hostile.input);
    fuzz_breaker_choose(&pair);
    fuzz_pump(&pair, NULL, NULL);
    check_authenticity(&pair);
    if (length <= 4) /* nobody broke anything */
        fuzz_check(pair.client.c->established == pair.server.c->established);
    for (acts = 0; acts < 200 && hostile.input.length > 0; acts++)
        fuzz_act(&pair, &hostile.input);
    fuzz_pump(&pair, NULL, NULL);
    fuzz_exercise(hostile.victim);
    fuzz_exercise(hostile.breaker);
    hostile.breaker = NULL;
    fuzz_pair_release(&pair);
    fuzz_breaker_end();
    return 0;
}
