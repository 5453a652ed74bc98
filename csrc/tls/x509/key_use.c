/* key_use.c - see key_use.h. */
#include "x509/key_use.h"

int
tls_certificate_allows(const tls_certificate *certificate, enum tls_key_use use)
{
    const tls_public_key *key = &certificate->public_key;
    unsigned usage = certificate->key_usage;

    switch (use) {
    case TLS_KEY_USE_SIGNATURE:
        return (usage & TLS_KEY_USAGE_DIGITAL_SIGNATURE) != 0;
    case TLS_KEY_USE_OLD_SIGNATURE:
        return (usage & TLS_KEY_USAGE_DIGITAL_SIGNATURE) != 0 && !key->pss_only &&
               key->kind != TLS_KEY_ED25519;
    case TLS_KEY_USE_DECRYPTION:
        return (usage & TLS_KEY_USAGE_KEY_ENCIPHERMENT) != 0 && key->kind == TLS_KEY_RSA &&
               !key->pss_only;
    case TLS_KEY_USE_AGREEMENT:
        return (usage & TLS_KEY_USAGE_KEY_AGREEMENT) != 0 && key->kind == TLS_KEY_EC;
    case TLS_KEY_USE_CERTIFICATES:
        return (usage & TLS_KEY_USAGE_KEY_CERT_SIGN) != 0;
    case TLS_KEY_USE_CRLS:
        return (usage & TLS_KEY_USAGE_CRL_SIGN) != 0;
    default:
        return 0;
    }
}

int
tls_certificate_allows_handshake(const tls_certificate *certificate)
{
    return tls_certificate_allows(certificate, TLS_KEY_USE_SIGNATURE) ||
           tls_certificate_allows(certificate, TLS_KEY_USE_DECRYPTION) ||
           tls_certificate_allows(certificate, TLS_KEY_USE_AGREEMENT);
}
