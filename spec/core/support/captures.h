/* captures.h - handshake messages that other libraries sent. */
#ifndef CAPTURES_H
#define CAPTURES_H

#include <stddef.h>

struct capture {
    const char *flow;
    const char *sender; /* "client" or "server" */
    unsigned version;
    unsigned suite;
    const char *hex;
};

extern const struct capture captures[];
extern const size_t capture_count;

#endif
