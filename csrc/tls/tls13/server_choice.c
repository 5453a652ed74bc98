/* server_choice.c - what a TLS 1.3 server chooses from ClientHello: the pre-shared key, the
 * suite, the group, the certificate, the protocol, and whether early data is taken. */
#include <string.h>

#include "handshake/local_certificate.h"
#include "handshake/no_common.h"
#include "handshake/resumption.h"
#include "tls13/internal.h"
#include "session/replay.h"
#include "wire/imported_identity.h"

/* ---- The suite ---- */

/* usable_suite: both sides have it, and it goes with the hash (NULL: any). */
static const tls_suite *
usable_suite(
    const tls13_engine *e, const tls_client_hello *hello, unsigned id, const br_hash_class *hash)
{
    const tls_suite *suite = tls_suite_find(id);

    /* The client's list may be long: it comes last. */
    if (suite == NULL || !tls_suite_fits(suite, TLS_VERSION_13) ||
        !tls_terms_allow_suite(&e->handshake->terms, id) ||
        (hash != NULL && tls_hash_class((int)suite->prf_hash) != hash) ||
        !tls_u16_list_contains(hello->cipher_suites, id))
        return NULL;
    return suite;
}

const tls_suite *
tls13_choose_suite(const tls13_engine *e, const tls_client_hello *hello, const br_hash_class *hash,
    unsigned preferred)
{
    const tls_suite *suite = usable_suite(e, hello, preferred, hash);
    size_t i;

    if (suite != NULL)
        return suite;
    if (e->handshake->host->context->client_preference) {
        for (i = 0; i < tls_u16_list_count(hello->cipher_suites) && suite == NULL; i++)
            suite = usable_suite(e, hello, tls_u16_list_at(hello->cipher_suites, i), hash);
        return suite;
    }
    for (i = 0; i < e->handshake->terms.suite_count && suite == NULL; i++)
        suite = usable_suite(e, hello, e->handshake->terms.suites[i], hash);
    return suite;
}

/* ---- The pre-shared key ---- */

/* use_session: may this session be resumed here and now? */
static enum tls_reason
use_session(tls13_engine *e, const tls_client_hello *hello, const tls_session *session,
    tls_bytes identity, int *used)
{
    const tls_suite *suite = session != NULL ? tls_suite_find(session->suite) : NULL;
    const br_hash_class *hash;

    *used = 0;
    if (suite == NULL || session->version != TLS_VERSION_13)
        return TLS_OK;
    hash = tls_hash_class((int)suite->prf_hash);
    if (!tls_resumption_allowed(e->handshake, session) ||
        tls13_choose_suite(e, hello, hash, session->suite) == NULL)
        return TLS_OK;
    *used = 1;
    tls_session_release(e->resume);
    e->resume = tls_session_retain(session);
    return tls13_set_psk(&e->psks[0], hash,
        tls_bytes_make(session->master_secret, tls_hash_length(hash)), identity, 0);
}

static enum tls_reason
open_ticket(tls13_engine *e, const tls_client_hello *hello, tls_bytes identity, int *used)
{
    const tls_host *host = e->handshake->host;
    const tls_context *context = host->context;
    tls_session *session;
    enum tls_reason reason = TLS_OK;

    *used = 0;
    if (context->ticket_keys != NULL) {
        session = tls_resumption_open_ticket(host, identity);
        reason = use_session(e, hello, session, identity, used);
        tls_session_release(session);
    } else if (context->cache != NULL && identity.length <= TLS_SESSION_ID_MAXIMUM) {
        reason = use_session(e, hello,
            tls_session_cache_find(context->cache, identity, tls_context_now(context)), identity,
            used);
    }
    return reason;
}

enum { PSK_KE, PSK_DHE_KE }; /* RFC 8446 section 4.2.9 */

static int
offers_mode(const tls_client_hello *hello, int mode)
{
    tls_bytes modes = hello->psk_key_exchange_modes;

    return modes.length > 0 && memchr(modes.data, mode, modes.length) != NULL;
}

/* Section 4.2.9: the client says how it would use one; psk_ke only where it is allowed. */
int
tls13_may_use_psks(const tls13_engine *e, const tls_client_hello *hello)
{
    return offers_mode(hello, PSK_DHE_KE) ||
           (e->handshake->host->context->psk_ke && offers_mode(hello, PSK_KE));
}

static int
identity_at(const tls_client_hello *hello, size_t index, tls_bytes *identity, uint32_t *age)
{
    tls_reader reader;

    tls_reader_init(&reader, hello->psk_identities);
    while (tls_psk_identity_next(&reader, identity, age))
        if (index-- == 0)
            return 1;
    return 0;
}

