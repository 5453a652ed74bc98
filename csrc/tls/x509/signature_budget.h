/* signature_budget.h - how much work with signatures one verification may be.
 *
 * Whoever sends a chain decides how many signatures there are to check, and with which keys: names
 * that fit many issuers, key identifiers that tell nothing, an OCSP response with its own
 * certificates. So all of it is paid out of one purse, whatever it is for: the certificates', those
 * of CRLs, of OCSP responses and of their delegates.
 *
 * An honest handshake lets its peer check four signatures here: the leaf's, an intermediate's, that
 * of a stapled response, and that of its responder's certificate. Ten of them are
 * TLS_SIGNATURE_CHECKS_MAXIMUM checks, and no verification makes more, however cheap they are. With
 * the dearest keys it makes fewer: TLS_SIGNATURE_COST_MAXIMUM is worth twelve checks with P-521,
 * three honest handshakes with nothing but such keys. So a handshake never costs more than ten
 * honest ones with the same keys. A path of the greatest length (TLS_PATH_MAXIMUM) still fits with
 * P-256, P-384 and RSA. */
#ifndef TLS_SIGNATURE_BUDGET_H
#define TLS_SIGNATURE_BUDGET_H

#include "base/linkage.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

#define TLS_SIGNATURE_CHECKS_MAXIMUM 40
#define TLS_SIGNATURE_COST_MAXIMUM (12 * TLS_SIGNATURE_COST_P521)

/* What a check costs, in tenths of one with P-256; measured. */
enum {
    TLS_SIGNATURE_COST_RSA = 2, /* 2048 bits, exponent 65537 */
    TLS_SIGNATURE_COST_ED25519 = 6,
    TLS_SIGNATURE_COST_P256 = 10,
    TLS_SIGNATURE_COST_P384 = 45,
    TLS_SIGNATURE_COST_P521 = 90
};

typedef struct tls_signature_budget {
    unsigned checks, cost; /* spent */
    int exhausted;         /* a check was wanted that could not be paid */
} tls_signature_budget;

/* tls_signature_cost: of one check with this key. */
unsigned tls_signature_cost(const tls_public_key *key);
/* tls_signature_pay takes the cost of a check out of the budget. Returns 0, and takes nothing, when
 * there is not enough. NULL: somebody asks about one signature of his own, and pays nothing. */
int tls_signature_pay(tls_signature_budget *budget, const tls_public_key *key);

TLS_PUBLIC_END

#endif
