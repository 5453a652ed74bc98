/* policy.c - what a session may be resumed under: a digest of everything that a resumed session
 * relies on. */
#include <bearssl.h>
#include <string.h>

#include "context/internal.h"
#include "wire/registry.h"

static void
digest_number(br_sha256_context *digest, uint32_t value)
{
    unsigned char bytes[4];

    tls_put16(bytes, value >> 16);
    tls_put16(bytes + 2, value & 0xFFFF);
    br_sha256_update(digest, bytes, sizeof bytes);
}

void
tls_context_digest_revocation(tls_context *context)
{
    br_sha256_context digest;
    size_t i;

    br_sha256_init(&digest);
    digest_number(&digest, (uint32_t)context->revocation);
    digest_number(&digest, (uint32_t)context->staple);
    digest_number(&digest, (uint32_t)((uint64_t)context->clock_skew >> 32));
    digest_number(&digest, (uint32_t)context->clock_skew);
    digest_number(&digest, (uint32_t)context->pin_count);
    for (i = 0; i < context->pin_count; i++)
        br_sha256_update(&digest, context->pins[i], TLS_PIN_LENGTH);
    for (i = 0; i < context->crl_count; i++)
        br_sha256_update(&digest, context->crls[i]->der.data, context->crls[i]->der.length);
    br_sha256_out(&digest, context->revocation_digest);
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
    unsigned char objects[sizeof context->trust_objects];
    br_sha256_context digest;
    size_t i;

    /* The store keeps every certificate that it ever had, so an address never stands for another.
     */
    br_sha256_init(&digest);
    for (i = 0; i < count; i++) {
        const tls_certificate *anchor = tls_trust_store_at(context->trust, i);

        br_sha256_update(&digest, &anchor, sizeof anchor);
    }
    br_sha256_out(&digest, objects);
    if (context->trust_digest_known && memcmp(objects, context->trust_objects, sizeof objects) == 0)
        return;
    br_sha256_init(&digest);
    for (i = 0; i < count; i++) {
        const tls_certificate *anchor = tls_trust_store_at(context->trust, i);

        br_sha256_update(&digest, anchor->der.data, anchor->der.length);
    }
    br_sha256_out(&digest, context->trust_digest);
    memcpy(context->trust_objects, objects, sizeof objects);
    context->trust_digest_known = 1;
}

void
tls_context_policy(tls_context *context, unsigned char out[TLS_POLICY_LENGTH],
    enum tls_verify_mode verify, int verify_handler)
{
    br_sha256_context digest;
    size_t i;

    br_sha256_init(&digest);
    digest_number(&digest, (uint32_t)context->role);
    digest_number(&digest, context->version_min);
    digest_number(&digest, context->version_max);
    digest_numbers(&digest, context->suites, context->suite_count);
    digest_numbers(&digest, context->groups, context->group_count);
    digest_numbers(&digest, context->signature_schemes, context->signature_scheme_count);
    digest_number(&digest, (uint32_t)context->alpn_count);
    for (i = 0; i < context->alpn_count; i++)
        br_sha256_update(&digest, context->alpn[i], strlen(context->alpn[i]) + 1);
    digest_number(&digest, (uint32_t)verify);
    digest_number(&digest, (uint32_t)(verify_handler != 0));
    digest_number(&digest, (uint32_t)context->require_extended_master_secret);
    digest_number(&digest, context->verify_depth);
    /* Trust counts only where it is asked; what is demanded, always. */
    if (verify != TLS_VERIFY_NONE) {
        digest_trust(context);
        br_sha256_update(&digest, context->trust_digest, sizeof context->trust_digest);
    }
    br_sha256_update(&digest, context->revocation_digest, sizeof context->revocation_digest);
    br_sha256_out(&digest, out);
}

void
tls_context_judge(tls_context *context, unsigned char out[TLS_POLICY_LENGTH])
{
    br_sha256_context digest;

    br_sha256_init(&digest);
    digest_trust(context);
    digest_number(&digest, context->verify_depth);
    br_sha256_update(&digest, context->trust_digest, sizeof context->trust_digest);
    br_sha256_update(&digest, context->revocation_digest, sizeof context->revocation_digest);
    br_sha256_out(&digest, out);
}

int
tls_context_demands(const tls_context *context)
{
    return context->pin_count > 0 || context->crl_count > 0 ||
           context->revocation != TLS_REVOCATION_IF_KNOWN ||
           context->staple != TLS_STAPLE_NOT_NEEDED;
}

int
tls_context_resumes(tls_context *context, const tls_session *session, const char *server_name,
    enum tls_verify_mode verify, int verify_handler)
{
    enum tls_verification_level required = TLS_LEVEL_NONE;
    unsigned char policy[TLS_POLICY_LENGTH];

    /* A handler's word stands for the verdict only where a handler would be asked again. */
    if (verify == TLS_VERIFY_REQUIRED)
        required = verify_handler ? TLS_LEVEL_ACCEPTED : TLS_LEVEL_VERIFIED;
    tls_context_policy(context, policy, verify, verify_handler);
    if (!tls_session_fits(
            session, context->role, server_name, policy, required, tls_context_now(context)))
        return 0;
    /* RFC 7627 section 5.3: a session keeps the kind of master secret that it was made with.
     * TLS 1.3 knows one kind only. */
    if (session->version == TLS_VERSION_13)
        return 1;
    return session->extended_master_secret ? !context->no_extended_master_secret
                                           : !context->require_extended_master_secret;
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
    return tls_context_resumes(shared, session, server_name, context->verify, 0) ||
           tls_context_resumes(shared, session, server_name, context->verify, 1);
}
