/* filter.c - the message filter over BearSSL's handshake: see tls12/internal.h. */
#include "tls12/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "tls12/internal.h"
#include "handshake/peer_certificate.h"
#include "handshake/renegotiation_info.h"

/* ---- Making and freeing one ---- */

enum tls_reason
tls12_take_over(tls_handshake *h)
{
    tls12_engine *e = calloc(1, sizeof *e);

    if (e == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    h->engine = e;
    h->engine_class = &tls12_class;
    e->handshake = h;
    e->version_highest = h->terms.version_max;
    if (h->terms.version_max > TLS_VERSION_12)
        h->terms.version_max = TLS_VERSION_12;
    /* RFC 8446 section 4.2.1: what the client lists counts, not its legacy_version. */
    if (h->terms.version_chosen != 0)
        h->terms.version_max = h->terms.version_chosen;
    e->x509.vtable = &tls12_x509_class;
    e->x509.engine = e;
    e->policy.engine = e;
    e->client_certificate.engine = e;
    e->cache.engine = e;
    e->alpn_names[0] = h->terms.alpn_selected;
    if (h->host->role == TLS_ROLE_SERVER) {
        /* ClientHello was read, reported and put to `select`. */
        e->rank = e->told_rank = tls12_server_rank(TLS_HANDSHAKE_CLIENT_HELLO);
        e->phase = TLS12_DECIDE;
        return tls_host_next_message(
            h->host, TLS_MESSAGE_BIT(TLS_HANDSHAKE_CLIENT_HELLO), &e->message);
    }
    e->phase = TLS12_PUMP;
    return tls12_client_start(e);
}

static void
release(tls_handshake *h)
{
    tls12_engine *e = tls12_of(h);

    tls_buffer_release(&e->written);
    tls_buffer_release(&e->signature);
    tls_buffer_release(&e->replacement);
    tls_buffer_release(&e->ticket);
    tls_buffer_release(&e->messages);
    tls_buffer_release(&e->content);
    free(e->chain);
    tls_session_release(e->resume);
    if (e->snapshot != NULL) {
        tls_wipe(e->snapshot, sizeof *e->snapshot);
        free(e->snapshot);
    }
    tls_wipe(e, sizeof *e);
    free(e);
    h->engine = NULL;
}

static size_t
memory(const tls_handshake *h)
{
    const tls12_engine *e = tls12_of(h);

    return sizeof *e + e->written.capacity + e->signature.capacity + e->messages.capacity +
           e->content.capacity + e->replacement.capacity + e->ticket.capacity +
           (e->snapshot != NULL ? sizeof *e->snapshot : 0);
}

/* ---- Why BearSSL stopped ---- */

enum tls_reason
tls12_reason(tls12_engine *e)
{
    static const struct {
        int error;
        enum tls_reason reason;
    } table[] = {
        {BR_ERR_BAD_PARAM, TLS_REASON_DECODE},
        {BR_ERR_UNSUPPORTED_VERSION, TLS_REASON_NO_COMMON_VERSION},
        {BR_ERR_BAD_VERSION, TLS_REASON_PROTOCOL_VERSION},
        {BR_ERR_BAD_LENGTH, TLS_REASON_DECODE},
        {BR_ERR_TOO_LARGE, TLS_REASON_RECORD_OVERFLOW},
        {BR_ERR_NO_RANDOM, TLS_REASON_NO_RANDOM},
        {BR_ERR_UNKNOWN_TYPE, TLS_REASON_UNEXPECTED_MESSAGE},
        {BR_ERR_UNEXPECTED, TLS_REASON_UNEXPECTED_MESSAGE},
        {BR_ERR_BAD_CCS, TLS_REASON_UNEXPECTED_MESSAGE},
        {BR_ERR_BAD_HANDSHAKE, TLS_REASON_DECODE},
        {BR_ERR_OVERSIZED_ID, TLS_REASON_DECODE},
        {BR_ERR_BAD_CIPHER_SUITE, TLS_REASON_ILLEGAL_PARAMETER},
        {BR_ERR_BAD_COMPRESSION, TLS_REASON_ILLEGAL_PARAMETER},
        {BR_ERR_BAD_FRAGLEN, TLS_REASON_ILLEGAL_PARAMETER},
        {BR_ERR_BAD_SECRENEG, TLS_REASON_RENEGOTIATION_MISMATCH}, /* RFC 5746 section 3.4 */
        {BR_ERR_EXTRA_EXTENSION, TLS_REASON_UNSUPPORTED_EXTENSION},
        {BR_ERR_BAD_SNI, TLS_REASON_DECODE},
        {BR_ERR_BAD_HELLO_DONE, TLS_REASON_DECODE},
        {BR_ERR_LIMIT_EXCEEDED, TLS_REASON_LIMIT},
        {BR_ERR_BAD_FINISHED, TLS_REASON_BAD_FINISHED},
        {BR_ERR_RESUME_MISMATCH, TLS_REASON_RESUME_MISMATCH},
        {BR_ERR_INVALID_ALGORITHM, TLS_REASON_ILLEGAL_PARAMETER},
        {BR_ERR_BAD_SIGNATURE, TLS_REASON_BAD_SIGNATURE},
        {BR_ERR_WRONG_KEY_USAGE, TLS_REASON_WRONG_PURPOSE},
        {BR_ERR_NO_CLIENT_AUTH, TLS_REASON_CERTIFICATE_REQUIRED},
        {BR_ERR_X509_WEAK_PUBLIC_KEY, TLS_REASON_WEAK_KEY},
    };
    int error = br_ssl_engine_last_error(tls12_core(e));
    size_t i;

    if (e->choice_failed != TLS_OK)
        return e->choice_failed;
    if (e->sign_failed)
        return TLS_REASON_SIGN_FAILED;
    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].error == error)
            return table[i].reason;
    return TLS_REASON_INTERNAL;
}

