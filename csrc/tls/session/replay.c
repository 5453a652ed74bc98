/* replay.c - see replay.h: a hash table of sets of TLS_REPLAY_WAYS entries; entries that have
 * expired are free. */
#include "session/replay.h"

#include <stdlib.h>
#include <string.h>

static size_t
set_of(tls_bytes id)
{
    return (size_t)(tls_get24(id.data) % (TLS_REPLAY_CAPACITY / TLS_REPLAY_WAYS)) * TLS_REPLAY_WAYS;
}

/* find_room: a free entry for the ID, or -1 when it is there or there is none. */
static int
find_room(const tls_replay_entry *set, tls_bytes id, int64_t now)
{
    int i, room = -1;

    for (i = 0; i < TLS_REPLAY_WAYS; i++) {
        if (set[i].expires <= now)
            room = i;
        else if (memcmp(set[i].id, id.data, sizeof set[i].id) == 0)
            return -1;
    }
    return room;
}

int64_t
tls_replay_register_now(tls_replay_register *reg, int64_t now)
{
    if (now > reg->latest)
        reg->latest = now;
    return reg->latest;
}

int
tls_replay_register_has(const tls_replay_register *reg, tls_bytes id, int64_t now)
{
    if (id.length < sizeof reg->entries->id)
        return 1;
    return reg->entries != NULL && find_room(reg->entries + set_of(id), id, now) < 0;
}

int
tls_replay_register_use(tls_replay_register *reg, tls_bytes id, int64_t now, int64_t expires)
{
    tls_replay_entry *set;
    int room;

    if (tls_replay_register_has(reg, id, now))
        return 0;
    if (reg->entries == NULL)
        reg->entries = calloc(TLS_REPLAY_CAPACITY, sizeof *reg->entries);
    if (reg->entries == NULL)
        return 0;
    set = reg->entries + set_of(id);
    room = find_room(set, id, now);
    memcpy(set[room].id, id.data, sizeof set[room].id);
    set[room].expires = expires;
    return 1;
}

void
tls_replay_register_release(tls_replay_register *reg)
{
    free(reg->entries);
    reg->entries = NULL;
}
