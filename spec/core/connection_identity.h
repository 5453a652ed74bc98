/* connection_identity.h - who the two sides of connection_test.c and connection13_*_test.c are. */
#ifndef CONNECTION_IDENTITY_H
#define CONNECTION_IDENTITY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection_test_keys.h"
#include "tls.h"

/* A self-signed certificate, its key, that key as one that is elsewhere, and a store that trusts
 * it. */
typedef struct identity {
    tls_certificate_list *list;
    tls_private_key *key;
    tls_private_key *external;
    tls_trust_store *trust;
} identity;

static inline identity
load(const char *certificate, const char *key)
{
    identity id;

    memset(&id, 0, sizeof id);
    if (tls_certificates_load(&id.list, tls_bytes_of_string(certificate)) != TLS_OK ||
        tls_private_key_decode(&id.key, tls_bytes_of_string(key)) != TLS_OK ||
        tls_private_key_external(&id.external, &id.list->items[0]->public_key) != TLS_OK ||
        tls_trust_store_new(&id.trust) != TLS_OK ||
        tls_trust_store_add(id.trust, id.list->items[0]) != TLS_OK) {
        printf("not ok - cannot load the test identity\n");
        exit(1);
    }
    return id;
}

static inline void
unload(identity *id)
{
    tls_certificate_list_release(id->list);
    tls_private_key_release(id->key);
    tls_private_key_release(id->external);
    tls_trust_store_release(id->trust);
}

#endif
