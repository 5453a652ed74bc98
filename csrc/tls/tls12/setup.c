/* setup.c - BearSSL's state for a new connection: a template per context, with every
 * implementation chosen, and what client and server set on their copies of it. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tls12/internal.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "kernel/kernel.h"
#include "record/gcm12.h"

/* The fields used here are those of BearSSL 0.6's public header. Another layout still compiles as
 * long as the names are there; what is relied on beyond names is checked here. */
typedef char engine_is_first_in_client[offsetof(br_ssl_client_context, eng) == 0 ? 1 : -1];
typedef char engine_is_first_in_server[offsetof(br_ssl_server_context, eng) == 0 ? 1 : -1];
typedef char bearssl_in_holds_opener[sizeof(((br_ssl_engine_context *)0)->in) >=
                                             sizeof(((tls_record_opener *)0)->protection)
                                         ? 1
                                         : -1];
typedef char bearssl_out_holds_sealer[sizeof(((br_ssl_engine_context *)0)->out) >=
                                              sizeof(((tls_record_sealer *)0)->protection)
                                          ? 1
                                          : -1];

/* ---- Templates ---- */

static int
scheme_hash_used(const tls_context *context, int hash)
{
    size_t i;

    for (i = 0; i < context->signature_scheme_count; i++)
        if (tls_scheme_hash(context->signature_schemes[i]) == hash)
            return 1;
    return 0;
}

static int
mac_hash_used(const tls_context *context, unsigned hash)
{
    size_t i;

    for (i = 0; i < context->suite_count; i++)
        if (tls_suite_find(context->suites[i])->mac_hash == hash)
            return 1;
    return 0;
}

static void
set_hash(br_ssl_engine_context *engine, int hash)
{
    br_ssl_engine_set_hash(engine, hash, tls_hash_class(hash));
}

static void
set_implementations(br_ssl_engine_context *engine, const tls_context *context)
{
    /* SHA-256 and SHA-384 serve the PRF. The others cost time for every handshake byte, so they are
     * there only when they can be negotiated. MD5 and SHA-1: TLS 1.0 and 1.1 (RFC 4346 section 5).
     */
    set_hash(engine, TLS_HASH_SHA256);
    set_hash(engine, TLS_HASH_SHA384);
    if (context->version_min < BR_TLS12)
        set_hash(engine, TLS_HASH_MD5);
    if (context->version_min < BR_TLS12 || scheme_hash_used(context, TLS_HASH_SHA1) ||
        mac_hash_used(context, TLS_HASH_SHA1))
        set_hash(engine, TLS_HASH_SHA1);
    if (scheme_hash_used(context, TLS_HASH_SHA224))
        set_hash(engine, TLS_HASH_SHA224);
    if (scheme_hash_used(context, TLS_HASH_SHA512))
        set_hash(engine, TLS_HASH_SHA512);
    tls12_set_prf(engine, context->version_min < BR_TLS12);
    br_ssl_engine_set_default_aes_cbc(engine);
    br_ssl_engine_set_default_aes_ccm(engine);
    br_ssl_engine_set_default_des_cbc(engine);
    /* GCM takes its keys only, and computes by a kernel. */
    br_ssl_engine_set_gcm(engine, &tls_gcm12_in_class, &tls_gcm12_out_class);
    br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_chacha20(engine, tls_kernels_chosen()->chacha20);
    br_ssl_engine_set_poly1305(engine, tls_kernels_chosen()->chacha20_poly1305);
    br_ssl_engine_set_ec(engine, &tls_kernels_chosen()->curves);
    /* What is sealed by us need not be split by BearSSL: it must not offer max_fragment_length
     * because of its small handshake buffers. */
    engine->log_max_frag_len = 14;
    /* tls_random seeds each connection; BearSSL's seeder would ask the processor again. */
    engine->rng_os_rand_done = 1;
}

/* make_template makes context->tls12_template: BearSSL state with every implementation chosen,
 * which each connection copies. Choosing asks the processor, which is slow in virtual machines. */
