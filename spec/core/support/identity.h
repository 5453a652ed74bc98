/* identity.h - who the two sides of a connection are. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "support/certificates.h"
#include "tls.h"

/* A self-signed certificate, its key, that key as one that is elsewhere, and a store that trusts
 * it. */
typedef struct identity {
    tls_certificate_list *list;
    tls_private_key *key;
    tls_private_key *external;
    tls_trust_store *trust;
} identity;

identity identity_load(const char *certificate, const char *key);
void identity_unload(identity *id);

/* identity_credential: with the key, or with the one that is elsewhere. */
tls_credential identity_credential(const identity *id, int external);

/* One of each kind, for the tests that want to choose. */
enum kind { RSA, P256, P384, P521, PSS, KINDS };
extern const char *const kind_names[KINDS];
extern identity identities[KINDS];

void load_identities(void);
void unload_identities(void);

#endif
