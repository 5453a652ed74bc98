/* ocsp.c - class "bearssl.ocsp_response": an OCSP response (RFC 6960), immutable.
 *
 *     response = core.ocsp_response(string)                 DER
 *     response = core.build_ocsp_response{ status = …, … }  a new one, signed
 *     string = core.ocsp_request(certificate, issuer)       DER of a request for one
 *
 * Every method raises on an object that __close has closed. */
#include "ocsp.h"

#include <time.h>

#include "issue/ocsp_build.h"

#include "certificate.h"
#include "issue_options.h"
#include "module.h"
#include "option.h"
#include "unreadable.h"
#include "value.h"

TLS_LUA_DEFINE_OBJECT(ocsp_response, tls_ocsp_response, "OCSP response", 0, NULL)

/* core.ocsp_response(string) -> response, from DER, also one that says why there is none | nil,
 * message, "bad_ocsp_response" | "out_of_memory" */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_ocsp_response_class);
    tls_ocsp_response *response = NULL;
    enum tls_reason reason = tls_ocsp_response_from_der(&response, bytes);

    self->counted = response;
    return reason == TLS_OK ? 1
                            : tls_lua_unreadable(L, reason, TLS_WANTED_OCSP_RESPONSE, bytes, NULL);
}

/* core.ocsp_request(certificate, issuer [, nonce]) -> DER of an unsigned request about the
 * certificate | nil, message, "bad_field" (a nonce of more than 32 bytes) */
