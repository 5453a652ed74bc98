/* suite.c - see suite.h. */
#include "wire/suite.h"

#include "wire/registry.h"

#define SHA1 TLS_HASH_SHA1
#define SHA256 TLS_HASH_SHA256
#define SHA384 TLS_HASH_SHA384

#define SECRECY_ANY TLS_SUITE_FORWARD_SECRECY
#define SECRECY_RSA 0
#define SECRECY_ECDHE TLS_SUITE_FORWARD_SECRECY
#define SECRECY_ECDH 0
#define SECRECY_DHE TLS_SUITE_FORWARD_SECRECY
#define WEAK_AES 0
#define WEAK_3DES TLS_SUITE_WEAK
#define TAG_GCM 16
#define TAG_CCM 16
#define TAG_CCM8 8
#define TAG_POLY1305 16

/* A CBC suite of SHA-1 uses TLS 1.2's default PRF there (RFC 5246 section 5); below, the version
 * has its own. Those with an HMAC of SHA-2 are for TLS 1.2 only (RFC 5246 section 5, RFC 5289
 * section 3.1). */
#define CBC(id, name, openssl, kx, auth, cipher, bits, mac, prf, minimum)                          \
    {                                                                                              \
        id, name, openssl, TLS_KEY_EXCHANGE_##kx, TLS_AUTHENTICATION_##auth, TLS_CIPHER_##cipher,  \
            TLS_MODE_CBC, bits, 0, mac, prf, minimum, TLS_VERSION_12,                              \
            SECRECY_##kx | WEAK_##cipher | TLS_SUITE_BEARSSL                                       \
    }
#define AEAD(id, name, openssl, kx, auth, cipher, mode, bits, prf)                                 \
    {                                                                                              \
        id, name, openssl, TLS_KEY_EXCHANGE_##kx, TLS_AUTHENTICATION_##auth, TLS_CIPHER_##cipher,  \
            TLS_MODE_##mode, bits, TAG_##mode, 0, prf, TLS_VERSION_12, TLS_VERSION_12,             \
            SECRECY_##kx | TLS_SUITE_AEAD | TLS_SUITE_BEARSSL                                      \
    }
/* RFC 8446 appendix B.4; OpenSSL uses the RFC's names. */
#define TLS13(id, name, cipher, mode, bits, prf)                                                   \
    {                                                                                              \
        id, name, name, TLS_KEY_EXCHANGE_ANY, TLS_AUTHENTICATION_ANY, TLS_CIPHER_##cipher,         \
            TLS_MODE_##mode, bits, TAG_##mode, 0, prf, TLS_VERSION_13, TLS_VERSION_13,             \
            TLS_SUITE_FORWARD_SECRECY | TLS_SUITE_AEAD                                             \
    }

