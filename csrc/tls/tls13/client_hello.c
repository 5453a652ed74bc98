/* client_hello.c - the ClientHello that offers TLS 1.3 (RFC 8446 section 4.1.2), and older
 * versions beside it when the terms allow them: the first one, and the one that answers
 * HelloRetryRequest. */
#include <string.h>

#include "handshake/client_hello.h"
#include "base/random.h"
#include "tls13/internal.h"

/* Where GREASE stands (RFC 8701 section 3.1). */
enum { GREASE_SUITE, GREASE_GROUP, GREASE_EXTENSION_FIRST, GREASE_EXTENSION_LAST, GREASE_VERSION };

#define SUITES_MAXIMUM 96
#define GROUPS_MAXIMUM 32
#define VERSIONS_MAXIMUM 8

static uint16_t
reserved_value(unsigned nibble)
{
    return (uint16_t)(nibble << 12 | 0x0A00 | nibble << 4 | 0x0A);
}

static uint16_t
grease_value(const tls13_engine *e, int place)
{
    return reserved_value(e->grease[place] & 0x0F);
}

static int
is_custom(const tls_context *context, unsigned type)
{
    size_t i;

    for (i = 0; i < context->custom_count; i++)
        if (context->custom_types[i] == type)
            return 1;
    return 0;
}

/* grease_extension: nothing may stand twice (RFC 8446 section 4.2), neither the two nor one that
 * the application gives itself. Returns 0, which is none of them, when it gives all. */
static uint16_t
grease_extension(const tls13_engine *e, int place)
{
    const tls_context *context = e->handshake->host->context;
    uint16_t taken =
        place == GREASE_EXTENSION_LAST ? grease_extension(e, GREASE_EXTENSION_FIRST) : 0;
    unsigned i;

    for (i = 0; i < 16; i++) {
        uint16_t value = reserved_value((e->grease[place] + i) & 0x0F);

        if (value != taken && !is_custom(context, value))
            return value;
    }
    return 0;
}

/* write_grease: the first is empty, the last is not. */
static void
write_grease(const tls13_engine *e, tls_buffer *extensions, int place)
{
    uint16_t type = e->handshake->host->context->no_grease ? 0 : grease_extension(e, place);

    if (type != 0)
        tls_extension_write(
            extensions, type, tls_bytes_make("", place == GREASE_EXTENSION_LAST ? 1 : 0));
}

static enum tls_ech_form
form_of(const tls13_engine *e)
{
    return e->handshake->ech != NULL ? e->handshake->ech->form : TLS_ECH_FORM_ONLY;
}

/* version_min: RFC 9849 section 6.1: the inner hello offers nothing before TLS 1.3. */
static unsigned
version_min(const tls13_engine *e)
{
    return form_of(e) == TLS_ECH_FORM_INNER ? TLS_VERSION_13 : e->handshake->terms.version_min;
}

static size_t
list_suites(const tls13_engine *e, uint16_t *out)
{
    const tls_context *context = e->handshake->host->context;
    size_t count = 0, i;

    if (!context->no_grease)
        out[count++] = grease_value(e, GREASE_SUITE);
    for (i = 0; i < e->handshake->terms.suite_count && count < SUITES_MAXIMUM - 1; i++) {
        const tls_suite *suite = tls_suite_find(e->handshake->terms.suites[i]);

        if (suite != NULL && suite->version_min <= e->handshake->terms.version_max &&
            suite->version_max >= version_min(e))
            out[count++] = suite->id;
    }
    if (e->handshake->host->fallback_scsv)
        out[count++] = TLS_SUITE_FALLBACK_SCSV;
    return count;
}

static size_t
list_versions(const tls13_engine *e, uint16_t *out)
{
    size_t count = 0;
    unsigned version;

    if (!e->handshake->host->context->no_grease)
        out[count++] = grease_value(e, GREASE_VERSION);
    for (version = e->handshake->terms.version_max; version >= version_min(e); version--)
        out[count++] = (uint16_t)version;
    return count;
}

static size_t
list_groups(const tls13_engine *e, uint16_t *out)
{
    const tls_context *context = e->handshake->host->context;
    size_t count = 0, i;

    if (!context->no_grease)
        out[count++] = grease_value(e, GREASE_GROUP);
    for (i = 0; i < context->group_count && count < GROUPS_MAXIMUM; i++)
        out[count++] = context->groups[i];
    return count;
}

