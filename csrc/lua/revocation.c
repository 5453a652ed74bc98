/* revocation.c - the options of trust:verify and of contexts that say what a certificate's key and
 * revocation status must be: CRLs and OCSP responses as arrays of what objects of our own hold,
 * pins in memory of Lua's. */
#include "revocation.h"

#include <string.h>

#include "x509/crl.h"
#include "x509/ocsp.h"

#include "crl.h"
#include "ocsp.h"
#include "option.h"

#define LIST_MAXIMUM 0xFFFFu

const struct tls_crl *const *
tls_lua_option_crls(lua_State *L, int table, const char *name, size_t *count)
{
    const tls_crl **crls;
    int list;
    size_t i;

    *count = tls_lua_object_list(L, table, name, &tls_lua_crl_class);
    list = lua_gettop(L);
    crls = tls_lua_userdata(L, (*count + 1) * sizeof *crls, 0);
    lua_rawseti(L, list, (int)*count + 1);
    for (i = 0; i < *count; i++)
        crls[i] = tls_lua_object_at(L, list, i);
    return crls;
}

const struct tls_ocsp_response *const *
tls_lua_option_ocsp_responses(lua_State *L, int table, const char *name, size_t *count)
{
    const tls_ocsp_response **responses;
    int list;
    size_t i;

    *count = tls_lua_object_list(L, table, name, &tls_lua_ocsp_response_class);
    list = lua_gettop(L);
    responses = tls_lua_userdata(L, (*count + 1) * sizeof *responses, 0);
    lua_rawseti(L, list, (int)*count + 1);
    for (i = 0; i < *count; i++)
        responses[i] = tls_lua_object_at(L, list, i);
    return responses;
}

const unsigned char (
    *tls_lua_option_pins(lua_State *L, int table, const char *name, size_t *count))[TLS_PIN_LENGTH]
{
    int list = tls_lua_option_table(L, table, name);
    unsigned char(*pins)[TLS_PIN_LENGTH];
    size_t i;

    *count = list != 0 ? tls_lua_length(L, list) : 0;
    if (*count > LIST_MAXIMUM)
        luaL_error(L, "option '%s' is too long", name);
    /* An empty list would mean no check to the core. */
    if (list != 0 && *count == 0)
        luaL_error(L, "option '%s' is empty: nothing could match", name);
    list = lua_gettop(L);
    pins = tls_lua_userdata(L, (*count + 1) * sizeof *pins, 0);
    for (i = 0; i < *count; i++) {
        const char *pin;
        size_t length = 0;

        lua_rawgeti(L, list, (int)i + 1);
        pin = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (pin == NULL || length != TLS_PIN_LENGTH)
            luaL_error(L, "option '%s': element %d must be a string of %d bytes, a SHA-256", name,
                (int)i + 1, TLS_PIN_LENGTH);
        else
            memcpy(pins[i], pin, TLS_PIN_LENGTH);
        lua_pop(L, 1);
    }
    lua_remove(L, list);
    return (const unsigned char(*)[TLS_PIN_LENGTH])pins;
}

enum tls_revocation_mode
tls_lua_option_revocation(lua_State *L, int table)
{
    static const char *const modes[] = {"if_known", "leaf", "path", NULL};

    return (enum tls_revocation_mode)tls_lua_option_choice(
        L, table, "revocation", modes, TLS_REVOCATION_IF_KNOWN);
}

enum tls_staple_mode
tls_lua_option_staple(lua_State *L, int table)
{
    static const char *const modes[] = {"none", "if_must", "required", NULL};

    return (enum tls_staple_mode)(
        TLS_STAPLE_NONE + tls_lua_option_choice(L, table, "staple", modes, -1));
}
