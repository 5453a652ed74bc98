/* registry.c - see registry.h. The tables follow IANA's "TLS Parameters" and "ExtensionType
 * Values".
 */
#include "wire/registry.h"

#include <stdint.h>

/* A name stands in its entry: a pointer to it would cost more, with the relocation that it needs in
 * a shared object. */
struct entry {
    uint16_t id;
    char name[40];
};

static const struct entry handshake_types[] = {
    {0, "hello_request"},
    {1, "client_hello"},
    {2, "server_hello"},
    {3, "hello_verify_request"},
    {4, "new_session_ticket"},
    {5, "end_of_early_data"},
    {6, "hello_retry_request"},
    {8, "encrypted_extensions"},
    {9, "request_connection_id"},
    {10, "new_connection_id"},
    {11, "certificate"},
    {12, "server_key_exchange"},
    {13, "certificate_request"},
    {14, "server_hello_done"},
    {15, "certificate_verify"},
    {16, "client_key_exchange"},
    {17, "client_certificate_request"},
    {20, "finished"},
    {21, "certificate_url"},
    {22, "certificate_status"},
    {23, "supplemental_data"},
    {24, "key_update"},
    {25, "compressed_certificate"},
    {26, "ekt_key"},
    {254, "message_hash"},
};

static const struct entry alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

static const struct entry alert_levels[] = {
    {1, "warning"},
    {2, "fatal"},
};

static const struct entry extensions[] = {
    {0, "server_name"},
    {1, "max_fragment_length"},
    {2, "client_certificate_url"},
    {3, "trusted_ca_keys"},
    {4, "truncated_hmac"},
    {5, "status_request"},
    {6, "user_mapping"},
    {7, "client_authz"},
    {8, "server_authz"},
    {9, "cert_type"},
    {10, "supported_groups"},
    {11, "ec_point_formats"},
    {12, "srp"},
    {13, "signature_algorithms"},
    {14, "use_srtp"},
    {15, "heartbeat"},
    {16, "application_layer_protocol_negotiation"},
    {17, "status_request_v2"},
    {18, "signed_certificate_timestamp"},
    {19, "client_certificate_type"},
    {20, "server_certificate_type"},
    {21, "padding"},
    {22, "encrypt_then_mac"},
    {23, "extended_master_secret"},
    {24, "token_binding"},
    {25, "cached_info"},
    {26, "tls_lts"},
    {27, "compress_certificate"},
    {28, "record_size_limit"},
    {29, "pwd_protect"},
    {30, "pwd_clear"},
    {31, "password_salt"},
    {32, "ticket_pinning"},
    {33, "tls_cert_with_extern_psk"},
    {34, "delegated_credential"},
    {35, "session_ticket"},
    {36, "TLMSP"},
    {37, "TLMSP_proxying"},
    {38, "TLMSP_delegate"},
    {39, "supported_ekt_ciphers"},
    {41, "pre_shared_key"},
    {42, "early_data"},
    {43, "supported_versions"},
    {44, "cookie"},
    {45, "psk_key_exchange_modes"},
    {47, "certificate_authorities"},
    {48, "oid_filters"},
    {49, "post_handshake_auth"},
    {50, "signature_algorithms_cert"},
    {51, "key_share"},
    {52, "transparency_info"},
    {53, "connection_id_deprecated"},
    {54, "connection_id"},
    {55, "external_id_hash"},
    {56, "external_session_id"},
    {57, "quic_transport_parameters"},
    {58, "ticket_request"},
    {59, "dnssec_chain"},
    {60, "sequence_number_encryption_algorithms"},
    {61, "rrc"},
    {62, "tls_flags"},
    {0x3374, "next_protocol_negotiation"}, /* never registered; old Chrome and nginx */
    {0x4469, "application_settings_old"},  /* Chrome's ALPS, never registered */
    {0x44CD, "application_settings"},
    {0xFD00, "ech_outer_extensions"},
    {0xFE0D, "encrypted_client_hello"},
    {0xFF01, "renegotiation_info"},
};

