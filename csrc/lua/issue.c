/* issue.c - making and signing certificates.
 *
 *     certificate = core.issue{ issuer_key = …, … } */
#include <string.h>
#include <time.h>

#include "issue/certificate_issue.h"
#include "key/key_encode.h"

#include "certificate.h"
#include "issue_options.h"
#include "key.h"
#include "module.h"
#include "option.h"
#include "request.h"
#include "unreadable.h"
#include "value.h"

/* whose reads `public_key`: an object of one of three classes. */
static void
whose(lua_State *L, tls_lua_issue_options *fields, tls_issue_fields *issue)
{
    const tls_certificate *certificate;
    const tls_certificate_request *request;
    const tls_private_key *key;

    lua_getfield(L, fields->table, "public_key");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    certificate = tls_lua_test_certificate(L, -1);
    request = tls_lua_test_request(L, -1);
    if (certificate == NULL && request == NULL && tls_lua_test_key(L, -1) == NULL)
        luaL_error(L, "option 'public_key' must be an open key, request or certificate, not %s",
            luaL_typename(L, -1));
    lua_pop(L, 1);
    if (certificate != NULL) {
        /* Asked for again: what was found may be gone by now. */
        certificate = tls_lua_issue_certificate(L, fields, "public_key", 1);
        issue->public_key_info = certificate->public_key_info;
    } else if (request != NULL) {
        issue->request = tls_lua_issue_request(L, fields, "public_key");
    } else {
        tls_buffer *out = tls_lua_issue_buffer(L, fields);

        key = tls_lua_issue_key(L, fields, "public_key", 1);
        tls_lua_issue_refuse(
            fields, "public_key", tls_public_key_encode(out, tls_private_key_public(key)));
        issue->public_key_info = tls_buffer_view(out);
    }
}

static unsigned
accepted(lua_State *L, int table)
{
    static const char *const names[] = {"names", "key_usage", "extended_key_usage", "must_staple"};
    static const unsigned bits[] = {TLS_HAS_SUBJECT_ALTERNATIVE_NAME, TLS_HAS_KEY_USAGE,
        TLS_HAS_EXTENDED_KEY_USAGE, TLS_HAS_TLS_FEATURE};
    size_t count = tls_lua_issue_list(L, table, "accept"), i, j;
    int list = lua_gettop(L);
    unsigned all = 0;

    for (i = 0; i < count; i++) {
        const char *name;

        lua_rawgeti(L, list, (int)i + 1);
        name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        for (j = 0; j < sizeof bits / sizeof *bits && strcmp(name, names[j]) != 0; j++)
            ;
        if (j == sizeof bits / sizeof *bits)
            luaL_error(L, "option 'accept': '%s' is not known", name);
        all |= bits[j];
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return all;
}

/* core.issue{ public_key = key, request or certificate whose key it is for (nil: issuer_key's),
 * issuer = certificate (nil: self-signed), issuer_key = key, subject = RFC 4514 text or list of {
 * type, value }, most significant first (nil: the request's, else empty), names = list of { type =,
 * value = }, not_before (now), not_after = seconds since the epoch, serial = hex (random), ca =
 * boolean (nil: no basicConstraints), path_length = integer, key_usage, extended_key_usage = lists
 * of names, name_constraints = { permitted =, excluded = lists like names }, ocsp_uris,
 * issuer_uris, crl_uris = lists of strings, must_staple = boolean, extensions = list of { oid =,
 * critical =, value = DER }, accept = list of what to take over from the request: "names",
 * "key_usage", "extended_key_usage", "must_staple"; hash = "sha256" | "sha384" | "sha512" (what
 * fits the key), subject_key_identifier, authority_key_identifier = bytes (computed),
 * without_subject_key_identifier, without_authority_key_identifier = booleans }
 * -> certificate | nil, message, "key_mismatch" (issuer_key is not the issuer's) | "bad_name" |
 * "bad_field" (a serial number, validity or extensions that make no sense) | "bad_request" (its
 * signature does not verify) | "unsupported_key" | "sign_failed" | "limit_exceeded" | "no_random" |
 * "out_of_memory" */
static int
issue(lua_State *L)
{
    tls_issue_fields out = {0};
    enum tls_reason reason;
    tls_lua_issue_options fields;
    tls_certificate *certificate = NULL;
    tls_lua_object *self;

    tls_lua_issue_begin(L, &fields);
    out.issuer = tls_lua_issue_certificate(L, &fields, "issuer", 0);
    out.key = tls_lua_issue_key(L, &fields, "issuer_key", 1);
    out.hash = tls_lua_issue_hash(L, &fields, out.key);
    whose(L, &fields, &out);
    out.subject = tls_lua_issue_subject(L, &fields, "subject");
    out.accept = accepted(L, 1);
    out.serial = tls_lua_issue_hex(L, &fields, 1, "serial");
    lua_getfield(L, 1, "not_after");
    if (lua_isnil(L, -1))
        luaL_error(L, "option 'not_after' is missing");
    lua_pop(L, 1);
    out.not_before = tls_lua_option_time(L, 1, "not_before", (int64_t)time(NULL));
    out.not_after = tls_lua_option_time(L, 1, "not_after", 0);
    tls_lua_issue_extensions(L, &fields, &out.extensions);
    out.without_subject_key_identifier =
        tls_lua_option_boolean(L, 1, "without_subject_key_identifier");
    out.without_authority_key_identifier =
        tls_lua_option_boolean(L, 1, "without_authority_key_identifier");
    if (fields.reason != TLS_OK)
        return tls_lua_issue_failed(L, &fields);
    self = tls_lua_object_new(L, &tls_lua_certificate_class);
    reason = tls_certificate_issue(&certificate, &out);
    if (reason == TLS_REASON_UNSUPPORTED_CERTIFICATE && out.request != NULL &&
        out.request->wanted.public_key.kind == TLS_KEY_OTHER)
        return tls_lua_unusable(L, out.request->wanted.public_key_info);
    return tls_lua_object_made(L, self, certificate, reason);
}

const luaL_Reg tls_lua_issue_functions[] = {{"issue", issue}, {NULL, NULL}};
