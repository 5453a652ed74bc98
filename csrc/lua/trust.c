/* trust.c - class "bearssl.trust": the certificates that are trusted without further proof.
 *
 *     store = core.trust()     an empty one
 *
 * Every method raises on an object that __close has closed. */
#include "classes.h"

#include <time.h>

typedef struct object {
    tls_trust_store *store;
    size_t skipped;
} object;

tls_trust_store *
tls_lua_test_trust(lua_State *L, int index)
{
    object *self = tls_lua_test(L, index, TLS_LUA_TRUST);

    return self != NULL ? self->store : NULL;
}

static object *
check(lua_State *L, int index)
{
    object *self = luaL_checkudata(L, index, TLS_LUA_TRUST);

    luaL_argcheck(L, self->store != NULL, index, "closed trust store");
    return self;
}

tls_trust_store *
tls_lua_check_trust(lua_State *L, int index)
{
    return check(L, index)->store;
}

/* core.trust() -> an empty trust store | nil, message, "out_of_memory" */
static int
make(lua_State *L)
{
    object *self = tls_lua_new(L, TLS_LUA_TRUST, sizeof *self, 0);
    enum tls_reason reason = tls_trust_store_new(&self->store);

    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
}

/* trust:add(string) -> certificates added, skipped (could not be parsed), duplicates. The string is
 * a PEM bundle or one certificate in DER. | nil, message, "bad_pem" (no certificate in it) |
 * "bad_certificate" (none that could be parsed) | "out_of_memory" */
static int
add(lua_State *L)
{
    object *self = check(L, 1);
    tls_trust_load_result result = {0};
    enum tls_reason reason = tls_trust_store_load(self->store, &result, tls_lua_check_bytes(L, 2));

    self->skipped += result.skipped;
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushinteger(L, (lua_Integer)result.added);
    lua_pushinteger(L, (lua_Integer)result.skipped);
    lua_pushinteger(L, (lua_Integer)result.duplicates);
    return 3;
}

/* trust:add_certificate(certificate) -> true | nil, message, "out_of_memory" */
static int
add_certificate(lua_State *L)
{
    tls_trust_store *store = tls_lua_check_trust(L, 1);
    enum tls_reason reason = tls_trust_store_add(store, tls_lua_check_certificate(L, 2));

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* trust:count() -> number of certificates */
static int
count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_trust_store_count(tls_lua_check_trust(L, 1)));
    return 1;
}

/* trust:skipped() -> number of blocks, in all that was added, that could not be parsed */
static int
skipped(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check(L, 1)->skipped);
    return 1;
}

/* trust:certificate(n) -> the nth certificate from 1 in order of adding, or nil */
static int
certificate(lua_State *L)
{
    const tls_trust_store *store = tls_lua_check_trust(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    const tls_certificate *found = n >= 1 ? tls_trust_store_at(store, (size_t)n - 1) : NULL;

    if (found == NULL)
        lua_pushnil(L);
    else
        tls_lua_push_certificate(L, found);
    return 1;
}

/* trust:contains(certificate) -> boolean: exactly this one is in the store */
static int
contains(lua_State *L)
{
    const tls_trust_store *store = tls_lua_check_trust(L, 1);

    lua_pushboolean(
        L, tls_trust_store_contains(store, tls_lua_check_certificate(L, 2)->der) != NULL);
    return 1;
}

/* trust:verify(chain [, options]) -> true, path (list of certificates, leaf first, anchor last)
 * | nil, message, code, index. chain: list of certificates, leaf first, then in any order; index:
 * which of them is at fault, from 1. options: server_name (string; without it names are not
 * checked), purpose
 * ("server", "client", "any"; "server"), time (seconds; now), depth (intermediates; as many as can
 * be), minimum_rsa_bits (2048), allow_sha1 (false). Codes: the verdicts of a handshake:
 * "unknown_ca", "certificate_expired", "name_mismatch" … */
static int
verify(lua_State *L)
{
    static const char *const purposes[] = {"server", "client", "any", NULL};
    const tls_trust_store *store = tls_lua_check_trust(L, 1);
    tls_verify_request request = {0};
    tls_verdict verdict;

    lua_settop(L, 3);
    request.trust = store;
    request.time = (int64_t)time(NULL);
    request.chain = tls_lua_check_chain(L, 2, "chain", &request.count);
    if (request.count == 0)
        return tls_lua_failure_text(
            L, TLS_REASON_CERTIFICATE_REQUIRED, "the chain has no certificate");
    if (!lua_isnil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        request.server_name = tls_lua_option_text(L, 3, "server_name");
        request.purpose =
            (enum tls_purpose)tls_lua_option_choice(L, 3, "purpose", purposes, TLS_PURPOSE_SERVER);
        request.depth = (unsigned)tls_lua_option_integer(L, 3, "depth", 0, 0, TLS_PATH_MAXIMUM);
        request.minimum_rsa_bits =
            (unsigned)tls_lua_option_integer(L, 3, "minimum_rsa_bits", 0, 0, TLS_RSA_MAXIMUM_BITS);
        request.allow_sha1 = tls_lua_option_boolean(L, 3, "allow_sha1");
        request.time = tls_lua_option_time(L, 3, "time", request.time);
    }
    if (tls_verify(&verdict, &request) != TLS_OK) {
        tls_lua_failure_text(L, verdict.reason, verdict.text);
        lua_pushinteger(L, (lua_Integer)verdict.index + 1);
        return 4;
    }
    lua_pushboolean(L, 1);
    tls_lua_push_chain(L, verdict.path, verdict.path_count);
    return 2;
}

static int
gc(lua_State *L)
{
    object *self = luaL_checkudata(L, 1, TLS_LUA_TRUST);

    tls_trust_store_release(self->store);
    self->store = NULL;
    return 0;
}

static const luaL_Reg methods[] = {
    {"add", add},
    {"add_certificate", add_certificate},
    {"count", count},
    {"skipped", skipped},
    {"certificate", certificate},
    {"contains", contains},
    {"verify", verify},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {{"__gc", gc}, {NULL, NULL}};

const luaL_Reg tls_lua_trust_functions[] = {{"trust", make}, {NULL, NULL}};

void
tls_lua_open_trust(lua_State *L)
{
    tls_lua_class(L, TLS_LUA_TRUST, methods, metamethods);
}
