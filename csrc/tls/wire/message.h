/* message.h - handshake messages as plain structs: bytes to struct and back. Pure: parsing touches
 * no state and allocates nothing; every tls_bytes is a view of the input. Parsing is strict: no
 * trailing bytes, every vector within its bounds. Field names are the RFCs' own.
 *
 * parse and build use the same structs, so parse(build(x)) gives x, and build(parse(m)) gives m.
 * Builders check nothing but lengths: a scripted peer may build what no honest one would send. */
#ifndef TLS_MESSAGE_H
#define TLS_MESSAGE_H

#include "base/bytes.h"
#include "wire/codec.h"
#include "wire/extension.h"
#include "wire/registry.h"
#include "wire/suite.h"

TLS_PUBLIC_BEGIN

#define TLS_HANDSHAKE_HEADER_LENGTH 4
#define TLS_RANDOM_LENGTH 32
#define TLS_SESSION_ID_MAXIMUM 32
/* ServerHello.random of a HelloRetryRequest (RFC 8446 section 4.1.3). */
extern const unsigned char tls_hello_retry_request_random[TLS_RANDOM_LENGTH];

/* Which of the two hellos of Encrypted ClientHello one is (RFC 9849 section 5). */
enum tls_ech_type { TLS_ECH_NONE, TLS_ECH_OUTER, TLS_ECH_INNER };

/* RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2. */
typedef struct tls_client_hello {
    unsigned legacy_version;
    tls_bytes random; /* 32 bytes */
    tls_bytes session_id;
    tls_u16_list cipher_suites;
    tls_bytes compression_methods;
    int has_extensions; /* the block may be absent altogether */
    tls_bytes extensions;

    /* What the extensions say; builders do not read these. Empty when absent. */
    unsigned max_version; /* the highest of SSL 3.0 … TLS 1.3 in supported_versions, 0 if there
                                 is none of these; without the extension legacy_version, 0x0303 when
                                 that is above (RFC 8446 section 4.2.1) */
    tls_bytes server_name;
    tls_bytes alpn; /* walk with tls_protocol_next */
    tls_u16_list supported_versions;
    tls_u16_list supported_groups;
    tls_u16_list signature_algorithms;
    tls_u16_list signature_algorithms_cert;
    tls_u16_list compress_certificate;
    tls_bytes certificate_authorities; /* DNs: walk with tls_vector16_next */
    tls_bytes ec_point_formats;
    tls_bytes key_shares; /* walk with tls_key_share_next */
    tls_bytes psk_key_exchange_modes;
    tls_bytes psk_identities; /* walk with tls_psk_identity_next */
    tls_bytes psk_binders;    /* each a vector8 */
    tls_bytes session_ticket; /* empty when absent or when the client asks for one */
    tls_bytes cookie;
    tls_bytes client_certificate_types, server_certificate_types; /* RFC 7250; empty: X.509 */
    int has_key_share; /* the extension is there, perhaps empty (RFC 8446 section 4.2.8) */
    int psk_offered, early_data_offered, session_ticket_offered;
    int extended_master_secret, encrypt_then_mac, signed_certificate_timestamp;
    int status_request; /* of type ocsp */
    int post_handshake_auth;
    int ticket_request; /* RFC 9149: with the two counts */
    unsigned new_session_count, resumption_count;
    int secure_renegotiation;     /* by renegotiation_info or by SCSV (RFC 5746 section 3.6) */
    int fallback;                 /* TLS_FALLBACK_SCSV (RFC 7507) */
    unsigned max_fragment_length; /* 0, or bytes: 512 … 4096 (RFC 6066 section 4) */
    unsigned record_size_limit;   /* 0, or RFC 8449's */
    enum tls_ech_type ech;        /* RFC 9849 */
    tls_bytes ech_data;           /* its extension_data: ech.h reads it */
    tls_hello_faults faults;      /* tls_client_hello_fault */
} tls_client_hello;

