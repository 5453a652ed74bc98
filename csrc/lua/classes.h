/* classes.h - the objects of the binding and how one file asks for another's.
 *
 * push makes a new object that holds a count of its own; check raises unless the argument is an
 * open object of the class (test returns NULL instead); what check returns is borrowed from the
 * object. */
#ifndef TLS_LUA_CLASSES_H
#define TLS_LUA_CLASSES_H

#include "helpers.h"

#define TLS_LUA_CERTIFICATE "bearssl.certificate"
#define TLS_LUA_REQUEST "bearssl.request"
#define TLS_LUA_CRL "bearssl.crl"
#define TLS_LUA_OCSP_RESPONSE "bearssl.ocsp_response"
#define TLS_LUA_KEY "bearssl.key"
#define TLS_LUA_TRUST "bearssl.trust"
#define TLS_LUA_SESSION "bearssl.session"
#define TLS_LUA_TICKET_KEYS "bearssl.ticket_keys"
#define TLS_LUA_CONTEXT "bearssl.context"
#define TLS_LUA_CONNECTION "bearssl.connection"

/* ---- certificate.c ---- */
void tls_lua_push_certificate(lua_State *L, const tls_certificate *certificate);
/* tls_lua_push_certificate_der parses; TLS_OK and the object, or the reason and nothing pushed. */
enum tls_reason tls_lua_push_certificate_der(lua_State *L, tls_bytes der);
/* tls_lua_new_certificate pushes an object without a certificate: the caller fills it at once. */
tls_certificate **tls_lua_new_certificate(lua_State *L);
tls_certificate *tls_lua_check_certificate(lua_State *L, int index);
tls_certificate *tls_lua_test_certificate(lua_State *L, int index);
/* tls_lua_push_chain pushes a list of certificate objects. */
void tls_lua_push_chain(lua_State *L, const tls_certificate *const *chain, size_t count);
void tls_lua_open_certificate(lua_State *L);

/* ---- certificate_more.c ---- */
/* tls_lua_push_name pushes { text = RFC 4514, der =, {oid=, name=, value=}… } of a Name element. */
void tls_lua_push_name(lua_State *L, tls_bytes name);
/* tls_lua_push_name_pair pushes the list of attributes and the text, and returns 2;
 * tls_lua_push_name_text the text. */
int tls_lua_push_name_pair(lua_State *L, tls_bytes name);
void tls_lua_push_name_text(lua_State *L, tls_bytes name);
/* What certificate:names(), :key_usage(), :extended_key_usage(), :extensions() return. */
void tls_lua_push_general_names(lua_State *L, tls_bytes names);
void tls_lua_push_key_usage(lua_State *L, const tls_certificate *certificate);
void tls_lua_push_extended_key_usage(lua_State *L, const tls_certificate *certificate);
void tls_lua_push_certificate_extensions(lua_State *L, const tls_certificate *certificate);
extern const luaL_Reg tls_lua_certificate_more_methods[];

/* ---- request.c ---- */
struct tls_certificate_request;
struct tls_certificate_request *tls_lua_test_request(lua_State *L, int index);
void tls_lua_open_request(lua_State *L);

/* ---- crl.c, ocsp.c ---- */
struct tls_crl *tls_lua_test_crl(lua_State *L, int index);
struct tls_ocsp_response *tls_lua_test_ocsp_response(lua_State *L, int index);
void tls_lua_open_crl(lua_State *L);
void tls_lua_open_ocsp(lua_State *L);

/* ---- revocation.c ---- */
/* Options of trust:verify and contexts. The lists push one value that holds what is returned. */
const struct tls_crl *const *tls_lua_option_crls(
    lua_State *L, int table, const char *name, size_t *count);
const struct tls_ocsp_response *const *tls_lua_option_ocsp_responses(
    lua_State *L, int table, const char *name, size_t *count);
const unsigned char (
    *tls_lua_option_pins(lua_State *L, int table, const char *name, size_t *count))[TLS_PIN_LENGTH];
