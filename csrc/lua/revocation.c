/* revocation.c - the options of trust:verify and of contexts that say what a certificate's key and
 * revocation status must be: CRLs and OCSP responses with counts of their own in a scratch
 * userdata, pins in memory of Lua's. */
#include "classes.h"

#include <string.h>

#include "x509/crl.h"
#include "x509/ocsp.h"

#define HOLDER_CLASS "bearssl.revocation"
#define LIST_MAXIMUM 0xFFFFu

typedef union item {
    tls_crl *crl;
    tls_ocsp_response *response;
} item;

/* The two arrays are of pointers to different structs, so each kind has its own. */
typedef struct holder {
    tls_crl **crls;
    size_t crl_count;
    tls_ocsp_response **responses;
    size_t response_count;
} holder;

/* list_option pushes a list and a holder with room for its elements behind it. */
static holder *
list_option(lua_State *L, int table, const char *name, size_t *count)
{
    int list = tls_lua_option_table(L, table, name);

    *count = list != 0 ? tls_lua_length(L, list) : 0;
    if (*count > LIST_MAXIMUM)
        luaL_error(L, "option '%s' is too long", name);
    return tls_lua_new(L, HOLDER_CLASS, sizeof(holder) + (*count + 1) * sizeof(item), 0);
}

const struct tls_crl *const *
tls_lua_option_crls(lua_State *L, int table, const char *name, size_t *count)
{
    holder *self = list_option(L, table, name, count);
    int list = lua_gettop(L) - 1;
    size_t i;

    self->crls = (tls_crl **)(void *)(self + 1);
    for (i = 0; i < *count; i++) {
        tls_crl *crl;

        lua_rawgeti(L, list, (int)i + 1);
        crl = tls_lua_test_crl(L, -1);
        if (crl == NULL)
            luaL_error(L, "option '%s': element %d must be an open CRL", name, (int)i + 1);
        self->crls[i] = tls_crl_retain(crl);
        self->crl_count = i + 1;
        lua_pop(L, 1);
    }
    lua_remove(L, list);
    return (const tls_crl *const *)self->crls;
}

const struct tls_ocsp_response *const *
tls_lua_option_ocsp_responses(lua_State *L, int table, const char *name, size_t *count)
{
    holder *self = list_option(L, table, name, count);
    int list = lua_gettop(L) - 1;
    size_t i;

    self->responses = (tls_ocsp_response **)(void *)(self + 1);
    for (i = 0; i < *count; i++) {
        tls_ocsp_response *response;

        lua_rawgeti(L, list, (int)i + 1);
        response = tls_lua_test_ocsp_response(L, -1);
        if (response == NULL)
            luaL_error(
                L, "option '%s': element %d must be an open OCSP response", name, (int)i + 1);
        self->responses[i] = tls_ocsp_response_retain(response);
        self->response_count = i + 1;
        lua_pop(L, 1);
    }
    lua_remove(L, list);
    return (const tls_ocsp_response *const *)self->responses;
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

int64_t
tls_lua_option_clock_skew(lua_State *L, int table)
{
    int64_t skew = tls_lua_option_time(L, table, "clock_skew", 0);

    if (skew < 0)
        luaL_error(L, "option 'clock_skew' must not be negative");
    return skew;
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
    static const char *const modes[] = {"not_needed", "if_must", "required", NULL};

    return (enum tls_staple_mode)tls_lua_option_choice(
        L, table, "staple", modes, TLS_STAPLE_NOT_NEEDED);
}

static int
gc(lua_State *L)
{
    holder *self = luaL_checkudata(L, 1, HOLDER_CLASS);

    while (self->crl_count > 0)
        tls_crl_release(self->crls[--self->crl_count]);
    while (self->response_count > 0)
        tls_ocsp_response_release(self->responses[--self->response_count]);
    return 0;
}

static const luaL_Reg methods[] = {{NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", gc}, {NULL, NULL}};

void
tls_lua_open_revocation(lua_State *L)
{
    tls_lua_class(L, HOLDER_CLASS, methods, metamethods);
}
