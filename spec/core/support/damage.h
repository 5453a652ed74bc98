/* damage.h - what a parser does with bytes that are cut short or changed. */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "base/bytes.h"

/* check_damage calls `parse` with every strict prefix of `bytes`, which it must refuse, and with
 * `rounds` mutations, which it may take: nothing may crash. */
void check_damage(const char *what, tls_bytes bytes, int (*parse)(tls_bytes), unsigned rounds);

/* The two halves of it; damage_mutations counts those that `parse` took. */
int damage_prefixes_fail(tls_bytes bytes, int (*parse)(tls_bytes));
unsigned damage_mutations(tls_bytes bytes, int (*parse)(tls_bytes), unsigned rounds);

#endif
