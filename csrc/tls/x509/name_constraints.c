/* name_constraints.c - see name_constraints.h. */
#include "x509/name_constraints.h"

#include <string.h>

#include "x509/certificate_parse.h"
#include "x509/distinguished_name_match.h"
#include "x509/hostname.h"

static const unsigned char oid_email[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1};

static int
equal_ignoring_case(tls_bytes a, tls_bytes b)
{
    size_t i;

    if (a.length != b.length)
        return 0;
    for (i = 0; i < a.length; i++) {
        unsigned char x = a.data[i], y = b.data[i];

        if (x >= 'A' && x <= 'Z')
            x |= 0x20;
        if (y >= 'A' && y <= 'Z')
            y |= 0x20;
        if (x != y)
            return 0;
    }
    return 1;
}

static tls_bytes
without_dot_at_end(tls_bytes name)
{
    if (name.length > 0 && name.data[name.length - 1] == '.')
        name.length--;
    return name;
}

/* is_host: a host name without a dot at its end. */
static int
is_host(tls_bytes name)
{
    return tls_hostname_is_valid(name) && name.data[name.length - 1] != '.';
}

/* is_below returns 1 if `name` is `suffix` with one or more labels in front. */
static int
is_below(tls_bytes name, tls_bytes suffix)
{
    size_t extra;

    if (name.length <= suffix.length + 1)
        return 0;
    extra = name.length - suffix.length;
    return name.data[extra - 1] == '.' &&
           equal_ignoring_case(tls_bytes_make(name.data + extra, suffix.length), suffix);
}

static tls_bytes
skip(tls_bytes bytes, size_t count)
{
    return tls_bytes_make(bytes.data + count, bytes.length - count);
}

/* could_stand_for returns 1 if the wildcard "*." `parent` matches `name`: one label, then the
 * parent. */
static int
could_stand_for(tls_bytes parent, tls_bytes name)
{
    const unsigned char *dot = memchr(name.data, '.', name.length);

    return dot != NULL && equal_ignoring_case(parent, skip(name, (size_t)(dot + 1 - name.data)));
}

/* Below, what cannot be compared, a name or a base, gives `excluded`: it is never permitted, and
 * always excluded. */

/* A constraint "example.com" covers the name and everything below; ".example.com", which the RFC
 * does not define but CAs use, everything below, and who excludes it means the name too. A wildcard
 * that could stand for an excluded name is excluded with it. */
static int
dns_within(tls_bytes name, tls_bytes base, int excluded)
{
    int wildcard, below;

    name = without_dot_at_end(name);
    wildcard = name.length > 2 && name.data[0] == '*' && name.data[1] == '.';
    if (!is_host(wildcard ? skip(name, 2) : name))
        return excluded;
    if (base.length == 0)
        return 1;
    base = without_dot_at_end(base);
    below = base.length != 0 && base.data[0] == '.';
    if (below)
        base = skip(base, 1);
    if (!is_host(base))
        return excluded;
    if (is_below(name, base))
        return 1;
    return (!below || excluded) &&
           (equal_ignoring_case(name, base) ||
               (wildcard && excluded && could_stand_for(skip(name, 2), base)));
}

/* Host part of a URI or mailbox, which the caller has found to be one: the base "host" is that
 * host, ".domain" is what lies below it. */
static int
host_within(tls_bytes host, tls_bytes base, int excluded)
{
    int below = base.length != 0 && base.data[0] == '.';

    if (base.length == 0)
        return 1;
    if (below)
        base = skip(base, 1);
    if (!is_host(base))
        return excluded;
    return below ? is_below(host, base) : equal_ignoring_case(host, base);
}

/* is_one_of: not strchr, which finds a NUL everywhere. */
static int
is_one_of(unsigned char c, const char *characters)
{
    return c != 0 && strchr(characters, c) != NULL;
}

static int
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static int
is_scheme_character(unsigned char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || is_digit(c) || is_one_of(c, "+-.");
}

/* is_local_part: the Dot-string of RFC 5321 section 4.1.2. A quoted one can be written in many
 * ways.
 */
static int
is_local_part(tls_bytes text)
{
    size_t i;

    for (i = 0; i < text.length; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7F ||
            is_one_of(text.data[i], "\"(),:;<>@[\\]"))
            return 0;
    return text.length != 0;
}

