/* context.c - what many connections share: options checked and copied once; see context.h. */
#include "context/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "context/bounds.h"
#include "wire/compression.h"
#include "wire/extension.h"
#include "wire/message.h"
#include "crypto/key_exchange.h"
#include "kernel/aes_gcm_bearssl.h"
#include "kernel/kernel.h"
#include "wire/registry.h"
#include "record/record.h"
#include "session/ech_open.h"
#include "key/signature.h"
#include "wire/suite.h"

static const uint16_t default_groups[] = {TLS_GROUP_X25519MLKEM768, TLS_GROUP_X25519,
    TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1, TLS_GROUP_SECP521R1};

/* RFC 8446 section 4.2.3: every SHA-2 one, and Ed25519. PKCS#1 is there for TLS 1.2 and for
 * signatures of certificates, behind RSA-PSS, which both sides may have in TLS 1.2 too. */
static const uint16_t default_schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256, TLS_SCHEME_ED25519,
    TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_ECDSA_SECP384R1_SHA384,
    TLS_SCHEME_RSA_PSS_RSAE_SHA384, TLS_SCHEME_ECDSA_SECP521R1_SHA512,
    TLS_SCHEME_RSA_PSS_RSAE_SHA512, TLS_SCHEME_RSA_PSS_PSS_SHA256, TLS_SCHEME_RSA_PSS_PSS_SHA384,
    TLS_SCHEME_RSA_PSS_PSS_SHA512, TLS_SCHEME_RSA_PKCS1_SHA256, TLS_SCHEME_RSA_PKCS1_SHA384,
    TLS_SCHEME_RSA_PKCS1_SHA512};

const uint16_t *
tls_context_default_groups(size_t *count)
{
    *count = sizeof default_groups / sizeof *default_groups;
    return default_groups;
}

const uint16_t *
tls_context_default_schemes(size_t *count)
{
    *count = sizeof default_schemes / sizeof *default_schemes;
    return default_schemes;
}

int
tls_processor_has_aes(void)
{
    /* BearSSL gives no vtable when the instructions are missing, and has none for aarch64. */
    return tls_kernels_chosen()->aes_gcm != tls_aes_gcm_bearssl ||
           br_aes_x86ni_ctr_get_vtable() != NULL || br_aes_pwr8_ctr_get_vtable() != NULL;
}

static int64_t
given_time(const tls_context *context)
{
    return context->now != NULL ? context->now(context->now_data) : TLS_SYSTEM_TIME;
}

int64_t
tls_context_now(const tls_context *context)
{
    int64_t seconds = given_time(context);

    return seconds != TLS_SYSTEM_TIME ? seconds : (int64_t)time(NULL);
}

/* Goes on while the system sleeps, as the peer's does, where there is such a clock. */
#ifdef CLOCK_BOOTTIME
#define STEADY_CLOCK CLOCK_BOOTTIME
#else
#define STEADY_CLOCK CLOCK_MONOTONIC
#endif

static int64_t
milliseconds(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) != 0)
        return (int64_t)time(NULL) * 1000;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
tls_context_now_ms(const tls_context *context)
{
    int64_t seconds = given_time(context);

    if (seconds != TLS_SYSTEM_TIME)
        return seconds * 1000;
    return milliseconds(STEADY_CLOCK) + context->steady_offset;
}

unsigned
tls_context_clock_step(const tls_context *context)
{
    return given_time(context) != TLS_SYSTEM_TIME ? 1000 : 1;
}

tls_replay_register *
tls_context_strikes(tls_context *context)
{
    return context->ticket_keys != NULL ? tls_ticket_keys_register(context->ticket_keys)
                                        : &context->replay;
}

int64_t
tls_context_early_data_now(tls_context *context)
{
    return tls_replay_register_now(tls_context_strikes(context), tls_context_now_ms(context));
}

int
tls_context_has_group(const tls_context *context, unsigned group)
{
    size_t i;

    for (i = 0; i < context->group_count; i++)
        if (context->groups[i] == group)
            return 1;
    return 0;
}

