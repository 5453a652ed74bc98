/* seeds.c - writes first inputs for the targets that talk, from handshakes of ours with each kind
 * of options: seeds DIRECTORY makes DIRECTORY/TARGET/seed-N. */
#include <stdio.h>

#include "crypto/key_exchange.h"
#include "fuzz_pair.h"
#include "wire/compression.h"
#include "wire/message.h"
#include "wire/registry.h"

static const char *directory;

static void
put(const char *target, tls_bytes first, tls_bytes second)
{
    static unsigned number;
    char path[1000];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s/seed-%u", directory, target, number++);
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    fwrite(first.data, 1, first.length, file);
    if (second.length > 0)
        fwrite(second.data, 1, second.length, file);
    fclose(file);
}

static tls_bytes
word_bytes(uint32_t word, unsigned char out[4])
{
    tls_put16(out, word >> 16);
    tls_put16(out + 2, word);
    return tls_bytes_make(out, 4);
}

/* put_extensions writes the block that a message ends with, after its place. */
static void
put_extensions(const tls_message *message)
{
    unsigned char head[3] = {0, 0, 0};
    tls_bytes block = tls_bytes_make(NULL, 0);

    switch (message->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        block = message->u.client_hello.extensions;
        break;
    case TLS_HANDSHAKE_SERVER_HELLO:
        head[0] = message->u.server_hello.is_hello_retry_request ? 3 : 2;
        block = message->u.server_hello.extensions;
        break;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        head[0] = 4;
        block = message->u.encrypted_extensions.extensions;
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        head[0] = 6;
        block = message->u.certificate_request.extensions;
        break;
    default:
        break;
    }
    if (block.length > 0)
        put("extensions", tls_bytes_make(head, sizeof head), block);
}

/* put_compressed: a Certificate's body, by each algorithm. */
static void
put_compressed(tls_bytes body)
{
    unsigned char head[8], packed[2000];
    unsigned algorithm;
    size_t i, n;

    for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++) {
        n = tls_compress(algorithm, packed, sizeof packed, body);
        tls_put16(head, algorithm);
        head[2] = 0;
        tls_put16(head + 3, (uint32_t)body.length);
        head[5] = 0;
        tls_put16(head + 6, (uint32_t)n);
        put("compressed_certificate", tls_bytes_make(head, sizeof head), tls_bytes_make(packed, n));
    }
}

static void
put_message(const tls_stage_event *event)
{
    static const unsigned versions[] = {0x0304, 0x0303, 0x0302, 0x0301};
    static const unsigned suites[] = {0, 0x1301, 0x1302, 0xC02B, 0x009C};
    unsigned char head[2] = {0, 0};
    tls_message message;
    size_t i;

    if (event->raw.length < 4 || event->stage == TLS_STAGE_ALERT)
        return;
    if (event->raw.data[0] == TLS_HANDSHAKE_CERTIFICATE && event->version == TLS_VERSION_13)
        put_compressed(tls_bytes_make(event->raw.data + 4, event->raw.length - 4));
    for (i = 0; i < 4; i++)
        if (versions[i] == event->version)
            head[0] = (unsigned char)i;
    for (i = 0; i < 5; i++)
        if (suites[i] == event->suite)
            head[1] = (unsigned char)i;
    put("messages", tls_bytes_make(head, sizeof head), event->raw);
    if (tls_message_parse(&message, event->raw, event->version, event->suite) == TLS_OK)
        put_extensions(&message);
}

/* watch pumps like fuzz_pump does, but looks at what the client's stages say. */
static void
watch(fuzz_pair *pair, tls_buffer *from_client, tls_buffer *from_server)
{
    int busy = 1;

    while (busy) {
        busy = 0;
        for (;;) {
            fuzz_random_use(&pair->client.random);
            if (tls_connection_step(pair->client.c) != TLS_EVENT_STAGE)
                break;
            put_message(tls_connection_stage(pair->client.c));
            busy = 1;
        }
        busy |= fuzz_run(&pair->client);
        busy |= fuzz_move(&pair->client, &pair->server, from_client);
        busy |= fuzz_run(&pair->server);
        busy |= fuzz_move(&pair->server, &pair->client, from_server);
    }
}

