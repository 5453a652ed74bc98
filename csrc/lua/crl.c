/* crl.c - class "bearssl.crl": a certificate revocation list, immutable.
 *
 *     list = core.crls(string)                   PEM or DER → list of CRLs in order
 *     crl = core.build_crl{ issuer = …, … }      a new one, signed
 *
 * Every method raises on an object that __close has closed. */
#include "crl.h"

#include <string.h>
#include <time.h>

#include "issue/crl_build.h"
#include "asn1/pem.h"

#include "certificate.h"
#include "distinguished_name.h"
#include "issue_options.h"
#include "module.h"
#include "option.h"
#include "unreadable.h"
#include "value.h"

/* crl == other: the same DER. */
static tls_bytes
identity(const void *counted)
{
    return ((const tls_crl *)counted)->der;
}

TLS_LUA_DEFINE_OBJECT(crl, tls_crl, "CRL", 0, identity)

/* ---- core.crls ---- */

static void
release_list(void *list)
{
    tls_crl_list_release(list);
}

/* Holds what was loaded while Lua makes objects of it. */
static const tls_lua_object_class list_class = {
    "bearssl.crl_list", "list", 0, NULL, release_list, NULL};

/* core.crls(string) -> list of CRLs: of PEM with any number of them, or one in DER | nil, message,
 * "bad_pem" (no CRL in it) | "bad_crl" (one could not be parsed) | "out_of_memory" */
