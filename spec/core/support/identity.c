/* identity.c - loading identities. */
#include <string.h>

#include "support/check.h"
#include "support/identity.h"

const char *const kind_names[KINDS] = {"RSA", "P-256", "P-384", "P-521", "RSA-PSS"};
identity identities[KINDS];

identity
identity_load(const char *certificate, const char *key)
{
    identity id;

    memset(&id, 0, sizeof id);
    require(tls_certificates_load(&id.list, tls_bytes_of_string(certificate)) == TLS_OK &&
                tls_private_key_decode(&id.key, tls_bytes_of_string(key)) == TLS_OK &&
                tls_private_key_external(&id.external, &id.list->items[0]->public_key) == TLS_OK &&
                tls_trust_store_new(&id.trust) == TLS_OK &&
                tls_trust_store_add(id.trust, id.list->items[0]) == TLS_OK,
        "an identity loads");
    return id;
}

void
identity_unload(identity *id)
{
    tls_certificate_list_release(id->list);
    tls_private_key_release(id->key);
    tls_private_key_release(id->external);
    tls_trust_store_release(id->trust);
}

tls_credential
identity_credential(const identity *id, int external)
{
    tls_credential credential;

    memset(&credential, 0, sizeof credential);
    credential.chain = (const tls_certificate **)(void *)id->list->items;
    credential.chain_count = id->list->count;
    credential.key = external ? id->external : id->key;
    return credential;
}

void
load_identities(void)
{
    identities[RSA] = identity_load(rsa_certificate, rsa_key);
    identities[P256] = identity_load(ec_certificate, ec_key);
    identities[P384] = identity_load(p384_certificate, p384_key);
    identities[P521] = identity_load(p521_certificate, p521_key);
    identities[PSS] = identity_load(pss_certificate, pss_key);
}

void
unload_identities(void)
{
    int i;

    for (i = 0; i < KINDS; i++)
        identity_unload(&identities[i]);
}
