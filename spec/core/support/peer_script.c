/* peer_script.c - saying what a script asks for, and understanding what the victim says. */
#include <string.h>

#include "support/check.h"
#include "support/peer_script.h"

/* ---- Saying them ---- */

void
peer_note(peer *p, char letter, tls_bytes message)
{
    if (letter == 'T' || letter == 'U')
        return;
    if (letter == 'H') {
        peer_use_suite(p, p->suite_id);
        tls_transcript_restart(&p->transcript);
        p->retried = 1;
    }
    /* RFC 8446 section 4.4: a late CertificateRequest follows the handshake up to the client's
     * Finished. */
    if (letter == 'R' && p->finished)
        p->transcript = p->handshake;
    tls_transcript_update(&p->transcript, message);
    if (letter == 'K' || letter == 'k') {
        tls_buffer_clear(&p->hello);
        tls_buffer_append(&p->hello, message.data, message.length);
    }
}

static void
end_handshake(peer *p)
{
    peer_derive(p, p->resumption, TLS_SECRET_RESUMPTION);
    p->handshake = p->transcript;
    p->finished = 1;
}

void
peer_change_keys(peer *p, char letter)
{
    int server = p->role == TLS_ROLE_SERVER;

    switch (letter) {
    case 'K':
        if (!p->early_data)
            break;
        p->suite = tls_suite_find(p->session->suite);
        peer_derive_early(p);
        p->sealer_next = p->early;
        break;
    case 'S':
        if (p->schedule.stage != TLS_KEY_SCHEDULE_NONE)
            break; /* a second one changes nothing */
        peer_use_suite(p, p->suite_id);
        peer_derive_handshake(p, tls_bytes_make(p->shared, p->shared_length));
        p->sealer_next = p->server_handshake;
        if (!p->early_offered)
            peer_open_with(p, p->client_handshake);
        break;
    case 'E':
        if (p->early_offered && !p->early_data && p->schedule.stage != TLS_KEY_SCHEDULE_NONE)
            peer_open_with(p, p->client_handshake);
        break;
    case 'D':
        p->sealer_next = p->client_handshake;
        break;
    case 'F':
        if (p->finished)
            break;
        if (server) {
            peer_derive_application(p);
            p->sealer_next = p->server_application;
        } else {
            end_handshake(p);
            p->sealer_next = p->client_application;
        }
        break;
    case 'U':
        tls_traffic_update(p->hash, server ? p->server_application : p->client_application);
        p->sealer_next = server ? p->server_application : p->client_application;
        break;
    default:
        break;
    }
}

enum tls_event
peer_flush(peer *p)
{
    size_t most = p->fragment > 0 ? p->fragment : TLS_RECORD_PLAINTEXT_MAXIMUM, position = 0;
    enum tls_event event = TLS_EVENT_WANT_READ;

    while (position < p->held.length) {
        size_t n = p->held.length - position < most ? p->held.length - position : most;

        event = peer_send_record(p, TLS_CONTENT_HANDSHAKE, p->held.data + position, n);
        position += n;
    }
    tls_buffer_clear(&p->held);
    if (p->sealer_next != NULL)
        peer_seal_with(p, p->sealer_next);
    p->sealer_next = NULL;
    peer_take_output(p);
    return event;
}

enum tls_event
peer_say(peer *p, char letter, int hold)
{
    tls_buffer message = {0};

    if (letter == 'c')
        return peer_send_in_the_clear(p, TLS_CONTENT_CHANGE_CIPHER_SPEC, "\1", 1);
    if (letter == 'd')
        return peer_send_record(p, TLS_CONTENT_APPLICATION_DATA, "data", 4);
    peer_build(p, letter, &message);
    peer_note(p, letter, tls_buffer_view(&message));
    tls_buffer_append(&p->held, message.data, message.length);
    tls_buffer_release(&message);
    peer_change_keys(p, letter);
    return hold ? TLS_EVENT_WANT_READ : peer_flush(p);
}

void
peer_play(peer *p, const char *script)
{
    peer_settle(p);
    peer_take_output(p);
    for (; *script != '\0' && tls_connection_failure(p->victim) == TLS_OK; script++) {
        int hold = script[1] == '+';

        peer_say(p, *script, hold);
        peer_take_output(p);
        script += hold;
    }
}

/* ---- Hearing ---- */

