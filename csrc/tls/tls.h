/* tls.h - the public interface of the TLS core: contexts, connections, sessions, stages, decisions,
 * trust and verification, in C99 and in C++, with nothing of BearSSL's. A host that makes or looks
 * into certificates includes also what it needs of issue/, x509/crl.h, x509/ocsp.h,
 * x509/hostname.h, key/key_encode.h, key/key_encrypted.h, key/key_generate.h, key/signature.h,
 * asn1/pem.h; one that reads messages, wire/message.h; names of numbers are in wire/registry.h and
 * wire/suite.h. Headers that are not between TLS_PUBLIC_BEGIN and TLS_PUBLIC_END are the core's
 * own.
 *
 * Driving it. There are no sockets and no callbacks: connection/connection.h shows the loop, and
 * examples/client.c is one whole client.
 *
 * Zero. Options are structs that are zeroed first; zero in every field is the safe choice, or none:
 * a zeroed client requires that its server verifies, and trusts nobody yet. What weakens, and a
 * client that checks no name, must be asked for.
 *
 * Memory and ownership. Everything comes from malloc. tls_X_new, _load, _decode and their like give
 * the caller one count of an object: tls_X_release gives it back, tls_X_retain takes another, and
 * whoever keeps an object (a context its trust store, a connection its context) holds a count of
 * its own. A tls_connection has one owner: tls_connection_free. Options, and what they point to,
 * need to live during the call only. A tls_bytes, a stage, a question, an info is a view: it is
 * valid until the next call on the object that gave it, or as its function says. A tls_buffer is
 * the caller's: tls_buffer_release. What runs out of memory says TLS_REASON_OUT_OF_MEMORY; a
 * connection that does fails. Keys and secrets are wiped before their memory is given back.
 *
 * Threads. Nothing here is global but the choice of kernels (kernel/choice.h), which is made once
 * and safely in any thread, and nothing locks. Counts are not atomic, and a context changes when it
 * is used (its pool of buffers, its sessions, digests that it keeps), also where it is asked a
 * question. So a context, its connections, and everything that they share with others - trust
 * store, certificates, keys, credentials, ticket keys, sessions, CRLs, OCSP responses - belong to
 * one thread at a time; to hand all of them over to another, or to guard all of them by one lock,
 * is fine. Contexts that share no object may be used in different threads at once: give each thread
 * objects of its own, loaded again from their files, and carry over sessions by tls_session_export
 * and keys by tls_ticket_keys_export, which are plain bytes. Functions on numbers, names and bytes
 * alone (tls_registry_*, tls_suite_*, tls_reason_*, parsers of messages) may be called in any
 * thread. */
#ifndef TLS_H
#define TLS_H

#include "connection/connection.h"

/* The library's own version - TLS_VERSION_12 and its like are the protocol's - as text, and as a
 * number for the preprocessor: major, minor, patch, a byte each. */
#define TLS_LIBRARY_VERSION "0.1.0"
#define TLS_LIBRARY_VERSION_NUMBER 0x000100

#endif