static enum tls_reason
make_template(tls_context *context)
{
    tls12_bearssl *template = calloc(1, sizeof *template);

    if (template == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    if (context->role == TLS_ROLE_CLIENT) {
        br_ssl_client_zero(&template->client);
        br_ssl_client_set_rsapub(&template->client, tls_kernels_chosen()->rsa_public);
    } else {
        br_ssl_server_zero(&template->server);
    }
    set_implementations(&template->client.eng, context);
    tls12_set_verification(&template->client.eng);
    br_ssl_engine_set_all_flags(&template->client.eng, BR_OPT_NO_RENEGOTIATION);
    br_ssl_engine_inject_entropy(&template->client.eng, "", 0); /* see tls12_start */
    context->tls12_template = template;
    return TLS_OK;
}

/* ---- Setting up one connection ---- */

/* set_suites finds the suites of the list that BearSSL knows and that fit the versions. BearSSL
 * looks each of them up in a table, slowly, so it is told of one only. A client's ClientHello that
 * goes out is our own, and the suite that the server takes is set when it is known; a server's
 * choice is choice.c's. */
static enum tls_reason
set_suites(tls12_engine *e)
{
    static const uint16_t shown = TLS12_SHOWN_SUITE;
    size_t i;

    e->usable_count = 0;
    for (i = 0; i < e->handshake->terms.suite_count && e->usable_count < BR_MAX_CIPHER_SUITES;
         i++) {
        const tls_suite *suite = tls_suite_find(e->handshake->terms.suites[i]);

        if (suite != NULL && (suite->flags & TLS_SUITE_BEARSSL) &&
            suite->version_min <= e->handshake->terms.version_max)
            e->usable[e->usable_count++] = e->handshake->terms.suites[i];
    }
    if (e->usable_count == 0)
        return TLS_REASON_NO_COMMON_SUITE;
    br_ssl_engine_set_suites(tls12_core(e), &shown, 1);
    return TLS_OK;
}

enum tls_reason
tls12_start(tls12_engine *e)
{
    tls_context *context = e->handshake->host->context;
    br_ssl_engine_context *engine = tls12_core(e);
    tls_lists lists = tls_host_lists(e->handshake->host);
    enum tls_reason reason;

    reason = context->tls12_template == NULL ? make_template(context) : TLS_OK;
    if (reason != TLS_OK)
        return reason;
    memcpy(&e->bearssl, context->tls12_template, sizeof e->bearssl);
    br_ssl_engine_set_versions(
        engine, e->handshake->terms.version_min, e->handshake->terms.version_max);
    reason = set_suites(e);
    if (reason != TLS_OK)
        return reason;
    if (e->handshake->terms.alpn_selected != NULL)
        br_ssl_engine_set_protocol_names(engine, e->alpn_names, 1);
    else if (lists.alpn_count > 0)
        br_ssl_engine_set_protocol_names(engine, (const char **)lists.alpn, lists.alpn_count);
    /* RFC 7301 section 3.2: a server with a list and no match SHALL refuse. */
    br_ssl_engine_add_flags(engine, BR_OPT_FAIL_ON_ALPN_MISMATCH);
    tls12_set_key_agreement(e);
    br_ssl_engine_set_x509(engine, &e->x509.vtable);
    br_ssl_engine_set_buffers_bidi(engine, e->input, sizeof e->input, e->output, sizeof e->output);
    engine->log_max_frag_len = 14;
    engine->max_frag_len = sizeof e->output - TLS_RECORD_HEADER_LENGTH;
    /* The template's DRBG is set up but shared: its whole state (NIST SP 800-90A section 10.1.2: K
     * and V, of SHA-256's length each) is replaced by random bytes of this connection's own. */
    reason = tls_random(engine->rng.K, br_sha256_SIZE);
    if (reason == TLS_OK)
        reason = tls_random(engine->rng.V, br_sha256_SIZE);
    if (reason != TLS_OK)
        return reason;
    e->transcript = engine->mhash; /* the implementations */
    br_multihash_init(&e->transcript);
    e->running = 1;
    return TLS_OK;
}
