/* connection13_memory_test.c - memory of TLS 1.3: every allocation fails once, and no secret is
 * left in memory that a connection had. Linked with --wrap for malloc, calloc, realloc and free. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hkdf.h"
#include "wire/compression.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;

/* ---- The allocator ---- */

#define BLOCKS_MAXIMUM 20000

typedef struct block {
    unsigned char *data;
    size_t size;
    int freed;
} block;

static block blocks[BLOCKS_MAXIMUM];
static size_t block_count;
static int tracking;               /* blocks are noted, and kept when they are freed */
static long allocations_left = -1; /* negative: they never fail */

void *__real_malloc(size_t size);
void __real_free(void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *data);

void *
__wrap_malloc(size_t size)
{
    unsigned char *data;

    if (allocations_left >= 0 && allocations_left-- == 0)
        return NULL;
    data = __real_malloc(size > 0 ? size : 1);
    if (data == NULL || !tracking)
        return data;
    if (block_count == BLOCKS_MAXIMUM) {
        printf("Bail out! more than %d blocks\n", BLOCKS_MAXIMUM);
        exit(2);
    }
    memset(data, 0xA5, size); /* what stood there before is nobody's leftover */
    blocks[block_count].data = data;
    blocks[block_count].size = size;
    blocks[block_count++].freed = 0;
    return data;
}

void *
__wrap_calloc(size_t count, size_t size)
{
    void *data = __wrap_malloc(count * size);

    if (data != NULL)
        memset(data, 0, count * size);
    return data;
}

static block *
block_of(const void *data)
{
    size_t i;

    for (i = block_count; i-- > 0;)
        if (blocks[i].data == data && !blocks[i].freed)
            return &blocks[i];
    return NULL;
}

void
__wrap_free(void *data)
{
    block *found = data != NULL && block_count > 0 ? block_of(data) : NULL;

    if (found != NULL)
        found->freed = 1;
    else
        __real_free(data);
}

/* Everything that is tracked is grown here; nothing else in this program reallocates. */
void *
__wrap_realloc(void *old, size_t size)
{
    block *found = block_of(old);
    void *data = __wrap_malloc(size);

    if (data == NULL || old == NULL)
        return data;
    if (found == NULL) {
        printf("Bail out! realloc of a block that is not known\n");
        exit(2);
    }
    memcpy(data, old, found->size < size ? found->size : size);
    found->freed = 1;
    return data;
}

static void
track(void)
{
    tracking = 1;
    block_count = 0;
}

/* untrack gives back what was kept, and returns how many blocks were never freed. */
static size_t
untrack(void)
{
    size_t leaked = 0, i;

    tracking = 0;
    for (i = 0; i < block_count; i++) {
        leaked += !blocks[i].freed;
        if (blocks[i].freed)
            __real_free(blocks[i].data);
    }
    block_count = 0;
    return leaked;
}

/* ---- Secrets ---- */

#define SECRETS_MAXIMUM 400

typedef struct secret {
    const char *name;
    unsigned char data[TLS_SHARED_SECRET_MAXIMUM];
    size_t length;
    int kept; /* by sessions, after the connection's end */
} secret;

static secret secrets[SECRETS_MAXIMUM];
static size_t secret_count;
static tls_key_exchange_key shares[2]; /* the client's and the server's last */

static void
note_secret(const char *name, const void *data, size_t length, int kept)
{
    static const unsigned char zeros[TLS_SHARED_SECRET_MAXIMUM];
    size_t i;

    if (length == 0 || memcmp(data, zeros, length) == 0 || secret_count == SECRETS_MAXIMUM)
        return;
    for (i = 0; i < secret_count; i++)
        if (secrets[i].length == length && memcmp(secrets[i].data, data, length) == 0) {
            secrets[i].kept |= kept;
            return;
        }
    secrets[secret_count].name = name;
    memcpy(secrets[secret_count].data, data, length);
    secrets[secret_count].length = length;
    secrets[secret_count++].kept = kept;
}

