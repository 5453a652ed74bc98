/* x509_issue_support.h - what the parts of x509_issue_test.c share: the harness, files, and
 * openssl. */
#ifndef X509_ISSUE_SUPPORT_H
#define X509_ISSUE_SUPPORT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "x509/certificate.h"
#include "issue/signing_request.h"
#include "x509/crl.h"
#include "issue/distinguished_name_build.h"
#include "key/key.h"
#include "asn1/pem.h"

static const char *directory;
static unsigned passed, failed;

static void
ok(int condition, const char *format, ...)
{
    va_list arguments;

    if (condition)
        passed++;
    else
        failed++;
    if (condition && getenv("VERBOSE") == NULL)
        return;
    printf("%s - ", condition ? "ok" : "not ok");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void
is(enum tls_reason got, enum tls_reason expected, const char *what)
{
    ok(got == expected, "%s: %s, expected %s", what, tls_reason_code(got),
        tls_reason_code(expected));
}

static void
must(int condition, const char *what)
{
    if (condition)
        return;
    printf("Bail out! %s\n", what);
    exit(2);
}

static tls_bytes
view(const char *string)
{
    return tls_bytes_of_string(string);
}

static void
path_of(char path[512], const char *name)
{
    snprintf(path, 512, name[0] == '/' ? "%s%s" : "%s/%s", name[0] == '/' ? "" : directory, name);
}

static tls_bytes
slurp(const char *name)
{
    char path[512];
    FILE *file;
    unsigned char *data = malloc(1 << 20);
    size_t length;

    path_of(path, name);
    file = fopen(path, "rb");
    must(file != NULL && data != NULL, path);
    length = fread(data, 1, 1 << 20, file);
    fclose(file);
    return tls_bytes_make(data, length);
}

static void
drop(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static void
spit(const char *name, tls_bytes bytes)
{
    char path[512];
    FILE *file;

    path_of(path, name);
    file = fopen(path, "wb");
    must(file != NULL && fwrite(bytes.data, 1, bytes.length, file) == bytes.length, path);
    fclose(file);
}

static void
spit_pem(const char *name, const char *label, tls_bytes der)
{
    tls_buffer text = {NULL, 0, 0, 0};

    tls_pem_encode(&text, label, der);
    spit(name, tls_buffer_view(&text));
    tls_buffer_release(&text);
}

/* sh runs a command in the directory; what it prints goes into `output` when that is not NULL.
 * Returns 1 if it succeeded. */
static int
sh(tls_buffer *output, const char *format, ...)
{
    char command[2048], chunk[4096];
    va_list arguments;
    FILE *pipe;
    size_t n;
    int length = snprintf(command, sizeof command, "cd '%s' && { ", directory);

    va_start(arguments, format);
    vsnprintf(command + length, sizeof command - (size_t)length, format, arguments);
    va_end(arguments);
    strcat(command, "; } 2>&1 </dev/null");
    fflush(stdout);
    pipe = popen(command, "r");
    must(pipe != NULL, "popen");
    while ((n = fread(chunk, 1, sizeof chunk, pipe)) > 0)
        if (output != NULL)
            tls_buffer_append(output, chunk, n);
    return pclose(pipe) == 0;
}

static int
contains(const tls_buffer *text, const char *what)
{
    size_t length = strlen(what), i;

    for (i = 0; i + length <= text->length; i++)
        if (memcmp(text->data + i, what, length) == 0)
            return 1;
    return 0;
}

/* expect_sh: the command succeeds and prints `what` (NULL: anything). */
static void
expect_sh(const char *what, const char *command)
{
    tls_buffer output = {NULL, 0, 0, 0};
    int good = sh(&output, "%s", command);

    good = good && (what == NULL || contains(&output, what));
    ok(good, "%s", command);
    if (!good)
        printf("# %.*s\n", (int)output.length, output.length ? (char *)output.data : "");
    tls_buffer_release(&output);
}

static tls_certificate *
certificate(const char *name)
{
    char file[64];
    tls_bytes bytes;
    tls_certificate_list *list;
    tls_certificate *first;

    snprintf(file, sizeof file, "%s.pem", name);
    bytes = slurp(file);
    must(tls_certificates_load(&list, bytes) == TLS_OK, file);
    first = tls_certificate_retain(list->items[0]);
    tls_certificate_list_release(list);
    drop(bytes);
    return first;
}

static tls_private_key *
private_key(const char *name)
{
    char file[64];
    tls_bytes bytes;
    tls_private_key *key;

    snprintf(file, sizeof file, "%s.key", name);
    bytes = slurp(file);
    must(tls_private_key_decode(&key, bytes) == TLS_OK, file);
    drop(bytes);
    return key;
}

static int64_t
now(void)
{
    return (int64_t)time(NULL) + 60; /* the corpus may be a moment old */
}

/* damage calls `parse` with every strict prefix of `bytes`, which it must refuse, and with `rounds`
 * mutations, which it may take: nothing may crash. */
static void
damage(const char *what, tls_bytes bytes, int (*parse)(tls_bytes), unsigned rounds)
{
    unsigned char *copy;
    size_t length, step = bytes.length > 3000 ? bytes.length / 1500 : 1;
    unsigned round, flips, still = 0;
    int all = 1;

    ok(parse(bytes), "%s: parses", what);
    for (length = 0; length < bytes.length; length += step) {
        /* A block of its own, so that a read past the end is seen. */
        copy = malloc(length + 1);
        memcpy(copy, bytes.data, length);
        all = all && !parse(tls_bytes_make(copy, length));
        free(copy);
    }
    ok(all, "%s: no prefix parses", what);
    for (round = 0; round < rounds; round++) {
        copy = malloc(bytes.length);
        memcpy(copy, bytes.data, bytes.length);
        for (flips = 1 + (unsigned)rand() % 4; flips > 0; flips--)
            copy[(size_t)rand() % bytes.length] = (unsigned char)rand();
        still += parse(tls_bytes_make(copy, bytes.length)) != 0;
        free(copy);
    }
    printf("# %s: %u of %u mutations still parse\n", what, still, rounds);
}

#endif
