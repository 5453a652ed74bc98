/* context_options.c - the numbers and flags among a context's options: one row each, which says how
 * Lua programs call it, who has use for it, and where it stands in the core's options. It drives
 * reading them, context:info(), and what the Lua layer checks: core.context_options(). Bounds and
 * defaults are the core's (context/bounds.h). */
#include "context_options.h"

#include <stddef.h>
#include <string.h>

#include "context/bounds.h"

#include "bounds.h"
#include "module.h"
#include "option.h"
#include "value.h"

enum kind {
    NUMBER,
    SECONDS, /* a number of which parts may be given */
    FLAG,
    NEGATED, /* true by default: the core's flag says the opposite */
    CHOICE   /* one of `words`, by the order of the core's enumeration */
};

enum user { CLIENT = TLS_ROLE_CLIENT, SERVER = TLS_ROLE_SERVER, BOTH };

typedef struct row {
    const char *name;
    enum kind kind;
    enum user user;
    const char *field; /* of tls_context_options */
    size_t offset, width;
    const char *const *words; /* "true" and "false" stand for the booleans; the last is NULL */
} row;

#define ROW(name, kind, user, field)                                                               \
    {                                                                                              \
        name, kind, user, #field, offsetof(tls_context_options, field),                            \
            sizeof(((tls_context_options *)NULL)->field), NULL                                     \
    }
#define CHOICE_ROW(name, user, field, words)                                                       \
    {                                                                                              \
        name, CHOICE, user, #field, offsetof(tls_context_options, field),                          \
            sizeof(((tls_context_options *)NULL)->field), words                                    \
    }

static const char *const extended_master_secret_words[] = {"true", "false", "required", NULL};

static const row rows[] = {
    ROW("verify_depth", NUMBER, BOTH, verify_depth),
    ROW("clock_skew", SECONDS, BOTH, clock_skew),
    ROW("alpn_required", FLAG, BOTH, alpn_required),
    ROW("verdict_cache", NUMBER, BOTH, verdict_cache_size),
    ROW("session_cache", NUMBER, BOTH, session_cache_size),
    ROW("session_lifetime", NUMBER, BOTH, session_lifetime),
    ROW("tickets", NEGATED, BOTH, no_tickets),
    CHOICE_ROW(
        "extended_master_secret", BOTH, extended_master_secret, extended_master_secret_words),
    ROW("max_fragment_length", NUMBER, CLIENT, max_fragment_length),
    ROW("record_size", NUMBER, BOTH, record_size),
    ROW("dh_bits_minimum", NUMBER, CLIENT, dh_bits_minimum),
    ROW("client_hello_limit", NUMBER, SERVER, client_hello_limit),
    ROW("client_preference", FLAG, SERVER, client_preference),
    ROW("renegotiation", FLAG, BOTH, renegotiation),
    /* TLS 1.3 */
    ROW("key_shares", NUMBER, CLIENT, key_share_count),
    ROW("grease", NEGATED, CLIENT, no_grease),
    ROW("middlebox_compatibility", NEGATED, CLIENT, no_compatibility),
    ROW("psk_ke", FLAG, BOTH, psk_ke),
    ROW("post_handshake_auth", FLAG, CLIENT, post_handshake_auth),
    ROW("retry_cookie", FLAG, SERVER, retry_cookie),
    ROW("ech_backend", FLAG, SERVER, ech_backend),
    ROW("ticket_count", NUMBER, SERVER, ticket_count),
    ROW("new_session_count", NUMBER, CLIENT, new_session_count),
    ROW("resumption_count", NUMBER, CLIENT, resumption_count),
    ROW("max_early_data", NUMBER, SERVER, max_early_data),
    ROW("early_data_window", NUMBER, SERVER, early_data_window),
    ROW("record_size_limit", NUMBER, BOTH, record_size_limit),
    ROW("record_padding", NUMBER, BOTH, record_padding),
    ROW("key_update_after", NUMBER, BOTH, key_update_records),
};

