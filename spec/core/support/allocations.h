/* allocations.h - makes one allocation fail. For programs that the Makefile links with --wrap for
 * malloc, calloc and realloc. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/* allocations_fail_at lets `count` allocations succeed and the next one fail. */
void allocations_fail_at(long count);

/* allocations_end lets all succeed again. Returns whether one has failed since. */
int allocations_end(void);

#endif
