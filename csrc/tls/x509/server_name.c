/* server_name.c - see server_name.h. */
#include "x509/server_name.h"

#include <string.h>

#include "x509/hostname.h"

static void
put(tls_buffer *out, const char *text)
{
    tls_buffer_append(out, text, strlen(text));
}

static int
is_address(tls_bytes name)
{
    unsigned char address[16];

    return tls_address_parse(address, name) != 0;
}

/* before returns the bytes before the first `character`, or all when there is none. */
static tls_bytes
before(tls_bytes name, int character)
{
    const unsigned char *at = name.length != 0 ? memchr(name.data, character, name.length) : NULL;

    return at != NULL ? tls_bytes_make(name.data, (size_t)(at - name.data)) : name;
}

static int
has(tls_bytes name, int character)
{
    return before(name, character).length != name.length;
}

static tls_bytes
after(tls_bytes name, size_t count)
{
    return tls_bytes_make(name.data + count, name.length - count);
}

/* host_of finds the host in what may be a URL, have a user, a port, a path: RFC 3986 section 3. */
static tls_bytes
host_of(tls_bytes name)
{
    tls_bytes scheme = before(name, ':'), user;

    if (name.length >= scheme.length + 3 && memcmp(name.data + scheme.length, "://", 3) == 0)
        name = after(name, scheme.length + 3);
    name = before(before(before(name, '/'), '?'), '#');
    user = before(name, '@');
    if (user.length != name.length)
        name = after(name, user.length + 1);
    if (name.length != 0 && name.data[0] == '[') {
        scheme = before(name, ']');
        return scheme.length != name.length ? tls_bytes_make(name.data, scheme.length + 1) : name;
    }
    /* More than one colon is no port. */
    user = before(name, ':');
    if (is_address(name) || user.length == name.length || has(after(name, user.length + 1), ':'))
        return name;
    return user;
}

/* A name of nothing but digits and dots is a mistaken address: no top-level domain is a number. */
static int
is_numeric(tls_bytes name)
{
    size_t i;

    for (i = 0; i < name.length; i++)
        if (name.data[i] != '.' && (name.data[i] < '0' || name.data[i] > '9'))
            return 0;
    return 1;
}

static int
is_good(tls_bytes name)
{
    return is_address(name) || (tls_hostname_is_valid(name) && !is_numeric(name));
}

/* put_instead adds what to give, where that can be told. */
static void
put_instead(tls_buffer *out, tls_bytes name)
{
    if (!is_good(name))
        return;
    put(out, ": give \"");
    tls_buffer_append(out, name.data, name.length);
    put(out, "\"");
}

static int
has_empty_label(tls_bytes name)
{
    size_t i;

    for (i = 0; i < name.length; i++)
        if (name.data[i] == '.' && (i == 0 || name.data[i - 1] == '.'))
            return 1;
    return 0;
}

/* explain_characters is about names that look like names, and have what no name has. */
static void
explain_characters(tls_buffer *out, tls_bytes name)
{
    size_t i;

    for (i = 0; i < name.length; i++) {
        if (name.data[i] >= 0x80) {
            put(out, "it is not ASCII: give its A-label form (\"xn--…\", RFC 5890)");
            return;
        }
    }
    for (i = 0; i < name.length; i++) {
        if (name.data[i] <= ' ' || name.data[i] == 0x7F) {
            put(out, "it has white space or a control character in it");
            return;
        }
    }
    if (name.length > 0 && name.data[name.length - 1] == '.' &&
        is_address(tls_bytes_make(name.data, name.length - 1))) {
        put(out, "an address has no trailing dot");
        put_instead(out, tls_bytes_make(name.data, name.length - 1));
    } else if (has_empty_label(name)) {
        put(out, "it has an empty label");
    } else if (is_numeric(name)) {
        put(out, "it is no IPv4 address of four numbers from 0 to 255, without leading zeros");
    } else if (name.length > 254) {
        put(out, "it is longer than 253 characters");
    } else if (name.data[0] == '*') {
        put(out, "it is a pattern: give the name of one host");
    } else if (has(name, ':')) {
        put(out, "it is no IPv6 address");
    } else {
        put(out, "it has a label of more than 63 characters, or a character that no host name has");
    }
}

static void
explain(tls_buffer *out, tls_bytes name)
{
    tls_bytes host = host_of(name), rest, zone;

    if (name.length == 0) {
        put(out, "it is empty");
        return;
    }
    zone = before(name, '%');
    if (zone.length != name.length && is_address(zone)) {
        put(out, "it has a zone, which no certificate has");
        put_instead(out, zone);
        return;
    }
    if (host.length == 0 && has(name, '/')) {
        put(out, "it is a URL, or a path, without a host");
        return;
    }
    if (host.length == name.length || host.length == 0) {
        explain_characters(out, name);
        return;
    }
    rest = after(name, (size_t)(host.data - name.data) + host.length);
    if (has(name, '/'))
        put(out, "it is a URL, or has a path");
    else if (host.data != name.data)
        put(out, "it has a user in it");
    else if (rest.length != 0 && rest.data[0] == ':' && !has(host, ':'))
        put(out, "it has a port");
    else if (rest.length != 0 && rest.data[0] == ':')
        put(out, "it has a port, or is no IPv6 address");
    else
        put(out, "it is no host name");
    put_instead(out, host);
}

int
tls_server_name_check(tls_buffer *fault, tls_bytes name)
{
    if (is_good(name))
        return 1;
    explain(fault, name);
    return 0;
}

tls_bytes
tls_server_name_canonical(tls_bytes name)
{
    if (name.length > 1 && name.data[name.length - 1] == '.')
        name.length--;
    return name;
}
