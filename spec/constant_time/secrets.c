/* secrets.c - the cases of what is computed from keys that were agreed: key schedule, PRF,
 * Finished, binders, records, tickets, key exchange, passwords. */
#include "base/bytes.h"
#include "constant_time.h"
#include "crypto/ffdhe.h"
#include "crypto/hash.h"
#include "crypto/key_exchange.h"
#include "crypto/pbkdf2.h"
#include "crypto/pkcs12_kdf.h"
#include "crypto/scrypt.h"
#include "crypto/prf.h"
#include "record/record_protection.h"
#include "crypto/hpke.h"
#include "session/ticket.h"
#include "tls13/key_schedule.h"
#include "wire/registry.h"

/* compares: what Finished and binders are compared by; the verdict is public. */
static int
compares(const unsigned char *mac, size_t length)
{
    unsigned char received[64];
    int equal, different;

    memcpy(received, mac, length);
    PUBLIC(received, length); /* as it came */
    equal = tls_secret_equal(mac, received, length);
    received[length - 1] ^= 1;
    different = tls_secret_equal(mac, received, length);
    PUBLIC(&equal, sizeof equal);
    PUBLIC(&different, sizeof different);
    return equal == 1 && different == 0;
}

static int
key_schedule(int id)
{
    const br_hash_class *hash = tls_hash_class(id);
    size_t length = tls_hash_length(hash);
    unsigned char psk[48], shared[66], key[48], transcript[48] = {3}, mac[48], exported[100];
    tls_key_schedule schedule;
    int good;

    memset(psk, 1, sizeof psk);
    memset(shared, 2, sizeof shared);
    SECRET(psk, sizeof psk);
    SECRET(shared, sizeof shared);
    tls_key_schedule_start(&schedule, hash, tls_bytes_make(psk, length));
    good = tls_key_schedule_derive(&schedule, key, TLS_SECRET_RESUMPTION_BINDER, NULL);
    tls_finished_mac(hash, mac, key, transcript);
    good &= compares(mac, length);
    good &= tls_key_schedule_derive(&schedule, key, TLS_SECRET_CLIENT_EARLY_TRAFFIC, transcript);
    tls_key_schedule_advance(&schedule, tls_bytes_make(shared, sizeof shared));
    good &=
        tls_key_schedule_derive(&schedule, key, TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC, transcript);
    tls_finished_mac(hash, mac, key, transcript);
    good &= compares(mac, length);
    tls_key_schedule_advance(&schedule, tls_bytes_make(NULL, 0));
    good &=
        tls_key_schedule_derive(&schedule, key, TLS_SECRET_CLIENT_APPLICATION_TRAFFIC, transcript);
    tls_traffic_update(hash, key);
    good &= tls_key_schedule_derive(&schedule, key, TLS_SECRET_RESUMPTION, transcript);
    tls_resumption_psk(hash, mac, key, tls_bytes_make("ab", 2));
    good &= tls_key_schedule_derive(&schedule, key, TLS_SECRET_EXPORTER, transcript);
    good &= tls_exporter(hash, exported, sizeof exported, key, "label", tls_bytes_make("c", 1));
    tls_key_schedule_wipe(&schedule);
    return good;
}

/* The master secret of TLS 1.2, its keys and Finished. */
static int
prf(int id)
{
    br_tls_prf_impl function = id == TLS_HASH_SHA256 ? tls_prf_sha256 : tls_prf_sha384;
    unsigned char premaster[48], master[48], keys[136], finished[12], randoms[64] = {5};
    br_tls_prf_seed_chunk seed = {randoms, sizeof randoms};

    memset(premaster, 4, sizeof premaster);
    SECRET(premaster, sizeof premaster);
    function(master, sizeof master, premaster, sizeof premaster, "master secret", 1, &seed);
    function(keys, sizeof keys, master, sizeof master, "key expansion", 1, &seed);
    function(finished, sizeof finished, master, sizeof master, "client finished", 1, &seed);
    return compares(finished, sizeof finished);
}

/* What is sealed, and the key; the length, the content type and whether it opens are public. */
static int
record(tls_record_sealer *sealer, tls_record_opener *opener, size_t size)
{
    unsigned char plain[1000], out[1100];
    unsigned char *content;
    size_t consumed, sealed, length, i;
    unsigned type;
    enum tls_reason reason;