/* keeps_shares: a HelloRetryRequest that only brings a cookie leaves the shares as they are, the
 * GREASE one too (section 4.1.2). */
static int
keeps_shares(const tls13_engine *e)
{
    return e->retried && e->group == 0;
}

/* wants_share: whether the first ClientHello has a share of group `i` of the list: of the first
 * ones, as many as the options say; otherwise of the first and, if that is a hybrid one, which not
 * every server has, of the first that is none. */
static int
wants_share(const tls13_engine *e, size_t i)
{
    const tls_context *context = e->handshake->host->context;
    size_t first = 0;

    if (context->key_share_count != 0)
        return i < context->key_share_count;
    while (first < context->group_count && tls_group_is_hybrid(context->groups[first]))
        first++;
    return i == 0 || i == first;
}

/* make_shares: after HelloRetryRequest it is one, of the group that it names (section 4.2.8). */
static enum tls_reason
make_shares(tls13_engine *e)
{
    const tls_context *context = e->handshake->host->context;
    enum tls_reason reason = TLS_OK;
    size_t i;

    if (keeps_shares(e))
        return TLS_OK;
    tls13_wipe_shares(e);
    if (e->retried) {
        e->share_count = 1;
        return tls_key_exchange_generate(&e->shares[0], e->group, NULL, 0);
    }
    for (i = 0;
         i < context->group_count && reason == TLS_OK && e->share_count < TLS13_SHARES_MAXIMUM; i++)
        if (wants_share(e, i)) {
            reason = tls_key_exchange_generate(
                &e->shares[e->share_count], context->groups[i], e->shares, e->share_count);
            e->share_count++;
        }
    return reason;
}

static void
write_shares(const tls13_engine *e, tls_buffer *extensions)
{
    static const unsigned char one[] = {0};
    uint16_t groups[TLS13_SHARES_MAXIMUM + 1];
    tls_bytes keys[TLS13_SHARES_MAXIMUM + 1];
    size_t count = 0, i;

    if (!e->handshake->host->context->no_grease && (!e->retried || keeps_shares(e))) {
        groups[count] = grease_value(e, GREASE_GROUP);
        keys[count++] = tls_bytes_make(one, sizeof one);
    }
    for (i = 0; i < e->share_count; i++) {
        groups[count] = (uint16_t)e->shares[i].group;
        keys[count++] = tls_key_exchange_share(&e->shares[i]);
    }
    tls_extension_write_key_shares(extensions, groups, keys, count);
}

/* ---- Pre-shared keys ---- */

static uint32_t
obfuscated_age(const tls13_engine *e, const tls13_psk *psk)
{
    int64_t age;

    /* Section 4.2.11.1: external ones have no age. */
    if (psk->external)
        return 0;
    age = tls_context_now_ms(e->handshake->host->context) - e->resume->issued;
    /* Both times were cut to what the clock has. GnuTLS rejects early data whose ticket claims to
     * be older than it is. */
    if (age > 0)
        age -= tls_context_clock_step(e->handshake->host->context);
    return (uint32_t)age + e->resume->age_add;
}