static int
request(lua_State *L)
{
    const tls_certificate *certificate = tls_lua_check_certificate(L, 1);
    const tls_certificate *issuer = tls_lua_check_certificate(L, 2);
    tls_bytes nonce = {NULL, 0};
    enum tls_reason reason;
    tls_buffer *out;

    if (!lua_isnoneornil(L, 3))
        nonce = tls_lua_check_bytes(L, 3);
    out = tls_lua_buffer(L);
    reason = tls_ocsp_request_build(out, certificate, issuer, TLS_HASH_SHA1, nonce);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* build_status reads what the response says. */
static void
build_status(lua_State *L, tls_ocsp_fields *out)
{
    static const char *const statuses[] = {"unknown", "good", "revoked", NULL};
    int64_t now = (int64_t)time(NULL);
    const char *reason;

    out->status = (enum tls_ocsp_certificate_status)tls_lua_option_choice(
        L, 1, "status", statuses, TLS_OCSP_GOOD);
    out->this_update = tls_lua_option_time(L, 1, "this_update", now);
    out->next_update = tls_lua_option_time(L, 1, "next_update", INT64_MAX);
    out->produced_at = tls_lua_option_time(L, 1, "produced_at", out->this_update);
    out->revocation_time = tls_lua_option_time(L, 1, "revocation_time", out->this_update);
    out->reason = TLS_REVOKED_NO_REASON;
    reason = tls_lua_option_text(L, 1, "reason");
    if (reason != NULL) {
        out->reason = tls_revocation_reason_from_name(tls_bytes_of_string(reason));
        if (out->reason < 0)
            luaL_error(L, "option 'reason': '%s' is not known", reason);
    }
    lua_pop(L, 1);
}

/* core.build_ocsp_response{ certificate =, issuer = certificates, key = key of who signs, responder
 * = certificate of who signs (nil: the issuer), status = "good" (default) | "revoked" | "unknown",
 * revocation_time = seconds since the epoch (this_update), reason = "keyCompromise" … or nil,
 * this_update (now), next_update (nil: none), produced_at (this_update) = seconds, nonce = bytes,
 * hash = "sha256" | "sha384" | "sha512", responder_by_key, without_certificate = booleans }
 * -> response, signed | nil, message, "key_mismatch" | "bad_field" | "unsupported_key" |
 * "sign_failed" | "out_of_memory" */
static int
build(lua_State *L)
{
    tls_ocsp_fields out = {0};
    enum tls_reason reason;
    tls_lua_issue_options fields;
    tls_ocsp_response *response = NULL;
    tls_lua_object *self;

    tls_lua_issue_begin(L, &fields);
    out.certificate = tls_lua_issue_certificate(L, &fields, "certificate", 1);
    out.issuer = tls_lua_issue_certificate(L, &fields, "issuer", 1);
    out.responder = tls_lua_issue_certificate(L, &fields, "responder", 0);
    out.key = tls_lua_issue_key(L, &fields, "key", 1);
    out.hash = tls_lua_issue_hash(L, &fields, out.key);
    out.responder_by_key = tls_lua_option_boolean(L, 1, "responder_by_key");
    out.without_certificate = tls_lua_option_boolean(L, 1, "without_certificate");
    out.nonce = tls_lua_issue_bytes(L, &fields, 1, "nonce");
    build_status(L, &out);
    self = tls_lua_object_new(L, &tls_lua_ocsp_response_class);
    reason = tls_ocsp_response_build(&response, &out);
    return tls_lua_object_made(L, self, response, reason);
}

/* response:status(certificate, issuer [, time [, clock_skew]]) -> "good", "revoked" or "unknown",
 * { this_update =, next_update =, and when revoked revocation_time = seconds, reason =
 * "keyCompromise" … or nil }, of a response that can be relied on at `time` (seconds since the
 * epoch; now): signed by the issuer or its responder, about this certificate, in date. | nil,
 * message, "bad_ocsp_response" | "ocsp_expired" | "weak_signature" | "weak_key" */
static int
status(lua_State *L)
{
    const tls_ocsp_response *response = tls_lua_check_ocsp_response(L, 1);
    const tls_certificate *certificate = tls_lua_check_certificate(L, 2);
    const tls_certificate *issuer = tls_lua_check_certificate(L, 3);
    tls_revocation_policy policy = {0};
    enum tls_reason reason;
    tls_ocsp_single single;
    const char *why = NULL;

    policy.time = lua_isnoneornil(L, 4) ? (int64_t)time(NULL) : tls_lua_check_time(L, 4);
    policy.clock_skew = lua_isnoneornil(L, 5) ? 0 : tls_lua_check_time(L, 5);
    luaL_argcheck(L, policy.clock_skew >= 0, 5, "must not be negative");
    reason = tls_ocsp_check(response, &single, &why, certificate, issuer, &policy);
    if (reason != TLS_OK) {
        tls_lua_failure(L, reason);
        if (why != NULL) {
            lua_pushfstring(L, "the OCSP response %s", why);
            lua_replace(L, -3);
        }
        return 3;
    }
    lua_pushstring(L, tls_ocsp_certificate_status_name(single.status));
    lua_createtable(L, 0, 4);
    tls_lua_set_integer(L, "this_update", single.this_update);
    tls_lua_set_integer(L, "next_update", single.next_update);
    if (single.status == TLS_OCSP_REVOKED) {
        tls_lua_set_integer(L, "revocation_time", single.revocation_time);
        tls_lua_set_string(L, "reason", tls_revocation_reason_name(single.reason));
    }
    return 2;
}

/* response:response_status() -> "successful", or why it says nothing: "tryLater", "unauthorized" …
 */
static int
response_status(lua_State *L)
{
    lua_pushstring(L, tls_ocsp_response_status_name(tls_lua_check_ocsp_response(L, 1)->status));
    return 1;
}

/* response:produced_at() -> seconds since the epoch, or nil of an unsuccessful one */
static int
produced_at(lua_State *L)
{
    const tls_ocsp_response *response = tls_lua_check_ocsp_response(L, 1);

    if (response->status != TLS_OCSP_SUCCESSFUL)
        lua_pushnil(L);
    else
        tls_lua_push_int64(L, response->produced_at);
    return 1;
}

/* response:nonce() -> bytes, or nil */
static int
nonce(lua_State *L)
{
    const tls_ocsp_response *response = tls_lua_check_ocsp_response(L, 1);

    if (response->nonce.length == 0)
        lua_pushnil(L);
    else
        tls_lua_push_bytes(L, response->nonce);
    return 1;
}

/* response:der() -> the whole response, DER */
static int
der(lua_State *L)
{
    tls_lua_push_bytes(L, tls_lua_check_ocsp_response(L, 1)->der);
    return 1;
}

static const luaL_Reg methods[] = {
    {"status", status},
    {"response_status", response_status},
    {"produced_at", produced_at},
    {"nonce", nonce},
    {"der", der},
    {NULL, NULL},
};

const luaL_Reg tls_lua_ocsp_functions[] = {
    {"ocsp_response", load},
    {"ocsp_request", request},
    {"build_ocsp_response", build},
    {NULL, NULL},
};

void
tls_lua_open_ocsp(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_ocsp_response_class, methods, NULL);
}
