/* policy.c - what a session may be resumed under: a digest of everything that a resumed session
 * relies on. */
#include <bearssl.h>
#include <string.h>

#include "context/internal.h"
#include "crypto/sha256.h"
#include "wire/registry.h"

static void
digest_number(br_sha256_context *digest, uint32_t value)
{
    unsigned char bytes[4];

    tls_put16(bytes, value >> 16);
    tls_put16(bytes + 2, value & 0xFFFF);
    tls_sha256_update(digest, bytes, sizeof bytes);
}

void
tls_context_digest_revocation(tls_context *context)
{
    br_sha256_context digest;
    size_t i;

    tls_sha256_init(&digest);
    digest_number(&digest, (uint32_t)context->revocation);
    digest_number(&digest, (uint32_t)context->staple);
    digest_number(&digest, (uint32_t)((uint64_t)context->clock_skew >> 32));
    digest_number(&digest, (uint32_t)context->clock_skew);
    for (i = 0; i < context->crl_count; i++)
        tls_sha256_update(&digest, context->crls[i]->der.data, context->crls[i]->der.length);
    tls_sha256_out(&digest, context->revocation_digest);
}

static void
digest_pins(br_sha256_context *digest, const tls_lists *lists)
{
    digest_number(digest, (uint32_t)lists->pin_count);
    tls_sha256_update(digest, lists->pins, lists->pin_count * sizeof *lists->pins);
}

static void
digest_numbers(br_sha256_context *digest, const uint16_t *values, size_t count)
{
    size_t i;

    digest_number(digest, (uint32_t)count);
    for (i = 0; i < count; i++)
        digest_number(digest, values[i]);
}

static void
digest_trust(tls_context *context)
{
    size_t count = context->trust != NULL ? tls_trust_store_count(context->trust) : 0;
    uint64_t generation = context->trust != NULL ? tls_trust_store_generation(context->trust) : 0;
    br_sha256_context digest;
    size_t i;

    if (context->trust_digest_known && generation == context->trust_generation)
        return;
    tls_sha256_init(&digest);
    for (i = 0; i < count; i++) {
        const tls_certificate *anchor = tls_trust_store_at(context->trust, i);

        tls_sha256_update(&digest, anchor->der.data, anchor->der.length);
    }
    tls_sha256_out(&digest, context->trust_digest);
    context->trust_generation = generation;
    context->trust_digest_known = 1;
}

void
tls_context_policy(tls_context *context, unsigned char out[TLS_POLICY_LENGTH],
    const tls_lists *lists, enum tls_verify_mode verify, int verify_handler)
{
    br_sha256_context digest;
    size_t i;

    tls_sha256_init(&digest);
    digest_number(&digest, (uint32_t)context->role);
    digest_number(&digest, context->version_min);
    digest_number(&digest, context->version_max);
    digest_numbers(&digest, context->suites, context->suite_count);
    digest_numbers(&digest, context->groups, context->group_count);
    digest_numbers(&digest, context->signature_schemes, context->signature_scheme_count);
    digest_numbers(
        &digest, context->server_certificate_types, context->server_certificate_type_count);
    digest_numbers(
        &digest, context->client_certificate_types, context->client_certificate_type_count);
    digest_number(&digest, (uint32_t)lists->alpn_count);
    for (i = 0; i < lists->alpn_count; i++)
        tls_sha256_update(&digest, lists->alpn[i], strlen(lists->alpn[i]) + 1);
    digest_number(&digest, (uint32_t)verify);
    digest_number(&digest, (uint32_t)(verify_handler != 0));
    digest_number(&digest,
        (uint32_t)(context->extended_master_secret == TLS_EXTENDED_MASTER_SECRET_REQUIRED));
    digest_number(&digest, context->verify_depth);
    digest_number(&digest, context->dh_bits_minimum);
    /* Trust counts only where it is asked; what is demanded, always. */
    if (verify != TLS_VERIFY_NONE) {
        digest_trust(context);
        tls_sha256_update(&digest, context->trust_digest, sizeof context->trust_digest);
    }
    tls_sha256_update(&digest, context->revocation_digest, sizeof context->revocation_digest);
    digest_pins(&digest, lists);
    tls_sha256_out(&digest, out);
}

void
tls_context_judge(
    tls_context *context, unsigned char out[TLS_POLICY_LENGTH], const tls_lists *lists)
{
    br_sha256_context digest;

    tls_sha256_init(&digest);
    digest_trust(context);
    digest_number(&digest, context->verify_depth);
    tls_sha256_update(&digest, context->trust_digest, sizeof context->trust_digest);
    tls_sha256_update(&digest, context->revocation_digest, sizeof context->revocation_digest);
    digest_pins(&digest, lists);
    tls_sha256_out(&digest, out);
}

int
tls_context_demands(const tls_context *context, const tls_lists *lists)
{
    return lists->pin_count > 0 || context->crl_count > 0 ||
           context->revocation != TLS_REVOCATION_IF_KNOWN || tls_staple_demanded(context->staple);
}

int
tls_context_resumes(tls_context *context, const tls_lists *lists, const tls_session *session,
    const char *server_name, enum tls_verify_mode verify, int verify_handler)
{
    enum tls_verification_level required = TLS_LEVEL_NONE;
    unsigned char policy[TLS_POLICY_LENGTH];

    /* A handler's word stands for the verdict only where a handler would be asked again. */
    if (verify == TLS_VERIFY_REQUIRED)
        required = verify_handler ? TLS_LEVEL_ACCEPTED : TLS_LEVEL_VERIFIED;
    tls_context_policy(context, policy, lists, verify, verify_handler);
    if (!tls_session_fits(
            session, context->role, server_name, policy, required, tls_context_now(context)))
        return 0;
    /* RFC 7627 section 5.3: a session keeps the kind of master secret that it was made with.
     * TLS 1.3 knows one kind only. */
    if (session->version == TLS_VERSION_13)
        return 1;
    return context->extended_master_secret != (session->extended_master_secret
                                                      ? TLS_EXTENDED_MASTER_SECRET_OFF
                                                      : TLS_EXTENDED_MASTER_SECRET_REQUIRED);
}

int
tls_session_resumable(
    const tls_session *session, const tls_context *context, const char *server_name)
{
    tls_context *shared = (tls_context *)(uintptr_t)context; /* only its kept digest may change */

    if (server_name == NULL)
        server_name = "";
    /* The caller has no connection yet, so it does not matter whether a verify handler has a say.
     */
    return tls_context_resumes(shared, &shared->lists, session, server_name, context->verify, 0) ||
           tls_context_resumes(shared, &shared->lists, session, server_name, context->verify, 1);
}
