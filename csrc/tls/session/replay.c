/* replay.c - see replay.h: a hash table of sets of TLS_REPLAY_WAYS entries; entries that have
 * expired are free. */
#include "session/replay.h"

#include <stdlib.h>
#include <string.h>

int
tls_replay_register_use(tls_replay_register *reg, tls_bytes id, int64_t now, int64_t expires)
{
    tls_replay_entry *set, *free_entry = NULL;
    size_t i;

    if (id.length < sizeof reg->entries->id)
        return 0;
    if (reg->entries == NULL)
        reg->entries = calloc(TLS_REPLAY_CAPACITY, sizeof *reg->entries);
    if (reg->entries == NULL)
        return 0;
    set = reg->entries +
          (size_t)(tls_get24(id.data) % (TLS_REPLAY_CAPACITY / TLS_REPLAY_WAYS)) * TLS_REPLAY_WAYS;
    for (i = 0; i < TLS_REPLAY_WAYS; i++) {
        if (set[i].expires <= now)
            free_entry = &set[i];
        else if (memcmp(set[i].id, id.data, sizeof set[i].id) == 0)
            return 0;
    }
    if (free_entry == NULL)
        return 0;
    memcpy(free_entry->id, id.data, sizeof free_entry->id);
    free_entry->expires = expires;
    return 1;
}

void
tls_replay_register_release(tls_replay_register *reg)
{
    free(reg->entries);
    reg->entries = NULL;
}
