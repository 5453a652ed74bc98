/* fuzz_pair.c - see fuzz_pair.h. */
#include "fuzz_pair.h"
#include "wire/compression.h"

#include "support/certificates.h"
#include "wire/message.h"
#include "issue/ocsp_build.h"
#include "key/signature.h"

/* More events than this without input in between is a loop. */
#define EVENTS_MAXIMUM 20000
#define CHUNK 61

int64_t
fuzz_clock(void *data)
{
    (void)data;
    return 1893456000; /* 2030: inside the certificates' validity */
}

/* ---- Contexts ---- */

typedef struct identity {
    tls_certificate_list *list;
    tls_private_key *key, *external;
    tls_trust_store *trust;
    tls_ocsp_response *staple;
} identity;

/* Made once: they are not what is tested here. */
static const identity *
get_identity(int rsa)
{
    static identity identities[2];
    identity *id = &identities[rsa];
    tls_ocsp_fields fields;

    if (id->list != NULL)
        return id;
    fuzz_check(tls_certificates_load(&id->list,
                   tls_bytes_of_string(rsa ? rsa_certificate : ec_certificate)) == TLS_OK);
    fuzz_check(
        tls_private_key_decode(&id->key, tls_bytes_of_string(rsa ? rsa_key : ec_key)) == TLS_OK);
    fuzz_check(tls_private_key_external(&id->external, &id->list->items[0]->public_key) == TLS_OK);
    fuzz_check(tls_trust_store_new(&id->trust) == TLS_OK);
    fuzz_check(tls_trust_store_add(id->trust, id->list->items[0]) == TLS_OK);
    memset(&fields, 0, sizeof fields);
    fields.certificate = fields.issuer = id->list->items[0];
    fields.key = id->key;
    fields.status = TLS_OCSP_GOOD;
    fields.produced_at = fields.this_update = fuzz_clock(NULL) - 1;
    fields.next_update = INT64_MAX;
    fuzz_check(tls_ocsp_response_build(&id->staple, &fields) == TLS_OK);
    return id;
}

static void
set_credential(
    tls_context_options *options, tls_credential *credential, const identity *id, uint32_t word)
{
    memset(credential, 0, sizeof *credential);
    credential->chain = (const tls_certificate **)(void *)id->list->items;
    credential->chain_count = id->list->count;
    credential->key = word & FUZZ_EXTERNAL_KEY ? id->external : id->key;
    if (word & FUZZ_STAPLE)
        credential->ocsp_response = id->staple->der;
    options->credentials = credential;
    options->credential_count = 1;
}

/* One of TLS 1.3 and those of each key below; CBC where TLS 1.0 must be spoken. */
static const uint16_t suites[][5] = {
    {0x1301, 0xC02B, 0xC02F, 0xC009, 0xC013},
    {0x1302, 0xC02C, 0xC030, 0xC00A, 0xC014},
    {0x1303, 0xCCA9, 0xCCA8, 0xC009, 0xC013},
    {0x1304, 0xC0AC, 0x009C, 0x002F, 0xC009},
    {0x1305, 0xC023, 0xC027, 0xC008, 0xC012},
    {0x1301, 0xC0AE, 0xC09C, 0x000A, 0xC009},
    {0x1302, 0xC024, 0x003C, 0x0035, 0xC00A},
};
static const uint16_t finite_field_suites[][2] = {{0x009E, 0x0033}, {0x006B, 0x0039}};
static const uint16_t client_groups[] = {29, 23, 24};
static const uint16_t server_groups[] = {23, 24};
static const uint16_t finite_field_groups[] = {256, 257};
static const uint16_t pss_first[] = {0x0804, 0x0805, 0x0403, 0x0401};
static const unsigned versions[][2] = {
    {0x0304, 0x0304}, {0x0303, 0x0304}, {0x0303, 0x0303}, {0x0301, 0x0303}};

