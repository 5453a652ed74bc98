/* client_ech.c - a client's Encrypted ClientHello (RFC 9849 section 6): two hellos in one, and
 * which of them the server uses; or GREASE, which looks like it. */
#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "base/random.h"
#include "tls13/internal.h"

/* Section 6.2.1: as long as a real one might be, in steps of its padding. */
#define GREASE_PAYLOAD_MINIMUM 128
#define GREASE_PAYLOAD_STEPS 4

/* ---- The first hello ---- */

static tls_ech_client_hello
outer_of(const tls_ech *ech, int is_first)
{
    tls_ech_client_hello outer = {TLS_ECH_OUTER, ech->kdf, ech->aead, ech->config_id,
        {ech->enc, is_first ? ech->enc_length : 0}, {NULL, 0}};

    return outer;
}

/* set_up makes HPKE's context for a config, and what is sent of it. */
static enum tls_reason
set_up(tls_ech *ech, const tls_ech_config *config, tls_hpke_suite suite)
{
    tls_key_exchange_key ephemeral;
    tls_buffer info = {0};
    tls_bytes share;
    enum tls_reason reason =
        tls_key_exchange_generate(&ephemeral, tls_hpke_group(suite.kem), NULL, 0);

    tls_ech_info(&info, config->raw);
    if (reason == TLS_OK && info.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    if (reason == TLS_OK)
        reason = tls_hpke_sender(
            &ech->hpke, suite, &ephemeral, config->public_key, tls_buffer_view(&info));
    /* The key that the list has is no point: what came by DNS is no one's fault but its own. */
    if (reason == TLS_REASON_ILLEGAL_PARAMETER)
        reason = TLS_REASON_BAD_ECH_CONFIG;
    if (reason == TLS_OK) {
        share = tls_key_exchange_share(&ephemeral);
        memcpy(ech->enc, share.data, share.length);
        ech->enc_length = share.length;
    }
    tls_key_exchange_wipe(&ephemeral);
    tls_buffer_release(&info);
    return reason;
}

/* offer: by the first usable config of a list, which was checked when it was given. */
static enum tls_reason
offer(tls13_engine *e, tls_bytes list)
{
    tls_handshake *h = e->handshake;
    tls_ech_config config;
    tls_hpke_suite suite;
    enum tls_reason reason = tls_ech_choose(list, &config, &suite, NULL);

    if (reason == TLS_OK)
        reason = set_up(h->ech, &config, suite);
    if (reason != TLS_OK)
        return reason;
    h->ech->kdf = suite.kdf;
    h->ech->aead = suite.aead;
    h->ech->config_id = config.config_id;
    h->ech->maximum_name_length = config.maximum_name_length;
    h->ech->public_name = tls_bytes_to_string(config.public_name);
    e->outer_transcript = malloc(sizeof *e->outer_transcript);
    if (h->ech->public_name == NULL || e->outer_transcript == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    tls_transcript_init(e->outer_transcript);
    h->facts.ech = TLS_ECH_OFFERED;
    /* Section 6.1: no session of an older version. */
    if (h->facts.session != NULL && h->facts.session->version <= TLS_VERSION_12) {
        tls_session_release(h->facts.session);
        h->facts.session = NULL;
    }
    return tls_random_public(h->ech->random, sizeof h->ech->random);
}

/* pretend: section 6.2.1: what a server passes over, and others cannot tell from the real one. */
static enum tls_reason
pretend(tls_handshake *h)
{
    static const unsigned aeads[] = {TLS_HPKE_AES_128_GCM, TLS_HPKE_CHACHA20_POLY1305};
    tls_ech *ech = h->ech;
    tls_key_exchange_key ephemeral;
    tls_ech_client_hello outer;
    unsigned char random[3];
    size_t length;
    enum tls_reason reason = tls_random_public(random, sizeof random);

    if (reason == TLS_OK)
        reason = tls_key_exchange_generate(&ephemeral, TLS_GROUP_X25519, NULL, 0);
    if (reason != TLS_OK)
        return reason;
    ech->kdf = TLS_HPKE_HKDF_SHA256;
    ech->aead = aeads[random[0] % 2];
    ech->config_id = random[1];
    outer = outer_of(ech, 1);
    outer.enc = tls_key_exchange_share(&ephemeral);
    length = GREASE_PAYLOAD_MINIMUM + (size_t)32 * (random[2] % GREASE_PAYLOAD_STEPS) +
             TLS_HPKE_TAG_LENGTH;
    tls_ech_write_outer(&ech->extension, &outer, length);
    tls_key_exchange_wipe(&ephemeral);
    if (ech->extension.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    h->facts.ech = TLS_ECH_GREASE;
    return tls_random_public(ech->extension.data + ech->extension.length - length, length);
}

enum tls_reason
tls13_ech_begin(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    const tls_host *host = h->host;
    tls_bytes list =
        tls_buffer_view(host->ech.length > 0 || host->no_ech ? &host->ech : &host->context->ech);
    enum tls_reason reason;

    if (list.length == 0 && (host->context->no_grease || !tls_group_supported(TLS_GROUP_X25519)))
        return TLS_OK;
    reason = tls_ech_new(h);
    if (reason != TLS_OK)
        return reason;
    return list.length > 0 ? offer(e, list) : pretend(h);
}

/* ---- Both hellos ---- */

static enum tls_reason
build_as(tls13_engine *e, enum tls_ech_form form, tls_buffer *hello)
{
    enum tls_reason reason;

    e->handshake->ech->form = form;
    reason = tls13_build_client_hello(e, hello);
    e->handshake->ech->form = TLS_ECH_FORM_ONLY;
    return reason;
}

/* pad: section 6.1.3. */
static void
pad(tls_buffer *encoded, const tls_client_hello *inner, size_t maximum_name_length)
{
    size_t padding = tls_ech_padding(encoded->length, inner, maximum_name_length);
    unsigned char *zeros = tls_buffer_reserve(encoded, padding + TLS_HPKE_TAG_LENGTH);

    if (zeros == NULL)
        return;
    memset(zeros, 0, padding + TLS_HPKE_TAG_LENGTH);
    encoded->length += padding;
}

/* enclose puts the encoded inner hello into the outer one, encrypted (section 6.1.1). */
static enum tls_reason
enclose(tls_ech *ech, tls_buffer *outer, tls_buffer *encoded)
{
    const tls_ech_client_hello header = outer_of(ech, ech->hpke.sequence == 0);
    size_t length = encoded->length + TLS_HPKE_TAG_LENGTH, position;
    tls_buffer extension = {0};
    enum tls_reason reason;

    tls_ech_write_outer(&extension, &header, length);
    reason = tls_write_result(&extension);
    if (reason == TLS_OK)
        reason = tls_hello_insert(outer, tls_buffer_view(&extension), &position);
    if (reason == TLS_OK) {
        /* The payload is zeros still: section 5.2. */
        tls_hpke_seal(&ech->hpke,
            tls_bytes_make(outer->data + TLS_HANDSHAKE_HEADER_LENGTH,
                outer->length - TLS_HANDSHAKE_HEADER_LENGTH),
            encoded->data, encoded->length);
        TLS_DECLASSIFY(encoded->data, length);
        memcpy(outer->data + position + extension.length - length, encoded->data, length);
        if (ech->extension.length == 0)
            tls_buffer_append(&ech->extension, outer->data + position, extension.length);
        if (ech->extension.failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    tls_buffer_release(&extension);
    return reason;
}

static enum tls_reason
make_both(tls13_engine *e, tls_buffer *inner, tls_buffer *outer)
{
    tls_handshake *h = e->handshake;
    tls_buffer encoded = {0};
    enum tls_reason reason = build_as(e, TLS_ECH_FORM_OUTER, outer);

    if (reason == TLS_OK)
        reason = build_as(e, TLS_ECH_FORM_INNER, inner);
    if (reason == TLS_OK)
        reason = tls_ech_arrange(inner, tls_buffer_view(outer));
    if (reason == TLS_OK && e->psk_count > 0)
        tls13_fill_binders(e, inner);
    if (reason == TLS_OK)
        reason = tls_kept_hello_take(&h->client_hello, tls_buffer_view(inner));
    if (reason == TLS_OK)
        reason = tls_ech_encode(&encoded, tls_buffer_view(inner), tls_buffer_view(outer));
    if (reason == TLS_OK) {
        pad(&encoded, &h->client_hello.hello, h->ech->maximum_name_length);
        reason = encoded.failed ? TLS_REASON_OUT_OF_MEMORY : enclose(h->ech, outer, &encoded);
    }
    tls_buffer_release(&encoded);
    return reason;
}

static enum tls_reason
report(tls_handshake *h, const tls_buffer *hello)
{
    return tls_host_happened(h->host, TLS_STAGE_CLIENT_HELLO, TLS_SENT, tls_buffer_view(hello));
}

enum tls_reason
tls13_ech_send(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    tls_buffer inner = {0}, outer = {0};
    enum tls_reason reason = make_both(e, &inner, &outer);

    if (reason == TLS_OK && e->outer_transcript != NULL)
        reason = tls_kept_hello_take(&h->ech->outer, tls_buffer_view(&outer));
    if (reason == TLS_OK) {
        tls_transcript_update(&e->transcript, tls_buffer_view(&inner));
        if (e->outer_transcript != NULL)
            tls_transcript_update(e->outer_transcript, tls_buffer_view(&outer));
        reason = report(h, &inner);
    }
    if (reason == TLS_OK)
        reason = report(h, &outer);
    if (reason == TLS_OK)
        reason = tls_host_send_message(h->host, tls_buffer_view(&outer));
    tls_buffer_release(&inner);
    tls_buffer_release(&outer);
    return reason;
}

/* ---- The answer ---- */

static void
forget_outer(tls13_engine *e)
{
    free(e->outer_transcript);
    e->outer_transcript = NULL;
    tls_kept_hello_release(&e->handshake->ech->outer);
}

void
tls13_ech_reject(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    size_t i;

    h->facts.ech = TLS_ECH_REJECTED;
    memcpy(h->facts.client_random, h->ech->random, sizeof h->facts.client_random);
    e->transcript = *e->outer_transcript;
    tls_transcript_select(&e->transcript, e->hash);
    tls_kept_hello_move(&h->client_hello, &h->ech->outer);
    tls_hpke_wipe(&h->ech->hpke);
    /* Section 6.1.2: of the pre-shared keys the outer hello has nothing. */
    for (i = 0; i < e->psk_count; i++)
        tls13_clear_psk(&e->psks[i]);
    e->psk_count = 0;
    tls_session_release(e->resume);
    tls_session_release(h->facts.session);
    e->resume = h->facts.session = NULL;
    forget_outer(e);
}

/* is_confirmed: section 6.1.4. */
static int
is_confirmed(const tls13_engine *e, const tls_server_hello *hello)
{
    tls_bytes told =
        tls_bytes_make(hello->random.data + TLS_RANDOM_LENGTH - TLS_ECH_CONFIRMATION_LENGTH,
            TLS_ECH_CONFIRMATION_LENGTH);
    tls_transcript transcript = e->transcript;
    unsigned char expected[TLS_ECH_CONFIRMATION_LENGTH];

    if (hello->is_hello_retry_request) {
        if (!tls_extensions_find(hello->extensions, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO, &told))
            return 0;
        tls_transcript_restart(&transcript);
    }
    tls13_ech_confirmation(&transcript, expected, e->handshake->facts.client_random,
        hello->is_hello_retry_request, e->message, (size_t)(told.data - e->message.data));
    return tls_secret_equal(expected, told.data, sizeof expected);
}

enum tls_reason
tls13_ech_judge(tls13_engine *e, const tls_server_hello *hello)
{
    tls_handshake *h = e->handshake;
    int confirmed;

    if (h->facts.ech != TLS_ECH_OFFERED && h->facts.ech != TLS_ECH_ACCEPTED)
        return TLS_OK;
    confirmed = is_confirmed(e, hello);
    /* Section 6.1.5: what HelloRetryRequest said is not taken back. */
    if (h->facts.ech == TLS_ECH_ACCEPTED)
        return confirmed ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
    if (!confirmed) {
        tls13_ech_reject(e);
        return TLS_OK;
    }
    h->facts.ech = TLS_ECH_ACCEPTED;
    forget_outer(e);
    return TLS_OK;
}

enum tls_reason
tls13_ech_retry_configs(tls13_engine *e, tls_bytes extensions)
{
    tls_facts *facts = &e->handshake->facts;
    tls_bytes list;

    if (!tls_extensions_find(extensions, TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO, &list))
        return TLS_OK;
    /* Section 5: it answers an outer hello alone. */
    if (facts->ech == TLS_ECH_ACCEPTED)
        return TLS_REASON_UNSUPPORTED_EXTENSION;
    if (facts->ech != TLS_ECH_REJECTED)
        return TLS_OK;
    tls_buffer_append(&facts->ech_retry_configs, list.data, list.length);
    return facts->ech_retry_configs.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}
