/* constant_time.c - does a branch or an index depend on a secret? Secrets are marked as undefined,
 * and memcheck reports whatever depends on them (after Adam Langley's ctgrind). What may be told is
 * marked as defined where it comes to be (TLS_DECLASSIFY). run.sh runs each case:
 *
 *   constant_time list                      one line each: CASE IMPLEMENTATION PROCESSOR, or
 *                                           "left-out CASE IMPLEMENTATION" with the reason
 *   constant_time CASE IMPLEMENTATION PROCESSOR  (features of kernel/processor.h) */
#include "constant_time.h"
#include "kernel/processor.h"

/* What memcheck cannot run. SHA-NI it can: see instructions.h; of RSA's AVX-512 it gets an
 * emulation (rsa_ifma_emulated.c), and of X25519's (x25519_ifma_emulated.c). */
#define UNKNOWN_TO_MEMCHECK (TLS_PROCESSOR_VAES | TLS_PROCESSOR_AVX512 | TLS_PROCESSOR_AVX512IFMA)

/* Without reports on these none of the others says anything. */
static int
planted_branch(int unused)
{
    unsigned char secret[8] = {3};

    (void)unused;
    SECRET(secret, sizeof secret);
    if (secret[7] & 1)
        puts("odd");
    return 1;
}

static int
planted_index(int unused)
{
    static const unsigned char table[256] = {1, 2, 3};
    unsigned char secret[8] = {3};

    (void)unused;
    SECRET(secret, sizeof secret);
    secret[0] = table[secret[7]];
    PUBLIC(secret, sizeof secret);
    printf("%d\n", secret[0]);
    return 1;
}

/* Memcheck passes over divisions: run.sh looks for their instructions in the kernels' objects, and
 * must see this one. */
unsigned planted_division(unsigned secret, unsigned divisor);
unsigned
planted_division(unsigned secret, unsigned divisor)
{
    return secret / divisor;
}

static const test_case planted_cases[] = {
    {"planted-branch", planted_branch, 0, ""},
    {"planted-index", planted_index, 0, ""},
    {NULL, NULL, 0, NULL},
};

static const test_case *const all[] = {
    kernel_cases, secret_cases, key_cases, handshake_cases, planted_cases};

static const char *
primitive_of(const tls_kernel *kernel)
{
    const char *primitive, *unused;

    tls_kernels_entry(kernel->primitive, &primitive, &unused);
    return primitive;
}

static int
has_kernels(const char *primitive)
{
    const tls_kernel *kernel;
    size_t i;

    for (i = 0; (kernel = tls_kernels_candidate(i)) != NULL; i++)
        if (strcmp(primitive_of(kernel), primitive) == 0)
            return 1;
    return 0;
}

static int
is_emulated(const tls_kernel *kernel)
{
    return kernel->primitive == TLS_PRIMITIVE_RSA ||
           (kernel->primitive == TLS_PRIMITIVE_X25519 && kernel->needs & TLS_PROCESSOR_AVX512IFMA &&
               !(kernel->needs & ~UNKNOWN_TO_MEMCHECK & ~real_processor_features()));
}

/* list_kernel returns 0 if there is no case for it. */
static int
list_kernel(const tls_kernel *kernel, const test_case *c)
{
    int found = 0;

    for (; c->name != NULL; c++) {
        if (strcmp(c->primitive, primitive_of(kernel)) != 0)
            continue;
        found = 1;
        if (kernel->needs & UNKNOWN_TO_MEMCHECK && !is_emulated(kernel))
            printf("left-out %s %s memcheck\n", c->name, kernel->implementation);
        else if (kernel->needs & ~real_processor_features() && !is_emulated(kernel))
            printf("left-out %s %s this-processor\n", c->name, kernel->implementation);
        else
            printf("%s %s %u\n", c->name, kernel->implementation, kernel->needs);
    }
    return found;
}

static void
list(void)
{
    const tls_kernel *kernel;
    size_t i, j;

    for (i = 0; (kernel = tls_kernels_candidate(i)) != NULL; i++) {
        int found = 0;

        for (j = 0; j < sizeof all / sizeof all[0]; j++)
            found |= list_kernel(kernel, all[j]);
        if (!found)
            printf("missing %s %s\n", primitive_of(kernel), kernel->implementation);
    }
    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        const test_case *c;

        for (c = all[i]; c->name != NULL; c++)
            if (!has_kernels(c->primitive))
                printf("%s auto %u\n", c->name, real_processor_features() & ~UNKNOWN_TO_MEMCHECK);
    }
}

int
main(int argc, char **argv)
{
    size_t i;

    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        list();
        return 0;
    }
    if (argc != 4)
        return 2;
    pretended_features = (unsigned)strtoul(argv[3], NULL, 0);
    if (!tls_kernels_choose(argv[2]))
        return 2;
    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        const test_case *c;

        for (c = all[i]; c->name != NULL; c++)
            if (strcmp(c->name, argv[1]) == 0)
                return c->run(c->argument) ? 0 : 1;
    }
    return 2;
}
