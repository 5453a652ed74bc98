/* verify.c - path building and validation; see verify.h. Section numbers are RFC 5280's.
 *
 * A depth-first search from the leaf. It runs twice at most: first strictly, where a defect ends a
 * branch, so that the work goes into paths that can succeed; then, if nothing was found,
 * tolerantly, where defects are only noted, to learn which path came closest and what is wrong with
 * it. The tolerant search checks no signature: it takes for good what is not known to be bad. But
 * whoever is told "expired" may accept that, so the path that it names is proven before it is
 * named. */
#include "x509/verify.h"

#include <string.h>

#include "x509/hostname.h"
#include "x509/key_use.h"
#include "x509/name_constraints.h"
#include "x509/verify_revocation.h"
#include "x509/verify_text.h"

#define NAME_COMPARISONS_MAXIMUM 250000ul
#define STEPS_MAXIMUM 1000 /* candidates that one search looks at */

/* The worst defect of a path so far. */
typedef struct defect {
    enum tls_reason reason;
    size_t index;
    const tls_certificate *certificate;
    tls_general_name offender;
    tls_revocation revocation;
} defect;

/* A signature that has been checked: no pair of certificate and key is checked twice. What CRLs and
 * OCSP responses say about the certificate depends on the same pair. */
typedef struct checked_signature {
    const tls_certificate *certificate;
    tls_bytes issuer_key;
    enum tls_reason reason;
    int revocation_known;
    tls_revocation revocation;
} checked_signature;

typedef struct search {
    const tls_verify_request *request;
    int tolerant;
    checked_signature checked[TLS_SIGNATURE_CHECKS_MAXIMUM];
    size_t checked_count;
    tls_crl_cache crl_cache;
    unsigned steps;            /* candidates left to look at */
    unsigned links;            /* issuers whose key fits, so far */
    unsigned long comparisons; /* name constraint comparisons left */
    const tls_certificate *path[TLS_PATH_MAXIMUM];
    size_t
        origin[TLS_PATH_MAXIMUM]; /* index in the chain, or its count for a trusted certificate */
    size_t length;
    defect worst; /* of `path` */
    int has_best;
    defect best; /* the least bad complete answer, with its path */
    const tls_certificate *best_path[TLS_PATH_MAXIMUM];
    size_t best_origin[TLS_PATH_MAXIMUM];
    size_t best_length;
} search;

/* How far a defect is from success: of one path the worst counts, of many paths the best. */
static int
rank(enum tls_reason reason)
{
    switch (reason) {
    case TLS_OK:
        return 0;
    case TLS_REASON_REVOCATION_UNKNOWN:
    case TLS_REASON_STAPLE_REQUIRED:
    case TLS_REASON_CRL_EXPIRED:
    case TLS_REASON_CRL_NOT_YET_VALID:
    case TLS_REASON_OCSP_EXPIRED:
    case TLS_REASON_UNSUPPORTED_CRL:
    case TLS_REASON_BAD_CRL:
    case TLS_REASON_BAD_OCSP_RESPONSE:
        return 1;
    case TLS_REASON_CERTIFICATE_EXPIRED:
        return 2;
    case TLS_REASON_CERTIFICATE_NOT_YET_VALID:
        return 3;
    case TLS_REASON_NAME_MISMATCH:
        return 4;
    case TLS_REASON_WRONG_PURPOSE:
        return 5;
    case TLS_REASON_PIN_MISMATCH:
        return 6;
    case TLS_REASON_CERTIFICATE_REVOKED:
        return 7;
    case TLS_REASON_WEAK_SIGNATURE:
        return 8;
    case TLS_REASON_WEAK_KEY:
        return 9;
    case TLS_REASON_CRITICAL_EXTENSION:
        return 10;
    case TLS_REASON_NAME_CONSTRAINT:
        return 11;
    case TLS_REASON_PATH_TOO_LONG:
        return 12;
    case TLS_REASON_NOT_A_CA:
        return 13;
    case TLS_REASON_UNSUPPORTED_CERTIFICATE:
        return 14;
    case TLS_REASON_BAD_CERTIFICATE_SIGNATURE:
        return 15;
    default: /* no path: UNKNOWN_CA, SELF_SIGNED */
        return 16;
    }
}