#define ROW_COUNT (sizeof rows / sizeof *rows)

static int
is_flag(const row *option)
{
    return option->kind == FLAG || option->kind == NEGATED;
}

static const tls_bounds *
bounds_of(const row *option)
{
    return tls_bounds_find(tls_context_bounds, option->field);
}

static int
is_choice(const row *option)
{
    return strcmp(option->field, "max_fragment_length") == 0;
}

/* get and put: a field of 4 or 8 bytes. */
static uint64_t
get(const tls_context_options *options, const row *option)
{
    const unsigned char *field = (const unsigned char *)options + option->offset;
    uint64_t wide = 0;
    uint32_t narrow = 0;

    if (option->width == sizeof wide) {
        memcpy(&wide, field, sizeof wide);
        return wide;
    }
    memcpy(&narrow, field, sizeof narrow);
    return narrow;
}

static void
put(tls_context_options *options, const row *option, uint64_t value)
{
    unsigned char *field = (unsigned char *)options + option->offset;
    uint32_t narrow = (uint32_t)value;

    if (option->width == sizeof value)
        memcpy(field, &value, sizeof value);
    else
        memcpy(field, &narrow, sizeof narrow);
}

static uint64_t
read_flag(lua_State *L, int table, const row *option)
{
    int given;

    lua_getfield(L, table, option->name);
    given = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return given && tls_lua_option_boolean(L, table, option->name) == (option->kind == FLAG);
}

static uint64_t
read_choice(lua_State *L, int table, const row *option)
{
    uint64_t i;

    lua_getfield(L, table, option->name);
    if (lua_isboolean(L, -1))
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    else
        lua_pushvalue(L, -1);
    for (i = 0; option->words[i] != NULL; i++)
        if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), option->words[i]) == 0)
            break;
    if (option->words[i] == NULL && !lua_isnil(L, -1))
        luaL_error(L, "option '%s': not one of its words", option->name);
    lua_pop(L, 2);
    return option->words[i] != NULL ? i : 0;
}

/* push_word pushes what stands for a word: itself, or a boolean. */
static void
push_word(lua_State *L, const char *word)
{
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        lua_pushboolean(L, word[0] == 't');
    else
        lua_pushstring(L, word);
}

static void
check_fragment_length(lua_State *L, const row *option, uint64_t length)
{
    size_t i;

    for (i = 0; i < TLS_MAX_FRAGMENT_LENGTHS; i++)
        if (tls_max_fragment_lengths[i] == length)
            return;
    if (length != 0)
        luaL_error(L, "option '%s' must be 512, 1024, 2048 or 4096", option->name);
}

static int
is_of_use(const row *option, enum tls_role role)
{
    return option->user == BOTH || (int)option->user == (int)role;
}

static void
refuse_useless(lua_State *L, int table, const row *option)
{
    lua_getfield(L, table, option->name);
    if (lua_toboolean(L, -1))
        luaL_error(L, "option '%s' is for %s", option->name,
            option->user == CLIENT ? "clients" : "servers");
    lua_pop(L, 1);
}

void
tls_lua_read_context_options(lua_State *L, int table, tls_context_options *options)
{
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        const row *option = &rows[i];
        uint64_t value;

        if (!is_of_use(option, options->role))
            refuse_useless(L, table, option);
        if (is_flag(option))
            value = read_flag(L, table, option);
        else if (option->kind == CHOICE)
            value = read_choice(L, table, option);
        else if (option->kind == SECONDS)
            value = (uint64_t)tls_lua_option_seconds(L, table, option->name, bounds_of(option));
        else
            value = tls_lua_option_bounded(L, table, option->name, bounds_of(option));
        if (is_choice(option))
            check_fragment_length(L, option, value);
        put(options, option, value);
    }
    options->no_intermediates = tls_lua_option_is_zero(L, table, "verify_depth");
}