/* BearSSL's server names some alerts itself instead of failing. */
static enum tls_reason
reason_of_alert(int description)
{
    switch (description) {
    case TLS_ALERT_PROTOCOL_VERSION:
        return TLS_REASON_NO_COMMON_VERSION;
    case TLS_ALERT_INAPPROPRIATE_FALLBACK:
        return TLS_REASON_INAPPROPRIATE_FALLBACK;
    case TLS_ALERT_NO_APPLICATION_PROTOCOL:
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    case TLS_ALERT_HANDSHAKE_FAILURE:
        return TLS_REASON_HANDSHAKE_FAILURE;
    default:
        return TLS_REASON_INTERNAL;
    }
}

/* ---- Entering BearSSL, and replay ---- */

/* may_suspend: only a signature is asked from inside BearSSL, and only before keys are in use. */
static int
may_suspend(const tls12_engine *e)
{
    const tls_handshake *h = e->handshake;
    size_t i;

    if (e->sealing)
        return 0;
    if (tls_host_decides(h->host, TLS_DECISION_SIGN))
        return 1;
    if (e->handshake->terms.credential.key != NULL)
        return tls_private_key_is_external(e->handshake->terms.credential.key);
    for (i = 0; i < h->host->context->credential_count; i++)
        if (tls_private_key_is_external(h->host->context->credentials[i].key))
            return 1;
    return 0;
}

/* enter acknowledges bytes, which runs BearSSL's handshake code. When its do_sign had no answer,
 * the engine is put back to where it was and e->suspended is set; entering again replays the same
 * work: the DRBG is part of what was put back, so the same question is asked. Bytes that the lost
 * run wrote to the output lie behind the position that was put back, and are written again. */