/* copy_numbers: ILLEGAL_PARAMETER for one that nothing supports. */
static enum tls_reason
copy_numbers(uint16_t **out, size_t *out_count, const uint16_t *values, size_t count,
    int (*supported)(unsigned id))
{
    size_t i;

    for (i = 0; i < count; i++)
        if (!supported(values[i]))
            return TLS_REASON_ILLEGAL_PARAMETER;
    *out = malloc((count ? count : 1) * sizeof **out);
    if (*out == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (count > 0)
        memcpy(*out, values, count * sizeof **out);
    *out_count = count;
    return TLS_OK;
}

static int
suite_supported(unsigned id)
{
    return tls_suite_find(id) != NULL;
}

static enum tls_reason
copy_suites(tls_context *context, const tls_context_options *options)
{
    const uint16_t *suites = options->suites;
    size_t count = options->suite_count;
    enum tls_reason reason;

    if (suites == NULL)
        suites = tls_suite_policy("modern", &count);
    reason = copy_numbers(&context->suites, &context->suite_count, suites, count, suite_supported);
    if (reason == TLS_OK && options->suites == NULL)
        tls_suite_order(context->suites, context->suite_count, tls_processor_has_aes());
    return reason;
}

/* drop_suites_without_group: whoever offers suites of elliptic curves says by supported_groups
 * which curves (RFC 8422 section 4), so that these need one; ffdhe groups are no curves. Suites of
 * TLS 1.3 go with any group. */
static void
drop_suites_without_group(tls_context *context)
{
    size_t i, kept = 0;

    for (i = 0; i < context->group_count; i++)
        if (tls_group_is_curve(context->groups[i]))
            return;
    for (i = 0; i < context->suite_count; i++) {
        enum tls_key_exchange exchange = tls_suite_find(context->suites[i])->key_exchange;

        if (exchange != TLS_KEY_EXCHANGE_ECDHE && exchange != TLS_KEY_EXCHANGE_ECDH)
            context->suites[kept++] = context->suites[i];
    }
    context->suite_count = kept;
}

/* fit_versions: a version without a suite is not spoken. */
static enum tls_reason
fit_versions(tls_context *context)
{
    return tls_suites_narrow(
               context->suites, context->suite_count, &context->version_min, &context->version_max)
               ? TLS_OK
               : TLS_REASON_ILLEGAL_PARAMETER;
}

unsigned
tls_context_compression(const tls_context *context, tls_u16_list offered)
{
    size_t i;

    for (i = 0; i < context->certificate_compression_count; i++)
        if (tls_u16_list_contains(offered, context->certificate_compression[i]))
            return context->certificate_compression[i];
    return 0;
}

/* copy_certificate_lists: what peers are told of certificates that they may show, and how. */
static enum tls_reason
copy_certificate_lists(tls_context *context, const tls_context_options *options)
{
    enum tls_reason reason =
        copy_numbers(&context->certificate_schemes, &context->certificate_scheme_count,
            options->certificate_schemes, options->certificate_scheme_count, tls_scheme_supported);

    if (reason == TLS_OK)
        reason = copy_numbers(&context->certificate_compression,
            &context->certificate_compression_count, options->certificate_compression,
            options->certificate_compression_count, tls_compression_supported);
    return reason;
}

/* One message of a flight that must fit the output buffer. */
#define AUTHORITIES_LENGTH_MAXIMUM 12000

void
tls_context_write_authorities(const tls_context *context, tls_buffer *out)
{
    size_t count = context->authorities != NULL ? tls_trust_store_count(context->authorities) : 0;
    size_t i;

    for (i = 0; i < count; i++)
        tls_write_vector16(out, tls_trust_store_at(context->authorities, i)->subject);
    if (out->length > AUTHORITIES_LENGTH_MAXIMUM)
        tls_buffer_clear(out);
}

/* copy_authorities: names that were asked for are sent, or refused here. */
static enum tls_reason
copy_authorities(tls_context *context, const tls_context_options *options)
{
    enum tls_authorities whose = options->certificate_authorities;
    tls_trust_store *store = options->authorities != NULL ? options->authorities : options->trust;
    tls_buffer names = {0};
    enum tls_reason reason = TLS_OK;

    if (whose == TLS_AUTHORITIES_NONE ||
        (whose == TLS_AUTHORITIES_DEFAULT && context->role == TLS_ROLE_CLIENT) || store == NULL)
        return whose == TLS_AUTHORITIES_NAMED ? TLS_REASON_ILLEGAL_PARAMETER : TLS_OK;
    context->authorities = tls_trust_store_retain(store);
    if (whose == TLS_AUTHORITIES_NAMED) {
        tls_context_write_authorities(context, &names);
        reason = names.failed        ? TLS_REASON_OUT_OF_MEMORY
                 : names.length == 0 ? TLS_REASON_LIMIT
                                     : TLS_OK;
    }
    tls_buffer_release(&names);
    return reason;
}

static enum tls_reason
copy_groups_and_schemes(tls_context *context, const tls_context_options *options)
{
    size_t group_count, scheme_count, i;
    const uint16_t *groups = tls_context_default_groups(&group_count);
    const uint16_t *schemes = tls_context_default_schemes(&scheme_count);
    int signs_13 = 0;
    enum tls_reason reason;

    if (options->groups != NULL) {
        groups = options->groups;
        group_count = options->group_count;
    }
    if (options->signature_schemes != NULL) {
        schemes = options->signature_schemes;
        scheme_count = options->signature_scheme_count;
    }
    /* Nor is TLS 1.3 without a scheme that may sign its handshake (RFC 8446 section 4.2.3). */
    for (i = 0; i < scheme_count && !signs_13; i++)
        signs_13 = tls_scheme_kind_of(schemes[i]) != TLS_SCHEME_KIND_RSA_PKCS1 &&
                   schemes[i] != TLS_SCHEME_ECDSA_SHA1 && schemes[i] != TLS_SCHEME_ECDSA_SHA224;
    if (!signs_13 && context->version_max > TLS_VERSION_12)
        context->version_max = TLS_VERSION_12;
    if (context->version_min > context->version_max)
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = copy_numbers(
        &context->groups, &context->group_count, groups, group_count, tls_group_supported);
    if (reason == TLS_OK)
        reason = copy_numbers(&context->signature_schemes, &context->signature_scheme_count,
            schemes, scheme_count, tls_scheme_supported);
    return reason;
}

int
tls_certificate_type_listed(const uint16_t *types, size_t count, unsigned type)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (types[i] == type)
            return 1;
    return 0;
}

