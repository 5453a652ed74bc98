/* allocations.h - makes one allocation fail. For programs that the Makefile links with --wrap for
 * malloc, calloc and realloc; in others nothing fails, and allocations_wrapped() is 0. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/* allocations_fail_at lets `count` allocations succeed and the next one fail. */
void allocations_fail_at(long count);

/* allocations_end lets all succeed again. Returns whether one has failed since. */
int allocations_end(void);

int allocations_wrapped(void);

#endif
