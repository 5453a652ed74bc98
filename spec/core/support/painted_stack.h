/* painted_stack.h - what a function leaves on the stack: it is run on one that was painted. */
#ifndef PAINTED_STACK_H
#define PAINTED_STACK_H

#include <stddef.h>

/* An instrumented build has frames of its own, with copies of what passes through them. */
#if defined(__SANITIZE_ADDRESS__)
#define PAINTED_STACK_HAS_OWN_FRAMES 0
#else
#define PAINTED_STACK_HAS_OWN_FRAMES 1
#endif

void painted_stack_run(void (*function)(void));

/* painted_stack_has: any eight bytes of a secret, as they stand or turned round, as words keep
 * them. */
int painted_stack_has(const unsigned char *secret, size_t length);

/* painted_stack_has_limbs: any 52 bits of a number, as AVX-512 IFMA has them in 64. */
int painted_stack_has_limbs(const unsigned char *secret, size_t length);

#endif