/* split_mailbox returns 1 if the text is a mailbox whose parts can be compared. */
static int
split_mailbox(tls_bytes text, tls_bytes *local, tls_bytes *host)
{
    const unsigned char *at = text.length != 0 ? memchr(text.data, '@', text.length) : NULL;

    if (at == NULL)
        return 0;
    *local = tls_bytes_make(text.data, (size_t)(at - text.data));
    *host = skip(text, local->length + 1);
    return is_local_part(*local) && is_host(*host);
}

static int
email_within(tls_bytes name, tls_bytes base, int excluded)
{
    tls_bytes local, host, base_local, base_host;

    if (!split_mailbox(name, &local, &host))
        return excluded;
    if (base.length == 0 || memchr(base.data, '@', base.length) == NULL)
        return host_within(host, base, excluded);
    if (!split_mailbox(base, &base_local, &base_host))
        return excluded;
    /* One mailbox; its local part is case-sensitive (RFC 5280 section 7.5). */
    return tls_bytes_equal(local, base_local) && equal_ignoring_case(host, base_host);
}

/* uri_host finds the host of "scheme://user@host:port/…" (RFC 3986 section 3); 0 if the URI has
 * another form. */
static int
uri_host(tls_bytes uri, tls_bytes *host)
{
    size_t start, end, i;

    for (i = 0; i < uri.length && is_scheme_character(uri.data[i]); i++)
        ;
    if (i == 0 || uri.length - i < 3 || memcmp(uri.data + i, "://", 3) != 0)
        return 0;
    start = i + 3;
    for (end = start; end < uri.length && !is_one_of(uri.data[end], "/?#"); end++)
        /* Some readers end the authority at a backslash. */
        if (uri.data[end] <= 0x20 || uri.data[end] >= 0x7F || uri.data[end] == '\\')
            return 0;
    for (i = start; i < end && uri.data[i] != '@'; i++)
        ;
    if (i < end)
        start = i + 1;
    for (i = start; i < end && uri.data[i] != ':'; i++)
        ;
    *host = tls_bytes_make(uri.data + start, i - start);
    for (i++; i < end; i++)
        if (!is_digit(uri.data[i]))
            return 0;
    return 1;
}

static int
uri_within(tls_bytes uri, tls_bytes base, int excluded)
{
    unsigned char address[16];
    tls_bytes host;

    /* RFC 5280 section 4.2.1.10: a URI without a host name, or with an address instead, must be
     * refused wherever URIs are constrained, so an empty base does not let it in. */
    if (!uri_host(uri, &host))
        return excluded;
    host = without_dot_at_end(host);
    if (!is_host(host) || tls_address_parse(address, host) != 0)
        return excluded;
    return host_within(host, base, excluded);
}

int
tls_address_mask_is_valid(tls_bytes mask)
{
    size_t i;
    unsigned char c, before = 0xFF;

    for (i = 0; i < mask.length; i++) {
        c = mask.data[i];
        /* Ones, then zeros: the complement and one more have no bit in common. */
        if ((before != 0xFF && c != 0) || ((c ^ 0xFF) & ((c ^ 0xFF) + 1)) != 0)
            return 0;
        before = c;
    }
    return 1;
}

static int
address_within(tls_bytes address, tls_bytes base, int excluded)
{
    size_t i, length = base.length / 2;

    if ((address.length != 4 && address.length != 16) || (base.length != 8 && base.length != 32) ||
        !tls_address_mask_is_valid(skip(base, length)))
        return excluded;
    if (address.length != length)
        return 0;
    for (i = 0; i < length; i++)
        if (((address.data[i] ^ base.data[i]) & base.data[length + i]) != 0)
            return 0;
    return 1;
}

static int
is_within(const tls_general_name *name, tls_bytes base, int excluded)
{
    switch (name->kind) {
    case TLS_NAME_DNS:
        return dns_within(name->value, base, excluded);
    case TLS_NAME_EMAIL:
        return email_within(name->value, base, excluded);
    case TLS_NAME_URI:
        return uri_within(name->value, base, excluded);
    case TLS_NAME_IP:
        return address_within(name->value, base, excluded);
    case TLS_NAME_DIRECTORY:
        return tls_name_is_within(name->value, base, excluded);
    default:
        /* A kind that we cannot compare: "MUST either process the constraint or reject". */
        return excluded;
    }
}

