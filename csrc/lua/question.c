/* question.c - decisions: the question that waits as a name and a table, and the answer to it. */
#include "connection.h"

#include <string.h>

#include "crypto/hash.h"
#include "wire/imported_identity.h"
#include "wire/registry.h"

#include "bounds.h"
#include "certificate.h"
#include "context.h"
#include "credential.h"
#include "key.h"
#include "message.h"
#include "option.h"
#include "session.h"
#include "stage.h"
#include "value.h"

static void
set_certificate(lua_State *L, const tls_certificate *certificate)
{
    if (certificate == NULL)
        return;
    tls_lua_push_certificate(L, certificate);
    lua_setfield(L, -2, "certificate");
}

static void
set_name(lua_State *L, const char *server_name)
{
    if (server_name != NULL && server_name[0] != '\0')
        tls_lua_set_string(L, "server_name", server_name);
}

static void
session_store(lua_State *L, const tls_session *session)
{
    tls_session_info info;

    tls_session_get_info(session, &info);
    tls_lua_set_bytes(L, "session_id", info.id);
    tls_lua_set_integer(L, "lifetime", info.expires - info.created);
    set_name(L, info.server_name);
    tls_lua_push_session(L, session);
    lua_setfield(L, -2, "session");
}

static void
verify(lua_State *L, const tls_question *question)
{
    const tls_verdict *verdict = question->u.verify.verdict;
    size_t count = question->u.verify.chain_count;

    tls_lua_push_chain(L, question->u.verify.chain, count);
    lua_setfield(L, -2, "chain");
    tls_lua_push_key_info(L, question->u.verify.key_info);
    lua_setfield(L, -2, "key");
    tls_lua_set_string(L, "verdict", tls_reason_code(verdict->reason));
    tls_lua_set_boolean(L, "verified", verdict->reason == TLS_OK);
    if (verdict->reason != TLS_OK) {
        tls_lua_set_string(L, "message",
            verdict->text[0] != '\0' ? verdict->text : tls_reason_sentence(verdict->reason));
        tls_lua_set_integer(L, "index", (int64_t)verdict->index + 1);
    }
    tls_lua_push_chain(L, verdict->path, verdict->path_count);
    lua_setfield(L, -2, "path");
    set_name(L, question->u.verify.server_name);
    tls_lua_set_some(L, "ocsp_response", question->u.verify.ocsp_response);
}

static void
sign(lua_State *L, const tls_question *question)
{
    if (question->u.sign.scheme != 0)
        tls_lua_set_named(L, "scheme", TLS_REGISTRY_SIGNATURE_SCHEME, question->u.sign.scheme);
    else
        tls_lua_set_integer(L, "scheme_id", 0);
    tls_lua_set_string(L, "hash", question->u.sign.hash);
    tls_lua_set_bytes(L, "message", question->u.sign.message);
    tls_lua_set_some(L, "digest", question->u.sign.digest);
    set_certificate(L, question->u.sign.certificate);
    tls_lua_push_public_half(L, question->u.sign.key);
    lua_setfield(L, -2, "key");
}

static void
early_data(lua_State *L, const tls_question *question)
{
    if (question->u.early_data.session != NULL) {
        tls_lua_push_session(L, question->u.early_data.session);
        lua_setfield(L, -2, "session");
    }
    set_name(L, question->u.early_data.server_name);
    tls_lua_set_some(L, "alpn", question->u.early_data.alpn);
}

static void
psk(lua_State *L, const tls_question *question)
{
    tls_imported_identity imported;

    set_name(L, question->u.psk.server_name);
    if (question->u.psk.identity.length == 0)
        return;
    tls_lua_set_bytes(L, "identity", question->u.psk.identity);
    if (!tls_imported_identity_parse(&imported, question->u.psk.identity) ||
        !tls_imported_identity_usable(&imported))
        return;
    lua_createtable(L, 0, 3);
    tls_lua_set_bytes(L, "external_identity", imported.external_identity);
    tls_lua_set_bytes(L, "context", imported.context);
    tls_lua_set_string(L, "target_hash", tls_hash_name(imported.target_hash));
    lua_setfield(L, -2, "imported");
}

static void
push_question(lua_State *L, const tls_question *question, const tls_connection_info *info)
{
    switch (question->decision) {
    case TLS_DECISION_SELECT:
        tls_lua_push_message(
            L, TLS_STAGE_CLIENT_HELLO, question->u.select.client_hello, info->version, info->suite);
        return;
    case TLS_DECISION_CLIENT_CERTIFICATE:
        tls_lua_push_message(L, TLS_STAGE_CERTIFICATE_REQUEST,
            question->u.client_certificate.certificate_request, info->version, info->suite);
        return;
    default:
        break;
    }
    lua_createtable(L, 0, 8);
    switch (question->decision) {
    case TLS_DECISION_SESSION_LOAD:
        tls_lua_set_some(L, "session_id", question->u.session_load.session_id);
        set_name(L, question->u.session_load.server_name);
        tls_lua_set_boolean(L, "early_data", question->u.session_load.early_data);
        break;
    case TLS_DECISION_SESSION_STORE:
        session_store(L, question->u.session_store.session);
        break;
    case TLS_DECISION_VERIFY:
        verify(L, question);
        break;
    case TLS_DECISION_SIGN:
        sign(L, question);
        break;
    case TLS_DECISION_DECRYPT:
        tls_lua_set_bytes(L, "ciphertext", question->u.decrypt.ciphertext);
        set_certificate(L, question->u.decrypt.certificate);
        break;
    case TLS_DECISION_PSK:
        psk(L, question);
        break;
    case TLS_DECISION_EARLY_DATA:
        early_data(L, question);
        break;
    case TLS_DECISION_KEYLOG:
        tls_lua_set_bytes(L, "line", question->u.keylog.line);
        break;
    default:
        break;
    }
}

