/* imported_psk_test.c - specs of imported pre-shared keys (RFC 9258). The values were computed by
 * Python's hmac and hashlib.   VERBOSE=1 prints what passes */
#include <string.h>

#include "support/check.h"
#include "tls13/imported_psk.h"
#include "tls13/key_schedule.h"
#include "wire/imported_identity.h"
#include "wire/registry.h"

static const struct {
    int hash, target_hash;
    const char *identity, *key, *binder_key;
} vectors[] = {
    {TLS_HASH_SHA256, TLS_HASH_SHA256, "00086465766963652037000b6578616d706c652e6f726703040001",
        "57d2639129c1c58738626117f98c62b7ff022245eec1fc88f8e991b2c2bc43c6",
        "b00ea96a369c3f1151e450b0740337f454771604089ea42744dac4bfeb6582ae"},
    {TLS_HASH_SHA256, TLS_HASH_SHA384, "00086465766963652037000b6578616d706c652e6f726703040002",
        "909f3f086021296dbb724ef4fe0be3982c2adbdc008437a96c76aa076c6ada195aac81687410cee809437e640f"
        "e56414",
        "5c9d2fbc357a133553e881ef92836e4049065d35744429bd133004a540b45ada5b7d4eb78ce3675de63c4047bb"
        "81b5fd"},
    {TLS_HASH_SHA384, TLS_HASH_SHA256, "00086465766963652037000b6578616d706c652e6f726703040001",
        "5601adb90297d70adadbb1a1a92bd73198a8259cdf81fd5664f37f356dec8078",
        "ac5858b50a6cfeed09080236501f6fdacaefa8af5140d7e99633fabfa85f5d4f"},
    {TLS_HASH_SHA384, TLS_HASH_SHA384, "00086465766963652037000b6578616d706c652e6f726703040002",
        "a321bc7b04be5437c4b28dac7eb1686566de2771953d4a5dd82fe19fe0e9421163a28b14346528141fcea25adc"
        "27712d",
        "eaf445a3621771b63a7c3be2a8a90c7ab5d403c32432fcfc4dad305222f1b41dde4c0f741caad0c3263c03c373"
        "77c7e4"},
};

static void
spec_vectors(void)
{
    unsigned char external[32], out[48], binder_key[48];
    size_t i, length;

    for (i = 0; i < sizeof external; i++)
        external[i] = (unsigned char)i;
    for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        tls_imported_identity identity;
        tls_key_schedule schedule;
        tls_buffer encoded = {0};

        identity.external_identity = tls_bytes_of_string("device 7");
        identity.context = tls_bytes_of_string("example.org");
        identity.target_protocol = TLS_VERSION_13;
        identity.target_hash = vectors[i].target_hash;
        tls_imported_identity_write(&encoded, &identity);
        check_hex(tls_buffer_view(&encoded), vectors[i].identity, "%u: identity", (unsigned)i);
        length = tls_imported_psk(out, identity.target_hash,
            tls_bytes_make(external, sizeof external), vectors[i].hash, tls_buffer_view(&encoded));
        check_hex(tls_bytes_make(out, length), vectors[i].key, "%u: key", (unsigned)i);
        tls_key_schedule_start(
            &schedule, tls_hash_class(identity.target_hash), tls_bytes_make(out, length));
        check(tls_key_schedule_derive(&schedule, binder_key, TLS_SECRET_IMPORTED_BINDER, NULL),
            "%u: binder key", (unsigned)i);
        check_hex(tls_bytes_make(binder_key, length), vectors[i].binder_key, "%u: its value",
            (unsigned)i);
        tls_buffer_release(&encoded);
    }
}

static void
check_identity(const char *name, const char *bytes, size_t length, int parses, int usable)
{
    tls_imported_identity identity;
    int parsed = tls_imported_identity_parse(&identity, tls_bytes_make(bytes, length));

    check(parsed == parses, "%s: %s", name, parses ? "parses" : "does not parse");
    check((parsed && tls_imported_identity_usable(&identity)) == usable, "%s: %s", name,
        usable ? "is usable" : "is not usable");
}

static void
spec_identities(void)
{
    check_identity("whole", "\0\1a\0\0\3\4\0\1", 9, 1, 1);
    check_identity("with a context", "\0\1a\0\2xy\3\4\0\2", 11, 1, 1);
    check_identity("without an external identity", "\0\0\0\0\3\4\0\1", 8, 0, 0);
    check_identity("one byte more", "\0\1a\0\0\3\4\0\1\0", 10, 0, 0);
    check_identity("one byte less", "\0\1a\0\0\3\4\0", 8, 0, 0);
    check_identity("a context that is too long", "\0\1a\0\5\3\4\0\1", 9, 0, 0);
    check_identity("nothing", "", 0, 0, 0);
    check_identity("for TLS 1.2", "\0\1a\0\0\3\3\0\1", 9, 1, 0);
    check_identity("for another KDF", "\0\1a\0\0\3\4\0\3", 9, 1, 0);
}

int
main(void)
{
    spec_vectors();
    spec_identities();
    return check_end();
}
