/* no_common.c - see no_common.h. */
#include "handshake/no_common.h"

#include <string.h>

#include "key/signature.h"
#include "wire/suite.h"
#include "x509/key_use.h"

/* A list may have thousands; what helps stands at its front. */
#define NAMES_MAXIMUM 16

typedef struct sentence {
    tls_buffer text;
    enum tls_registry registry; /* TLS_REGISTRY_COUNT: suites */
    size_t named;
} sentence;

static void
say(sentence *s, const char *text)
{
    tls_buffer_append(&s->text, text, strlen(text));
}

static void
name(sentence *s, unsigned id)
{
    static const char digits[] = "0123456789abcdef";
    const char *known =
        s->registry == TLS_REGISTRY_COUNT ? tls_suite_name(id) : tls_registry_name(s->registry, id);
    char number[] = "0x0000";
    int i;

    if (tls_is_grease(id) || s->named++ >= NAMES_MAXIMUM)
        return;
    for (i = 0; i < 4; i++)
        number[5 - i] = digits[(id >> (4 * i)) & 0x0F];
    say(s, s->named > 1 ? ", " : "");
    say(s, known != NULL ? known : number);
}

static void
end_list(sentence *s)
{
    if (s->named == 0)
        say(s, "none");
    if (s->named > NAMES_MAXIMUM)
        say(s, ", …");
    s->named = 0;
}

static void
say_client(sentence *s, tls_u16_list list)
{
    size_t i;

    say(s, "; the client's: ");
    for (i = 0; i < tls_u16_list_count(list); i++)
        name(s, tls_u16_list_at(list, i));
    end_list(s);
}

/* tell gives the sentence to the connection. */
static enum tls_reason
tell(tls_handshake *h, sentence *s, enum tls_reason reason)
{
    tls_buffer_append(&s->text, "", 1);
    if (!s->text.failed)
        tls_host_explain(h->host, (const char *)s->text.data);
    tls_buffer_release(&s->text);
    return reason;
}

/* say_suites names both sides' suites of a version. */
static void
say_suites(sentence *s, const tls_handshake *h, unsigned version)
{
    size_t i;

    say(s, ": the server's: ");
    for (i = 0; i < h->terms.suite_count; i++)
        if (tls_suite_fits(tls_suite_find(h->terms.suites[i]), version))
            name(s, h->terms.suites[i]);
    end_list(s);
    say_client(s, h->client_hello.hello.cipher_suites);
}

enum tls_reason
tls_no_common_suites(tls_handshake *h, unsigned version)
{
    sentence s = {{0}, TLS_REGISTRY_COUNT, 0};

    say(&s, "no cipher suite in common in ");
    say(&s, tls_registry_name(TLS_REGISTRY_VERSION, version));
    say_suites(&s, h, version);
    return tell(h, &s, TLS_REASON_NO_COMMON_SUITE);
}

enum tls_reason
tls_no_common_versions(tls_handshake *h)
{
    const tls_client_hello *hello = &h->client_hello.hello;
    unsigned version;
    sentence s = {{0}, TLS_REGISTRY_VERSION, 0};

    say(&s, "no protocol version in common: the server's: ");
    for (version = h->terms.version_max; version >= h->terms.version_min; version--)
        name(&s, version);
    end_list(&s);
    if (hello->supported_versions.length > 0) {
        say_client(&s, hello->supported_versions);
    } else {
        say(&s, "; the client's: at most ");
        name(&s, hello->legacy_version);
    }
    return tell(h, &s, TLS_REASON_NO_COMMON_VERSION);
}

enum tls_reason
tls_no_common_groups(tls_handshake *h, const uint16_t *more, size_t more_count)
{
    const tls_context *context = h->host->context;
    sentence s = {{0}, TLS_REGISTRY_GROUP, 0};
    size_t i;

    say(&s, "no group in common: the server's: ");
    for (i = 0; i < context->group_count; i++)
        name(&s, context->groups[i]);
    for (i = 0; i < more_count; i++)
        name(&s, more[i]);
    end_list(&s);
    say_client(&s, h->client_hello.hello.supported_groups);
    return tell(h, &s, TLS_REASON_NO_COMMON_GROUP);
}

static const tls_credential *
credentials_of(const tls_handshake *h, size_t *count)
{
    *count = h->terms.credential_fixed ? 1 : h->host->context->credential_count;
    return h->terms.credential_fixed ? &h->terms.credential : h->host->context->credentials;
}

int
tls_has_key_for(const tls_handshake *h, const tls_suite *suite)
{
    size_t count, i;
    const tls_credential *credentials = credentials_of(h, &count);

    for (i = 0; i < count; i++)
        if ((tls_private_key_public(credentials[i].key)->kind == TLS_KEY_RSA) ==
            (suite->authentication == TLS_AUTHENTICATION_RSA))
            return 1;
    return 0;
}

