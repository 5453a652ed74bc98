/* object.c - see object.h. */
#include "object.h"

#include "option.h"
#include "value.h"

#define LIST_MAXIMUM 0xFFFFu

static int
default_tostring(lua_State *L)
{
    tls_lua_push_address(L, lua_tostring(L, lua_upvalueindex(1)), 1);
    return 1;
}

/* finish_class gives the metatable on the top what it has not yet, and pops it. */
static void
finish_class(lua_State *L, const luaL_Reg *methods)
{
    lua_getfield(L, -1, "__close");
    if (lua_isnil(L, -1)) {
        lua_getfield(L, -2, "__gc");
        lua_setfield(L, -3, "__close");
    }
    lua_pop(L, 1);
    lua_newtable(L);
    tls_lua_functions(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

static void
begin_class(lua_State *L, const char *class_name)
{
    luaL_newmetatable(L, class_name);
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, class_name);
    lua_pushcclosure(L, default_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    /* What getmetatable gives: nobody calls __gc by hand. */
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "__metatable");
}

void
tls_lua_class(
    lua_State *L, const char *class_name, const luaL_Reg *methods, const luaL_Reg *metamethods)
{
    begin_class(L, class_name);
    tls_lua_functions(L, metamethods);
    finish_class(L, methods);
}

void
tls_lua_add_methods(lua_State *L, const char *class_name, const luaL_Reg *methods)
{
    lua_getfield(L, LUA_REGISTRYINDEX, class_name);
    lua_getfield(L, -1, "__index");
    tls_lua_functions(L, methods);
    lua_pop(L, 2);
}

void *
tls_lua_new(lua_State *L, const char *class_name, size_t size, int slots)
{
    void *object = tls_lua_userdata(L, size, slots);

    lua_getfield(L, LUA_REGISTRYINDEX, class_name);
    lua_setmetatable(L, -2);
    tls_lua_make_slots(L, -1, slots);
    return object;
}

void
tls_lua_push_address(lua_State *L, const char *class_name, int index)
{
    lua_pushfstring(L, "%s: %p", class_name, lua_touserdata(L, index));
}

/* ---- Counted objects ---- */

static const tls_lua_object_class *
class_of_closure(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int
object_gc(lua_State *L)
{
    const tls_lua_object_class *object_class = class_of_closure(L);

    tls_lua_object_close(object_class, luaL_checkudata(L, 1, object_class->name));
    return 0;
}

/* Two objects are equal when what they hold is: Lua asks for every two of them. */
static int
object_equal(lua_State *L)
{
    const tls_lua_object_class *object_class = class_of_closure(L);
    const void *a = tls_lua_object_test(L, 1, object_class);
    const void *b = tls_lua_object_test(L, 2, object_class);

    lua_pushboolean(L, a != NULL && b != NULL &&
                           tls_bytes_equal(object_class->identity(a), object_class->identity(b)));
    return 1;
}

static void
set_metamethod(lua_State *L, const char *name, lua_CFunction function,
    const tls_lua_object_class *object_class)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)object_class);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

void
tls_lua_object_open(lua_State *L, const tls_lua_object_class *object_class, const luaL_Reg *methods,
    const luaL_Reg *metamethods)
{
    begin_class(L, object_class->name);
    set_metamethod(L, "__gc", object_gc, object_class);
    if (object_class->identity != NULL)
        set_metamethod(L, "__eq", object_equal, object_class);
    if (metamethods != NULL)
        tls_lua_functions(L, metamethods);
    finish_class(L, methods);
}

void *
tls_lua_object_new(lua_State *L, const tls_lua_object_class *object_class)
{
    size_t size = object_class->size != 0 ? object_class->size : sizeof(tls_lua_object);

    return tls_lua_new(L, object_class->name, size, 0);
}

int
tls_lua_object_made(lua_State *L, void *object, void *counted, enum tls_reason reason)
{
    ((tls_lua_object *)object)->counted = counted;
    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
}

