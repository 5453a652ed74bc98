/* trust.c - class "bearssl.trust": the certificates that are trusted without further proof.
 *
 *     store = core.trust()     an empty one
 *
 * Every method raises on an object that __close has closed. */
#include "trust.h"

#include <time.h>

#include "bounds.h"
#include "certificate.h"
#include "credential.h"
#include "module.h"
#include "option.h"
#include "revocation.h"
#include "unreadable.h"
#include "value.h"

typedef struct trust_object {
    tls_lua_object object; /* a tls_trust_store */
    size_t skipped;
} trust_object;

TLS_LUA_DEFINE_OBJECT(trust, tls_trust_store, "trust store", sizeof(trust_object), NULL)

/* core.trust() -> an empty trust store | nil, message, "out_of_memory" */
static int
make(lua_State *L)
{
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_trust_class);
    tls_trust_store *store = NULL;
    enum tls_reason reason = tls_trust_store_new(&store);

    return tls_lua_object_made(L, self, store, reason);
}

/* core.trust_add(trust, string) -> certificates added, skipped (could not be parsed), duplicates.
 * The string is a PEM bundle or one certificate in DER. | nil, message, "bad_pem" (no certificate
 * in it) | "bad_certificate" (none that could be parsed) | "out_of_memory" */
static int
add(lua_State *L)
{
    trust_object *self = tls_lua_object_look(L, 1, &tls_lua_trust_class);
    tls_bytes bytes = tls_lua_check_bytes(L, 2);
    tls_trust_load_result result = {0};
    enum tls_reason reason = tls_trust_store_load(self->object.counted, &result, bytes);

    self->skipped += result.skipped;
    if (reason != TLS_OK)
        return tls_lua_unreadable(L, reason, TLS_WANTED_CERTIFICATE, bytes, NULL);
    lua_pushinteger(L, (lua_Integer)result.added);
    lua_pushinteger(L, (lua_Integer)result.skipped);
    lua_pushinteger(L, (lua_Integer)result.duplicates);
    return 3;
}

/* core.trust_add_certificate(trust, certificate) -> true | nil, message, "out_of_memory" */
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

/* core.trust_replace(trust, list of strings) -> certificates in it now. Each string is a PEM bundle
 * or one certificate in DER; one without a certificate is passed over. Who uses the store sees the
 * old contents until all of the new are there. | nil, message, "bad_pem" (no certificate in any) |
 * "bad_certificate" (none that could be parsed) | "out_of_memory": then the store is as it was. */
