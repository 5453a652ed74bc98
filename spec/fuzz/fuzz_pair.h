/* fuzz_pair.h - clients and servers for the targets that talk: contexts by a word of options, one
 * side driven until it waits, two sides joined. */
#ifndef FUZZ_PAIR_H
#define FUZZ_PAIR_H

#include "connection/internal.h"
#include "fuzz.h"

/* Bits of the word. What both sides must agree on is one bit for both. */
#define FUZZ_RSA 0x1u          /* the server's key; else P-256 */
#define FUZZ_MUTUAL 0x2u       /* the client has a certificate and must show it */
#define FUZZ_RETRY 0x4u        /* the server does not like the client's key share */
#define FUZZ_COOKIE 0x8u       /* and has a cookie */
#define FUZZ_PSK 0x10u         /* external */
#define FUZZ_EARLY 0x20u       /* early data, on a connection that resumes */
#define FUZZ_TICKET_KEYS 0x40u /* else the server keeps its sessions */
#define FUZZ_RESUME 0x80u      /* a whole handshake goes before */
#define FUZZ_LATE 0x100u       /* post-handshake authentication is offered */
#define FUZZ_ALPN 0x200u
#define FUZZ_NO_COMPATIBILITY 0x400u
#define FUZZ_EXTERNAL_KEY 0x800u
#define FUZZ_STAGES 0x1000u    /* both watch them all */
#define FUZZ_DECISIONS 0x2000u /* the same; the answers are in the input, where it has any */
#define FUZZ_SIZE_LIMIT 0x4000u
#define FUZZ_PADDING 0x8000u
#define FUZZ_UPDATES 0x10000u  /* keys are updated every few records */
#define FUZZ_FRAGMENT 0x20000u /* max_fragment_length */
#define FUZZ_PSK_KE 0x40000u
#define FUZZ_STAPLE 0x80000u
#define FUZZ_CHUNKS 0x100000u /* what is sent arrives in small pieces */
#define FUZZ_CLIENT_BREAKS 0x200000u
#define FUZZ_OPTIONAL 0x400000u /* verification */
#define FUZZ_RENEGOTIATE 0x800000u
#define FUZZ_SUITE_SHIFT 24        /* three bits: which suite, 0 for the default list */
#define FUZZ_FFDHE 0x8000000u      /* finite fields are all that both know */
#define FUZZ_VERSION_SHIFT 28      /* two bits: */
#define FUZZ_PSS 0x40000000u       /* the first scheme of both */
#define FUZZ_ELSEWHERE 0x80000000u /* what is resumed was had under other contexts */
enum fuzz_versions { FUZZ_13, FUZZ_12_13, FUZZ_12, FUZZ_10_12 };

static inline uint32_t
fuzz_with_versions(uint32_t options, enum fuzz_versions versions)
{
    return (options & ~(3u << FUZZ_VERSION_SHIFT)) | (uint32_t)versions << FUZZ_VERSION_SHIFT;
}

typedef struct fuzz_side {
    tls_connection *c;
    uint32_t options;
    uint64_t random;
    enum tls_event last;
    tls_private_key *key; /* behind an external one */
    tls_bytes *input;     /* of answers; may be NULL */
    tls_session *stored;  /* the last that session_store gave, for session_load */
    size_t received;      /* bytes of application data */
} fuzz_side;

typedef struct fuzz_pair {
    uint32_t options;
    tls_context *client_context, *server_context;
    tls_session *session; /* to resume */
    fuzz_side client, server;
} fuzz_pair;

int64_t fuzz_clock(void *data);
/* fuzz_pair_init makes both contexts; fuzz_pair_open the connections, after fuzz_pair_close others.
 */
void fuzz_pair_init(fuzz_pair *pair, uint32_t options);
void fuzz_pair_open(fuzz_pair *pair, tls_bytes *input);
void fuzz_pair_close(fuzz_pair *pair);
void fuzz_pair_release(fuzz_pair *pair);

/* fuzz_run steps one side until it waits, and reads what arrives; returns 1 if anything happened.
 */
int fuzz_run(fuzz_side *side);
/* fuzz_move carries what one side has to send; `recorded` (may be NULL) gets a copy. */
int fuzz_move(fuzz_side *from, fuzz_side *to, tls_buffer *recorded);
/* fuzz_pump runs and moves both until nothing happens any more. */
void fuzz_pump(fuzz_pair *pair, tls_buffer *from_client, tls_buffer *from_server);
/* fuzz_resume shakes hands once and keeps the client's session when the options say so. */
void fuzz_resume(fuzz_pair *pair);
/* fuzz_exercise asks a connection everything that can be asked at any time. */
void fuzz_exercise(fuzz_side *side);
/* fuzz_stream: one side alone, its peer is `data` (four bytes of options stand before it). */
void fuzz_stream(
    enum tls_role role, enum fuzz_versions versions, const unsigned char *data, size_t length);

#endif