    for (i = 0; i < size; i++)
        plain[i] = (unsigned char)(i * 7);
    SECRET(plain, size);
    sealed = tls_record_seal(
        sealer, &consumed, out, sizeof out, TLS_CONTENT_APPLICATION_DATA, plain, size, 16384);
    PUBLIC(out, sealed); /* it goes over the wire */
    reason = tls_record_open(opener, &type, &content, &length, out, sealed);
    PUBLIC(&reason, sizeof reason);
    PUBLIC(&type, sizeof type);
    PUBLIC(&length, sizeof length);
    if (reason != TLS_OK || length != size || type != TLS_CONTENT_APPLICATION_DATA)
        return 0;
    PUBLIC(content, length);
    PUBLIC(plain, size);
    return memcmp(content, plain, size) == 0;
}

/* Of one block and of many, with a rest. */
static int
records(int suite_number)
{
    const tls_suite *suite = tls_suite_find((unsigned)suite_number);
    tls_record_sealer sealer;
    tls_record_opener opener;
    unsigned char secret[48];

    memset(&sealer, 0, sizeof sealer);
    memset(&opener, 0, sizeof opener);
    memset(secret, 5, sizeof secret);
    SECRET(secret, sizeof secret);
    tls_record_sealer_protect(&sealer, suite, secret);
    tls_record_opener_protect(&opener, suite, secret);
    return record(&sealer, &opener, 5) && record(&sealer, &opener, 18) &&
           record(&sealer, &opener, 999);
}

static int
ticket(int unused)
{
    tls_ticket_keys *keys;
    tls_buffer sealed = {NULL, 0, 0, 0}, plain = {NULL, 0, 0, 0}, exported = {NULL, 0, 0, 0};
    unsigned char *secret = NULL, session[] = "a session";
    size_t i;
    int opened, altered;

    (void)unused;
    if (tls_ticket_keys_new(&keys, 0, 0, 1000) != TLS_OK)
        return 0;
    /* Where the secret stands is known from its export. */
    tls_ticket_keys_export(keys, &exported);
    for (i = 0; secret == NULL && i < 400; i++)
        if (memcmp((unsigned char *)keys + i, exported.data + exported.length - 48, 32) == 0)
            secret = (unsigned char *)keys + i;
    if (secret == NULL)
        return 0;
    SECRET(secret, 32);
    SECRET(session, sizeof session);
    tls_ticket_seal(keys, &sealed, tls_bytes_make(session, sizeof session), 1001);
    PUBLIC(sealed.data, sealed.length);
    opened = tls_ticket_open(keys, &plain, tls_buffer_view(&sealed), 1002);
    sealed.data[40] ^= 1;
    altered = tls_ticket_open(keys, &plain, tls_buffer_view(&sealed), 1002);
    PUBLIC(plain.data, plain.length);
    return opened == 1 && altered == 0 && memcmp(plain.data, "a session", sizeof session) == 0;
}

/* hpke: both keys, and what is sealed; the tag that does not fit is no secret. */
static int
hpke(int aead)
{
    const tls_hpke_suite suite = {TLS_HPKE_DHKEM_X25519, TLS_HPKE_HKDF_SHA256, (unsigned)aead};
    unsigned char data[32 + TLS_HPKE_TAG_LENGTH] = "what is sealed";
    tls_key_exchange_key ephemeral, key;
    tls_hpke sender, recipient;
    tls_bytes info = tls_bytes_of_string("info");
    int good;

    if (tls_key_exchange_generate(&ephemeral, TLS_GROUP_X25519, NULL, 0) != TLS_OK ||
        tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) != TLS_OK)
        return 0;
    SECRET(ephemeral.secret, ephemeral.length);
    SECRET(key.secret, key.length);
    SECRET(data, 32);
    if (tls_hpke_sender(&sender, suite, &ephemeral, tls_key_exchange_share(&key), info) != TLS_OK ||
        tls_hpke_recipient(&recipient, suite, &key, tls_key_exchange_share(&ephemeral), info) !=
            TLS_OK)
        return 0;
    tls_hpke_seal(&sender, info, data, 32);
    good = tls_hpke_open(&recipient, info, data, sizeof data);
    PUBLIC(data, sizeof data);
    good = good && memcmp(data, "what is sealed", 15) == 0;
    return good && !tls_hpke_open(&recipient, info, data, sizeof data);
}