static void
talk_after(fuzz_pair *pair, tls_buffer *from_client, tls_buffer *from_server)
{
    size_t written;

    fuzz_random_use(&pair->server.random);
    if (pair->options & FUZZ_LATE)
        tls_connection_request_certificate(pair->server.c);
    tls_connection_update_keys(pair->server.c, 1);
    tls_connection_write(pair->server.c, &written, "from the server", 15);
    fuzz_pump(pair, from_client, from_server);
    fuzz_random_use(&pair->client.random);
    tls_connection_update_keys(pair->client.c, 0);
    tls_connection_write(pair->client.c, &written, "from the client", 15);
    fuzz_pump(pair, from_client, from_server);
    tls_connection_close(pair->client.c);
    tls_connection_close(pair->server.c);
    fuzz_pump(pair, from_client, from_server);
}

/* record has one conversation, and writes what each side would have to hear to have it again. */
static void
record(uint32_t options)
{
    enum fuzz_versions versions = (enum fuzz_versions)((options >> FUZZ_VERSION_SHIFT) & 3);
    const char *client = versions <= FUZZ_12_13 ? "client_13" : "client_12";
    const char *server = versions <= FUZZ_12_13 ? "server_13" : "server_12";
    tls_buffer from_client = {NULL, 0, 0, 0}, from_server = {NULL, 0, 0, 0}, out = {NULL, 0, 0, 0};
    unsigned char word[4];
    fuzz_pair pair;
    tls_session *session;

    fuzz_pair_init(&pair, options);
    fuzz_resume(&pair);
    fuzz_pair_open(&pair, NULL);
    if (options & FUZZ_STAGES)
        watch(&pair, &from_client, &from_server);
    fuzz_pump(&pair, &from_client, &from_server);
    if (!pair.client.c->established || !pair.server.c->established) {
        fprintf(stderr, "seeds: options %08X: no handshake: %s; %s\n", (unsigned)options,
            tls_connection_failure_text(pair.client.c), tls_connection_failure_text(pair.server.c));
        exit(1);
    }
    if ((options & FUZZ_RESUME) && !(options & FUZZ_ELSEWHERE) &&
        !tls_host_facts(&pair.client.c->host)->resumed) {
        fprintf(stderr, "seeds: options %08X: not resumed\n", (unsigned)options);
        exit(1);
    }
    session = tls_connection_session(pair.client.c);
    if (session != NULL && tls_session_export(session, &out) == TLS_OK)
        put("session", tls_buffer_view(&out), tls_bytes_make(NULL, 0));
    if (session != NULL && session->ticket.length > 0)
        put("ticket", tls_buffer_view(&session->ticket), tls_bytes_make(NULL, 0));
    tls_session_release(session);
    talk_after(&pair, &from_client, &from_server);
    put(client, word_bytes(options, word), tls_buffer_view(&from_server));
    put(server, word_bytes(options, word), tls_buffer_view(&from_client));
    put("hostile", word_bytes(options, word), tls_bytes_make(NULL, 0));
    put("hostile", word_bytes(options ^ FUZZ_CLIENT_BREAKS, word), tls_bytes_make(NULL, 0));
    if (versions >= FUZZ_12)
        put("renegotiation", word_bytes(options, word), tls_bytes_make(NULL, 0));
    if (options & FUZZ_LATE)
        put("late", word_bytes(options | FUZZ_CLIENT_BREAKS, word), tls_bytes_make(NULL, 0));
    fuzz_pair_release(&pair);
    tls_buffer_release(&from_client);
    tls_buffer_release(&from_server);
    tls_buffer_release(&out);
}

/* record_elsewhere has a conversation that begins with a session from elsewhere: it may be resumed,
 * or not, but there is a handshake. */