static enum tls_reason
enter(tls12_engine *e, enum tls12_entry entry, size_t length)
{
    br_ssl_engine_context *engine = tls12_core(e);
    int snapshot = may_suspend(e);

    if (e->written.length == 0 && !e->in_message) {
        engine->mhash = e->transcript;
        if (e->lent_hash != 0)
            br_multihash_setimpl(&engine->mhash, e->lent_hash, tls_hash_class(e->lent_hash));
    }
    if (snapshot) {
        if (e->snapshot == NULL)
            e->snapshot = malloc(sizeof *e->snapshot);
        if (e->snapshot == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        memcpy(e->snapshot, &e->bearssl, sizeof e->bearssl);
    }
    e->suspended = 0;
    if (entry == TLS12_ENTRY_RECEIVED)
        br_ssl_engine_recvrec_ack(engine, length);
    else
        br_ssl_engine_sendrec_ack(engine, length);
    if (e->suspended && snapshot) {
        memcpy(&e->bearssl, e->snapshot, sizeof e->bearssl);
        e->entry = entry;
        e->entry_length = length;
        return TLS_OK;
    }
    e->entry = TLS12_ENTRY_NONE;
    if (br_ssl_engine_current_state(engine) == BR_SSL_CLOSED)
        return tls12_reason(e);
    return TLS_OK;
}

/* give feeds BearSSL one record in the clear. A message that suspends does so with its last byte,
 * so nothing is left to give after a replay. */
static enum tls_reason
give(tls12_engine *e, enum tls_content_type type, tls_bytes content)
{
    br_ssl_engine_context *engine = tls12_core(e);
    unsigned version = engine->version_in;
    size_t given = 0;

    if (version == 0)
        version = e->handshake->facts.version ? e->handshake->facts.version : TLS_VERSION_10;
    while (given < content.length) {
        unsigned char header[TLS_RECORD_HEADER_LENGTH];
        size_t fragment = content.length - given;
        size_t position = 0;

        if (fragment > TLS_RECORD_PLAINTEXT_MAXIMUM)
            fragment = TLS_RECORD_PLAINTEXT_MAXIMUM;
        header[0] = (unsigned char)type;
        tls_put16(header + 1, version);
        tls_put16(header + 3, (uint32_t)fragment);
        while (position < sizeof header + fragment) {
            size_t room;
            unsigned char *p = br_ssl_engine_recvrec_buf(engine, &room);
            const unsigned char *from = position < sizeof header
                                            ? header + position
                                            : content.data + given + position - sizeof header;
            size_t n = position < sizeof header ? sizeof header - position
                                                : sizeof header + fragment - position;
            enum tls_reason reason;

            if (p == NULL) /* BearSSL has something to say and did not take the whole message */
                return TLS_REASON_UNEXPECTED_MESSAGE;
            if (n > room)
                n = room;
            memcpy(p, from, n);
            position += n;
            reason = enter(e, TLS12_ENTRY_RECEIVED, n);
            if (reason != TLS_OK)
                return reason;
            if (e->suspended &&
                (position < sizeof header + fragment || given + fragment < content.length))
                return TLS_REASON_INTERNAL;
            /* Its transcript now holds a part of this message: it is not to be replaced until the
             * message is done. */
            e->in_message = 1;
        }
        given += fragment;
    }
    return TLS_OK;
}

/* ---- What BearSSL writes ---- */

static enum tls_reason
stage_of(unsigned type, enum tls_stage *stage)
{
    static const struct {
        unsigned type;
        enum tls_stage stage;
    } table[] = {
        {TLS_HANDSHAKE_HELLO_REQUEST, TLS_STAGE_HELLO_REQUEST},
        {TLS_HANDSHAKE_CLIENT_HELLO, TLS_STAGE_CLIENT_HELLO},
        {TLS_HANDSHAKE_SERVER_HELLO, TLS_STAGE_SERVER_HELLO},
        {TLS_HANDSHAKE_NEW_SESSION_TICKET, TLS_STAGE_NEW_SESSION_TICKET},
        {TLS_HANDSHAKE_CERTIFICATE, TLS_STAGE_CERTIFICATE},
        {TLS_HANDSHAKE_SERVER_KEY_EXCHANGE, TLS_STAGE_SERVER_KEY_EXCHANGE},
        {TLS_HANDSHAKE_CERTIFICATE_REQUEST, TLS_STAGE_CERTIFICATE_REQUEST},
        {TLS_HANDSHAKE_SERVER_HELLO_DONE, TLS_STAGE_SERVER_HELLO_DONE},
        {TLS_HANDSHAKE_CERTIFICATE_VERIFY, TLS_STAGE_CERTIFICATE_VERIFY},
        {TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE, TLS_STAGE_CLIENT_KEY_EXCHANGE},
        {TLS_HANDSHAKE_FINISHED, TLS_STAGE_FINISHED},
        {TLS_HANDSHAKE_CERTIFICATE_STATUS, TLS_STAGE_CERTIFICATE_STATUS},
    };
    size_t i;

    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].type == type) {
            *stage = table[i].stage;
            return TLS_OK;
        }
    return TLS_REASON_UNEXPECTED_MESSAGE;
}