/* Whether the peer's share is good is public. */
static int
exchange(int group)
{
    unsigned char ours[TLS_SHARED_SECRET_MAXIMUM], theirs[TLS_SHARED_SECRET_MAXIMUM];
    tls_key_exchange_key a, b;
    size_t length = 0, other = 0;

    if (tls_key_exchange_generate(&a, (unsigned)group, NULL, 0) != TLS_OK ||
        tls_key_exchange_answer(&b, (unsigned)group, theirs, &other, tls_key_exchange_share(&a)) !=
            TLS_OK)
        return 0;
    SECRET(a.secret, a.length);
    if (a.hybrid != NULL) { /* secret are what stands before the encapsulation key, and z */
        unsigned char *key = a.hybrid->bytes + a.hybrid->matrix_length + a.hybrid->share_length;

        SECRET(key, a.hybrid->private_length / 2 - 48);
        SECRET(key + a.hybrid->private_length - 32, 32);
    }
    if (tls_key_exchange_shared(&a, ours, &length, tls_key_exchange_share(&b)) != TLS_OK)
        return 0;
    PUBLIC(ours, sizeof ours);
    return length == other && memcmp(ours, theirs, length) == 0;
}

static int
ffdhe_public(int group)
{
    unsigned char exponent[TLS_KEY_SHARE_SECRET_MAXIMUM], out[TLS_FFDHE_MAXIMUM];
    size_t length = tls_ffdhe_exponent_length(tls_ffdhe_length((unsigned)group));

    memset(exponent, 0xA7, sizeof exponent);
    SECRET(exponent, length);
    return tls_ffdhe_public(out, (unsigned)group, tls_bytes_make(exponent, length));
}

static int
password(int id)
{
    unsigned char out[48], secret[] = "correct horse";

    SECRET(secret, sizeof secret - 1);
    tls_pbkdf2(out, sizeof out, tls_hash_class(id), tls_bytes_make(secret, sizeof secret - 1),
        tls_bytes_make("salt", 4), 3);
    return 1;
}

/* The password as PKCS#12 has it: making that of UTF-8 tells where its characters end. */
static int
password_pkcs12(int id)
{
    unsigned char out[48], secret[] = "\0c\0o\0r\0r\0e\0c\0t\0";

    SECRET(secret, sizeof secret - 2);
    return tls_pkcs12_derive(out, sizeof out, tls_hash_class(id), TLS_PKCS12_KEY,
        tls_bytes_make(secret, sizeof secret), tls_bytes_make("salt", 4), 3);
}

/* But for where its memory is read. */
static int
password_scrypt(int n)
{
    unsigned char out[48], secret[] = "correct horse";

    SECRET(secret, sizeof secret - 1);
    return tls_scrypt(out, sizeof out, tls_bytes_make(secret, sizeof secret - 1),
        tls_bytes_make("salt", 4), (uint32_t)n, 2, 2);
}

const test_case secret_cases[] = {
    {"password-pkcs12", password_pkcs12, TLS_HASH_SHA1, ""},
    {"password-scrypt", password_scrypt, 16, ""},
    {"key-schedule-sha256", key_schedule, TLS_HASH_SHA256, ""},
    {"key-schedule-sha384", key_schedule, TLS_HASH_SHA384, ""},
    {"prf-sha256", prf, TLS_HASH_SHA256, ""},
    {"prf-sha384", prf, TLS_HASH_SHA384, ""},
    {"record-aes128-gcm", records, 0x1301, "aes_gcm"},
    {"record-aes256-gcm", records, 0x1302, "aes_gcm"},
    {"record-chacha20", records, 0x1303, "chacha20_poly1305"},
    {"record-aes128-ccm", records, 0x1304, ""},
    {"ticket", ticket, 0, ""},
    {"hpke-aes128-gcm", hpke, 1, "aes_gcm"},
    {"hpke-aes256-gcm", hpke, 2, "aes_gcm"},
    {"hpke-chacha20", hpke, 3, "chacha20_poly1305"},
    {"exchange-x25519", exchange, 29, ""},
    {"exchange-secp256r1", exchange, 23, ""},
    {"exchange-secp384r1", exchange, 24, ""},
    {"exchange-secp521r1", exchange, 25, ""},
    {"exchange-ffdhe2048", exchange, 256, ""},
    {"exchange-x25519mlkem768", exchange, TLS_GROUP_X25519MLKEM768, ""},
    {"exchange-secp384r1mlkem1024", exchange, TLS_GROUP_SECP384R1MLKEM1024, ""},
    {"public-ffdhe2048", ffdhe_public, 256, ""},
    {"public-ffdhe8192", ffdhe_public, 260, ""},
    {"password-sha256", password, TLS_HASH_SHA256, ""},
    {"password-sha512", password, TLS_HASH_SHA512, ""},
    {NULL, NULL, 0, NULL},
};