static void
record_elsewhere(uint32_t options)
{
    record((options & ~FUZZ_EARLY) | FUZZ_ELSEWHERE);
}

static void
put_seed(const char *target, uint32_t options, const unsigned char *input, size_t length)
{
    unsigned char word[4];

    put(target, word_bytes(options, word), tls_bytes_make(input, length));
}

/* put_late_lies: one lie each at the messages of a late authentication, or of a renegotiation;
 * first a byte that says who begins, then acts that move what there is. */
static void
put_late_lies(const char *target, uint32_t options)
{
    unsigned char input[64];
    unsigned how, at;

    for (how = 0; how < 12; how++)
        for (at = 0; at < 10; at++) {
            memset(input, 0, sizeof input);
            memset(input, 15, 4);
            input[0] = (unsigned char)(at & 1);
            input[2 + at] = (unsigned char)how;
            input[2 + at + 2] = 8;
            input[2 + at + 3] = 3;
            memset(input + 40, 15, 8);
            put_seed(target, options, input, sizeof input);
        }
}

/* One lie each, at each of the first messages and records; then the acts of a peer that is
 * established. */
static void
put_lies(uint32_t options)
{
    unsigned char input[64], word[4];
    unsigned how, at;

    for (how = 1; how < 12; how++)
        for (at = 0; at < 6; at++) {
            memset(input, 0, sizeof input);
            input[at] = (unsigned char)how;
            input[at + 1] = 0;
            input[at + 2] = 8;
            input[at + 3] = 3;
            input[at + 4] = 1;
            put("hostile", word_bytes(options, word), tls_bytes_make(input, 24));
        }
    for (how = 0; how < 16; how++) {
        memset(input, 0, sizeof input);
        for (at = 0; at < 4; at++) {
            input[32 + 8 * at] = (unsigned char)(how + 0x80 * (at & 1));
            input[33 + 8 * at] = (unsigned char)(at == 0 ? 24 : at == 1 ? 4 : at == 2 ? 13 : 22);
            input[34 + 8 * at] = 4;
            input[39 + 8 * at] = 15;
        }
        put("hostile", word_bytes(options, word), tls_bytes_make(input, sizeof input));
    }
}

/* A key, a ciphertext and a share of each kind: see ml_kem.c. */
static void
put_ml_kem(void)
{
    static const unsigned groups[] = {
        TLS_GROUP_X25519MLKEM768, TLS_GROUP_SECP256R1MLKEM768, TLS_GROUP_SECP384R1MLKEM1024};
    unsigned char secret[TLS_SHARED_SECRET_MAXIMUM], first[] = {0};
    tls_key_exchange_key client, server;
    size_t length;
    unsigned i;

    for (i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (tls_key_exchange_generate(&client, groups[i], NULL, 0) != TLS_OK ||
            tls_key_exchange_answer(
                &server, groups[i], secret, &length, tls_key_exchange_share(&client)) != TLS_OK)
            exit(1);
        first[0] = (unsigned char)(2 * i);
        put("ml_kem", tls_bytes_make(first, 1), tls_key_exchange_share(&client));
        first[0]++;
        put("ml_kem", tls_bytes_make(first, 1), tls_key_exchange_share(&server));
        tls_key_exchange_wipe(&client);
        tls_key_exchange_wipe(&server);
    }
}

