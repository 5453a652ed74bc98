/* issue_options.h - what is asked of the core in one table (a certificate, a request, a CRL), read
 * into the core's structs.
 *
 * Everything that the structs point into is held by one table on the stack, so no finalizer can
 * take it away. Misuse raises an error that names the option; a value that the core refuses (a
 * name, a serial number) is remembered, and tls_lua_issue_failed reports the first. */
#ifndef TLS_LUA_ISSUE_OPTIONS_H
#define TLS_LUA_ISSUE_OPTIONS_H

#include "tls.h"
#include "compat.h"
#include "issue/certificate_extensions.h"
#include "issue/signing_request.h"

typedef struct tls_lua_issue_options {
    int table;  /* the caller's options */
    int anchor; /* holds what the structs point into */
    int held;
    enum tls_reason reason; /* of the first value that was refused */
    const char *option;     /* its option */
} tls_lua_issue_options;

/* tls_lua_issue_begin checks that argument 1 is a table, drops the others and pushes the anchor.
 */
void tls_lua_issue_begin(lua_State *L, tls_lua_issue_options *fields);
/* tls_lua_issue_failed returns 0, or pushes nil, message, code and returns 3. */
int tls_lua_issue_failed(lua_State *L, const tls_lua_issue_options *fields);
/* tls_lua_issue_refuse remembers a reason, if it is the first and not TLS_OK. */
void tls_lua_issue_refuse(
    tls_lua_issue_options *fields, const char *option, enum tls_reason reason);

/* tls_lua_issue_hold pops a value and keeps it; _memory gives zeroed memory, _buffer an empty
 * buffer, both as long as the anchor lives. */
void tls_lua_issue_hold(lua_State *L, tls_lua_issue_options *fields);
void *tls_lua_issue_memory(lua_State *L, tls_lua_issue_options *fields, size_t count, size_t size);
tls_buffer *tls_lua_issue_buffer(lua_State *L, tls_lua_issue_options *fields);

/* Options that are objects: with a count of its own that lives as long as the anchor; NULL when nil
 * and not `needed`. */
const tls_certificate *tls_lua_issue_certificate(
    lua_State *L, tls_lua_issue_options *fields, const char *option, int needed);
const tls_private_key *tls_lua_issue_key(
    lua_State *L, tls_lua_issue_options *fields, const char *option, int needed);
const tls_certificate_request *tls_lua_issue_request(
    lua_State *L, tls_lua_issue_options *fields, const char *option);

/* Values of the table at `table` (absolute): a byte string; a serial or CRL number in hex, colons
 * allowed; a hash for signatures (0 when nil). Empty when nil. */
tls_bytes tls_lua_issue_bytes(
    lua_State *L, tls_lua_issue_options *fields, int table, const char *option);
tls_bytes tls_lua_issue_hex(
    lua_State *L, tls_lua_issue_options *fields, int table, const char *option);
int tls_lua_issue_hash(lua_State *L, tls_lua_issue_options *fields, const tls_private_key *key);
/* tls_lua_issue_list pushes the list of an option and returns its length; with nil it pushes nil
 * and returns 0. tls_lua_issue_element pushes its element, which must be a table. */
size_t tls_lua_issue_list(lua_State *L, int table, const char *option);
int tls_lua_issue_element(lua_State *L, int list, size_t i, const char *option);

/* tls_lua_issue_subject: an RFC 4514 text; or a list, most significant first, of { type, value },
 * or { oid = or name =, value =, joined = boolean } as certificate:subject() gives it. A whole
 * Name, or empty when nil. */
tls_bytes tls_lua_issue_subject(lua_State *L, tls_lua_issue_options *fields, const char *option);
/* tls_lua_issue_extensions reads key_usage, extended_key_usage, names, extensions, must_staple,
 * ca, path_length, name_constraints, ocsp_uris, issuer_uris, crl_uris, subject_key_identifier and
 * authority_key_identifier. */
void tls_lua_issue_extensions(
    lua_State *L, tls_lua_issue_options *fields, tls_extension_fields *out);
/* tls_lua_issue_extra reads a list of { oid =, critical =, value = DER }. */
const tls_extension_view *tls_lua_issue_extra(
    lua_State *L, tls_lua_issue_options *fields, const char *option, size_t *count);
/* tls_lua_hex_to_bytes appends the bytes of hex digits; returns 0 if the text is none. */
int tls_lua_hex_to_bytes(tls_buffer *out, tls_bytes text);

#endif