/* RFC 5246 section 7.4.1.3, RFC 8446 sections 4.1.3 and 4.1.4. */
typedef struct tls_server_hello {
    unsigned legacy_version;
    tls_bytes random;
    tls_bytes session_id;
    unsigned cipher_suite;
    unsigned compression_method;
    int has_extensions;
    tls_bytes extensions;

    /* Derived. */
    int is_hello_retry_request;
    unsigned place;   /* TLS_IN_SERVER_HELLO_12, _13 or TLS_IN_HELLO_RETRY_REQUEST */
    unsigned version; /* negotiated: supported_versions, else legacy_version */
    unsigned group;   /* key_share's, or 0 */
    tls_bytes key_share;
    tls_bytes cookie; /* HelloRetryRequest */
    int psk_selected; /* then selected_identity is the index */
    unsigned selected_identity;
    tls_bytes alpn; /* the one name selected; empty when none */
    int extended_master_secret, encrypt_then_mac, session_ticket, status_request;
    int secure_renegotiation;
    tls_bytes renegotiated_connection;
    /* The last 8 bytes of random (RFC 8446 section 4.1.3), sent by a server that negotiates less
     * than it could: at least 0x0304 for "DOWNGRD\1", at least 0x0302 for "DOWNGRD\0"; else 0. */
    unsigned downgrade_sentinel;
} tls_server_hello;

/* RFC 8446 section 4.3.1. */
typedef struct tls_encrypted_extensions {
    tls_bytes extensions;
    tls_bytes alpn;
    int early_data;
    int ticket_request; /* RFC 9149: expected_count says how many tickets will come */
    unsigned expected_count;
} tls_encrypted_extensions;

/* RFC 5246 section 7.4.2, RFC 8446 section 4.4.2. The list is walked with tls_certificate_next,
 * which gives the DER of each certificate, leaf first, and in TLS 1.3 its extensions. */
typedef struct tls_certificate_message {
    int is_13;
    tls_bytes certificate_request_context; /* TLS 1.3 */
    tls_bytes certificate_list;            /* without its length prefix */
    size_t certificate_count;
} tls_certificate_message;

typedef struct tls_certificate_entry {
    tls_bytes certificate;
    tls_bytes extensions; /* TLS 1.3 */
} tls_certificate_entry;

int tls_certificate_next(tls_reader *reader, tls_certificate_entry *entry, int is_13);

/* RFC 8879 section 4: a Certificate's body, compressed. */
typedef struct tls_compressed_certificate {
    unsigned algorithm;
    size_t uncompressed_length;
    tls_bytes compressed_certificate_message;
} tls_compressed_certificate;

/* RFC 6066 section 8. */
typedef struct tls_certificate_status {
    unsigned status_type; /* 1: ocsp */
    tls_bytes response;
} tls_certificate_status;

/* RFC 8422 section 5.4: ECDHE over a named curve. RFC 5246 section 7.4.3: DHE, whose numbers are
 * big-endian and may begin with zeros. */
typedef struct tls_server_key_exchange {
    enum tls_key_exchange kind; /* DHE; builders take everything else for ECDHE */
    unsigned group;             /* from here ECDHE */
    tls_bytes point;
    tls_bytes dh_p, dh_g, dh_Ys; /* DHE */
    tls_bytes params; /* the part that is signed, after both randoms; builders do not read it */
    int has_scheme;   /* TLS 1.2; below, the key's kind decides (RFC 4346 section 7.4.3) */
    unsigned scheme;
    tls_bytes signature;
} tls_server_key_exchange;

/* RFC 5246 section 7.4.4, RFC 8446 section 4.3.2. */
typedef struct tls_certificate_request_message {
    int is_13;
    tls_bytes certificate_types;  /* up to TLS 1.2 */
    int has_signature_algorithms; /* TLS 1.2 and up */
    tls_u16_list signature_algorithms;
    tls_bytes certificate_authorities; /* DNs: walk with tls_vector16_next */
    size_t authority_count;
    tls_u16_list signature_algorithms_cert, compress_certificate; /* TLS 1.3 */
    tls_bytes certificate_request_context;                        /* TLS 1.3 */
    tls_bytes extensions; /* TLS 1.3; builders take all from here then */
} tls_certificate_request_message;

