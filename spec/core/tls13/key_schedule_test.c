/* key_schedule_test.c - specs of hkdf, transcript and key_schedule, and of record protection as
 * far as RFC 8448 shows it.   VERBOSE=1 prints what passes */
#include <stdlib.h>
#include <string.h>

#include "record/record_protection.h"
#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/rfc8448.h"
#include "tls13/key_schedule.h"
#include "tls13/transcript.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- The traces of RFC 8448 ---- */

/* One sender: what protects its records, what opens them at the other end, and the messages that it
 * has constructed and not sent. */
typedef struct sender {
    tls_record_sealer sealer;
    tls_record_opener opener;
    tls_buffer messages;
} sender;

typedef struct trace {
    const char *name;
    tls_transcript transcript;
    tls_key_schedule schedule;
    unsigned char binder_key[32], resumption_secret[32], psk[32];
    sender client, server;
} trace;

static sender *
sender_of(trace *t, const char *name)
{
    return strncmp(name, "client", 6) == 0 ? &t->client : &t->server;
}

static enum tls_secret
secret_of_label(const char *label)
{
    static const char *const labels[] = {"ext binder", "res binder", "c e traffic", "e exp master",
        "c hs traffic", "s hs traffic", "c ap traffic", "s ap traffic", "exp master", "res master"};
    size_t i;

    for (i = 0; i < COUNT(labels) && strcmp(labels[i], label) != 0; i++)
        ;
    return (enum tls_secret)i;
}

static enum tls_content_type
type_of_name(const char *name)
{
    if (strstr(name, "handshake") != NULL)
        return TLS_CONTENT_HANDSHAKE;
    if (strstr(name, "alert") != NULL)
        return TLS_CONTENT_ALERT;
    if (strstr(name, "change_cipher_spec") != NULL)
        return TLS_CONTENT_CHANGE_CIPHER_SPEC;
    return TLS_CONTENT_APPLICATION_DATA;
}

static void
step_secret(trace *t, const struct rfc8448_step *step)
{
    unsigned char hash[32], secret[32];

    check(tls_transcript_hash(&t->transcript, hash) == 32, "%s: length of the transcript hash",
        t->name);
    check_hex(tls_bytes_make(hash, 32), step->a, "%s: transcript hash", t->name);
    check(tls_key_schedule_derive(&t->schedule, secret, secret_of_label(step->name), hash),
        "%s: the stage has the secret", t->name);
    check_hex(tls_bytes_make(secret, 32), step->b, "%s: %s", t->name, step->name);
    if (strcmp(step->name, "res master") == 0)
        memcpy(t->resumption_secret, secret, 32);
}

static void
step_binder(trace *t, const struct rfc8448_step *step)
{
    tls_bytes prefix = from_hex(step->a);
    unsigned char hash[32], mac[32];

    tls_transcript_hash_with(&t->transcript, hash, &br_sha256_vtable, prefix);
    check_hex(tls_bytes_make(hash, 32), step->b, "%s: binder hash", t->name);
    check(tls_key_schedule_derive(&t->schedule, t->binder_key, TLS_SECRET_RESUMPTION_BINDER, NULL),
        "%s: the stage has the binder key", t->name);
    tls_finished_mac(&br_sha256_vtable, mac, t->binder_key, hash);
    check_hex(tls_bytes_make(mac, 32), step->c, "%s: binder", t->name);
    release(prefix);
}

static void
step_keys(trace *t, const struct rfc8448_step *step)
{
    const tls_suite *suite = tls_suite_find(0x1301);
    tls_bytes secret = from_hex(step->a), nothing = tls_bytes_make(NULL, 0);
    sender *s = sender_of(t, step->name);
    unsigned char key[16], iv[12];

    tls_hkdf_expand_label(&br_sha256_vtable, key, 16, secret.data, "key", nothing);
    tls_hkdf_expand_label(&br_sha256_vtable, iv, 12, secret.data, "iv", nothing);
    check_hex(tls_bytes_make(key, 16), step->b, "%s: key", t->name);
    check_hex(tls_bytes_make(iv, 12), step->c, "%s: IV", t->name);
    tls_record_sealer_protect(&s->sealer, suite, secret.data);
    tls_record_opener_protect(&s->opener, suite, secret.data);
    release(secret);
}