/* Section 4.2.11.2: only the binder of the PSK that is used; it proves that the client has the key.
 */
enum tls_reason
tls13_check_binder(tls13_engine *e, const tls_client_hello *hello)
{
    unsigned char expected[TLS_SECRET_MAXIMUM];
    size_t length = tls_hash_length(e->psks[0].hash), i;
    tls_bytes binder = {0};
    tls_reader reader;

    tls_reader_init(&reader, hello->psk_binders);
    for (i = 0; i <= e->psk_index; i++)
        binder = tls_read_vector8(&reader, 0);
    tls13_binder(e, expected, &e->psks[0],
        tls_bytes_make(e->message.data, e->message.length - hello->psk_binders.length - 2));
    if (binder.length == length && tls_secret_equal(expected, binder.data, length))
        return TLS_OK;
    if (e->psks[0].external)
        tls_host_explain(e->handshake->host, "the binder of the client's pre-shared key did not "
                                             "verify: the key or its hash differs, or "
                                             "one side alone has it imported");
    return TLS_REASON_BAD_FINISHED;
}

static enum tls_reason
ask_about(
    tls13_engine *e, const tls_client_hello *hello, enum tls_decision decision, tls_bytes identity)
{
    tls_handshake *h = e->handshake;

    if (decision == TLS_DECISION_SESSION_LOAD) {
        h->host->events.question.u.session_load.session_id = identity;
        h->host->events.question.u.session_load.server_name = h->host->server_name;
        h->host->events.question.u.session_load.early_data =
            hello->early_data_offered && e->psk_index == 0;
    } else {
        h->host->events.question.u.psk.identity = identity;
        h->host->events.question.u.psk.server_name = h->host->server_name;
    }
    tls_host_ask(h->host, decision);
    return TLS_OK;
}

static enum tls_reason
use_external(tls13_engine *e, const tls_client_hello *hello, const tls_answer *answer,
    tls_bytes identity, int *used)
{
    const br_hash_class *hash;
    tls_imported_identity imported;

    *used = 0;
    if (answer->is_default || answer->bytes.length == 0)
        return TLS_OK;
    hash = tls_hash_class(answer->psk_hash);
    if (answer->psk_imported && tls_imported_identity_parse(&imported, identity))
        hash = tls_hash_class(imported.target_hash);
    if (tls13_choose_suite(e, hello, hash, 0) == NULL)
        return TLS_OK;
    *used = 1;
    if (answer->psk_imported)
        return tls13_import_psk(
            &e->psks[0], tls_buffer_view(&answer->bytes), answer->psk_hash, identity);
    return tls13_set_psk(&e->psks[0], hash, tls_buffer_view(&answer->bytes), identity, 1);
}

/* What was asked about the identity that is being looked at. */
enum { ASKED_NOTHING, ASKED_SESSION, ASKED_PSK };

/* look_at looks at one identity: tickets and the cache first, then the application's sessions, then
 * its PSKs. *waits is set when a question was asked. */
static enum tls_reason
look_at(tls13_engine *e, const tls_client_hello *hello, tls_bytes identity, int *used, int *waits)
{
    tls_handshake *h = e->handshake;
    tls_answer *answer = tls_host_take_answer(h->host);
    enum tls_reason reason = TLS_OK;

    *used = *waits = 0;
    if (answer != NULL) {
        if (e->psk_asked == ASKED_SESSION)
            reason = use_session(e, hello, answer->session, identity, used);
        else
            reason = use_external(e, hello, answer, identity, used);
        tls_host_answer_clear(h->host);
    } else if (e->psk_asked == ASKED_NOTHING) {
        reason = open_ticket(e, hello, identity, used);
    }
    if (reason != TLS_OK || *used)
        return reason;
    *waits = 1;
    if (e->psk_asked < ASKED_SESSION && tls_host_decides(h->host, TLS_DECISION_SESSION_LOAD)) {
        e->psk_asked = ASKED_SESSION;
        return ask_about(e, hello, TLS_DECISION_SESSION_LOAD, identity);
    }
    if (e->psk_asked < ASKED_PSK && tls_host_decides(h->host, TLS_DECISION_PSK)) {
        e->psk_asked = ASKED_PSK;
        return ask_about(e, hello, TLS_DECISION_PSK, identity);
    }
    *waits = 0;
    return TLS_OK;
}

