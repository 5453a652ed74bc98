/* ech_choice.c - which config of a list a client takes (RFC 9849 section 6.1): see ech_open.h. */
#include "session/ech_open.h"

/* first_suite: the config's first that is known here. */
static int
first_suite(const tls_ech_config *config, tls_hpke_suite *suite)
{
    tls_reader reader;

    tls_reader_init(&reader, config->suites);
    suite->kem = config->kem;
    while (!tls_reader_at_end(&reader)) {
        suite->kdf = (unsigned)tls_read_u16(&reader);
        suite->aead = (unsigned)tls_read_u16(&reader);
        if (tls_hpke_supported(*suite))
            return 1;
    }
    return 0;
}

/* unusable: why a config is passed over, or NULL. */
static const char *
unusable(const tls_ech_config *config, tls_hpke_suite *suite)
{
    unsigned group = tls_hpke_group(config->kem);

    if (config->version != TLS_ECH_VERSION)
        return "no configuration in it has a version that is known, 0xfe0d";
    if (config->mandatory)
        return "a configuration in it has a mandatory extension, which none is known of";
    if (group == 0 || config->public_key.length != tls_group_share_length(group))
        return "a configuration in it has a KEM that is not known, or a key that is not of it";
    if (!tls_ech_public_name_is_valid(config->public_name))
        return "the public name of a configuration in it is no host name";
    return first_suite(config, suite) ? NULL
                                      : "a configuration in it has no KDF and AEAD that are known";
}

int
tls_ech_is_usable(const tls_ech_config *config)
{
    tls_hpke_suite suite;

    return unusable(config, &suite) == NULL;
}

enum tls_reason
tls_ech_choose(tls_bytes list, tls_ech_config *config, tls_hpke_suite *suite, const char **fault)
{
    const char *ignored;
    tls_reader reader;

    fault = fault != NULL ? fault : &ignored;
    *fault = "its bytes are damaged: a length in it is not that of what follows";
    if (tls_ech_config_list_check(list) != TLS_OK)
        return TLS_REASON_BAD_ECH_CONFIG;
    (void)tls_ech_config_list_open(&reader, list);
    while (tls_ech_config_next(&reader, config)) {
        *fault = unusable(config, suite);
        if (*fault == NULL)
            return TLS_OK;
    }
    return TLS_REASON_BAD_ECH_CONFIG;
}

enum tls_reason
tls_ech_list_copy(tls_buffer *out, tls_bytes list)
{
    tls_ech_config config;
    tls_hpke_suite suite;

    if (list.length == 0)
        return TLS_OK;
    tls_buffer_append(out, list.data, list.length);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : tls_ech_choose(list, &config, &suite, NULL);
}