static void
step_finished(trace *t, const struct rfc8448_step *step)
{
    tls_bytes secret = from_hex(step->a);
    unsigned char hash[32], key[32], mac[32];

    tls_hkdf_expand_label(
        &br_sha256_vtable, key, 32, secret.data, "finished", tls_bytes_make(NULL, 0));
    check_hex(tls_bytes_make(key, 32), step->b, "%s: finished_key", t->name);
    tls_transcript_hash(&t->transcript, hash);
    tls_finished_mac(&br_sha256_vtable, mac, secret.data, hash);
    check_hex(tls_bytes_make(mac, 32), step->c, "%s: verify_data", t->name);
    release(secret);
}

/* The record is sealed and compared, whole or as far as its header, and opened at the other end. */
static void
step_record(trace *t, const struct rfc8448_step *step)
{
    sender *s = sender_of(t, step->name);
    enum tls_content_type expected_type = type_of_name(step->name);
    int is_protected = step->kind == STEP_RECORD;
    tls_bytes given = from_hex(step->a), expected = from_hex(step->b), content = given;
    size_t room, consumed, written, total, length;
    unsigned char *record, *opened;
    unsigned type;

    if (content.length == 0)
        content = tls_buffer_view(&s->messages);
    room = content.length + (size_t)2 * TLS_RECORD_OVERHEAD_MAXIMUM;
    record = allocate(room);
    if (!is_protected)
        s->sealer.version = (unsigned)tls_get16(expected.data + 1);
    written = tls_record_seal(
        &s->sealer, &consumed, record, room, expected_type, content.data, content.length, 16384);
    check(consumed == content.length, "%s: all of it is sealed", t->name);
    check_hex(tls_bytes_make(record, is_protected ? written : TLS_RECORD_HEADER_LENGTH), step->b,
        "%s: %s", t->name, step->name);
    check_reason(
        tls_record_measure(&s->opener, &total, record, written), TLS_OK, "%s: measure", t->name);
    check(total == written, "%s: the record's length", t->name);
    check_reason(tls_record_open(&s->opener, &type, &opened, &length, record, total), TLS_OK,
        "%s: open", t->name);
    check(type == expected_type, "%s: the content type", t->name);
    check(tls_bytes_equal(tls_bytes_make(opened, length), content), "%s: the content", t->name);
    if (content.data != given.data)
        tls_buffer_clear(&s->messages);
    free(record);
    release(given);
    release(expected);
}

static void
step_others(trace *t, const struct rfc8448_step *step)
{
    tls_bytes a = step->a != NULL ? from_hex(step->a) : tls_bytes_make(NULL, 0);

    switch (step->kind) {
    case STEP_START:
        tls_key_schedule_start(&t->schedule, &br_sha256_vtable, a);
        if (a.length > 0) /* it is what the trace before got from its ticket */
            check_hex(tls_bytes_make(t->psk, 32), step->a, "%s: PSK", t->name);
        check_hex(tls_bytes_make(t->schedule.secret, 32), step->b, "%s: %s", t->name, step->name);
        break;
    case STEP_ADVANCE:
        tls_key_schedule_advance(&t->schedule, a);
        check_hex(tls_bytes_make(t->schedule.secret, 32), step->b, "%s: %s", t->name, step->name);
        break;
    case STEP_MESSAGE:
        tls_transcript_update(&t->transcript, a);
        tls_buffer_append(&sender_of(t, step->name)->messages, a.data, a.length);
        if (strcmp(step->name, "server ServerHello") == 0)
            tls_transcript_select(&t->transcript, &br_sha256_vtable);
        break;
    case STEP_RESTART:
        tls_transcript_select(&t->transcript, &br_sha256_vtable);
        tls_transcript_restart(&t->transcript);
        break;
    case STEP_BINDER_KEY:
        check_hex(tls_bytes_make(t->binder_key, 32), step->a, "%s: %s", t->name, step->name);
        break;
    default: /* STEP_TICKET */
        tls_resumption_psk(&br_sha256_vtable, t->psk, t->resumption_secret, a);
        check_hex(tls_bytes_make(t->psk, 32), step->b, "%s: PSK of the ticket", t->name);
        break;
    }
    if (step->a != NULL)
        release(a);
}