enum tls_reason
tls13_choose_psk(tls13_engine *e, enum tls_progress *progress)
{
    const tls_client_hello *hello = &e->handshake->client_hello.hello;
    tls_bytes identity;
    int used, waits;
    enum tls_reason reason = TLS_OK;

    (void)progress;
    /* Section 4.2.9: a client that offers PSKs MUST say how they are to be used. */
    if (hello->psk_offered && hello->psk_key_exchange_modes.length == 0)
        return TLS_REASON_MISSING_EXTENSION;
    while (!e->psk_selected && hello->psk_offered && tls13_may_use_psks(e, hello) &&
           e->psk_index < TLS13_PSKS_LOOKED_AT &&
           identity_at(hello, e->psk_index, &identity, &e->ticket_age)) {
        reason = look_at(e, hello, identity, &used, &waits);
        if (reason != TLS_OK || waits)
            return reason;
        if (used) {
            e->psk_selected = 1;
            break;
        }
        e->psk_index++;
        e->psk_asked = ASKED_NOTHING;
    }
    if (e->psk_selected)
        reason = tls13_check_binder(e, hello);
    e->psk_chosen = 1;
    return reason;
}

/* ---- The group ---- */

static int
share_of(const tls_client_hello *hello, unsigned group, tls_bytes *share)
{
    tls_reader reader;
    unsigned offered;

    tls_reader_init(&reader, hello->key_shares);
    while (tls_key_share_next(&reader, &offered, share))
        if (offered == group)
            return 1;
    return 0;
}

/* shares_fit: section 4.2.8: no share is of a group that supported_groups has not. */
static int
shares_fit(const tls_client_hello *hello)
{
    tls_u16_set groups;
    tls_reader reader;
    tls_bytes share;
    unsigned group;
    size_t i;

    tls_u16_set_clear(&groups);
    for (i = 0; i < tls_u16_list_count(hello->supported_groups); i++)
        (void)tls_u16_set_add(&groups, tls_u16_list_at(hello->supported_groups, i));
    tls_reader_init(&reader, hello->key_shares);
    while (tls_key_share_next(&reader, &group, &share))
        if (tls_u16_set_add(&groups, group))
            return 0;
    return 1;
}

/* The first group in common that has a share, which saves a round trip, or the first of all. But a
 * hybrid one that comes before is worth the round trip: nobody who keeps what is said today should
 * be able to read it one day. */
enum tls_reason
tls13_choose_group(tls13_engine *e, const tls_client_hello *hello, tls_bytes *share)
{
    const tls_context *context = e->handshake->host->context;
    const tls_bytes none = {NULL, 0};
    size_t i;

    *share = none;
    e->group = 0;
    /* Section 9.2: the one never stands without the other. */
    if (hello->has_key_share != (hello->supported_groups.length > 0))
        return TLS_REASON_MISSING_EXTENSION;
    if (!shares_fit(hello))
        return TLS_REASON_ILLEGAL_PARAMETER;
    /* Section 4.2.9: psk_ke where it is allowed, and the client offers nothing better. */
    if (e->psk_selected && context->psk_ke && offers_mode(hello, PSK_KE) &&
        !offers_mode(hello, PSK_DHE_KE))
        return TLS_OK;
    if (!hello->has_key_share)
        return TLS_REASON_MISSING_EXTENSION;
    for (i = 0; i < context->group_count; i++) {
        unsigned group = context->groups[i];
        tls_bytes own;
        int has_share = share_of(hello, group, &own);

        if (!tls_u16_list_contains(hello->supported_groups, group))
            continue;
        if (e->group == 0 || (has_share && share->length == 0 &&
                                 (tls_group_is_hybrid(group) || !tls_group_is_hybrid(e->group)))) {
            e->group = group;
            *share = has_share ? own : none;
        }
    }
    if (e->group != 0)
        return TLS_OK;
    return tls_no_common_groups(e->handshake, NULL, 0);
}

/* ---- The certificate ---- */

/* can_sign: by this scheme of our list, if the client verifies it. */
static int
can_sign(void *data, size_t preference, const tls_credential *credential)
{
    const tls13_engine *e = data;
    unsigned scheme = e->handshake->host->context->signature_schemes[preference];

    return tls_u16_list_contains(tls_buffer_view(&e->peer_schemes), scheme) &&
           tls_credential_signs(credential) && tls13_fits_type(e, credential) &&
           tls_scheme_fits_key(scheme, tls_private_key_public(credential->key), TLS_VERSION_13);
}

/* pick_credential: one that can be shown as the type that is being tried. */
static const tls_credential *
pick_credential(tls13_engine *e)
{
    tls_handshake *h = e->handshake;
    size_t scheme;

    if (h->terms.credential_fixed)
        return tls13_pick_scheme(e, &h->terms.credential) != 0 ? &h->terms.credential : NULL;
    return tls_pick_server_credential(
        h, h->host->context->signature_scheme_count, can_sign, e, &scheme);
}

