/* password_cipher.c - what PKCS#12 is made of, for the Lua that reads and writes its structure.
 *
 * All fail with nil, message, "bad_key" (malformed), "bad_password", "unsupported_encryption",
 * "no_random" or "out_of_memory". */
#include "key/password_cipher.h"

#include "asn1/pem.h"

#include "module.h"
#include "value.h"

static int
result(lua_State *L, enum tls_reason reason, tls_buffer *out)
{
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* core.password_decrypt(algorithm, ciphertext, password) -> DER of a SEQUENCE. algorithm: DER of an
 * AlgorithmIdentifier */
static int
password_decrypt(lua_State *L)
{
    tls_bytes algorithm = tls_lua_check_bytes(L, 1), ciphertext = tls_lua_check_bytes(L, 2);
    tls_bytes password = tls_lua_check_bytes(L, 3);
    tls_buffer *out = tls_lua_buffer(L);

    return result(L, tls_password_decrypt(out, algorithm, ciphertext, &password), out);
}

static uint32_t
check_iterations(lua_State *L, int index)
{
    lua_Number wanted = luaL_optnumber(L, index, 0);

    return wanted >= 0 && wanted <= 0x7FFFFFFF ? (uint32_t)wanted : 1;
}

/* core.password_encrypt(plain, password [, iterations]) -> DER of AlgorithmIdentifier and
 * ciphertext in a SEQUENCE */
static int
password_encrypt(lua_State *L)
{
    tls_bytes text = tls_lua_check_bytes(L, 1), password = tls_lua_check_bytes(L, 2);
    uint32_t iterations = check_iterations(L, 3);
    tls_buffer *plain = tls_lua_buffer(L), *out;

    tls_buffer_append(plain, text.data, text.length);
    out = tls_lua_buffer(L);
    return result(L, tls_password_encrypt(out, plain, password, iterations), out);
}

/* core.pkcs12_verify(mac_data, data, password) -> true */
static int
pkcs12_verify(lua_State *L)
{
    enum tls_reason reason = tls_pkcs12_verify(
        tls_lua_check_bytes(L, 1), tls_lua_check_bytes(L, 2), tls_lua_check_bytes(L, 3));

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* core.pkcs12_mac(data, password [, iterations]) -> DER of MacData */
static int
pkcs12_mac(lua_State *L)
{
    tls_bytes data = tls_lua_check_bytes(L, 1), password = tls_lua_check_bytes(L, 2);
    uint32_t iterations = check_iterations(L, 3);
    tls_buffer *out = tls_lua_buffer(L);

    return result(L, tls_pkcs12_mac(out, data, password, iterations), out);
}

/* core.pem_blocks(text) -> list of {label, DER}, where DER is nil for what is damaged or encrypted
 */
static int
pem_blocks(lua_State *L)
{
    tls_bytes text = tls_lua_check_bytes(L, 1);
    tls_buffer *der = tls_lua_buffer(L);
    tls_pem_block block;
    tls_pem pem;
    int count = 0;

    lua_newtable(L);
    tls_pem_init(&pem, text);
    while (tls_pem_next(&pem, &block, der)) {
        lua_createtable(L, 2, 0);
        tls_lua_push_bytes(L, block.label);
        lua_rawseti(L, -2, 1);
        if (block.valid && !block.encrypted) {
            tls_lua_push_bytes(L, tls_buffer_view(der));
            lua_rawseti(L, -2, 2);
        }
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

const luaL_Reg tls_lua_password_cipher_functions[] = {
    {"password_decrypt", password_decrypt},
    {"password_encrypt", password_encrypt},
    {"pkcs12_verify", pkcs12_verify},
    {"pkcs12_mac", pkcs12_mac},
    {"pem_blocks", pem_blocks},
    {NULL, NULL},
};