static void
walk(trace *t, const struct rfc8448_step *step, size_t count)
{
    tls_transcript_init(&t->transcript);
    for (; count-- > 0; step++) {
        /* Before ServerHello the hash is known from the PSK only. */
        if (step->kind == STEP_SECRET && t->transcript.selected == NULL)
            tls_transcript_select(&t->transcript, &br_sha256_vtable);
        switch (step->kind) {
        case STEP_SECRET:
            step_secret(t, step);
            break;
        case STEP_BINDER:
            step_binder(t, step);
            break;
        case STEP_KEYS:
            step_keys(t, step);
            break;
        case STEP_FINISHED:
            step_finished(t, step);
            break;
        case STEP_CLEAR:
        case STEP_RECORD:
            step_record(t, step);
            break;
        default:
            step_others(t, step);
            break;
        }
    }
    check(t->schedule.stage == TLS_KEY_SCHEDULE_MASTER, "%s: the last stage was reached", t->name);
    check(t->client.opener.count == t->client.sealer.count &&
              t->client.opener.earlier_count == t->client.sealer.earlier_count &&
              t->server.opener.count == t->server.sealer.count,
        "%s: both ends count alike", t->name);
    tls_buffer_release(&t->client.messages);
    tls_buffer_release(&t->server.messages);
    tls_key_schedule_wipe(&t->schedule);
    check(t->schedule.stage == TLS_KEY_SCHEDULE_NONE && t->schedule.hash == NULL, "%s: wiped",
        t->name);
}

static void
spec_traces(void)
{
    unsigned char psk[32] = {0};
    size_t i;

    for (i = 0; i < RFC8448_TRACES; i++) {
        trace t;

        memset(&t, 0, sizeof t);
        t.name = rfc8448_traces[i].name;
        memcpy(t.psk, psk, sizeof psk);
        walk(&t, rfc8448_traces[i].steps, rfc8448_traces[i].count);
        memcpy(psk, t.psk, sizeof psk);
    }
}

/* ---- SHA-384, and what the traces have not; the values are those of another implementation ----
 */