/* A traffic secret, and the key and the IV that come of it. */
static void
note_traffic(const char *name, const unsigned char *data, const tls_suite *suite)
{
    const br_hash_class *hash = tls_hash_class((int)suite->prf_hash);
    unsigned char out[TLS_SECRET_MAXIMUM];

    note_secret(name, data, tls_hash_length(hash), 0);
    tls_hkdf_expand_label(hash, out, suite->key_bits / 8, data, "key", tls_bytes_make(NULL, 0));
    note_secret("a record key", out, suite->key_bits / 8, 0);
    tls_hkdf_expand_label(hash, out, 12, data, "iv", tls_bytes_make(NULL, 0));
    note_secret("a record IV", out, 12, 0);
}

static void
sample_engine(side *s, const tls13_engine *e)
{
    size_t i;

    for (i = 0; i < e->share_count; i++) {
        const tls_hybrid_key *hybrid = e->shares[i].hybrid;

        note_secret("a key share's secret", e->shares[i].secret, e->shares[i].length, 0);
        if (hybrid != NULL && hybrid->private_length > 0) {
            const unsigned char *key = hybrid->bytes + hybrid->matrix_length + hybrid->share_length;

            note_secret("the beginning of an ML-KEM key", key, 64, 0);
            note_secret("its z", key + hybrid->private_length - 32, 32, 0);
        }
        shares[s == &p.server] = e->shares[i];
    }
    for (i = 0; i < TLS13_PSKS_OFFERED; i++)
        note_secret("a PSK", e->psks[i].key, e->psks[i].key_length, !e->psks[i].external);
    if (e->hash == NULL)
        return;
    note_secret("the schedule's secret", e->schedule.secret, tls_hash_length(e->hash), 0);
    if (e->suite == NULL)
        return;
    note_traffic("a handshake secret", e->client_secret, e->suite);
    note_traffic("a handshake secret", e->server_secret, e->suite);
    note_traffic("the early secret", e->early_secret, e->suite);
    note_secret("the early exporter", e->early_exporter, tls_hash_length(e->hash), 0);
}

/* sample looks at what a connection has now. */
static void
sample(side *s)
{
    const tls_connection *c = s->c;
    const tls_traffic *traffic = inside_traffic(c);
    const tls13_engine *engine = inside_engine13(c);
    const tls_session *session = inside_session(c);

    if (engine != NULL)
        sample_engine(s, engine);
    if (session != NULL)
        note_secret("a session's PSK", session->master_secret,
            told(c).version == TLS_VERSION_13 &&
                    tls_suite_find(session->suite)->prf_hash == br_sha256_ID
                ? 32
                : 48,
            1);
    if (traffic == NULL)
        return;
    note_traffic("a traffic secret", traffic->client, traffic->suite);
    note_traffic("a traffic secret", traffic->server, traffic->suite);
    note_secret("the exporter", traffic->exporter, tls_hash_length(traffic->hash), 0);
    note_secret("the resumption secret", traffic->resumption, tls_hash_length(traffic->hash), 0);
}

static void
sample_stage(side *s, const tls_stage_event *event)
{
    (void)event;
    sample(s);
}

static const unsigned char psk_bytes[] = "a pre-shared key of the test's..";

static int use_psk;

static int
sample_question(side *s, const tls_question *q)
{
    sample(s);
    if (q->decision == TLS_DECISION_PSK && use_psk)
        return tls_connection_answer_psk(s->c, tls_bytes_of_string("us"),
                   tls_bytes_make(psk_bytes, 32), br_sha384_ID) == TLS_OK;
    return 0;
}

static int
hex_digit(int c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* note_keylog: the secrets of a key log, last on each line. */
static void
note_keylog(const char *text)
{
    while (*text != '\0') {
        unsigned char data[64];
        size_t length = strcspn(text, "\n"), start = length, n;

        while (text[start - 1] != ' ')
            start--;
        for (n = 0; start + 1 < length && n < sizeof data; start += 2)
            data[n++] = (unsigned char)(hex_digit(text[start]) << 4 | hex_digit(text[start + 1]));
        note_secret("a secret of the key log", data, n, strncmp(text, "CLIENT_RANDOM", 13) == 0);
        text += length + (text[length] == '\n');
    }
}

static void
note_shared(void)
{
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM];
    size_t length;

    if (tls_key_exchange_shared(&shares[0], shared, &length, tls_key_exchange_share(&shares[1])) ==
        TLS_OK)
        note_secret("the shared secret", shared, length, 0);
}