int
main(int count, char **words)
{
    static const uint32_t options_13[] = {0, FUZZ_RSA, FUZZ_MUTUAL | FUZZ_STAGES,
        FUZZ_RETRY | FUZZ_COOKIE | FUZZ_STAGES, FUZZ_RETRY | FUZZ_NO_COMPATIBILITY, FUZZ_PSK,
        FUZZ_PSK | FUZZ_PSK_KE, FUZZ_RESUME, FUZZ_RESUME | FUZZ_TICKET_KEYS | FUZZ_STAGES,
        FUZZ_RESUME | FUZZ_EARLY | FUZZ_TICKET_KEYS | FUZZ_ALPN,
        FUZZ_RESUME | FUZZ_EARLY | FUZZ_RETRY, FUZZ_LATE | FUZZ_STAGES,
        FUZZ_ALPN | FUZZ_STAPLE | FUZZ_STAGES, FUZZ_SIZE_LIMIT | FUZZ_PADDING | FUZZ_STAGES,
        FUZZ_FRAGMENT | FUZZ_UPDATES, FUZZ_EXTERNAL_KEY | FUZZ_DECISIONS,
        FUZZ_CHUNKS | FUZZ_MUTUAL | FUZZ_OPTIONAL, FUZZ_FFDHE | FUZZ_STAGES,
        FUZZ_FFDHE | FUZZ_RETRY | FUZZ_COOKIE, FUZZ_PSS | FUZZ_RSA, FUZZ_LATE | FUZZ_RSA,
        2u << FUZZ_SUITE_SHIFT, 3u << FUZZ_SUITE_SHIFT, 4u << FUZZ_SUITE_SHIFT,
        5u << FUZZ_SUITE_SHIFT};
    static const uint32_t options_12[] = {FUZZ_STAGES, FUZZ_RSA | FUZZ_STAGES,
        FUZZ_MUTUAL | FUZZ_STAGES, FUZZ_RESUME, FUZZ_RESUME | FUZZ_TICKET_KEYS | FUZZ_STAGES,
        FUZZ_ALPN | FUZZ_STAPLE | FUZZ_STAGES, FUZZ_FRAGMENT, FUZZ_EXTERNAL_KEY | FUZZ_DECISIONS,
        FUZZ_PSS | FUZZ_RSA, FUZZ_PSS | FUZZ_RSA | FUZZ_MUTUAL, FUZZ_RENEGOTIATE,
        FUZZ_RENEGOTIATE | FUZZ_MUTUAL | FUZZ_RSA,
        FUZZ_RENEGOTIATE | FUZZ_MUTUAL | FUZZ_OPTIONAL | FUZZ_RESUME, FUZZ_CHUNKS | FUZZ_RSA,
        FUZZ_RSA | 4u << FUZZ_SUITE_SHIFT | FUZZ_STAGES};
    size_t i;
    int side;

    if (count != 2) {
        fprintf(stderr, "usage: seeds DIRECTORY\n");
        return 2;
    }
    directory = words[1];
    put_ml_kem();
    for (i = 0; i < sizeof options_13 / sizeof *options_13; i++) {
        record(fuzz_with_versions(options_13[i], i % 2 ? FUZZ_12_13 : FUZZ_13));
        if (options_13[i] & FUZZ_RESUME)
            record_elsewhere(fuzz_with_versions(options_13[i], FUZZ_12_13));
        if (options_13[i] & FUZZ_LATE)
            put_late_lies("late", fuzz_with_versions(options_13[i] | FUZZ_CLIENT_BREAKS, FUZZ_13));
        /* Not for all of them: every seed is run before the fuzzer begins. */
        if (i % 3 == 0)
            put_lies(
                fuzz_with_versions(options_13[i] | (i % 2 == 0 ? FUZZ_CLIENT_BREAKS : 0), FUZZ_13));
    }
    for (i = 0; i < sizeof options_12 / sizeof *options_12; i++) {
        record(fuzz_with_versions(options_12[i], FUZZ_12));
        record(fuzz_with_versions(options_12[i], FUZZ_10_12));
        if (options_12[i] & FUZZ_RENEGOTIATE)
            for (side = 0; side < 2; side++)
                put_late_lies("renegotiation",
                    fuzz_with_versions(options_12[i] | (side ? FUZZ_CLIENT_BREAKS : 0), FUZZ_12));
        if (i % 3 == 0)
            put_lies(
                fuzz_with_versions(options_12[i] | (i % 2 == 0 ? FUZZ_CLIENT_BREAKS : 0), FUZZ_12));
    }
    return 0;
}