/* PSK: 00 01 .. 2f, (EC)DHE: 80 81 .. c0, the transcript hash is that of "transcript". */
static const struct {
    enum tls_secret secret;
    int stage;
    const char *keylog_label;
    const char *hex;
} secrets_384[] = {
    {TLS_SECRET_EXTERNAL_BINDER, TLS_KEY_SCHEDULE_EARLY, NULL,
        "501d1d02ce1b139bcda1ba7f77483c370562939f13d384b7"
        "57f4eee72dd78d6975d163dc038e6bd776ddb4e8692c5bc4"},
    {TLS_SECRET_RESUMPTION_BINDER, TLS_KEY_SCHEDULE_EARLY, NULL,
        "61ae5e100af910df10ebcdde16dd2e88d945954ca35ad0f3"
        "210a7b21435426c3634bd66dd753af628fb71486649d469f"},
    {TLS_SECRET_CLIENT_EARLY_TRAFFIC, TLS_KEY_SCHEDULE_EARLY, "CLIENT_EARLY_TRAFFIC_SECRET",
        "51130b694cb962d28caa5e9b88f717790e6963434ac88afd"
        "a784c3c93749bc363972dffb1694d7feb19d9dc604120b65"},
    {TLS_SECRET_EARLY_EXPORTER, TLS_KEY_SCHEDULE_EARLY, "EARLY_EXPORTER_SECRET",
        "82e664b2a0cfeb5a848c630c81ff21c2ad13b6f19f58f1c0"
        "6b6a04b3f633b51ae0f247e2b88d46e693de9e87b9b29f8e"},
    {TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC, TLS_KEY_SCHEDULE_HANDSHAKE,
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "7d5d03b6cbbcc672bc9f31717d0a29389a1b350e8a8e361b"
        "1c4f598d634c4d5b4bb7e9ac0d7442820195f5ee7e5da3d9"},
    {TLS_SECRET_SERVER_HANDSHAKE_TRAFFIC, TLS_KEY_SCHEDULE_HANDSHAKE,
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "81aa1ad79aa470d607eda3060602749b4c0595c1d63935c8"
        "d1a11aadb5a30da1880a1e346ccfb18fb7d32dabfec37c36"},
    {TLS_SECRET_CLIENT_APPLICATION_TRAFFIC, TLS_KEY_SCHEDULE_MASTER, "CLIENT_TRAFFIC_SECRET_0",
        "d4798215dff3af140a0cab454b7956b96fc0bc5273a582bd"
        "fa69a3e6aad251ae8ebe90c13c485dd10a93c647fcc48928"},
    {TLS_SECRET_SERVER_APPLICATION_TRAFFIC, TLS_KEY_SCHEDULE_MASTER, "SERVER_TRAFFIC_SECRET_0",
        "5867fb2fb3becb1b834d6467b24b38c60d77658baf44379d"
        "f955e44e1f763d43d9838eb2164b2c8ba7fd0d244dad779a"},
    {TLS_SECRET_EXPORTER, TLS_KEY_SCHEDULE_MASTER, "EXPORTER_SECRET",
        "0e142ef70960b272267f4c27ef28a8c922d37e9afaab6e3a"
        "5f2fc425bf1cf22ae230d9f3f1f3b3d024995b4603d61b74"},
    {TLS_SECRET_RESUMPTION, TLS_KEY_SCHEDULE_MASTER, NULL,
        "a9d633af2fdf2318dfa2cde0dd34d7fbc2291f2ea9d16ff7"
        "068ff78c1751ed7c7b7f0e1070f59805c5545234519dcd38"},
};

static tls_bytes
counting(unsigned char *out, unsigned first, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = (unsigned char)(first + i);
    return tls_bytes_make(out, length);
}

static void
spec_stage(const tls_key_schedule *schedule, const unsigned char *hash)
{
    static const char subject[] = "SHA-384 key schedule";
    unsigned char secret[48];
    size_t i;

    for (i = 0; i < COUNT(secrets_384); i++) {
        int here = secrets_384[i].stage == schedule->stage;

        memset(secret, 0xAA, sizeof secret);
        check(tls_key_schedule_derive(schedule, secret, secrets_384[i].secret, hash) == here,
            "%s: a secret belongs to one stage", subject);
        check_hex(tls_bytes_make(secret, sizeof secret),
            here ? secrets_384[i].hex
                 : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "%s: the secret, or nothing", subject);
    }
    check(!tls_key_schedule_derive(
              schedule, secret, (enum tls_secret)(TLS_SECRET_IMPORTED_BINDER + 1), hash),
        "%s: no secret behind the last", subject);
}

static void
spec_schedule_384(void)
{
    static const char subject[] = "SHA-384 key schedule";
    tls_key_schedule schedule = {NULL, 0, {0}};
    tls_transcript transcript;
    unsigned char hash[48], psk[48], shared[65];
    size_t i;

    tls_transcript_init(&transcript);
    tls_transcript_update(&transcript, tls_bytes_of_string("tran"));
    tls_transcript_select(&transcript, &br_sha384_vtable);
    tls_transcript_update(&transcript, tls_bytes_of_string("script"));
    check(
        tls_transcript_hash(&transcript, hash) == 48, "%s: length of the transcript hash", subject);
    spec_stage(&schedule, hash);
    tls_key_schedule_advance(&schedule, tls_bytes_make(NULL, 0));
    check(schedule.stage == TLS_KEY_SCHEDULE_NONE, "%s: no way on before the start", subject);
    tls_key_schedule_start(&schedule, &br_sha384_vtable, counting(psk, 0, sizeof psk));
    spec_stage(&schedule, hash);
    tls_key_schedule_advance(&schedule, counting(shared, 0x80, sizeof shared));
    spec_stage(&schedule, hash);
    tls_key_schedule_advance(&schedule, tls_bytes_make(NULL, 0));
    spec_stage(&schedule, hash);
    tls_key_schedule_advance(&schedule, tls_bytes_make(NULL, 0));
    check(schedule.stage == TLS_KEY_SCHEDULE_MASTER, "%s: no way on after the Master Secret",
        subject);
    spec_stage(&schedule, hash);
    for (i = 0; i < COUNT(secrets_384); i++) {
        const char *label = tls_secret_keylog_label(secrets_384[i].secret);
        const char *expected = secrets_384[i].keylog_label;

        check(label == expected ||
                  (label != NULL && expected != NULL && strcmp(label, expected) == 0),
            "%s: name in the key log", subject);
    }
    check(tls_secret_keylog_label((enum tls_secret)(TLS_SECRET_RESUMPTION + 1)) == NULL,
        "%s: no name behind the last", subject);
}

