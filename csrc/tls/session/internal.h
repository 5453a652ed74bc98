/* internal.h - the inside of tls_session, and the server's cache of sessions. */
#ifndef TLS_SESSION_INTERNAL_H
#define TLS_SESSION_INTERNAL_H

#include "session/session.h"

#define TLS_SESSION_ID_MAXIMUM 32
#define TLS_MASTER_SECRET_LENGTH 48
#define TLS_POLICY_LENGTH 32

/* How the peer of a session was judged. A handler's acceptance is not the library's. */
enum tls_verification_level { TLS_LEVEL_NONE, TLS_LEVEL_ACCEPTED, TLS_LEVEL_VERIFIED };

struct tls_session {
    unsigned references;
    enum tls_role role;
    unsigned version;
    unsigned suite;
    unsigned char id[TLS_SESSION_ID_MAXIMUM];
    size_t id_length;
    /* TLS 1.3: the PSK, which is as long as the suite's hash. */
    unsigned char master_secret[TLS_MASTER_SECRET_LENGTH];
    /* What the session may be resumed under: tls_context_policy of the connection that made it. */
    unsigned char policy[TLS_POLICY_LENGTH];
    enum tls_verification_level level;
    /* What the peer's chain was found to be, and by what: tls_context_judge. */
    int judged;
    enum tls_reason verdict;
    unsigned char judge[TLS_POLICY_LENGTH];
    int64_t created;
    int64_t expires;
    int extended_master_secret; /* RFC 7627: resumption may not change it */
    /* TLS 1.3 (RFC 8446 section 4.6.1). */
    uint32_t age_add;
    uint32_t max_early_data;
    int64_t issued;    /* milliseconds since the epoch: when the ticket was made or came */
    tls_buffer ticket; /* client: what the server gave for it; empty: resumed by ID */
    char *server_name; /* "" when none */
    tls_buffer alpn;
    tls_buffer peer_key_info;         /* of a peer with a raw public key; else empty */
    tls_certificate_list *peer_chain; /* NULL when the peer sent none */
    /* Server: the binding to the certificate that it showed (RFC 5929 section 4.1), which a resumed
     * handshake does not choose again. */
    unsigned char end_point[TLS_FINGERPRINT_MAXIMUM];
    size_t end_point_length;
};

/* tls_session_copy makes an unshared copy of everything but the ticket. NULL without memory. */
tls_session *tls_session_copy(const tls_session *session);
/* tls_session_new makes a session with copies of everything; the other fields are the caller's to
 * fill before it is shared. NULL without memory. */
tls_session *tls_session_new(const char *server_name, tls_bytes alpn, tls_certificate_list *chain);

/* tls_session_fits: may `session` be resumed by a side of this role, name and policy, which
 * requires this level of verification, at this time? */
int tls_session_fits(const tls_session *session, enum tls_role role, const char *server_name,
    const unsigned char policy[TLS_POLICY_LENGTH], enum tls_verification_level required,
    int64_t now);

/* A cache of at most `capacity` keys, least recently used out first: a server's has one session for
 * each ID, a client's up to so many for each server name. */
typedef struct tls_session_cache tls_session_cache;
enum tls_session_key { TLS_SESSIONS_BY_ID, TLS_SESSIONS_BY_NAME };
#define TLS_SESSIONS_PER_NAME 4 /* servers of TLS 1.3 give two tickets or so at once */
/* tls_session_cache_new returns NULL without memory. */
tls_session_cache *tls_session_cache_new(size_t capacity, enum tls_session_key by);
void tls_session_cache_free(tls_session_cache *cache);
/* tls_session_cache_store takes a count of its own; without memory, and without a key, it stores
 * nothing. */
void tls_session_cache_store(tls_session_cache *cache, const tls_session *session);
/* tls_session_cache_list: borrowed sessions, the newest first, and how many; expired ones are
 * dropped on the way. tls_session_cache_find: the one of an ID, or NULL. */
size_t tls_session_cache_list(tls_session_cache *cache, tls_bytes key, int64_t now,
    tls_session *found[TLS_SESSIONS_PER_NAME]);
tls_session *tls_session_cache_find(tls_session_cache *cache, tls_bytes id, int64_t now);
/* tls_session_cache_drop forgets a session, by its ID or, where they are kept by name, itself. */
void tls_session_cache_drop(tls_session_cache *cache, const tls_session *session);
/* tls_session_cache_forget: all of a key. */
void tls_session_cache_forget(tls_session_cache *cache, tls_bytes key);
void tls_session_cache_clear(tls_session_cache *cache);
size_t tls_session_cache_count(const tls_session_cache *cache);

#endif