enum tls_reason
tls12_send_own(tls12_engine *e, enum tls_stage stage, const tls_message *message)
{
    tls_handshake *h = e->handshake;
    tls_buffer raw = {0};
    enum tls_reason reason = tls_message_build(&raw, message);

    if (reason == TLS_OK) {
        tls12_transcript_add(e, tls_buffer_view(&raw));
        reason = tls_host_happened(h->host, stage, TLS_SENT, tls_buffer_view(&raw));
    }
    if (reason == TLS_OK)
        reason = tls_host_send_message(h->host, tls_buffer_view(&raw));
    tls_buffer_release(&raw);
    return reason;
}

/* sent handles one whole message that BearSSL wrote: rewrite, hash, report, send. */
static enum tls_reason
sent(tls12_engine *e, tls_bytes raw)
{
    tls_handshake *h = e->handshake;
    tls_buffer rewritten = {0};
    tls_message message;
    enum tls_stage stage = TLS_STAGE_CLIENT_HELLO;
    enum tls_reason reason = tls_message_parse(&message, raw, h->facts.version, h->facts.suite);

    if (reason == TLS_OK)
        reason = stage_of(message.type, &stage);
    if (reason == TLS_OK && message.type == TLS_HANDSHAKE_FINISHED)
        tls_facts_note_finished(&h->facts, message.u.verify_data, h->host->role == TLS_ROLE_CLIENT);
    if (reason == TLS_OK)
        reason = h->host->role == TLS_ROLE_CLIENT ? tls12_client_sent(e, &message, &rewritten)
                                                  : tls12_server_sent(e, &message, &rewritten);
    if (reason == TLS_OK && message.type == TLS_HANDSHAKE_CLIENT_HELLO && e->adopted) {
        /* It was sent, and reported, before this engine took over. */
        tls12_transcript_add(e, tls_buffer_view(&rewritten));
        tls_buffer_release(&rewritten);
        return TLS_OK;
    }
    if (reason == TLS_OK) {
        if (rewritten.length > 0)
            raw = tls_buffer_view(&rewritten);
        if (message.type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE && e->extended)
            tls12_note_session_hash(e, raw);
        tls12_transcript_add(e, raw);
        reason = tls_host_happened(h->host, stage, TLS_SENT, raw);
    }
    if (reason == TLS_OK)
        reason = tls_host_send_message(h->host, raw);
    tls_buffer_release(&rewritten);
    if (reason == TLS_OK && message.type == TLS_HANDSHAKE_CERTIFICATE && e->status_agreed &&
        h->host->role == TLS_ROLE_SERVER)
        reason = tls12_server_send_status(e);
    return reason;
}