int64_t tls_lua_option_clock_skew(lua_State *L, int table);
enum tls_revocation_mode tls_lua_option_revocation(lua_State *L, int table);
enum tls_staple_mode tls_lua_option_staple(lua_State *L, int table);
void tls_lua_open_revocation(lua_State *L);

/* ---- credential.c ---- */
/* tls_lua_check_chain reads a list of certificate objects and pushes a scratch userdata that holds
 * a count on each; the array lives as long. `what` names the argument or option for the error. */
const tls_certificate **tls_lua_check_chain(
    lua_State *L, int index, const char *what, size_t *count);
/* tls_lua_check_credential reads { chain = list, key = key object } and pushes one scratch userdata
 * that holds all of it. */
void tls_lua_check_credential(
    lua_State *L, int index, const char *what, tls_credential *credential);
/* tls_lua_option_credentials reads a list of such tables from an option and pushes one value that
 * holds all of it. */
const tls_credential *tls_lua_option_credentials(
    lua_State *L, int table, const char *name, size_t *count);
void tls_lua_open_credential(lua_State *L);

/* ---- key.c ---- */
tls_private_key *tls_lua_check_key(lua_State *L, int index);
tls_private_key *tls_lua_test_key(lua_State *L, int index);
void tls_lua_push_public_key(lua_State *L, const tls_public_key *key);
void tls_lua_open_key(lua_State *L);

/* ---- trust.c ---- */
tls_trust_store *tls_lua_check_trust(lua_State *L, int index);
tls_trust_store *tls_lua_test_trust(lua_State *L, int index);
void tls_lua_open_trust(lua_State *L);

/* ---- session.c ---- */
void tls_lua_push_session(lua_State *L, const tls_session *session);
tls_session *tls_lua_check_session(lua_State *L, int index);
tls_session *tls_lua_test_session(lua_State *L, int index);
void tls_lua_open_session(lua_State *L);

/* ---- ticket_keys.c ---- */
tls_ticket_keys *tls_lua_test_ticket_keys(lua_State *L, int index);
void tls_lua_open_ticket_keys(lua_State *L);

/* ---- context.c ---- */
/* A context object must be kept (slot) by whoever gives its tls_context to a connection: the core
 * reads the clock that stands inside the object. */
tls_context *tls_lua_check_context(lua_State *L, int index);
tls_context *tls_lua_test_context(lua_State *L, int index);
void tls_lua_open_context(lua_State *L);

/* ---- connection.c, connection_more.c, receive.c, descriptor.c ---- */
typedef struct tls_lua_connection {
    tls_connection *connection; /* NULL once freed */
    tls_buffer collected;       /* receive.c: what a pattern has so far */
    int plain_descriptor;       /* descriptor.c: 1 + the last descriptor found to be no socket */
    int busy;                   /* in how many tls_lua_guarded it is */
} tls_lua_connection;

/* Slots of a connection object. */
enum { TLS_LUA_SLOT_CONTEXT = 1, TLS_LUA_SLOT_SELECTED, TLS_LUA_SLOTS = TLS_LUA_SLOT_SELECTED };

/* tls_lua_connection_self: argument 1, which may have been freed.
 *
 * Any allocation in Lua may run a finalizer of the caller's, which may raise an error or call this
 * very connection. So what the core shows is turned into Lua values only under tls_lua_guarded;
 * meanwhile the methods that would move it (who ask tls_lua_connection_self) raise an error. */
tls_lua_connection *tls_lua_connection_self(lua_State *L);
/* tls_lua_connection_look is the same for methods that only look: they may be called meanwhile. */
tls_lua_connection *tls_lua_connection_look(lua_State *L);
/* tls_lua_guarded calls f(L) under lua_pcall with `data` as its only argument, a light userdata,
 * and returns the number of its results; on a freed connection, tls_lua_connection_closed. */