/* RFC 5246 section 7.4.7, RFC 8422 section 5.7. */
typedef struct tls_client_key_exchange {
    enum tls_key_exchange kind;
    tls_bytes encrypted_premaster; /* RSA */
    tls_bytes dh_Yc;               /* DHE */
    tls_bytes point; /* ECDHE and ECDH; empty: implicit, it is in the client's certificate */
} tls_client_key_exchange;

/* RFC 5246 section 7.4.8, RFC 8446 section 4.4.3. */
typedef struct tls_certificate_verify {
    int has_scheme; /* TLS 1.2 and up */
    unsigned scheme;
    tls_bytes signature;
} tls_certificate_verify;

/* RFC 5077 section 3.3, RFC 8446 section 4.6.1. */
typedef struct tls_new_session_ticket {
    int is_13;
    uint32_t lifetime; /* seconds; TLS 1.2: a hint */
    tls_bytes ticket;  /* TLS 1.2: may be empty, the server changed its mind */
    uint32_t age_add;  /* from here TLS 1.3 */
    tls_bytes nonce;
    tls_bytes extensions;
    uint32_t max_early_data; /* 0: none */
} tls_new_session_ticket;

typedef struct tls_message {
    enum tls_handshake_type type;
    tls_bytes raw;  /* with the header */
    tls_bytes body; /* without */
    union {
        tls_client_hello client_hello;
        tls_server_hello server_hello; /* also HelloRetryRequest */
        tls_encrypted_extensions encrypted_extensions;
        tls_certificate_message certificate;
        tls_compressed_certificate compressed_certificate;
        tls_certificate_status certificate_status;
        tls_server_key_exchange server_key_exchange;
        tls_certificate_request_message certificate_request;
        tls_client_key_exchange client_key_exchange;
        tls_certificate_verify certificate_verify;
        tls_bytes verify_data; /* finished */
        tls_new_session_ticket new_session_ticket;
        int update_requested; /* key_update */
        /* hello_request, server_hello_done, end_of_early_data: nothing */
    } u;
} tls_message;

/* tls_message_header splits the first message off `input`. Returns 1 when it is all there; 0 when
 * more bytes are needed, and then *length (may be NULL) is the whole length that is needed when the
 * header is there, else 0. The caller caps the length. */
int tls_message_header(tls_bytes input, unsigned *type, size_t *length);

/* A set of message types: what may come in a state. */
#define TLS_MESSAGE_BIT(type) ((uint32_t)1 << (type))
/* tls_message_limit: the longest body of a message that is read; the caller knows a lower one for
 * ClientHello. */
size_t tls_message_limit(unsigned type);
/* The longest body of a ClientHello that its vectors allow (RFC 8446 section 4.1.2). */
#define TLS_CLIENT_HELLO_MAXIMUM                                                                   \
    ((size_t)2 + TLS_RANDOM_LENGTH + 1 + TLS_SESSION_ID_MAXIMUM + 2 + 65534 + 1 + 255 + 2 + 65535)

/* tls_message_parse reads one whole message, header included. `version` is the negotiated one (0
 * while unknown: read as TLS 1.2), `suite` the negotiated one (0 while unknown: a message that
 * depends on it is then UNEXPECTED_MESSAGE). DECODE when malformed; ILLEGAL_PARAMETER for a value
 * that its RFC forbids; UNEXPECTED_MESSAGE for a type that is unknown or that the version or the
 * suite does not have; for a ClientHello what tls_client_hello_fault says, unless the version is 0.
 * `message` is zeroed first, and usable up to the fault only for `type` and
 * `raw`. */
enum tls_reason tls_message_parse(
    tls_message *message, tls_bytes raw, unsigned version, unsigned suite);

/* tls_compressed_certificate_expand appends the whole Certificate message, header included, to
 * `out`, which is empty, and parses it into `message`, whose views lead there. BAD_COMPRESSION when
 * it cannot be had, or would be longer than a Certificate may be. */
