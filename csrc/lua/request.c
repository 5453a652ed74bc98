/* request.c - class "bearssl.request": a certification request (PKCS#10), immutable.
 *
 *     request = core.request(string)            PEM or DER
 *     request = core.build_request{ key = … }   a new one, signed
 *
 * Every method raises on an object that __close has closed. */
#include "fields.h"

#include "issue/certificate_dump.h"
#include "asn1/pem.h"

typedef struct object {
    tls_certificate_request *request;
} object;

tls_certificate_request *
tls_lua_test_request(lua_State *L, int index)
{
    object *self = tls_lua_test(L, index, TLS_LUA_REQUEST);

    return self != NULL ? self->request : NULL;
}

static const tls_certificate_request *
check(lua_State *L)
{
    object *self = luaL_checkudata(L, 1, TLS_LUA_REQUEST);

    luaL_argcheck(L, self->request != NULL, 1, "closed request");
    return self->request;
}

/* core.request(string) -> request. PEM or DER; its signature is not looked at: request:verify().
 * | nil, message, "bad_pem" (no request in it) | "bad_request" | "out_of_memory" */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    object *self = tls_lua_new(L, TLS_LUA_REQUEST, sizeof *self, 0);
    enum tls_reason reason = tls_certificate_request_load(&self->request, bytes);

    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
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
    tls_request_fields request = {0};
    enum tls_reason reason;
    tls_lua_fields fields;
    object *self;

    tls_lua_fields_begin(L, &fields);
    request.key = tls_lua_fields_key(L, &fields, "key", 1);
    request.hash = tls_lua_fields_hash(L, &fields);
    request.subject = tls_lua_fields_subject(L, &fields, "subject");
    tls_lua_fields_extensions(L, &fields, &request.extensions);
    if (fields.reason != TLS_OK)
        return tls_lua_fields_failed(L, &fields);
    self = tls_lua_new(L, TLS_LUA_REQUEST, sizeof *self, 0);
    reason = tls_certificate_request_build(&self->request, &request);
    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
}

/* request:subject() -> list of { oid = dotted, name = "CN" or nil, value = UTF-8 }, RFC 4514 text
 */
static int
subject(lua_State *L)
{
    return tls_lua_push_name_pair(L, check(L)->wanted.subject);
}

/* request:names() -> list of { type = "DNS" | "IP" | …, value = text }, empty without any */
static int
names(lua_State *L)
{
    tls_lua_push_general_names(L, check(L)->wanted.alternative_names);
    return 1;
}

/* request:public_key() -> as certificate:public_key() */
static int
public_key(lua_State *L)
{
    const tls_certificate_request *request = check(L);

    tls_lua_push_public_key(L, &request->wanted.public_key);
    tls_lua_set_bytes(L, "der", request->wanted.public_key_info);
    return 1;
}

/* request:key_usage() -> list of "digitalSignature" …, or nil when it asks for none */
static int
key_usage(lua_State *L)
{
    tls_lua_push_key_usage(L, &check(L)->wanted);
    return 1;
}

/* request:extended_key_usage() -> list of "serverAuth" …, or nil when it asks for none */
static int
extended_key_usage(lua_State *L)
{
    tls_lua_push_extended_key_usage(L, &check(L)->wanted);
    return 1;
}

/* request:extensions() -> as certificate:extensions(): what is asked for */
static int
extensions(lua_State *L)
{
    tls_lua_push_certificate_extensions(L, &check(L)->wanted);
    return 1;
}

/* request:is_ca() -> boolean: it asks for a CA certificate */
static int
is_ca(lua_State *L)
{
    lua_pushboolean(L, check(L)->wanted.is_ca);
    return 1;
}

/* request:must_staple() -> boolean: RFC 7633 */
static int
must_staple(lua_State *L)
{
    lua_pushboolean(L, check(L)->wanted.must_staple);
    return 1;
}

/* request:verify() -> true: it is signed with the key that it asks a certificate for. | nil,
 * message, "bad_request" | "weak_signature" | "weak_key" | "unsupported_certificate" (a key of
 * another kind) */
static int
verify(lua_State *L)
{
    enum tls_reason reason = tls_certificate_request_verify(check(L));

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* request:der() -> the whole request, DER */
static int
der(lua_State *L)
{
    tls_lua_push_bytes(L, check(L)->der);
    return 1;
}

/* request:pem() -> the whole request, PEM */
static int
pem(lua_State *L)
{
    const tls_certificate_request *request = check(L);
    tls_buffer *out = tls_lua_buffer(L);

    tls_pem_encode(out, "CERTIFICATE REQUEST", request->der);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* request:text() -> for people to read, as `openssl req -text` prints it */
static int
text(lua_State *L)
{
    const tls_certificate_request *request = check(L);
    tls_buffer *out = tls_lua_buffer(L);

    tls_certificate_request_dump(out, request);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* request == other: the same DER. */
static int
equal(lua_State *L)
{
    const tls_certificate_request *a = tls_lua_test_request(L, 1);
    const tls_certificate_request *b = tls_lua_test_request(L, 2);

    lua_pushboolean(L, a != NULL && b != NULL && tls_bytes_equal(a->der, b->der));
    return 1;
}

static int
gc(lua_State *L)
{
    object *self = luaL_checkudata(L, 1, TLS_LUA_REQUEST);

    tls_certificate_request_release(self->request);
    self->request = NULL;
    return 0;
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

static const luaL_Reg metamethods[] = {{"__gc", gc}, {"__eq", equal}, {NULL, NULL}};

const luaL_Reg tls_lua_request_functions[] = {
    {"request", load},
    {"build_request", build},
    {NULL, NULL},
};

void
tls_lua_open_request(lua_State *L)
{
    tls_lua_class(L, TLS_LUA_REQUEST, methods, metamethods);
}