static int
load(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *holder = tls_lua_object_new(L, &list_class);
    tls_crl_list *list = NULL;
    enum tls_reason reason = tls_crls_load(&list, bytes);
    size_t i;

    holder->counted = list;
    if (reason != TLS_OK)
        return tls_lua_unreadable(L, reason, TLS_WANTED_CRL, bytes, NULL);
    lua_createtable(L, (int)list->count, 0);
    for (i = 0; i < list->count; i++) {
        tls_lua_object_push(L, &tls_lua_crl_class, list->items[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    tls_lua_object_close(&list_class, holder);
    return 1;
}

/* ---- core.build_crl ---- */

static int
revocation_reason(lua_State *L, int element)
{
    const char *name = tls_lua_option_text(L, element, "reason");
    int reason = TLS_REVOKED_NO_REASON;

    if (name != NULL) {
        reason = tls_revocation_reason_from_name(tls_bytes_of_string(name));
        if (reason < 0)
            luaL_error(L, "option 'reason': '%s' is not known", name);
    }
    lua_pop(L, 1);
    return reason;
}

static const tls_crl_entry *
revoked_entries(lua_State *L, tls_lua_issue_options *fields, int64_t date, size_t *count)
{
    tls_crl_entry *entries;
    int list;
    size_t i;

    *count = tls_lua_issue_list(L, fields->table, "revoked");
    list = lua_gettop(L);
    entries = tls_lua_issue_memory(L, fields, *count, sizeof *entries);
    for (i = 0; i < *count; i++) {
        int element = tls_lua_issue_element(L, list, i, "revoked");

        entries[i].serial = tls_lua_issue_hex(L, fields, element, "serial");
        if (entries[i].serial.length == 0 && fields->reason == TLS_OK)
            luaL_error(L, "option 'revoked': element %d has no serial", (int)i + 1);
        entries[i].revocation_date = tls_lua_option_time(L, element, "date", date);
        entries[i].reason = revocation_reason(L, element);
        lua_getfield(L, element, "invalidity_date");
        entries[i].has_invalidity_date = !lua_isnil(L, -1);
        entries[i].invalidity_date = tls_lua_option_time(L, element, "invalidity_date", 0);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return entries;
}

/* core.build_crl{ issuer = certificate, issuer_key = key, this_update (now), next_update = seconds
 * since the epoch, number = hex (0), revoked = list of { serial = hex, date = seconds
 * (this_update), reason = "keyCompromise" … or nil, invalidity_date = seconds or nil }, hash =
 * "sha256" | "sha384" | "sha512", extensions = list of { oid =, critical =, value = DER } } -> crl,
 * signed | nil, message, "key_mismatch" | "bad_field" (a serial twice, dates that make no sense) |
 * "unsupported_key" | "sign_failed" | "out_of_memory" */
static int
build(lua_State *L)
{
    tls_crl_fields out = {0};
    enum tls_reason reason;
    tls_lua_issue_options fields;
    tls_lua_object *self;
    tls_crl *crl = NULL;

    tls_lua_issue_begin(L, &fields);
    out.issuer = tls_lua_issue_certificate(L, &fields, "issuer", 1);
    out.key = tls_lua_issue_key(L, &fields, "issuer_key", 1);
    out.hash = tls_lua_issue_hash(L, &fields, out.key);
    lua_getfield(L, 1, "next_update");
    if (lua_isnil(L, -1))
        return luaL_error(L, "option 'next_update' is missing");
    lua_pop(L, 1);
    out.this_update = tls_lua_option_time(L, 1, "this_update", (int64_t)time(NULL));
    out.next_update = tls_lua_option_time(L, 1, "next_update", 0);
    out.number = tls_lua_issue_hex(L, &fields, 1, "number");
    out.entries = revoked_entries(L, &fields, out.this_update, &out.entry_count);
    out.extra = tls_lua_issue_extra(L, &fields, "extensions", &out.extra_count);
    if (fields.reason != TLS_OK)
        return tls_lua_issue_failed(L, &fields);
    self = tls_lua_object_new(L, &tls_lua_crl_class);
    reason = tls_crl_issue(&crl, &out);
    return tls_lua_object_made(L, self, crl, reason);
}

/* ---- Methods ---- */

/* crl:issuer() -> list of { oid = dotted, name = "CN" or nil, value = UTF-8 }, RFC 4514 text */
static int
issuer(lua_State *L)
{
    return tls_lua_push_name_pair(L, tls_lua_check_crl(L, 1)->issuer);
}

/* crl:this_update() -> seconds since the epoch */
static int
this_update(lua_State *L)
{
    tls_lua_push_int64(L, tls_lua_check_crl(L, 1)->this_update);
    return 1;
}

/* crl:next_update() -> seconds since the epoch, or nil when it does not say */
static int
next_update(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);

    if (crl->next_update == INT64_MAX)
        lua_pushnil(L);
    else
        tls_lua_push_int64(L, crl->next_update);
    return 1;
}

/* crl:number() -> CRL number in lower-case hex, or nil */
static int
number(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);
    tls_buffer *out;

    if (crl->number.length == 0) {
        lua_pushnil(L);
        return 1;
    }
    out = tls_lua_buffer(L);
    tls_crl_number_text(out, crl);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* crl:count() -> number of revoked certificates */
static int
count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_lua_check_crl(L, 1)->revoked_count);
    return 1;
}

static void
push_entry(lua_State *L, const tls_crl_entry *entry)
{
    tls_certificate holder = {0};
    tls_buffer *out;

    lua_createtable(L, 0, 4);
    out = tls_lua_buffer(L);
    holder.serial = entry->serial;
    tls_certificate_serial_text(out, &holder);
    tls_lua_finish_buffer(L, out);
    lua_setfield(L, -2, "serial");
    tls_lua_set_integer(L, "date", entry->revocation_date);
    tls_lua_set_string(L, "reason", tls_revocation_reason_name(entry->reason));
    if (entry->has_invalidity_date)
        tls_lua_set_integer(L, "invalidity_date", entry->invalidity_date);
}

/* crl:revoked(serial) -> { serial = hex, date = seconds, reason = "keyCompromise" … or nil,
 * invalidity_date = seconds or nil }, or nil when it is not listed. serial: in hex, or a
 * certificate, of which only the serial number is looked at: crl:covers(certificate) tells whether
 * that means something. */
static int
revoked(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);
    tls_crl_entry entry;
    tls_bytes serial;

    if (tls_lua_test_certificate(L, 2) != NULL) {
        serial = tls_lua_check_certificate(L, 2)->serial;
    } else {
        tls_bytes text = tls_lua_check_bytes(L, 2);
        tls_buffer *out = tls_lua_buffer(L);

        /* The contents of an INTEGER: a zero byte before a high bit, no other in front. */
        tls_buffer_append(out, "", 1);
        luaL_argcheck(L, tls_lua_hex_to_bytes(out, text), 2, "not a serial number in hex");
        serial = tls_buffer_view(out);
        while (serial.length > 1 && serial.data[0] == 0)
            serial = tls_bytes_make(serial.data + 1, serial.length - 1);
        if (serial.length > 0 && serial.data[0] >= 0x80)
            serial = tls_bytes_make(serial.data - 1, serial.length + 1);
    }
    if (tls_crl_find(crl, &entry, serial))
        push_entry(L, &entry);
    else
        lua_pushnil(L);
    return 1;
}