static int
guarded_question(lua_State *L)
{
    const tls_connection *connection = lua_touserdata(L, 1);
    const tls_question *waiting = tls_connection_question(connection);
    tls_connection_info info;

    if (waiting == NULL) {
        lua_pushnil(L);
        return 1;
    }
    tls_connection_get_info(connection, &info);
    lua_pushstring(L, tls_decision_name(waiting->decision));
    push_question(L, waiting, &info);
    return 2;
}

/* connection:question() -> name of the decision that waits, and a table with:
 *   - select: the message table of the ClientHello, as of a stage
 *   - client_certificate: the message table of the CertificateRequest
 *   - session_load: session_id, server_name (or nil), early_data (boolean: the client sends early
 * data, so the session may be given once only)
 *   - session_store: session (object), session_id, lifetime (seconds)
 *   - verify: chain (certificates as received), verdict ("ok" or a code), verified (boolean),
 * message and index (which of the chain, from 1) unless verified, path (certificates, as far as it
 * was built), server_name (or nil), ocsp_response (stapled, DER; or nil)
 *   - sign: scheme and scheme_id (below TLS 1.2: 0 and no name for RSA with MD5+SHA-1), hash
 *     ("sha256" ...), message (what to sign), digest (its hash), certificate
 *   - decrypt: ciphertext, certificate
 *   - psk: identity (server: what the client offers; a client's is nil), imported (server: what it
 * says as an ImportedIdentity of RFC 9258 for TLS 1.3, a table of external_identity, context and
 * target_hash, or nil), server_name (or nil)
 *   - early_data: session, server_name, alpn (or nil)
 *   - keylog: line
 *
 * | nil when nothing waits */
static int
question(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    return tls_lua_guarded(L, self, guarded_question, self->connection);
}

/* ---- Answers ---- */

/* keep_selected keeps the userdata of a context, in which its clock stands. */
static void
keep_selected(lua_State *L, int selected)
{
    tls_lua_kept(L, 1, TLS_LUA_SLOT_SELECTED);
    tls_lua_keep(L, 1, TLS_LUA_SLOT_REPLACED);
    lua_pushvalue(L, selected);
    tls_lua_keep(L, 1, TLS_LUA_SLOT_SELECTED);
}

static enum tls_reason
answer_select(lua_State *L, tls_connection *connection)
{
    tls_selection selection = {0};
    tls_credential credential;
    enum tls_reason reason;
    int selected;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "context");
    selected = lua_gettop(L);
    if (!lua_isnil(L, -1)) {
        selection.context = tls_lua_object_share(L, -1, &tls_lua_context_class);
        if (selection.context == NULL || tls_context_role(selection.context) != TLS_ROLE_SERVER)
            luaL_error(L, "answer 'context' must be an open context of role server");
    }
    lua_getfield(L, 2, "credential");
    if (!lua_isnil(L, -1)) {
        tls_lua_check_credential(L, -1, "answer 'credential'", &credential);
        selection.credential = &credential;
    }
    lua_getfield(L, 2, "alpn");
    if (!lua_isnil(L, -1)) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "answer 'alpn' must be a string");
        selection.alpn = tls_lua_check_bytes(L, lua_gettop(L));
    }
    lua_getfield(L, 2, "ocsp_response");
    if (!lua_isnil(L, -1)) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "answer 'ocsp_response' must be a string");
        selection.ocsp_response = tls_lua_check_bytes(L, lua_gettop(L));
    }
    selection.version_min = tls_lua_option_version(L, 2, "version_min");
    selection.version_max = tls_lua_option_version(L, 2, "version_max");
    selection.suites = tls_lua_option_list16(L, 2, "suites", &selection.suite_count);
    /* Finalizers have run since the question was looked at. */
    if (tls_lua_connection_self(L)->connection != connection)
        return TLS_REASON_CLOSED;
    reason = tls_connection_answer_select(connection, &selection);
    if (reason == TLS_OK && selection.context != NULL)
        keep_selected(L, selected);
    return reason;
}

static enum tls_reason
answer_session(lua_State *L, tls_connection *connection)
{
    tls_session *session = lua_isnil(L, 2) ? NULL : tls_lua_check_session(L, 2);

    if (tls_lua_connection_self(L)->connection != connection)
        return TLS_REASON_CLOSED;
    return tls_connection_answer_session(connection, session);
}