int tls_lua_guarded(lua_State *L, tls_lua_connection *self, lua_CFunction f, void *data);
/* tls_lua_collect pushes `wanted` bytes of plaintext, or nil while there are fewer (receive.c). */
int tls_lua_collect(lua_State *L, tls_lua_connection *self, size_t wanted);
/* tls_lua_connection_closed: what every method of a freed connection returns. */
int tls_lua_connection_closed(lua_State *L);
/* tls_lua_connection_failed pushes nil, message, code of the connection's failure;
 * tls_lua_push_failure is the same for who is guarded already. */
int tls_lua_connection_failed(lua_State *L, tls_lua_connection *self);
int tls_lua_push_failure(lua_State *L, const tls_connection *connection);
/* tls_lua_connection_refused: the same for `reason`, which a call on the connection returned. */
int tls_lua_connection_refused(lua_State *L, tls_lua_connection *self, enum tls_reason reason);
/* tls_lua_check_range: the part of string argument `data` from argument `data` + 1 to + 2, as in
 * string.sub; *first is the index of its first byte. */
tls_bytes tls_lua_check_range(lua_State *L, int data, lua_Integer *first);
void tls_lua_open_connection(lua_State *L);
extern const luaL_Reg tls_lua_connection_more_methods[];
extern const luaL_Reg tls_lua_receive_methods[];
extern const luaL_Reg tls_lua_descriptor_methods[];
extern const luaL_Reg tls_lua_question_methods[];
extern const luaL_Reg tls_lua_renegotiation_methods[];

/* ---- message.c: handshake messages as tables ---- */
/* tls_lua_message_fields adds the fields of a handshake message to the table on the top. TLS_OK, or
 * the reason for which the message could not be parsed. */
enum tls_reason tls_lua_message_fields(
    lua_State *L, tls_bytes raw, unsigned version, unsigned suite);
/* tls_lua_set_named sets field = name (nil when unknown) and field_id = id. */
void tls_lua_set_named(lua_State *L, const char *field, int registry, unsigned id);
/* tls_lua_set_suite sets cipher_suite and cipher_suite_id, nothing for 0. */
void tls_lua_set_suite(lua_State *L, unsigned suite);

/* tls_lua_push_numbers pushes a list of { id =, name = }. */
void tls_lua_push_numbers(lua_State *L, int registry, tls_bytes list);
void tls_lua_push_bytes_list(lua_State *L, int registry, tls_bytes list);

/* ---- extension.c ---- */
/* tls_lua_push_extensions pushes a list of { id =, name =, value =, raw = }. */
void tls_lua_push_extensions(lua_State *L, tls_bytes block, unsigned place);

/* ---- stage.c ---- */
void tls_lua_push_stage(lua_State *L, const tls_connection *connection);
/* tls_lua_push_message pushes the table of a received message: `select` asks with one. */
void tls_lua_push_message(
    lua_State *L, enum tls_stage stage, tls_bytes raw, unsigned version, unsigned suite);
/* tls_lua_set_raw makes `raw` readable on the table on the top, without standing in it. */
void tls_lua_set_raw(lua_State *L, tls_bytes raw);
/* tls_lua_info_fields adds what was negotiated to the table on the top. */
void tls_lua_info_fields(lua_State *L, const tls_connection *connection);

/* ---- functions of the module ---- */
extern const luaL_Reg tls_lua_certificate_functions[];
extern const luaL_Reg tls_lua_key_functions[];
extern const luaL_Reg tls_lua_request_functions[];
extern const luaL_Reg tls_lua_issue_functions[];
extern const luaL_Reg tls_lua_crl_functions[];
extern const luaL_Reg tls_lua_ocsp_functions[];
extern const luaL_Reg tls_lua_trust_functions[];
extern const luaL_Reg tls_lua_session_functions[];
extern const luaL_Reg tls_lua_ticket_keys_functions[];
extern const luaL_Reg tls_lua_context_functions[];
extern const luaL_Reg tls_lua_connection_functions[];
extern const luaL_Reg tls_lua_descriptor_functions[];
extern const luaL_Reg tls_lua_names_functions[];
extern const luaL_Reg tls_lua_message_functions[];
extern const luaL_Reg tls_lua_build_functions[];
extern const luaL_Reg tls_lua_signal_functions[]; /* signal.c */

#endif