/* charge takes the cost of one comparison, which grows with the names, from the budget; 0 if that
 * is used up. The attributes of directory names are compared in all their orders. */
static int
charge(unsigned long *budget, const tls_general_name *name, tls_bytes base)
{
    unsigned step = name->kind == TLS_NAME_DIRECTORY ? 4 : 64;
    unsigned long cost = 1 + (unsigned long)((name->value.length + base.length) / step);

    if (*budget < cost)
        return 0;
    *budget -= cost;
    return 1;
}

static int
is_excluded(const tls_certificate *authority, const tls_general_name *name, unsigned long *budget)
{
    tls_der reader;
    tls_general_name base;

    tls_der_init(&reader, authority->excluded_subtrees);
    while (tls_general_subtree_next(&reader, &base))
        if (!charge(budget, name, base.value) ||
            (base.kind == name->kind && is_within(name, base.value, 1)))
            return 1;
    return 0;
}

static int
is_permitted(const tls_certificate *authority, const tls_general_name *name, unsigned long *budget)
{
    tls_der reader;
    tls_general_name base;
    int constrained = 0;

    tls_der_init(&reader, authority->permitted_subtrees);
    while (tls_general_subtree_next(&reader, &base)) {
        if (!charge(budget, name, base.value))
            return 0;
        if (base.kind != name->kind)
            continue;
        constrained = 1;
        if (is_within(name, base.value, 0))
            return 1;
    }
    return !constrained;
}

static int
obeys(const tls_certificate *authority, const tls_general_name *name, unsigned long *budget)
{
    return !is_excluded(authority, name, budget) && is_permitted(authority, name, budget);
}

/* email_obeys judges a mailbox in the subject, whatever type of string it is in. It need be
 * permitted only where no alternative name is a mailbox. */
static int
email_obeys(const tls_certificate *authority, const tls_name_attribute *attribute,
    int excluded_only, unsigned long *budget)
{
    tls_buffer text = {NULL, 0, 0, 0};
    tls_general_name name;
    int good;

    /* What is no string becomes "#" and digits, which are no mailbox. */
    tls_name_string_utf8(&text, attribute->tag, attribute->value);
    name.kind = TLS_NAME_EMAIL;
    name.value = tls_buffer_view(&text);
    good = !text.failed && !is_excluded(authority, &name, budget) &&
           (excluded_only || is_permitted(authority, &name, budget));
    tls_buffer_release(&text);
    return good;
}

static int
subject_obeys(const tls_certificate *authority, const tls_certificate *certificate, int has_email,
    unsigned long *budget, tls_general_name *offender)
{
    tls_name_reader attributes;
    tls_name_attribute attribute;

    offender->kind = TLS_NAME_DIRECTORY;
    offender->value = certificate->subject;
    if (!obeys(authority, offender, budget))
        return 0;
    tls_name_begin(&attributes, certificate->subject);
    while (tls_name_next(&attributes, &attribute)) {
        if (!tls_bytes_equal(attribute.oid, tls_bytes_make(oid_email, sizeof oid_email)))
            continue;
        offender->kind = TLS_NAME_EMAIL;
        offender->value = attribute.value;
        if (!email_obeys(authority, &attribute, has_email, budget))
            return 0;
    }
    return 1;
}

int
tls_name_constraints_permit(const tls_certificate *authority, const tls_certificate *certificate,
    unsigned long *budget, tls_general_name *offender)
{
    tls_der reader;
    int has_email = 0;

    if ((authority->present & TLS_HAS_NAME_CONSTRAINTS) == 0)
        return 1;
    tls_general_names_begin(&reader, certificate->alternative_names);
    while (tls_general_names_next(&reader, offender)) {
        if (offender->kind == TLS_NAME_EMAIL)
            has_email = 1;
        if (!obeys(authority, offender, budget))
            return 0;
    }
    return tls_name_is_empty(certificate->subject) ||
           subject_obeys(authority, certificate, has_email, budget, offender);
}