static enum tls_reason
answer_credential(lua_State *L, tls_connection *connection)
{
    tls_credential credential;

    if (lua_isboolean(L, 2) && !lua_toboolean(L, 2))
        return tls_connection_answer_credential(connection, NULL);
    tls_lua_check_credential(L, 2, "answer", &credential);
    if (tls_lua_connection_self(L)->connection != connection)
        return TLS_REASON_CLOSED;
    return tls_connection_answer_credential(connection, &credential);
}

static enum tls_reason
answer_verify(lua_State *L, tls_connection *connection)
{
    static const char *const answers[] = {"judged", "refuse", "accept", NULL};

    return tls_connection_answer_verify(
        connection, (enum tls_peer_answer)luaL_checkoption(L, 2, NULL, answers));
}

/* string_field leaves the string on the stack. */
static tls_bytes
string_field(lua_State *L, const char *field)
{
    lua_getfield(L, 2, field);
    if (lua_isnil(L, -1))
        return tls_bytes_make("", 0);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "answer '%s' must be a string", field);
    return tls_lua_check_bytes(L, lua_gettop(L));
}

static enum tls_reason
answer_psk(lua_State *L, tls_connection *connection)
{
    static const char *const names[] = {"sha256", "sha384", NULL};
    static const int hashes[] = {TLS_HASH_SHA256, TLS_HASH_SHA384};
    tls_bytes identity = tls_bytes_make("", 0), key = tls_bytes_make("", 0);
    tls_bytes context = tls_bytes_make("", 0);
    int hash = 0, imported = 0;

    if (!lua_isboolean(L, 2) || lua_toboolean(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        identity = string_field(L, "identity");
        key = string_field(L, "key");
        hash = tls_lua_option_choice(L, 2, "hash", names, 0);
        imported = tls_lua_option_boolean(L, 2, "imported");
        context = string_field(L, "context");
    }
    /* Finalizers have run since the question was looked at. */
    if (tls_lua_connection_self(L)->connection != connection)
        return TLS_REASON_CLOSED;
    if (imported)
        return tls_connection_answer_imported_psk(connection, identity, context, key, hashes[hash]);
    return tls_connection_answer_psk(connection, identity, key, hashes[hash]);
}

/* connection:answer([value]) -> true: answers the question that waits. nil takes the default, but
 * for session_load. By the question:
 *   - select: { context =, credential = { chain =, key =, ocsp_response = }, alpn, ocsp_response =
 * strings, version_min =, version_max = numbers, suites = list of numbers }, each of which may be
 * absent
 *   - session_load: a session; nil for none
 *   - verify: "judged" (the library's verdict stands), "refuse", "accept" (whatever the verdict)
 *   - client_certificate: { chain =, key = }; false for none
 *   - sign, decrypt: the signature or the secret, a string
 *   - psk: { identity = (client), key = strings, hash = "sha256" or "sha384" (nil: "sha256"),
 * imported = boolean, context = string (client: with imported) }; false for none
 *   - early_data: boolean
 *   - session_store, keylog: nothing
 *
 * | nil, message, "unexpected_message" (nothing waits) | "key_mismatch" | "illegal_parameter" |
 * "out_of_memory" */
static int
answer(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    tls_connection *connection = self->connection;
    const tls_question *waiting;
    enum tls_reason reason;

    lua_settop(L, 2);
    if (connection == NULL)
        return tls_lua_connection_closed(L);
    waiting = tls_connection_question(connection);
    if (waiting == NULL)
        return tls_lua_failure_text(
            L, TLS_REASON_UNEXPECTED_MESSAGE, "no decision waits for an answer");
    if (waiting->decision == TLS_DECISION_SESSION_LOAD)
        reason = answer_session(L, connection);
    else if (lua_isnil(L, 2))
        reason = tls_connection_answer_default(connection);
    else
        switch (waiting->decision) {
        case TLS_DECISION_SELECT:
            reason = answer_select(L, connection);
            break;
        case TLS_DECISION_VERIFY:
            reason = answer_verify(L, connection);
            break;
        case TLS_DECISION_CLIENT_CERTIFICATE:
            reason = answer_credential(L, connection);
            break;
        case TLS_DECISION_SIGN:
            reason = tls_connection_answer_signature(connection, tls_lua_check_bytes(L, 2));
            break;
        case TLS_DECISION_DECRYPT:
            reason = tls_connection_answer_decrypt(connection, tls_lua_check_bytes(L, 2));
            break;
        case TLS_DECISION_PSK:
            reason = answer_psk(L, connection);
            break;
        case TLS_DECISION_EARLY_DATA:
            luaL_checktype(L, 2, LUA_TBOOLEAN);
            reason = tls_connection_answer_early_data(connection, lua_toboolean(L, 2));
            break;
        default:
            reason = tls_connection_answer_default(connection);
            break;
        }
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

const luaL_Reg tls_lua_question_methods[] = {
    {"question", question},
    {"answer", answer},
    {NULL, NULL},
};