static void
shared_options(tls_context_options *options, uint32_t word)
{
    static const tls_bytes alpn[] = {
        {(const unsigned char *)"h2", 2}, {(const unsigned char *)"http/1.1", 8}};
    static const uint16_t types[] = {
        TLS_CERTIFICATE_TYPE_X509, TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY};
    static uint16_t compressions[3];
    unsigned suite = (word >> FUZZ_SUITE_SHIFT) & 7;
    size_t i;
    const unsigned *range = versions[(word >> FUZZ_VERSION_SHIFT) & 3];

    memset(options, 0, sizeof *options);
    options->version_min = range[0];
    options->version_max = range[1];
    options->now = fuzz_clock;
    options->server_certificate_types = options->client_certificate_types = types;
    options->server_certificate_type_count = options->client_certificate_type_count = 2;
    if (suite > 0 || options->version_min < 0x0303) {
        options->suites = suites[suite > 0 ? suite - 1 : 0];
        options->suite_count = 5;
    }
    /* Those that this build has: the others are refused. */
    for (i = 0; word & FUZZ_ALPN && i < 3 && tls_compression_at(i) != 0; i++)
        compressions[options->certificate_compression_count++] = (uint16_t)tls_compression_at(i);
    options->certificate_compression = compressions;
    if (word & FUZZ_ALPN) {
        options->alpn = alpn;
        options->alpn_count = 2;
    }
    options->no_compatibility = (word & FUZZ_NO_COMPATIBILITY) != 0;
    /* Before TLS 1.3 finite fields are of suites of their own, which need RSA. */
    if (word & FUZZ_FFDHE && options->version_max < 0x0304 && word & FUZZ_RSA) {
        options->suites = finite_field_suites[suite & 1];
        options->suite_count = 2;
    }
    if (word & FUZZ_FFDHE && options->version_max >= 0x0304) {
        options->groups = finite_field_groups;
        options->group_count = 2;
    }
    if (word & FUZZ_PSS) {
        options->signature_schemes = pss_first;
        options->signature_scheme_count = 4;
    }
    options->renegotiation = (word & FUZZ_RENEGOTIATE) != 0;
    options->psk_ke = (word & FUZZ_PSK_KE) != 0;
    options->record_size_limit = word & FUZZ_SIZE_LIMIT ? 300 : 0;
    options->record_padding = word & FUZZ_PADDING ? 64 : 0;
    options->key_update_records = word & FUZZ_UPDATES ? 3 : 0;
}

static void
make_client_context(fuzz_pair *pair)
{
    const identity *id = get_identity((pair->options & FUZZ_RSA) != 0);
    tls_context_options options;
    tls_credential credential;

    shared_options(&options, pair->options);
    options.role = TLS_ROLE_CLIENT;
    options.verify = pair->options & FUZZ_OPTIONAL ? TLS_VERIFY_REPORT : TLS_VERIFY_REQUIRED;
    options.trust = id->trust;
    if (options.groups == NULL) {
        options.groups = client_groups;
        options.group_count = 3;
    }
    options.post_handshake_auth = (pair->options & FUZZ_LATE) != 0;
    options.new_session_count = 2;
    options.resumption_count = 1;
    options.max_fragment_length = pair->options & FUZZ_FRAGMENT ? 512 : 0;
    if (pair->options & (FUZZ_MUTUAL | FUZZ_LATE))
        set_credential(&options, &credential, get_identity(0), pair->options);
    fuzz_check(tls_context_new(&pair->client_context, &options) == TLS_OK);
}

static void
make_server_context(fuzz_pair *pair)
{
    tls_context_options options;
    tls_credential credential;
    tls_ticket_keys *keys = NULL;

    shared_options(&options, pair->options);
    options.role = TLS_ROLE_SERVER;
    options.verify = pair->options & FUZZ_MUTUAL
                         ? pair->options & FUZZ_OPTIONAL ? TLS_VERIFY_OPTIONAL : TLS_VERIFY_REQUIRED
                         : TLS_VERIFY_NONE;
    options.trust = get_identity(0)->trust;
    if (pair->options & FUZZ_RETRY && options.groups == NULL) {
        options.groups = server_groups;
        options.group_count = 2;
    }
    options.retry_cookie = (pair->options & FUZZ_COOKIE) != 0;
    options.session_cache_size = 4;
    options.ticket_count = 2;
    options.max_early_data = pair->options & FUZZ_EARLY ? 1000 : 0;
    if (pair->options & FUZZ_TICKET_KEYS)
        fuzz_check(tls_ticket_keys_new(&keys, 0, 0, fuzz_clock(NULL)) == TLS_OK);
    options.ticket_keys = keys;
    set_credential(
        &options, &credential, get_identity((pair->options & FUZZ_RSA) != 0), pair->options);
    fuzz_check(tls_context_new(&pair->server_context, &options) == TLS_OK);
    tls_ticket_keys_release(keys);
}