void
tls_lua_object_push(lua_State *L, const tls_lua_object_class *object_class, const void *counted)
{
    tls_lua_object *self = tls_lua_object_new(L, object_class);

    /* The core's views are const; the count is all that changes. */
    self->counted = object_class->retain((void *)(uintptr_t)counted);
}

void *
tls_lua_object_look(lua_State *L, int index, const tls_lua_object_class *object_class)
{
    tls_lua_object *self = luaL_checkudata(L, index, object_class->name);

    if (self->counted == NULL)
        luaL_argerror(L, index, lua_pushfstring(L, "closed %s", object_class->what));
    return self;
}

/* new_beside pushes an object for what the one at `index` holds. What that has beside its count,
 * such as the clock of a context, the core may read: so it is kept too. */
static tls_lua_object *
new_beside(lua_State *L, int index, const tls_lua_object_class *object_class)
{
    tls_lua_object *self;

    if (object_class->size == 0)
        return tls_lua_object_new(L, object_class);
    self = tls_lua_new(L, object_class->name, object_class->size, 1);
    lua_pushvalue(L, index);
    tls_lua_keep(L, -2, 1);
    return self;
}

void *
tls_lua_object_check(lua_State *L, int index, const tls_lua_object_class *object_class)
{
    tls_lua_object *self;
    void *counted;

    (void)tls_lua_object_look(L, index, object_class);
    self = new_beside(L, index, object_class);
    /* Looked at again: making the other may have run a finalizer that closed this one. */
    counted = ((tls_lua_object *)tls_lua_object_look(L, index, object_class))->counted;
    self->counted = object_class->retain(counted);
    lua_replace(L, index);
    return counted;
}

void *
tls_lua_object_test(lua_State *L, int index, const tls_lua_object_class *object_class)
{
    tls_lua_object *self = tls_lua_test(L, index, object_class->name);

    return self != NULL ? self->counted : NULL;
}

void *
tls_lua_object_share(lua_State *L, int index, const tls_lua_object_class *object_class)
{
    tls_lua_object *self;
    void *counted;

    index = tls_lua_absolute(L, index);
    if (tls_lua_object_test(L, index, object_class) == NULL)
        return NULL;
    /* Made before the other is looked at again: a finalizer may close it at any allocation. */
    self = new_beside(L, index, object_class);
    counted = tls_lua_object_test(L, index, object_class);
    if (counted == NULL)
        lua_pop(L, 1);
    else
        self->counted = object_class->retain(counted);
    return counted;
}

size_t
tls_lua_object_list(
    lua_State *L, int table, const char *name, const tls_lua_object_class *object_class)
{
    int given = tls_lua_option_table(L, table, name), list;
    size_t count = given != 0 ? tls_lua_length(L, given) : 0, i;

    if (count > LIST_MAXIMUM)
        luaL_error(L, "option '%s' is too long", name);
    given = lua_gettop(L);
    lua_createtable(L, (int)count + 1, 0);
    list = lua_gettop(L);
    for (i = 0; i < count; i++) {
        lua_rawgeti(L, given, (int)i + 1);
        if (tls_lua_object_share(L, -1, object_class) == NULL)
            luaL_error(L, "option '%s': element %d must be an open %s", name, (int)i + 1,
                object_class->what);
        lua_rawseti(L, list, (int)i + 1);
        lua_pop(L, 1);
    }
    lua_remove(L, given);
    return count;
}

void *
tls_lua_object_at(lua_State *L, int list, size_t i)
{
    tls_lua_object *object;

    lua_rawgeti(L, list, (int)i + 1);
    object = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return object->counted;
}

void
tls_lua_object_close(const tls_lua_object_class *object_class, tls_lua_object *object)
{
    if (object->counted != NULL)
        object_class->release(object->counted);
    object->counted = NULL;
}