static char
letter_of(const peer *p, tls_bytes message)
{
    static const unsigned char random_offset = 6;

    switch (message.data[0]) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        return p->retried ? 'k' : 'K';
    case TLS_HANDSHAKE_SERVER_HELLO:
        return memcmp(message.data + random_offset, tls_hello_retry_request_random, 32) == 0 ? 'H'
                                                                                             : 'S';
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        return 'E';
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        return 'R';
    case TLS_HANDSHAKE_CERTIFICATE:
        return 'C';
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        return 'Z';
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        return 'V';
    case TLS_HANDSHAKE_FINISHED:
        return 'F';
    case TLS_HANDSHAKE_END_OF_EARLY_DATA:
        return 'D';
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        return 'T';
    case TLS_HANDSHAKE_KEY_UPDATE:
        return 'U';
    default:
        return '?';
    }
}

static void
hear_server_hello(peer *p, const tls_server_hello *hello, tls_bytes message)
{
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM];
    size_t length = 0;

    if (p->suite == NULL || p->early_data || !p->retried)
        peer_use_suite(p, hello->cipher_suite);
    if (hello->is_hello_retry_request) {
        tls_transcript_restart(&p->transcript);
        p->retried = 1;
        p->group = hello->group;
        tls_buffer_clear(&p->cookie);
        tls_buffer_append(&p->cookie, hello->cookie.data, hello->cookie.length);
        tls_transcript_update(&p->transcript, message);
        tls_record_sealer_wipe(&p->sealer);
        return;
    }
    tls_transcript_update(&p->transcript, message);
    p->take_psk = hello->psk_selected;
    if (hello->group != 0)
        require(tls_key_exchange_shared(&p->share, shared, &length, hello->key_share) == TLS_OK,
            "the victim's share is good");
    peer_derive_handshake(p, tls_bytes_make(shared, length));
    peer_open_with(p, p->server_handshake);
    if (!p->early_data)
        peer_seal_with(p, p->client_handshake);
}

static void
hear_from_server(peer *p, char letter, const tls_message *m)
{
    if (letter == 'S' || letter == 'H') {
        hear_server_hello(p, &m->u.server_hello, m->raw);
        return;
    }
    peer_note(p, letter, m->raw);
    switch (letter) {
    case 'E':
        if (p->early_data && !m->u.encrypted_extensions.early_data)
            peer_seal_with(p, p->client_handshake);
        break;
    case 'R':
        p->requested = 1;
        tls_buffer_clear(&p->context);
        tls_buffer_append(&p->context, m->u.certificate_request.certificate_request_context.data,
            m->u.certificate_request.certificate_request_context.length);
        break;
    case 'F':
        peer_derive_application(p);
        peer_open_with(p, p->server_application);
        break;
    case 'T':
        tls_buffer_clear(&p->ticket);
        tls_buffer_append(&p->ticket, m->raw.data, m->raw.length);
        break;
    case 'U':
        tls_traffic_update(p->hash, p->server_application);
        peer_open_with(p, p->server_application);
        break;
    default:
        break;
    }
}

static void
hear_from_client(peer *p, char letter, const tls_message *m)
{
    peer_note(p, letter, m->raw);
    switch (letter) {
    case 'K':
        p->early_offered = m->u.client_hello.early_data_offered;
        if (!p->early_offered || p->session == NULL)
            break;
        p->suite = tls_suite_find(p->session->suite);
        peer_derive_early(p);
        peer_open_with(p, p->early);
        break;
    case 'k':
        p->early_offered = m->u.client_hello.early_data_offered;
        tls_record_opener_wipe(&p->opener);
        break;
    case 'D':
        peer_open_with(p, p->client_handshake);
        break;
    case 'F':
        if (p->finished)
            break;
        end_handshake(p);
        peer_open_with(p, p->client_application);
        break;
    case 'U':
        tls_traffic_update(p->hash, p->client_application);
        peer_open_with(p, p->client_application);
        break;
    default:
        break;
    }
}

void
peer_hear(peer *p, tls_bytes raw)
{
    tls_message message;
    char letter = letter_of(p, raw);

    require(tls_message_parse(&message, raw, TLS_VERSION_13, p->suite != NULL ? p->suite->id : 0) ==
                TLS_OK,
        "what the victim says can be read");
    peer_heard(p, letter);
    if (p->role == TLS_ROLE_CLIENT)
        hear_from_server(p, letter, &message);
    else
        hear_from_client(p, letter, &message);
}