/* crl:entries() -> list of what crl:revoked returns, in the order of the encoding */
static int
entries(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);
    tls_crl_entry entry;
    tls_der reader;
    int n = 0;

    lua_newtable(L);
    tls_der_init(&reader, crl->revoked);
    while (tls_crl_next(&reader, &entry)) {
        push_entry(L, &entry);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* crl:covers(certificate) -> boolean: the CRL would list it: of the same issuer, and in its scope
 */
static int
covers(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);

    lua_pushboolean(L, tls_crl_covers(crl, tls_lua_check_certificate(L, 2)));
    return 1;
}

/* crl:verify(issuer_certificate [, time [, clock_skew]]) -> true: a CRL of a supported kind, by
 * this issuer, signed with its key, in date at `time` (seconds since the epoch; now). | nil,
 * message, "bad_crl" (another's, or the signature is wrong) | "unsupported_crl" | "crl_expired" |
 * "crl_not_yet_valid" | "weak_signature" | "weak_key" */
static int
verify(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);
    const tls_certificate *by = tls_lua_check_certificate(L, 2);
    tls_revocation_policy policy = {0};
    enum tls_reason reason;

    policy.time = lua_isnoneornil(L, 3) ? (int64_t)time(NULL) : tls_lua_check_time(L, 3);
    policy.clock_skew = lua_isnoneornil(L, 4) ? 0 : tls_lua_check_time(L, 4);
    luaL_argcheck(L, policy.clock_skew >= 0, 4, "must not be negative");
    reason = tls_crl_check(crl, by, &policy);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* crl:der() -> the whole CRL, DER */
static int
der(lua_State *L)
{
    tls_lua_push_bytes(L, tls_lua_check_crl(L, 1)->der);
    return 1;
}

/* crl:pem() -> the whole CRL, PEM */
static int
pem(lua_State *L)
{
    const tls_crl *crl = tls_lua_check_crl(L, 1);
    tls_buffer *out = tls_lua_buffer(L);

    tls_pem_encode(out, "X509 CRL", crl->der);
    tls_lua_finish_buffer(L, out);
    return 1;
}

static const luaL_Reg methods[] = {
    {"issuer", issuer},
    {"this_update", this_update},
    {"next_update", next_update},
    {"number", number},
    {"count", count},
    {"revoked", revoked},
    {"entries", entries},
    {"covers", covers},
    {"verify", verify},
    {"der", der},
    {"pem", pem},
    {NULL, NULL},
};

static const luaL_Reg list_methods[] = {{NULL, NULL}};

const luaL_Reg tls_lua_crl_functions[] = {
    {"crls", load},
    {"build_crl", build},
    {NULL, NULL},
};

void
tls_lua_open_crl(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_crl_class, methods, NULL);
    tls_lua_object_open(L, &list_class, list_methods, NULL);
}