static void
seed(fuzz_pair *pair)
{
    pair->client.random = 1;
    pair->server.random = 2;
}

void
fuzz_pair_init(fuzz_pair *pair, uint32_t options)
{
    memset(pair, 0, sizeof *pair);
    pair->options = options;
    seed(pair);
    fuzz_random_use(&pair->client.random);
    make_client_context(pair);
    fuzz_random_use(&pair->server.random);
    make_server_context(pair);
}

static void
open_side(fuzz_side *side, tls_context *context, const tls_connection_options *options,
    const fuzz_pair *pair, tls_bytes *input)
{
    int is_client = tls_context_role(context) == TLS_ROLE_CLIENT;

    side->options = pair->options;
    side->key = get_identity(!is_client && (pair->options & FUZZ_RSA) != 0)->key;
    side->input = input;
    side->received = 0;
    fuzz_check(tls_connection_new(&side->c, context, options) == TLS_OK);
}

void
fuzz_pair_open(fuzz_pair *pair, tls_bytes *input)
{
    tls_connection_options options;

    seed(pair);
    memset(&options, 0, sizeof options);
    options.stage_mask = pair->options & FUZZ_STAGES ? UINT32_MAX : 0;
    options.decision_mask = pair->options & FUZZ_DECISIONS ? UINT32_MAX : 0;
    if (pair->options & FUZZ_PSK)
        options.decision_mask |= 1u << TLS_DECISION_PSK;
    open_side(&pair->server, pair->server_context, &options, pair, input);
    options.server_name = "localhost";
    options.session = pair->session;
    if (pair->options & FUZZ_EARLY && pair->session != NULL) {
        options.early_data = tls_bytes_of_string("early to bed and early to rise");
        options.early_data_resend = 1;
    }
    open_side(&pair->client, pair->client_context, &options, pair, input);
}

static void
close_side(fuzz_side *side)
{
    tls_connection_free(side->c);
    side->c = NULL;
}

void
fuzz_pair_close(fuzz_pair *pair)
{
    close_side(&pair->client);
    close_side(&pair->server);
}

void
fuzz_pair_release(fuzz_pair *pair)
{
    fuzz_pair_close(pair);
    tls_session_release(pair->session);
    tls_session_release(pair->client.stored);
    tls_session_release(pair->server.stored);
    tls_context_release(pair->client_context);
    tls_context_release(pair->server_context);
}

/* ---- Driving one side ---- */

static void
answer_sign(fuzz_side *side, const tls_question *q)
{
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    size_t length;

    if (q->u.sign.scheme != 0)
        length = tls_sign_scheme(side->key, out, q->u.sign.scheme, q->u.sign.digest);
    else
        length = tls_sign_digest(side->key, out, tls_hash_from_name(q->u.sign.hash),
            q->u.sign.digest.data, q->u.sign.digest.length);
    tls_connection_answer_signature(side->c, tls_bytes_make(out, length));
}

static void
answer_decrypt(fuzz_side *side, const tls_question *q)
{
    unsigned char secret[TLS_SIGNATURE_MAXIMUM];
    size_t length = q->u.decrypt.ciphertext.length;
    int decrypted = 0;

    if (length <= sizeof secret) {
        memcpy(secret, q->u.decrypt.ciphertext.data, length);
        decrypted = (int)tls_decrypt_premaster(side->key, secret, length);
    }
    tls_connection_answer_decrypt(side->c, tls_bytes_make(secret, decrypted ? 48 : 0));
}

