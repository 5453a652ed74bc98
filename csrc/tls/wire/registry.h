/* registry.h - the numbers of TLS and the names that the RFCs and IANA's registries give them, both
 * ways. Cipher suites have a table of their own: suite.h. */
#ifndef TLS_REGISTRY_H
#define TLS_REGISTRY_H

#include <stddef.h>

#include "base/linkage.h"

TLS_PUBLIC_BEGIN

enum tls_version_number {
    TLS_VERSION_SSL30 = 0x0300,
    TLS_VERSION_10 = 0x0301,
    TLS_VERSION_11 = 0x0302,
    TLS_VERSION_12 = 0x0303,
    TLS_VERSION_13 = 0x0304
};

/* RFC 8446 section 4, RFC 5246 section 7.4, RFC 5077, RFC 6066. */
enum tls_handshake_type {
    TLS_HANDSHAKE_HELLO_REQUEST = 0,
    TLS_HANDSHAKE_CLIENT_HELLO = 1,
    TLS_HANDSHAKE_SERVER_HELLO = 2,
    TLS_HANDSHAKE_NEW_SESSION_TICKET = 4,
    TLS_HANDSHAKE_END_OF_EARLY_DATA = 5,
    TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
    TLS_HANDSHAKE_CERTIFICATE = 11,
    TLS_HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
    TLS_HANDSHAKE_CERTIFICATE_REQUEST = 13,
    TLS_HANDSHAKE_SERVER_HELLO_DONE = 14,
    TLS_HANDSHAKE_CERTIFICATE_VERIFY = 15,
    TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
    TLS_HANDSHAKE_FINISHED = 20,
    TLS_HANDSHAKE_CERTIFICATE_URL = 21,
    TLS_HANDSHAKE_CERTIFICATE_STATUS = 22,
    TLS_HANDSHAKE_KEY_UPDATE = 24,
    TLS_HANDSHAKE_COMPRESSED_CERTIFICATE = 25,
    TLS_HANDSHAKE_MESSAGE_HASH = 254
};

/* HashAlgorithm, RFC 5246 section 7.4.1.4.1; BearSSL calls them by the same numbers (br_*_ID).
 * MD5_SHA1, there "none", is MD5 and SHA-1 one behind the other, which RSA signs below TLS 1.2. */
enum tls_hash {
    TLS_HASH_MD5_SHA1 = 0,
    TLS_HASH_MD5 = 1,
    TLS_HASH_SHA1 = 2,
    TLS_HASH_SHA224 = 3,
    TLS_HASH_SHA256 = 4,
    TLS_HASH_SHA384 = 5,
    TLS_HASH_SHA512 = 6
};

enum tls_alert_level { TLS_ALERT_LEVEL_WARNING = 1, TLS_ALERT_LEVEL_FATAL = 2 };

/* IANA "TLS ExtensionType Values": those that the core knows how to read; the others have names. */
enum tls_extension_type {
    TLS_EXTENSION_SERVER_NAME = 0,
    TLS_EXTENSION_MAX_FRAGMENT_LENGTH = 1,
    TLS_EXTENSION_STATUS_REQUEST = 5,
    TLS_EXTENSION_SUPPORTED_GROUPS = 10,
    TLS_EXTENSION_EC_POINT_FORMATS = 11,
    TLS_EXTENSION_SIGNATURE_ALGORITHMS = 13,
    TLS_EXTENSION_USE_SRTP = 14,
    TLS_EXTENSION_HEARTBEAT = 15,
    TLS_EXTENSION_ALPN = 16,
    TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18,
    TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE = 19,
    TLS_EXTENSION_SERVER_CERTIFICATE_TYPE = 20,
    TLS_EXTENSION_PADDING = 21,
    TLS_EXTENSION_ENCRYPT_THEN_MAC = 22,
    TLS_EXTENSION_EXTENDED_MASTER_SECRET = 23,
    TLS_EXTENSION_COMPRESS_CERTIFICATE = 27,
    TLS_EXTENSION_RECORD_SIZE_LIMIT = 28,
    TLS_EXTENSION_DELEGATED_CREDENTIAL = 34,
    TLS_EXTENSION_SESSION_TICKET = 35,
    TLS_EXTENSION_PRE_SHARED_KEY = 41,
    TLS_EXTENSION_EARLY_DATA = 42,
    TLS_EXTENSION_SUPPORTED_VERSIONS = 43,
    TLS_EXTENSION_COOKIE = 44,
    TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
    TLS_EXTENSION_CERTIFICATE_AUTHORITIES = 47,
    TLS_EXTENSION_OID_FILTERS = 48,
    TLS_EXTENSION_POST_HANDSHAKE_AUTH = 49,
    TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50,
    TLS_EXTENSION_KEY_SHARE = 51,
    TLS_EXTENSION_TICKET_REQUEST = 58,
    TLS_EXTENSION_ECH_OUTER_EXTENSIONS = 0xFD00,
    TLS_EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xFE0D,
    TLS_EXTENSION_RENEGOTIATION_INFO = 0xFF01
};

/* RFC 8446 section 4.2.3. Below 0x0700 a scheme is also a pair of RFC 5246 section 7.4.1.4.1: the
 * hash in the high byte, the signature algorithm in the low one. */