static void
note(search *s, enum tls_reason reason, size_t position, const tls_general_name *offender)
{
    if (reason == TLS_OK || rank(reason) <= rank(s->worst.reason))
        return;
    s->worst.reason = reason;
    s->worst.index = s->origin[position];
    s->worst.certificate = s->path[position];
    if (offender != NULL)
        s->worst.offender = *offender;
}

/* conclude: the path ends here, with its worst defect. */
static void
conclude(search *s)
{
    if (s->has_best && rank(s->best.reason) <= rank(s->worst.reason))
        return;
    s->has_best = 1;
    s->best = s->worst;
    memcpy(s->best_path, s->path, s->length * sizeof s->path[0]);
    memcpy(s->best_origin, s->origin, s->length * sizeof s->origin[0]);
    s->best_length = s->length;
}

/* conclude_with ends the path with one more defect and takes the note back. */
static void
conclude_with(search *s, enum tls_reason reason, size_t position)
{
    defect before = s->worst;

    note(s, reason, position, NULL);
    conclude(s);
    s->worst = before;
}

static int
goes_on(const search *s)
{
    return s->tolerant || s->worst.reason == TLS_OK;
}

/* ---- What one certificate must satisfy ---- */

/* Section 4.2.1.12, and of a CA's: "in general the extension appears only in end entity
 * certificates", but as everybody does, in a CA it limits what it may issue for. */
static int
fits_purpose(const tls_certificate *certificate, enum tls_purpose purpose)
{
    unsigned wanted = TLS_EXTENDED_ANY;

    if ((certificate->present & TLS_HAS_EXTENDED_KEY_USAGE) == 0 || purpose == TLS_PURPOSE_ANY)
        return 1;
    wanted |= purpose == TLS_PURPOSE_CLIENT ? TLS_EXTENDED_CLIENT_AUTH : TLS_EXTENDED_SERVER_AUTH;
    return (certificate->extended_key_usage & wanted) != 0;
}

/* Checks of every certificate in a path: 4.2 (critical extensions), key size, 6.1.3 (a)(2)
 * validity, purpose. */
static void
check_any(search *s, size_t position)
{
    const tls_certificate *certificate = s->path[position];
    const tls_verify_request *request = s->request;
    unsigned minimum = request->min_rsa_bits != 0 ? request->min_rsa_bits : TLS_RSA_MINIMUM_BITS;

    if (certificate->unknown_critical)
        note(s, TLS_REASON_CRITICAL_EXTENSION, position, NULL);
    if (certificate->public_key.kind == TLS_KEY_OTHER)
        note(s, TLS_REASON_UNSUPPORTED_CERTIFICATE, position, NULL);
    if (certificate->public_key.kind == TLS_KEY_RSA && certificate->public_key.bits < minimum)
        note(s, TLS_REASON_WEAK_KEY, position, NULL);
    if (request->time - request->clock_skew > certificate->not_after)
        note(s, TLS_REASON_CERTIFICATE_EXPIRED, position, NULL);
    if (request->time + request->clock_skew < certificate->not_before)
        note(s, TLS_REASON_CERTIFICATE_NOT_YET_VALID, position, NULL);
    if (!fits_purpose(certificate, request->purpose))
        note(s, TLS_REASON_WRONG_PURPOSE, position, NULL);
}

