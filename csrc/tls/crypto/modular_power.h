/* modular_power.h - powers modulo an odd number. */
#ifndef TLS_MODULAR_POWER_H
#define TLS_MODULAR_POWER_H

#include "base/bytes.h"

#define TLS_MODULUS_MAXIMUM 1024 /* bytes: 8,192 bits */

/* tls_modular_power raises x in place: it has the modulus' length and is below it; both are
 * big-endian. The modulus is odd and begins with no zero. Takes a time that depends on lengths
 * alone. Returns 0 without memory. */
int tls_modular_power(unsigned char *x, tls_bytes modulus, tls_bytes exponent);

#endif