static int
type_supported(unsigned type)
{
    return type == TLS_CERTIFICATE_TYPE_X509 || type == TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY;
}

/* copy_types: a raw public key needs TLS 1.3 here, and has nothing that could be revoked. */
static enum tls_reason
copy_types(const tls_context *context, const tls_context_options *options, uint16_t **out,
    size_t *out_count, const uint16_t *types, size_t count)
{
    static const uint16_t x509 = TLS_CERTIFICATE_TYPE_X509;
    int judges_raw = 0;
    size_t i;

    if (types == NULL) {
        types = &x509;
        count = 1;
    }
    for (i = 0; i < count; i++) {
        if (tls_certificate_type_listed(types, i, types[i]))
            return TLS_REASON_ILLEGAL_PARAMETER;
        judges_raw |= types[i] == TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY;
    }
    judges_raw &= (out == &context->server_certificate_types) == (context->role == TLS_ROLE_CLIENT);
    if (count == 0 ||
        (!tls_certificate_type_listed(types, count, TLS_CERTIFICATE_TYPE_X509) &&
            context->version_min < TLS_VERSION_13) ||
        (judges_raw && (options->crl_count > 0 || options->revocation != TLS_REVOCATION_IF_KNOWN ||
                           tls_staple_demanded(options->staple))))
        return TLS_REASON_ILLEGAL_PARAMETER;
    return copy_numbers(out, out_count, types, count, type_supported);
}

static enum tls_reason
copy_certificate_types(tls_context *context, const tls_context_options *options)
{
    enum tls_reason reason = copy_types(context, options, &context->server_certificate_types,
        &context->server_certificate_type_count, options->server_certificate_types,
        options->server_certificate_type_count);

    return reason == TLS_OK
               ? copy_types(context, options, &context->client_certificate_types,
                     &context->client_certificate_type_count, options->client_certificate_types,
                     options->client_certificate_type_count)
               : reason;
}