static void
check_leaf(search *s)
{
    const tls_certificate *leaf = s->path[0];

    note(s, tls_staple_check(s->request, leaf), 0, NULL);
    if (s->request->demands_only)
        return;
    check_any(s, 0);
    /* Which of these the handshake needs depends on the cipher suite: the engines check that. */
    if (s->request->purpose != TLS_PURPOSE_ANY && !tls_certificate_allows_handshake(leaf))
        note(s, TLS_REASON_WRONG_PURPOSE, 0, NULL);
    if (s->request->server_name == NULL) {
        if (s->request->purpose == TLS_PURPOSE_SERVER && !s->request->no_server_name)
            note(s, TLS_REASON_NAME_MISMATCH, 0, NULL);
    } else if (tls_hostname_verify(leaf, tls_bytes_of_string(s->request->server_name)) != TLS_OK)
        note(s, TLS_REASON_NAME_MISMATCH, 0, NULL);
}

/* Checks of a certificate that has just been put on top of a path as the issuer of what is below.
 */
static void
check_issuer(search *s, int anchor)
{
    size_t position = s->length - 1, i, below = 0;
    const tls_certificate *issuer = s->path[position];
    tls_general_name offender;

    if (s->request->demands_only)
        return;
    memset(&offender, 0, sizeof offender);
    check_any(s, position);
    /* 6.1.4 (k): a CA says so. Anchors of version 1 and 2 cannot, and are trusted anyway. */
    if (!issuer->is_ca && !(anchor && issuer->version < 3))
        note(s, TLS_REASON_NOT_A_CA, position, NULL);
    /* 6.1.4 (n) */
    if (!tls_certificate_allows(issuer, TLS_KEY_USE_CERTIFICATES))
        note(s, TLS_REASON_NOT_A_CA, position, NULL);
    /* 4.2.1.9, 6.1.4 (l): intermediates below, not counting self-issued ones and the leaf. */
    for (i = 1; i < position; i++)
        below += !s->path[i]->self_issued;
    if (issuer->path_length >= 0 && below > (size_t)issuer->path_length)
        note(s, TLS_REASON_PATH_TOO_LONG, position, NULL);
    below += !anchor && !issuer->self_issued;
    if ((s->request->verify_depth != 0 || s->request->no_intermediates) &&
        below > s->request->verify_depth)
        note(s, TLS_REASON_PATH_TOO_LONG, position, NULL);
    /* 6.1.3 (b), (c): not for self-issued intermediates. */
    for (i = 0; i < position; i++)
        if ((i == 0 || !s->path[i]->self_issued) &&
            !tls_name_constraints_permit(issuer, s->path[i], &s->comparisons, &offender))
            note(s, TLS_REASON_NAME_CONSTRAINT, i, &offender);
}

/* A whole path must contain a pinned key, RFC 7469 section 2.6. */
static void
check_pins(search *s)
{
    unsigned char hash[TLS_FINGERPRINT_MAXIMUM];
    size_t i, j;

    if (s->request->pin_count == 0)
        return;
    for (i = 0; i < s->length; i++) {
        tls_fingerprint(hash, TLS_HASH_SHA256, s->path[i]->public_key_info);
        for (j = 0; j < s->request->pin_count; j++)
            if (memcmp(hash, s->request->pins[j], TLS_PIN_LENGTH) == 0)
                return;
    }
    note(s, TLS_REASON_PIN_MISMATCH, 0, NULL);
}

/* ---- Path building ---- */

/* 4.2.1.1: a hint which of several certificates with one name is the issuer. */
static int
key_identifiers_agree(const tls_certificate *certificate, const tls_certificate *issuer)
{
    return certificate->authority_key_identifier.length == 0 ||
           issuer->subject_key_identifier.length == 0 ||
           tls_bytes_equal(certificate->authority_key_identifier, issuer->subject_key_identifier);
}

static int
is_same_name(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, TLS_NAME_DIGEST_LENGTH) == 0;
}