/* stands: whether these bytes are in a block, as they are or in hexadecimal. */
static int
stands(const block *b, const secret *s)
{
    char hex[2 * TLS_SHARED_SECRET_MAXIMUM + 1];
    size_t i;

    for (i = 0; i < s->length; i++)
        snprintf(hex + 2 * i, 3, "%02x", s->data[i]);
    for (i = 0; i + s->length <= b->size; i++) {
        if (b->data[i] == s->data[0] && memcmp(b->data + i, s->data, s->length) == 0)
            return 1;
        if (b->data[i] == (unsigned char)hex[0] && i + 2 * s->length <= b->size &&
            memcmp(b->data + i, hex, 2 * s->length) == 0)
            return 1;
    }
    return 0;
}

static void
scan(const char *what, int with_kept)
{
    size_t b, s;
    unsigned found = 0;

    for (s = 0; s < secret_count; s++)
        for (b = 0; b < block_count; b++)
            if ((with_kept || !secrets[s].kept) && stands(&blocks[b], &secrets[s])) {
                if (found++ < 5)
                    printf("#   %s: %s of %u bytes in a block of %u that is %s\n", what,
                        secrets[s].name, (unsigned)secrets[s].length, (unsigned)blocks[b].size,
                        blocks[b].freed ? "freed" : "in use");
            }
    check(found == 0, "%s: %u of %u secrets are left %s", what, found, (unsigned)secret_count,
        with_kept ? "after everything" : "after the connections' end");
}

static void
begin(enum kind client)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519MLKEM768, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    static uint16_t compressions[3];
    size_t i;

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[client]);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 2;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    p.client_options.post_handshake_auth = 1;
    p.server_options.max_early_data = 1000;
    p.client_options.certificate_compression = p.server_options.certificate_compression =
        compressions;
    for (i = 0; i < 3 && tls_compression_at(i) != 0; i++)
        compressions[i] = (uint16_t)tls_compression_at(i);
    p.client_options.certificate_compression_count = i;
    p.server_options.certificate_compression_count = i;
    p.server_options.ticket_count = 2;
    p.client.seen = p.server.seen = sample_stage;
    p.client.answer = p.server.answer = sample_question;
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
    secret_count = 0;
    memset(shares, 0, sizeof shares);
    use_psk = 0;
}

static void
sample_all(void)
{
    sample(&p.client);
    sample(&p.server);
    note_keylog(p.client.keylog);
    note_keylog(p.server.keylog);
    note_shared();
}

#define SENTENCE "what nobody else is to read, at any time, anywhere"
static const char application_data[] = SENTENCE;
static const char twice[] = SENTENCE SENTENCE;

/* talk has keys updated and certificates asked for in between. */
static void
talk(const char *what)
{
    size_t n;
    int i;

    note_secret("data", application_data, sizeof application_data - 1, 0);
    for (i = 0; i < 2; i++) {
        (void)tls_connection_write(p.client.c, &n, application_data, sizeof application_data);
        (void)tls_connection_write(p.server.c, &n, application_data, sizeof application_data);
        pair_pump(&p);
        sample_all();
        if (i == 0 && told(p.server.c).version == TLS_VERSION_13) {
            check(
                tls_connection_update_keys(p.client.c, 1) == TLS_OK &&
                    tls_connection_request_certificate(p.server.c) ==
                        (told(p.server.c).post_handshake_auth ? TLS_OK
                                                              : TLS_REASON_NO_POST_HANDSHAKE_AUTH),
                "%s: keys and certificates", what);
            pair_pump(&p);
            sample_all();
        }
    }
    check(p.client.data_length == 2 * sizeof application_data &&
              p.server.data_length + p.server.early_length >= 2 * sizeof application_data,
        "%s: data arrived", what);
}