/* One suite a line, longer than others in this source: it is a table. */
/* clang-format off */
static const tls_suite suites[] = {
    TLS13(0x1301, "TLS_AES_128_GCM_SHA256", AES, GCM, 128, SHA256),
    TLS13(0x1302, "TLS_AES_256_GCM_SHA384", AES, GCM, 256, SHA384),
    TLS13(0x1303, "TLS_CHACHA20_POLY1305_SHA256", CHACHA20, POLY1305, 256, SHA256),
    TLS13(0x1304, "TLS_AES_128_CCM_SHA256", AES, CCM, 128, SHA256),
    TLS13(0x1305, "TLS_AES_128_CCM_8_SHA256", AES, CCM8, 128, SHA256),
    CBC(0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", RSA, RSA, 3DES, 168, SHA1, SHA256, TLS_VERSION_10),
    CBC(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", RSA, RSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA", DHE, RSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", RSA, RSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA", DHE, RSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", RSA, RSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", RSA, RSA, AES, 256, SHA256, SHA256, TLS_VERSION_12),
    CBC(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256", DHE, RSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256", DHE, RSA, AES, 256, SHA256, SHA256, TLS_VERSION_12),
    AEAD(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", RSA, RSA, AES, GCM, 128, SHA256),
    AEAD(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", RSA, RSA, AES, GCM, 256, SHA384),
    AEAD(0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256", DHE, RSA, AES, GCM, 128, SHA256),
    AEAD(0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384", DHE, RSA, AES, GCM, 256, SHA384),
    CBC(0xC003, "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA", "ECDH-ECDSA-DES-CBC3-SHA", ECDH, ECDSA, 3DES, 168, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", "ECDH-ECDSA-AES128-SHA", ECDH, ECDSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", "ECDH-ECDSA-AES256-SHA", ECDH, ECDSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-ECDSA-DES-CBC3-SHA", ECDHE, ECDSA, 3DES, 168, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", ECDHE, ECDSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", ECDHE, ECDSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC00D, "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA", "ECDH-RSA-DES-CBC3-SHA", ECDH, RSA, 3DES, 168, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC00E, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", "ECDH-RSA-AES128-SHA", ECDH, RSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC00F, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", "ECDH-RSA-AES256-SHA", ECDH, RSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", ECDHE, RSA, 3DES, 168, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", ECDHE, RSA, AES, 128, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", ECDHE, RSA, AES, 256, SHA1, SHA256, TLS_VERSION_10),
    CBC(0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", ECDHE, ECDSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", ECDHE, ECDSA, AES, 256, SHA384, SHA384, TLS_VERSION_12),
    CBC(0xC025, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", "ECDH-ECDSA-AES128-SHA256", ECDH, ECDSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0xC026, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", "ECDH-ECDSA-AES256-SHA384", ECDH, ECDSA, AES, 256, SHA384, SHA384, TLS_VERSION_12),
    CBC(0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", ECDHE, RSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", ECDHE, RSA, AES, 256, SHA384, SHA384, TLS_VERSION_12),
    CBC(0xC029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", "ECDH-RSA-AES128-SHA256", ECDH, RSA, AES, 128, SHA256, SHA256, TLS_VERSION_12),
    CBC(0xC02A, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", "ECDH-RSA-AES256-SHA384", ECDH, RSA, AES, 256, SHA384, SHA384, TLS_VERSION_12),
    AEAD(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", ECDHE, ECDSA, AES, GCM, 128, SHA256),
    AEAD(0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", ECDHE, ECDSA, AES, GCM, 256, SHA384),
    AEAD(0xC02D, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", "ECDH-ECDSA-AES128-GCM-SHA256", ECDH, ECDSA, AES, GCM, 128, SHA256),
    AEAD(0xC02E, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", "ECDH-ECDSA-AES256-GCM-SHA384", ECDH, ECDSA, AES, GCM, 256, SHA384),
    AEAD(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", ECDHE, RSA, AES, GCM, 128, SHA256),
    AEAD(0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", ECDHE, RSA, AES, GCM, 256, SHA384),
    AEAD(0xC031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "ECDH-RSA-AES128-GCM-SHA256", ECDH, RSA, AES, GCM, 128, SHA256),
    AEAD(0xC032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", "ECDH-RSA-AES256-GCM-SHA384", ECDH, RSA, AES, GCM, 256, SHA384),
    AEAD(0xC09C, "TLS_RSA_WITH_AES_128_CCM", "AES128-CCM", RSA, RSA, AES, CCM, 128, SHA256),
    AEAD(0xC09D, "TLS_RSA_WITH_AES_256_CCM", "AES256-CCM", RSA, RSA, AES, CCM, 256, SHA256),
    AEAD(0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8", "AES128-CCM8", RSA, RSA, AES, CCM8, 128, SHA256),
    AEAD(0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8", "AES256-CCM8", RSA, RSA, AES, CCM8, 256, SHA256),
    AEAD(0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM", ECDHE, ECDSA, AES, CCM, 128, SHA256),
    AEAD(0xC0AD, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "ECDHE-ECDSA-AES256-CCM", ECDHE, ECDSA, AES, CCM, 256, SHA256),
    AEAD(0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8", ECDHE, ECDSA, AES, CCM8, 128, SHA256),
    AEAD(0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "ECDHE-ECDSA-AES256-CCM8", ECDHE, ECDSA, AES, CCM8, 256, SHA256),
    AEAD(0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", ECDHE, RSA, CHACHA20, POLY1305, 256, SHA256),
    AEAD(0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", ECDHE, ECDSA, CHACHA20, POLY1305, 256, SHA256),
    AEAD(0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "DHE-RSA-CHACHA20-POLY1305", DHE, RSA, CHACHA20, POLY1305, 256, SHA256),
};
/* clang-format on */

#define SUITE_COUNT (sizeof suites / sizeof suites[0])

/* Of one class the 128-bit suite comes first: it is the faster one, and nobody breaks either. */
static const uint16_t tls13[] = {
    0x1301, /* TLS_AES_128_GCM_SHA256 */
    0x1302, /* TLS_AES_256_GCM_SHA384 */
    0x1303, /* TLS_CHACHA20_POLY1305_SHA256 */
    0x1304, /* TLS_AES_128_CCM_SHA256 */
};

/* clang-format off */
#define MODERN                                                  \
    0x1301, /* TLS_AES_128_GCM_SHA256 */                        \
    0x1302, /* TLS_AES_256_GCM_SHA384 */                        \
    0x1303, /* TLS_CHACHA20_POLY1305_SHA256 */                  \
    0xC02B, /* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 */       \
    0xC02F, /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */         \
    0xC02C, /* TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 */       \
    0xC030, /* TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 */         \
    0xCCA9, /* TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 */ \
    0xCCA8, /* TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 */   \
    0xC0AC, /* TLS_ECDHE_ECDSA_WITH_AES_128_CCM */              \
    0xC0AD  /* TLS_ECDHE_ECDSA_WITH_AES_256_CCM */

static const uint16_t modern[] = {MODERN};

static const uint16_t compatible[] = {
    MODERN,
    0xC023, /* TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 */
    0xC027, /* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 */
    0xC024, /* TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 */
    0xC028, /* TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 */
    0xC009, /* TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA */
    0xC013, /* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA */
    0xC00A, /* TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA */
    0xC014, /* TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA */
    0x009C, /* TLS_RSA_WITH_AES_128_GCM_SHA256 */
    0x009D, /* TLS_RSA_WITH_AES_256_GCM_SHA384 */
    0x003C, /* TLS_RSA_WITH_AES_128_CBC_SHA256 */
    0x003D, /* TLS_RSA_WITH_AES_256_CBC_SHA256 */
    0x002F, /* TLS_RSA_WITH_AES_128_CBC_SHA */
    0x0035, /* TLS_RSA_WITH_AES_256_CBC_SHA */
};
/* clang-format on */

#define LIST(array) (array), sizeof(array) / sizeof(array)[0]

static const struct {
    const char *name;
    const uint16_t *suites;
    size_t count;
} policies[] = {
    {"modern", LIST(modern)},
    {"compatible", LIST(compatible)},
    {"tls13", LIST(tls13)},
};

const tls_suite *
tls_suite_at(size_t index)
{
    return index < SUITE_COUNT ? &suites[index] : NULL;
}

const tls_suite *
tls_suite_find(unsigned id)
{
    size_t i;

    for (i = 0; i < SUITE_COUNT; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

const tls_suite *
tls_suite_find_name(const char *name)
{
    size_t i;

    for (i = 0; i < SUITE_COUNT; i++)
        if (tls_equal_ignoring_case(suites[i].name, name) ||
            tls_equal_ignoring_case(suites[i].openssl_name, name))
            return &suites[i];
    return NULL;
}

const char *
tls_suite_name(unsigned id)
{
    const tls_suite *suite = tls_suite_find(id);

    if (suite != NULL)
        return suite->name;
    if (id == TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV)
        return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";
    if (id == TLS_SUITE_FALLBACK_SCSV)
        return "TLS_FALLBACK_SCSV";
    if (tls_is_grease(id))
        return "GREASE";
    return tls_suite_other_name(id);
}

int
tls_suite_id(const char *name)
{
    const tls_suite *suite = tls_suite_find_name(name);

    if (suite != NULL)
        return suite->id;
    if (tls_equal_ignoring_case(name, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"))
        return TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV;
    if (tls_equal_ignoring_case(name, "TLS_FALLBACK_SCSV"))
        return TLS_SUITE_FALLBACK_SCSV;
    return tls_suite_other_id(name);
}

const char *
tls_suite_key_exchange_name(const tls_suite *suite)
{
    static const char *const names[] = {"any", "RSA", "ECDHE", "ECDH", "DHE"};

    return names[suite->key_exchange];
}

const char *
tls_suite_authentication_name(const tls_suite *suite)
{
    static const char *const names[] = {"any", "RSA", "ECDSA"};

    return names[suite->authentication];
}

const char *
tls_suite_cipher_name(const tls_suite *suite)
{
    static const char *const names[] = {"3DES", "AES", "CHACHA20"};

    return names[suite->cipher];
}

const char *
tls_suite_mode_name(const tls_suite *suite)
{
    static const char *const names[] = {"CBC", "GCM", "CCM", "CCM_8", "POLY1305"};

    return names[suite->mode];
}

int
tls_suite_fits(const tls_suite *suite, unsigned version)
{
    return version >= suite->version_min && version <= suite->version_max;
}

const uint16_t *
tls_suite_policy(const char *name, size_t *count)
{
    size_t i;

    for (i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (tls_equal_ignoring_case(policies[i].name, name)) {
            *count = policies[i].count;
            return policies[i].suites;
        }
    }
    return NULL;
}

/* Within one of these classes the processor may decide; across them security does. */
enum order_class { ORDER_FIXED, ORDER_TLS13, ORDER_SECRECY, ORDER_STATIC };

static enum order_class
order_class_of(const tls_suite *suite)
{
    if (suite == NULL || (suite->mode != TLS_MODE_GCM && suite->mode != TLS_MODE_POLY1305))
        return ORDER_FIXED;
    if (suite->version_min == TLS_VERSION_13)
        return ORDER_TLS13;
    return suite->flags & TLS_SUITE_FORWARD_SECRECY ? ORDER_SECRECY : ORDER_STATIC;
}

/* Whether `later` should stand before `earlier`: same class, only it is of the preferred mode. */
static int
out_of_order(unsigned earlier, unsigned later, enum tls_cipher_mode preferred)
{
    const tls_suite *a = tls_suite_find(earlier);
    const tls_suite *b = tls_suite_find(later);
    enum order_class class_of_a = order_class_of(a);

    return class_of_a != ORDER_FIXED && class_of_a == order_class_of(b) && a->mode != preferred &&
           b->mode == preferred;
}

void
tls_suite_order(uint16_t *list, size_t count, int has_aes)
{
    enum tls_cipher_mode preferred = has_aes ? TLS_MODE_GCM : TLS_MODE_POLY1305;
    size_t i;

    /* An insertion sort over the slots of each class, so what lies between keeps its place. */
    for (i = 1; i < count; i++) {
        size_t hole = i;
        size_t j;

        for (j = i; j-- > 0;) {
            if (out_of_order(list[j], list[hole], preferred)) {
                uint16_t moved = list[j];

                list[j] = list[hole];
                list[hole] = moved;
                hole = j;
            }
        }
    }
}

static int
has_suite_of(const uint16_t *suites, size_t count, unsigned version)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const tls_suite *suite = tls_suite_find(suites[i]);

        if (suite != NULL && tls_suite_fits(suite, version))
            return 1;
    }
    return 0;
}

int
tls_suites_narrow(
    const uint16_t *suites, size_t count, unsigned *version_min, unsigned *version_max)
{
    while (*version_max >= *version_min && !has_suite_of(suites, count, *version_max))
        --*version_max;
    while (*version_min <= *version_max && !has_suite_of(suites, count, *version_min))
        ++*version_min;
    return *version_min <= *version_max;
}
