/* clock.h - the time that every context of the tests lives in. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* In 2030, inside the certificates' validity; a test that moves it moves it back. */
extern int64_t clock_now;

/* The `now` of contexts. */
int64_t test_clock(void *data);

#endif
