/* modules.h - the Lua files of the library as bytes: modules.c is written by .ci/embed. */
#ifndef BEARSSL_MODULES_H
#define BEARSSL_MODULES_H

#include <stddef.h>

typedef struct bearssl_module {
    const char *name;  /* as require knows it: "bearssl.context" */
    const char *chunk; /* as messages name it: "@bearssl/context.lua" */
    const unsigned char *source;
    size_t length;
} bearssl_module;

extern const bearssl_module bearssl_modules[];
extern const size_t bearssl_module_count;

#endif
