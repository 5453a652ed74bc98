/* credential.c - see credential.h. */
#include "context/credential.h"

#include <stdlib.h>
#include <string.h>

#include "wire/extension.h"
#include "x509/key_use.h"
#include "x509/verify.h"

/* One flight must fit the output buffer (connection/output.c), so a chain is bounded. */
#define CHAIN_LENGTH_MAXIMUM 45000

enum tls_reason
tls_credential_copy(tls_credential *out, const tls_credential *credential)
{
    const tls_certificate **chain;
    size_t i;

    memset(out, 0, sizeof *out);
    chain = calloc(credential->chain_count ? credential->chain_count : 1, sizeof *chain);
    if (chain == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < credential->chain_count; i++)
        chain[i] = tls_certificate_retain((tls_certificate *)(uintptr_t)credential->chain[i]);
    out->chain = chain;
    out->chain_count = credential->chain_count;
    out->key = tls_private_key_retain(credential->key);
    if (credential->ocsp_response.length == 0)
        return TLS_OK;
    out->ocsp_response.data = (const unsigned char *)tls_bytes_to_string(credential->ocsp_response);
    if (out->ocsp_response.data == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    out->ocsp_response.length = credential->ocsp_response.length;
    return TLS_OK;
}

void
tls_credential_clear(tls_credential *credential)
{
    size_t i;

    for (i = 0; i < credential->chain_count; i++)
        tls_certificate_release((tls_certificate *)(uintptr_t)credential->chain[i]);
    free((void *)(uintptr_t)credential->chain);
    tls_private_key_release(credential->key);
    free((void *)(uintptr_t)credential->ocsp_response.data);
    memset(credential, 0, sizeof *credential);
}

enum tls_reason
tls_credential_check(const tls_credential *credential, int may_be_raw)
{
    size_t total = 0, i;

    if (credential->key == NULL || (credential->chain_count == 0 && !may_be_raw))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (credential->chain_count > TLS_CHAIN_MAXIMUM)
        return TLS_REASON_LIMIT;
    for (i = 0; i < credential->chain_count; i++)
        total += credential->chain[i]->der.length + 3;
    if (total + credential->ocsp_response.length > CHAIN_LENGTH_MAXIMUM)
        return TLS_REASON_LIMIT;
    if (credential->chain_count > 0 &&
        !tls_private_key_matches(credential->key, &credential->chain[0]->public_key))
        return TLS_REASON_KEY_MISMATCH;
    return TLS_OK;
}

int
tls_credential_signs(const tls_credential *credential)
{
    return credential->chain_count == 0 ||
           tls_certificate_allows(credential->chain[0], TLS_KEY_USE_SIGNATURE);
}

void
tls_authorities_digest(tls_authority_digests *out, tls_bytes authorities)
{
    tls_reader reader;
    tls_bytes name;

    out->any = authorities.length == 0;
    out->count = 0;
    tls_reader_init(&reader, authorities);
    while (out->count < TLS_AUTHORITIES_COMPARED && tls_vector16_next(&reader, &name))
        tls_name_digest(out->digests[out->count++], name);
}

int
tls_credential_issued_by(const tls_credential *credential, const tls_authority_digests *authorities)
{
    size_t i, j;

    for (i = 0; i < credential->chain_count; i++)
        for (j = 0; j < authorities->count; j++)
            if (memcmp(credential->chain[i]->issuer_digest, authorities->digests[j],
                    TLS_NAME_DIGEST_LENGTH) == 0)
                return 1;
    return authorities->any;
}

#define SCHEMES_COMPARED 64 /* more than there are: a stranger's list bounds no work */

/* is_signed_by: by a scheme's kind of signature, and its hash. */
static int
is_signed_by(const tls_signature_algorithm *algorithm, unsigned scheme)
{
    static const unsigned char kinds[] = {[TLS_SCHEME_KIND_RSA_PKCS1] = TLS_SIGNATURE_RSA_PKCS1,
        [TLS_SCHEME_KIND_RSA_PSS_RSAE] = TLS_SIGNATURE_RSA_PSS,
        [TLS_SCHEME_KIND_RSA_PSS_PSS] = TLS_SIGNATURE_RSA_PSS,
        [TLS_SCHEME_KIND_ECDSA] = TLS_SIGNATURE_ECDSA,
        [TLS_SCHEME_KIND_EDDSA] = TLS_SIGNATURE_ED25519,
        [TLS_SCHEME_KIND_DSA] = TLS_SIGNATURE_OTHER};

    return algorithm->kind != TLS_SIGNATURE_OTHER && scheme != TLS_SCHEME_ED448 &&
           kinds[tls_scheme_kind_of(scheme)] == algorithm->kind &&
           tls_scheme_hash(scheme) == algorithm->hash;
}

int
tls_credential_signed_by(const tls_credential *credential, tls_u16_list schemes)
{
    size_t count = tls_u16_list_count(schemes), i, j;

    if (count > SCHEMES_COMPARED)
        count = SCHEMES_COMPARED;
    for (i = 0; i < credential->chain_count && count > 0; i++) {
        if (credential->chain[i]->self_issued)
            continue;
        for (j = 0; j < count; j++)
            if (is_signed_by(
                    &credential->chain[i]->signature_algorithm, tls_u16_list_at(schemes, j)))
                break;
        if (j == count)
            return 0;
    }
    return 1;
}
