/* registry_test.c - specs of the names of the registries. */
#include <string.h>

#include "wire/registry.h"
#include "wire/suite.h"

#include "support/check.h"
#include "support/messages.h"

/* What an entry of registry.c has for its name: C lets one that is as long lose its end. */
#define NAME_SPACE 40

static void
spec_names(void)
{
    static const struct {
        enum tls_registry registry;
        unsigned id;
        const char *name;
    } known[] = {
        {TLS_REGISTRY_HANDSHAKE_TYPE, 1, "client_hello"},
        {TLS_REGISTRY_HANDSHAKE_TYPE, 22, "certificate_status"},
        {TLS_REGISTRY_ALERT, 0, "close_notify"},
        {TLS_REGISTRY_ALERT, 120, "no_application_protocol"},
        {TLS_REGISTRY_ALERT_LEVEL, 2, "fatal"},
        {TLS_REGISTRY_EXTENSION, 0, "server_name"},
        {TLS_REGISTRY_EXTENSION, 16, "application_layer_protocol_negotiation"},
        {TLS_REGISTRY_EXTENSION, 23, "extended_master_secret"},
        {TLS_REGISTRY_EXTENSION, 0xFF01, "renegotiation_info"},
        {TLS_REGISTRY_EXTENSION, 0x1A1A, "GREASE"},
        {TLS_REGISTRY_EXTENSION, 0x1A2A, NULL},
        {TLS_REGISTRY_SIGNATURE_SCHEME, 0x0403, "ecdsa_secp256r1_sha256"},
        {TLS_REGISTRY_SIGNATURE_SCHEME, 0x0804, "rsa_pss_rsae_sha256"},
        {TLS_REGISTRY_GROUP, 29, "x25519"},
        {TLS_REGISTRY_GROUP, 256, "ffdhe2048"},
        {TLS_REGISTRY_GROUP, 0xFAFA, "GREASE"},
        {TLS_REGISTRY_VERSION, 0x0303, "TLSv1.2"},
        {TLS_REGISTRY_VERSION, 0x7A7A, "GREASE"},
        {TLS_REGISTRY_CERTIFICATE_TYPE, 64, "ecdsa_sign"},
        {TLS_REGISTRY_POINT_FORMAT, 0, "uncompressed"},
        {TLS_REGISTRY_COMPRESSION, 0, "null"},
        {TLS_REGISTRY_PSK_MODE, 1, "psk_dhe_ke"},
        {TLS_REGISTRY_PSK_MODE, 0xE4, "GREASE"},
        {TLS_REGISTRY_CONTENT_TYPE, 23, "application_data"},
        {TLS_REGISTRY_CERTIFICATE_FORMAT, 2, "raw_public_key"},
    };
    size_t i;

    for (i = 0; i < COUNT(known); i++)
        check_text(tls_registry_name(known[i].registry, known[i].id), known[i].name, "%s",
            known[i].name ? known[i].name : "no name");
}

static void
spec_aliases(void)
{
    static const struct {
        enum tls_registry registry;
        const char *name;
        int id;
    } aliases[] = {
        {TLS_REGISTRY_GROUP, "P-256", 23},
        {TLS_REGISTRY_GROUP, "prime256v1", 23},
        {TLS_REGISTRY_GROUP, "X25519", 29},
        {TLS_REGISTRY_GROUP, "P-257", -1},
        {TLS_REGISTRY_GROUP, "GREASE", -1},
        {TLS_REGISTRY_GROUP, "", -1},
        {TLS_REGISTRY_VERSION, "TLSv1", 0x0301},
        {TLS_REGISTRY_VERSION, "1.2", 0x0303},
        {TLS_REGISTRY_VERSION, "tls1.2", 0x0303},
        {TLS_REGISTRY_VERSION, "tlsv1.3", 0x0304},
        {TLS_REGISTRY_EXTENSION, "alpn", 16},
        {TLS_REGISTRY_SIGNATURE_SCHEME, "ECDSA+SHA256", 0x0403},
        {TLS_REGISTRY_COUNT, "alpn", -1},
    };
    size_t i;

    for (i = 0; i < COUNT(aliases); i++)
        check(tls_registry_id(aliases[i].registry, aliases[i].name) == aliases[i].id, "%s",
            aliases[i].name);
}

static void
spec_entries(void)
{
    unsigned registry;
    size_t i;

    for (registry = 0; registry < TLS_REGISTRY_COUNT; registry++) {
        enum tls_registry which = (enum tls_registry)registry;
        const char *name = NULL;
        unsigned id = 0;
        int good = 1;

        for (i = 0; tls_registry_entry(which, i, &id, &name); i++) {
            check(memchr(name, 0, NAME_SPACE) != NULL, "the name of %u ends in its entry", id);
            if (tls_registry_id(which, name) != (int)id || tls_registry_name(which, id) != name)
                good = 0;
        }
        check(good && i > 1, "every entry of a registry is found both ways");
    }
    check(tls_registry_name(TLS_REGISTRY_COUNT, 0) == NULL, "no such registry");
}

static void
spec_grease_and_schemes(void)
{
    check(tls_is_grease(0x0A0A) && tls_is_grease(0xFAFA) && !tls_is_grease(0x0A1A) &&
              !tls_is_grease(0x0B0B) && !tls_is_grease(0x10A0A),
        "GREASE");
    check(tls_scheme_kind_of(0x0401) == TLS_SCHEME_KIND_RSA_PKCS1 && tls_scheme_hash(0x0401) == 4 &&
              tls_scheme_kind_of(0x0603) == TLS_SCHEME_KIND_ECDSA && tls_scheme_hash(0x0603) == 6 &&
              tls_scheme_kind_of(0x0805) == TLS_SCHEME_KIND_RSA_PSS_RSAE &&
              tls_scheme_hash(0x0805) == 5 &&
              tls_scheme_kind_of(0x080B) == TLS_SCHEME_KIND_RSA_PSS_PSS &&
              tls_scheme_hash(0x080B) == 6 && tls_scheme_kind_of(0x0807) == TLS_SCHEME_KIND_EDDSA &&
              tls_scheme_hash(0x0807) == 0 && tls_scheme_kind_of(0x0A0A) == TLS_SCHEME_KIND_UNKNOWN,
        "schemes");
}

int
main(void)
{
    spec_names();
    spec_aliases();
    spec_entries();
    spec_grease_and_schemes();
    return check_end();
}
