/* request.c - class "bearssl.request": a certification request (PKCS#10), immutable.
 *
 *     request = core.request(string)            PEM or DER
 *     request = core.build_request{ key = … }   a new one, signed
 *
 * Every method raises on an object that __close has closed. */
#include "request.h"

#include "issue/certificate_dump.h"
#include "asn1/pem.h"

#include "certificate_extensions.h"
#include "distinguished_name.h"
#include "issue_options.h"
#include "key.h"
#include "module.h"
#include "option.h"
#include "unreadable.h"
#include "value.h"

/* request == other: the same DER. */
static tls_bytes
identity(const void *counted)
{
    return ((const tls_certificate_request *)counted)->der;
}

TLS_LUA_DEFINE_OBJECT(request, tls_certificate_request, "request", 0, identity)

/* core.request(string) -> request. PEM or DER; its signature is not looked at: request:verify().
 * | nil, message, "bad_pem" (no request in it) | "bad_request" | "out_of_memory" */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_request_class);
    tls_certificate_request *request = NULL;
    enum tls_reason reason = tls_certificate_request_load(&request, bytes);

    self->counted = request;
    return reason == TLS_OK ? 1 : tls_lua_unreadable(L, reason, TLS_WANTED_REQUEST, bytes, NULL);
}

/* core.build_request{ key = key, subject = RFC 4514 text or list of { type, value }, most
 * significant first, names = list of { type = "DNS" | "IP" | "email" | "URI" | "dirName" | "RID",
 * value = text }, key_usage, extended_key_usage = lists of names, extensions = list of { oid =,
 * critical =, value = DER }, must_staple = boolean, hash = "sha256" | "sha384" | "sha512" }
 * -> request, signed | nil, message, "bad_name" | "bad_field" | "limit_exceeded" |
 * "unsupported_key" | "sign_failed" | "no_random" | "out_of_memory". Also ca, path_length and the
 * other extensions of core.issue. */
static int
build(lua_State *L)
{
    tls_certificate_request *request = NULL;
    tls_request_fields wanted = {0};
    enum tls_reason reason;
    tls_lua_issue_options fields;
    tls_lua_object *self;

    tls_lua_issue_begin(L, &fields);
    wanted.key = tls_lua_issue_key(L, &fields, "key", 1);
    wanted.hash = tls_lua_issue_hash(L, &fields, wanted.key);
    wanted.subject = tls_lua_issue_subject(L, &fields, "subject");
    tls_lua_issue_extensions(L, &fields, &wanted.extensions);
    if (fields.reason != TLS_OK)
        return tls_lua_issue_failed(L, &fields);
    self = tls_lua_object_new(L, &tls_lua_request_class);
    reason = tls_certificate_request_build(&request, &wanted);
    return tls_lua_object_made(L, self, request, reason);
}

/* request:subject() -> list of { oid = dotted, name = "CN" or nil, value = UTF-8 }, RFC 4514 text
 */
static int
subject(lua_State *L)
{
    return tls_lua_push_name_pair(L, tls_lua_check_request(L, 1)->wanted.subject);
}

/* request:names() -> list of { type = "DNS" | "IP" | …, value = text }, empty without any */
static int
names(lua_State *L)
{
    tls_lua_push_general_names(L, tls_lua_check_request(L, 1)->wanted.alternative_names);
    return 1;
}

/* request:public_key() -> as certificate:public_key() */
static int
public_key(lua_State *L)
{
    const tls_certificate_request *request = tls_lua_check_request(L, 1);

    tls_lua_push_public_key(L, &request->wanted.public_key);
    tls_lua_set_bytes(L, "der", request->wanted.public_key_info);
    return 1;
}

/* request:key_usage() -> list of "digitalSignature" …, or nil when it asks for none */
static int
key_usage(lua_State *L)
{
    tls_lua_push_key_usage(L, &tls_lua_check_request(L, 1)->wanted);
    return 1;
}

/* request:extended_key_usage() -> list of "serverAuth" …, or nil when it asks for none */
static int
extended_key_usage(lua_State *L)
{
    tls_lua_push_extended_key_usage(L, &tls_lua_check_request(L, 1)->wanted);
    return 1;
}

/* request:extensions() -> as certificate:extensions(): what is asked for */
static int
extensions(lua_State *L)
{
    tls_lua_push_certificate_extensions(L, &tls_lua_check_request(L, 1)->wanted);
    return 1;
}

/* request:is_ca() -> boolean: it asks for a CA certificate */
static int
is_ca(lua_State *L)
{
    lua_pushboolean(L, tls_lua_check_request(L, 1)->wanted.is_ca);
    return 1;
}

/* request:must_staple() -> boolean: RFC 7633 */
static int
must_staple(lua_State *L)
{
    lua_pushboolean(L, tls_lua_check_request(L, 1)->wanted.must_staple);
    return 1;
}

/* request:verify() -> true: it is signed with the key that it asks a certificate for. | nil,
 * message, "bad_request" | "weak_signature" | "weak_key" | "unsupported_certificate" (a key of
 * another kind) */
static int
verify(lua_State *L)
{
    const tls_certificate_request *request = tls_lua_check_request(L, 1);
    enum tls_reason reason = tls_certificate_request_verify(request);

    if (reason == TLS_REASON_UNSUPPORTED_CERTIFICATE &&
        request->wanted.public_key.kind == TLS_KEY_OTHER)
        return tls_lua_unusable(L, request->wanted.public_key_info);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* request:der() -> the whole request, DER */
static int
der(lua_State *L)
{
    tls_lua_push_bytes(L, tls_lua_check_request(L, 1)->der);
    return 1;
}

/* request:pem() -> the whole request, PEM */
static int
pem(lua_State *L)
{
    const tls_certificate_request *request = tls_lua_check_request(L, 1);
    tls_buffer *out = tls_lua_buffer(L);

    tls_pem_encode(out, "CERTIFICATE REQUEST", request->der);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* request:text() -> for people to read, as `openssl req -text` prints it */
static int
text(lua_State *L)
{
    const tls_certificate_request *request = tls_lua_check_request(L, 1);
    tls_buffer *out = tls_lua_buffer(L);

    tls_certificate_request_dump(out, request);
    tls_lua_finish_buffer(L, out);
    return 1;
}

static const luaL_Reg methods[] = {
    {"subject", subject},
    {"names", names},
    {"public_key", public_key},
    {"key_usage", key_usage},
    {"extended_key_usage", extended_key_usage},
    {"extensions", extensions},
    {"is_ca", is_ca},
    {"must_staple", must_staple},
    {"verify", verify},
    {"der", der},
    {"pem", pem},
    {"text", text},
    {NULL, NULL},
};

const luaL_Reg tls_lua_request_functions[] = {
    {"request", load},
    {"build_request", build},
    {NULL, NULL},
};

void
tls_lua_open_request(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_request_class, methods, NULL);
}