enum tls_reason
tls13_choose_credential(tls13_engine *e, const tls_client_hello *hello)
{
    const tls_context *context = e->handshake->host->context;
    const tls_credential *credential = NULL;
    int any_type = 0;
    size_t i;

    /* Section 4.2.3. */
    if (hello->signature_algorithms.length == 0)
        return TLS_REASON_MISSING_EXTENSION;
    tls_buffer_append(
        &e->peer_schemes, hello->signature_algorithms.data, hello->signature_algorithms.length);
    if (e->peer_schemes.failed)
        return TLS_REASON_OUT_OF_MEMORY;
    e->staple = hello->status_request;
    for (i = 0; i < context->server_certificate_type_count && credential == NULL; i++) {
        unsigned type = context->server_certificate_types[i];

        if (!tls13_may_show_type(e, hello, type))
            continue;
        any_type = 1;
        e->handshake->facts.server_certificate_type = type;
        credential = pick_credential(e);
    }
    if (!any_type)
        return tls13_no_common_type(e);
    e->compression =
        tls_context_compression(e->handshake->host->context, hello->compress_certificate);
    if (e->handshake->terms.credential_fixed)
        return credential != NULL ? TLS_OK : tls_no_common_schemes(e->handshake, TLS_VERSION_13);
    /* RFC 8446 section 6.2: what a server says that has nothing but pre-shared keys. */
    if (credential == NULL && e->handshake->host->context->credential_count == 0 &&
        tls_host_decides(e->handshake->host, TLS_DECISION_PSK))
        return TLS_REASON_UNKNOWN_PSK_IDENTITY;
    if (credential == NULL)
        return tls_no_common_schemes(e->handshake, TLS_VERSION_13);
    return tls_credential_copy(&e->handshake->terms.credential, credential);
}

/* ---- The protocol ---- */

enum tls_reason
tls13_choose_alpn(tls13_engine *e, const tls_client_hello *hello)
{
    tls_handshake *h = e->handshake;
    tls_lists lists = tls_host_lists(h->host);
    tls_bytes chosen = {0};
    size_t i;

    if (e->handshake->terms.alpn_selected != NULL)
        chosen = tls_bytes_of_string(e->handshake->terms.alpn_selected);
    for (i = 0; i < lists.alpn_count && chosen.length == 0; i++)
        if (tls_protocol_listed(hello->alpn, tls_bytes_of_string(lists.alpn[i])))
            chosen = tls_bytes_of_string(lists.alpn[i]);
    /* RFC 7301 section 3.2: a server with a list and no match SHALL refuse. */
    if (chosen.length == 0 && lists.alpn_count > 0 &&
        (hello->alpn.length > 0 || h->host->context->alpn_required))
        return TLS_REASON_NO_APPLICATION_PROTOCOL;
    tls_buffer_clear(&h->facts.alpn);
    tls_buffer_append(&h->facts.alpn, chosen.data, chosen.length);
    return h->facts.alpn.failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* ---- Early data ---- */

static int64_t
window_of(const tls_context *context)
{
    return (int64_t)context->early_data_window * 1000;
}

int
tls13_early_data_possible(const tls13_engine *e)
{
    const tls_handshake *h = e->handshake;
    tls_context *context = h->host->context;
    const tls_session *session = e->resume;
    int64_t now = tls_context_early_data_now(context);
    int64_t window = window_of(context);
    int64_t age;

    /* Section 4.2.10: the first PSK, of a ticket that allows it; the same suite and protocol. */
    if (!h->client_hello.hello.early_data_offered || context->max_early_data == 0 || e->retried ||
        !e->psk_selected || e->psk_index != 0 || e->psks[0].external ||
        session->max_early_data == 0 || session->suite != e->suite->id ||
        !tls_bytes_equal(tls_buffer_view(&session->alpn), tls_buffer_view(&h->facts.alpn)))
        return 0;
    /* Section 8.3: the age that the client saw must be ours, but for the way and the clocks. */
    age = (int64_t)(uint32_t)(e->ticket_age - session->age_add);
    if (now - session->issued - age > window || age - (now - session->issued) > window)
        return 0;
    /* Section 8: no ticket is taken twice; what was taken before this process began is not known.
     */
    return (session->issued >= context->made || now >= context->made + 2 * window) &&
           !tls_replay_register_has(
               tls_context_strikes(context), tls_bytes_make(session->id, session->id_length), now);
}

int
tls13_claim_early_data(const tls13_engine *e)
{
    tls_context *context = e->handshake->host->context;
    int64_t now = tls_context_early_data_now(context);

    return tls_replay_register_use(tls_context_strikes(context),
        tls_bytes_make(e->resume->id, e->resume->id_length), now, now + 2 * window_of(context));
}