static void
answer(fuzz_side *side)
{
    static const unsigned char psk[32] = "a pre-shared key of this length";
    const tls_question *q = tls_connection_question(side->c);
    unsigned wish = side->input != NULL ? fuzz_u8(side->input) : 0;

    /* Mostly the useful answer, sometimes the default, sometimes one for another question. */
    if (wish == 0xFF) {
        tls_connection_answer_early_data(side->c, 1);
        tls_connection_answer_credential(side->c, NULL);
        return;
    }
    if (wish == 0xFE && q->decision != TLS_DECISION_KEYLOG) {
        tls_connection_answer_default(side->c);
        return;
    }
    switch (q->decision) {
    case TLS_DECISION_SIGN:
        answer_sign(side, q);
        break;
    case TLS_DECISION_DECRYPT:
        answer_decrypt(side, q);
        break;
    case TLS_DECISION_PSK:
        if (side->options & FUZZ_PSK)
            tls_connection_answer_psk(side->c, tls_bytes_of_string("identity"),
                tls_bytes_make(psk, sizeof psk), wish == 0xFD ? 5 : 4);
        break;
    case TLS_DECISION_SESSION_STORE:
        tls_session_release(side->stored);
        side->stored = tls_session_retain(q->u.session_store.session);
        break;
    case TLS_DECISION_SESSION_LOAD:
        tls_connection_answer_session(side->c, side->stored);
        break;
    case TLS_DECISION_EARLY_DATA:
        tls_connection_answer_early_data(side->c, wish % 2 == 0);
        break;
    case TLS_DECISION_VERIFY:
        if (wish == 0xFD)
            tls_connection_answer_verify(side->c, TLS_PEER_REFUSED);
        break;
    default:
        break;
    }
}

static void
look_at_stage(const fuzz_side *side)
{
    const tls_stage_event *event = tls_connection_stage(side->c);
    tls_message message;

    fuzz_check(tls_stage_name(event->stage) != NULL);
    fuzz_check(event->raw.length == 0 || event->raw.length == event->length);
    /* Whatever is reported was understood. */
    if (event->raw.length >= 4 && event->stage != TLS_STAGE_ALERT &&
        event->stage != TLS_STAGE_CHANGE_CIPHER_SPEC)
        tls_message_parse(&message, event->raw, event->version, event->suite);
}

static void
read_plaintext(fuzz_side *side)
{
    tls_bytes plaintext = tls_connection_plaintext(side->c);
    /* In two bites, when there is something to bite. */
    size_t bite = plaintext.length > 1 ? plaintext.length / 2 : plaintext.length;

    side->received += bite;
    tls_connection_plaintext_consume(side->c, bite);
}

int
fuzz_run(fuzz_side *side)
{
    unsigned count;

    fuzz_random_use(&side->random);
    for (count = 0;; count++) {
        fuzz_check(count < EVENTS_MAXIMUM);
        side->last = tls_connection_step(side->c);
        switch (side->last) {
        case TLS_EVENT_STAGE:
            look_at_stage(side);
            break;
        case TLS_EVENT_DECISION:
            answer(side);
            break;
        case TLS_EVENT_EARLY_DATA:
            fuzz_check(tls_connection_early_data(side->c).length > 0);
            break;
        case TLS_EVENT_DATA:
            if (tls_connection_plaintext(side->c).length > 0)
                read_plaintext(side);
            break;
        case TLS_EVENT_FAILED:
            fuzz_check(tls_connection_failure(side->c) != TLS_OK);
            fuzz_check(tls_connection_failure_text(side->c) != NULL);
            return count > 0;
        default:
            return count > 0;
        }
    }
}

int
fuzz_move(fuzz_side *from, fuzz_side *to, tls_buffer *recorded)
{
    tls_bytes output = tls_connection_output(from->c);
    size_t n = output.length;

    if (from->options & FUZZ_CHUNKS && n > CHUNK)
        n = CHUNK;
    if (n == 0)
        return 0;
    if (recorded != NULL)
        tls_buffer_append(recorded, output.data, n);
    fuzz_random_use(&to->random);
    /* What does not take any more has ended. */
    tls_connection_feed(to->c, output.data, n);
    tls_connection_output_consume(from->c, n);
    return 1;
}

void
fuzz_pump(fuzz_pair *pair, tls_buffer *from_client, tls_buffer *from_server)
{
    unsigned count;
    int busy = 1;

    for (count = 0; busy; count++) {
        fuzz_check(count < EVENTS_MAXIMUM);
        busy = fuzz_run(&pair->client);
        busy |= fuzz_move(&pair->client, &pair->server, from_client);
        busy |= fuzz_run(&pair->server);
        busy |= fuzz_move(&pair->server, &pair->client, from_server);
    }
}

static void
have_session(fuzz_pair *pair)
{
    fuzz_pair_open(pair, NULL);
    fuzz_pump(pair, NULL, NULL);
    pair->session = tls_connection_session(pair->client.c);
    tls_connection_close(pair->client.c);
    fuzz_pump(pair, NULL, NULL);
    fuzz_pair_close(pair);
}