/* lacks_usage: it is the key usage alone that keeps the certificates from signing. */
static int
lacks_usage(const tls_handshake *h, unsigned version)
{
    const tls_context *context = h->host->context;
    size_t count, i, j;
    const tls_credential *credentials = credentials_of(h, &count);

    for (i = 0; i < count; i++)
        for (j = 0; j < context->signature_scheme_count; j++)
            if (tls_u16_list_contains(
                    h->client_hello.hello.signature_algorithms, context->signature_schemes[j]) &&
                tls_scheme_fits_key(context->signature_schemes[j],
                    tls_private_key_public(credentials[i].key), version) &&
                !tls_credential_signs(&credentials[i]))
                return 1;
    return 0;
}

static void
say_keys(sentence *s, const tls_handshake *h)
{
    size_t count, i;
    const tls_credential *credentials = credentials_of(h, &count);

    s->registry = TLS_REGISTRY_GROUP;
    for (i = 0; i < count; i++) {
        const tls_public_key *key = tls_private_key_public(credentials[i].key);

        if (i == NAMES_MAXIMUM)
            break;
        say(s, i > 0 ? ", " : "");
        if (key->kind == TLS_KEY_RSA)
            say(s, key->pss_only ? "RSA for PSS only" : "RSA");
        else if (key->kind == TLS_KEY_ED25519)
            say(s, "Ed25519");
        else
            say(s, tls_registry_name(TLS_REGISTRY_GROUP, (unsigned)key->curve));
    }
    say(s, count == 0 ? "none" : "");
}

/* may_sign: RFC 8446 section 4.2.3 takes PKCS#1 v1.5 and short hashes from handshakes. */
static int
may_sign(unsigned scheme, unsigned version)
{
    return version < TLS_VERSION_13 || tls_scheme_hashes_itself(scheme) ||
           (tls_scheme_kind_of(scheme) != TLS_SCHEME_KIND_RSA_PKCS1 &&
               tls_scheme_hash(scheme) >= TLS_HASH_SHA256);
}

/* have_scheme: both sides name one, whatever the keys; without a list the client has those of SHA-1
 * (RFC 5246 section 7.4.1.4.1). */
static int
have_scheme(const tls_handshake *h, unsigned version)
{
    const tls_context *context = h->host->context;
    tls_u16_list list = h->client_hello.hello.signature_algorithms;
    size_t i;

    for (i = 0; i < context->signature_scheme_count; i++) {
        unsigned scheme = context->signature_schemes[i];

        if (list.length == 0 ? tls_scheme_hash(scheme) == TLS_HASH_SHA1
                             : tls_u16_list_contains(list, scheme) && may_sign(scheme, version))
            return 1;
    }
    return 0;
}

enum tls_reason
tls_no_common_schemes(tls_handshake *h, unsigned version)
{
    const tls_context *context = h->host->context;
    sentence s = {{0}, TLS_REGISTRY_SIGNATURE_SCHEME, 0};
    int in_common = have_scheme(h, version);
    size_t i;

    if (lacks_usage(h, version)) {
        say(&s, "the certificate's key usage lacks digitalSignature, which every suite that both "
                "sides have needs in ");
        say(&s, tls_registry_name(TLS_REGISTRY_VERSION, version));
        return tell(h, &s, TLS_REASON_NO_USABLE_CREDENTIAL);
    }
    say(&s, in_common ? "no certificate's key can do a signature algorithm that both sides have"
                      : "no signature algorithm in common");
    say(&s, ": the server's: ");
    for (i = 0; i < context->signature_scheme_count; i++)
        name(&s, context->signature_schemes[i]);
    end_list(&s);
    say_client(&s, h->client_hello.hello.signature_algorithms);
    say(&s, "; the keys: ");
    say_keys(&s, h);
    return tell(h, &s,
        in_common ? TLS_REASON_NO_USABLE_CREDENTIAL : TLS_REASON_NO_COMMON_SIGNATURE_ALGORITHM);
}

enum tls_reason
tls_no_key_for_suites(tls_handshake *h, unsigned version)
{
    sentence s = {{0}, TLS_REGISTRY_COUNT, 0};

    say(&s, "no certificate's key can do a cipher suite that both sides have in ");
    say(&s, tls_registry_name(TLS_REGISTRY_VERSION, version));
    say_suites(&s, h, version);
    say(&s, "; the keys: ");
    say_keys(&s, h);
    return tell(h, &s, TLS_REASON_NO_USABLE_CREDENTIAL);
}