static enum tls_reason
write_random(tls_buffer *out, size_t length)
{
    unsigned char *bytes = tls_buffer_reserve(out, length);

    if (bytes == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    out->length += length;
    return tls_random_public(bytes, length);
}

/* write_grease_psks: RFC 9849 section 6.1.2: as many, as long, and at random. */
static enum tls_reason
write_grease_psks(const tls13_engine *e, tls_buffer *extensions)
{
    size_t all, list, item, i;
    enum tls_reason reason = TLS_OK;

    tls_write_u16(extensions, TLS_EXTENSION_PRE_SHARED_KEY);
    all = tls_write_begin16(extensions);
    list = tls_write_begin16(extensions);
    for (i = 0; i < e->psk_count && reason == TLS_OK; i++) {
        item = tls_write_begin16(extensions);
        reason = write_random(extensions, e->psks[i].identity.length);
        tls_write_end16(extensions, item);
        if (reason == TLS_OK)
            reason = write_random(extensions, 4);
    }
    tls_write_end16(extensions, list);
    list = tls_write_begin16(extensions);
    for (i = 0; i < e->psk_count && reason == TLS_OK; i++) {
        item = tls_write_begin8(extensions);
        reason = write_random(extensions, tls_hash_length(e->psks[i].hash));
        tls_write_end8(extensions, item);
    }
    tls_write_end16(extensions, list);
    tls_write_end16(extensions, all);
    return reason;
}

/* write_psks writes pre_shared_key with zeros for binders, the last extension. */
static void
write_psks(const tls13_engine *e, tls_buffer *extensions)
{
    static const unsigned char zeros[TLS_SECRET_MAXIMUM] = {0};
    size_t all, identities, binders, i;

    tls_write_u16(extensions, TLS_EXTENSION_PRE_SHARED_KEY);
    all = tls_write_begin16(extensions);
    identities = tls_write_begin16(extensions);
    for (i = 0; i < e->psk_count; i++) {
        tls_write_vector16(extensions, tls_buffer_view(&e->psks[i].identity));
        tls_write_u32(extensions, obfuscated_age(e, &e->psks[i]));
    }
    tls_write_end16(extensions, identities);
    binders = tls_write_begin16(extensions);
    for (i = 0; i < e->psk_count; i++)
        tls_write_vector8(extensions, tls_bytes_make(zeros, tls_hash_length(e->psks[i].hash)));
    tls_write_end16(extensions, binders);
    tls_write_end16(extensions, all);
}

void
tls13_fill_binders(const tls13_engine *e, tls_buffer *hello)
{
    tls_bytes truncated;
    unsigned char *p;
    size_t length = 2, i; /* of the binders with their length prefix */

    for (i = 0; i < e->psk_count; i++)
        length += 1 + tls_hash_length(e->psks[i].hash);
    truncated = tls_bytes_make(hello->data, hello->length - length);
    p = hello->data + hello->length - length + 2;

    for (i = 0; i < e->psk_count; i++) {
        tls13_binder(e, p + 1, &e->psks[i], truncated);
        p += 1 + tls_hash_length(e->psks[i].hash);
    }
}

/* ---- The message ---- */

/* write_tls12 adds what only TLS 1.2 and below read. */
static void
write_tls12(const tls13_engine *e, tls_client_hello_options *options)
{
    const tls_handshake *h = e->handshake;
    const tls_context *context = h->host->context;

    options->renegotiation_info = 1;
    options->extended_master_secret =
        context->extended_master_secret != TLS_EXTENDED_MASTER_SECRET_OFF;
    options->session_ticket = !context->no_tickets;
    if (h->facts.session != NULL && h->facts.session->version <= TLS_VERSION_12)
        options->ticket = tls_buffer_view(&h->facts.session->ticket);
}

void
tls13_write_compression(const tls_context *context, tls_buffer *extensions)
{
    tls_buffer list = {0};

    if (context->certificate_compression_count == 0)
        return;
    tls_write_u16_values(
        &list, context->certificate_compression, context->certificate_compression_count);
    extensions->failed |= list.failed;
    tls_extension_write_vector8(
        extensions, TLS_EXTENSION_COMPRESS_CERTIFICATE, tls_buffer_view(&list));
    tls_buffer_release(&list);
}

/* write_authorities: RFC 8446 section 4.2.4. */
static void
write_authorities(const tls_context *context, tls_buffer *extensions)
{
    tls_buffer names = {0};

    tls_context_write_authorities(context, &names);
    extensions->failed |= names.failed;
    if (names.length > 0)
        tls_extension_write_vector16(
            extensions, TLS_EXTENSION_CERTIFICATE_AUTHORITIES, tls_buffer_view(&names));
    tls_buffer_release(&names);
}

static void
write_tls13(const tls13_engine *e, tls_buffer *extensions)
{
    static const unsigned char modes[] = {1, 0}; /* psk_dhe_ke, psk_ke */
    const tls_context *context = e->handshake->host->context;
    size_t mode_count = 1 + (context->psk_ke != 0);

    write_grease(e, extensions, GREASE_EXTENSION_FIRST);
    write_shares(e, extensions);
    /* Section 4.2.9: without it a server sends no tickets; section 4.1.2: nor does it go from the
     * second ClientHello, although the PSKs may. */
    if (!context->no_tickets || e->psk_count > 0 ||
        e->handshake->client_hello.hello.psk_key_exchange_modes.length > 0)
        tls_extension_write_vector8(
            extensions, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, tls_bytes_make(modes, mode_count));
    if (e->cookie.length > 0)
        tls_extension_write_vector16(extensions, TLS_EXTENSION_COOKIE, tls_buffer_view(&e->cookie));
    tls13_offer_types(e, extensions);
    if (context->new_session_count + context->resumption_count > 0)
        tls_extension_write_u16(extensions, TLS_EXTENSION_TICKET_REQUEST,
            context->new_session_count << 8 | context->resumption_count);
    if (context->post_handshake_auth)
        tls_extension_write_empty(extensions, TLS_EXTENSION_POST_HANDSHAKE_AUTH);
    tls13_write_compression(context, extensions);
    write_authorities(context, extensions);
    if (e->handshake->facts.early_data == TLS_EARLY_DATA_OFFERED)
        tls_extension_write_empty(extensions, TLS_EXTENSION_EARLY_DATA);
    write_grease(e, extensions, GREASE_EXTENSION_LAST);
    if (form_of(e) == TLS_ECH_FORM_INNER)
        tls_ech_write_inner(extensions);
    else if (form_of(e) == TLS_ECH_FORM_ONLY && e->handshake->ech != NULL)
        tls_write_bytes(extensions, tls_buffer_view(&e->handshake->ech->extension));
}

enum tls_reason
tls13_build_client_hello(tls13_engine *e, tls_buffer *hello)
{
    tls_handshake *h = e->handshake;
    uint16_t suites[SUITES_MAXIMUM + 1], groups[GROUPS_MAXIMUM + 1], versions[VERSIONS_MAXIMUM];
    tls_client_hello_parts parts;
    tls_client_hello_options *options = &parts.options;
    enum tls_reason reason = TLS_OK;

    tls_client_hello_begin(&parts, h);
    options->random = form_of(e) == TLS_ECH_FORM_OUTER ? h->ech->random : h->facts.client_random;
    options->session_id = tls_bytes_make(e->session_id, e->session_id_length);
    options->suites = suites;
    options->suite_count = list_suites(e, suites);
    options->groups = groups;
    options->group_count = list_groups(e, groups);
    options->versions = versions;
    options->version_count = list_versions(e, versions);
    if (version_min(e) <= TLS_VERSION_12)
        write_tls12(e, options);
    else
        options->point_formats = tls_bytes_make(NULL, 0);
    write_tls13(e, &parts.extensions);
    if (e->psk_count > 0 && form_of(e) == TLS_ECH_FORM_OUTER)
        reason = write_grease_psks(e, &parts.extensions);
    else if (e->psk_count > 0)
        write_psks(e, &parts.extensions);
    options->extensions = tls_buffer_view(&parts.extensions);
    if (reason == TLS_OK)
        reason = parts.extensions.failed ? TLS_REASON_OUT_OF_MEMORY
                                         : tls_client_hello_build_options(hello, options);
    if (reason == TLS_OK && e->psk_count > 0 && form_of(e) == TLS_ECH_FORM_ONLY)
        tls13_fill_binders(e, hello);
    tls_client_hello_clear(&parts);
    return reason;
}

enum tls_reason
tls13_send_client_hello(tls13_engine *e)
{
    tls_buffer hello = {0};
    enum tls_reason reason = make_shares(e);

    e->handshake->facts.post_handshake_auth = e->handshake->host->context->post_handshake_auth != 0;
    if (reason == TLS_OK &&
        (e->handshake->facts.ech == TLS_ECH_OFFERED || e->handshake->facts.ech == TLS_ECH_ACCEPTED))
        return tls13_ech_send(e);
    if (reason == TLS_OK)
        reason = tls13_build_client_hello(e, &hello);
    if (reason == TLS_OK)
        reason = tls_kept_hello_take(&e->handshake->client_hello, tls_buffer_view(&hello));
    if (reason != TLS_OK) {
        tls_buffer_release(&hello);
        return reason;
    }
    return tls13_send(e, TLS_STAGE_CLIENT_HELLO, &hello);
}