/* resume_elsewhere has the session under contexts that differ: another key, other versions, another
 * application's protocols, keys of other tickets. */
static void
resume_elsewhere(fuzz_pair *pair)
{
    fuzz_pair other;

    fuzz_pair_init(&other, pair->options ^ (FUZZ_RSA | FUZZ_ALPN | 3u << FUZZ_VERSION_SHIFT));
    have_session(&other);
    pair->session = other.session;
    other.session = NULL;
    fuzz_pair_release(&other);
}

void
fuzz_resume(fuzz_pair *pair)
{
    if (!(pair->options & FUZZ_RESUME))
        return;
    if (pair->options & FUZZ_ELSEWHERE)
        resume_elsewhere(pair);
    else
        have_session(pair);
}

void
fuzz_exercise(fuzz_side *side)
{
    static const char *const bindings[] = {"tls-unique", "tls-server-end-point", "tls-exporter"};
    tls_connection_info info;
    tls_buffer out = {NULL, 0, 0, 0};
    tls_session *session, *back;
    unsigned char material[32];
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    size_t i;

    fuzz_random_use(&side->random);
    tls_connection_get_info(side->c, &info);
    fuzz_check(!info.established || info.suite != 0);
    tls_connection_export_keying_material(
        side->c, material, sizeof material, "EXPORTER-fuzz", NULL);
    tls_connection_export_early_keying_material(
        side->c, material, sizeof material, "EXPORTER-fuzz", nothing);
    for (i = 0; i < sizeof bindings / sizeof *bindings; i++)
        tls_connection_channel_binding(side->c, &out, bindings[i]);
    tls_buffer_clear(&out);
    session = tls_connection_session(side->c);
    if (session != NULL) {
        fuzz_check(tls_session_export(session, &out) == TLS_OK);
        fuzz_check(tls_session_import(&back, tls_buffer_view(&out)) == TLS_OK);
        tls_session_release(back);
    }
    tls_session_release(session);
    tls_buffer_release(&out);
}

/* ---- One side alone ---- */

/* next_length: how much of the peer's stream comes at once. With post-handshake authentication
 * record by record, so that the server can ask in time. */
static size_t
next_length(const fuzz_pair *pair, tls_bytes input)
{
    size_t length = input.length;

    if (pair->options & FUZZ_CHUNKS)
        length = CHUNK;
    else if (pair->options & FUZZ_LATE && input.length >= TLS_RECORD_HEADER_LENGTH)
        length = TLS_RECORD_HEADER_LENGTH + tls_get16(input.data + 3);
    return length < input.length ? length : input.length;
}

void
fuzz_stream(
    enum tls_role role, enum fuzz_versions versions_alone, const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    uint32_t word = fuzz_u32(&input);
    fuzz_pair pair;
    fuzz_side *side;
    size_t n;
    int asked = 0;

    /* Where the target is for TLS 1.3, an odd bit lets it speak TLS 1.2 as well. */
    if (versions_alone == FUZZ_13 && (word >> FUZZ_VERSION_SHIFT) & 1)
        versions_alone = FUZZ_12_13;
    if (versions_alone == FUZZ_12 && (word >> FUZZ_VERSION_SHIFT) & 1)
        versions_alone = FUZZ_10_12;
    fuzz_pair_init(&pair, fuzz_with_versions(word, versions_alone));
    fuzz_resume(&pair);
    fuzz_pair_open(&pair, NULL);
    side = role == TLS_ROLE_CLIENT ? &pair.client : &pair.server;
    fuzz_run(side);
    while (input.length > 0) {
        tls_connection_output_consume(side->c, tls_connection_output(side->c).length);
        n = tls_connection_feed(side->c, input.data, next_length(&pair, input));
        fuzz_take(&input, n);
        fuzz_run(side);
        if (role == TLS_ROLE_SERVER && side->c->established && !asked++)
            tls_connection_request_certificate(side->c);
        if (n == 0)
            break;
    }
    fuzz_exercise(side);
    if (side->c->established)
        tls_connection_write(side->c, &n, "written", 7);
    tls_connection_feed_end(side->c);
    fuzz_run(side);
    tls_connection_close(side->c);
    fuzz_run(side);
    fuzz_pair_release(&pair);
}
