/* montgomery_field.h - the field of a prime in Montgomery's form, R = 2^(64 LIMBS): included by
 * curves after limbs.h, `prime`, field_multiply and field_square. */

static number field_r2; /* R^2 modulo the prime */

#define field_is_zero(a) words_is_zero(a) /* every result is below the prime */

/* In C these are long, and a call costs little beside. */
#ifdef LIMBS_ADX
#define SUM INLINE
#else
#define SUM static __attribute__((noinline))
#endif

SUM void
field_add(number out, const number a, const number b)
{
    modular_add(out, a, b, prime);
}

SUM void
field_subtract(number out, const number a, const number b)
{
    modular_subtract(out, a, b, prime);
}

static void
field_prepare(void)
{
    int i;

    memset(field_r2, 0, sizeof field_r2);
    field_r2[0] = 1;
    for (i = 0; i < 128 * LIMBS; i++)
        modular_add(field_r2, field_r2, field_r2, prime);
}

static void
field_get(number out, const number a)
{
    field_multiply(out, a, field_r2);
}

static void
field_put(number out, const number a)
{
    static const number one = {1};

    field_multiply(out, a, one);
}

static void
field_square_times(number out, const number a, int times)
{
    field_square(out, a);
    while (--times > 0)
        field_square(out, out);
}