static int
replace(lua_State *L)
{
    tls_trust_load_result result = {0};
    tls_trust_store *store, *replacement = NULL;
    trust_object *self;
    tls_lua_object *made;
    enum tls_reason reason;
    tls_bytes *files;
    size_t n, i;

    (void)tls_lua_object_look(L, 1, &tls_lua_trust_class);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    n = tls_lua_length(L, 2);
    luaL_argcheck(L, n <= 0xFFFFFF, 2, "too many");
    lua_createtable(L, (int)n, 0); /* holds the strings */
    files = tls_lua_userdata(L, (n + 1) * sizeof *files, 0);
    for (i = 0; i < n; i++) {
        size_t length;

        lua_rawgeti(L, 2, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            return luaL_argerror(L, 2, "must be a list of strings");
        files[i].data = (const unsigned char *)lua_tolstring(L, -1, &length);
        files[i].length = length;
        lua_rawseti(L, 3, (int)i + 1);
    }
    made = tls_lua_object_new(L, &tls_lua_trust_class);
    /* From here on nothing is allocated in Lua. */
    self = tls_lua_object_look(L, 1, &tls_lua_trust_class);
    store = self->object.counted;
    reason = tls_trust_store_new(&replacement);
    made->counted = replacement;
    if (reason == TLS_OK)
        reason = tls_trust_store_load_files(replacement, &result, files, n);
    if (reason == TLS_OK)
        reason = tls_trust_store_replace(store, replacement);
    tls_lua_object_close(&tls_lua_trust_class, made);
    if (reason != TLS_OK && n > 0)
        return tls_lua_unreadable(L, reason, TLS_WANTED_CERTIFICATE, files[0], NULL);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    self->skipped = result.skipped;
    lua_pushinteger(L, (lua_Integer)tls_trust_store_count(store));
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
    const trust_object *self = tls_lua_object_look(L, 1, &tls_lua_trust_class);

    lua_pushinteger(L, (lua_Integer)self->skipped);
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

static uint64_t
option_number(lua_State *L, const char *name)
{
    return tls_lua_option_bounded(L, 3, name, tls_bounds_find(tls_verify_bounds, name));
}

/* trust:verify(chain [, options]) -> true, path (list of certificates, leaf first, anchor last)
 * | nil, message, code, index. chain: list of certificates, leaf first, then in any order; index:
 * which of them is at fault, from 1. options: server_name (string; without it names are not
 * checked), purpose
 * ("server", "client", "any"; "server"), time (seconds; now), verify_depth (intermediates, 0 for
 * none; as many as can be), min_rsa_bits (2048), allow_sha1 (false), clock_skew (seconds by which
 * clocks may differ; 0), crls, ocsp_responses (lists of objects: what they say always counts),
 * revocation (whose status must be known: "if_known" (default: nobody's), "leaf", "path"), staple
 * (when an OCSP response must be given: "not_needed" (default), "if_must", "required"), pins (list
 * of 32-byte SHA-256 of SubjectPublicKeyInfos: one must be in the path). Codes: the verdicts of a
 * handshake: "unknown_ca", "certificate_expired", "name_mismatch", "certificate_revoked",
 * "revocation_unknown", "staple_required", "bad_ocsp_response", "ocsp_expired", "bad_crl",
 * "unsupported_crl", "crl_expired", "crl_not_yet_valid", "pin_mismatch" … */
static int
verify(lua_State *L)
{
    static const char *const purposes[] = {"server", "client", "any", NULL};
    tls_verify_request request = {0};
    tls_verdict verdict;

    request.trust = tls_lua_check_trust(L, 1);
    lua_settop(L, 3);
    luaL_checkstack(L, LUA_MINSTACK, "options");
    request.time = (int64_t)time(NULL);
    request.chain = tls_lua_check_chain(L, 2, "chain", &request.count);
    if (request.count == 0)
        return tls_lua_failure_text(
            L, TLS_REASON_CERTIFICATE_REQUIRED, "the chain has no certificate");
    if (!lua_isnil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        request.server_name = tls_lua_option_server_name(L, 3, "server_name");
        request.purpose =
            (enum tls_purpose)tls_lua_option_choice(L, 3, "purpose", purposes, TLS_PURPOSE_SERVER);
        request.verify_depth = (unsigned)option_number(L, "verify_depth");
        request.min_rsa_bits = (unsigned)option_number(L, "min_rsa_bits");
        request.no_intermediates = tls_lua_option_is_zero(L, 3, "verify_depth");
        request.allow_sha1 = tls_lua_option_boolean(L, 3, "allow_sha1");
        request.time = tls_lua_option_time(L, 3, "time", request.time);
        request.clock_skew = tls_lua_option_seconds(
            L, 3, "clock_skew", tls_bounds_find(tls_verify_bounds, "clock_skew"));
        request.crls = tls_lua_option_crls(L, 3, "crls", &request.crl_count);
        request.ocsp_responses =
            tls_lua_option_ocsp_responses(L, 3, "ocsp_responses", &request.ocsp_response_count);
        request.pins = tls_lua_option_pins(L, 3, "pins", &request.pin_count);
        request.revocation = tls_lua_option_revocation(L, 3);
        request.staple = tls_lua_option_staple(L, 3);
    }
    request.no_server_name = request.server_name == NULL;
    if (tls_verify(&verdict, &request) != TLS_OK) {
        tls_lua_failure_text(L, verdict.reason, verdict.text);
        lua_pushinteger(L, (lua_Integer)verdict.index + 1);
        return 4;
    }
    lua_pushboolean(L, 1);
    tls_lua_push_chain(L, verdict.path, verdict.path_count);
    return 2;
}

static const luaL_Reg methods[] = {
    {"count", count},
    {"skipped", skipped},
    {"certificate", certificate},
    {"contains", contains},
    {"verify", verify},
    {NULL, NULL},
};

/* What fills a store is no method: who has a store of the system's must not add to it by mistake.
 */
const luaL_Reg tls_lua_trust_functions[] = {{"trust", make}, {"trust_add", add},
    {"trust_add_certificate", add_certificate}, {"trust_replace", replace}, {NULL, NULL}};

void
tls_lua_open_trust(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_trust_class, methods, NULL);
}