static void
spec_from_secrets(void)
{
    static const char subject[] = "from SHA-384 secrets";
    static const char label[] = "EXPORTER-test";
    const br_hash_class *sha384 = &br_sha384_vtable;
    tls_bytes traffic = from_hex(secrets_384[TLS_SECRET_CLIENT_APPLICATION_TRAFFIC].hex);
    tls_bytes exporter = from_hex(secrets_384[TLS_SECRET_EXPORTER].hex);
    tls_bytes resumption = from_hex(secrets_384[TLS_SECRET_RESUMPTION].hex);
    unsigned char hash[48], out[48], exported[100];
    br_sha384_context context;

    br_sha384_init(&context);
    br_sha384_update(&context, "transcript", 10);
    br_sha384_out(&context, hash);
    tls_finished_mac(sha384, out, traffic.data, hash);
    check_hex(tls_bytes_make(out, 48),
        "5db74f9b86acfac2553f5dc300f0993c27ecc2d9ae2b47a0"
        "337875a65f551020d4fefc217d8f7280dc944d6e59ce9cfc",
        "%s: verify_data", subject);
    memcpy(out, traffic.data, 48);
    tls_traffic_update(sha384, out);
    check_hex(tls_bytes_make(out, 48),
        "a47cb07fdab8e1be13e8a036e265a4e5f6e4337189a00831"
        "66b695f4630895499724cee9ca4fe11f167b067366a01b87",
        "%s: the next traffic secret", subject);
    tls_resumption_psk(sha384, out, resumption.data, tls_bytes_make("\1\2\3", 3));
    check_hex(tls_bytes_make(out, 48),
        "c0cf747c4034a6e14d4d3bde4f89b81e7ceeae7b281b67cb"
        "7220f4b4e97f9fead5a42c9c725572ab6da457c69e176768",
        "%s: PSK of a ticket", subject);
    check(tls_exporter(sha384, exported, 100, exporter.data, label, tls_bytes_of_string("context")),
        "%s: export", subject);
    check_hex(tls_bytes_make(exported, 100),
        "33ac31df28797dbf9ca269e9d4eb9bf25b49b22eacf57743738173b6138d96d95163d3b0b8dd943fbd09778705"
        "d4475c595d71990cf2615b8281026e7682f8b447cf2b3483576de52d5af4765ba94d79405748cd99dd79c16e9e"
        "e02dec4108313b72f2e5",
        "%s: more than two blocks of it", subject);
    check(tls_exporter(sha384, exported, 20, exporter.data, label, tls_bytes_make(NULL, 0)),
        "%s: export without context", subject);
    check_hex(tls_bytes_make(exported, 20), "34184866c1d547ba1963dec955c10da00dc469d7",
        "%s: and what it gives", subject);
    release(traffic);
    release(exporter);
    release(resumption);
}

