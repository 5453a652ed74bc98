/* processor.c - memcheck's processor says that it has nothing, and runs much: what the kernels are
 * told is for the case to choose. */
#define tls_processor_features real_processor_features
#include "kernel/processor.c"
#undef tls_processor_features

#include "constant_time.h"

unsigned pretended_features;

unsigned
tls_processor_features(void)
{
    return pretended_features;
}