/* The same name and key twice would be a loop, whoever signed them (RFC 4158 section 2.4.2). */
static int
is_in_path(const search *s, const tls_certificate *candidate)
{
    size_t i;

    for (i = 0; i < s->length; i++)
        if (s->path[i] == candidate ||
            (is_same_name(s->path[i]->subject_digest, candidate->subject_digest) &&
                tls_bytes_equal(s->path[i]->public_key_info, candidate->public_key_info)))
            return 1;
    return 0;
}

/* find_checked returns what is known about the pair, or NULL. */
static checked_signature *
find_checked(search *s, const tls_certificate *certificate, const tls_certificate *issuer)
{
    checked_signature *entry;
    size_t i;

    for (i = 0; i < s->checked_count; i++) {
        entry = &s->checked[i];
        if (entry->certificate == certificate &&
            tls_bytes_equal(entry->issuer_key, issuer->public_key_info))
            return entry;
    }
    return NULL;
}

/* verify_once finds out about the pair; NULL when the budget is used up. */
static checked_signature *
verify_once(search *s, const tls_certificate *certificate, const tls_certificate *issuer)
{
    checked_signature *entry = find_checked(s, certificate, issuer);

    if (entry != NULL)
        return entry;
    if (s->checked_count == TLS_SIGNATURE_CHECKS_MAXIMUM ||
        !tls_signature_pay(s->request->budget, &issuer->public_key))
        return NULL;
    entry = &s->checked[s->checked_count++];
    entry->certificate = certificate;
    entry->issuer_key = issuer->public_key_info;
    entry->reason = tls_verify_signature(&issuer->public_key, &certificate->signature_algorithm,
        certificate->to_be_signed, certificate->signature);
    return entry;
}

/* note_revocation: 6.1.3 (a)(3), as far as it is known. */
static void
note_revocation(search *s, const checked_signature *entry, size_t position)
{
    enum tls_reason before = s->worst.reason;

    if (!entry->revocation_known)
        return;
    note(s, entry->revocation.reason, position, NULL);
    if (s->worst.reason != before)
        s->worst.revocation = entry->revocation;
}

static void
check_revocation(
    search *s, checked_signature *entry, size_t position, const tls_certificate *issuer)
{
    if (!entry->revocation_known)
        tls_revocation_check(
            &entry->revocation, s->request, &s->crl_cache, position, s->path[position], issuer);
    entry->revocation_known = 1;
    note_revocation(s, entry, position);
}

/* is_weak: SHA-1. Where nothing but demands counts such a signature is no defect, but it proves
 * nothing either. */
static int
is_weak(const search *s, const tls_certificate *certificate)
{
    return certificate->signature_algorithm.hash == TLS_HASH_SHA1 && !s->request->allow_sha1;
}

/* check_signature verifies the top of the path with the key of `issuer`, and then asks for its
 * revocation; in the tolerant search it only looks up what is known. Returns 0 to give the branch
 * up. */
static int
check_signature(search *s, const tls_certificate *issuer)
{
    size_t top = s->length - 1;
    const tls_certificate *certificate = s->path[top];
    checked_signature *entry;

    if (is_weak(s, certificate)) {
        if (s->request->demands_only)
            return 0;
        note(s, TLS_REASON_WEAK_SIGNATURE, top, NULL);
        if (!goes_on(s))
            return 0;
    }
    entry =
        s->tolerant ? find_checked(s, certificate, issuer) : verify_once(s, certificate, issuer);
    if (entry == NULL) {
        s->links += (unsigned)s->tolerant;
        return s->tolerant;
    }
    if (entry->reason != TLS_OK && s->request->demands_only)
        return 0;
    if (entry->reason == TLS_REASON_BAD_CERTIFICATE_SIGNATURE) {
        conclude_with(s, entry->reason, top);
        return 0;
    }
    note(s, entry->reason, top, NULL);
    if (entry->reason == TLS_OK) {
        s->links++;
        if (s->tolerant)
            note_revocation(s, entry, top);
        else
            check_revocation(s, entry, top, issuer);
    }
    return goes_on(s);
}

static int extend(search *s);