enum tls_reason tls_compressed_certificate_expand(
    tls_buffer *out, tls_message *message, const tls_compressed_certificate *compressed);

/* The same for one type, where the caller knows what it has. */
enum tls_reason tls_client_hello_parse(tls_client_hello *hello, tls_bytes raw);
enum tls_reason tls_server_hello_parse(tls_server_hello *hello, tls_bytes raw);

/* tls_client_hello_fault: a ClientHello that offers both TLS 1.3 and what came before may break the
 * rules of an extension that only one of them reads (RFC 8446 section 4.1.2: servers ignore what
 * they do not recognize). It is parsed; this is what is wrong with it once the version is chosen,
 * or TLS_OK. */
enum tls_reason tls_client_hello_fault(const tls_client_hello *hello, unsigned version);

/* tls_server_hello_check_offered: UNSUPPORTED_EXTENSION and `culprit` (may be NULL) when the
 * ServerHello or HelloRetryRequest has an extension that the client did not offer (RFC 5246
 * section 7.4.1.4). */
enum tls_reason tls_server_hello_check_offered(
    const tls_server_hello *hello, const tls_client_hello *offer, unsigned *culprit);

/* ---- Building: each appends a whole message, header included. Returns tls_write_result. ---- */
/* tls_message_build builds whatever message->type says from message->u. */
enum tls_reason tls_message_build(tls_buffer *out, const tls_message *message);
enum tls_reason tls_client_hello_build(tls_buffer *out, const tls_client_hello *hello);
enum tls_reason tls_server_hello_build(tls_buffer *out, const tls_server_hello *hello);
/* tls_handshake_build: any type around a body already encoded. */
enum tls_reason tls_handshake_build(tls_buffer *out, unsigned type, tls_bytes body);
/* tls_certificate_message_build: from the certificates, leaf first; extensions are written when
 * is_13. */
enum tls_reason tls_certificate_message_build(tls_buffer *out, int is_13, tls_bytes context,
    const tls_certificate_entry *entries, size_t count);

/* A ClientHello from options; an extension whose field is empty is left out, but for the flags. */
typedef struct tls_client_hello_options {
    unsigned legacy_version;     /* 0: 0x0303 */
    const unsigned char *random; /* 32 bytes */
    tls_bytes session_id;
    const uint16_t *suites;
    size_t suite_count;
    tls_bytes compression_methods; /* empty: null alone */
    tls_bytes server_name;
    const uint16_t *groups;
    size_t group_count;
    tls_bytes point_formats; /* bytes 0 … */
    const uint16_t *signature_schemes;
    size_t signature_scheme_count;
    const uint16_t *versions; /* supported_versions */
    size_t version_count;
    const tls_bytes *alpn;
    size_t alpn_count;
    int renegotiation_info; /* with renegotiated_connection, empty the first time */
    tls_bytes renegotiated_connection;
    int extended_master_secret;
    int session_ticket; /* with `ticket`, empty to ask for one */
    tls_bytes ticket;
    int status_request;
    tls_bytes extensions;   /* already encoded, appended last */
    int without_extensions; /* no block at all */
} tls_client_hello_options;

enum tls_reason tls_client_hello_build_options(
    tls_buffer *out, const tls_client_hello_options *options);

/* ---- The two other content types of the handshake, without a handshake header ---- */
typedef struct tls_alert_message {
    unsigned level;
    unsigned description;
} tls_alert_message;

/* tls_alert_parse: exactly two bytes (DECODE); level warning or fatal (ILLEGAL_PARAMETER). */
enum tls_reason tls_alert_parse(tls_alert_message *alert, tls_bytes content);
enum tls_reason tls_alert_build(tls_buffer *out, unsigned level, unsigned description);
/* tls_change_cipher_spec_parse: the one byte 1 (RFC 5246 section 7.1), else DECODE. */
enum tls_reason tls_change_cipher_spec_parse(tls_bytes content);

TLS_PUBLIC_END

#endif
