/* local_certificate.h - which credential a side authenticates with, the chain that it shows, and
 * the signature that its key makes, here or elsewhere. */
#ifndef TLS_LOCAL_CERTIFICATE_H
#define TLS_LOCAL_CERTIFICATE_H

#include "handshake/handshake.h"

/* tls_credential_fit: could the handshake be done with this credential? The engine's to say. */
typedef int (*tls_credential_fit)(void *data, const tls_credential *credential);

/* tls_pick_client_credential: the first of the context's that fits; one that a named authority
 * issued comes before one that none did (RFC 5246 section 7.4.6, RFC 8446 section 4.2.4), then one
 * whose chain is signed as the server wants it (section 4.2.3). NULL: none. */
const tls_credential *tls_pick_client_credential(const tls_handshake *handshake,
    const tls_certificate_request_message *request, tls_credential_fit fit, void *data);

/* tls_pick_server_credential goes through `preferences` (suites, signature schemes), and for each
 * through the context's credentials: those first whose certificate is for the client's server name,
 * then the first of all and others for the same names, then any; of these before others what
 * certificate_authorities and signature_algorithms_cert ask for; one that `select` chose is the
 * only one. *preference tells which. NULL: none. A client that asks for no name, or an unknown one,
 * gets the default certificate, in every version, and judges for itself. */
typedef int (*tls_credential_fit_for)(
    void *data, size_t preference, const tls_credential *credential);
const tls_credential *tls_pick_server_credential(const tls_handshake *handshake, size_t preferences,
    tls_credential_fit_for fit, void *data, size_t *preference);

/* tls_may_sign_13: whether some credential can sign in TLS 1.3 as the client wants it. Where it
 * asks for a pre-shared key, or does not say what it wants, that is another question. */
int tls_may_sign_13(const tls_handshake *handshake);

/* tls_decide_client_certificate asks `client_certificate`, or uses the answer: what a handler chose
 * is fixed in the terms. *ready is set when it is decided. KEY_MISMATCH, LIMIT. */
enum tls_reason tls_decide_client_certificate(
    tls_handshake *handshake, tls_bytes certificate_request, int *ready);

/* tls_show_credential keeps the chain of terms.credential as what this side has shown. */
enum tls_reason tls_show_credential(tls_handshake *handshake);

/* tls_ask_signature asks `sign` for a signature of `message`, whose hash `digest` is;
 * tls_take_signature uses the answer: *local says that the credential's own key is to sign.
 * SIGN_FAILED where that is elsewhere, and for a signature of no or too great a length.
 * tls_signs_elsewhere: the question must be asked. */
int tls_signs_elsewhere(const tls_handshake *handshake);
void tls_ask_signature(
    tls_handshake *handshake, unsigned scheme, int hash, tls_bytes message, tls_bytes digest);
enum tls_reason tls_take_signature(
    tls_handshake *handshake, const tls_answer *answer, tls_buffer *signature, int *local);

#endif
