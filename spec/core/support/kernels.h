/* kernels.h - what tests of kernels share. */
#ifndef SUPPORT_KERNELS_H
#define SUPPORT_KERNELS_H

/* kernel_of returns the implementation of a primitive, as tls_kernels_entry does. */
const char *kernel_of(const char *primitive);

/* has_kernel: whether a kernel is chosen for this primitive. Where BearSSL, the reference, does it
 * itself it says so, by name: there is nothing to compare. */
int has_kernel(const char *primitive);

/* portion_of returns how many of `count` random inputs are tried: one of TEST_PORTION, where the
 * environment has that, since emulators and sanitizers take their time; otherwise all. */
int portion_of(int count);

#endif