void
tls_lua_keep_context_options(tls_context_options *kept, const tls_context_options *options)
{
    size_t i;

    memset(kept, 0, sizeof *kept);
    kept->role = options->role;
    kept->no_intermediates = options->no_intermediates;
    for (i = 0; i < ROW_COUNT; i++)
        put(kept, &rows[i], get(options, &rows[i]));
}

/* show_number: what stands for it where it was not given (`completed`); no field for none at all.
 */
static void
show_number(lua_State *L, const row *option, uint64_t value, int completed)
{
    const tls_bounds *bounds = bounds_of(option);

    if (value == 0 && completed)
        value = bounds->otherwise;
    if (value == 0 && bounds->minimum > 0)
        return;
    tls_lua_push_uint64(L, value);
    lua_setfield(L, -2, option->name);
}

/* is_none: 0 was given, which for one option is a number like others. */
static int
is_none(const tls_context_options *options, const row *option)
{
    return options->no_intermediates && strcmp(option->field, "verify_depth") == 0;
}

void
tls_lua_show_context_options(lua_State *L, const tls_context_options *options)
{
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        const row *option = &rows[i];
        int useful = is_of_use(option, options->role);
        uint64_t value = get(options, option);

        if (is_flag(option))
            tls_lua_set_boolean(L, option->name, useful && (value != 0) == (option->kind == FLAG));
        else if (option->kind == CHOICE) {
            push_word(L, option->words[value]);
            lua_setfield(L, -2, option->name);
        } else
            show_number(L, option, value, useful && !is_none(options, option));
    }
}

static void
push_row(lua_State *L, const row *option)
{
    static const char *const kinds[] = {"integer", "seconds", "boolean", "boolean", "choice"};
    static const char *const users[] = {"client", "server", NULL};
    const tls_bounds *bounds;
    size_t i;

    lua_createtable(L, 0, 7);
    tls_lua_set_string(L, "name", option->name);
    tls_lua_set_string(L, "kind", kinds[option->kind]);
    tls_lua_set_string(L, "role", users[option->user]);
    if (is_flag(option)) {
        tls_lua_set_boolean(L, "default", option->kind == NEGATED);
        return;
    }
    if (option->kind == CHOICE) {
        lua_newtable(L);
        for (i = 0; option->words[i] != NULL; i++) {
            push_word(L, option->words[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
        lua_setfield(L, -2, "values");
        push_word(L, option->words[0]);
        lua_setfield(L, -2, "default");
        return;
    }
    bounds = bounds_of(option);
    tls_lua_set_integer(L, "minimum", (int64_t)bounds->minimum);
    tls_lua_set_integer(L, "maximum", (int64_t)bounds->maximum);
    if (bounds->otherwise != 0 || bounds->minimum == 0)
        tls_lua_set_integer(L, "default", (int64_t)bounds->otherwise);
    if (!is_choice(option))
        return;
    lua_createtable(L, TLS_MAX_FRAGMENT_LENGTHS, 0);
    for (i = 0; i < TLS_MAX_FRAGMENT_LENGTHS; i++) {
        lua_pushinteger(L, (lua_Integer)tls_max_fragment_lengths[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "values");
}

/* core.context_options() -> list of { name =, kind = "integer" | "seconds" | "boolean" | "choice",
 * role = "client" | "server" (who has use for it; nil: both), default = or nil for none; of numbers
 * minimum and maximum; of choices, and of numbers where not all between these will do, values =
 * list }: the options of core.context that are numbers, flags or words */
static int
context_options(lua_State *L)
{
    size_t i;

    lua_createtable(L, ROW_COUNT, 0);
    for (i = 0; i < ROW_COUNT; i++) {
        push_row(L, &rows[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

const luaL_Reg tls_lua_context_options_functions[] = {
    {"context_options", context_options},
    {NULL, NULL},
};
