/* object.h - classes of userdata, and the objects of the core that are counted.
 *
 * Conventions of csrc/lua, stated once:
 *   - What can fail at run time returns nil, message, code (value.h). Misuse raises an error that
 * names the argument or the option.
 *   - An object is a userdata: zeroed, given its metatable, and only then filled, so that __gc
 * finds it consistent whatever is raised in between. What the core allocates is in a userdata
 * before anything is called that may raise.
 *   - A finalizer may run at any allocation, and metamethods wherever a table of options is read;
 * both may close any object. So each method works on a count of its own (tls_lua_object_check), and
 * metatables are hidden, lest __gc be called by hand.
 *   - What the core is given during one call is anchored on the stack, or has a count of its own in
 * an object there: a finalizer may run at any allocation and empty the caller's tables.
 *   - The core never calls back, so no error ever passes through it.
 *   - No global state: metatables live in the registry under "bearssl.<class>". */
#ifndef TLS_LUA_OBJECT_H
#define TLS_LUA_OBJECT_H

#include "tls.h"
#include "compat.h"

/* tls_lua_class makes the metatable: methods under __index, and metamethods. __tostring defaults to
 * "<class>: 0x…", __close to __gc. */
void tls_lua_class(
    lua_State *L, const char *class_name, const luaL_Reg *methods, const luaL_Reg *metamethods);
/* tls_lua_add_methods adds to a class that is there. */
void tls_lua_add_methods(lua_State *L, const char *class_name, const luaL_Reg *methods);
/* tls_lua_new pushes a zeroed object of the class. */
void *tls_lua_new(lua_State *L, const char *class_name, size_t size, int slots);
/* tls_lua_push_address pushes "<class>: 0x…" of the userdata at `index`. */
void tls_lua_push_address(lua_State *L, const char *class_name, int index);

/* ---- Counted objects: each userdata holds one count of an object of the core ---- */

typedef struct tls_lua_object_class {
    const char *name; /* in the registry, and for people: "bearssl.key" */
    const char *what; /* in errors: "closed key" */
    size_t size;      /* of a userdata that begins with a tls_lua_object; 0 when that is all */
    void *(*retain)(void *counted);
    void (*release)(void *counted);
    tls_bytes (*identity)(const void *counted); /* what == compares; NULL: the userdata itself */
} tls_lua_object_class;

typedef struct tls_lua_object {
    void *counted; /* NULL before it is filled and once it is closed */
} tls_lua_object;

/* tls_lua_object_open makes the class, with __gc and __eq from what it says; metamethods may be
 * NULL. */
void tls_lua_object_open(lua_State *L, const tls_lua_object_class *object_class,
    const luaL_Reg *methods, const luaL_Reg *metamethods);
/* tls_lua_object_new pushes an empty object. tls_lua_object_made fills it, gives the count away,
 * and returns 1 with the object on the top, or pushes the reason as nil, message, code. */
void *tls_lua_object_new(lua_State *L, const tls_lua_object_class *object_class);
int tls_lua_object_made(lua_State *L, void *object, void *counted, enum tls_reason reason);
/* tls_lua_object_push pushes a new object with a count of its own. */
void tls_lua_object_push(
    lua_State *L, const tls_lua_object_class *object_class, const void *counted);
/* check raises unless there is an open object of the class at argument `index`, and puts another
 * object for the same there, with a count of its own: what it returns lives as long as the argument
 * stands, whoever closes the caller's object meanwhile. */
void *tls_lua_object_check(lua_State *L, int index, const tls_lua_object_class *object_class);
/* look raises likewise, but returns the userdata, for what it holds beside the count; test returns
 * what is counted, or NULL. Both only borrow: nothing may be allocated in Lua while it is used. */
void *tls_lua_object_look(lua_State *L, int index, const tls_lua_object_class *object_class);
void *tls_lua_object_test(lua_State *L, int index, const tls_lua_object_class *object_class);
/* tls_lua_object_share pushes another object for what the one at `index` holds, which lives as long
 * as that is kept; it returns NULL, and pushes nothing, where test does. */
void *tls_lua_object_share(lua_State *L, int index, const tls_lua_object_class *object_class);
/* tls_lua_object_list pushes a list of the objects that option `name` lists, each with a count of
 * its own, and returns what its elements hold one by one: tls_lua_object_at. Empty when nil. */
size_t tls_lua_object_list(
    lua_State *L, int table, const char *name, const tls_lua_object_class *object_class);
void *tls_lua_object_at(lua_State *L, int list, size_t i);
/* tls_lua_object_close gives the count back at once. */
void tls_lua_object_close(const tls_lua_object_class *object_class, tls_lua_object *object);

/* What a class's header declares, and its file defines, for a struct `type` of the core with
 * type_retain and type_release: tls_lua_NAME_class, tls_lua_check_NAME, tls_lua_test_NAME. */
#define TLS_LUA_DECLARE_OBJECT(name, type)                                                         \
    extern const tls_lua_object_class tls_lua_##name##_class;                                      \
    struct type *tls_lua_check_##name(lua_State *L, int index);                                    \
    struct type *tls_lua_test_##name(lua_State *L, int index)

#define TLS_LUA_DEFINE_OBJECT(name, type, what, size, identity)                                    \
    static void *retain_counted(void *counted)                                                     \
    {                                                                                              \
        return type##_retain(counted);                                                             \
    }                                                                                              \
    static void release_counted(void *counted)                                                     \
    {                                                                                              \
        type##_release(counted);                                                                   \
    }                                                                                              \
    const tls_lua_object_class tls_lua_##name##_class = {                                          \
        "bearssl." #name, what, size, retain_counted, release_counted, identity};                  \
    struct type *tls_lua_check_##name(lua_State *L, int index)                                     \
    {                                                                                              \
        return tls_lua_object_check(L, index, &tls_lua_##name##_class);                            \
    }                                                                                              \
    struct type *tls_lua_test_##name(lua_State *L, int index)                                      \
    {                                                                                              \
        return tls_lua_object_test(L, index, &tls_lua_##name##_class);                             \
    }

#endif