/* finish_connections ends both sides, scans, frees all, and scans again. */
static void
finish_connections(const char *what)
{
    size_t leaked;

    tls_connection_end(p.client.c);
    tls_connection_end(p.server.c);
    scan(what, 0);
    pair_free(&p);
    forget_session(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
    scan(what, 1);
    leaked = untrack();
    check(leaked == 0, "%s: %u blocks leak", what, (unsigned)leaked);
}

static void
wiped_full(size_t chunk)
{
    static const char what[] = "a full handshake";

    begin(P256);
    p.chunk = chunk;
    p.server_options.session_cache_size = 4;
    track();
    handshake(&p, what, TLS_VERSION_13);
    talk(what);
    check(secret_count > 25, "%s: %u secrets", what, (unsigned)secret_count);
    finish_connections(what);
}

/* Early data, taken by the server in pieces or left to it, or sent again. */
static void
wiped_resumed(int by_ticket, int accepted, int read)
{
    static const char what[] = "a resumed handshake";

    begin(P256);
    track();
    if (by_ticket)
        (void)tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
    else
        p.server_options.session_cache_size = 4;
    p.server_options.groups = NULL;
    if (!accepted)
        p.server_options.early_data_window = 1;
    handshake(&p, what, TLS_VERSION_13);
    sample_all();
    check(resume_next(&p), "%s: a session", what);
    if (!accepted) {
        pair_renew_server(&p); /* a cache of its own */
        if (by_ticket)
            p.server_context->max_early_data = 0;
    }
    p.client_connection.early_data = tls_bytes_make(twice, sizeof twice - 1);
    p.client_connection.early_data_resend = 1;
    p.server.keep = !read;
    handshake(&p, what, TLS_VERSION_13);
    check((info_of(&p.server).early_data == TLS_EARLY_DATA_ACCEPTED) == accepted, "%s: early data",
        what);
    sample_all();
    if (read)
        talk(what);
    else
        tls_connection_plaintext_consume(p.server.c, sizeof application_data - 1);
    note_secret("data", application_data, sizeof application_data - 1, 0);
    finish_connections(what);
}

static void
wiped_external(void)
{
    static const char what[] = "an external key";

    begin(P256);
    use_psk = 1;
    note_secret("the application's PSK", psk_bytes, 32, 0);
    track();
    handshake(&p, what, TLS_VERSION_13);
    check(info_of(&p.server).psk, "%s: used", what);
    talk(what);
    finish_connections(what);
}

/* Connections that fail, and those that are given up after some steps. */
static void
wiped_early(void)
{
    int steps;

    begin(P384);
    p.server_options.trust = identities[P521].trust;
    track();
    pair_open(&p);
    pair_pump(&p);
    check(
        tls_connection_failure(p.server.c) == TLS_REASON_SELF_SIGNED, "a failure: %s", trouble(&p));
    note_keylog(p.client.keylog);
    note_keylog(p.server.keylog);
    note_shared();
    finish_connections("a failure");
    for (steps = 1; steps < 60; steps += 3) {
        int i;

        begin(P256);
        p.server_options.session_cache_size = 4;
        track();
        pair_open(&p);
        for (i = 0; i < steps; i++) {
            if (tls_connection_step(p.client.c) == TLS_EVENT_WANT_READ)
                side_move(&p.client, &p.server, 0);
            if (tls_connection_step(p.server.c) == TLS_EVENT_WANT_READ)
                side_move(&p.server, &p.client, 0);
            sample(&p.client);
            sample(&p.server);
        }
        finish_connections("given up");
    }
}

static void
wiped_tls12(void)
{
    static const char what[] = "TLS 1.2";
    static const unsigned char zeros[TLS_MASTER_SECRET_LENGTH];

    begin(P256);
    p.server_options.version_max = TLS_VERSION_12;
    p.server_options.session_cache_size = 4;
    track();
    handshake(&p, what, TLS_VERSION_12);
    talk(what);
    tls_connection_end(p.client.c);
    tls_connection_end(p.server.c);
    check(memcmp(inside_master_secret(p.client.c), zeros, sizeof zeros) == 0 &&
              memcmp(inside_master_secret(p.server.c), zeros, sizeof zeros) == 0,
        "%s: the master secret is wiped at the end", what);
    finish_connections(what);
}

/* ---- Failing allocations ---- */

static int out_of_memory; /* somebody said so */

static int
allowed(enum tls_reason reason)
{
    out_of_memory |= reason == TLS_REASON_OUT_OF_MEMORY;
    return reason == TLS_OK;
}

static void
look_for_failure(const side *s)
{
    if (s->c != NULL && tls_connection_failure(s->c) == TLS_REASON_OUT_OF_MEMORY)
        out_of_memory = 1;
}

/* attempt does all that a pair can do, with whatever memory there is; returns 1 when it came
 * through. */
static int
attempt(void)
{
    size_t n;
    int good;

    side_forget(&p.client);
    side_forget(&p.server);
    if (p.client_context == NULL && !allowed(tls_context_new(&p.client_context, &p.client_options)))
        return 0;
    if (p.server_context == NULL && !allowed(tls_context_new(&p.server_context, &p.server_options)))
        return 0;
    if (!allowed(tls_connection_new(&p.client.c, p.client_context, &p.client_connection)) ||
        !allowed(tls_connection_new(&p.server.c, p.server_context, &p.server_connection)))
        return 0;
    pair_pump(&p);
    good = info_of(&p.client).established && info_of(&p.server).established &&
           allowed(tls_connection_write(p.client.c, &n, pattern(), 500)) &&
           allowed(tls_connection_write(p.server.c, &n, pattern(), 500));
    pair_pump(&p);
    good = good && allowed(tls_connection_update_keys(p.client.c, 1));
    pair_pump(&p);
    if (good && told(p.server.c).post_handshake_auth)
        good = allowed(tls_connection_request_certificate(p.server.c));
    pair_pump(&p);
    good = good && allowed(tls_connection_send_ticket(p.server.c));
    pair_pump(&p);
    tls_connection_close(p.client.c);
    pair_pump(&p);
    tls_connection_close(p.server.c);
    pair_pump(&p);
    look_for_failure(&p.client);
    look_for_failure(&p.server);
    return good && p.client.last == TLS_EVENT_CLOSED && p.server.last == TLS_EVENT_CLOSED &&
           p.server.data_length + p.server.early_length >= 500 && p.client.data_length == 500;
}

static void
failing_allocations(const char *what, int resumed)
{
    long n;
    size_t leaked;
    int good = 0;

    for (n = 0; !good || allocations_left < 0; n++) {
        begin(P256);
        p.client.seen = p.server.seen = NULL;
        p.client.answer = p.server.answer = NULL;
        track();
        if (resumed) {
            p.server_options.groups = NULL;
            p.server_options.session_cache_size = resumed == 1 ? 4 : 0;
            if (resumed == 2)
                (void)tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now);
            handshake(&p, what, TLS_VERSION_13);
            check(resume_next(&p), "%s: a session", what);
            p.client_connection.early_data = tls_bytes_make(pattern(), 300);
            p.client_connection.early_data_resend = 1;
        } else {
            p.server_options.session_cache_size = 4;
        }
        out_of_memory = 0;
        allocations_left = n;
        good = attempt();
        if (allocations_left >= 0) { /* it did not come to the failure */
            n = allocations_left;
            allocations_left = -1;
            check(
                good, "%s: %s", what, p.client.c != NULL && p.server.c != NULL ? trouble(&p) : "");
            /* What stands there has been compressed, and given up where it got no shorter. */
            check((p.server_context->compressed.count > 0) ==
                      (p.server_options.certificate_compression_count > 0),
                "%s: the chain was compressed", what);
            good = 2;
        }
        pair_free(&p);
        forget_session(&p);
        tls_ticket_keys_release(p.server_options.ticket_keys);
        leaked = untrack();
        check(leaked == 0, "%s: allocation %ld: %u blocks leak", what, n, (unsigned)leaked);
        if (good == 2)
            break;
        check(good || out_of_memory, "%s: allocation %ld: nobody says so", what, n);
    }
}

int
main(void)
{
    load_identities();
    wiped_full(0);
    wiped_full(1);
    wiped_resumed(0, 1, 1);
    wiped_resumed(1, 1, 1);
    wiped_resumed(1, 1, 0);
    wiped_resumed(1, 0, 1);
    wiped_resumed(0, 0, 1);
    wiped_external();
    wiped_early();
    wiped_tls12();
    failing_allocations("a full handshake without memory", 0);
    failing_allocations("resumed by cache without memory", 1);
    failing_allocations("resumed by ticket without memory", 2);
    unload_identities();
    return check_end();
}