/* RFC 8448's first exporter secret, exported from by Botan's test of TLS 1.3's secrets. */
static void
spec_exporter(void)
{
    static const char subject[] = "exporter";
    const br_hash_class *sha256 = &br_sha256_vtable;
    tls_bytes secret = from_hex("fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    unsigned char *out = allocate((size_t)255 * 32);
    char label[TLS_HKDF_LABEL_MAXIMUM + 2];

    check(tls_exporter(sha256, out, 16, secret.data, "export_test_label",
              tls_bytes_of_string("rfc8448_rtt1")),
        "%s: export", subject);
    check_hex(
        tls_bytes_make(out, 16), "f20058a65ce0430a197944c812431c2d", "%s: what it gives", subject);
    memset(label, 'x', sizeof label);
    label[TLS_HKDF_LABEL_MAXIMUM + 1] = 0;
    check(!tls_exporter(sha256, out, 16, secret.data, label, nothing), "%s: too long a label",
        subject);
    label[TLS_HKDF_LABEL_MAXIMUM] = 0;
    check(tls_exporter(sha256, out, 16, secret.data, label, nothing), "%s: the longest label",
        subject);
    check(!tls_exporter(sha256, out, 16, secret.data, "", nothing), "%s: no label", subject);
    check(tls_exporter(sha256, out, (size_t)255 * 32, secret.data, "x", nothing),
        "%s: the most bytes", subject);
    check(!tls_exporter(sha256, out, (size_t)255 * 32 + 1, secret.data, "x", nothing),
        "%s: one more", subject);
    free(out);
    release(secret);
}

/* RFC 5869 appendix A.1 and A.3: with and without salt. */
static void
spec_extract(void)
{
    tls_bytes ikm = from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    tls_bytes salt = from_hex("000102030405060708090a0b0c");
    unsigned char out[32];

    tls_hkdf_extract(&br_sha256_vtable, out, salt, ikm);
    check_hex(tls_bytes_make(out, 32),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "HKDF-Extract: with salt");
    tls_hkdf_extract(&br_sha256_vtable, out, tls_bytes_make(NULL, 0), ikm);
    check_hex(tls_bytes_make(out, 32),
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "HKDF-Extract: without");
    check(tls_hash_length(&br_sha1_vtable) == 20 && tls_hash_length(&br_sha512_vtable) == 64,
        "tls_hash_length: SHA-1 and SHA-512");
    release(ikm);
    release(salt);
}

/* ---- Transcripts ---- */

static void
check_transcript(
    const tls_transcript *t, const br_hash_class *hash, tls_bytes expected, const char *what)
{
    br_hash_compat_context context;
    unsigned char got[48], wanted[48];
    size_t length = tls_transcript_hash_with(t, got, hash, tls_bytes_of_string("more"));

    hash->init(&context.vtable);
    hash->update(&context.vtable, expected.data, expected.length);
    hash->update(&context.vtable, "more", 4);
    hash->out(&context.vtable, wanted);
    check(length == tls_hash_length(hash) && memcmp(got, wanted, length) == 0, "transcript: %s",
        what);
}

static void
spec_transcript(void)
{
    const br_hash_class *sha256 = &br_sha256_vtable, *sha384 = &br_sha384_vtable;
    unsigned char message_hash[4 + 48 + 3] = {254, 0, 0, 48};
    tls_bytes first = tls_bytes_of_string("ClientHello");
    tls_transcript t;
    br_sha384_context context;

    tls_transcript_init(&t);
    tls_transcript_update(&t, first);
    check_transcript(&t, sha256, first, "SHA-256 with more");
    check_transcript(&t, sha384, first, "SHA-384 with more");
    check_transcript(&t, sha384, first, "more was not added");
    tls_transcript_select(&t, sha384);
    check_transcript(&t, sha384, first, "the selected hash with more");
    tls_transcript_restart(&t);
    tls_transcript_update(&t, tls_bytes_of_string("HRR"));
    br_sha384_init(&context);
    br_sha384_update(&context, first.data, first.length);
    br_sha384_out(&context, message_hash + 4);
    memcpy(message_hash + 52, "HRR", 3);
    check_transcript(&t, sha384, tls_bytes_make(message_hash, sizeof message_hash), "a restart");
}

int
main(void)
{
    spec_traces();
    spec_schedule_384();
    spec_from_secrets();
    spec_exporter();
    spec_extract();
    spec_transcript();
    return check_end();
}