/* end_anywhere ends a path whose top nobody here has issued, where nobody need vouch for it. */
static int
end_anywhere(search *s)
{
    size_t top = s->length - 1;
    defect before = s->worst;
    int found;

    note(s, tls_revocation_end_check(s->request, top, s->path[top]), top, NULL);
    check_pins(s);
    conclude(s);
    found = s->worst.reason == TLS_OK;
    s->worst = before;
    return found;
}

/* try_issuer puts `issuer` on top of the path. Returns 1 when a valid path has been found. */
static int
try_issuer(search *s, const tls_certificate *issuer, size_t origin, int anchor)
{
    defect before = s->worst;
    int found = 0;

    if (s->steps == 0 || is_in_path(s, issuer))
        return 0;
    s->steps--;
    if (s->length == TLS_PATH_MAXIMUM) {
        conclude_with(s, TLS_REASON_PATH_TOO_LONG, s->length - 1);
        return 0;
    }
    /* Cheap rules first, the signature last. */
    s->path[s->length] = issuer;
    s->origin[s->length] = origin;
    s->length++;
    check_issuer(s, anchor);
    s->length--;
    if (goes_on(s) && check_signature(s, issuer)) {
        s->length++;
        if (anchor) {
            check_pins(s);
            conclude(s);
            found = s->worst.reason == TLS_OK;
        } else {
            found = extend(s);
        }
        s->length--;
    }
    s->worst = before;
    return found;
}

/* extend looks for issuers of the top of the path: anchors first, then what the peer sent; in each,
 * those whose key identifier fits first. */
static int
extend(search *s)
{
    const tls_verify_request *request = s->request;
    const tls_certificate *top = s->path[s->length - 1];
    const tls_certificate *candidate;
    size_t position, i;
    unsigned links = s->links;
    int round, any = 0;

    for (round = 0; round < 2 && request->trust != NULL; round++) {
        position = 0;
        while ((candidate = tls_trust_store_find(request->trust, &position, top->issuer_digest)) !=
               NULL) {
            if (key_identifiers_agree(top, candidate) != (round == 0))
                continue;
            any = 1;
            if (try_issuer(s, candidate, request->count, 1))
                return 1;
        }
    }
    for (round = 0; round < 2; round++) {
        for (i = 1; i < request->count; i++) {
            candidate = request->chain[i];
            if (!is_same_name(candidate->subject_digest, top->issuer_digest) ||
                key_identifiers_agree(top, candidate) != (round == 0) ||
                (request->trust != NULL &&
                    tls_trust_store_contains(request->trust, candidate->der) != NULL) ||
                is_in_path(s, candidate))
                continue;
            any = 1;
            if (try_issuer(s, candidate, i, 0))
                return 1;
        }
    }
    if (request->demands_only)
        return s->links == links && end_anywhere(s);
    if (!any || !s->has_best)
        conclude_with(s,
            s->length == 1 && top->self_issued ? TLS_REASON_SELF_SIGNED : TLS_REASON_UNKNOWN_CA,
            s->length - 1);
    return 0;
}

/* run searches once. Returns 1 when a valid path has been found; it is the best then. */
static int
run(search *s)
{
    s->path[0] = s->request->chain[0];
    s->origin[0] = 0;
    s->length = 1;
    s->has_best = 0;
    memset(&s->worst, 0, sizeof s->worst);
    check_leaf(s);
    if (!goes_on(s))
        return 0;
    /* Trusted as it is: no issuer is needed. */
    if (s->request->trust != NULL &&
        tls_trust_store_contains(s->request->trust, s->path[0]->der) != NULL) {
        check_pins(s);
        conclude(s);
        return s->worst.reason == TLS_OK;
    }
    return extend(s);
}

/* prove checks what the tolerant search took for good in the path that came closest, and adds what
 * is wrong there. Returns 0 when a signature is wrong: it was not a path, and the search, which
 * knows that now, has to look for another. */
