/* corpus.c - the files that a corpus script made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asn1/pem.h"
#include "support/check.h"
#include "support/corpus.h"

#define FILE_MAXIMUM (1 << 20)

static const char *directory;
static const char *rounds;

void
corpus_begin(int argc, char **argv)
{
    require(argc > 1, "DIRECTORY is missing: NAME.sh beside the test runs it");
    directory = argv[1];
    rounds = argc > 2 ? argv[2] : NULL;
    srand(1);
}

unsigned
corpus_rounds(unsigned usual)
{
    return rounds != NULL ? (unsigned)strtoul(rounds, NULL, 10) : usual;
}

const char *
corpus_directory(void)
{
    return directory;
}

static FILE *
open_file(const char *name, const char *mode)
{
    char path[CORPUS_PATH_MAXIMUM];
    FILE *file;

    if (name[0] == '/')
        snprintf(path, sizeof path, "%s", name);
    else
        snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, mode);
    require(file != NULL, "%s", path);
    return file;
}

tls_bytes
corpus_read(const char *name)
{
    FILE *file = open_file(name, "rb");
    unsigned char *data = malloc(FILE_MAXIMUM);
    size_t length;

    require(data != NULL, "memory");
    length = fread(data, 1, FILE_MAXIMUM, file);
    fclose(file);
    return tls_bytes_make(data, length);
}

void
corpus_free(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

void
corpus_write(const char *name, tls_bytes bytes)
{
    FILE *file = open_file(name, "wb");

    require(fwrite(bytes.data, 1, bytes.length, file) == bytes.length, "%s", name);
    fclose(file);
}

void
corpus_write_pem(const char *name, const char *label, tls_bytes der)
{
    tls_buffer text = {NULL, 0, 0, 0};

    tls_pem_encode(&text, label, der);
    corpus_write(name, tls_buffer_view(&text));
    tls_buffer_release(&text);
}

static tls_bytes
read_kind(const char *name, const char *ending)
{
    char file[64];

    snprintf(file, sizeof file, "%s.%s", name, ending);
    return corpus_read(file);
}

tls_certificate *
corpus_certificate(const char *name)
{
    tls_bytes bytes = read_kind(name, "pem");
    tls_certificate_list *list;
    tls_certificate *first;

    require(tls_certificates_load(&list, bytes) == TLS_OK, "%s.pem", name);
    first = tls_certificate_retain(list->items[0]);
    tls_certificate_list_release(list);
    corpus_free(bytes);
    return first;
}

tls_private_key *
corpus_key(const char *name)
{
    tls_bytes bytes = read_kind(name, "key");
    tls_private_key *key;

    require(tls_private_key_decode(&key, bytes) == TLS_OK, "%s.key", name);
    corpus_free(bytes);
    return key;
}

tls_crl *
corpus_crl(const char *name)
{
    tls_bytes bytes = read_kind(name, "crl");
    tls_crl_list *list;
    tls_crl *first;

    require(tls_crls_load(&list, bytes) == TLS_OK, "%s.crl", name);
    corpus_free(bytes);
    first = tls_crl_retain(list->items[0]);
    tls_crl_list_release(list);
    return first;
}

tls_ocsp_response *
corpus_ocsp(const char *name)
{
    tls_bytes bytes = read_kind(name, "ocsp");
    tls_ocsp_response *response;

    require(tls_ocsp_response_from_der(&response, bytes) == TLS_OK, "%s.ocsp", name);
    corpus_free(bytes);
    return response;
}

int64_t
corpus_now(void)
{
    return (int64_t)time(NULL) + 60;
}

tls_revocation_policy
corpus_policy(void)
{
    tls_revocation_policy policy;

    memset(&policy, 0, sizeof policy);
    policy.time = corpus_now();
    return policy;
}