int
tls_context_shows_raw(const tls_context *context)
{
    return context->role == TLS_ROLE_CLIENT
               ? tls_certificate_type_listed(context->client_certificate_types,
                     context->client_certificate_type_count, TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY)
               : tls_certificate_type_listed(context->server_certificate_types,
                     context->server_certificate_type_count, TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY);
}

/* is_padding: what the core does not do itself, and takes as it is given (RFC 7685: zeros). */
static int
is_padding(const tls_custom_extension *extension)
{
    size_t i;

    for (i = 0; i < extension->data.length; i++)
        if (extension->data.data[i] != 0)
            return 0;
    return extension->type == TLS_EXTENSION_PADDING;
}

static enum tls_reason
copy_custom_extensions(tls_context *context, const tls_context_options *options)
{
    size_t i, j;

    context->custom_types =
        calloc(options->custom_extension_count ? options->custom_extension_count : 1,
            sizeof *context->custom_types);
    if (context->custom_types == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < options->custom_extension_count; i++) {
        const tls_custom_extension *extension = &options->custom_extensions[i];

        /* What the core handles has its own options, and nothing may stand twice. A delegated
         * credential (RFC 9345) would be refused when it came. */
        if ((tls_extension_places(extension->type) != 0 && !is_padding(extension)) ||
            extension->type == TLS_EXTENSION_DELEGATED_CREDENTIAL ||
            extension->data.length > 0x3FFF)
            return TLS_REASON_ILLEGAL_PARAMETER;
        for (j = 0; j < i; j++)
            if (context->custom_types[j] == extension->type)
                return TLS_REASON_ILLEGAL_PARAMETER;
        context->custom_types[context->custom_count++] = extension->type;
        tls_extension_write(&context->custom_extensions, extension->type, extension->data);
    }
    return tls_write_result(&context->custom_extensions);
}

static enum tls_reason
copy_credentials(tls_context *context, const tls_context_options *options)
{
    enum tls_reason reason = TLS_OK;
    size_t i;

    context->credentials = calloc(
        options->credential_count ? options->credential_count : 1, sizeof *context->credentials);
    if (context->credentials == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; reason == TLS_OK && i < options->credential_count; i++) {
        reason = tls_credential_check(&options->credentials[i], tls_context_shows_raw(context));
        if (reason == TLS_OK)
            reason = tls_credential_copy(&context->credentials[i], &options->credentials[i]);
        if (reason == TLS_OK)
            context->credential_count++;
    }
    return reason;
}

const tls_bounds tls_context_bounds[] = {TLS_CONTEXT_BOUNDS(TLS_BOUNDS_ROW) TLS_BOUNDS_END};

const unsigned tls_max_fragment_lengths[TLS_MAX_FRAGMENT_LENGTHS] = {512, 1024, 2048, 4096};

static int
is_fragment_length(unsigned length)
{
    size_t i;

    for (i = 0; i < TLS_MAX_FRAGMENT_LENGTHS; i++)
        if (tls_max_fragment_lengths[i] == length)
            return 1;
    return 0;
}

/* complete_numbers checks every number of the options, and puts what stands for it where none was
 * given. */
static int
complete_numbers(tls_context_options *options)
{
    uint64_t value;

#define COMPLETE(option, minimum, maximum, otherwise)                                              \
    value = (uint64_t)options->option;                                                             \
    if (!tls_bounds_complete(&value, minimum, maximum, otherwise))                                 \
        return 0;                                                                                  \
    options->option = value;
    TLS_CONTEXT_BOUNDS(COMPLETE)
#undef COMPLETE
    return options->version_min <= options->version_max &&
           (options->max_fragment_length == 0 || is_fragment_length(options->max_fragment_length));
}

static void
copy_tls13(tls_context *context, const tls_context_options *options)
{
    context->key_share_count = options->key_share_count;
    context->no_grease = options->no_grease;
    context->no_compatibility = options->no_compatibility;
    context->psk_ke = options->psk_ke;
    context->post_handshake_auth = options->post_handshake_auth;
    context->retry_cookie = options->retry_cookie;
    context->tickets_always = options->tickets_always;
    context->ticket_count = options->ticket_count;
    context->new_session_count = options->new_session_count;
    context->resumption_count = options->resumption_count;
    context->max_early_data = options->max_early_data;
    context->early_data_window = options->early_data_window;
    context->record_size_limit = options->record_size_limit;
    context->record_padding = options->record_padding;
    context->key_update_records = options->key_update_records;
}