static int
prove(search *s)
{
    checked_signature *entry;
    size_t i;

    memcpy(s->path, s->best_path, sizeof s->path);
    memcpy(s->origin, s->best_origin, sizeof s->origin);
    s->worst = s->best;
    for (i = 0; i + 1 < s->best_length; i++) {
        entry = verify_once(s, s->path[i], s->path[i + 1]);
        if (entry == NULL) {
            s->worst.reason = TLS_REASON_LIMIT;
            break;
        }
        if (entry->reason == TLS_REASON_BAD_CERTIFICATE_SIGNATURE ||
            (entry->reason != TLS_OK && s->request->demands_only))
            return 0;
        note(s, entry->reason, i, NULL);
        if (entry->reason == TLS_OK)
            check_revocation(s, entry, i, s->path[i + 1]);
    }
    s->best = s->worst;
    return 1;
}

/* explain searches for the path that came closest. Each round but the last has paid for a signature
 * that was not known before, so the budget ends it. */
static void
explain(search *s)
{
    s->tolerant = 1;
    s->steps = STEPS_MAXIMUM;
    do
        run(s);
    while (s->has_best && !prove(s));
}

const tls_bounds tls_verify_bounds[] = {TLS_VERIFY_BOUNDS(TLS_BOUNDS_ROW) TLS_BOUNDS_END};

/* numbers_are_good: within their bounds; and what names nothing must not stand for the weakest
 * choice. */
static int
numbers_are_good(const tls_verify_request *in)
{
    uint64_t value;

#define CHECK(option, minimum, maximum, otherwise)                                                 \
    value = (uint64_t)in->option;                                                                  \
    if (!tls_bounds_complete(&value, minimum, maximum, otherwise))                                 \
        return 0;
    TLS_VERIFY_BOUNDS(CHECK)
#undef CHECK
    return (unsigned)in->purpose <= TLS_PURPOSE_ANY &&
           (unsigned)in->revocation <= TLS_REVOCATION_PATH &&
           (unsigned)in->staple <= TLS_STAPLE_REQUIRED;
}

enum tls_reason
tls_verify(tls_verdict *out, const tls_verify_request *in)
{
    tls_signature_budget own = {0, 0, 0};
    tls_verify_request request = *in;
    search s;

    memset(out, 0, sizeof *out);
    memset(&s, 0, sizeof s);
    if (!numbers_are_good(in)) {
        out->reason = TLS_REASON_ILLEGAL_PARAMETER;
        tls_verdict_describe(out, in, NULL, NULL, NULL);
        return out->reason;
    }
    if (request.budget == NULL)
        request.budget = &own;
    s.request = &request;
    s.comparisons = NAME_COMPARISONS_MAXIMUM;
    if (in->count == 0 || in->count > TLS_CHAIN_MAXIMUM) {
        out->reason = in->count == 0 ? TLS_REASON_CERTIFICATE_REQUIRED : TLS_REASON_LIMIT;
        tls_verdict_describe(out, in, NULL, NULL, NULL);
        return out->reason;
    }
    s.steps = STEPS_MAXIMUM;
    if (!run(&s))
        explain(&s);
    if (!s.has_best) {
        /* The budget ran out before any path had an end. Never the zero that means TLS_OK. */
        memset(&s.best, 0, sizeof s.best);
        s.best.reason = TLS_REASON_UNKNOWN_CA;
        s.best.certificate = in->chain[0];
        s.best_path[0] = in->chain[0];
        s.best_length = 1;
    }
    out->reason = s.best.reason;
    out->index = s.best.index;
    memcpy(out->path, s.best_path, s.best_length * sizeof s.best_path[0]);
    out->path_count = s.best_length;
    out->signature_checks = request.budget->checks;
    out->signature_cost = request.budget->cost;
    tls_verdict_describe(out, in, s.best.certificate, &s.best.offender, &s.best.revocation);
    return out->reason;
}
