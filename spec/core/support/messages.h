/* messages.h - what holds for every handshake message: what parses is built again to the same
 * bytes, its prefixes do not parse, nothing may trail, and no mutation breaks the parser. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "wire/message.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define EC_SUITE 0xC02F  /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
#define RSA_SUITE 0x009C /* TLS_RSA_WITH_AES_128_GCM_SHA256 */
/* 32 bytes, as digits for from_hex. */
#define R32 "4142434445464748494a4b4c4d4e4f505152535455565758595a303132333435"

/* These read every byte that a parsed value shows, for the sanitizers to see. */
void touch_extension_value(const tls_extension_value *value);
void touch_extensions(tls_bytes block, unsigned place);

void check_message(tls_bytes raw, unsigned version, unsigned suite, const char *what);

/* Builds it, checks it, and keeps it. */
void check_built_message(
    const tls_message *message, unsigned version, unsigned suite, const char *what);

/* message_rebuilds parses and, when that went well, builds: 0 when the bytes differ. `parsed` says
 * whether it went well. */
int message_rebuilds(tls_bytes raw, unsigned version, unsigned suite, int *parsed);

/* message_keep remembers a message for check_mutations, which mutates all of them, and forgets
 * them. */
void message_keep(tls_bytes raw, unsigned version, unsigned suite);
void check_mutations(unsigned rounds);

#endif