int
tls_verify_mode_fits(enum tls_verify_mode mode, enum tls_role role)
{
    switch (mode) {
    case TLS_VERIFY_DEFAULT:
    case TLS_VERIFY_NONE:
    case TLS_VERIFY_REQUIRED:
        return 1;
    case TLS_VERIFY_OPTIONAL:
        return role == TLS_ROLE_SERVER;
    case TLS_VERIFY_REPORT:
        return role == TLS_ROLE_CLIENT;
    }
    return 0;
}

/* choices_known: a number that names nothing must not stand for the weakest choice. */
static int
choices_known(const tls_context_options *options)
{
    return (unsigned)options->role <= TLS_ROLE_SERVER &&
           tls_verify_mode_fits(options->verify, options->role) &&
           (unsigned)options->revocation <= TLS_REVOCATION_PATH &&
           (unsigned)options->staple <= TLS_STAPLE_REQUIRED &&
           (unsigned)options->certificate_authorities <= TLS_AUTHORITIES_NAMED &&
           (options->role == TLS_ROLE_CLIENT || options->staple == TLS_STAPLE_DEFAULT) &&
           (unsigned)options->extended_master_secret <= TLS_EXTENDED_MASTER_SECRET_REQUIRED;
}

/* hello_limit: a ticket brings back what it was given: where clients are asked for certificates,
 * their chain (RFC 5077 section 4), up to 16 KiB. */
static size_t
hello_limit(const tls_context_options *options)
{
    size_t limit = options->client_hello_limit;

    if (options->ticket_keys != NULL && options->verify != TLS_VERIFY_NONE &&
        options->verify != TLS_VERIFY_DEFAULT)
        limit += TLS_TICKET_MAXIMUM;
    return limit < TLS_CLIENT_HELLO_MAXIMUM ? limit : TLS_CLIENT_HELLO_MAXIMUM;
}

static enum tls_reason
copy_numbers_and_sizes(tls_context *context, const tls_context_options *options)
{
    if (!choices_known(options))
        return TLS_REASON_ILLEGAL_PARAMETER;
    context->version_min = options->version_min;
    context->version_max = options->version_max;
    context->dh_bits_minimum = options->dh_bits_minimum;
    context->record_size = options->record_size;
    context->role = options->role;
    context->alpn_required = options->alpn_required;
    context->verify = options->verify;
    if (context->verify == TLS_VERIFY_DEFAULT)
        context->verify = context->role == TLS_ROLE_CLIENT ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE;
    context->verify_depth = options->no_intermediates ? 0 : options->verify_depth;
    context->session_lifetime = options->session_lifetime;
    context->client_preference = options->client_preference;
    context->client_hello_limit = hello_limit(options);
    context->renegotiation = options->renegotiation;
    context->no_tickets = options->no_tickets;
    context->extended_master_secret = options->extended_master_secret;
    context->max_fragment_length = options->max_fragment_length;
    context->now = options->now;
    context->now_data = options->now_data;
    return TLS_OK;
}

