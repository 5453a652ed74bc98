/* signature_budget.c - see signature_budget.h. */
#include "x509/signature_budget.h"

/* A check squares once for each bit of the exponent, and that is quadratic in the modulus. */
static unsigned
rsa_cost(const tls_public_key *key)
{
    unsigned size = (key->bits + 2047) / 2048;
    unsigned exponent = key->exponent.length > 3 ? (unsigned)key->exponent.length : 3;

    return TLS_SIGNATURE_COST_RSA * size * size * ((exponent + 2) / 3);
}

unsigned
tls_signature_cost(const tls_public_key *key)
{
    if (key->kind == TLS_KEY_RSA)
        return rsa_cost(key);
    if (key->kind == TLS_KEY_ED25519)
        return TLS_SIGNATURE_COST_ED25519;
    switch (key->curve) {
    case TLS_GROUP_SECP256R1:
        return TLS_SIGNATURE_COST_P256;
    case TLS_GROUP_SECP384R1:
        return TLS_SIGNATURE_COST_P384;
    default:
        return TLS_SIGNATURE_COST_P521;
    }
}

int
tls_signature_pay(tls_signature_budget *budget, const tls_public_key *key)
{
    unsigned cost;

    if (budget == NULL)
        return 1;
    cost = tls_signature_cost(key);
    if (budget->checks == TLS_SIGNATURE_CHECKS_MAXIMUM ||
        cost > TLS_SIGNATURE_COST_MAXIMUM - budget->cost) {
        budget->exhausted = 1;
        return 0;
    }
    budget->checks++;
    budget->cost += cost;
    return 1;
}
