/* name_constraints.c - see name_constraints.h. */
#include "x509/name_constraints.h"

#include <string.h>

#include "x509/certificate_parse.h"
#include "x509/distinguished_name.h"
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

/* A constraint "example.com" covers the name and everything below; ".example.com", which the RFC
 * does not define but CAs use, everything below. A wildcard that could stand for an excluded name
 * is excluded with it. */
static int
dns_within(tls_bytes name, tls_bytes base, int excluded)
{
    int wildcard;

    name = without_dot_at_end(name);
    base = without_dot_at_end(base);
    if (base.length == 0)
        return 1;
    wildcard = name.length > 2 && name.data[0] == '*' && name.data[1] == '.';
    if (!tls_hostname_is_valid(wildcard ? skip(name, 2) : name))
        return excluded; /* not a name one could check: never permitted, always excluded */
    if (base.data[0] == '.')
        return is_below(name, skip(base, 1));
    return equal_ignoring_case(name, base) || is_below(name, base) ||
           (wildcard && excluded && could_stand_for(skip(name, 2), base));
}

/* Host part of a URI or mailbox: "host" is that host, ".domain" is what lies below it. */
static int
host_within(tls_bytes host, tls_bytes base)
{
    if (base.length == 0)
        return 1;
    if (base.data[0] == '.')
        return is_below(host, skip(base, 1));
    return equal_ignoring_case(host, base);
}

static int
email_within(tls_bytes name, tls_bytes base, int excluded)
{
    size_t at = name.length, base_at;

    while (at > 0 && name.data[at - 1] != '@')
        at--;
    if (at < 2 || at == name.length)
        return excluded;
    base_at = base.length;
    while (base_at > 0 && base.data[base_at - 1] != '@')
        base_at--;
    if (base_at == 0)
        return host_within(skip(name, at), base);
    /* One mailbox; its local part is case-sensitive (RFC 5280 section 7.5). */
    return at == base_at && memcmp(name.data, base.data, at) == 0 &&
           equal_ignoring_case(skip(name, at), skip(base, base_at));
}

static int
uri_within(tls_bytes uri, tls_bytes base, int excluded)
{
    unsigned char address[16];
    tls_bytes host;
    size_t start, end, i;

    for (start = 0; start + 2 < uri.length; start++)
        if (memcmp(uri.data + start, "://", 3) == 0)
            break;
    if (start + 3 >= uri.length)
        return excluded;
    start += 3;
    for (end = start; end < uri.length; end++)
        if (uri.data[end] == '/' || uri.data[end] == '?' || uri.data[end] == '#')
            break;
    for (i = start; i < end; i++)
        if (uri.data[i] == '@')
            start = i + 1;
    host = tls_bytes_make(uri.data + start, end - start);
    for (i = 0; i < host.length; i++)
        if (host.data[i] == ':')
            host.length = i;
    /* "the constraint applies to the host part ... a URI without an FQDN MUST be rejected" */
    if (!tls_hostname_is_valid(host) || tls_address_parse(address, host) != 0)
        return excluded;
    return host_within(without_dot_at_end(host), base);
}

static int
address_within(tls_bytes address, tls_bytes base, int excluded)
{
    size_t i, length = address.length;

    if (length != 4 && length != 16)
        return excluded;
    if (base.length != 2 * length)
        return base.length != 8 && base.length != 32 ? excluded : 0;
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
        return tls_name_is_within(name->value, base);
    default:
        /* A kind that we cannot compare: "MUST either process the constraint or reject". */
        return excluded;
    }
}

/* charge takes the cost of one comparison, which grows with the names, from the budget; 0 if that
 * is used up. */
static int
charge(unsigned long *budget, tls_bytes name, tls_bytes base)
{
    unsigned long cost = 1 + (unsigned long)((name.length + base.length) / 64);

    if (*budget < cost)
        return 0;
    *budget -= cost;
    return 1;
}

static int
name_is_permitted(
    const tls_certificate *authority, const tls_general_name *name, unsigned long *budget)
{
    tls_der reader;
    tls_general_name base;
    int constrained = 0, permitted = 0;

    tls_der_init(&reader, authority->excluded_subtrees);
    while (tls_general_subtree_next(&reader, &base)) {
        if (!charge(budget, name->value, base.value))
            return 0;
        if (base.kind == name->kind && is_within(name, base.value, 1))
            return 0;
    }
    tls_der_init(&reader, authority->permitted_subtrees);
    while (!permitted && tls_general_subtree_next(&reader, &base)) {
        if (!charge(budget, name->value, base.value))
            return 0;
        if (base.kind != name->kind)
            continue;
        constrained = 1;
        permitted = is_within(name, base.value, 0);
    }
    return permitted || !constrained;
}

int
tls_name_constraints_permit(const tls_certificate *authority, const tls_certificate *certificate,
    unsigned long *budget, tls_general_name *offender)
{
    tls_der reader;
    tls_name_reader attributes;
    tls_name_attribute attribute;
    int has_email = 0;

    if ((authority->present & TLS_HAS_NAME_CONSTRAINTS) == 0)
        return 1;
    tls_general_names_begin(&reader, certificate->alternative_names);
    while (tls_general_names_next(&reader, offender)) {
        if (offender->kind == TLS_NAME_EMAIL)
            has_email = 1;
        if (!name_is_permitted(authority, offender, budget))
            return 0;
    }
    if (tls_name_is_empty(certificate->subject))
        return 1;
    offender->kind = TLS_NAME_DIRECTORY;
    offender->value = certificate->subject;
    if (!name_is_permitted(authority, offender, budget))
        return 0;
    /* The old place for a mailbox counts when there is no new one. */
    tls_name_begin(&attributes, certificate->subject);
    while (!has_email && tls_name_next(&attributes, &attribute)) {
        if (!tls_bytes_equal(attribute.oid, tls_bytes_make(oid_email, sizeof oid_email)))
            continue;
        offender->kind = TLS_NAME_EMAIL;
        offender->value = attribute.value;
        if (!name_is_permitted(authority, offender, budget))
            return 0;
    }
    return 1;
}