enum tls_signature_scheme {
    TLS_SCHEME_RSA_PKCS1_SHA1 = 0x0201,
    TLS_SCHEME_ECDSA_SHA1 = 0x0203,
    TLS_SCHEME_RSA_PKCS1_SHA224 = 0x0301,
    TLS_SCHEME_ECDSA_SHA224 = 0x0303,
    TLS_SCHEME_RSA_PKCS1_SHA256 = 0x0401,
    TLS_SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
    TLS_SCHEME_RSA_PKCS1_SHA384 = 0x0501,
    TLS_SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
    TLS_SCHEME_RSA_PKCS1_SHA512 = 0x0601,
    TLS_SCHEME_ECDSA_SECP521R1_SHA512 = 0x0603,
    TLS_SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
    TLS_SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
    TLS_SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
    TLS_SCHEME_ED25519 = 0x0807,
    TLS_SCHEME_ED448 = 0x0808,
    TLS_SCHEME_RSA_PSS_PSS_SHA256 = 0x0809,
    TLS_SCHEME_RSA_PSS_PSS_SHA384 = 0x080A,
    TLS_SCHEME_RSA_PSS_PSS_SHA512 = 0x080B
};

/* IANA "TLS Supported Groups"; BearSSL calls the elliptic ones by the same numbers (BR_EC_*). */
enum tls_named_group {
    TLS_GROUP_SECP256R1 = 23,
    TLS_GROUP_SECP384R1 = 24,
    TLS_GROUP_SECP521R1 = 25,
    TLS_GROUP_X25519 = 29,
    TLS_GROUP_X448 = 30,
    TLS_GROUP_FFDHE2048 = 0x0100,
    TLS_GROUP_FFDHE3072 = 0x0101,
    TLS_GROUP_FFDHE4096 = 0x0102,
    TLS_GROUP_FFDHE6144 = 0x0103,
    TLS_GROUP_FFDHE8192 = 0x0104,
    TLS_GROUP_SECP256R1MLKEM768 = 0x11EB,
    TLS_GROUP_X25519MLKEM768 = 0x11EC,
    TLS_GROUP_SECP384R1MLKEM1024 = 0x11ED
};

/* The tables. [GREASE]: values of RFC 8701 exist there and are named so. */
enum tls_registry {
    TLS_REGISTRY_HANDSHAKE_TYPE,   /* "client_hello" … */
    TLS_REGISTRY_ALERT,            /* "close_notify" … */
    TLS_REGISTRY_ALERT_LEVEL,      /* "warning", "fatal" */
    TLS_REGISTRY_EXTENSION,        /* "server_name" … [GREASE] */
    TLS_REGISTRY_SIGNATURE_SCHEME, /* "ecdsa_secp256r1_sha256" … [GREASE]; also reads OpenSSL's
                                      "ECDSA+SHA256", "RSA-PSS+SHA256" */
    TLS_REGISTRY_GROUP,            /* "x25519" … [GREASE]; also reads "P-256", "prime256v1" … */
    TLS_REGISTRY_VERSION,          /* "TLSv1.2" … [GREASE]; also reads "1.2", "tls1.2", "TLSv1" */
    TLS_REGISTRY_CERTIFICATE_TYPE, /* ClientCertificateType: "rsa_sign", "ecdsa_sign" … */
    TLS_REGISTRY_POINT_FORMAT,     /* "uncompressed" … */
    TLS_REGISTRY_COMPRESSION,      /* "null", "DEFLATE" */
    TLS_REGISTRY_CERTIFICATE_COMPRESSION, /* "zlib", "brotli", "zstd" */
    TLS_REGISTRY_PSK_MODE,                /* "psk_ke", "psk_dhe_ke" [GREASE] */
    TLS_REGISTRY_CONTENT_TYPE,            /* "handshake", "application_data" … */
    TLS_REGISTRY_CERTIFICATE_FORMAT, /* "x509", "raw_public_key": RFC 7250's certificate types */
    TLS_REGISTRY_COUNT
};

/* tls_registry_name: the name of a number, or NULL when the registry has none. */
const char *tls_registry_name(enum tls_registry registry, unsigned id);
/* tls_registry_id: the number of a name or an alias, whatever the case; -1 when unknown. "GREASE"
 * is not one number and is unknown here. */
int tls_registry_id(enum tls_registry registry, const char *name);
/* tls_registry_entry walks a registry (without aliases): 1 and the entry, or 0 past the end. */
int tls_registry_entry(enum tls_registry registry, size_t index, unsigned *id, const char **name);

/* tls_is_grease: a 16-bit GREASE value (RFC 8701 section 2: 0x0A0A, 0x1A1A … 0xFAFA). */
int tls_is_grease(unsigned id);

/* tls_equal_ignoring_case compares two names; ASCII, whatever the locale. Returns 1 when equal. */
int tls_equal_ignoring_case(const char *a, const char *b);

/* Properties of a signature scheme; tls_scheme_hash: TLS_HASH_SHA1 … TLS_HASH_SHA512, 0 where the
 * scheme hashes by itself (EdDSA). */
enum tls_scheme_kind {
    TLS_SCHEME_KIND_UNKNOWN,
    TLS_SCHEME_KIND_RSA_PKCS1,
    TLS_SCHEME_KIND_RSA_PSS_RSAE,
    TLS_SCHEME_KIND_RSA_PSS_PSS,
    TLS_SCHEME_KIND_ECDSA,
    TLS_SCHEME_KIND_EDDSA,
    TLS_SCHEME_KIND_DSA
};
enum tls_scheme_kind tls_scheme_kind_of(unsigned scheme);
int tls_scheme_hash(unsigned scheme);

/* RFC 7250 section 3: what stands in a Certificate message. */
enum tls_certificate_type {
    TLS_CERTIFICATE_TYPE_X509 = 0,
    TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY = 2
};

TLS_PUBLIC_END

#endif