static enum tls_reason
collect(tls12_engine *e, const unsigned char *content, size_t length)
{
    tls_bytes raw;
    unsigned type;
    enum tls_reason reason;

    tls_buffer_append(&e->written, content, length);
    if (e->written.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    while (e->written.length > 0) {
        if (!tls_message_header(tls_buffer_view(&e->written), &type, &raw.length))
            return TLS_OK;
        raw.data = e->written.data;
        /* RSA's secret is encrypted in it; and the randoms are sent. */
        TLS_DECLASSIFY(raw.data, raw.length);
        TLS_DECLASSIFY(tls12_core(e)->client_random, sizeof tls12_core(e)->client_random);
        TLS_DECLASSIFY(tls12_core(e)->server_random, sizeof tls12_core(e)->server_random);
        reason = sent(e, raw);
        if (reason != TLS_OK)
            return reason;
        tls_buffer_consume(&e->written, raw.length);
    }
    return TLS_OK;
}

static enum tls_reason
keylog(tls12_engine *e)
{
    br_ssl_session_parameters *session = &tls12_core(e)->session;

    return tls_host_keylog(
        e->handshake->host, "CLIENT_RANDOM", session->master_secret, sizeof session->master_secret);
}

/* BearSSL wrote ChangeCipherSpec and has set up its keys: they move to the record layer, and it
 * goes on writing in the clear. */
static enum tls_reason
take_sealing_keys(tls12_engine *e)
{
    br_ssl_engine_context *engine = tls12_core(e);
    tls_record_sealer *sealer = &e->handshake->host->sealer;
    enum tls_reason reason = TLS_OK;

    /* RFC 5077 section 3.3: NewSessionTicket stands right before the server's ChangeCipherSpec. */
    if (e->handshake->host->role == TLS_ROLE_SERVER && e->ticket_agreed)
        reason = tls12_server_send_ticket(e);
    if (reason == TLS_OK)
        reason = tls_host_send_change_cipher_spec(e->handshake->host);
    if (reason != TLS_OK)
        return reason;
    if (!e->opening)
        reason = keylog(e);
    e->sealing = 1;
    if (reason == TLS_OK)
        reason = tls_record_sealer_take(sealer, engine);
    tls_wipe(&engine->out, sizeof engine->out);
    engine->out.vtable = &br_sslrec_out_clear_vtable;
    return reason;
}

static enum tls_reason
change_cipher_spec(tls_handshake *h)
{
    static const unsigned char content[] = {1};
    tls12_engine *e = tls12_of(h);
    br_ssl_engine_context *engine;
    enum tls_reason reason;

    if (e == NULL || !e->running || e->phase != TLS12_READ || e->opening)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    /* RFC 5077 section 3.2: a server that agreed to send a ticket must. */
    if (h->host->role == TLS_ROLE_CLIENT && e->ticket_agreed && !e->ticket_seen)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    engine = tls12_core(e);
    reason = give(e, TLS_CONTENT_CHANGE_CIPHER_SPEC, tls_bytes_make(content, sizeof content));
    e->in_message = 0;
    if (reason != TLS_OK)
        return reason;
    if (!engine->incrypt)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    if (!e->sealing)
        reason = keylog(e);
    e->opening = 1;
    if (reason == TLS_OK)
        reason = tls_record_opener_take(&h->host->opener, engine);
    tls_wipe(&engine->in, sizeof engine->in);
    engine->incrypt = 0;
    return reason;
}

/* pump takes everything BearSSL has written. */
static enum tls_reason
pump(tls12_engine *e)
{
    br_ssl_engine_context *engine = tls12_core(e);

    for (;;) {
        size_t length;
        unsigned char *record = br_ssl_engine_sendrec_buf(engine, &length);
        enum tls_reason reason = e->choice_failed;

        if (reason != TLS_OK || record == NULL)
            return reason;
        switch (record[0]) {
        case TLS_CONTENT_HANDSHAKE:
            reason =
                collect(e, record + TLS_RECORD_HEADER_LENGTH, length - TLS_RECORD_HEADER_LENGTH);
            break;
        case TLS_CONTENT_CHANGE_CIPHER_SPEC:
            reason = take_sealing_keys(e);
            break;
        default:
            reason = reason_of_alert(record[TLS_RECORD_HEADER_LENGTH + 1]);
            if (reason == TLS_REASON_HANDSHAKE_FAILURE &&
                e->handshake->host->role == TLS_ROLE_SERVER)
                reason = tls12_nothing_in_common(e);
            break;
        }
        if (reason == TLS_OK)
            reason = enter(e, TLS12_ENTRY_SENT, length);
        if (reason != TLS_OK || e->suspended)
            return reason;
    }
}

/* ---- The engine's phases ---- */

static unsigned
rank_of(const tls12_engine *e, unsigned type)
{
    return e->handshake->host->role == TLS_ROLE_CLIENT ? tls12_client_rank(type)
                                                       : tls12_server_rank(type);
}

/* awaited: BearSSL knows the exact order; here it is enough that nothing comes twice or back in
 * time, so that nothing is reported or asked twice. Finished comes after ChangeCipherSpec, and
 * nothing else does. RFC 5246 section 7.4.1.1: a client that is negotiating ignores HelloRequest.
 */
static uint32_t
awaited(const tls12_engine *e)
{
    uint32_t set = 0;
    unsigned type;

    if (e->handshake->host->role == TLS_ROLE_CLIENT)
        set |= TLS_MESSAGE_BIT(TLS_HANDSHAKE_HELLO_REQUEST);
    for (type = 0; type < 32; type++)
        if (rank_of(e, type) > e->rank && (type == TLS_HANDSHAKE_FINISHED) == e->opening)
            set |= TLS_MESSAGE_BIT(type);
    return set;
}

/* read_message takes the next message and reports it. */
static enum tls_reason
read_message(tls12_engine *e, enum tls_progress *progress)
{
    tls_handshake *h = e->handshake;
    tls_message message;
    enum tls_stage stage;
    enum tls_reason reason = tls_host_next_message(h->host, awaited(e), &e->message);

    if (reason != TLS_OK || e->message.length == 0) {
        *progress = TLS_PROGRESS_BLOCKED;
        return reason;
    }
    reason = tls_message_parse(&message, e->message, h->facts.version, h->facts.suite);
    if (reason != TLS_OK)
        return reason;
    /* It is not part of the transcript (RFC 5246 section 7.4.1.1). */
    if (message.type == TLS_HANDSHAKE_HELLO_REQUEST) {
        reason = tls_host_happened(h->host, TLS_STAGE_HELLO_REQUEST, TLS_RECEIVED, e->message);
        tls_host_message_done(h->host, e->message.length);
        return reason == TLS_OK ? tls_host_count_idle(h->host) : reason;
    }
    e->rank = rank_of(e, message.type);
    reason = stage_of(message.type, &stage);
    if (reason == TLS_OK)
        reason = h->host->role == TLS_ROLE_CLIENT ? tls12_client_received(e, &message)
                                                  : tls12_server_received(e, &message);
    if (reason == TLS_OK)
        reason = tls_host_happened(h->host, stage, TLS_RECEIVED, e->message);
    e->asked = 0;
    e->phase = TLS12_DECIDE;
    return reason;
}

static enum tls_reason
decide(tls12_engine *e)
{
    int ready = 0;
    enum tls_reason reason = e->handshake->host->role == TLS_ROLE_CLIENT
                                 ? tls12_client_decide(e, &ready)
                                 : tls12_server_decide(e, &ready);

    if (reason == TLS_OK && ready)
        e->phase = TLS12_FEED;
    return reason;
}

static enum tls_reason
feed(tls12_engine *e)
{
    enum tls_reason reason;
    tls_bytes content = e->message;

    if (content.data[0] == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE && e->extended)
        tls12_note_session_hash(e, content);
    if (e->replacement.length > 0)
        content = tls_buffer_view(&e->replacement);
    /* These are ours alone. */
    reason = content.data[0] == TLS_HANDSHAKE_NEW_SESSION_TICKET ||
                     content.data[0] == TLS_HANDSHAKE_CERTIFICATE_STATUS
                 ? TLS_OK
                 : give(e, TLS_CONTENT_HANDSHAKE, content);
    e->in_message = 0;
    e->phase = TLS12_PUMP;
    return reason == TLS_OK && e->bad_point ? TLS_REASON_ILLEGAL_PARAMETER : reason;
}

/* after_feed hashes the message, once BearSSL has really had it. It takes no Finished that is not
 * right; a server's NewSessionTicket and what the handshake leaves come after it. */
static void
after_feed(tls12_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_bytes body;

    if (e->message.length == 0)
        return;
    if (e->message.data[0] == TLS_HANDSHAKE_FINISHED) {
        body = tls_bytes_make(e->message.data + TLS_HANDSHAKE_HEADER_LENGTH,
            e->message.length - TLS_HANDSHAKE_HEADER_LENGTH);
        tls_facts_note_finished(&h->facts, body, h->host->role == TLS_ROLE_SERVER);
        tls_handshake_prove(h);
    }
    tls12_transcript_add(e, e->message);
    e->lent_hash = 0;
    tls_host_message_done(e->handshake->host, e->message.length);
    tls_buffer_clear(&e->replacement);
    e->message = tls_bytes_make(NULL, 0);
    e->told_rank = e->rank;
}

static enum tls_reason
pump_or_replay(tls12_engine *e, enum tls_progress *progress)
{
    enum tls_reason reason;

    if (e->entry != TLS12_ENTRY_NONE) {
        int ready = 0;

        reason = tls12_decide_sign(e, &ready);
        if (reason != TLS_OK || !ready)
            return reason;
        /* The replay must see the transcript of the first run: a partly fed message had its own. */
        e->in_message = 1;
        reason = enter(e, e->entry, e->entry_length);
        e->in_message = 0;
        if (reason != TLS_OK || e->entry != TLS12_ENTRY_NONE)
            return reason;
    }
    after_feed(e);
    reason = pump(e);
    if (reason != TLS_OK || e->suspended)
        return reason;
    reason = tls_host_flush(e->handshake->host);
    if (reason != TLS_OK)
        return reason;
    e->phase = TLS12_READ;
    if (tls12_core(e)->application_data == 1)
        *progress = TLS_PROGRESS_DONE;
    return TLS_OK;
}

static enum tls_reason
advance(tls_handshake *h, enum tls_progress *progress)
{
    tls12_engine *e = tls12_of(h);
    enum tls_reason reason;

    *progress = TLS_PROGRESS_MORE;
    switch (e->phase) {
    case TLS12_READ:
        return read_message(e, progress);
    case TLS12_DECIDE:
        return decide(e);
    case TLS12_FEED:
        return feed(e);
    default:
        reason = pump_or_replay(e, progress);
        if (reason == TLS_OK && *progress == TLS_PROGRESS_DONE)
            reason = tls12_finish(e);
        return reason;
    }
}

/* After the handshake a peer may ask for another one. */
static uint32_t
awaits_after(const tls_host *host)
{
    return TLS_MESSAGE_BIT(
        host->role == TLS_ROLE_CLIENT ? TLS_HANDSHAKE_HELLO_REQUEST : TLS_HANDSHAKE_CLIENT_HELLO);
}

static enum tls_reason
message_after(tls_host *host, tls_bytes raw, int *renegotiate)
{
    int is_client = host->role == TLS_ROLE_CLIENT;

    if (is_client && raw.length != TLS_HANDSHAKE_HEADER_LENGTH)
        return TLS_REASON_DECODE;
    *renegotiate = 1;
    return TLS_OK;
}

/* decided: what hangs on the message at hand; NULL where nothing does. */
static const char *
decided(const tls12_engine *e)
{
    unsigned type = e->message.data[0];

    if (type == TLS_HANDSHAKE_CERTIFICATE || e->verify_due)
        return "decide_verify";
    if (type == TLS_HANDSHAKE_CERTIFICATE_REQUEST)
        return "decide_certificate";
    if (type == TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE)
        return "decrypt";
    return type == TLS_HANDSHAKE_CLIENT_HELLO ? "choose" : NULL;
}

/* state: what is awaited, by what came last (tls12_client_rank, tls12_server_rank). */
static const char *
state(const tls_handshake *h)
{
    static const char *const client[] = {"wait_server_hello", "wait_certificate",
        "wait_server_key_exchange", "wait_server_key_exchange", "wait_server_hello_done",
        "wait_server_hello_done", "wait_change_cipher_spec", "wait_change_cipher_spec", "finish"};
    static const char *const server[] = {"wait_client_hello", "wait_client_key_exchange",
        "wait_client_key_exchange", "wait_certificate_verify", "wait_change_cipher_spec", "finish"};
    const tls12_engine *e = tls12_of(h);

    if (e->phase == TLS12_DECIDE && decided(e) != NULL)
        return decided(e);
    if (e->entry != TLS12_ENTRY_NONE)
        return "sign";
    if (e->opening && e->phase == TLS12_READ)
        return "wait_finished";
    return h->host->role == TLS_ROLE_CLIENT ? client[e->told_rank] : server[e->told_rank];
}

const tls_engine_class tls12_class = {advance, change_cipher_spec, release, memory, state,
    awaits_after, message_after, tls12_export, tls12_unique, NULL, NULL, NULL, NULL, NULL, NULL};