/* RFC 8446 section 4.2.3; the rest are RFC 5246's pairs, named in the same manner. */
static const struct entry signature_schemes[] = {
    {0x0201, "rsa_pkcs1_sha1"},
    {0x0203, "ecdsa_sha1"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0420, "rsa_pkcs1_sha256_legacy"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0520, "rsa_pkcs1_sha384_legacy"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0620, "rsa_pkcs1_sha512_legacy"},
    {0x0704, "eccsi_sha256"},
    {0x0705, "iso_ibs1"},
    {0x0706, "iso_ibs2"},
    {0x0707, "iso_chinese_ibs"},
    {0x0708, "sm2sig_sm3"},
    {0x0709, "gostr34102012_256a"},
    {0x070A, "gostr34102012_256b"},
    {0x070B, "gostr34102012_256c"},
    {0x070C, "gostr34102012_256d"},
    {0x070D, "gostr34102012_512a"},
    {0x070E, "gostr34102012_512b"},
    {0x070F, "gostr34102012_512c"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080A, "rsa_pss_pss_sha384"},
    {0x080B, "rsa_pss_pss_sha512"},
    {0x081A, "ecdsa_brainpoolP256r1tls13_sha256"},
    {0x081B, "ecdsa_brainpoolP384r1tls13_sha384"},
    {0x081C, "ecdsa_brainpoolP512r1tls13_sha512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
    {0x0101, "rsa_pkcs1_md5"},
    {0x0102, "dsa_md5"},
    {0x0103, "ecdsa_md5"},
    {0x0202, "dsa_sha1"},
    {0x0301, "rsa_pkcs1_sha224"},
    {0x0302, "dsa_sha224"},
    {0x0303, "ecdsa_sha224"},
    {0x0402, "dsa_sha256"},
    {0x0502, "dsa_sha384"},
    {0x0602, "dsa_sha512"},
};

/* What OpenSSL calls them in its -sigalgs; there ECDSA is not tied to a curve, as in TLS 1.2. */
static const struct entry signature_scheme_aliases[] = {
    {0x0201, "RSA+SHA1"},
    {0x0301, "RSA+SHA224"},
    {0x0401, "RSA+SHA256"},
    {0x0501, "RSA+SHA384"},
    {0x0601, "RSA+SHA512"},
    {0x0203, "ECDSA+SHA1"},
    {0x0303, "ECDSA+SHA224"},
    {0x0403, "ECDSA+SHA256"},
    {0x0503, "ECDSA+SHA384"},
    {0x0603, "ECDSA+SHA512"},
    {0x0403, "ecdsa_sha256"},
    {0x0503, "ecdsa_sha384"},
    {0x0603, "ecdsa_sha512"},
    {0x0804, "RSA-PSS+SHA256"},
    {0x0805, "RSA-PSS+SHA384"},
    {0x0806, "RSA-PSS+SHA512"},
    {0x0804, "PSS+SHA256"},
    {0x0805, "PSS+SHA384"},
    {0x0806, "PSS+SHA512"},
};

static const struct entry groups[] = {
    {1, "sect163k1"},
    {2, "sect163r1"},
    {3, "sect163r2"},
    {4, "sect193r1"},
    {5, "sect193r2"},
    {6, "sect233k1"},
    {7, "sect233r1"},
    {8, "sect239k1"},
    {9, "sect283k1"},
    {10, "sect283r1"},
    {11, "sect409k1"},
    {12, "sect409r1"},
    {13, "sect571k1"},
    {14, "sect571r1"},
    {15, "secp160k1"},
    {16, "secp160r1"},
    {17, "secp160r2"},
    {18, "secp192k1"},
    {19, "secp192r1"},
    {20, "secp224k1"},
    {21, "secp224r1"},
    {22, "secp256k1"},
    {23, "secp256r1"},
    {24, "secp384r1"},
    {25, "secp521r1"},
    {26, "brainpoolP256r1"},
    {27, "brainpoolP384r1"},
    {28, "brainpoolP512r1"},
    {29, "x25519"},
    {30, "x448"},
    {31, "brainpoolP256r1tls13"},
    {32, "brainpoolP384r1tls13"},
    {33, "brainpoolP512r1tls13"},
    {34, "GC256A"},
    {35, "GC256B"},
    {36, "GC256C"},
    {37, "GC256D"},
    {38, "GC512A"},
    {39, "GC512B"},
    {40, "GC512C"},
    {41, "curveSM2"},
    {256, "ffdhe2048"},
    {257, "ffdhe3072"},
    {258, "ffdhe4096"},
    {259, "ffdhe6144"},
    {260, "ffdhe8192"},
    {0x0200, "MLKEM512"},
    {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},
    {0x11EB, "SecP256r1MLKEM768"},
    {0x11EC, "X25519MLKEM768"},
    {0x11ED, "SecP384r1MLKEM1024"},
    {0x6399, "X25519Kyber768Draft00"},
    {0x639A, "SecP256r1Kyber768Draft00"},
    {0xFF01, "arbitrary_explicit_prime_curves"},
    {0xFF02, "arbitrary_explicit_char2_curves"},
};

static const struct entry group_aliases[] = {
    {19, "P-192"},
    {21, "P-224"},
    {23, "P-256"},
    {23, "P256"},
    {23, "prime256v1"},
    {24, "P-384"},
    {24, "P384"},
    {25, "P-521"},
    {25, "P521"},
    {29, "Curve25519"},
    {30, "Curve448"},
};

static const struct entry versions[] = {
    {0x0002, "SSLv2"},
    {0x0300, "SSLv3"},
    {0x0301, "TLSv1.0"},
    {0x0302, "TLSv1.1"},
    {0x0303, "TLSv1.2"},
    {0x0304, "TLSv1.3"},
    {0xFEFF, "DTLSv1.0"},
    {0xFEFD, "DTLSv1.2"},
    {0xFEFC, "DTLSv1.3"},
};

static const struct entry version_aliases[] = {
    {0x0300, "ssl3"},
    {0x0301, "TLSv1"},
    {0x0301, "tls1"},
    {0x0301, "tls1.0"},
    {0x0301, "TLS 1.0"},
    {0x0301, "1.0"},
    {0x0301, "TLSv1_0"},
    {0x0302, "tls1.1"},
    {0x0302, "TLS 1.1"},
    {0x0302, "1.1"},
    {0x0302, "TLSv1_1"},
    {0x0303, "tls1.2"},
    {0x0303, "TLS 1.2"},
    {0x0303, "1.2"},
    {0x0303, "TLSv1_2"},
    {0x0304, "tls1.3"},
    {0x0304, "TLS 1.3"},
    {0x0304, "1.3"},
    {0x0304, "TLSv1_3"},
};

static const struct entry extension_aliases[] = {
    {16, "alpn"},
    {10, "elliptic_curves"},
};

/* RFC 5246 section 7.4.4, RFC 8422 section 5.5. */
static const struct entry certificate_types[] = {
    {1, "rsa_sign"},
    {2, "dss_sign"},
    {3, "rsa_fixed_dh"},
    {4, "dss_fixed_dh"},
    {5, "rsa_ephemeral_dh"},
    {6, "dss_ephemeral_dh"},
    {20, "fortezza_dms"},
    {64, "ecdsa_sign"},
    {65, "rsa_fixed_ecdh"},
    {66, "ecdsa_fixed_ecdh"},
    {67, "gost_sign256"},
    {68, "gost_sign512"},
};

static const struct entry point_formats[] = {
    {0, "uncompressed"},
    {1, "ansiX962_compressed_prime"},
    {2, "ansiX962_compressed_char2"},
};

static const struct entry compression_methods[] = {
    {0, "null"},
    {1, "DEFLATE"},
    {64, "LZS"},
};

static const struct entry certificate_formats[] = {
    {0, "x509"},
    {2, "raw_public_key"},
};

/* RFC 8879 section 7.3; best first. */
static const struct entry certificate_compression[] = {
    {2, "brotli"},
    {3, "zstd"},
    {1, "zlib"},
};

static const struct entry psk_modes[] = {
    {0, "psk_ke"},
    {1, "psk_dhe_ke"},
};

static const struct entry content_types[] = {
    {20, "change_cipher_spec"},
    {21, "alert"},
    {22, "handshake"},
    {23, "application_data"},
    {24, "heartbeat"},
};

#define TABLE(array) (array), sizeof(array) / sizeof(array)[0]

static const struct {
    const struct entry *entries;
    size_t count;
    const struct entry *aliases;
    size_t alias_count;
    enum { GREASE_NONE, GREASE_16, GREASE_PSK_MODE } grease;
} registries[TLS_REGISTRY_COUNT] = {
    {TABLE(handshake_types), NULL, 0, GREASE_NONE},
    {TABLE(alerts), NULL, 0, GREASE_NONE},
    {TABLE(alert_levels), NULL, 0, GREASE_NONE},
    {TABLE(extensions), TABLE(extension_aliases), GREASE_16},
    {TABLE(signature_schemes), TABLE(signature_scheme_aliases), GREASE_16},
    {TABLE(groups), TABLE(group_aliases), GREASE_16},
    {TABLE(versions), TABLE(version_aliases), GREASE_16},
    {TABLE(certificate_types), NULL, 0, GREASE_NONE},
    {TABLE(point_formats), NULL, 0, GREASE_NONE},
    {TABLE(compression_methods), NULL, 0, GREASE_NONE},
    {TABLE(certificate_compression), NULL, 0, GREASE_NONE},
    {TABLE(psk_modes), NULL, 0, GREASE_PSK_MODE},
    {TABLE(content_types), NULL, 0, GREASE_NONE},
    {TABLE(certificate_formats), NULL, 0, GREASE_NONE},
};

int
tls_is_grease(unsigned id)
{
    return id <= 0xFFFF && (id & 0x0F0F) == 0x0A0A && (id >> 8) == (id & 0xFF);
}

const char *
tls_registry_name(enum tls_registry registry, unsigned id)
{
    size_t i;

    if ((unsigned)registry >= TLS_REGISTRY_COUNT)
        return NULL;
    for (i = 0; i < registries[registry].count; i++)
        if (registries[registry].entries[i].id == id)
            return registries[registry].entries[i].name;
    if (registries[registry].grease == GREASE_16 && tls_is_grease(id))
        return "GREASE";
    /* RFC 8701 section 2: 0x0B, 0x2A, 0x49 … 0xE4. */
    if (registries[registry].grease == GREASE_PSK_MODE && id <= 0xE4 && id % 0x1F == 0x0B)
        return "GREASE";
    return NULL;
}

/* ASCII only: the C library's functions would ask the locale. */
static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

int
tls_equal_ignoring_case(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static int
find_name(const struct entry *entries, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (tls_equal_ignoring_case(entries[i].name, name))
            return (int)entries[i].id;
    return -1;
}

int
tls_registry_id(enum tls_registry registry, const char *name)
{
    int id;

    if ((unsigned)registry >= TLS_REGISTRY_COUNT)
        return -1;
    id = find_name(registries[registry].entries, registries[registry].count, name);
    if (id < 0)
        id = find_name(registries[registry].aliases, registries[registry].alias_count, name);
    return id;
}

int
tls_registry_entry(enum tls_registry registry, size_t index, unsigned *id, const char **name)
{
    if ((unsigned)registry >= TLS_REGISTRY_COUNT || index >= registries[registry].count)
        return 0;
    *id = registries[registry].entries[index].id;
    *name = registries[registry].entries[index].name;
    return 1;
}

enum tls_scheme_kind
tls_scheme_kind_of(unsigned scheme)
{
    switch (scheme) {
    case TLS_SCHEME_RSA_PSS_RSAE_SHA256:
    case TLS_SCHEME_RSA_PSS_RSAE_SHA384:
    case TLS_SCHEME_RSA_PSS_RSAE_SHA512:
        return TLS_SCHEME_KIND_RSA_PSS_RSAE;
    case TLS_SCHEME_RSA_PSS_PSS_SHA256:
    case TLS_SCHEME_RSA_PSS_PSS_SHA384:
    case TLS_SCHEME_RSA_PSS_PSS_SHA512:
        return TLS_SCHEME_KIND_RSA_PSS_PSS;
    case TLS_SCHEME_ED25519:
    case TLS_SCHEME_ED448:
        return TLS_SCHEME_KIND_EDDSA;
    default:
        break;
    }
    /* RFC 5246 section 7.4.1.4.1: hashes 1 (MD5) to 6 (SHA-512). */
    if (scheme >> 8 < 1 || scheme >> 8 > 6)
        return TLS_SCHEME_KIND_UNKNOWN;
    switch (scheme & 0xFF) {
    case 1:
        return TLS_SCHEME_KIND_RSA_PKCS1;
    case 2:
        return TLS_SCHEME_KIND_DSA;
    case 3:
        return TLS_SCHEME_KIND_ECDSA;
    default:
        return TLS_SCHEME_KIND_UNKNOWN;
    }
}

int
tls_scheme_hash(unsigned scheme)
{
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_RSA_PKCS1:
    case TLS_SCHEME_KIND_DSA:
    case TLS_SCHEME_KIND_ECDSA:
        return (int)(scheme >> 8);
    case TLS_SCHEME_KIND_RSA_PSS_RSAE:
        return (int)(scheme - TLS_SCHEME_RSA_PSS_RSAE_SHA256) + TLS_HASH_SHA256;
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        return (int)(scheme - TLS_SCHEME_RSA_PSS_PSS_SHA256) + TLS_HASH_SHA256;
    default:
        return 0;
    }
}