/* copy_revocation copies what verification is asked beyond the trust store. */
static enum tls_reason
copy_revocation(tls_context *context, const tls_context_options *options)
{
    size_t i;

    context->clock_skew = options->clock_skew;
    context->revocation = options->revocation;
    context->staple = options->staple;
    context->crls = calloc(options->crl_count ? options->crl_count : 1, sizeof *context->crls);
    if (context->crls == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    for (i = 0; i < options->crl_count; i++)
        context->crls[i] = tls_crl_retain((tls_crl *)(uintptr_t)options->crls[i]);
    context->crl_count = options->crl_count;
    tls_context_digest_revocation(context);
    return TLS_OK;
}

enum tls_reason
tls_context_new(tls_context **out, const tls_context_options *options)
{
    tls_context_options complete = *options;
    tls_context *context;
    enum tls_reason reason;

    *out = NULL;
    options = &complete;
    if (!complete_numbers(&complete))
        return TLS_REASON_ILLEGAL_PARAMETER;
    context = calloc(1, sizeof *context);
    if (context == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    context->references = 1;
    if (options->trust != NULL)
        context->trust = tls_trust_store_retain(options->trust);
    if (options->ticket_keys != NULL)
        context->ticket_keys = tls_ticket_keys_retain(options->ticket_keys);
    context->ech_keys = tls_ech_keys_retain(options->ech_keys);
    context->ech_backend = options->ech_backend;
    reason = copy_numbers_and_sizes(context, options);
    if (reason == TLS_OK)
        reason = tls_ech_list_copy(&context->ech, options->ech);
    copy_tls13(context, options);
    if (reason == TLS_OK)
        reason = copy_suites(context, options);
    if (reason == TLS_OK)
        reason = copy_groups_and_schemes(context, options);
    if (reason == TLS_OK)
        reason = copy_certificate_lists(context, options);
    if (reason == TLS_OK)
        reason = copy_authorities(context, options);
    if (reason == TLS_OK) {
        drop_suites_without_group(context);
        reason = fit_versions(context);
    }
    if (reason == TLS_OK)
        reason = tls_lists_copy(
            &context->lists, options->alpn, options->alpn_count, options->pins, options->pin_count);
    if (reason == TLS_OK)
        reason = copy_custom_extensions(context, options);
    if (reason == TLS_OK)
        reason = copy_certificate_types(context, options);
    if (reason == TLS_OK)
        reason = copy_credentials(context, options);
    if (reason == TLS_OK)
        reason = copy_revocation(context, options);
    if (reason == TLS_OK && options->verdict_cache_size > 0) {
        context->verdicts = tls_verdict_cache_new(context->trust, options->verdict_cache_size);
        if (context->verdicts == NULL)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    if (reason == TLS_OK && options->session_cache_size > 0) {
        context->cache = tls_session_cache_new(options->session_cache_size,
            context->role == TLS_ROLE_SERVER ? TLS_SESSIONS_BY_ID : TLS_SESSIONS_BY_NAME);
        if (context->cache == NULL)
            reason = TLS_REASON_OUT_OF_MEMORY;
    }
    context->steady_offset = milliseconds(CLOCK_REALTIME) - milliseconds(STEADY_CLOCK);
    context->made = tls_context_early_data_now(context);
    if (reason != TLS_OK) {
        tls_context_release(context);
        return reason;
    }
    *out = context;
    return TLS_OK;
}

tls_context *
tls_context_retain(tls_context *context)
{
    context->references++;
    return context;
}

void
tls_context_release(tls_context *context)
{
    size_t i;

    if (context == NULL || --context->references > 0)
        return;
    tls_lists_clear(&context->lists);
    free(context->custom_types);
    tls_buffer_release(&context->custom_extensions);
    for (i = 0; i < context->credential_count; i++)
        tls_credential_clear(&context->credentials[i]);
    free(context->credentials);
    for (i = 0; i < context->crl_count; i++)
        tls_crl_release(context->crls[i]);
    free(context->crls);
    free(context->suites);
    free(context->groups);
    free(context->server_certificate_types);
    free(context->client_certificate_types);
    free(context->signature_schemes);
    free(context->certificate_schemes);
    free(context->certificate_compression);
    tls_compressed_chains_clear(&context->compressed);
    tls_trust_store_release(context->authorities);
    tls_verdict_cache_free(context->verdicts);
    tls_trust_store_release(context->trust);
    tls_ticket_keys_release(context->ticket_keys);
    tls_ech_keys_release(context->ech_keys);
    tls_buffer_release(&context->ech);
    tls_session_cache_free(context->cache);
    tls_pool_release(&context->pool);
    free(context->tls12_template);
    tls_replay_register_release(&context->replay);
    free(context);
}

enum tls_role
tls_context_role(const tls_context *context)
{
    return context->role;
}

void
tls_context_flush_sessions(tls_context *context)
{
    if (context->cache != NULL)
        tls_session_cache_clear(context->cache);
}

size_t
tls_context_session_count(const tls_context *context)
{
    return context->cache != NULL ? tls_session_cache_count(context->cache) : 0;
}

size_t
tls_context_pooled_buffers(const tls_context *context)
{
    return context->pool.idle_count;
}
