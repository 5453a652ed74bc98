/* signature_keys.h - the keys of signature_corpus.sh, and which schemes each can sign with. */
#ifndef SIGNATURE_KEYS_H
#define SIGNATURE_KEYS_H

#include "key/signature.h"
#include "wire/registry.h"

#define SIGNATURE_SCHEMES 16
#define SIGNATURE_KEYS 16

extern const unsigned signature_schemes[SIGNATURE_SCHEMES];
extern const char *const signature_keys[SIGNATURE_KEYS];

/* key_signs: what signature_corpus.sh too thinks that a key can do. */
int key_signs(const char *key, unsigned scheme);

const char *scheme_name(unsigned scheme);

/* rsa_public_key: with the exponent 65537. */
tls_public_key rsa_public_key(tls_bytes modulus);

/* signature_begin takes DIRECTORY, as corpus_begin does; with "rsa DIRECTORY BITS" it makes a key
 * of any number of bits, for the corpus, and ends the program. */
void signature_begin(int argc, char **argv);

#endif
